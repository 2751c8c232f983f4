//! The HTML report: one page, nothing loaded, no script.

use std::io::{self, Write};

use askama::Template;
use foldhash::HashSet;

use crate::check::{Basis, Code, Status};
use crate::expected::Id;
use crate::facts::Role;
use crate::report::harmless::Sanitized;
use crate::report::style::{Mark, Tone};
use crate::report::view::{DomainReport, ReplyView};
use crate::report::words::Word;
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::message::{self, pieces};

/// Rows of one timeline at most.
const MOST_ROWS: usize = 24;
/// Width of the longest bar, in units of the drawing.
const WIDEST: u32 = 680;

/// The style of every page.
pub const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #57606a; --line: #d0d7de; --good: #1a7f37; --bad: #cf222e; --wait: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #8d96a0; --line: #30363d; --good: #3fb950; --bad: #f85149; --wait: #d29922; } }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
.faint { color: var(--faint); } .good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; } code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
th, .whole, .whole code { overflow-wrap: normal; }
svg { max-width: 100%; height: auto; } svg text { font: 12px ui-monospace, monospace; fill: var(--ink); }
svg .good { fill: var(--good); } svg .wait { fill: var(--wait); } svg .faint { fill: var(--faint); }
@media (max-width: 40rem) {
.stack thead { display: none; } .stack, .stack tbody, .stack tr { display: block; } .stack tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
.stack td { display: block; border: 0; padding: 0; } .stack td.side { display: inline-block; padding-right: .6rem; }
}
@media print { body { max-width: none; font-size: 11px; } h2 { break-before: page; } h2:first-of-type { break-before: auto; } tr, svg { break-inside: avoid; } }";

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="generator" content="cutover {{ version }}">
<title>{{ title }}</title>
<style>
{{ style|safe }}
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p class="faint">Checked at <time datetime="{{ run.checked_at }}">{{ run.checked_at }}</time>, phase {{ run.phase }}, by cutover {{ version }}.</p>
{% if domains.len() > 1 %}<div class="wide"><table>
<thead><tr><th>domain</th><th>verdict</th><th>changes</th></tr></thead>
<tbody>{% for page in domains %}<tr><td><a href="#d{{ loop.index }}">{{ page.domain.domain }}</a></td><td class="{{ page.class }}">{{ page.domain.verdict }}</td><td>{{ page.domain.changes.len() }}</td></tr>
{% endfor %}</tbody></table></div>{% endif %}
{% for page in domains %}<section id="d{{ loop.index }}">
{{ page.render()?|safe }}</section>
{% endfor %}
</body>
</html>
"##
)]
struct Page<'a> {
    title: String,
    style: &'static str,
    version: &'static str,
    run: &'a Run,
    domains: Vec<DomainPage<'a>>,
}

/// What a page holds of one domain: the edits first.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h2>{{ name }} – <span class="{{ class }}">{{ domain.verdict }}</span></h2>
{% if let Some(source) = domain.source %}<p>From {{ source.name }}.</p>{% endif %}
{% if !domain.changes.is_empty() %}<h3>Changes</h3>
<div class="wide"><table class="stack">
<thead><tr><th>action</th><th>name</th><th>type</th><th>value</th><th>TTL</th></tr></thead>
<tbody>{% for change in domain.changes %}{% for record in change.removed() %}<tr><td class="side whole bad">delete</td><td class="side">{{ change.name.without_trailing_dot() }}</td><td class="side whole">{{ change.rtype }}</td><td class="value"><code>{{ record }}</code></td><td></td></tr>
{% endfor %}{% for record in change.added() %}<tr><td class="side whole good">add</td><td class="side">{{ change.name.without_trailing_dot() }}</td><td class="side whole">{{ change.rtype }}</td><td class="value"><code>{{ record }}</code></td><td class="whole">{{ change.ttl }}</td></tr>
{% endfor %}{% endfor %}</tbody></table></div>{% endif %}
<div class="wide"><table class="stack">
<thead><tr><th></th><th>what</th><th>found</th><th>code</th></tr></thead>
<tbody>{% for row in rows %}<tr><td class="side {{ row.class }}">{{ row.mark }}</td><td class="side whole">{{ row.what }}</td><td>{% for piece in row.message %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}{% if let Some(until) = row.until %}<br><span class="faint">until <time datetime="{{ until }}">{{ until }}</time></span>{% endif %}{% if let Some(until) = row.possible_until %}<br><span class="faint">in caches that were not asked, possibly until <time datetime="{{ until }}">{{ until }}</time></span>{% endif %}</td><td class="whole"><code>{{ row.code }}</code></td></tr>
{% endfor %}</tbody></table></div>
{% if let Some(closing) = domain.close_source_after %}<p>The old service may be closed after <time datetime="{{ closing }}">{{ closing }}</time>{% if domain.close_source_basis == Some(Basis::Assumed) %} (the old TTL is assumed){% endif %}.</p>{% endif %}
{% if !timeline.is_empty() %}<h3>What each server says, and for how long</h3>
<div class="wide"><svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Answers and how long they live" viewBox="0 0 860 {{ timeline.len() * 54 }}" width="860" height="{{ timeline.len() * 54 }}">
{% for bar in timeline %}<text x="0" y="{{ loop.index0 * 54 + 12 }}">{{ bar.label }}</text><text class="faint" x="0" y="{{ loop.index0 * 54 + 27 }}">{{ bar.value }}</text><rect class="{{ bar.class }}" x="0" y="{{ loop.index0 * 54 + 33 }}" width="{{ bar.width }}" height="10" rx="2"></rect><text x="{{ bar.width + 6 }}" y="{{ loop.index0 * 54 + 42 }}">{{ bar.until }}</text>
{% endfor %}</svg></div>{% endif %}
"##
)]
struct DomainPage<'a> {
    domain: &'a DomainReport,
    name: String,
    class: &'static str,
    rows: Vec<Row<'a>>,
    timeline: Vec<Bar>,
}

