//! Writes the pages: the list of domains, and the report of one domain.

use askama::Template;
use hyper::StatusCode;
use jiff::Timestamp;

use crate::check::Verdict;
use crate::record::Name;
use crate::report::format::{HTML_SCRIPT, HTML_STYLE};
use crate::report::harmless::harmless;
use crate::report::view::unicode;
use crate::run::PlanFormat;

use super::app::{App, Shown};
use super::rendering::{self, Dated};
use super::respond::{Reply, page, page_policy};
use super::verdict_chart::{self, Span};

/// The style of the pages in addition to that of the report.
const MORE_STYLE: &str = "
nav, form { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; } .note { border-left: 3px solid var(--wait); padding-left: .6rem; }
nav [aria-current] { font-weight: bold; text-decoration: none; color: inherit; } #lost { margin: 1rem 0; } #lost[hidden] { display: none; }
button, input, select { font: inherit; padding: .1rem .4rem; } svg .bad { fill: var(--bad); }
";

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{% if let Some(seconds) = refresh %}<noscript><meta http-equiv="refresh" content="{{ seconds }}"></noscript>
{% endif %}<title>{{ title }}</title>
<style>{{ style|safe }}</style>
</head>
<body data-events="{{ events }}">
<header>{% if !home.is_empty() %}<nav><a href="{{ home }}">All domains</a></nav>{% endif %}<h1>{{ title }}</h1></header>
<p id="lost" class="note" hidden>The connection to the server is lost. The results may be old.</p>
<main>
{{ main|safe }}</main>
<script>{{ script|safe }}</script>
</body>
</html>
"##
)]
struct Frame<'a> {
    title: &'a str,
    /// The time after which a page loads again if scripts are off, in seconds.
    refresh: Option<u32>,
    style: &'a str,
    script: &'a str,
    events: String,
    home: String,
    /// HTML.
    main: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<form method="get" action="{{ base }}/">
<input name="q" value="{{ query.text }}" placeholder="contoso" aria-label="Part of the name">
<select name="verdict" aria-label="Verdict"><option value="">all verdicts</option>{% for word in verdicts %}<option{% if query.verdict == *word %} selected{% endif %}>{{ word }}</option>{% endfor %}</select>
<select name="sort" aria-label="Order">{% for word in sorts %}<option value="{{ word.0 }}"{% if query.sort == word.0 %} selected{% endif %}>{{ word.1 }}</option>{% endfor %}</select>
<button>Show</button>
</form>
{% if may_check %}<form method="post" action="{{ base }}/">
<input name="domain" placeholder="another domain" aria-label="Domain" required>
<button>Check</button>
</form>
{% endif %}<p>{{ rows.len() }} of {{ count }} domains{% for part in summary %}, {{ part.0 }} {{ part.1 }}{% endfor %}.</p>
<div class="wide"><table class="stack">
<thead><tr><th>domain</th><th>verdict</th><th>left</th><th>since</th><th>checked</th><th>next check</th></tr></thead>
<tbody>{% for row in rows %}<tr data-domain="{{ row.path }}"><td class="side whole"><a href="{{ base }}/domains/{{ row.path }}">{{ row.name }}</a></td><td class="side whole {{ row.class }}">{{ row.verdict }}</td><td>{{ row.left }}</td><td>{{ row.since }}</td><td>{{ row.checked }}</td><td>{{ row.next }}</td></tr>
{% endfor %}</tbody></table></div>
{% if count == 0 %}<p>No domains are watched. Add a <code>[[domain]]</code> to the settings file.</p>
{% endif %}"##
)]
struct ListPage<'a> {
    base: String,
    query: &'a ListQuery,
    verdicts: [&'static str; 4],
    sorts: [(&'static str, &'static str); 4],
    may_check: bool,
    count: usize,
    summary: Vec<(usize, &'static str)>,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    name: String,
    verdict: &'static str,
    class: &'static str,
    left: String,
    since: String,
    checked: String,
    next: String,
}

/// The filter and the order of the list.
#[derive(Debug, Clone, Default)]
pub(super) struct ListQuery {
    pub(super) text: String,
    pub(super) verdict: String,
    pub(super) sort: String,
}

const SORTS: [(&str, &str); 4] = [
    ("", "problems first"),
    ("name", "by name"),
    ("since", "latest change first"),
    ("next", "next check first"),
];

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<p class="faint">{% if let Some(checked) = checked %}Checked at <time datetime="{{ checked }}">{{ checked }}</time>.{% else %}Not checked yet.{% endif %}{% if is_checking %} A check is in progress.{% endif %}{% if let Some(next) = next %} Next check at <time datetime="{{ next }}">{{ next }}</time>.{% endif %}</p>
{% if let Some(failure) = failure %}<p class="note">The last check failed: {{ failure }}</p>
{% endif %}<table id="live" hidden><caption class="faint">Answers of the check in progress</caption><tbody></tbody></table>
{{ report|safe }}{% if checked.is_some() %}<h3 id="plan">The plan in other forms</h3>
<nav aria-label="Forms of the plan">{% for format in formats %}<a href="{{ base }}/domains/{{ path }}?plan={{ format }}#plan"{% if shown_plan.0 == *format %} aria-current="page"{% endif %}>{{ format }}</a>{% endfor %}</nav>
{% if let Some(note) = shown_plan.1 %}<p class="note"{% if is_plan_awaited %} data-awaited{% endif %}>{{ note }}</p>
{% endif %}{% if let Some(plan) = shown_plan.2 %}<pre class="plan" tabindex="0"><code>{{ plan }}</code></pre>
<p><a href="{{ base }}/api/v1/domains/{{ path }}/plan?format={{ shown_plan.0 }}" download>Download, checked again</a></p>
{% endif %}{% endif %}{% if !spans.is_empty() %}<h3>Verdicts</h3>
<div class="wide" tabindex="0"><svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Verdicts over time" viewBox="0 0 {{ size.0 }} {{ size.1 }}" width="{{ size.0 }}" height="{{ size.1 }}">
{% for span in spans %}<rect class="{{ span.class }}" x="{{ span.x }}" y="0" width="{{ span.width }}" height="{{ size.1 }}"><title>{{ span.title }}</title></rect>
{% endfor %}</svg></div>
<ul>{% for span in spans.iter().rev() %}<li>{{ span.title }}</li>{% endfor %}</ul>
{% endif %}"##
)]
struct DomainPage {
    base: String,
    path: String,
    checked: Option<Timestamp>,
    is_checking: bool,
    next: Option<Timestamp>,
    failure: Option<String>,
    /// HTML.
    report: String,
    formats: Vec<&'static str>,
    /// The format of the plan on the page, a note about it, and its text.
    shown_plan: (&'static str, Option<&'static str>, Option<String>),
    /// Whether the plan is there after a check.
    is_plan_awaited: bool,
    spans: Vec<Span>,
    size: (i64, i64),
}

