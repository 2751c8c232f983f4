//! What do all witnesses make of one expectation together?
//!
//! The zone's own name servers decide what is published; a resolver that still says otherwise only needs time.

use jiff::Timestamp;

use crate::expected::{Expectation, Id, Importance, Requirement};
use crate::facts::{Answer, Outcome, Reply, Role, Server, Sight, Silence, View, Witness, is_newer};
use crate::record::{Question, RecordSet};

use super::{Case, Code, Finding, Judged, Status, Weight};
use crate::check::time::{after, clock, left};
use crate::check::{importance, is_accepted, judge, listed};

/// What several witnesses make of an expectation together.
struct Opinion {
    finding: Finding,
    until: Option<Timestamp>,
}

impl From<Finding> for Opinion {
    fn from(finding: Finding) -> Self {
        Self { finding, until: None }
    }
}

/// All witnesses, and whether they have to be heard one by one.
pub(super) struct Panel<'a> {
    case: &'a Case<'a>,
    authorities: Vec<&'a Server>,
    resolvers: Vec<&'a Server>,
    accepted: bool,
}

impl<'a> Panel<'a> {
    pub(super) fn new(case: &'a Case<'a>, list: &[Expectation]) -> Self {
        let facts = case.sight.facts;
        let mut servers: Vec<&Server> = Vec::new();
        // The order of the facts: by question, and the first ones are asked of everybody.
        for reply in facts.all().filter(|reply| reply.question.name.is_within(&case.subject.domain)) {
            if !servers.contains(&&*reply.server) {
                servers.push(&reply.server);
            }
        }
        servers.sort();
        let of = |wanted: fn(Role) -> bool| {
            servers.iter().copied().filter(move |server| wanted(server.role)).collect()
        };
        let accepted = list.iter().any(|expectation| match &expectation.requirement {
            Requirement::DeliversTo(hosts) => is_accepted(case, hosts).unwrap_or(false),
            _ => false,
        });
        let mut panel = Self {
            case,
            authorities: of(Role::is_authority),
            resolvers: of(|role| role == Role::Resolver),
            accepted,
        };
        match case.sight.view {
            View::Both => {}
            View::Authoritative => panel.resolvers.clear(),
            View::Resolver => panel.authorities.retain(|server| server.role == Role::ZoneFile),
        }
        panel
    }

    pub(super) fn judged(&self, expectation: Expectation) -> Judged {
        let importance = self.importance(&expectation);
        let opinion = self.opinion(&expectation).unwrap_or_else(|silence| unknown(&silence).into());
        let Opinion { finding, until } = opinion;
        let status = match finding.code.weight() {
            Weight::Met => Status::Met,
            Weight::Waiting => Status::Waiting,
            Weight::Unknown => Status::Unknown,
            Weight::Unmet | Weight::Error | Weight::Warning | Weight::Info => Status::Unmet,
        };
        let Finding { code, message, observed, cure } = finding;
        Judged { expectation, importance, status, code, message, observed, until, cure }
    }

    fn importance(&self, expectation: &Expectation) -> Importance {
        if expectation.id == Id::Verification && self.accepted {
            return Importance::Optional;
        }
        importance(self.case.subject, expectation)
    }

