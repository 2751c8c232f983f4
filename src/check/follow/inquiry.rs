//! What is worth asking for one topic?
//!
//! One look at the facts for each: what the judge of the topic reads, and what the replies that are there make worth asking.

mod near;

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::check::{PROBE_LABEL, alias, delivery, hazard, policy, spf};
use crate::expected::{
    Expectation, MailHosts, Origin, Phase, Purpose, Requirement, Subject, control_host, derived_host,
    partition_hosts,
};
use crate::facts::{Facts, Outcome, Reply, policy_host, zone_candidates};
use crate::record::spf::SpfRecord;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

use super::Topic;

/// Domains whose SPF records are followed at most.
const MOST_SPF_DOMAINS: usize = 40;
/// MX hosts whose addresses are asked for at most.
const MOST_MAIL_HOSTS: usize = 20;

/// What one look at a topic finds.
pub(super) struct Inquiry<'a> {
    subject: &'a Subject,
    facts: &'a Facts,
    /// What is worth asking and is read at the name itself, some of it more than once.
    pub(super) wanted: Vec<Question>,
    /// What is worth asking and is read to the end of its aliases.
    pub(super) followed: Vec<Question>,
    /// What the records of an SPF tree lead to, the nearest first.
    pub(super) of_trees: Vec<Question>,
    /// Whether there was more than is followed.
    pub(super) is_crowded: bool,
    /// The questions whose replies were looked at, some of them more than once.
    pub(super) read: RefCell<Vec<Question>>,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(subject: &'a Subject, facts: &'a Facts) -> Self {
        Self {
            subject,
            facts,
            wanted: Vec::new(),
            followed: Vec::new(),
            of_trees: Vec::new(),
            is_crowded: false,
            read: RefCell::default(),
        }
    }

    /// Looks for the questions of a topic; whether that shows that a policy is announced.
    pub(super) fn go_through(&mut self, topic: Topic, expected: &[Expectation]) -> bool {
        match topic {
            Topic::Expectation(place) => {
                return expected.get(place).is_some_and(|expectation| self.expectation(expectation));
            }
            Topic::Leftovers => self.leftovers(),
            Topic::WebSite => self.web_site(),
        }
        false
    }

    fn expectation(&mut self, expectation: &Expectation) -> bool {
        let alias = Question::new(self.subject.domain.clone(), RecordType::Cname);
        if self.facts.on_file.contains(&alias) {
            self.wanted.push(alias);
        }
        self.want(&expectation.name, expectation.rtype);
        self.clash(expectation);
        match &expectation.requirement {
            Requirement::DeliversTo(hosts) => self.delivery(expectation, hosts),
            Requirement::SpfIncludes(include) => self.spf(expectation, include),
            Requirement::IsAliasOf(target) => self.alias(expectation, target),
            Requirement::IsAbsent | Requirement::MayBeAliasOf(_) => self.absence(expectation),
            Requirement::HasDkimKeyAt(_) => self.dkim(expectation),
            Requirement::HasDmarcPolicy | Requirement::RejectsForgedMail => self.dmarc(expectation),
            Requirement::MayAnnouncePolicy => return self.policy(expectation),
            Requirement::MayAskForTlsReports => {}
            Requirement::OffersService(offer) | Requirement::MayOfferService(offer) => {
                self.service(expectation, offer);
            }
            Requirement::HasVerification(_) | Requirement::TakesNoMail | Requirement::AuthorizesNoSender => {}
        }
        false
    }

    /// The replies to a question; whoever reads them looks again when there are more.
    ///
    /// Where a reply leaves a chain of aliases open, those at its end stand for it.
    fn replies(&self, question: &Question) -> impl Iterator<Item = &'a Reply> + use<'a> {
        let chain = self.facts.along_aliases(question);
        self.read.borrow_mut().extend(chain.iter().cloned());
        let facts = self.facts;
        let names: Vec<Name> = chain.iter().map(|question| question.name.clone()).collect();
        chain.into_iter().enumerate().flat_map(move |(at, question)| {
            // A loop leads back, and no reply stands for what is at its end.
            let before = names.get(..=at).unwrap_or_default().to_vec();
            facts
                .replies(&question)
                .filter(move |reply| !reply.leaves_alias_open() || before.contains(reply.end_of_chain()))
        })
    }

    fn want(&mut self, name: &Name, rtype: RecordType) {
        self.followed.push(Question::new(name.clone(), rtype));
    }

    /// Asks for what stands at the name itself.
    fn want_here(&mut self, name: &Name, rtype: RecordType) {
        self.wanted.push(Question::new(name.clone(), rtype));
    }

    fn want_addresses(&mut self, name: &Name) {
        self.want(name, RecordType::A);
        self.want(name, RecordType::Aaaa);
    }

    /// The records that anybody answered with.
    fn data(&self, name: &Name, rtype: RecordType) -> BTreeSet<RecordData> {
        let question = Question::new(name.clone(), rtype);
        let records = self.replies(&question).flat_map(Reply::wanted);
        records.map(|record| record.data.clone()).collect()
    }

    /// Whether anybody answered that there is nothing.
    fn is_missing_somewhere(&self, name: &Name, rtype: RecordType) -> bool {
        let question = Question::new(name.clone(), rtype);
        let nothing = |reply: &Reply| matches!(reply.outcome, Outcome::NoData | Outcome::NoName);
        self.replies(&question).any(|reply| {
            nothing(reply) || reply.outcome == Outcome::Records && reply.wanted().next().is_none()
        })
    }

    fn delivery(&mut self, expectation: &Expectation, hosts: &MailHosts) {
        // The host made for the domain exists once Microsoft accepts the domain.
        if let Some(host) = &hosts.proposed {
            self.want_addresses(host);
        }
        let question = Question::new(expectation.name.clone(), RecordType::Mx);
        let is_right = |data: &RecordData| self.is_right_host(data, hosts);
        let lacks =
            |reply: &Reply| reply.outcome.is_answer() && !reply.wanted().any(|record| is_right(&record.data));
        if self.subject.phase >= Phase::Switch && self.replies(&question).any(lacks) {
            self.want_domain_doubled(RecordType::Mx);
        }
        if delivery::may_be_recent(self.subject, hosts.proposed.as_ref())
            && let Some(host) = derived_host(self.subject)
        {
            self.want_addresses(&host);
        }
        self.assigned(expectation, hosts);
        // So many of each reply: what one says must not crowd out what another says.
        let exchanges = self.replies(&question).flat_map(|reply| reply.wanted().take(MOST_MAIL_HOSTS));
        for host in exchanges.filter_map(|record| record.data.target()) {
            // Who is being left does not matter here: a host of any platform is wrong whether it exists or not.
            let kind = delivery::classify(host, hosts, &self.subject.domain, self.subject.source);
            kind.types_read().iter().for_each(|rtype| self.want(host, *rtype));
            let suffix = self.subject.cloud.name(Purpose::MxPartitionSuffix);
            if suffix.is_some_and(|suffix| host.is_within(suffix)) {
                self.want_addresses(host);
                self.wanted.extend(hazard::dane_questions(&self.subject.domain, host));
            }
            if let delivery::Host::Malformed(_, Some(meant)) = &kind {
                self.want_addresses(meant);
            }
        }
    }

    /// The hosts below `mx.microsoft`, where the derived one is missing and no own host is published.
    fn assigned(&mut self, expectation: &Expectation, hosts: &MailHosts) {
        let Some(derived) = hosts.proposed.as_ref().filter(|_| expectation.origin == Origin::Derived) else {
            return;
        };
        let is_missing = |host: &Name| {
            [RecordType::A, RecordType::Aaaa].iter().all(|rtype| self.is_missing_somewhere(host, *rtype))
        };
        if !hosts.gateways.is_empty() || !is_missing(derived) {
            return;
        }
        let question = Question::new(expectation.name.clone(), RecordType::Mx);
        let is_own = |host: &&Name| {
            let kind = delivery::classify(host, hosts, &self.subject.domain, self.subject.source);
            matches!(
                kind,
                delivery::Host::Right | delivery::Host::RightPartition | delivery::Host::RightOlder
            )
        };
        let lacks = |reply: &Reply| {
            let mut own = reply.wanted().filter_map(|record| record.data.target()).filter(is_own);
            let is_own_name = reply.question.name == expectation.name;
            let exists = reply.outcome != Outcome::NoName || !is_own_name || !reply.records.is_empty();
            reply.outcome.is_answer() && exists && own.all(is_missing)
        };
        if !self.replies(&question).any(lacks) {
            return;
        }
        for host in partition_hosts(self.subject) {
            if self.want_existence(&host)
                && let Some(control) = control_host(&host)
            {
                self.want_existence(&control);
            }
        }
    }

    /// Whether a host exists according to any server; AAAA is read only where the name exists without A records.
    fn want_existence(&mut self, host: &Name) -> bool {
        self.want(host, RecordType::A);
        let has_no_data = |reply: &Reply| reply.outcome != Outcome::NoName;
        if self.is_missing_somewhere(host, RecordType::A)
            && self.replies(&Question::new(host.clone(), RecordType::A)).any(has_no_data)
        {
            self.want(host, RecordType::Aaaa);
        }
        [RecordType::A, RecordType::Aaaa].iter().any(|rtype| !self.data(host, *rtype).is_empty())
    }

    fn is_right_host(&self, data: &RecordData, hosts: &MailHosts) -> bool {
        data.target().is_some_and(|host| {
            delivery::classify(host, hosts, &self.subject.domain, self.subject.source).is_right()
        })
    }

    fn spf(&mut self, expectation: &Expectation, include: &Name) {
        let names = |data: &RecordData| match data {
            RecordData::Txt(text) => text.lossy().to_ascii_lowercase().contains(&include.bare()),
            _ => false,
        };
        let lacks =
            |reply: &Reply| reply.outcome.is_answer() && !reply.wanted().any(|record| names(&record.data));
        if self.replies(&expectation.question()).any(lacks) {
            self.want_domain_doubled(RecordType::Txt);
        }
        // Read in any case: below the record if it is included, and for the count after the edit if it is not.
        self.want(include, RecordType::Txt);
        let mut domains = vec![expectation.name.clone(), include.clone()];
        // Senders that must stay are counted after the edit too, if they have to be added.
        let senders = SpfRecord { terms: self.subject.spf_senders.clone() };
        for (name, rtype) in spf::questions(&senders, &expectation.name, &expectation.name) {
            self.want(&name, rtype);
            if rtype == RecordType::Mx {
                self.spf_mail_hosts(&name);
            }
            if rtype == RecordType::Txt && !domains.contains(&name) {
                domains.push(name);
            }
        }
        let mut next = 0;
        while let Some(domain) = domains.get(next).cloned() {
            next += 1;
            for data in self.data(&domain, RecordType::Txt) {
                let RecordData::Txt(text) = &data else { continue };
                let record = SpfRecord::parse(text).or_else(|| {
                    // A lookalike is judged as what it was meant to be.
                    (domain == expectation.name && spf::looks_like_spf(text, include))
                        .then(|| spf::repaired_text(text))?
                });
                let Some(published) = record else { continue };
                let record = spf::repaired(&published);
                // The record is judged as it is, and the edit of it as it will be.
                let by_reseller = |record| spf::may_be_sold_by_reseller(record, include);
                if domain == expectation.name && (by_reseller(&published) || by_reseller(&record)) {
                    self.want_below(spf::RESELLER_HOST, RecordType::Cname);
                }
                let mut questions = spf::questions(&published, &domain, &expectation.name);
                if record != published {
                    questions.extend(spf::questions(&record, &domain, &expectation.name));
                }
                for (name, rtype) in questions {
                    // With so many includes there are too many lookups, whatever is behind the others.
                    let is_new = rtype == RecordType::Txt && !domains.contains(&name);
                    if is_new && domains.len() >= MOST_SPF_DOMAINS {
                        self.is_crowded = true;
                        continue;
                    }
                    self.of_trees.push(Question::new(name.clone(), rtype));
                    if rtype == RecordType::Mx {
                        self.spf_mail_hosts(&name);
                    }
                    if is_new {
                        domains.push(name);
                    }
                }
            }
        }
    }

    /// The addresses of the hosts that an `mx` stands for.
    fn spf_mail_hosts(&mut self, name: &Name) {
        let replies = self.replies(&Question::new(name.clone(), RecordType::Mx));
        for reply in replies {
            for host in spf::mail_hosts(reply.wanted().map(|record| &record.data)) {
                let types = [RecordType::A, RecordType::Aaaa];
                self.of_trees.extend(types.map(|rtype| Question::new(host.clone(), rtype)));
            }
        }
    }

    fn alias(&mut self, expectation: &Expectation, target: &Name) {
        let name = &expectation.name;
        let domain = &self.subject.domain;
        // Each with its distance: one witness's long way must not crowd out another's short one.
        let mut chain: Vec<(Name, usize)> = vec![(name.clone(), 1)];
        let mut next = 0;
        while let Some((current, distance)) = chain.get(next).cloned() {
            next += 1;
            for data in self.data(&current, RecordType::Cname) {
                let right = |found: &&Name| *found == target || expectation.also.contains(found);
                let Some(found) = data.target().filter(|found| !right(found)).cloned() else { continue };
                if current == *name
                    && let Ok(probe) = domain.below(PROBE_LABEL)
                {
                    self.want_here(&probe, RecordType::A);
                }
                let is_new = chain.iter().all(|(known, _)| *known != found);
                if alias::follows(&found, domain) && is_new && distance < alias::LONGEST_CHAIN {
                    self.want(&found, RecordType::Cname);
                    chain.push((found, distance + 1));
                }
            }
        }
        if self.subject.services.contains(&expectation.service)
            && self.is_missing_somewhere(name, RecordType::Cname)
        {
            self.near_misses(expectation, target);
        }
    }

    /// What may be left of the platform being left.
    fn leftovers(&mut self) {
        self.wanted.extend(hazard::leftover_questions(self.subject, self.facts));
    }

    /// The wildcards that may be what still leads to an old platform.
    pub(super) fn masks(&mut self, question: &Question) {
        let domain = &self.subject.domain;
        let is_left = |data: &RecordData| hazard::may_be_left(&question.name, data, domain);
        if !hazard::is_published(self.facts, question, domain)
            || !self.data(&question.name, question.rtype).iter().any(is_left)
        {
            return;
        }
        for wildcard in hazard::wildcards(question, domain) {
            self.wanted.push(wildcard.probe);
            self.want_here(&wildcard.name, question.rtype);
        }
    }

    /// The addresses of the web site, where Microsoft runs the zone.
    fn web_site(&mut self) {
        let domain = &self.subject.domain;
        let servers = zone_candidates(domain).into_iter().flat_map(|apex| {
            let question = Question::new(apex, RecordType::Ns);
            self.read.borrow_mut().push(question.clone());
            self.facts.name_server_names(&question.name)
        });
        if servers.into_iter().any(|server| hazard::is_microsoft_dns(&server)) {
            hazard::web_site_names(domain).iter().for_each(|name| self.want_addresses(name));
        }
    }

    fn want_below(&mut self, host: &str, rtype: RecordType) {
        if let Ok(name) = self.subject.domain.below(host) {
            self.want(&name, rtype);
        }
    }

    /// Whether a policy is announced; its host is then asked for.
    fn policy(&mut self, expectation: &Expectation) -> bool {
        let is_announced = self.is_announced(expectation);
        if is_announced && let Ok(host) = policy_host(&self.subject.domain) {
            self.want_addresses(&host);
        }
        is_announced
    }

    /// Whether anybody answered with a valid announcement of a policy.
    fn is_announced(&mut self, expectation: &Expectation) -> bool {
        let question = expectation.question();
        self.replies(&question).any(|reply| policy::announced(&RecordSet::of(reply.wanted())) == Ok(true))
    }
}