struct Row<'a> {
    mark: &'static str,
    class: &'static str,
    what: &'a str,
    message: Vec<message::Piece<'a>>,
    code: &'a str,
    until: Option<String>,
    possible_until: Option<String>,
}

struct Bar {
    label: String,
    value: String,
    class: &'static str,
    width: u32,
    until: String,
}

/// Writes one page of HTML; with the replies in it, it shows for how long each answer lives.
pub(super) struct Html;

impl ReportWriter for Html {
    fn domain(&self, _: &Run, _: &DomainReport) -> Piece {
        Piece::Whole
    }

    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let domains: Vec<DomainPage<'_>> = end.domains.iter().map(|domain| page(run, domain)).collect();
        let title = match &domains[..] {
            [one] => format!("{}: {}", one.name, one.domain.verdict),
            several => format!("{} domains on the way to Microsoft 365", several.len()),
        };
        let version = env!("CARGO_PKG_VERSION");
        Page { title, style: STYLE, version, run, domains }.write_into(out)
    }

    fn needs_replies(&self) -> bool {
        true
    }
}

/// What the page holds of one domain, for a page of another frame with the same [`STYLE`].
#[must_use]
pub fn html_of_domain(run: &Run, domain: &DomainReport) -> String {
    // The template is checked at build time and writes into a string, which cannot fail.
    page(run, domain).render().unwrap_or_default()
}

fn page<'a>(run: &Run, domain: &'a DomainReport) -> DomainPage<'a> {
    let expectations = domain.expectations.iter().map(|one| {
        let mark = Mark::of_expectation(one);
        Row {
            mark: mark.symbol(),
            class: class(mark),
            what: one.id.as_str(),
            message: pieces(&one.message).collect(),
            code: if one.code == Code::Met { "" } else { one.code.as_str() },
            until: one.until.map(|until| until.to_string()),
            possible_until: one.possible_until.map(|until| until.to_string()),
        }
    });
    let hazards = domain.hazards.iter().map(|one| {
        let mark = Mark::of_hazard(one);
        Row {
            mark: mark.symbol(),
            class: class(mark),
            what: one.level.word(),
            message: pieces(&one.message).collect(),
            code: one.code.as_str(),
            until: one.due.map(|due| due.to_string()),
            possible_until: None,
        }
    });
    DomainPage {
        domain,
        name: domain.unicode.clone().unwrap_or_else(|| domain.domain.clone()),
        class: match Tone::of(domain.verdict) {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Pending | Tone::Faint | Tone::Strong => "wait",
        },
        rows: expectations.chain(hazards).collect(),
        timeline: timeline(run, domain),
    }
}

/// The class of a mark in the style sheet.
fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Met => "good",
        Mark::Error => "bad",
        Mark::Waiting | Mark::Unknown | Mark::Warning => "wait",
        Mark::Advice | Mark::Waived | Mark::Information => "faint",
    }
}

/// What every server says of the records that a move changes.
fn timeline(run: &Run, domain: &DomainReport) -> Vec<Bar> {
    let replies: Vec<&ReplyView> =
        domain.replies.iter().flatten().filter(|reply| matters(domain, reply)).collect();
    let longest = replies.iter().filter_map(|reply| reply.ttl).max().unwrap_or(0).max(1);
    let bar = |reply: &&ReplyView| {
        // Several expectations may share a record set: it is right when all of them find it so.
        let mut about =
            domain.expectations.iter().filter(|one| one.name == reply.name && one.rtype == reply.rtype);
        let is_right = !reply.records.is_empty()
            && about.all(|one| one.status != Status::Unmet && agrees(&one.observed, &reply.records));
        let ttl = reply.ttl.unwrap_or(0);
        let until = domain.time(run.checked_at).checked_add(jiff::SignedDuration::from_secs(i64::from(ttl)));
        Bar {
            label: format!(
                "{} {} at {} ({})",
                reply.name.without_trailing_dot(),
                reply.rtype,
                reply.server,
                reply.role
            ),
            value: if reply.records.is_empty() {
                reply.outcome.to_string()
            } else {
                shortened(&reply.records.join(", "))
            },
            class: if is_right { "good" } else { "wait" },
            width: u32::try_from(u64::from(ttl) * u64::from(WIDEST) / u64::from(longest))
                .unwrap_or(WIDEST)
                .max(2),
            until: until.map(|until| until.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default(),
        }
    };
    replies.iter().take(MOST_ROWS).map(bar).collect()
}

/// Returns whether a reply is about MX, SPF or autodiscover, from a server whose answer counts.
fn matters(domain: &DomainReport, reply: &ReplyView) -> bool {
    let is_moved = |id: &Word<Id>| matches!(id.known(), Some(Id::Mx | Id::Spf | Id::Autodiscover));
    let wanted = domain.expectations.iter().filter(|one| is_moved(&one.id));
    let is_wanted = wanted.into_iter().any(|one| one.name == reply.name && one.rtype == reply.rtype);
    is_wanted && matches!(reply.role.known(), Some(Role::Resolver | Role::Authoritative | Role::ZoneFile))
}

/// Returns whether all that was judged is in the reply.
fn agrees(observed: &[Sanitized], records: &[Sanitized]) -> bool {
    let records: HashSet<&Sanitized> = records.iter().collect();
    observed.iter().all(|record| records.contains(record))
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