    fn opinion(&self, expectation: &Expectation) -> Result<Opinion, Silence> {
        let question = expectation.question();
        let answered = |servers: &[&'a Server]| -> Vec<&'a Server> {
            let answered = |server: &&&Server| {
                self.reply(server, &question).is_some_and(|reply| reply.outcome.is_answer())
            };
            servers.iter().filter(answered).copied().collect()
        };
        let authorities = answered(&self.authorities);
        let resolvers = answered(&self.resolvers);
        let published = match authorities.is_empty() {
            true if resolvers.len() > 1 => return self.among_resolvers(expectation, &resolvers),
            true => return self.heard(expectation, None).map(Opinion::from),
            false => self.among_authorities(expectation, &authorities)?,
        };
        if published.finding.code.weight() != Weight::Met {
            return Ok(published);
        }
        if let Some(failure) = self.every_resolver_fails(&question) {
            let silence = Sight { witness: Witness::Server(&failure.server), ..self.case.sight };
            silence.answer(&question)?;
        }
        Ok(self.lagging(expectation, &published.finding, &resolvers).unwrap_or(published))
    }

    /// The finding with the eyes of one server, or of the published state.
    fn heard(&self, expectation: &Expectation, server: Option<&Server>) -> Result<Finding, Silence> {
        let witness = server.map_or(Witness::Published, Witness::Server);
        judge(&Case { sight: Sight { witness, ..self.case.sight }, ..*self.case }, expectation)
    }

    fn reply(&self, server: &Server, question: &Question) -> Option<&'a Reply> {
        self.case.sight.facts.replies(question).find(|reply| *reply.server == *server)
    }

    /// What the name servers say together: the newest serial counts, older ones have to catch up.
    fn among_authorities(&self, expectation: &Expectation, servers: &[&Server]) -> Result<Opinion, Silence> {
        let published = self.heard(expectation, None)?;
        if servers.len() < 2 {
            return Ok(published.into());
        }
        let name = &expectation.name;
        let serial = |server: &Server| self.case.sight.facts.serial_at(server, name);
        let newest = servers
            .iter()
            .filter_map(|server| serial(server))
            .reduce(|a, b| if is_newer(b, a) { b } else { a });
        let is_met = |finding: &Finding| finding.code.weight() == Weight::Met;
        let mut behind = Vec::new();
        for server in servers {
            let Ok(finding) = self.heard(expectation, Some(server)) else { continue };
            if is_met(&finding) == is_met(&published) {
                continue;
            }
            if serial(server) == newest {
                return Ok(self.disagreement(expectation, &published, server).into());
            }
            behind.push(*server);
        }
        if behind.is_empty() || !is_met(&published) {
            return Ok(published.into());
        }
        Ok(self.behind(&published, expectation, &behind))
    }

    fn disagreement(&self, expectation: &Expectation, published: &Finding, server: &Server) -> Finding {
        let message = format!(
            "the name servers have the same version of the zone and answer differently for {} of `{}`; {} is one of them",
            expectation.rtype,
            expectation.name.bare(),
            self.label(server)
        );
        Finding::new(Code::ServersDisagree, message, &published.observed)
    }

    fn behind(&self, published: &Finding, expectation: &Expectation, behind: &[&Server]) -> Opinion {
        let facts = self.case.sight.facts;
        let soas =
            expectation.name.ancestors().map(|apex| Question::new(apex, crate::record::RecordType::Soa));
        let refresh =
            soas.filter_map(|question| facts.published(&question, View::Authoritative)).find_map(|reply| {
                let soa = reply.wanted().find_map(crate::facts::soa_of)?;
                after(reply.at, soa.refresh)
            });
        let servers = listed(behind.iter().map(|server| self.label(server)));
        let wait = refresh
            .map(|time| {
                let left = left(facts.checked_at, time);
                format!("; it should ask for the newer one by {} ({left})", clock(time))
            })
            .unwrap_or_default();
        let message = format!("published; {servers} still has an older version of the zone{wait}");
        Opinion { finding: Finding::new(Code::SecondaryBehind, message, &published.observed), until: refresh }
    }

    /// Without a name server: right at one resolver and old at another means that the others only need time.
    fn among_resolvers(&self, expectation: &Expectation, servers: &[&Server]) -> Result<Opinion, Silence> {
        let mut first = None;
        for server in servers {
            let finding = self.heard(expectation, Some(server));
            let met = finding.as_ref().is_ok_and(|finding| finding.code.weight() == Weight::Met);
            if met {
                let finding = finding?;
                return Ok(self.lagging(expectation, &finding, servers).unwrap_or_else(|| finding.into()));
            }
            first.get_or_insert(finding);
        }
        first.unwrap_or_else(|| self.heard(expectation, None)).map(Opinion::from)
    }

