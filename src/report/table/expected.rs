//! What a domain needs, before anything is looked up.

use std::fmt::Write as _;

use crate::expected::{Expectation, Importance, Requirement, Subject};
use crate::report::grid::{Cell, laid_out, wrapped};
use crate::report::harmless::harmless_lines;
use crate::report::style::{Style, Tone};

use super::parts::{ADVICE, advice, faint, shown_name, typed};

/// `cutover expected` for a person.
#[must_use]
pub fn expected(subject: &Subject, list: &[Expectation], style: &Style) -> String {
    let mut rows: Vec<[Cell; 5]> = vec![["what", "host", "type", "value", "TTL"].map(faint)];
    for expectation in list {
        let value = match &expectation.data[..] {
            [] => unspecified(expectation).to_owned(),
            data => {
                let typed = data.iter().map(|data| typed(&data.to_string(), data.rtype()));
                typed.collect::<Vec<_>>().join("\n")
            }
        };
        rows.push([
            format!("{}{}", expectation.id, advice(expectation.importance)).into(),
            expectation.name.host_in(&subject.domain).into(),
            expectation.rtype.to_string().into(),
            value.into(),
            expectation.ttl.to_string().into(),
        ]);
    }
    let title = format!("{} needs, for {}:", shown_name(&subject.domain, style), subject.cloud.title());
    let mut text = format!("{}\n\n{}", style.paint(Tone::Strong, &title), laid_out(rows, style));
    if list.iter().any(|expectation| expectation.importance != Importance::Required) {
        let _ = writeln!(text, "\n{}", wrapped(&style.text(ADVICE), style.columns()));
    }
    harmless_lines(&style.text(&text)).into_owned()
}

fn unspecified(expectation: &Expectation) -> &'static str {
    match expectation.requirement {
        Requirement::IsAbsent => "(must not exist)",
        Requirement::HasVerification(_) => "(MS=ms… as the admin center shows it)",
        Requirement::HasDkimKeyAt(_) => "(as the Defender portal shows it; --tenant derives it)",
        Requirement::MayBeAliasOf(_)
        | Requirement::MayOfferService(_)
        | Requirement::MayAnnouncePolicy
        | Requirement::MayAskForTlsReports => "(not needed)",
        Requirement::DeliversTo(_)
        | Requirement::SpfIncludes(_)
        | Requirement::IsAliasOf(_)
        | Requirement::HasDmarcPolicy
        | Requirement::TakesNoMail
        | Requirement::AuthorizesNoSender
        | Requirement::RejectsForgedMail
        | Requirement::OffersService(_) => "(as the admin center shows it; --mx or --tenant names it here)",
    }
}
