//! Finds records that still point to the old platform.

mod evidence;

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::{Id, Importance, Phase, Purpose, Service, Subject};
use crate::facts::{Facts, Outcome, Zone};
use crate::provider::{self, Clue, Kind, Provider};
use crate::record::{Name, Question, RecordData, RecordType};

use super::super::{AUTODISCOVER_SERVICE, spf};
use super::references::References;
use super::{
    Case, Code, Edit, ExpectationResult, Hazard, PROBE_LABEL, Severity, Status, backticked, join_and,
    wildcard,
};
use evidence::{is_alias_of, is_evidence_type, is_host_of, is_of, is_of_reseller, own_records, platform_at};

pub(in crate::check) use evidence::published_questions;

/// Hosts below the domain that are commonly aliases of a mail platform: those that the platforms of the table have
/// their customers publish, and those that people enter in mail programs.
const ALIAS_HOSTS: &[&str] =
    &["autoconfig", "cp", "cpanel", "email", "imap", "mail", "mobilemail", "pda", "pop", "smtp", "webmail"];
/// Services of mail platforms (RFC 6186 §3) for which there is no expectation.
const SERVICES: &[&str] =
    &[AUTODISCOVER_SERVICE, "_imap._tcp", "_imaps._tcp", "_pop3s._tcp", "_submission._tcp"];
/// Hosts below the domain that receive the mail of some users while a domain is split between two platforms (Rackspace,
/// "Split domain routing", 2016-01-18).
const MAIL_HOSTS: &[&str] = &["mail", "rackspace"];

/// Reports in the tidy phase that the zone is served by name servers of the old service.
///
/// Once everything else is deleted, they may be the only evidence of the platform, and not enough to prove it. If no
/// platform is known, the hazard is therefore a warning and does not affect the result.
pub(super) fn dns_hosted_by_source(case: &Case<'_>, zone: Option<&Zone>) -> Option<Hazard> {
    if case.phase() < Phase::Tidy {
        return None;
    }
    let domain = &case.subject.domain;
    let zone = zone?;
    let servers = || zone.name_servers.iter().map(|server| &server.name);
    let hazard = |theirs: Vec<String>, rest: String| {
        let message = format!("{rest} Its name servers are {}.", join_and(theirs));
        Hazard::new(Code::DnsHostedBySource, &zone.apex, Some(RecordType::Ns), message)
    };
    if let Some(source) = case.source {
        let theirs: Vec<String> =
            servers().filter(|server| source.matches(Clue::Ns(server), domain)).map(backticked).collect();
        if theirs.is_empty() {
            return None;
        }
        let (apex, short) = (backticked(&zone.apex), source.short);
        // Where DNS is sold apart from mail, closing the mail product leaves the zone as it is.
        if source.keeps_zones() {
            let rest = format!(
                "Move the zone {apex} to another DNS host, or keep the {short} account and close only its mail product; \
                 then waive this."
            );
            return Some(hazard(theirs, rest));
        }
        let rest = format!(
            "Move the zone {apex} to another DNS host before you close the {short} account, which deletes it; then \
             check again."
        );
        return Some(hazard(theirs, rest));
    }
    let hosts = |server: &Name| {
        provider::best_matches(Clue::Ns(server), domain)
            .into_iter()
            .find(|provider| provider.kind == Kind::Source)
    };
    let host = servers().find_map(hosts)?;
    let theirs = servers().filter(|server| hosts(server) == Some(host)).map(backticked).collect();
    let rest = format!(
        "Pass `--source {0}` if {1} is the old platform, and move the zone {2} to another DNS host before you close the \
             account, which deletes it.",
        host.id,
        host.short,
        backticked(&zone.apex)
    );
    let mut found = hazard(theirs, rest);
    found.level = Severity::Warning;
    Some(found)
}

