//! Checks if senders that enforce the domain's MTA-STS policy still deliver after the move.
//!
//! Neither MTA-STS (RFC 8461) nor TLS reports (RFC 8460) are required. If they are used they must be right: because of
//! a policy in force, senders do not deliver to a mail host that it does not name, not even Microsoft's. No edit is
//! proposed, since the policy is not a record, and its announcement must not change before it.

mod announcement;
mod body;

use crate::expected::{Expectation, Id, Phase, Requirement, Subject};
use crate::facts::{
    Existence, Facts, FactsView, LookupFailure, PlannedRecords, PolicyOutcome, PolicyReply, Role,
    TrustPolicy, policy_host,
};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::time::lasting;
use super::{
    Case, Code, ExpectationResult, Finding, Hazard, Severity, backticked, certainty, delivery, dname,
    join_and, wildcard,
};
pub(super) use announcement::announced;
use body::{Mode, Policy};

/// The message about a record that a CNAME leaves to a name outside the zone files.
const OUTSIDE: &str =
    "announced by a CNAME to a name that no zone file contains: add `--resolver` to look it up.";
/// The maximum number of lines of a policy, and of hosts, that a report shows.
const MOST_LINES: usize = 20;

/// Checks the announcement of a policy, and the policy itself if it was fetched.
pub(super) fn judge(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let Reading { set, found } = read(case, &expectation.name)?;
    let of = |code, message: String| Ok(Finding::new(code, message, &set));
    match found {
        Found::Nothing => of(Code::Met, "not used".into()),
        Found::Outside => of(Code::NotInZoneFiles, OUTSIDE.into()),
        Found::BadAnnouncement(fault) | Found::BadPolicy(fault) => {
            of(Code::MtaStsInvalid, format!("Correct the MTA-STS policy: {fault}."))
        }
        Found::Unread if case.view.facts.is_offline() => {
            let message =
                "announced, and its policy was not read: only zone files are. Add `--resolver` to fetch it.";
            of(Code::NotInZoneFiles, message.into())
        }
        Found::Unread => {
            of(Code::NotInReplay, "announced, and the recording does not contain the policy".into())
        }
        Found::NotFetched => {
            let message = "announced; the policy was not read, so this says nothing about it: check without `--no-https`";
            of(Code::Met, message.into())
        }
        Found::Failed(reply) => {
            let message = format!("announced, but the policy cannot be fetched: {}", reason(reply));
            // A fetch without an answer may be a failure on our side.
            let told = reply.outcome.is_answer();
            let unknown = certainty::code_of_policy(reply.outcome);
            of(if told { Code::MtaStsUnreachable } else { unknown }, message)
        }
        Found::Policy(Policy { mode: Mode::Off, .. }) => of(Code::Met, "turned off (`mode: none`)".into()),
        Found::Policy(policy) => {
            let hosts =
                join_and(policy.patterns.iter().take(MOST_LINES).map(|pattern| format!("`{pattern}`")));
            let remembered = lasting(policy.max_age);
            of(Code::Met, format!("mode `{}` for {hosts}, cached for {remembered}", policy.mode.word()))
        }
    }
}

