//! What near miss may stand where the right record does not?
//!
//! Asked only once anybody answers that the right one is missing, or with a wrong one.

use super::Inquiry;
use crate::check::{PROBE_LABEL, clash, dkim, dmarc, doubled, hazard, service, wildcard};
use crate::expected::{Expectation, Id, Offer, Requirement};
use crate::facts::Reply;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType};

impl Inquiry<'_> {
    /// What may stand in place of a missing alias.
    pub(super) fn near_misses(&mut self, expectation: &Expectation, target: &Name) {
        let domain = &self.subject.domain;
        self.want_addresses(&expectation.name);
        self.want_addresses(target);
        // They have to go before an alias can be added.
        self.want_own(&expectation.name, RecordType::Mx);
        self.want_own(&expectation.name, RecordType::Txt);
        if let Ok(probe) = domain.below(PROBE_LABEL) {
            self.want_addresses(&probe);
        }
        self.want_doubled(&expectation.name, RecordType::Cname);
        if expectation.id == Id::Autodiscover {
            self.want_below(hazard::AUTODISCOVER_SERVICE, RecordType::Srv);
        }
    }

    /// The keys behind a selector, and what may stand in its place.
    pub(super) fn dkim(&mut self, expectation: &Expectation) {
        for target in self.data(&expectation.name, RecordType::Cname).iter().filter_map(RecordData::target) {
            if dkim::is_key_target(target) {
                self.want(target, RecordType::Txt);
            } else if let Ok(probe) = self.subject.domain.below(PROBE_LABEL) {
                self.want_here(&probe, RecordType::A);
            }
        }
        if self.is_missing_somewhere(&expectation.name, RecordType::Cname) {
            self.want_own(&expectation.name, RecordType::Txt);
            self.want_own(&expectation.name, RecordType::A);
            // A web proxy has both.
            if !self.data(&expectation.name, RecordType::A).is_empty() {
                self.want_own(&expectation.name, RecordType::Aaaa);
            }
            // The same key behind the target that the tenant's name tells: then the alias is flattened.
            if self.data(&expectation.name, RecordType::Txt).iter().any(dkim::is_key) {
                let targets = expectation.data.iter().filter_map(RecordData::target);
                targets.for_each(|target| self.want(target, RecordType::Txt));
            }
            self.want_doubled(&expectation.name, RecordType::Cname);
        }
    }

    /// What may stand in place of a policy.
    pub(super) fn dmarc(&mut self, expectation: &Expectation) {
        self.report_agreements(expectation);
        if self.has_faulty_policy(&expectation.name) {
            self.want_own(&expectation.name, RecordType::Txt);
            self.want(&expectation.name, RecordType::Cname);
            self.want_alias_probe();
        }
        if !self.is_missing_somewhere(&expectation.name, RecordType::Txt)
            && !self.has_faulty_policy(&expectation.name)
        {
            return;
        }
        if let Ok(probe) = self.subject.domain.below(PROBE_LABEL) {
            self.want_here(&probe, RecordType::A);
        }
        for name in dmarc::names_meant(&expectation.name, &self.subject.domain) {
            self.want_here(&name, RecordType::Txt);
        }
        for above in dmarc::domains_above(&self.subject.domain) {
            if let Ok(name) = above.below("_dmarc") {
                self.want(&name, RecordType::Txt);
            }
        }
    }

    /// Whether the hosts that get the reports have agreed.
    fn report_agreements(&mut self, expectation: &Expectation) {
        let replies = self.replies(&Question::new(expectation.name.clone(), RecordType::Txt));
        for reply in replies {
            let set = RecordSet::of(reply.wanted());
            for (_, agreement) in dmarc::report_agreements(&set, &self.subject.domain) {
                self.want(&agreement, RecordType::Txt);
            }
        }
    }

    /// Whether anybody answered with texts that are not one valid policy.
    fn has_faulty_policy(&self, name: &Name) -> bool {
        let question = Question::new(name.clone(), RecordType::Txt);
        let texts = self.replies(&question).map(|reply| RecordSet::of(reply.wanted()));
        texts.into_iter().any(|texts| !texts.is_empty() && !dmarc::is_right(&texts))
    }

    /// What may stand in place of a service.
    pub(super) fn service(&mut self, expectation: &Expectation, offer: &Offer) {
        let question = expectation.question();
        let wrong = |data: &RecordData| !service::is_right(data, offer);
        if self.data(&expectation.name, expectation.rtype).iter().any(wrong) {
            self.want_own(&expectation.name, expectation.rtype);
        }
        let is_alias =
            |reply: &Reply| reply.records.iter().any(|record| record.data.rtype() == RecordType::Cname);
        self.read.borrow_mut().push(question.clone());
        if self.facts.replies(&question).any(is_alias) {
            self.want(&expectation.name, RecordType::Cname);
            self.want_alias_probe();
        }
        if matches!(expectation.requirement, Requirement::OffersService(_))
            && self.subject.services.contains(&expectation.service)
            && self.is_missing_somewhere(&expectation.name, expectation.rtype)
        {
            self.want_doubled(&expectation.name, expectation.rtype);
        }
    }

    /// Other records beside an alias: what a zone file is known to hold is looked at.
    pub(super) fn clash(&mut self, expectation: &Expectation) {
        if !clash::is_possible(expectation) {
            return;
        }
        let on_file = |rtype| Question::new(expectation.name.clone(), rtype);
        let on_file = |rtype| Some(on_file(rtype)).filter(|question| self.facts.on_file.contains(question));
        let Some(alias) = on_file(RecordType::Cname) else { return };
        let others: Vec<Question> = clash::OTHERS.into_iter().filter_map(on_file).collect();
        if others.is_empty() {
            return;
        }
        self.wanted.push(alias);
        self.want_alias_probe();
        for question in others {
            self.want_own(&question.name, question.rtype);
        }
    }

    /// The records of the type, and once there are any, what a wildcard would answer.
    fn want_own(&mut self, name: &Name, rtype: RecordType) {
        self.want_here(name, rtype);
        let probe = wildcard::probe(&Question::new(name.clone(), rtype), &self.subject.domain);
        if let Some(probe) = probe.filter(|_| !self.data(name, rtype).is_empty()) {
            self.wanted.push(probe);
        }
    }

    /// The domain's own records under its name twice.
    pub(super) fn want_domain_doubled(&mut self, rtype: RecordType) {
        let domain = &self.subject.domain;
        for (doubled, _) in doubled::names(domain, domain) {
            self.want_own(&doubled, rtype);
        }
    }

    fn want_alias_probe(&mut self) {
        if let Ok(probe) = self.subject.domain.below(PROBE_LABEL) {
            self.want_here(&probe, RecordType::A);
        }
    }

    fn want_doubled(&mut self, name: &Name, rtype: RecordType) {
        for (doubled, zone) in doubled::names(name, &self.subject.domain) {
            self.want_here(&doubled, rtype);
            if rtype == RecordType::Cname
                && let Ok(probe) = zone.below(PROBE_LABEL)
            {
                self.want_here(&probe, RecordType::A);
            }
        }
    }

    /// Whether a wildcard answers where nothing must be.
    pub(super) fn absence(&mut self, expectation: &Expectation) {
        if !self.data(&expectation.name, expectation.rtype).is_empty()
            && let Ok(probe) = self.subject.domain.below(PROBE_LABEL)
        {
            self.want_here(&probe, RecordType::A);
        }
    }
}