/// Returns the questions that find leftovers of the old platform. Name servers do not list their names, so the usual
/// ones are asked for, and those that a zone file contains.
pub(in crate::check) fn leftover_questions(subject: &Subject, facts: &Facts) -> Vec<Question> {
    let below = |host: &str, rtype| subject.domain.prepend(host).ok().map(|name| Question::new(name, rtype));
    let mut questions = Vec::new();
    if subject.phase >= Phase::Switch && !subject.hybrid && subject.services.contains(&Service::Exchange) {
        questions.extend(below(AUTODISCOVER_SERVICE, RecordType::Srv));
    }
    if subject.phase < Phase::Tidy {
        return questions;
    }
    questions.extend(SERVICES.iter().filter_map(|service| below(service, RecordType::Srv)));
    questions.extend(MAIL_HOSTS.iter().filter_map(|host| below(host, RecordType::Mx)));
    questions.extend(ALIAS_HOSTS.iter().filter_map(|host| below(host, RecordType::Cname)));
    questions.extend(facts.on_file.iter().filter(|question| is_evidence_type(question.rtype)).cloned());
    questions
}

/// Returns the same questions and those about the DKIM keys of the platform being left.
fn questions_about(case: &Case<'_>) -> Vec<Question> {
    let mut questions = leftover_questions(case.subject, case.view.facts);
    if case.phase() < Phase::Tidy {
        return questions;
    }
    let selectors = case.source.map(|source| source.dkim).unwrap_or_default();
    // Selectors that differ from domain to domain cannot be guessed.
    let fixed = selectors.iter().filter(|(selector, _)| !selector.contains(['#', '?', '*']));
    questions.extend(fixed.filter_map(|(selector, target)| {
        let name = case.subject.domain.prepend(&format!("{selector}._domainkey")).ok()?;
        Some(Question::new(name, if target.is_some() { RecordType::Cname } else { RecordType::Txt }))
    }));
    questions
}

/// Makes met expectations unknown if a recording lacks the answers that would show leftovers: a run with the same
/// options would have read these, and might have found an error.
pub(in crate::check) fn doubt_unread(case: &Case<'_>, judged: &mut [ExpectationResult]) {
    let questions = questions_about(case);
    case.view.batch(|| questions.iter().for_each(|question| case.view.read(question)));
    for question in questions {
        let Err(failure) = case.view.own_answer(&question) else { continue };
        if failure.outcome != Outcome::NotRecorded {
            continue;
        }
        // The doubt is shown at a related expectation: for mail, for mail programs or for senders.
        let id = match question.rtype {
            RecordType::Mx => Id::Mx,
            RecordType::Txt => Id::Spf,
            _ => Id::Autodiscover,
        };
        let is_required = |one: &ExpectationResult| one.importance == Importance::Required;
        let at = judged.iter().position(|one| one.expectation.id == id && is_required(one));
        let at = at.or_else(|| judged.iter().position(is_required));
        let Some(doubted) = at.and_then(|at| judged.get_mut(at)) else { continue };
        if matches!(doubted.status, Status::Met | Status::Waiting) {
            (doubted.status, doubted.code, doubted.until) = (Status::Unknown, Code::NotInReplay, None);
            doubted.message =
                format!("{failure}, so it is unknown if it still points to {}", case.source_word());
        }
    }
}

/// Reports an Autodiscover SRV record that names a server other than Microsoft's.
pub(super) fn autodiscover_srv_left(case: &Case<'_>) -> Option<Hazard> {
    let is_asked = case.subject.services.contains(&Service::Exchange);
    if case.phase() < Phase::Switch || case.subject.hybrid || !is_asked {
        return None;
    }
    let domain = &case.subject.domain;
    let microsoft = case.subject.cloud.name(Purpose::Autodiscover)?;
    let name = domain.prepend(AUTODISCOVER_SERVICE).ok()?;
    let answer = case.view.own_answer(&Question::new(name.clone(), RecordType::Srv)).ok()?;
    // Records at the target of an alias do not belong to the domain.
    let own = answer.chain.is_empty().then_some(answer.set)?;
    // A root target means that the service is not offered (RFC 2782).
    let is_right = |data: &RecordData| {
        matches!(data, RecordData::Srv { target, port, .. }
            if target.is_root() || target == microsoft && *port == 443)
    };
    let (kept, left): (BTreeSet<_>, BTreeSet<_>) = own.data.into_iter().partition(is_right);
    if left.is_empty() {
        return None;
    }
    let source = case.source.filter(|source| {
        let mut targets = left.iter().filter_map(RecordData::target);
        targets.any(|target| is_host_of(source, AUTODISCOVER_SERVICE, target, domain))
    });
    let whose = source.map(|source| format!(" ({})", source.short)).unwrap_or_default();
    let message = format!(
        "Delete {}: it points mail programs to {}{whose}, and Microsoft needs no such record.",
        backticked(&name),
        join_and(left.iter().map(shown))
    );
    let mut found = Hazard::new(Code::AutodiscoverSrvLeft, &name, Some(RecordType::Srv), message);
    if source.is_none() {
        found.level = Severity::Warning;
    }
    found.records = left.iter().map(|data| format!("{name} SRV {data}")).collect();
    found.fix = vec![edit(&name, RecordType::Srv, kept)];
    Some(found)
}

