//! Annotations of a GitHub Actions run.

use crate::report::Report;

use super::{ResultLevel, hazard_level, result_level, sum};

/// Annotations that GitHub shows of one step and level at most; more are cut there anyway.
const MOST: usize = 50;

/// One workflow command for each finding, the gravest first, and one line that sums up.
#[must_use]
pub fn github(report: &Report) -> String {
    let mut lines: Vec<(ResultLevel, String)> = Vec::new();
    for domain in &report.domains {
        for one in &domain.expectations {
            let title = format!("{} {}: {}", domain.domain, one.id, one.code);
            lines.push((result_level(one), command(result_level(one), &title, &one.message)));
        }
        for one in &domain.hazards {
            let title = format!("{}: {}", domain.domain, one.code);
            lines.push((hazard_level(one), command(hazard_level(one), &title, &one.message)));
        }
    }
    lines.retain(|(result_level, _)| *result_level > ResultLevel::None);
    lines.sort_by_key(|(result_level, _)| std::cmp::Reverse(*result_level));
    let hidden = lines.len().saturating_sub(MOST);
    let mut text: String = lines.into_iter().take(MOST).map(|(_, line)| line).collect();
    if hidden > 0 {
        text.push_str(&command(
            ResultLevel::Note,
            "cutover",
            &format!("{hidden} more findings; see another format"),
        ));
    }
    text + &sum(report) + "\n"
}

/// A workflow command: what has a meaning in it is written in percent.
fn command(result_level: ResultLevel, title: &str, message: &str) -> String {
    let word = match result_level {
        ResultLevel::Error => "error",
        ResultLevel::Warning => "warning",
        ResultLevel::Note | ResultLevel::None => "notice",
    };
    format!("::{word} title={}::{}\n", property(title), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_command_of_its_own() {
        let line = command(ResultLevel::Error, "a::b, c", "x\n::set-output name=y::z\r100%");
        assert_eq!(line, "::error title=a%3A%3Ab%2C c::x%0A::set-output name=y::z%0D100%25\n");
    }
}
