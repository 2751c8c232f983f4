//! Compares the findings of several servers about one expectation.
//!
//! The zone's own name servers decide what is published, and the newest version of the zone counts. A resolver that
//! still has another answer only needs time.

mod agreement;
mod cache;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::check::time::{after, clock_when_over, lasting, left};
use crate::check::{
    Case, Code, Effect, ExpectationResult, Finding, Judgement, Status, certainty, importance, is_accepted,
    join_and, judge, noted,
};
use crate::expected::{Expectation, Id, Importance};
use crate::facts::{
    FactsView, LookupFailure, Perspective, PlanReads, Reads, Reply, Role, Server, TrustPolicy, VersionOrder,
    soa_of,
};
use crate::record::{Name, Question, RecordSet, RecordType};

/// The common finding of several servers about an expectation, and the time when it will be met, if it only needs time.
struct ServerFinding {
    finding: Finding,
    until: Option<Timestamp>,
}

impl From<Finding> for ServerFinding {
    fn from(finding: Finding) -> Self {
        Self { finding, until: None }
    }
}

/// The longest refresh interval of a secondary that is assumed, in seconds, whatever the zone states: four weeks, the
/// default `max-refresh-time` of BIND.
const LONGEST_REFRESH: u32 = 28 * 24 * 60 * 60;

/// The servers that answered, and the questions on which they differ.
pub(super) struct ServerConsensus<'a> {
    case: &'a Case<'a>,
    authorities: Vec<&'a Server>,
    resolvers: Vec<&'a Server>,
    /// The questions that each server answers differently from the published state; computed on first use.
    dissents: OnceCell<BTreeMap<&'a Server, Vec<&'a Question>>>,
    accepted: bool,
    /// The reads of the plan for the expectation being checked.
    plan_reads: PlanReads,
    /// The failed reply that prevented finding the zone's name servers; only with `TrustPolicy::Both`.
    unfound: Option<&'a Reply>,
}

impl<'a> ServerConsensus<'a> {
    /// Collects the servers that replied about the domain.
    pub(super) fn new(case: &'a Case<'a>) -> Self {
        let facts = case.view.facts;
        let own = facts.unordered().filter(|reply| reply.question.name.is_within(&case.subject.domain));
        let servers: BTreeSet<&Server> = own.map(|reply| &*reply.server).collect();
        let of = |wanted: fn(Role) -> bool| {
            servers.iter().copied().filter(move |server| wanted(server.role)).collect()
        };
        let accepted = is_accepted(case).unwrap_or(false);
        let mut consensus = Self {
            case,
            authorities: of(Role::is_authority),
            resolvers: of(|role| role == Role::Resolver),
            dissents: OnceCell::new(),
            accepted,
            plan_reads: PlanReads::default(),
            unfound: None,
        };
        match case.view.trust {
            TrustPolicy::Both => consensus.unfound = facts.unfound_authorities(&case.subject.domain),
            TrustPolicy::Authoritative => consensus.resolvers.clear(),
            TrustPolicy::Resolver => consensus.authorities.retain(|server| server.role == Role::ZoneFile),
        }
        consensus
    }

    /// Returns the result of one expectation across all servers.
    pub(super) fn judged(&self, expectation: Expectation) -> ExpectationResult {
        let importance = self.importance(&expectation);
        let consensus = self.consensus(&expectation).unwrap_or_else(|failure| unknown(&failure).into());
        let ServerFinding { finding, until } = consensus;
        let status = match finding.code.effect() {
            Effect::Expectation(status) => status,
            Effect::Hazard(_) => Status::Unmet,
        };
        let Finding { code, message, observed, fix } = finding;
        let message = match &expectation.given_by {
            Some(file) if status == Status::Unmet => noted(&message, &format!("required by {file}")),
            Some(_) | None => message,
        };
        ExpectationResult {
            expectation,
            importance,
            status,
            code,
            message,
            observed,
            until,
            fix,
            waiver: None,
            plan_reads: Some(self.plan_reads.take()),
        }
    }

    fn importance(&self, expectation: &Expectation) -> Importance {
        if expectation.id == Id::Verification && self.accepted {
            return Importance::Optional;
        }
        importance(self.case.subject, expectation)
    }