/// Returns the page that lists the domains.
pub(super) fn list(app: &App, query: &ListQuery, may_check: bool) -> Reply {
    let all = app.watched();
    let count = all.len();
    let of = |verdict: Option<Verdict>| {
        all.iter().filter(|one| one.known.as_ref().map(|known| known.verdict) == verdict).count()
    };
    let summary = Verdict::ALL.into_iter().rev().map(|verdict| (of(Some(verdict)), verdict.word()));
    let summary = summary.chain([(of(None), "not checked yet")]).filter(|(count, _)| *count > 0).collect();
    let text = query.text.trim().to_lowercase();
    let mut shown: Vec<Shown> = all
        .into_iter()
        .filter(|one| {
            let name = one.domain.without_trailing_dot();
            name.contains(&text) || unicode(&one.domain).is_some_and(|unicode| unicode.contains(&text))
        })
        .filter(|one| query.verdict.is_empty() || verdict_word(one) == query.verdict)
        .collect();
    match query.sort.as_str() {
        "name" => {}
        "since" => {
            shown.sort_by_key(|one| std::cmp::Reverse(one.known.as_ref().map(super::known::Known::since)))
        }
        "next" => shown.sort_by_key(|one| one.next),
        _ => shown.sort_by_key(|one| std::cmp::Reverse(one.known.as_ref().map(|known| known.verdict))),
    }
    let main = ListPage {
        base: app.options.base.to_string(),
        query,
        verdicts: Verdict::ALL.map(Verdict::word),
        sorts: SORTS,
        may_check,
        count,
        summary,
        rows: shown.iter().map(row).collect(),
    };
    framed(
        app,
        StatusCode::OK,
        "Domains on the way to Microsoft 365",
        None,
        main.render().unwrap_or_default(),
        None,
    )
}

fn verdict_word(one: &Shown) -> &'static str {
    one.known.as_ref().map_or("not checked yet", |known| known.verdict.word())
}