    /// The resolvers that do not see yet what is published.
    fn lagging(
        &self,
        expectation: &Expectation,
        published: &Finding,
        resolvers: &[&Server],
    ) -> Option<Opinion> {
        let mut lag: Option<(Option<Timestamp>, Code, String)> = None;
        for server in resolvers {
            let Ok(finding) = self.heard(expectation, Some(server)) else { continue };
            if finding.code.weight() == Weight::Met {
                continue;
            }
            let expiry = self.expiry(server, &expectation.question());
            let reply = self.reply(server, &expectation.question());
            let negative =
                reply.is_some_and(|reply| matches!(reply.outcome, Outcome::NoData | Outcome::NoName));
            let code = if negative { Code::NegativeCache } else { Code::CacheStale };
            let now = self.case.sight.facts.checked_at;
            let until = expiry.map(|time| format!(" until {} ({})", clock(time), left(now, time)));
            let until = until.unwrap_or_default();
            let has = match code {
                Code::NegativeCache => "still remembers that there was nothing".to_owned(),
                _ if finding.observed.is_empty() => "still has the records from before".to_owned(),
                _ => {
                    let old = finding.observed.data.iter().map(|data| format!("`{}`", brief(data)));
                    format!("still has {}", listed(old))
                }
            };
            let message = format!("published; {} {has}{until}", server.address);
            if lag.as_ref().is_none_or(|(latest, ..)| *latest < expiry) {
                lag = Some((expiry, code, message));
            }
        }
        let (until, code, message) = lag?;
        Some(Opinion { finding: Finding::new(code, message, &published.observed), until })
    }

    /// When the resolver will have dropped its other answer to the question; where that answer is the same, when it will
    /// have dropped everything that it says otherwise.
    fn expiry(&self, server: &Server, question: &Question) -> Option<Timestamp> {
        let facts = self.case.sight.facts;
        let here = Sight { witness: Witness::Server(server), ..self.case.sight };
        let own = facts.all().filter(|reply| *reply.server == *server && reply.outcome.is_answer());
        let differing: Vec<&Reply> = own
            .filter(|reply| {
                let (seen, published) =
                    (here.answer(&reply.question), self.case.sight.answer(&reply.question));
                data(&seen) != data(&published)
            })
            .collect();
        match differing.iter().find(|reply| reply.question == *question) {
            Some(reply) => expiry_of(reply),
            None => differing.into_iter().filter_map(expiry_of).max(),
        }
    }

    /// A failure of all resolvers for what the name servers answer: then nobody gets the answer.
    fn every_resolver_fails(&self, question: &Question) -> Option<&'a Reply> {
        let replies: Vec<&Reply> =
            self.resolvers.iter().filter_map(|server| self.reply(server, question)).collect();
        let all_fail = replies.iter().all(|reply| !reply.outcome.is_answer());
        replies.iter().find(|reply| all_fail && reply.outcome == Outcome::ServFail).copied()
    }

    fn label(&self, server: &Server) -> String {
        let name = self.case.sight.facts.server_name(server);
        name.map_or_else(|| server.address.clone(), |name| format!("`{}`", name.bare()))
    }
}

fn expiry_of(reply: &Reply) -> Option<Timestamp> {
    let ttl = match reply.outcome {
        Outcome::Records => reply.records.iter().map(|record| record.ttl).min(),
        _ => reply.negative_ttl(),
    };
    after(reply.at, ttl?)
}

fn data(answer: &Result<Answer, Silence>) -> Option<&RecordSet> {
    answer.as_ref().ok().map(|answer| &answer.set)
}

/// The part of a record that a sentence needs.
fn brief(data: &crate::record::RecordData) -> String {
    data.target().map_or_else(|| data.to_string(), crate::record::Name::bare)
}

fn unknown(silence: &Silence) -> Finding {
    let code = if silence.outcome == Outcome::NotRecorded { Code::NotInReplay } else { Code::LookupFailed };
    Finding::new(code, silence.to_string(), &RecordSet::default())
}
