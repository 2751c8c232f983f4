//! Lists the records that a domain needs, before anything is looked up.

use std::fmt::Write as _;

use crate::expected::{Expectation, Importance, Requirement, Subject};
use crate::report::content;
use crate::report::grid::{Cell, ValueRow, value_rows, wrapped};
use crate::report::harmless::harmless_lines;
use crate::report::style::{Style, Tone};

use super::parts::shown_name;

/// The value of a record that must not be published.
const NOT_PUBLISHED: &str = "(must not exist)";
/// The value of a record that may be published.
const NOT_REQUIRED: &str = "(not required)";

/// Returns the output of `cutover expected` for a person.
#[must_use]
pub fn expected(subject: &Subject, list: &[Expectation], style: &Style) -> String {
    let rows = list.iter().flat_map(|expectation| {
        let row = |value: String| ValueRow {
            front: [
                Cell::from(
                    format!("{} {}", expectation.id, content::advice(expectation.importance)).trim_end(),
                ),
                expectation.name.host_in(&subject.domain).into(),
                expectation.rtype.to_string().into(),
            ],
            behind: match value.as_str() {
                NOT_PUBLISHED | NOT_REQUIRED => String::new(),
                _ => format!("TTL {}", expectation.ttl),
            },
            value,
        };
        let rows: Vec<ValueRow<3>> = match &expectation.data[..] {
            [] => vec![row(unspecified(expectation).to_owned())],
            data => data
                .iter()
                .map(|data| row(content::typed(&data.to_string(), data.rtype()).to_owned()))
                .collect(),
        };
        rows
    });
    let rows = value_rows(vec![rows.collect()], style).concat();
    let title = format!("{} needs, for {}:", shown_name(&subject.domain, style), subject.cloud.title());
    let mut text = format!("{}\n\n{}", style.paint(Tone::Strong, &title), rows);
    if list.iter().any(|expectation| expectation.importance != Importance::Required) {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(content::ADVICE), style.columns()));
    }
    harmless_lines(&style.text(&text)).into_owned()
}

fn unspecified(expectation: &Expectation) -> &'static str {
    match expectation.requirement {
        Requirement::IsAbsent => NOT_PUBLISHED,
        Requirement::HasVerification(_) => "(MS=ms… as the admin center shows it)",
        Requirement::HasDkimKeyAt(_) => "(as the Defender portal shows it; `--tenant` derives it)",
        Requirement::MayBeAliasOf(_)
        | Requirement::MayOfferService(_)
        | Requirement::MayAnnouncePolicy
        | Requirement::MayAskForTlsReports => NOT_REQUIRED,
        Requirement::DeliversTo(_)
        | Requirement::SpfIncludes(_)
        | Requirement::IsAliasOf(_)
        | Requirement::HasDmarcPolicy
        | Requirement::TakesNoMail
        | Requirement::AuthorizesNoSender
        | Requirement::RejectsForgedMail
        | Requirement::OffersService(_) => {
            "(as the admin center shows it; pass it with `--mx`, or pass \
            `--tenant`)"
        }
    }
}
