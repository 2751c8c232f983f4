//! Makes the codes of a report links to their sections of the published manual.

use std::collections::BTreeSet;

use crate::check::Code;
use crate::report::ManualUrl;
use crate::report::style::{Links, Style, Tone};
use crate::report::view::DomainReport;

/// Returns the text of a report with OSC 8 links from the codes of its findings, if the terminal supports them.
///
/// It is the last step: layout would count the escape sequences as columns, and sanitizing would remove them.
pub(super) fn linked(
    text: String,
    report: &DomainReport,
    manual: Option<&ManualUrl>,
    style: &Style,
) -> String {
    let Some(manual) = manual.filter(|_| style.links == Links::On) else { return text };
    let expectations = report.expectations.iter().filter_map(|one| one.code.known());
    let hazards = report.hazards.iter().filter_map(|one| one.code.known());
    let codes: BTreeSet<Code> = expectations.chain(hazards).filter(|code| *code != Code::Met).collect();
    codes.into_iter().fold(text, |text, code| {
        let link = format!("\u{1b}]8;;{}\u{1b}\\{code}\u{1b}]8;;\u{1b}\\", manual.section(code));
        let cell = style.paint(Tone::Faint, code.word());
        let text = text.replace(&format!("[{code}]"), &format!("[{link}]"));
        // A column of codes is the last one.
        let lines = text.split_inclusive('\n').map(|line| {
            let (content, end) = line.split_at(line.trim_end_matches('\n').len());
            match content.strip_suffix(&cell).filter(|before| before.ends_with("  ")) {
                Some(before) => format!("{before}{}{end}", cell.replace(code.word(), &link)),
                None => line.to_owned(),
            }
        });
        lines.collect()
    })
}