/// Reports, before the old service is closed, everything that still points to it, except at expected record sets.
///
/// `others` are the hazards found before, whose edits count as made.
pub(super) fn source_left(case: &Case<'_>, judged: &[ExpectationResult], others: &[Hazard]) -> Vec<Hazard> {
    // Where mail was not to be moved, it stays, and so does what belongs to it.
    if case.phase() < Phase::Tidy || !case.subject.services.contains(&Service::Exchange) {
        return Vec::new();
    }
    let domain = &case.subject.domain;
    // Required record sets are reported by their own expectations.
    let required: BTreeSet<Question> = judged
        .iter()
        .filter(|judged| judged.importance == Importance::Required)
        .map(|judged| judged.expectation.question())
        .collect();
    // If a wildcard answers for the domain itself, nothing is published below it either.
    if !wildcard::sets_of_domain(case).is_empty() {
        return Vec::new();
    }
    let autodiscover = domain.prepend(AUTODISCOVER_SERVICE).ok();
    let policy_name = domain.prepend("_dmarc").ok();
    let mut hazards: BTreeMap<Question, Hazard> = BTreeMap::new();
    for question in published_questions(case.view.facts, domain) {
        case.begin_rule();
        if required.contains(question) || autodiscover.as_ref() == Some(&question.name) {
            continue;
        }
        let Some(source) = case.source.or_else(|| platform_at(case, question)) else { continue };
        let is_left = |data: &RecordData| {
            is_of(source, &question.name, data, domain) || is_alias_of(case, source, &question.name, data)
        };
        let Some((name, set)) = own_records(case, question, is_left) else { continue };
        let (theirs, kept): (BTreeSet<_>, BTreeSet<_>) = set
            .data
            .into_iter()
            .partition(|data| is_of(source, &name, data, domain) || is_alias_of(case, source, &name, data));
        if theirs.is_empty() {
            continue;
        }
        let is_policy = policy_name.as_ref() == Some(&name);
        let is_shared = theirs.iter().any(|data| is_of_reseller(&name, data, domain));
        let rtype = question.rtype;
        let message = format!("{}: {}.", advice(&name, rtype, &theirs), points(rtype, &theirs, source));
        let mut found = Hazard::new(Code::SourceLeft, &name, Some(rtype), message);
        found.records = theirs.iter().map(|data| format!("{name} {rtype} {data}")).collect();
        // Without proof that it is the platform being left, nothing of it is deleted. Mail of a subdomain may stay
        // there; only the admin knows where else it should go.
        let may_go = match rtype {
            RecordType::Mx => case.subject.source.is_some(),
            _ => case.is_source_sure && !is_shared && !is_policy,
        };
        if may_go {
            // A wildcard answers for every name without records of its own.
            let confirm = rtype == RecordType::Mx || name.first_label() == Some(b"*");
            found.fix = vec![Edit { confirm, ..edit(&name, rtype, kept) }];
        } else if is_edited(judged, question) {
            // The plan already deletes it for another reason.
            continue;
        } else if is_policy {
            found.level = Severity::Warning;
            found.message += " No edit is proposed: publish a DMARC policy of your own in its place.";
        } else if is_shared {
            found.level = Severity::Warning;
            found.message += " Microsoft 365 that a reseller sold has the same record: keep it then.";
        } else {
            found.level = Severity::Warning;
            found.message +=
                &format!(" If {0} is the old platform, pass `--source {1}`.", source.short, source.id);
        }
        hazards.entry(Question::new(name, rtype)).or_insert(found);
    }
    while let Some(found) = through_alias(case, &required, &hazards) {
        case.begin_rule();
        hazards.extend(found);
    }
    let kept: Vec<(Question, Vec<Name>)> = hazards
        .iter()
        .map(|(question, found)| (question.clone(), users(case, judged, others, &hazards, found)))
        .collect();
    for (question, users) in kept.into_iter().filter(|(_, users)| !users.is_empty()) {
        if let Some(found) = hazards.get_mut(&question) {
            found.fix.clear();
            if case.subject.source.is_none() {
                found.level = Severity::Warning;
            }
            found.message += &format!(
                " No edit is proposed, because records of {} lead to it: change those first.",
                join_and(users.iter().map(backticked))
            );
        }
    }
    let senders = other_senders(case).into_iter();
    let is_known = |found: &Hazard| {
        hazards.values().any(|known| (&known.name, known.rtype) == (&found.name, found.rtype))
    };
    let senders = senders.filter(|found| !is_known(found));
    let senders: Vec<Hazard> = senders.collect();
    hazards.into_values().chain(senders).collect()
}

