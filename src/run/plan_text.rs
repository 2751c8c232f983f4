//! Writes the plan of a checked domain in the requested form.

use jiff::tz::TimeZone;

use crate::plan::emit::{
    DnsHost, Sheet, to_csv, to_dnscontrol, to_ics, to_nsupdate, to_octodns, to_powershell, to_runbook,
    to_terraform,
};
use crate::plan::schedule::{Move, Schedule};
use crate::plan::to_bind;
use crate::report::format::named_formats;
use crate::report::harmless::{harmless, harmless_lines};
use crate::report::json::{PlanView, to_json};
use crate::report::style::Style;
use crate::report::table;

use super::checked::Checked;

named_formats! {
    /// A form of the plan.
    PlanFormat {
        Table "table" "For a person";
        Bind "bind" "Lines of a zone file";
        Nsupdate "nsupdate" "A script of RFC 2136 updates";
        Dnscontrol "dnscontrol" "A snippet for dnsconfig.js";
        Octodns "octodns" "A snippet for octoDNS";
        Terraform "terraform" "Resources, see --provider";
        Powershell "powershell" "Cmdlets for a Windows DNS server";
        Csv "csv" "For a spreadsheet";
        Json "json" "For a program";
        Runbook "runbook" "Markdown to hand on: every step of the move, and when";
        Ics "ics" "A calendar of these steps; needs --switch-at";
    }
}

impl PlanFormat {
    /// Returns the form with this name.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.word() == word)
    }

    /// Returns whether it holds the whole move, in any phase; the domain is then checked for the last phase.
    #[must_use]
    pub fn is_schedule(self) -> bool {
        match self {
            Self::Runbook | Self::Ics => true,
            Self::Table
            | Self::Bind
            | Self::Nsupdate
            | Self::Dnscontrol
            | Self::Octodns
            | Self::Terraform
            | Self::Powershell
            | Self::Csv
            | Self::Json => false,
        }
    }
}

/// The layout of a plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanLayout<'a> {
    /// The form.
    pub format: PlanFormat,
    /// The host whose Terraform resources are written; `None` for the one that the name servers show.
    pub provider: Option<DnsHost>,
    /// The layout of text for people.
    pub style: &'a Style,
    /// The time zone of the times in a text for people.
    pub time_zone: &'a TimeZone,
}

/// Writes the plan of a checked domain. `whole` is the move, for a form that holds all of it.
#[must_use]
pub fn plan_text(checked: &Checked, layout: PlanLayout<'_>, whole: &Move<'_>) -> String {
    let Checked { subject, assessment, changes, .. } = checked;
    let zone = assessment.zone.as_ref();
    let apex = zone.map_or(&subject.domain, |zone| &zone.apex);
    let sheet = Sheet { domain: &subject.domain, zone: apex, changes, options: whole.options };
    let schedule = || Schedule::new(whole).with_sentences(harmless);
    match layout.format {
        PlanFormat::Table => table::plan(&checked.report().with_since(checked.since.clone()), layout.style),
        PlanFormat::Bind => to_bind(changes),
        PlanFormat::Nsupdate => to_nsupdate(&sheet),
        PlanFormat::Dnscontrol => to_dnscontrol(&sheet),
        PlanFormat::Octodns => to_octodns(&sheet),
        PlanFormat::Terraform => {
            let shown = zone.and_then(|zone| {
                zone.name_servers.iter().find_map(|server| DnsHost::of_name_server(&server.name))
            });
            to_terraform(&sheet, layout.provider.or(shown).unwrap_or(DnsHost::Azure))
        }
        PlanFormat::Powershell => to_powershell(&sheet),
        PlanFormat::Csv => to_csv(&sheet),
        PlanFormat::Json => to_json(&PlanView::new(subject, changes)),
        PlanFormat::Runbook => harmless_lines(&to_runbook(&schedule(), layout.time_zone)).into_owned(),
        PlanFormat::Ics => to_ics(&schedule()),
    }
}
