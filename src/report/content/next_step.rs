//! Writes the next step of an administrator, with the command for it.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::check::time::clock_when_over;
use crate::check::{Code, Status, Verdict};
use crate::expected::{Id, Phase};
use crate::facts::Role;
use crate::record::Name;

use super::required_changes;
use crate::report::cause::cause;
use crate::report::next_options::RepeatedOptions;
use crate::report::view::{DomainReport, ExpectationView, OutageView};

/// The resolver that is proposed if none answers.
const OTHER_RESOLVER: &str = "1.1.1.1";
/// The resolver that is proposed if that one does not answer either: a firewall that blocks port 53 lets HTTPS pass.
const RESOLVER_OVER_HTTPS: &str = "https://dns.google/dns-query";

/// Returns the next step as a sentence. The command in it is in backticks and repeats these options.
pub(in crate::report) fn next(options: &RepeatedOptions, domain: &DomainReport) -> String {
    let phase = domain.phase();
    let given = options.of(&domain.domain);
    let with = |command: &str, name: &str, phase: Phase, options: &str| {
        let phase = match phase {
            Phase::Switch => String::new(),
            phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
        };
        format!("`cutover {command} {name}{phase}{options}`")
    };
    let command = |command: &str, phase: Phase| with(command, &domain.domain, phase, &given);
    let same = |name: &str| command(name, phase);
    let what = match (domain.verdict, phase) {
        // Such a domain does not move.
        (Verdict::Ready, _) if is_parked(domain) => format!("run {} in CI to notice changes", same("check")),
        (Verdict::Ready, Phase::Prepare) if is_switched(domain) => format!(
            "mail already goes to Microsoft, so the switch is made; {} shows what is left of it",
            command("check", Phase::Switch)
        ),
        (Verdict::ChangesNeeded, Phase::Prepare)
            if is_switched(domain) && required_changes(domain).next().is_some() =>
        {
            format!("mail already goes to Microsoft, so edit now, then {}", command("watch", Phase::Switch))
        }
        (Verdict::Ready, Phase::Prepare) => {
            format!("when you switch, publish the records of {}", command("plan", Phase::Switch))
        }
        (Verdict::Ready, Phase::Switch) => format!(
            "when mail arrives in Microsoft 365, {} shows what is left of the move",
            command("check", Phase::Tidy)
        ),
        (Verdict::Ready, Phase::Tidy) => format!("run {} in CI to notice changes", same("check")),
        (Verdict::ChangesNeeded, _) if required_changes(domain).next().is_some() => {
            format!("edit, then {}", same("watch"))
        }
        (Verdict::ChangesNeeded, _) => match meant(domain) {
            Some(name) => format!("check the domain itself: {}", with("check", &name, phase, &options.all)),
            None => format!("fix what is marked ✘, then {}", same("check")),
        },
        (Verdict::Waiting, _) => match latest(domain) {
            Some(until) => {
                format!("wait until {}; {} ends when it is over", clock_when_over(until), same("watch"))
            }
            None => format!("wait; {} ends when it is over", same("watch")),
        },
        (Verdict::Undetermined, _) => match (cause(domain).map(|cause| cause.code), &domain.outage) {
            (Some(Code::DomainParked), _) => {
                let parked = format!("{given} --parked");
                format!("if the domain stays parked, {}", with("check", &domain.domain, phase, &parked))
            }
            (_, Some(outage)) if outage.role == Role::Resolver => {
                let elsewhere = options.elsewhere(&domain.domain, other_resolver(outage));
                format!("try another resolver: {}", with("check", &domain.domain, phase, &elsewhere))
            }
            (_, Some(_)) => format!("when the name servers answer, run {} again", same("check")),
            (_, None) => format!("check what is marked `?`, then run {} again", same("check")),
        },
    };
    let explain = worst(domain).map(|code| format!(". What a code means: `cutover explain {code}`."));
    what + explain.as_deref().unwrap_or(".")
}