fn row(one: &Shown) -> Row {
    let known = one.known.as_ref();
    let time = |time: Option<Timestamp>| time.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let next = if one.is_checking { Some("in progress".to_owned()) } else { time(one.next) };
    Row {
        path: one.domain.without_trailing_dot(),
        name: shown_name(&one.domain),
        verdict: verdict_word(one),
        class: known.map_or("faint", |known| verdict_chart::class(known.verdict)),
        left: known.map(super::known::Known::left).unwrap_or_default(),
        since: time(known.map(super::known::Known::since)).unwrap_or_default(),
        checked: time(known.map(|known| known.checked_at)).unwrap_or_default(),
        next: next.unwrap_or_default(),
    }
}

fn shown_name(domain: &Name) -> String {
    unicode(domain).unwrap_or_else(|| domain.without_trailing_dot())
}

/// A plan on the page of a domain.
pub(super) struct ShownPlan {
    pub(super) format: PlanFormat,
    /// The plan, or the reason why there is none in this format; `None` before a check has ended.
    pub(super) text: Option<Result<String, &'static str>>,
}

impl ShownPlan {
    /// Returns the format, a note for the reader, and the text.
    fn parts(self, verdict: Verdict) -> (&'static str, Option<&'static str>, Option<String>) {
        let word = self.format.word();
        match self.text {
            None => (word, Some("A check for this plan is in progress."), None),
            Some(Err(reason)) => (word, Some(reason), None),
            Some(Ok(text)) if text.trim().is_empty() => (word, Some("Nothing to edit."), None),
            Some(Ok(text)) => {
                let is_partial = verdict == Verdict::Undetermined;
                (word, is_partial.then_some("Lookups failed: this plan may be incomplete."), Some(text))
            }
        }
    }
}

/// Returns the page of one domain, with its last result.
pub(super) fn domain(app: &App, name: &Name, plan: Option<ShownPlan>) -> Reply {
    let shown = app.domain(name);
    let known = shown.known.as_ref();
    let report = known.map(|known| Dated { report: &known.report, checked_at: known.checked_at });
    let is_plan_awaited = shown.failure.is_none() && plan.as_ref().is_some_and(|plan| plan.text.is_none());
    let shown_plan = match (plan, known) {
        (Some(plan), Some(known)) => plan.parts(known.verdict),
        (Some(_), None) | (None, _) => ("", None, None),
    };
    let main = DomainPage {
        base: app.options.base.to_string(),
        path: name.without_trailing_dot(),
        checked: known.map(|known| known.checked_at),
        is_checking: shown.is_checking,
        next: shown.next.filter(|_| !shown.is_checking),
        failure: shown.failure.as_deref().map(harmless),
        report: report.as_ref().map(rendering::html).unwrap_or_default(),
        formats: PlanFormat::ALL.iter().map(|format| format.word()).collect(),
        shown_plan,
        is_plan_awaited,
        spans: known.map(|known| verdict_chart::spans(known, app.clock.now())).unwrap_or_default(),
        size: verdict_chart::SIZE,
    };
    let refresh = match (&shown.known, shown.is_checking) {
        (Some(_), _) if is_plan_awaited => Some(2),
        (None, true) => Some(2),
        (Some(_), true) => Some(5),
        (_, false) => None,
    };
    let main = main.render().unwrap_or_default();
    framed(app, StatusCode::OK, &shown_name(name), refresh, main, Some(name))
}

/// Returns a page that shows the reason of an error.
pub(super) fn problem(app: &App, status: StatusCode, reason: &str) -> Reply {
    #[derive(Template)]
    #[template(ext = "html", source = "<p class=\"note\">{{ reason }}</p>\n")]
    struct Problem<'a> {
        reason: &'a str,
    }
    let reason = harmless(reason);
    let main = Problem { reason: &reason }.render().unwrap_or_default();
    framed(app, status, status.canonical_reason().unwrap_or("Problem"), None, main, None)
}

fn framed(
    app: &App,
    status: StatusCode,
    title: &str,
    refresh: Option<u32>,
    main: String,
    domain: Option<&Name>,
) -> Reply {
    let style = format!("\n{HTML_STYLE}{MORE_STYLE}");
    let base = &app.options.base;
    let events = match domain {
        Some(domain) => format!("{base}/api/v1/events?domain={}", domain.without_trailing_dot()),
        None => format!("{base}/api/v1/events"),
    };
    let home = if domain.is_some() || status != StatusCode::OK { format!("{base}/") } else { String::new() };
    let policy = page_policy(&style, HTML_SCRIPT);
    let frame = Frame { title, refresh, style: &style, script: HTML_SCRIPT, events, home, main };
    page(status, &policy, frame.render().unwrap_or_default())
}