    fn consensus(&self, expectation: &Expectation) -> Result<ServerFinding, LookupFailure> {
        let question = expectation.question();
        let answered = |servers: &[&'a Server]| -> Vec<&'a Server> {
            let reply = |server: &Server| self.reply(server, &question);
            let answered = |server: &&&Server| reply(server).is_some_and(|reply| reply.outcome.is_answer());
            servers.iter().filter(answered).copied().collect()
        };
        let authorities = answered(&self.authorities);
        let resolvers = answered(&self.resolvers);
        if authorities.is_empty() {
            self.resolvers_decide(&question)?;
        }
        let published = match authorities.is_empty() {
            true if resolvers.len() > 1 => return self.among_resolvers(expectation, &resolvers),
            true => return self.finding_from(expectation, None).finding.map(ServerFinding::from),
            false => self.finding_from(expectation, None),
        };
        let Judgement { finding, reads } = published;
        let published = self.among_authorities(expectation, finding?, &reads, &authorities)?;
        if published.finding.code == Code::SecondaryBehind {
            // Caches that still have the old answer extend the time to wait.
            let lagging =
                self.lagging(expectation, &published.finding, &self.dissenting_here(&resolvers, &reads));
            let caches = lagging.and_then(|lagging| lagging.until);
            let until = published.until.map(|until| caches.map_or(until, |caches| until.max(caches)));
            return Ok(ServerFinding { until, ..published });
        }
        if !published.finding.code.is_met() {
            return Ok(published);
        }
        if let Some(failure) = self.every_resolver_fails(&question) {
            let view = FactsView { perspective: Perspective::Server(&failure.server), ..self.case.view };
            view.answer(&question)?;
        }
        let dissenting = self.dissenting_here(&resolvers, &reads);
        Ok(self.lagging(expectation, &published.finding, &dissenting).unwrap_or(published))
    }

    /// Returns an error if the name servers may have an answer that was not obtained, in which case the resolvers do
    /// not decide.
    fn resolvers_decide(&self, question: &Question) -> Result<(), LookupFailure> {
        let FactsView { facts, trust, .. } = self.case.view;
        let decisive = facts.published(question, trust);
        match decisive.filter(|reply| reply.server.role == Role::Authoritative && !reply.outcome.is_answer())
        {
            Some(failure) => Err(LookupFailure::of(failure)),
            None => self.unfound.map_or(Ok(()), |failure| Err(LookupFailure::of(failure))),
        }
    }

    /// Returns the finding from the answers of one server, or from the published state, and its reads.
    fn finding_from(&self, expectation: &Expectation, server: Option<&Server>) -> Judgement {
        self.case.begin_rule();
        let perspective = server.map_or(Perspective::Published, Perspective::Server);
        let view = FactsView { perspective, plan_reads: Some(&self.plan_reads), ..self.case.view };
        judge(&Case { view, ..*self.case }, expectation)
    }

    fn reply(&self, server: &Server, question: &Question) -> Option<&'a Reply> {
        self.case.view.facts.reply_by(server, question)
    }

    /// Returns the common finding of the name servers: the newest serial counts, and older ones have to catch up.
    fn among_authorities(
        &self,
        expectation: &Expectation,
        published: Finding,
        reads: &Reads,
        servers: &[&Server],
    ) -> Result<ServerFinding, LookupFailure> {
        if servers.len() < 2 {
            return Ok(published.into());
        }
        let name = &expectation.name;
        let facts = self.case.view.facts;
        let first = facts.published(&expectation.question(), self.case.view.trust);
        let is_met = |finding: &Finding| finding.code.is_met();
        let mut behind = Vec::new();
        for server in servers {
            if self.agrees_here(server, reads) {
                continue;
            }
            let Ok(finding) = self.finding_from(expectation, Some(server)).finding else { continue };
            if is_met(&finding) == is_met(&published) {
                continue;
            }
            match first.map(|first| facts.compare_versions(server, &first.server, name)) {
                Some(VersionOrder::Older) => behind.push(*server),
                Some(VersionOrder::Unknown) => return Err(self.unknown_version(server, first, name)),
                // Neither of two such versions replaces the other by itself (RFC 1982 §3.2).
                Some(VersionOrder::Same | VersionOrder::Newer | VersionOrder::Incomparable) | None => {
                    return Ok(self.disagreement(expectation, &published, server).into());
                }
            }
        }
        if behind.is_empty() || !is_met(&published) {
            return Ok(published.into());
        }
        Ok(self.behind(&published, expectation, &behind))
    }