/// Reports SPF records at other names that authorize the platform: once its account is closed, their mail fails SPF.
fn other_senders(case: &Case<'_>) -> Vec<Hazard> {
    let Some(source) = case.source else { return Vec::new() };
    let domain = &case.subject.domain;
    let found = spf::including(case, |name| source.matches(Clue::Spf(name), domain)).into_iter();
    let hazards = found.map(|(name, included)| {
        let message = format!(
            "Change SPF of {0} before you close the account: it still includes {1} ({2}), and mail of {0} that leaves \
             another way fails SPF.",
            backticked(&name),
            backticked(&included),
            source.short
        );
        let mut hazard = Hazard::new(Code::SourceLeft, &name, Some(RecordType::Txt), message);
        hazard.level = Severity::Warning;
        hazard.records = vec![format!("{name} TXT include:{}", included.without_trailing_dot())];
        hazard
    });
    hazards.collect()
}

/// Returns the records that lead to the platform through an alias that is to be deleted, and that have not been reported
/// yet; `None` if there are none. They go with the alias: without it, they lead nowhere.
fn through_alias(
    case: &Case<'_>,
    required: &BTreeSet<Question>,
    hazards: &BTreeMap<Question, Hazard>,
) -> Option<Vec<(Question, Hazard)>> {
    let domain = &case.subject.domain;
    let is_deleted = |found: &&Hazard| found.rtype == Some(RecordType::Cname) && !found.fix.is_empty();
    let aliases: BTreeSet<Name> =
        hazards.values().filter(is_deleted).map(|found| found.name.clone()).collect();
    let leads = |data: &RecordData| data.target().is_some_and(|target| aliases.contains(target));
    let autodiscover = domain.prepend(AUTODISCOVER_SERVICE).ok();
    let mut new: BTreeMap<Question, Hazard> = BTreeMap::new();
    for question in published_questions(case.view.facts, domain) {
        let may_lead = matches!(question.rtype, RecordType::Mx | RecordType::Srv | RecordType::Cname);
        let is_reported = required.contains(question) || autodiscover.as_ref() == Some(&question.name);
        let is_probe = question.name.first_label() == Some(PROBE_LABEL.as_bytes());
        if aliases.is_empty() || !may_lead || is_reported || is_probe || question.name == *domain {
            continue;
        }
        let Some((name, set)) = own_records(case, question, leads) else { continue };
        let at = Question::new(name.clone(), question.rtype);
        if hazards.contains_key(&at) {
            continue;
        }
        let (theirs, kept): (BTreeSet<_>, BTreeSet<_>) = set.data.into_iter().partition(leads);
        let message = format!(
            "{}: {} is an alias that leads to {}.",
            advice(&name, question.rtype, &theirs),
            join_and(theirs.iter().filter_map(RecordData::target).map(backticked)),
            case.source_word()
        );
        let mut found = Hazard::new(Code::SourceLeft, &name, Some(question.rtype), message);
        found.records = theirs.iter().map(|data| format!("{name} {} {data}", question.rtype)).collect();
        // Mail of a subdomain may stay there; only the admin knows where else it should go.
        if question.rtype != RecordType::Mx || case.subject.source.is_some() {
            found.fix = vec![Edit { confirm: true, ..edit(&name, question.rtype, kept) }];
        } else if let Some(source) = case.source {
            found.level = Severity::Warning;
            found.message +=
                &format!(" If {0} is the old platform, pass `--source {1}`.", source.short, source.id);
        }
        new.entry(at).or_insert(found);
    }
    (!new.is_empty()).then(|| new.into_iter().collect())
}