/// Returns whether a null MX is expected, which is so only for a domain that was declared as parked.
fn is_parked(domain: &DomainReport) -> bool {
    let mut mx = domain.expectations.iter().filter(|one| one.id.as_str() == Id::Mx.word());
    mx.any(|one| one.expected.iter().any(|record| record.ends_with(" .")))
}

/// Returns whether mail already goes to Microsoft, and not to a filter in front of it.
fn is_switched(domain: &DomainReport) -> bool {
    let at_microsoft = |code: Option<Code>| {
        matches!(code, Some(Code::Met | Code::MxOtherDomain | Code::MxOlderHost | Code::MxDnssecMigration))
    };
    let mut mx = domain.expectations.iter().filter(|one| one.id.as_str() == Id::Mx.word());
    let is_parked = |one: &ExpectationView| one.observed.iter().any(|record| record.ends_with(" ."));
    domain.gateway.is_none()
        && mx.any(|one| one.status == Status::Met && at_microsoft(one.code.known()) && !is_parked(one))
}

/// Returns the next step after a list of domains that begins with this one; `None` if it is ready.
pub(in crate::report) fn next_of_several(options: &RepeatedOptions, domain: &DomainReport) -> Option<String> {
    let what = match (domain.verdict, &domain.outage) {
        (Verdict::Ready, _) => return None,
        (Verdict::ChangesNeeded, _) => "shows what to edit",
        (Verdict::Waiting, _) => "shows until when to wait",
        (Verdict::Undetermined, Some(outage)) if outage.role == Role::Resolver => {
            return Some(next(options, domain));
        }
        (Verdict::Undetermined, _) => "shows what is unknown",
    };
    let phase = match domain.phase() {
        Phase::Switch => String::new(),
        phase @ (Phase::Prepare | Phase::Tidy) => format!(" --phase {phase}"),
    };
    let (name, given) = (&domain.domain, options.of(&domain.domain));
    Some(format!("`cutover check {name}{phase}{given}` {what}."))
}

/// Returns the domain that was probably meant, if an alias was checked: the name without its first label, never above
/// the apex of the zone.
fn meant(domain: &DomainReport) -> Option<String> {
    cause(domain).filter(|cause| cause.code == Code::DomainIsAlias)?;
    let name: Name = domain.domain.parse().ok()?;
    let apex = domain.zone.as_ref().map(|zone| &zone.apex);
    let parent = name.parent().filter(|parent| apex.is_none_or(|apex| parent.is_within(apex)));
    parent.as_ref().or(apex).map(Name::without_trailing_dot)
}

/// Returns a resolver that is not among those that did not answer.
fn other_resolver(outage: &OutageView) -> &'static str {
    let is_tried = outage.servers.iter().any(|server| server.contains(OTHER_RESOLVER));
    if is_tried { RESOLVER_OVER_HTTPS } else { OTHER_RESOLVER }
}

/// Returns the time at which the last required record that is waited for is everywhere; `None` if one of them has no
/// time.
fn latest(domain: &DomainReport) -> Option<Timestamp> {
    let required = domain.expectations.iter().filter(|one| one.is_required());
    let waiting = required.filter(|one| one.status == Status::Waiting);
    let until: Option<Vec<Timestamp>> = waiting.map(|one| one.until).collect();
    until?.into_iter().max()
}

/// Returns the code to read about first; `None` for a domain that is ready.
fn worst(domain: &DomainReport) -> Option<&str> {
    if domain.verdict == Verdict::Ready {
        return None;
    }
    let open = domain.expectations.iter().filter(|one| !one.status.is_settled());
    let worst = open.max_by_key(|one| (one.importance, one.status == Status::Unmet, Reverse(one.id.clone())));
    let error = domain.hazards.iter().find(|hazard| hazard.is_error());
    error.map(|hazard| hazard.code.as_str()).or_else(|| worst.map(|one| one.code.as_str()))
}
