//! Writes the Markdown report, for job summaries and merge requests.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::check::time::clock_when_over;
use crate::check::{Code, Verdict};
use crate::plan::emit::escaped;
use crate::report::style::Mark;
use crate::report::view::{DomainReport, WaiverView};
use crate::report::words::Word;
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::level::{ResultLevel, result_level};
use super::message::{self, pieces};
use super::page;
use crate::report::content::{self, Edits};

/// The length of the report in octets beyond which domains appear only in the table: a job summary holds 1 MiB.
const MOST: usize = 900 << 10;

/// Writes Markdown: a table of all domains, and a section for each.
pub(super) struct Markdown;

/// The section of the rows of the table.
const ROWS: usize = 0;
/// The section of the details.
const DETAILS: usize = 1;

impl ReportWriter for Markdown {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        let open = domain.expectations.iter().filter(|one| result_level(one) >= ResultLevel::Warning);
        let open: Vec<String> = open.map(|one| code_link(run, &one.code)).collect();
        let row = format!(
            "| {} | {} {} | {} | {} |\n",
            escaped(&domain.domain),
            mark(domain.verdict),
            domain.verdict,
            open.join(" "),
            domain.changes.len()
        );
        Piece::Later(vec![row, details(run, domain)])
    }

    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut written = 0;
        let mut write = |text: &str| {
            written += text.len();
            out.write_all(text.as_bytes()).map(|()| written)
        };
        write("# cutover\n\n| domain | verdict | open | changes |\n| --- | --- | --- | --- |\n")?;
        while let Some(row) = end.pieces.next(ROWS)? {
            write(&row)?;
        }
        let checked = format!("\nChecked at {} for the phase `{}`.\n", run.checked_at, run.phase);
        let (mut length, mut hidden) = (write(&checked)?, 0);
        while let Some(details) = end.pieces.next(DETAILS)? {
            if length + details.len() > MOST {
                hidden += 1;
            } else {
                length = write(&details)?;
            }
        }
        if hidden > 0 {
            write(&format!("\n{hidden} more domains are listed only in the table above.\n"))?;
        }
        Ok(())
    }
}

fn details(run: &Run, domain: &DomainReport) -> String {
    let mut text =
        format!("\n## {}: {}", escaped(&page::shown_name(domain)), content::verdict(domain.verdict));
    match content::headline(domain) {
        left if left.is_empty() => {}
        left => text.push_str(&format!(" ({left})")),
    }
    let _ = writeln!(text, "\n\n{}", escaped(&content::way(domain)));
    if let Some(outage) = &domain.outage {
        let _ = writeln!(text, "\n{}", message(&outage.message));
    }
    text.extend(content::edits(domain).as_ref().map(edits));
    let _ = writeln!(text, "\n**Next:** {}", message(&content::next(&run.options.shared, domain)));
    text.push_str(&findings(run, domain));
    content::times(domain).iter().for_each(|line| text.push_str(&format!("\n{}\n", message(line))));
    if let Some((title, lines)) = page::since(domain) {
        text.push_str(&list(&title, &lines));
    }
    if !domain.reminders.is_empty() {
        text.push_str(&list("What DNS cannot show", &domain.reminders));
    }
    text
}

/// Returns the edits to make in the panel of the DNS host, a row for each record to delete or to add.
fn edits(edits: &Edits<'_>) -> String {
    let mut text = format!("\n### Edit at the DNS host of {}\n\n", escaped(&edits.zone));
    if !edits.name_servers.is_empty() {
        let servers: Vec<String> = edits.name_servers.iter().map(|name| code(name)).collect();
        let _ = writeln!(text, "Name servers: {}\n", servers.join(", "));
    }
    text.push_str("| action | host | type | value | TTL |\n| --- | --- | --- | --- | --- |\n");
    for phase in &edits.phases {
        if let Some(when) = phase.when {
            let _ = writeln!(text, "| **{when}** | | | | |");
        }
        for edit in &phase.edits {
            let mark =
                |mark: &str| if mark.is_empty() { String::new() } else { format!(" {}", escaped(mark)) };
            let _ = writeln!(
                text,
                "| {}{} | {} | {} | {}{} | {} |",
                edit.kind.word(),
                mark(edit.advice),
                escaped(&edit.host),
                edit.rtype,
                code(edit.value),
                mark(edit.compare),
                edit.ttl.map(|ttl| ttl.to_string()).unwrap_or_default()
            );
        }
    }
    edits.notes.iter().for_each(|note| text.push_str(&format!("\n{}\n", escaped(note))));
    text
}

