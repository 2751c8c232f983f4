//! Finds mail that is lost already before the switch.

use crate::expected::{Id, Phase};
use crate::facts::FactsView;
use crate::record::{Name, Question, RecordData, RecordType};

use super::{Case, Code, ExpectationResult, Hazard, Severity, backticked, delivery, join_and};

/// Reports, before the switch, MX records to which no mail can be delivered. The expectation of the MX counts only from
/// the switch on, but mail is lost today.
pub(super) fn mail_lost(case: &Case<'_>, judged: &[ExpectationResult]) -> Option<Hazard> {
    if case.phase() >= Phase::Switch {
        return None;
    }
    let mx = judged.iter().find(|judged| judged.expectation.id == Id::Mx)?;
    let hosts = mx.expectation.mail_hosts()?;
    let published: Vec<&Name> = mx.observed.data.iter().filter_map(RecordData::target).collect();
    let named = || join_and(published.iter().map(|host| backticked(host)));
    let (code, why) = match mx.code {
        Code::MxNull => (mx.code, "the null MX (`0 .`) declares that the domain accepts no mail".to_owned()),
        Code::MxRetiredHost => (mx.code, format!("{} belongs to a discontinued service", named())),
        Code::MxMalformedTarget => (mx.code, format!("mail cannot reach {}", named())),
        Code::MxTargetMissing => (mx.code, does_not_exist(&published)),
        // A domain that never had mail has neither an MX record nor an old platform.
        Code::MxMissing if case.source.is_some() => (mx.code, "no MX record is published".to_owned()),
        Code::MxVerificationLeft if case.source.is_some() => {
            (mx.code, format!("no mail can be delivered to {}", named()))
        }
        // Most senders deliver to an alias all the same.
        Code::MxStillAtSource => {
            let is_own = |host: &Name| {
                let kind = delivery::classify(host, hosts, &case.subject.domain, case.source);
                matches!(kind, delivery::Host::Foreign | delivery::Host::Filter)
            };
            let alias = published.iter().find(|host| is_own(host) && is_alias(&case.view, host))?;
            let alias = backticked(alias);
            let why = format!("{alias} is a CNAME, and an MX record must name the real host (RFC 5321 §5.1)");
            (Code::MxTargetIsAlias, why)
        }
        _ => return None,
    };
    let effect = match code {
        Code::MxTargetIsAlias => "so some senders do not deliver today",
        _ => "so mail is lost today",
    };
    let domain = &case.subject.domain;
    let message =
        format!("Correct the MX records of {} now, before the switch: {why}, {effect}.", backticked(domain));
    let mut found = Hazard::new(code, domain, Some(RecordType::Mx), message);
    found.level = Severity::Warning;
    found.records = mx.observed.data.iter().map(|data| format!("{domain} MX {data}")).collect();
    Some(found)
}

fn is_alias(view: &FactsView<'_>, host: &Name) -> bool {
    let answer = view.answer(&Question::new(host.clone(), RecordType::A));
    answer.is_ok_and(|answer| !answer.chain.is_empty())
}

fn does_not_exist(hosts: &[&Name]) -> String {
    let verb = if hosts.len() == 1 { "does" } else { "do" };
    format!("{} {verb} not exist", join_and(hosts.iter().map(|host| backticked(host))))
}
