//! Writes annotations for a GitHub Actions run.

use std::io::{self, Write};

use crate::check::time::clock;
use crate::report::changed::{before, lines};
use crate::report::view::DomainReport;
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::level::{ResultLevel, hazard_level, result_level};
use super::message::sum;

/// The maximum number of annotations that are written; GitHub cuts off longer lists.
const MOST: usize = 50;

/// Writes one workflow command for each finding, the most severe first, and a summary line.
pub(super) struct Github;

/// The levels that are shown, the most severe first; each is a section of its own.
const LEVELS: [ResultLevel; 3] = [ResultLevel::Error, ResultLevel::Warning, ResultLevel::Note];

impl ReportWriter for Github {
    fn domain(&self, _: &Run, domain: &DomainReport) -> Piece {
        let mut sections = LEVELS.map(|_| String::new());
        let mut add = |level: ResultLevel, title: &str, message: &str| {
            if let Some(section) = LEVELS.iter().position(|known| *known == level) {
                sections[section].push_str(&command(level, title, message));
            }
        };
        for one in &domain.expectations {
            let before = before(domain, one).map(|before| format!(" (before: {before})")).unwrap_or_default();
            let title = format!("{} {}: {}", domain.domain, one.id, one.code);
            add(result_level(one), &title, &format!("{}{before}", one.message));
        }
        for one in &domain.hazards {
            add(hazard_level(one), &format!("{}: {}", domain.domain, one.code), &one.message);
        }
        if let Some(since) = domain.since.as_ref().filter(|since| !since.is_empty()) {
            let title = format!("{}: changed since {}", domain.domain, clock(since.checked_at));
            add(ResultLevel::Note, &title, &lines(since).join("\n"));
        }
        Piece::Later(sections.into())
    }

    fn finish(&self, _: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (mut shown, mut hidden) = (0, 0);
        for section in 0..LEVELS.len() {
            while let Some(lines) = end.pieces.next(section)? {
                for line in lines.split_inclusive('\n') {
                    if shown < MOST {
                        out.write_all(line.as_bytes())?;
                        shown += 1;
                    } else {
                        hidden += 1;
                    }
                }
            }
        }
        if hidden > 0 {
            let more = format!("{hidden} more findings; see another format");
            out.write_all(command(ResultLevel::Note, "cutover", &more).as_bytes())?;
        }
        writeln!(out, "{}", sum(end.summary))
    }
}

/// Returns a workflow command, with the characters of its syntax percent-encoded.
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