/// Checks the request for TLS reports (RFC 8460 §3).
pub(super) fn judge_reports(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, LookupFailure> {
    let Some(set) = texts_at(case, &expectation.name)? else {
        return Ok(Finding::new(Code::NotInZoneFiles, OUTSIDE, &RecordSet::default()));
    };
    Ok(match announcement::reported(&set) {
        Ok(None) => Finding::new(Code::Met, "not used", &RecordSet::default()),
        Ok(Some(receivers)) => Finding::new(Code::Met, format!("reports go to {receivers}"), &set),
        Err(fault) => {
            Finding::new(Code::TlsRptInvalid, format!("Correct the TLS-RPT record: {fault}."), &set)
        }
    })
}

/// Reports problems of the policy, and the mail hosts that it does not cover.
pub(super) fn hazards(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    let domain = &case.subject.domain;
    let announced = judged.iter().find(|judged| judged.expectation.id == Id::MtaSts);
    let (Some(announced), Ok(host)) = (announced, policy_host(domain)) else { return Vec::new() };
    let name = &announced.expectation.name;
    let Ok(Reading { found, .. }) = read(case, name) else { return Vec::new() };
    let hazard = |code: Code, name: &Name, rtype, message| vec![Hazard::new(code, name, rtype, message)];
    let until_then = "Until it is fixed, new senders see no policy, and those that cached an earlier one \
        still apply it.";
    match found {
        Found::Nothing | Found::NotFetched => Vec::new(),
        // A DNAME answers at every name, so it announces nothing.
        Found::Outside if dname::dname_owner(case, name).is_some() => Vec::new(),
        Found::Outside | Found::Unread => {
            let message = unread(case, judged, &found, &host);
            hazard(Code::MtaStsUnreachable, &host, None, message)
        }
        Found::BadAnnouncement(fault) => {
            let message = format!("Correct the MTA-STS record: {fault}. {until_then}");
            hazard(Code::MtaStsInvalid, name, Some(RecordType::Txt), message)
        }
        Found::BadPolicy(fault) => {
            let message = format!("Correct the MTA-STS policy at {}: {fault}. {until_then}", url(&host));
            hazard(Code::MtaStsInvalid, &host, None, message)
        }
        Found::Failed(reply) => {
            let message = format!(
                "Repair the MTA-STS policy at {}: it is announced but cannot be fetched ({}). It is \
                 unknown if it allows the new MX host, and senders that cached it still apply it.",
                url(&host),
                reason(reply)
            );
            hazard(Code::MtaStsUnreachable, &host, None, message)
        }
        Found::Policy(policy) => refuses_mx(case, judged, &policy, name, &host).into_iter().collect(),
    }
}

/// Returns the warning about a policy that was not read: it may refuse the MX host that is checked.
fn unread(case: &Case<'_>, judged: &[ExpectationResult], found: &Found<'_>, host: &Name) -> String {
    let why = match found {
        Found::Outside => "a CNAME leads to a name that no zone file contains",
        _ if case.view.facts.is_offline() => "only zone files were read",
        _ => "the recording does not contain it",
    };
    let Hosts { staying, leaving, coming } = mail_hosts(case, judged);
    let hosts: Vec<String> = coming.iter().chain(&staying).take(MOST_LINES).map(backticked).collect();
    let hosts =
        if hosts.is_empty() { leaving.iter().take(MOST_LINES).map(backticked).collect() } else { hosts };
    let hosts = if hosts.is_empty() { "the MX host".into() } else { join_and(hosts) };
    let source = if matches!(found, Found::Outside) || case.view.facts.is_offline() {
        "Add `--resolver` to fetch it"
    } else {
        "Check without `--replay` to fetch it"
    };
    format!(
        "Check the MTA-STS policy at {} before you rely on this result: one is announced and was not read ({why}). In \
         mode `enforce`, senders must not deliver to {hosts} unless the policy lists it. {source}.",
        url(host)
    )
}

/// Reports mail hosts that the policy does not cover: the published ones, and the expected one.
fn refuses_mx(
    case: &Case<'_>,
    judged: &[ExpectationResult],
    policy: &Policy,
    announcement: &Name,
    host: &Name,
) -> Option<Hazard> {
    let mut hosts = mail_hosts(case, judged);
    for hosts in [&mut hosts.staying, &mut hosts.leaving, &mut hosts.coming] {
        hosts.retain(|host| !policy.covers(host));
    }
    let Hosts { staying, leaving, coming } = hosts;
    let now = !(staying.is_empty() && leaving.is_empty());
    let missing: Vec<&Name> = coming.iter().chain(&staying).chain(&leaving).take(MOST_LINES).collect();
    if missing.is_empty() {
        return None;
    }
    let level = match policy.mode {
        Mode::Off => return None,
        Mode::Testing => Severity::Warning,
        // Before the switch there is still time to extend the policy.
        Mode::Enforce if !now && case.phase() == Phase::Prepare => Severity::Warning,
        Mode::Enforce => Severity::Error,
    };
    let effect = match (policy.mode, now) {
        (Mode::Enforce, true) => "Senders must not deliver to",
        (Mode::Enforce, false) => "Once the MX names it, senders must not deliver to",
        (_, true) => "Senders report every delivery to",
        (_, false) => "Once the MX names it, senders report every delivery to",
    };
    let near_miss =
        policy.patterns.iter().find(|pattern| missing.iter().any(|host| pattern.nearly_covers(host)));
    let near_miss = near_miss
        .map(|pattern| format!(" (the `*` of `{pattern}` is exactly one label)"))
        .unwrap_or_default();
    let lines = join_and(missing.iter().map(|host| format!("`mx: {}`", host.without_trailing_dot())));
    let extend =
        format!("Add {lines} to {}, then publish a new `id` at {}", url(host), backticked(announcement));
    let remembered = lasting(policy.max_age);
    let advice = if !coming.is_empty() {
        format!(
            "{extend}, wait{} up to {remembered} for senders that cached the policy (or use `mode: \
             testing` first), and change the MX last",
            ttl(case, announcement)
        )
    } else if staying.is_empty() && case.phase() >= Phase::Switch {
        let hosts = join_and(leaving.iter().take(MOST_LINES).map(backticked));
        format!("Remove {hosts} from the MX records. To keep it: {extend}")
    } else {
        format!("{extend}. Senders that cached the policy check for a new one, or drop it after {remembered}")
    };
    let message = format!(
        "{advice}. {effect} {}, because the MTA-STS policy (mode `{}`) does not list it{near_miss}.",
        join_and(missing.iter().map(|host| backticked(host))),
        policy.mode.word(),
    );
    let mut records = vec![format!("mode: {}", policy.mode.word()), format!("max_age: {}", policy.max_age)];
    records.extend(policy.patterns.iter().take(MOST_LINES).map(|pattern| format!("mx: {pattern}")));
    let refused = Hazard::new(Code::MtaStsRefusesMx, &case.subject.domain, Some(RecordType::Mx), message);
    Some(Hazard { level, records, ..refused })
}

/// Returns the TTL of the announcement as a part of a sentence; empty unless a name server of the zone reported it.
fn ttl(case: &Case<'_>, announcement: &Name) -> String {
    let question = Question::new(announcement.clone(), RecordType::Txt);
    let reply = case.view.reply(&question).filter(|reply| reply.server.role != Role::Resolver);
    let ttl = reply.and_then(|reply| reply.records.iter().map(|record| record.ttl).min());
    ttl.map(|ttl| format!(" {}, the TTL of that TXT record, and", lasting(ttl))).unwrap_or_default()
}

/// The hosts that a policy has to cover.
#[derive(Default)]
struct Hosts {
    /// The expected hosts that are published.
    staying: Vec<Name>,
    /// The other published hosts that can receive mail.
    leaving: Vec<Name>,
    /// The hosts to be published, if none of the expected ones is yet.
    coming: Vec<Name>,
}

fn mail_hosts(case: &Case<'_>, judged: &[ExpectationResult]) -> Hosts {
    use delivery::Host::{Malformed, Null, Verification};
    let domain = &case.subject.domain;
    let set = case.view.set(domain, RecordType::Mx).unwrap_or_default();
    let mut hosts = Hosts::default();
    for judged in judged {
        let Requirement::DeliversTo(mail) = &judged.expectation.requirement else { continue };
        let mut right = false;
        for host in set.data.iter().filter_map(RecordData::target) {
            match delivery::classify(host, mail, domain, case.source) {
                kind if kind.is_right() => {
                    right = true;
                    hosts.staying.push(host.clone());
                }
                Null | Verification | Malformed(..) => {}
                _ => hosts.leaving.push(host.clone()),
            }
        }
        if !right {
            hosts.coming.extend(judged.expectation.data.iter().filter_map(RecordData::target).cloned());
        }
    }
    hosts
}

/// Returns whether a policy is announced that was not read, so that it may refuse the new MX host.
pub(crate) fn is_policy_unread(
    subject: &Subject,
    facts: &Facts,
    trust: TrustPolicy,
    announcement: &Name,
) -> bool {
    let untouched = PlannedRecords::new();
    let view = FactsView::published(facts, trust, &untouched);
    let case =
        Case { subject, source: None, is_source_sure: false, mail_host: None, host_failure: None, view };
    let found = read(&case, announcement).map(|reading| reading.found);
    matches!(found, Ok(Found::Unread | Found::Outside | Found::Failed(_) | Found::BadPolicy(_)))
}

/// The announcement of a domain's policy, and the policy.
struct Reading<'a> {
    /// The TXT records that announce it.
    set: RecordSet,
    found: Found<'a>,
}