    /// Returns the failed SOA lookup that leaves unknown which of two servers has the newer version of the zone.
    fn unknown_version(&self, server: &Server, first: Option<&Reply>, name: &Name) -> LookupFailure {
        let facts = self.case.view.facts;
        let servers = [Some(server), first.map(|first| &*first.server)];
        let failed = |server| facts.soa_replies(server, name).find(|reply| !reply.outcome.is_answer());
        let failure = servers.into_iter().flatten().find_map(failed);
        let apex = facts.zone_apex(name).unwrap_or_else(|| name.clone());
        failure.map_or_else(
            || LookupFailure::not_asked(&Question::new(apex, RecordType::Soa)),
            LookupFailure::of,
        )
    }

    fn disagreement(&self, expectation: &Expectation, published: &Finding, server: &Server) -> Finding {
        let message = format!(
            "Ask the DNS host to synchronize its name servers: they return different {} records for `{}`, \
             and none has a newer version of the zone; {} is one of them.",
            expectation.rtype,
            expectation.name.without_trailing_dot(),
            self.label(server)
        );
        Finding::new(Code::ServersDisagree, message, &published.observed)
    }

    fn behind(&self, published: &Finding, expectation: &Expectation, behind: &[&Server]) -> ServerFinding {
        let now = self.case.view.facts.checked_at;
        // Each secondary asks for a new version after the refresh time of its own version.
        let refreshes = behind.iter().filter_map(|server| self.refresh(server, &expectation.name));
        let last = refreshes.max_by_key(|(time, _)| *time);
        let servers = join_and(behind.iter().map(|server| self.label(server)));
        let wait = last
            .map(|(time, retry)| {
                let (clock, left) = (clock_when_over(time), left(now, time));
                format!(
                    "; it checks for a newer one by {clock} ({left}), and after a failure every {}",
                    lasting(retry)
                )
            })
            .unwrap_or_default();
        let message = format!("published; {servers} still has an older version of the zone{wait}");
        let until = last.map(|(time, _)| time);
        ServerFinding { finding: Finding::new(Code::SecondaryBehind, message, &published.observed), until }
    }

    /// Returns the time when a server should ask for a newer version of the zone, and its retry interval in seconds.
    fn refresh(&self, server: &Server, name: &Name) -> Option<(Timestamp, u32)> {
        name.ancestors().find_map(|apex| {
            let reply = self.reply(server, &Question::new(apex, RecordType::Soa))?;
            let soa = reply.wanted().find_map(soa_of)?;
            Some((after(reply.at, soa.refresh.min(LONGEST_REFRESH))?, soa.retry.min(LONGEST_REFRESH)))
        })
    }

    /// Returns the common finding of resolvers, without a name server: if one of them has the right answer, the others
    /// only need time.
    fn among_resolvers(
        &self,
        expectation: &Expectation,
        servers: &[&'a Server],
    ) -> Result<ServerFinding, LookupFailure> {
        let mut first = None;
        for server in servers {
            let finding = self.finding_from(expectation, Some(server)).finding;
            let met = finding.as_ref().is_ok_and(|finding| finding.code.is_met());
            if met {
                let finding = finding?;
                // Resolvers that answer like this one are right too.
                let others = if self.agrees(server) { self.dissenting(servers) } else { servers.to_vec() };
                return Ok(self.lagging(expectation, &finding, &others).unwrap_or_else(|| finding.into()));
            }
            first.get_or_insert(finding);
        }
        first.unwrap_or_else(|| self.finding_from(expectation, None).finding).map(ServerFinding::from)
    }

    /// Returns the first failure if all resolvers fail for a question that the name servers answer. It is then unknown
    /// whether the answer reaches any client.
    fn every_resolver_fails(&self, question: &Question) -> Option<&'a Reply> {
        let mut replies = self.resolvers.iter().filter_map(|server| self.reply(server, question)).peekable();
        let first = replies.peek().copied();
        first.filter(|_| replies.all(|reply| !reply.outcome.is_answer()))
    }

    fn label(&self, server: &Server) -> String {
        let name = self.case.view.facts.server_name(server);
        name.map_or_else(|| server.address.clone(), |name| format!("`{}`", name.without_trailing_dot()))
    }
}

fn unknown(failure: &LookupFailure) -> Finding {
    Finding::new(certainty::code(failure.outcome), failure.to_string(), &RecordSet::default())
}
