//! Writes one self-contained HTML page for a customer. It loads nothing, and is readable without its script.

mod cache_chart;
mod codes;
mod domain;
mod frame;
mod manual;
mod markup;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use askama::Template;

use crate::check::Verdict;
use crate::check::time::clock;
use crate::report::view::{DomainReport, Summary};
use crate::report::writer::{Ending, Piece, Pieces, ReportWriter, Run};

use super::message::sum;
use domain::{Body, Heading, Sentences};
use frame::Head;
use markup::written;

pub use frame::{POLICY, SCRIPT, STYLE};
pub use manual::manual;

/// The verdicts in the order of the page: problems first.
const ORDER: [Verdict; 4] = [Verdict::ChangesNeeded, Verdict::Undetermined, Verdict::Waiting, Verdict::Ready];

/// The first of the sections with rows of the list of domains, one per verdict.
const ROWS: usize = 0;
/// The first of the sections with headings, one per verdict.
const HEADINGS: usize = ROWS + ORDER.len();
/// The first of the sections with the content below the headings, one per verdict.
const BODIES: usize = HEADINGS + ORDER.len();
/// The section with the titles of the page.
const TITLES: usize = BODIES + ORDER.len();

/// The beginning of a page.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"{{ head|safe }}
<header>
<h1>Move to Microsoft 365</h1>
<p class="faint">Checked <time datetime="{{ run.checked_at }}">{{ checked }}</time>, phase {{ run.phase }}.</p>
</header>
<main>
"##
)]
struct Beginning<'a> {
    head: Head<'a>,
    checked: String,
    run: &'a Run,
}

/// A row of the list of domains.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<tr data-name="{{ heading.name }}"><td class="side"><a href="#{{ anchor }}">{{ heading.name }}</a></td><td class="side whole {{ heading.class }}">{{ heading.verdict }}</td><td>{{ heading.left }}</td></tr>
"##
)]
struct ListRow<'a> {
    anchor: &'a str,
    heading: &'a Heading,
}

/// Writes one page of HTML: the verdict and the edits first, then the findings that explain them.
pub(super) struct Html;

impl ReportWriter for Html {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        let heading = Heading::new(domain);
        let anchor = anchor(&domain.domain);
        let row = written(&ListRow { anchor: &anchor, heading: &heading });
        let place = ORDER.iter().position(|verdict| *verdict == domain.verdict).unwrap_or_default();
        let mut sections = vec![String::new(); TITLES + 1];
        let parts = [
            (ROWS + place, row),
            (HEADINGS + place, format!("{anchor}\n{}\n{}", escaped(&heading.name), written(&heading))),
            (BODIES + place, body(run, domain)),
            (TITLES, format!("{}: {}", heading.name, heading.verdict)),
        ];
        for (section, text) in parts {
            if let Some(kept) = sections.get_mut(section) {
                *kept = text;
            }
        }
        Piece::Later(sections)
    }

    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let is_one = end.summary.domains == 1;
        let title = match end.pieces.next(TITLES)? {
            Some(title) if is_one => title,
            Some(_) | None => sum(end.summary),
        };
        let version = env!("CARGO_PKG_VERSION");
        let head = Head { title: &title, version };
        let checked = clock(run.checked_at);
        Beginning { head, checked, run }.write_into(out)?;
        if !is_one {
            list(end.summary, end.pieces, out)?;
        }
        let mut linked = BTreeSet::new();
        for (place, verdict) in ORDER.into_iter().enumerate() {
            while let Some(heading) = next(end.pieces, HEADINGS + place)? {
                let body = next(end.pieces, BODIES + place)?.unwrap_or_default();
                let mut parts = heading.splitn(3, '\n');
                let mut part = || parts.next().unwrap_or_default();
                let (anchor, name, heading) = (part(), part(), part());
                if is_one {
                    let body = codes::explained_in_place(run, &body);
                    write!(out, "<article id=\"{anchor}\">\n{heading}{body}</article>\n")?;
                } else {
                    let body = codes::linked(&body, &mut linked);
                    let open = if verdict == Verdict::Ready { "" } else { " open" };
                    write!(
                        out,
                        "<details class=\"domain\" id=\"{anchor}\" data-name=\"{name}\"{open}><summary>{}</summary>\n\
                         {body}</details>\n",
                        heading.trim_end()
                    )?;
                }
            }
        }
        write!(
            out,
            "{}</main>\n<footer><p class=\"faint\">Written by cutover {version}.</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
            codes::sections(run, &linked)
        )
    }

    fn needs_replies(&self) -> bool {
        true
    }
}

/// Returns the part of the page about one domain, for another page with the same [`STYLE`].
#[must_use]
pub fn html_of_domain(run: &Run, domain: &DomainReport) -> String {
    written(&Heading::new(domain)) + &codes::explained_in_place(run, &body(run, domain))
}

/// Returns the content below the heading, with placeholders for the codes.
fn body(run: &Run, domain: &DomainReport) -> String {
    let sentences = Sentences::new(run, domain);
    written(&Body::new(run, domain, &sentences))
}

/// Writes the totals and the list of domains, problems first.
fn list(summary: &Summary, pieces: &mut dyn Pieces, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<p><strong>{}</strong></p>\n<nav aria-label=\"Domains\">\n\
         <p class=\"filter\" hidden><label>Filter: <input type=\"search\"></label> <span role=\"status\"></span></p>\n\
         <div class=\"wide\"><table class=\"stack\">\n\
         <thead><tr><th>domain</th><th>verdict</th><th>left</th></tr></thead>\n<tbody>\n",
        sum(summary)
    )?;
    for place in 0..ORDER.len() {
        while let Some(row) = next(pieces, ROWS + place)? {
            out.write_all(row.as_bytes())?;
        }
    }
    out.write_all(b"</tbody></table></div>\n</nav>\n")
}

/// Returns the next text of a section that is not empty; a domain leaves the sections of other verdicts empty.
fn next(pieces: &mut dyn Pieces, section: usize) -> io::Result<Option<String>> {
    while let Some(text) = pieces.next(section)? {
        if !text.is_empty() {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Returns the id of a domain in the page, made of characters that need no escaping in a link.
fn anchor(domain: &str) -> String {
    let mut anchor = String::from("domain-");
    for character in domain.chars() {
        match character {
            'a'..='z' | '0'..='9' | '.' | '-' => anchor.push(character),
            // Writing into a string cannot fail.
            other => drop(write!(anchor, "_{:x}_", u32::from(other))),
        }
    }
    anchor
}

fn escaped(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html).map(|text| text.to_string()).unwrap_or_default()
}