enum Found<'a> {
    /// No policy is announced.
    Nothing,
    /// An alias leads to a name outside the zone files.
    Outside,
    /// A record that was meant to announce a policy is not valid.
    BadAnnouncement(String),
    /// Announced, and nothing is known about the policy.
    Unread,
    /// Announced, and not fetched because of `--no-https`.
    NotFetched,
    /// Announced, and fetching failed.
    Failed(&'a PolicyReply),
    /// Fetched, and not valid.
    BadPolicy(String),
    /// Fetched.
    Policy(Policy),
}

fn read<'a>(case: &Case<'a>, name: &Name) -> Result<Reading<'a>, LookupFailure> {
    let Some(set) = texts_at(case, name)? else {
        return Ok(Reading { set: RecordSet::default(), found: Found::Outside });
    };
    let found = match announced(&set) {
        Ok(false) => return Ok(Reading { set: RecordSet::default(), found: Found::Nothing }),
        Err(fault) => Found::BadAnnouncement(fault.to_string()),
        Ok(true) => match fetched(case) {
            None => Found::Unread,
            Some(reply) => match reply.outcome {
                PolicyOutcome::Fetched => match Policy::parse(&reply.body) {
                    Ok(policy) => Found::Policy(policy),
                    Err(fault) => Found::BadPolicy(fault.to_string()),
                },
                PolicyOutcome::NotFetched => Found::NotFetched,
                _ => Found::Failed(reply),
            },
        },
    };
    Ok(Reading { set, found })
}

