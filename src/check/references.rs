//! Finds the records that lead to a name whose own records change.
//!
//! A CNAME takes over all records of its target, and MX, SRV and NS records use its addresses, so replacing or
//! deleting these changes the other names as well. Such an edit names them and has to be confirmed. While mail is still
//! delivered to the name, the zone is served from it, or an SPF record includes the one there, there is no such edit.

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::{Id, expectations};
use crate::facts::{FactsView, PlannedRecords};
use crate::record::spf::SpfRecord;
use crate::record::{Name, Question, RecordData, RecordType};

use super::{
    AUTODISCOVER_SERVICE, Case, Edit, Finding, Hazard, PROBE_LABEL, backticked, join_and, judge, noted,
    wildcard,
};

/// The maximum number of records named.
const MOST_NAMED: usize = 6;
/// The maximum number of record sets of a transferred zone that are read for this; of zone files, all are.
pub(super) const MOST_READ: usize = 200;

/// The records that lead to a name, directly or through CNAMEs.
pub(super) struct References {
    /// The name, and the names that are aliases of it.
    names: BTreeSet<Name>,
    /// The record sets that lead to one of these names, in order.
    pub(super) sets: Vec<Question>,
}

impl References {
    /// Returns the published records that lead to the name, as far as they were read.
    pub(super) fn to(case: &Case<'_>, name: &Name) -> Self {
        let links = links(case);
        let mut aliases: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
        for (set, target) in links.iter().filter(|(set, _)| set.rtype == RecordType::Cname) {
            aliases.entry(target).or_default().push(&set.name);
        }
        let (mut names, mut open) = (BTreeSet::from([name.clone()]), vec![name]);
        while let Some(target) = open.pop() {
            for alias in aliases.get(target).into_iter().flatten() {
                if names.insert((*alias).clone()) {
                    open.push(alias);
                }
            }
        }
        let sets = links.iter().filter(|(set, target)| names.contains(target) && set.name != *name);
        let sets: BTreeSet<Question> = sets.map(|(set, _)| set.clone()).collect();
        Self { names, sets: sets.into_iter().collect() }
    }

    /// Returns whether a record leads to the name.
    pub(super) fn include(&self, data: &RecordData) -> bool {
        data.target().is_some_and(|target| self.names.contains(target))
    }

    /// Returns whether the record set still leads to the name once the plan is published.
    fn stays(&self, case: &Case<'_>, set: &Question) -> bool {
        if let Some(planned) = case.view.planned_set(set) {
            return planned.data.iter().any(|data| self.include(data));
        }
        let is_own = set.rtype == RecordType::Mx && set.name == case.subject.domain;
        let edit = is_own.then(|| mail_edit(case)).flatten();
        edit.is_none_or(|edit| edit.after.iter().any(|data| self.include(data)))
    }
}

/// Adds to a finding what its edits change at other names, and removes the edits that would take something away there.
pub(super) fn respected(case: &Case<'_>, mut finding: Finding) -> Finding {
    let names: BTreeSet<Name> = finding.fix.iter().map(|edit| edit.name.clone()).collect();
    for name in names {
        let Some(references) = affected(case, &name, &finding.fix) else { continue };
        let (served, others): (Vec<&Question>, Vec<&Question>) =
            references.sets.iter().partition(|set| serves(set.rtype));
        let (mut kept, moving): (Vec<&Question>, Vec<&Question>) =
            served.into_iter().partition(|set| references.stays(case, set));
        // Senders that pass SPF now would not.
        kept.extend(others.iter().filter(|set| set.rtype == RecordType::Txt));
        if !kept.is_empty() {
            finding.fix.retain(|edit| edit.name != name);
            let note = format!(
                "no edit of {} is proposed, because {}: change that first",
                backticked(&name),
                uses(&kept)
            );
            finding.message = noted(&finding.message, &note);
            continue;
        }
        let caution = caution(&name, &moving, &others);
        finding.message = format!("{}. {caution}", finding.message.trim_end_matches('.'));
        let own = finding.fix.iter_mut().filter(|edit| edit.name == name);
        own.for_each(|edit| edit.caution(&caution));
    }
    finding
}

/// Adds to the edits of hazards what they change at other names.
pub(super) fn warn_of_edits(case: &Case<'_>, hazards: &mut [Hazard]) {
    for hazard in hazards {
        let names: BTreeSet<Name> = hazard.fix.iter().map(|edit| edit.name.clone()).collect();
        for name in names {
            let Some(references) = affected(case, &name, &hazard.fix) else { continue };
            let (served, others): (Vec<&Question>, Vec<&Question>) =
                references.sets.iter().partition(|set| serves(set.rtype));
            let caution = caution(&name, &served, &others);
            hazard.message = format!("{}. {caution}", hazard.message.trim_end_matches('.'));
            let own = hazard.fix.iter_mut().filter(|edit| edit.name == name);
            own.for_each(|edit| edit.caution(&caution));
        }
    }
}

/// Returns whether records of the type say where mail is delivered, or who answers for a zone.
fn serves(rtype: RecordType) -> bool {
    matches!(rtype, RecordType::Mx | RecordType::Ns)
}