/// Returns whether the fix of an unmet expectation edits the record set.
fn is_edited(judged: &[ExpectationResult], question: &Question) -> bool {
    let edits = judged.iter().filter(|judged| judged.status == Status::Unmet).flat_map(|judged| &judged.fix);
    edits.into_iter().any(|edit| edit.name == question.name && edit.rtype == question.rtype)
}

/// Returns the names with MX, SRV or CNAME records that stay and lead to an alias that is to be deleted.
fn users(
    case: &Case<'_>,
    judged: &[ExpectationResult],
    others: &[Hazard],
    hazards: &BTreeMap<Question, Hazard>,
    found: &Hazard,
) -> Vec<Name> {
    if found.rtype != Some(RecordType::Cname) || found.fix.is_empty() {
        return Vec::new();
    }
    let of_hazards = || hazards.values().chain(others).flat_map(|hazard| &hazard.fix);
    let of_plan = || judged.iter().flat_map(|judged| &judged.fix).chain(of_hazards());
    let references = References::to(case, &found.name);
    let mut users: Vec<Name> = Vec::new();
    let is_target =
        |set: &&Question| matches!(set.rtype, RecordType::Mx | RecordType::Srv | RecordType::Cname);
    for question in references.sets.iter().filter(is_target) {
        let Ok(answer) = case.view.without_asking().own_answer(question) else { continue };
        let planned = of_plan().find(|edit| edit.name == question.name && edit.rtype == question.rtype);
        let mut left = planned.map_or(&answer.set.data, |edit| &edit.after).iter();
        let stays = left.any(|data| references.include(data));
        if stays && answer.chain.is_empty() && !users.contains(&question.name) {
            users.push(question.name.clone());
        }
    }
    users
}

/// Returns a sentence part that says how the records still lead to the platform.
fn points(rtype: RecordType, theirs: &BTreeSet<RecordData>, source: &Provider) -> String {
    let short = source.short;
    match rtype {
        RecordType::Mx => format!("mail still goes to {short}"),
        RecordType::Txt => format!("it is a DKIM key of {short}"),
        _ => format!("it still points to {} ({short})", join_and(theirs.iter().map(shown))),
    }
}

/// Returns the advice for leftover records, which names what to delete.
fn advice(name: &Name, rtype: RecordType, theirs: &BTreeSet<RecordData>) -> String {
    let name = backticked(name);
    match rtype {
        RecordType::Mx => {
            let hosts = join_and(theirs.iter().filter_map(RecordData::target).map(backticked));
            format!("Delete the MX of {name} to {hosts}, unless you name another host for this mail")
        }
        RecordType::Txt => {
            format!("Delete the TXT record {name} once the last mail signed with it is delivered")
        }
        _ => format!("Delete the {rtype} record {name}, unless you point it to a replacement"),
    }
}

fn edit(name: &Name, rtype: RecordType, after: BTreeSet<RecordData>) -> Edit {
    Edit { name: name.clone(), rtype, after, ttl: None, confirm: false, cautions: Vec::new() }
}

fn shown(data: &RecordData) -> String {
    match data {
        RecordData::Srv { port, target, .. } => format!("{} port {port}", backticked(target)),
        other => other.target().map_or_else(|| format!("`{other}`"), backticked),
    }
}
