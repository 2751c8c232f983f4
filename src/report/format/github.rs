//! Annotations of a GitHub Actions run.

use crate::report::Report;

use super::{Gravity, gravity, hazard_gravity, sum};

/// Annotations that GitHub shows of one step and level at most; more are cut there anyway.
const MOST: usize = 50;

/// One workflow command for each finding, the gravest first, and one line that sums up.
#[must_use]
pub fn github(report: &Report) -> String {
    let mut lines: Vec<(Gravity, String)> = Vec::new();
    for domain in &report.domains {
        for one in &domain.expectations {
            let title = format!("{} {}: {}", domain.domain, one.id, one.code);
            lines.push((gravity(one), command(gravity(one), &title, &one.message)));
        }
        for one in &domain.hazards {
            let title = format!("{}: {}", domain.domain, one.code);
            lines.push((hazard_gravity(one), command(hazard_gravity(one), &title, &one.message)));
        }
    }
    lines.retain(|(gravity, _)| *gravity > Gravity::None);
    lines.sort_by_key(|(gravity, _)| std::cmp::Reverse(*gravity));
    let hidden = lines.len().saturating_sub(MOST);
    let mut text: String = lines.into_iter().take(MOST).map(|(_, line)| line).collect();
    if hidden > 0 {
        text.push_str(&command(
            Gravity::Note,
            "cutover",
            &format!("{hidden} more findings; see another format"),
        ));
    }
    text + &sum(report) + "\n"
}

/// A workflow command: what has a meaning in it is written in percent.
fn command(gravity: Gravity, title: &str, message: &str) -> String {
    let word = match gravity {
        Gravity::Error => "error",
        Gravity::Warning => "warning",
        Gravity::Note | Gravity::None => "notice",
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
        let line = command(Gravity::Error, "a::b, c", "x\n::set-output name=y::z\r100%");
        assert_eq!(line, "::error title=a%3A%3Ab%2C c::x%0A::set-output name=y::z%0D100%25\n");
    }
}