/// Returns the records that lead to a name and change with these edits; `None` if there are none.
fn affected(case: &Case<'_>, name: &Name, fix: &[Edit]) -> Option<References> {
    let untouched = PlannedRecords::new();
    let present = Case { view: FactsView { planned: &untouched, ..case.view.without_asking() }, ..*case };
    let is_lost = |edit: &&Edit| {
        let published = wildcard::own(&present, &edit.name, edit.rtype).data;
        !published.is_subset(&edit.after)
    };
    let lost = fix.iter().filter(|edit| edit.name == *name).filter(is_lost).map(|edit| edit.rtype);
    let lost: BTreeSet<RecordType> = lost.collect();
    // An alias of the domain has its mail records by intent.
    if lost.is_empty() || *name == case.subject.domain {
        return None;
    }
    let mut references = References::to(case, name);
    let is_address =
        |rtype: &RecordType| matches!(rtype, RecordType::A | RecordType::Aaaa | RecordType::Cname);
    let has_addresses = lost.iter().any(is_address);
    // The SRV record by which mail programs find Autodiscover belongs to the records that the plan replaces.
    let service = case.subject.domain.prepend(AUTODISCOVER_SERVICE).ok();
    // An SPF record that is edited keeps what it authorizes, or says what it drops.
    let is_deletion = |edit: &Edit| edit.rtype == RecordType::Txt && edit.after.is_empty();
    let loses_texts =
        lost.contains(&RecordType::Txt) && fix.iter().any(|edit| edit.name == *name && is_deletion(edit));
    references.sets.retain(|set| match set.rtype {
        RecordType::Cname => true,
        RecordType::Txt => loses_texts,
        _ => has_addresses && Some(&set.name) != service.as_ref(),
    });
    (!references.sets.is_empty()).then_some(references)
}

/// Returns the edit of the domain's MX records for which the plan asks.
fn mail_edit(case: &Case<'_>) -> Option<Edit> {
    let mut expectation = expectations(case.subject).into_iter().find(|one| one.id == Id::Mx)?;
    // The host that DNS shows may differ from the one that the rule gives.
    if expectation.proposed_host() != case.mail_host {
        expectation.assign_mail_host(case.mail_host);
    }
    let untouched = PlannedRecords::new();
    let view = FactsView { planned: &untouched, ..case.view };
    let finding = judge(&Case { view, ..*case }, &expectation).finding.ok()?;
    let is_wrong = finding.code.effect().is_wrong();
    finding
        .fix
        .into_iter()
        .find(|edit| edit.name == expectation.name && edit.rtype == expectation.rtype && is_wrong)
}

/// Returns the published record sets that lead somewhere, each with a target.
fn links(case: &Case<'_>) -> Vec<(Question, Name)> {
    let Case { view, .. } = case;
    let is_link =
        |rtype| matches!(rtype, RecordType::Cname | RecordType::Mx | RecordType::Srv | RecordType::Ns);
    // A server of the zone does not list its names, so only answers to other questions, and files, show them.
    let listed =
        view.facts.on_file.iter().filter(|question| is_link(question.rtype) && !view.facts.has(question));
    let most = if view.facts.is_offline() { usize::MAX } else { MOST_READ };
    view.batch(|| listed.take(most).for_each(|question| _ = view.without_asking().reply(question)));
    let unlogged = FactsView { log: None, ..*view };
    let replies = view.facts.questions().filter_map(|question| unlogged.reply(question));
    let records = replies.filter(|reply| reply.outcome.is_answer()).flat_map(|reply| &reply.records);
    let links = records.flat_map(|record| {
        let owner = of_wildcard(&record.name).unwrap_or_else(|| record.name.clone());
        let set = Question::new(owner, record.data.rtype());
        let target = record.data.target().filter(|_| is_link(set.rtype)).cloned();
        target.into_iter().chain(included(&record.data)).map(move |target| (set.clone(), target))
    });
    links.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the names whose SPF records an SPF record includes.
fn included(data: &RecordData) -> Vec<Name> {
    let RecordData::Txt(text) = data else { return Vec::new() };
    let terms = SpfRecord::parse(text).map(|record| record.terms).unwrap_or_default();
    terms.iter().filter_map(|term| term.included().cloned()).collect()
}

/// Returns the wildcard whose record was returned for a name that is never published.
fn of_wildcard(name: &Name) -> Option<Name> {
    let is_probe = name.first_label() == Some(PROBE_LABEL.as_bytes());
    name.parent().filter(|_| is_probe)?.prepend("*").ok()
}

/// Returns a clause that says what the record sets use a name for.
fn uses(sets: &[&Question]) -> String {
    let named = |rtype| {
        let names = sets.iter().filter(|set| set.rtype == rtype).map(|set| backticked(&set.name));
        few(names.collect())
    };
    let mail = named(RecordType::Mx).map(|names| format!("mail of {names} is delivered to it"));
    let zones = named(RecordType::Ns).map(|names| format!("it is a name server of {names}"));
    let senders = named(RecordType::Txt).map(|names| format!("SPF of {names} includes its record"));
    join_and(mail.into_iter().chain(zones).chain(senders))
}

/// Returns the sentences about the records that change with the name: mail that is delivered there until the switch,
/// and the others.
fn caution(name: &Name, mail: &[&Question], others: &[&Question]) -> String {
    let name = backticked(name);
    let mail = few(mail.iter().map(|set| backticked(&set.name)).collect()).map(|domains| {
        format!(
            "Mail of {domains} is delivered to {name} until the MX records change: make both edits together."
        )
    });
    let shown = |set: &&Question| format!("{} ({})", backticked(&set.name), set.rtype);
    let (lead, change, them, they) = match others.len() {
        1 => ("leads", "changes", "it", "it is"),
        _ => ("lead", "change", "them", "they are"),
    };
    let others = few(others.iter().map(shown).collect()).map(|others| {
        format!(
            "{others} {lead} to {name} and {change} with it: give {them} another target first if {they} still used."
        )
    });
    mail.into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

/// Joins words for a sentence, with a number in place of the last ones if they are many; `None` if there are none.
pub(super) fn few(mut words: Vec<String>) -> Option<String> {
    let more = words.len().saturating_sub(MOST_NAMED);
    words.truncate(MOST_NAMED);
    words.extend((more > 0).then(|| format!("{more} more")));
    (!words.is_empty()).then(|| join_and(words))
}