/// Returns the announced policy, as its host returned it.
fn fetched<'a>(case: &Case<'a>) -> Option<&'a PolicyReply> {
    let domain = &case.subject.domain;
    case.view.batch(|| {
        // Fetching it requires the host's addresses.
        if let Ok(host) = policy_host(domain) {
            case.view.read_ahead(Question::addresses(&host));
        }
        case.view.policy(domain)
    })
}

/// Returns the TXT records of a name, following CNAMEs; `None` if these lead outside the zone files. The CNAME of a
/// wildcard announces nothing.
fn texts_at(case: &Case<'_>, name: &Name) -> Result<Option<RecordSet>, LookupFailure> {
    let answer = case.view.answer(&Question::new(name.clone(), RecordType::Txt))?;
    let Some(first) = answer.chain.first().filter(|_| answer.existence == Existence::Outside) else {
        return Ok(Some(answer.set));
    };
    let alias = RecordSet { data: [RecordData::Cname(first.clone())].into(), ttl: 0 };
    Ok(wildcard::is_wildcard_alias(case, name, &alias)?.then(RecordSet::default))
}

/// Returns the reason why the policy is not available, for a sentence.
fn reason(reply: &PolicyReply) -> String {
    if !reply.reason.is_empty() {
        return reply.reason.clone();
    }
    let words = match reply.outcome {
        PolicyOutcome::Fetched | PolicyOutcome::NotFetched => "it was not fetched",
        PolicyOutcome::NoAddress => "its host has no address",
        PolicyOutcome::LookupFailed => "the addresses of its host could not be looked up",
        PolicyOutcome::Unreachable => "its host is unreachable from here",
        PolicyOutcome::Timeout | PolicyOutcome::OutOfTime => "its host did not answer in time",
        PolicyOutcome::BadCertificate => "its certificate is invalid",
        PolicyOutcome::HttpStatus => "the HTTP status is not 200",
        PolicyOutcome::Redirect => "it redirects, which senders do not follow",
        PolicyOutcome::WrongMediaType => "it is not `text/plain`",
        PolicyOutcome::TooLarge => "it is larger than 64 KiB",
        PolicyOutcome::Malformed => "the response is not HTTP",
    };
    words.into()
}

fn url(host: &Name) -> String {
    format!("https://{}/.well-known/mta-sts.txt", host.without_trailing_dot())
}