fn findings(run: &Run, domain: &DomainReport) -> String {
    let mut text = String::from("\n### Findings\n\n| | what | found | code |\n| --- | --- | --- | --- |\n");
    let (shown, beside) = content::shown_expectations(domain);
    for one in shown {
        let aside = content::aside(one).map(|aside| format!(" ({aside})")).unwrap_or_default();
        let until = one.until.map(|until| format!("; until {}", clock_when_over(until)));
        let _ = writeln!(
            text,
            "| {} | {} | {}{aside}{}{} | {} |",
            symbol(Mark::of_expectation(one)),
            one.id,
            message(&one.message),
            until.as_deref().map(escaped).unwrap_or_default(),
            waiver(one.waiver.as_ref()),
            code_link(run, &one.code)
        );
    }
    for one in content::shown_hazards(domain) {
        let records: Vec<String> = one.records.iter().map(|record| format!("<br>{}", code(record))).collect();
        let due = one.due.map(|due| format!("; act by {}", clock_when_over(due)));
        let _ = writeln!(
            text,
            "| {} | {} | {}{}{}{} | {} |",
            symbol(Mark::of_hazard(one)),
            one.level.word(),
            message(&one.message),
            due.as_deref().map(escaped).unwrap_or_default(),
            records.concat(),
            waiver(one.waiver.as_ref()),
            code_link(run, &one.code)
        );
    }
    if !beside.is_empty() {
        let ids: Vec<&str> = beside.iter().map(|one| one.id.as_str()).collect();
        let _ = writeln!(text, "\n{}: {}", page::NOT_PUBLISHED, escaped(&ids.join(", ")));
    }
    text
}

fn waiver(waiver: Option<&WaiverView>) -> String {
    let shown = waiver.map(|waiver| {
        let state = waiver.state.word();
        format!("<br>{state} waiver until {}: {}", waiver.until, escaped(&waiver.reason))
    });
    shown.unwrap_or_default()
}

/// Returns a list with its title.
fn list<T: AsRef<str>>(title: &str, lines: &[T]) -> String {
    let mut text = format!("\n### {}\n\n", escaped(title));
    lines.iter().for_each(|line| text.push_str(&format!("- {}\n", message(line.as_ref()))));
    text
}

/// Returns a code, with a link to its section of the published manual if there is one.
fn code_link(run: &Run, code: &Word<Code>) -> String {
    match run.manual.as_ref().zip(page::explained(code)) {
        Some((url, known)) => format!("[`{code}`](<{}>)", url.section(known).replace('&', "&amp;")),
        None => format!("`{code}`"),
    }
}

/// Returns a value as code.
fn code(value: &str) -> String {
    format!("<code>{}</code>", escaped(value))
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "✅",
        Verdict::Waiting => "⏳",
        Verdict::Undetermined => "❔",
        Verdict::ChangesNeeded => "❌",
    }
}

fn symbol(mark: Mark) -> &'static str {
    match mark {
        Mark::Met => "✅",
        Mark::Waived => "➖",
        Mark::Waiting => "⏳",
        Mark::Unknown => "❔",
        Mark::Error => "❌",
        Mark::Advice => "⚪",
        Mark::Warning | Mark::Information => "⚠️",
    }
}

/// Returns a message with its values as code.
fn message(text: &str) -> String {
    let set = |piece: message::Piece<'_>| match piece.is_value {
        true => code(piece.text),
        false => escaped(piece.text),
    };
    pieces(text).map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_apart_and_stay_text() {
        assert_eq!(message("to `a<b>` and `c"), "to <code>a&lt;b&gt;</code> and <code>c</code>");
    }

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escaped("a|b\n<script>"), "a\\|b &lt;script&gt;");
        assert_eq!(escaped("[x](http://y) `z` @me #1"), "\\[x\\]\\(http&#58;//y\\) \\`z\\` &#64;me &#35;1");
    }
}
