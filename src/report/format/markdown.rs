//! The Markdown report, for job summaries and merge requests.

use std::fmt::Write as _;

use crate::plan::emit::escaped;
use crate::report::Report;
use crate::report::view::{ChangeView, DomainReport};

use super::{ResultLevel, hazard_level, pieces, result_level};

/// Octets from which on domains are only listed in the summary: a job summary holds 1 MiB.
const MOST: usize = 900 << 10;

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text =
        String::from("# cutover\n\n| domain | verdict | open | changes |\n| --- | --- | --- | --- |\n");
    for domain in &report.domains {
        let open = domain.expectations.iter().filter(|one| result_level(one) >= ResultLevel::Warning);
        let open: Vec<String> = open.map(|one| format!("`{}`", one.code)).collect();
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} |",
            escaped(&domain.domain),
            mark(domain.verdict),
            domain.verdict,
            open.join(" "),
            domain.changes.len()
        );
    }
    let _ = writeln!(text, "\nChecked at {} for the phase `{}`.", report.checked_at, report.phase);
    let mut hidden = 0;
    for domain in &report.domains {
        let details = details(domain);
        if text.len() + details.len() > MOST {
            hidden += 1;
        } else {
            text.push_str(&details);
        }
    }
    if hidden > 0 {
        let _ = writeln!(text, "\n{hidden} more domains are listed only in the table above.");
    }
    text
}

fn details(domain: &DomainReport) -> String {
    let mut text =
        format!("\n## {}\n\n| | what | found | code |\n| --- | --- | --- | --- |\n", escaped(&domain.domain));
    for one in &domain.expectations {
        let advice = if one.importance == "required" || one.status == "met" { "" } else { " _(advice)_" };
        let _ = writeln!(
            text,
            "| {} | {} | {}{advice} | {} |",
            symbol(one.status, result_level(one)),
            one.id,
            message(&one.message),
            if one.code == "met" { String::new() } else { format!("`{}`", one.code) }
        );
    }
    for one in &domain.hazards {
        let symbol = match hazard_level(one) {
            _ if one.is_waived() => "➖",
            ResultLevel::Error => "❌",
            ResultLevel::Warning | ResultLevel::Note | ResultLevel::None => "⚠️",
        };
        let _ = writeln!(text, "| {symbol} | {} | {} | `{}` |", one.level, message(&one.message), one.code);
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

fn mark(verdict: &str) -> &'static str {
    match verdict {
        "ready" => "✅",
        "waiting" => "⏳",
        "undetermined" => "❔",
        _ => "❌",
    }
}

fn symbol(status: &str, result_level: ResultLevel) -> &'static str {
    match (status, result_level) {
        ("met", _) => "✅",
        ("waived", _) => "➖",
        ("waiting", _) => "⏳",
        ("unknown", _) => "❔",
        (_, ResultLevel::Error) => "❌",
        (_, ResultLevel::None | ResultLevel::Note | ResultLevel::Warning) => "⚪",
    }
}

/// A message with its values set apart.
fn message(text: &str) -> String {
    let set = |piece: super::Piece<'_>| match piece.is_value {
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
