//! Lists the records that a domain needs, before anything is looked up.

use std::fmt::Write as _;

use crate::expected::{Expectation, Importance, Origin, Requirement, Subject};
use crate::facts::zone_candidates;
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
    // In a subdomain whose zone is not known, `@` could be read as the parent domain.
    let is_zone = zone_candidates(&subject.domain).len() == 1;
    let rows = list.iter().flat_map(|expectation| {
        let is_derived = expectation.origin == Origin::Derived;
        let row = |value: String| ValueRow {
            front: [
                Cell::from(
                    format!("{} {}", expectation.id, content::advice(expectation.importance)).trim_end(),
                ),
                match is_zone {
                    true => expectation.name.host_in(&subject.domain).into(),
                    false => expectation.name.without_trailing_dot().into(),
                },
                expectation.rtype.to_string().into(),
            ],
            behind: match value.as_str() {
                NOT_PUBLISHED | NOT_REQUIRED => String::new(),
                _ if is_derived => format!("TTL {}  *", expectation.ttl),
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
    let mut note = |sentence: &str| {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(sentence), style.columns()));
    };
    if list.iter().any(|expectation| expectation.origin == Origin::Derived && !expectation.data.is_empty()) {
        note("* Derived from the name of the domain: compare with the admin center before publishing.");
    }
    if list.iter().any(|expectation| expectation.importance != Importance::Required) {
        note(content::ADVICE);
    }
    if list.iter().any(|expectation| matches!(expectation.requirement, Requirement::SpfIncludes(_))) {
        note(&format!(
            "Nothing was looked up. A domain may have only one SPF record: `cutover check {}` shows how to change the \
             one that is published.",
            subject.domain.without_trailing_dot()
        ));
    }
    harmless_lines(&style.text(&text)).into_owned()
}

fn unspecified(expectation: &Expectation) -> &'static str {
    match &expectation.requirement {
        Requirement::IsAbsent => NOT_PUBLISHED,
        Requirement::HasVerification(_) => "(MS=ms… as the admin center shows it)",
        Requirement::HasDkimKeyAt(_) => "(as the Defender portal shows it; `--tenant` derives it)",
        Requirement::MayBeAliasOf(_)
        | Requirement::MayOfferService(_)
        | Requirement::MayAnnouncePolicy
        | Requirement::MayAskForTlsReports => NOT_REQUIRED,
        Requirement::DeliversTo(hosts) if !hosts.gateways.is_empty() => {
            "(as the operator of the filter names it; pass it with `--mx`)"
        }
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
