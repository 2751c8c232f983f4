//! Renders the part of a page about one domain: verdict, edits, next step and findings.

use askama::Template;

use crate::check::Code;
use crate::report::harmless::Sanitized;
use crate::report::style::{Mark, Tone};
use crate::report::view::{DomainReport, WaiverView};
use crate::report::words::Word;
use crate::report::writer::{ResultAge, Run};

use super::super::message::{Piece, pieces};
use super::super::page;
use super::cache_chart::{CacheChart, cache_chart};
use super::codes::PLACEHOLDER;
use crate::report::content::{self, EditKind, Edits};

/// The heading of a domain: its name, the verdict, and the counts of what is left to do.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h2>{{ name }}: <span class="{{ class }}">{{ verdict }}</span>{% if !left.is_empty() %} <span class="left">({{ left }})</span>{% endif %}</h2>
"##
)]
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) verdict: &'static str,
    pub(super) left: String,
}

impl Heading {
    pub(super) fn new(domain: &DomainReport) -> Self {
        Self {
            name: page::shown_name(domain),
            class: match Tone::of(domain.verdict) {
                Tone::Good => "good",
                Tone::Bad => "bad",
                Tone::Pending | Tone::Faint | Tone::Strong => "wait",
            },
            verdict: content::verdict(domain.verdict),
            left: content::headline(domain),
        }
    }
}

/// The content below the heading of a domain, with a [`PLACEHOLDER`] before and after each code that is explained.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<p class="faint">{{ way }}{% if let Some(checked) = checked %}. Checked {{ checked }}{% endif %}</p>
{% if let Some(outage) = outage %}<p class="wait">{% for piece in outage %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}</p>
{% endif %}{% if let Some(edits) = edits %}<h3>Edit at the DNS host of {{ edits.zone }}</h3>
{% if !edits.name_servers.is_empty() %}<p>Name servers: {% for server in edits.name_servers %}{% if !loop.first %}, {% endif %}<code>{{ server }}</code>{% endfor %}</p>
{% endif %}<div class="wide"><table class="stack">
<thead><tr><th>action</th><th>host</th><th>type</th><th>value</th><th>TTL</th></tr></thead>
{% for phase in edits.phases %}<tbody>
{% if let Some(when) = phase.when %}<tr><th colspan="5" scope="rowgroup">{{ when }}</th></tr>
{% endif %}{% for edit in phase.edits %}<tr><td class="side whole {% if edit.kind == EditKind::Delete %}bad{% else %}good{% endif %}">{{ edit.kind.word() }}{% if !edit.advice.is_empty() %} {{ edit.advice }}{% endif %}</td><td class="side host">{{ edit.host }}</td><td class="side whole">{{ edit.rtype }}</td><td class="value"><code>{{ edit.value }}</code>{% if !edit.compare.is_empty() %} {{ edit.compare }}{% endif %}</td><td class="whole">{% if let Some(ttl) = edit.ttl %}<span class="label">TTL </span>{{ ttl }}{% endif %}</td></tr>
{% endfor %}</tbody>
{% endfor %}</table></div>
{% for note in edits.notes %}<p class="faint">{{ note }}</p>
{% endfor %}{% endif %}<p class="next"><strong>Next:</strong> {% for piece in next %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}</p>
<h3>Findings</h3>
<div class="wide"><table class="stack">
<thead><tr><th><span class="hidden">status</span></th><th>what</th><th>found</th><th>code</th></tr></thead>
<tbody>{% for row in rows %}<tr><td class="side whole {{ row.class }}"><span aria-hidden="true">{{ row.mark }}</span><span class="hidden">{{ row.status }}</span></td><td class="side whole">{{ row.what }}</td><td>{% for piece in row.message %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}{% if let Some(aside) = row.aside %} ({{ aside }}){% endif %}{% for record in row.records %}<code class="note">{{ record }}</code>{% endfor %}{% if let Some(time) = row.time %}<span class="note faint">{{ time.0 }} <time datetime="{{ time.1 }}">{{ time.2 }}</time></span>{% endif %}{% if let Some(waiver) = row.waiver %}<span class="note faint">{{ waiver.state.word() }} waiver until {{ waiver.until }}: {{ waiver.reason }}</span>{% endif %}</td><td>{% if row.code.is_explained %}{{ PLACEHOLDER }}{{ row.code.word }}{{ PLACEHOLDER }}{% else %}<code>{{ row.code.word }}</code>{% endif %}</td></tr>
{% endfor %}</tbody></table></div>
{% if !not_published.is_empty() %}<p class="faint">{{ page::NOT_PUBLISHED }}: {{ not_published }}</p>
{% endif %}{% if !times.is_empty() %}<h3>Caches and the old service</h3>
{% for time in times %}<p>{% for piece in time %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}</p>
{% endfor %}{% endif %}{% if let Some(chart) = chart %}<h3>What each server answers</h3>
{% if let Some(axis) = chart.axis %}<p class="faint">A bar is the time that an answer may stay in a cache, from {{ axis.0 }} to {{ axis.1 }}.</p>
{% endif %}{% for set in chart.sets %}<h4>{{ set.id }}: <code>{{ set.name }}</code> {{ set.rtype }}</h4>
<ul class="servers" data-id="{{ set.id }}">
{% for one in set.servers %}<li class="{{ one.state.word() }}"><p><span class="{{ one.state.class() }}"><span aria-hidden="true">{{ one.state.symbol() }}</span> {{ one.words }}</span>: {{ one.role }} {{ one.server }}{% if let Some(time) = one.time %}, {{ time }}{% endif %}</p>
{% if let Some(width) = one.bar %}<svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true"><rect class="{{ one.state.class() }}" width="{{ width }}" height="8"></rect><rect class="{{ set.afterwards }}" x="{{ width }}" width="{{ one.rest() }}" height="3" y="2.5"></rect></svg>
{% endif %}<p>{% for record in one.records %}<code>{{ record }}</code> {% endfor %}{% if one.more > 0 %}and {{ one.more }} more{% endif %}</p></li>
{% endfor %}</ul>
{% if set.more > 0 %}<p class="faint">{{ set.more }} more servers answered.</p>
{% endif %}{% endfor %}{% endif %}{% if let Some(since) = since %}<h3>{{ since.title }}</h3>
{% if !since.lines.is_empty() %}<ul>
{% for line in since.lines %}<li>{% for piece in line %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}</li>
{% endfor %}</ul>
{% endif %}{% endif %}{% if !reminders.is_empty() %}<h3>What DNS cannot show</h3>
<ul>
{% for reminder in reminders %}<li>{% for piece in reminder %}{% if piece.is_value %}<code>{{ piece.text }}</code>{% else %}{{ piece.text }}{% endif %}{% endfor %}</li>
{% endfor %}</ul>
{% endif %}"##
)]
pub(super) struct Body<'a> {
    way: String,
    checked: Option<String>,
    /// The sentence about servers that answered nothing.
    outage: Option<Vec<Piece<'a>>>,
    edits: Option<Edits<'a>>,
    next: Vec<Piece<'a>>,
    rows: Vec<Row<'a>>,
    not_published: String,
    times: Vec<Vec<Piece<'a>>>,
    chart: Option<CacheChart>,
    since: Option<Changed<'a>>,
    reminders: Vec<Vec<Piece<'a>>>,
}

