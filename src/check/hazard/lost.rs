//! Finds mail that is lost already before the switch.

use crate::expected::{Id, Phase};
use crate::facts::FactsView;
use crate::record::{Name, Question, RecordData, RecordType};

use super::{Case, Code, ExpectationResult, Hazard, Severity, backticked, delivery, join_and};

/// Reports, before the switch, MX records to which no mail can be delivered. The expectation of the MX counts only from
/// the switch on, but mail is lost today.
pub(super) fn mail_lost(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    if case.phase() >= Phase::Switch {
        return Vec::new();
    }
    let Some(mx) = judged.iter().find(|judged| judged.expectation.id == Id::Mx) else { return Vec::new() };
    let lost = all_lost(case, mx).map(|(code, why)| {
        let now =
            format!("Correct the MX records of {} now, before the switch", backticked(&case.subject.domain));
        let what = if code == Code::MxNull { "senders get their mail back" } else { "mail is lost" };
        hazard(case, mx, code, format!("{now}: {why}, so {what} today."))
    });
    match lost {
        Some(lost) => vec![lost],
        None => some_lost(case, mx).into_iter().chain(at_alias(case, mx)).collect(),
    }
}

/// Returns the code and the reason if no mail of the domain can be delivered.
fn all_lost(case: &Case<'_>, mx: &ExpectationResult) -> Option<(Code, String)> {
    let published: Vec<&Name> = mx.observed.data.iter().filter_map(RecordData::target).collect();
    let named = || join_and(published.iter().map(|host| backticked(host)));
    let why = match mx.code {
        Code::MxNull => "the null MX (`0 .`) declares that the domain accepts no mail".to_owned(),
        Code::MxRetiredHost => format!("{} belongs to a discontinued service", named()),
        Code::MxMalformedTarget => format!("mail cannot reach {}", named()),
        Code::MxTargetMissing => does_not_exist(case, &published),
        // A domain that never had mail has neither an MX record nor an old platform.
        Code::MxMissing if case.source.is_some() => "no MX record is published".to_owned(),
        Code::MxVerificationLeft if case.source.is_some() => {
            format!("no mail can be delivered to {}", named())
        }
        _ => return None,
    };
    Some((mx.code, why))
}

/// Reports MX hosts to which no mail can be delivered, next to others that receive it.
fn some_lost(case: &Case<'_>, mx: &ExpectationResult) -> Option<Hazard> {
    use delivery::Host::{Malformed, Null, Retired, Verification};
    let case = &case.without_asking();
    let hosts = mx.expectation.mail_hosts()?;
    let mut broken: Vec<(Code, &Name, String)> = Vec::new();
    let mut works = false;
    for host in mx.observed.data.iter().filter_map(RecordData::target) {
        match delivery::classify(host, hosts, &case.subject.domain, case.source) {
            Null | Verification => {}
            Malformed(why, _) => {
                broken.push((
                    Code::MxMalformedTarget,
                    host,
                    format!("mail cannot reach {} ({why})", backticked(host)),
                ));
            }
            Retired(_) => {
                let why = format!("{} belongs to a discontinued service", backticked(host));
                broken.push((Code::MxRetiredHost, host, why));
            }
            _ if delivery::is_absent(case, host) => {
                broken.push((Code::MxTargetMissing, host, does_not_exist(case, &[host])));
            }
            _ => works = true,
        }
    }
    let code = broken.first().map(|(code, ..)| *code).filter(|_| works)?;
    let mut named: Vec<&Name> = Vec::new();
    broken.retain(|(_, host, _)| {
        !named.contains(host) && {
            named.push(host);
            true
        }
    });
    let why = join_and(broken.into_iter().map(|(.., why)| why));
    let message = format!(
        "Correct or delete MX records of {} before the switch: {why}. Senders fall back on the other hosts, so mail may \
         be delayed, and it is lost when these are down.",
        backticked(&case.subject.domain)
    );
    Some(hazard(case, mx, code, message))
}

/// Reports an MX host that is an alias. Most senders deliver to it all the same.
fn at_alias(case: &Case<'_>, mx: &ExpectationResult) -> Option<Hazard> {
    if mx.code != Code::MxStillAtSource {
        return None;
    }
    let hosts = mx.expectation.mail_hosts()?;
    let is_own = |host: &Name| {
        let kind = delivery::classify(host, hosts, &case.subject.domain, case.source);
        matches!(kind, delivery::Host::Foreign | delivery::Host::Filter)
    };
    let mut published = mx.observed.data.iter().filter_map(RecordData::target);
    let alias = published.find(|host| is_own(host) && is_alias(&case.view, host))?;
    let message = format!(
        "Name the real host in the MX records of {}: {} is a CNAME, which most senders accept and RFC 5321 §5.1 forbids. \
         The switch replaces it; until then, mail from a strict sender may be refused.",
        backticked(&case.subject.domain),
        backticked(alias)
    );
    Some(hazard(case, mx, Code::MxTargetIsAlias, message))
}

fn hazard(case: &Case<'_>, mx: &ExpectationResult, code: Code, message: String) -> Hazard {
    let domain = &case.subject.domain;
    let mut found = Hazard::new(code, domain, Some(RecordType::Mx), message);
    found.level = Severity::Warning;
    found.records = mx.observed.data.iter().map(|data| format!("{domain} MX {data}")).collect();
    found
}

fn is_alias(view: &FactsView<'_>, host: &Name) -> bool {
    let answer = view.answer(&Question::new(host.clone(), RecordType::A));
    answer.is_ok_and(|answer| !answer.chain.is_empty())
}

fn does_not_exist(case: &Case<'_>, hosts: &[&Name]) -> String {
    let verb = if hosts.len() == 1 { "does" } else { "do" };
    let named = join_and(hosts.iter().map(|host| backticked(host)));
    format!("{named} {verb} not exist{}", delivery::typing_errors(case, hosts))
}
