//! The Markdown report, for job summaries and merge requests.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::check::{Code, Status, Verdict};
use crate::plan::emit::escaped;
use crate::report::style::Mark;
use crate::report::view::{ChangeView, DomainReport};
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::level::{ResultLevel, result_level};
use super::message::{self, pieces};

/// Octets from which on domains are only listed in the summary: a job summary holds 1 MiB.
const MOST: usize = 900 << 10;

/// Writes Markdown: a table of all domains, and a section for each.
pub(super) struct Markdown;

/// The section of the rows of the table.
const ROWS: usize = 0;
/// The section of the details.
const DETAILS: usize = 1;

impl ReportWriter for Markdown {
    fn domain(&self, _: &Run, domain: &DomainReport) -> Piece {
        let open = domain.expectations.iter().filter(|one| result_level(one) >= ResultLevel::Warning);
        let open: Vec<String> = open.map(|one| format!("`{}`", one.code)).collect();
        let row = format!(
            "| {} | {} {} | {} | {} |\n",
            escaped(&domain.domain),
            mark(domain.verdict),
            domain.verdict,
            open.join(" "),
            domain.changes.len()
        );
        Piece::Later(vec![row, details(domain)])
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

fn details(domain: &DomainReport) -> String {
    let mut text =
        format!("\n## {}\n\n| | what | found | code |\n| --- | --- | --- | --- |\n", escaped(&domain.domain));
    for one in &domain.expectations {
        let advice = if one.is_required() || one.status == Status::Met { "" } else { " _(advice)_" };
        let _ = writeln!(
            text,
            "| {} | {} | {}{advice} | {} |",
            symbol(Mark::of_expectation(one)),
            one.id,
            message(&one.message),
            if one.code == Code::Met { String::new() } else { format!("`{}`", one.code) }
        );
    }
    for one in &domain.hazards {
        let (symbol, level) = (symbol(Mark::of_hazard(one)), one.level.word());
        let _ = writeln!(text, "| {symbol} | {level} | {} | `{}` |", message(&one.message), one.code);
    }
    if !domain.changes.is_empty() {
        text.push_str(
            "\n### Changes\n\n| action | name | type | value | TTL |\n| --- | --- | --- | --- | --- |\n",
        );
        domain.changes.iter().for_each(|change| text.push_str(&change_rows(change)));
    }
    text
}

/// A row for each record that goes and each that comes.
fn change_rows(change: &ChangeView) -> String {
    let row = |action: &str, record: &str, ttl: &str| {
        let (name, rtype) = (escaped(&change.name.without_trailing_dot()), &change.rtype);
        format!("| {action} | {name} | {rtype} | {} | {ttl} |\n", escaped(record))
    };
    let gone = change.removed().map(|record| row("delete", record, ""));
    gone.chain(change.added().map(|record| row("add", record, &change.ttl.to_string()))).collect()
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

/// A message with its values set apart.
fn message(text: &str) -> String {
    let set = |piece: message::Piece<'_>| match piece.is_value {
        true => format!("<code>{}</code>", escaped(piece.text)),
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
