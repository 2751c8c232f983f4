//! Checks published records against expectations.
//!
//! The checks are pure functions over facts, without network access, a clock or output. Each judge checks one
//! expectation from the perspective of one server or of several, and returns the finding with its fix, so that the two
//! cannot disagree. A topic has a document (`*.md`), whose examples the tests run.
//!
//! | module | checks |
//! | --- | --- |
//! | `delivery` | MX |
//! | `spf` | SPF |
//! | `alias`, `dkim`, `legacy` | CNAMEs |
//! | `text`, `dmarc` | TXT records: verification, DMARC |
//! | `service`, `absence` | SRV records; records that must not be published |
//! | `policy` | MTA-STS and TLS-RPT |
//! | `parked` | domains without mail |
//! | `hazard` | problems outside the expectations |
//! | `weigh` | all servers together, and the verdict |
//! | `certainty` | codes of failed lookups |
//! | `code` | the table of all outcomes |

mod absence;
mod alias;
mod cache_expiry;
mod certainty;
mod clash;
mod code;
mod delivery;
mod dkim;
mod dmarc;
mod dname;
mod doubled;
mod hazard;
mod legacy;
mod origin;
mod parked;
mod placeholder;
mod policy;
mod poll_interval;
mod questions;
mod references;
mod reminder;
mod result;
mod service;
mod spf;
mod text;
pub(crate) mod time;
mod unrequested;
mod verdict;
mod waiver;
mod web;
mod weigh;
mod wildcard;
mod withheld;

use std::collections::BTreeSet;

use crate::expected::{Expectation, Importance, Phase, Requirement, Subject};
use crate::facts::{FactsView, LookupFailure, ReadLog, Reads};
use crate::provider::Provider;
use crate::record::{Name, RecordData, RecordSet, RecordType};

pub use cache_expiry::{Assumptions, Basis, CacheExpiry, SourceClosing, cache_expiry};
pub use code::{Code, Effect, Topic, UnknownCode};
pub(crate) use dname::dname_owner;
pub use hazard::compared_questions;
pub use origin::{DetectedProvider, Proof};
pub use placeholder::is_placeholder_text;
pub(crate) use policy::is_policy_unread;
pub use poll_interval::{PollInterval, next_check};
pub use questions::{Questions, prefetch, wanted, wanted_policies};
pub use reminder::Reminder;
pub use result::{Applied, ExpectationResult, Hazard, WaiverState};
pub use verdict::{Severity, Status, Verdict};
pub use waiver::Waiver;
pub use web::{Tenancy, web_requests};
use weigh::assess_expected;
pub use weigh::{Assessment, JudgeOptions, assess};
pub(crate) use wildcard::{PROBE_LABEL, is_from_wildcard, sets_of_domain};

/// The owner of the SRV record by which mail programs find Autodiscover, relative to the domain.
const AUTODISCOVER_SERVICE: &str = "_autodiscover._tcp";

/// The inputs of a check: the domain, its options and the facts.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The domain and its options.
    pub subject: &'a Subject,
    /// The platform being left, named or recognized.
    pub source: Option<&'static Provider>,
    /// True if that platform was named, or two kinds of strong evidence show it. Only then may the plan delete its
    /// leftovers.
    pub is_source_sure: bool,
    /// The mail host that Microsoft creates for the domain once it accepts it, if known.
    pub mail_host: Option<&'a Name>,
    /// The failed lookup that leaves this host unknown.
    pub host_failure: Option<&'a LookupFailure>,
    /// The facts, as one server or several together show them.
    pub view: FactsView<'a>,
}

/// The result of checking one expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The outcome; its [`Effect`] is the status.
    pub code: Code,
    /// One sentence for a person: what to do and why, or what is right.
    pub message: String,
    /// The records that were checked.
    pub observed: RecordSet,
    /// The edits that make the expectation met; empty if nothing is to be done or the fix is not in the zone.
    pub fix: Vec<Edit>,
}

/// A change of one record set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The owner.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
    /// All records of the set after the edit; none to delete the set.
    pub after: BTreeSet<RecordData>,
    /// The TTL to publish with, in seconds; `None` to keep the present one.
    pub ttl: Option<u32>,
    /// True if the admin should compare the edit before publishing it, because a value was derived by a rule or is
    /// uncertain.
    pub confirm: bool,
    /// What to make sure of before publishing the edit, as sentences; if there are any, `confirm` is true.
    pub cautions: Vec<String>,
}

impl Edit {
    /// Returns the edit that deletes a record set.
    fn deletion(name: Name, rtype: RecordType) -> Self {
        Self { name, rtype, after: BTreeSet::new(), ttl: None, confirm: false, cautions: Vec::new() }
    }

    /// Adds a sentence to make sure of before publishing the edit.
    fn caution(&mut self, caution: &str) {
        self.confirm = true;
        if !self.cautions.iter().any(|known| known == caution) {
            self.cautions.push(caution.to_owned());
        }
    }
}

impl Finding {
    fn new(code: Code, message: impl Into<String>, observed: &RecordSet) -> Self {
        Self { code, message: message.into(), observed: observed.clone(), fix: Vec::new() }
    }

    fn fixed_by(mut self, fix: impl IntoIterator<Item = Edit>) -> Self {
        self.fix = fix.into_iter().collect();
        self
    }
}

