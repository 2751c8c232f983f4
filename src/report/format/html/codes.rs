//! Explains the codes of a page: next to each code on a page about one domain, and once at the end on a page about
//! several.

use std::collections::BTreeSet;

use askama::Template;

use crate::check::Code;
use crate::report::writer::Run;

use super::markup::{CodeLinks, Part, inline, markup, written};

/// Encloses a code in a body until it is known whether the page is about one domain. Sanitized text contains no control
/// characters.
pub(super) const PLACEHOLDER: char = '\0';

/// A code whose explanation unfolds in its place.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<details class="why"><summary><code>{{ code }}</code></summary><div>
{{ text|safe }}</div></details>{% if let Some(manual) = manual %}<a class="note" href="{{ manual }}" aria-label="Manual of {{ code }}">Manual</a>{% endif %}"##
)]
struct Explained {
    code: Code,
    text: String,
    /// The URL of the section in the published manual.
    manual: Option<String>,
}

/// The explanation of a code that the bodies of the page link to. A browser opens it when such a link is followed,
/// because the target is inside.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<details class="why"><summary><code>{{ code }}</code></summary><div id="{{ code }}">
<p><strong>{{ title|safe }}</strong>{% if let Some(manual) = manual %} <a href="{{ manual }}" aria-label="Manual of {{ code }}">Manual</a>{% endif %}</p>
{{ text|safe }}</div></details>
"##
)]
struct Section {
    code: Code,
    title: String,
    text: String,
    manual: Option<String>,
}

/// Replaces each placeholder of a body by the code with its explanation.
pub(super) fn explained_in_place(run: &Run, body: &str) -> String {
    replaced(body, |code| {
        written(&Explained { code, text: explanation(run, code), manual: manual(run, code) })
    })
}

/// Replaces each placeholder of a body by a link to the explanation at the end of the page, and notes the codes.
pub(super) fn linked(body: &str, codes: &mut BTreeSet<Code>) -> String {
    replaced(body, |code| {
        codes.insert(code);
        format!("<a class=\"whole\" href=\"#{code}\"><code>{code}</code></a>")
    })
}

/// Returns the part of the page that explains these codes.
pub(super) fn sections(run: &Run, codes: &BTreeSet<Code>) -> String {
    if codes.is_empty() {
        return String::new();
    }
    let sections = codes.iter().map(|&code| {
        let title = inline(code.title(), CodeLinks::None);
        written(&Section { code, title, text: explanation(run, code), manual: manual(run, code) })
    });
    format!("<section>\n<h2>What the codes mean</h2>\n{}</section>\n", sections.collect::<String>())
}

fn replaced(body: &str, mut replacement: impl FnMut(Code) -> String) -> String {
    let mut whole = String::with_capacity(body.len());
    for part in body.split(PLACEHOLDER) {
        // Placeholders come in pairs, and only a code is between them: markup is never the name of one.
        match part.parse() {
            Ok(code) => whole.push_str(&replacement(code)),
            Err(_) => whole.push_str(part),
        }
    }
    whole
}

fn explanation(run: &Run, code: Code) -> String {
    let links = run.manual.as_ref().map_or(CodeLinks::None, CodeLinks::Published);
    markup(code.section().unwrap_or_default(), Part::Prose, links, |_| None)
}

/// Returns the URL of the section of the published manual about a code, if there is one.
fn manual(run: &Run, code: Code) -> Option<String> {
    run.manual.as_ref().map(|url| url.section(code))
}