struct Row<'a> {
    mark: &'static str,
    class: &'static str,
    status: &'static str,
    what: &'a str,
    message: Vec<Piece<'a>>,
    aside: Option<&'static str>,
    records: &'a [Sanitized],
    /// The label, such as `until`; the time as RFC 3339 text; and the time for a person.
    time: Option<(&'static str, String, String)>,
    waiver: Option<&'a WaiverView>,
    code: RowCode<'a>,
}

struct RowCode<'a> {
    word: &'a str,
    /// The manual has a section about it.
    is_explained: bool,
}

struct Changed<'a> {
    title: &'a str,
    lines: Vec<Vec<Piece<'a>>>,
}

/// The sentences of a body, which borrows them.
pub(super) struct Sentences {
    next: String,
    times: Vec<String>,
    since: Option<(String, Vec<String>)>,
}

impl Sentences {
    pub(super) fn new(run: &Run, domain: &DomainReport) -> Self {
        Self {
            next: content::next(&run.options.shared, domain),
            times: content::times(domain),
            since: page::since(domain),
        }
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(run: &Run, domain: &'a DomainReport, sentences: &'a Sentences) -> Self {
        let time = domain.time(run.checked_at);
        let cut = |text: &'a String| pieces(text).collect();
        let (shown, beside) = content::shown_expectations(domain);
        let beside: Vec<&str> = beside.iter().map(|one| one.id.as_str()).collect();
        let expectations = shown.into_iter().map(|one| {
            let mark = Mark::of_expectation(one);
            Row {
                mark: mark.symbol(),
                class: class(mark),
                status: one.status.word(),
                what: one.id.as_str(),
                message: pieces(&one.message).collect(),
                aside: content::aside(one),
                records: &[],
                time: one.until.map(|until| moment("until", until)),
                waiver: one.waiver.as_ref(),
                code: RowCode::of(&one.code),
            }
        });
        let hazards = content::shown_hazards(domain).map(|one| {
            let mark = Mark::of_hazard(one);
            Row {
                mark: mark.symbol(),
                class: class(mark),
                status: if one.is_waived() { "waived" } else { one.level.word() },
                what: one.level.word(),
                message: pieces(&one.message).collect(),
                aside: None,
                records: &one.records,
                time: one.due.map(|due| moment("act by", due)),
                waiver: one.waiver.as_ref(),
                code: RowCode::of(&one.code),
            }
        });
        Self {
            way: content::way(domain),
            checked: checked(run, domain),
            outage: domain.outage.as_ref().map(|outage| pieces(&outage.message).collect()),
            edits: content::edits(domain),
            next: pieces(&sentences.next).collect(),
            rows: expectations.chain(hazards).collect(),
            not_published: beside.join(", "),
            times: sentences.times.iter().map(cut).collect(),
            chart: cache_chart(time, domain),
            since: sentences
                .since
                .as_ref()
                .map(|(title, lines)| Changed { title, lines: lines.iter().map(cut).collect() }),
            reminders: domain.reminders.iter().map(|text| pieces(text).collect()).collect(),
        }
    }
}

impl<'a> RowCode<'a> {
    fn of(code: &'a Word<Code>) -> Self {
        Self { word: code.as_str(), is_explained: page::explained(code).is_some() }
    }
}

/// Returns the time at which the domain was checked, if its result was stored by an earlier run.
fn checked(run: &Run, domain: &DomainReport) -> Option<String> {
    domain.checked_at.filter(|_| run.age == ResultAge::Stored).map(page::checked)
}

fn moment(what: &'static str, time: jiff::Timestamp) -> (&'static str, String, String) {
    (what, time.to_string(), crate::check::time::clock_when_over(time))
}

/// Returns the class of a mark in the style sheet.
fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Met => "good",
        Mark::Error => "bad",
        Mark::Waiting | Mark::Unknown | Mark::Warning => "wait",
        Mark::Advice | Mark::Waived | Mark::Information => "faint",
    }
}