impl Case<'_> {
    /// Returns the phase being checked.
    fn phase(&self) -> Phase {
        self.subject.phase
    }

    /// Begins another rule, whose reads do not depend on those before.
    fn begin_rule(&self) {
        if let Some(log) = self.view.log {
            log.begin_rule();
        }
    }

    /// Returns the same case for a rule that uses only answers that other rules ask for.
    fn without_asking(&self) -> Self {
        Self { view: self.view.without_asking(), ..*self }
    }

    /// Returns whether the expectation applies only to a phase after the one being checked.
    fn is_early(&self, expectation: &Expectation) -> bool {
        self.phase() < expectation.phase
    }

    /// Returns whether the service of the expectation was requested.
    fn requests(&self, expectation: &Expectation) -> bool {
        self.subject.services.contains(&expectation.service)
    }

    /// Returns whether the provider is the platform being left.
    fn is_source(&self, provider: &Provider) -> bool {
        self.source.is_some_and(|source| source.id == provider.id)
    }

    /// Returns the name of the platform being left, for a sentence.
    fn source_word(&self) -> &'static str {
        self.source.map_or("the old platform", |source| source.short)
    }
}

/// A finding, and the reads that led to it.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The finding; [`LookupFailure`] if a decisive lookup failed.
    pub finding: Result<Finding, LookupFailure>,
    /// Everything that was read for the finding.
    pub reads: Reads,
}

/// Checks one expectation.
#[must_use]
pub fn judge(case: &Case<'_>, expectation: &Expectation) -> Judgement {
    let Some(outer) = case.view.log else {
        return Judgement { finding: relation(case, expectation), reads: Reads::default() };
    };
    let log = ReadLog::new();
    let view = FactsView { log: Some(&log), ..case.view };
    let finding = relation(&Case { view, ..*case }, expectation);
    let reads = log.into_reads();
    outer.add(&reads);
    Judgement { finding, reads }
}

/// Checks whether the relation that the expectation requires holds.
fn relation(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let finding = relation_by_itself(case, expectation)?;
    let finding = dname::without_edits_below(case, expectation, finding);
    let finding = unrequested::left_alone(case, expectation, finding);
    let finding = clash::without_edits_beside_alias(case, finding);
    Ok(spf::warned(case, references::respected(case, finding)))
}

fn relation_by_itself(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let keep_alias = |finding| clash::keep_alias(case, expectation, finding);
    let keep_records = |finding| clash::keep_records(case, expectation, finding);
    let drop_alias = |finding| clash::drop_alias(case, expectation, finding);
    match &expectation.requirement {
        Requirement::DeliversTo(hosts) => delivery::judge(case, expectation, hosts),
        Requirement::SpfIncludes(include) => spf::judge(case, expectation, include),
        Requirement::IsAliasOf(target) => alias::judge(case, expectation, target).map(keep_alias),
        Requirement::HasVerification(given) => text::judge(case, expectation, given.as_deref()),
        Requirement::IsAbsent => absence::judge(case, expectation),
        Requirement::MayBeAliasOf(target) => legacy::judge(case, expectation, target).map(drop_alias),
        Requirement::HasDkimKeyAt(selector) => {
            let finding = dkim::judge(case, expectation, selector).map(keep_alias)?;
            Ok(dkim::with_deleted_key_confirmed(case, expectation, finding))
        }
        Requirement::HasDmarcPolicy => dmarc::judge(case, expectation).map(keep_records),
        Requirement::MayAnnouncePolicy => policy::judge(case, expectation),
        Requirement::MayAskForTlsReports => policy::judge_reports(case, expectation),
        Requirement::TakesNoMail => parked::judge_mail(case, expectation),
        Requirement::AuthorizesNoSender => parked::judge_senders(case, expectation),
        Requirement::RejectsForgedMail => parked::judge_policy(case, expectation).map(keep_records),
        Requirement::OffersService(offer) => service::judge(case, expectation, offer).map(keep_records),
        Requirement::MayOfferService(offer) => {
            service::judge_legacy(case, expectation, offer).map(keep_records)
        }
    }
}

/// Returns whether Microsoft has accepted the domain, which its mail host shows by existing.
///
/// # Errors
/// [`LookupFailure`] if that could not be looked up.
fn is_accepted(case: &Case<'_>) -> Result<bool, LookupFailure> {
    match case.mail_host {
        Some(host) => Ok(case.view.has_address(host)?.unwrap_or(false)),
        None => case.host_failure.map_or(Ok(false), |failure| Err(failure.clone())),
    }
}

/// Appends a note to a message: as a sentence after a sentence, and after a semicolon otherwise.
fn noted(message: &str, note: &str) -> String {
    if !message.ends_with(['.', '?']) && !message.ends_with(".)") {
        return format!("{message}; {note}");
    }
    format!("{message} {}.", capitalized(note))
}

/// Returns a text with its first letter in upper case, as at the beginning of a sentence.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.map(String::from).unwrap_or_default() + letters.as_str()
}

/// Joins words for a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn join_and(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}

/// Returns a name in backticks, without its final dot.
fn backticked(name: &Name) -> String {
    let mut text = String::with_capacity(name.octets() + 2);
    text.push('`');
    name.write_without_trailing_dot(&mut text);
    text.push('`');
    text
}

/// Returns the importance of an expectation in the phase being checked, before evidence is taken into account.
fn importance(subject: &Subject, expectation: &Expectation) -> Importance {
    if subject.phase < expectation.phase { Importance::Optional } else { expectation.importance }
}
