//! Reports whether senders can verify Microsoft's mail host by DANE (RFC 7672).
//!
//! Only hosts below `mx.microsoft` support DANE. Only the TLSA records are queried for it: the answers of a validating
//! resolver show whether the zone is signed.

use crate::expected::Purpose;
use crate::facts::{Existence, Role};
use crate::record::{Name, Question, RecordType};

use super::{Case, Code, ExpectationResult, Hazard, backticked, join_and};

/// The labels in front of the mail host in the owner name of its TLSA records.
const PORT: &str = "_25._tcp";

/// Reports the readiness for DANE, and TLSA records that no sender reads.
pub(super) fn dane(case: &Case<'_>, judged: &[ExpectationResult]) -> Vec<Hazard> {
    let Some(host) = published_host(case, judged) else { return Vec::new() };
    case.view.batch(|| {
        let own = own_names(&case.subject.domain, &host);
        for name in host.prepend(PORT).into_iter().chain(own) {
            case.view.read(&Question::new(name, RecordType::TLSA));
        }
    });
    let misplaced = misplaced(case, &host);
    readiness(case, &host).into_iter().chain(misplaced).collect()
}

/// Returns the first published MX host below `mx.microsoft` that exists.
fn published_host(case: &Case<'_>, judged: &[ExpectationResult]) -> Option<Name> {
    let mx = judged.iter().find(|judged| judged.expectation.mail_hosts().is_some())?;
    let set = case.view.set(&mx.expectation.name, RecordType::Mx).ok()?;
    let mut hosts = set.data.iter().filter_map(|data| data.target());
    let exists = |host: &&Name| {
        is_below_partition(case, host) && matches!(case.view.has_address(host), Ok(Some(true)))
    };
    hosts.find(exists).cloned()
}

fn is_below_partition(case: &Case<'_>, host: &Name) -> bool {
    case.subject.cloud.name(Purpose::MxPartitionSuffix).is_some_and(|suffix| host.is_within(suffix))
}

fn readiness(case: &Case<'_>, host: &Name) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let question = Question::new(host.prepend(PORT).ok()?, RecordType::TLSA);
    let answer = case.view.answer(&question).ok().filter(|answer| answer.existence != Existence::Outside)?;
    let is_signed = is_validated(case, &Question::new(domain.clone(), RecordType::Mx));
    // A resolver that validates Microsoft's answer but not the domain's shows that the domain is not signed.
    let is_unsigned = !is_signed && is_validated(case, &question);
    let (code, message) = match (answer.set.is_empty(), is_signed) {
        (false, true) => (
            Code::DaneReady,
            format!(
                "Nothing to do: senders can verify {} with DANE. Microsoft publishes a TLSA record, and {} \
                 is signed.",
                backticked(host),
                backticked(domain)
            ),
        ),
        (false, false) if is_unsigned => (
            Code::DaneNotReady,
            format!(
                "Microsoft publishes a TLSA record for {}, but {} is not signed: senders can verify the \
                 host with DANE once the DNS host signs the zone (DNSSEC).",
                backticked(host),
                backticked(domain)
            ),
        ),
        // No resolver validates, or nothing at all is prepared for DANE.
        (_, false) => return None,
        (true, true) => (
            Code::DaneNotReady,
            format!(
                "{} is signed (DNSSEC), but Microsoft publishes no TLSA record for {} yet: run \
                 `Enable-SmtpDaneInbound -DomainName {}` to turn on inbound DANE. No record is needed from \
                 you.",
                backticked(domain),
                backticked(host),
                domain.without_trailing_dot()
            ),
        ),
    };
    Some(Hazard::new(code, domain, Some(RecordType::Mx), message))
}

/// Returns whether a resolver has validated its answer (AD, RFC 4035 §3.2.3).
fn is_validated(case: &Case<'_>, question: &Question) -> bool {
    let mut replies = case.view.facts.replies(question);
    replies.any(|reply| reply.server.role == Role::Resolver && reply.outcome.is_answer() && reply.authentic)
}

/// Reports TLSA records in the domain's own zone, which no sender queries: those of a mail host are below its own name.
fn misplaced(case: &Case<'_>, host: &Name) -> Option<Hazard> {
    let domain = &case.subject.domain;
    let published: Vec<Name> = own_names(domain, host)
        .into_iter()
        .filter(|name| {
            let answer = case.view.own_answer(&Question::new(name.clone(), RecordType::TLSA));
            answer.is_ok_and(|answer| !answer.set.is_empty())
        })
        .collect();
    let first = published.first()?;
    let message = format!(
        "The TLSA record at {} has no effect on mail for {}: senders check `{PORT}.{}`, in Microsoft's \
         zone. Delete it, unless another service uses it.",
        join_and(published.iter().map(backticked)),
        backticked(domain),
        host.without_trailing_dot()
    );
    Some(Hazard::new(Code::TlsaMisplaced, first, Some(RecordType::TLSA), message))
}

/// Returns the names at which TLSA records for Microsoft's host are published by mistake: below the domain itself, and
/// below the host's name with the zone name appended.
fn own_names(domain: &Name, host: &Name) -> Vec<Name> {
    let dotless = host.doubled(domain);
    [Ok(domain.clone()), dotless].into_iter().flatten().filter_map(|name| name.prepend(PORT).ok()).collect()
}
