//! Fixes the SPF record with the smallest edit.
//!
//! The result is one record. Other senders stay, in their order. A term that receivers cannot parse is repaired if its
//! meaning is clear, and otherwise left out, since a record with it authorizes no sender. The include of the platform
//! being left stays until `tidy`. Lookups are counted for the record as it will be published, so that the cost can be
//! reported with the edit.

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::{Phase, meant_include};
use crate::facts::{FactsView, LookupFailure, PlannedRecords};
use crate::record::spf::{Meaning, Mechanism, SpfRecord, Term, is_spf};
use crate::record::{Name, Question, RecordData, RecordSet, RecordType, Text};

use super::included::Reader;
use super::moved::{self, Hosts, Moved};
use super::repair::repaired;
use super::sender::names_the_same;
use super::tally::{Fault, FaultKind, Nested, Tally};
use super::terms::Terms;
use super::walk;
use super::{Edit, SpfJudge, backticked, join_and, shown, text_of};

/// The maximum number of dropped terms named.
const MOST_NAMED: usize = 20;

/// The edits of the fix, and the resulting record.
pub(super) struct Fix {
    /// The edits of the domain's own record, and of records of the domain that it includes; empty if no edit of the
    /// zone helps.
    pub(super) edits: Vec<Edit>,
    /// The record as it will be published.
    pub(super) record: SpfRecord,
    /// The count of lookups and errors of that record.
    pub(super) after: Tally,
    /// All TXT records at the domain, as they will be.
    pub(super) texts: BTreeSet<RecordData>,
    /// The typing errors that are corrected: each term as it is shown, and a sentence about it.
    pub(super) corrected: Vec<(String, String)>,
    /// The decisions that merging made, as sentences.
    pub(super) decided: Vec<String>,
    /// Invalid terms whose meaning is not clear. They are dropped, since a record with them authorizes no sender.
    pub(super) dropped: Vec<String>,
    /// Senders that the admin named but that are not added to the record, each with the reason, as sentences.
    pub(super) left_out: Vec<String>,
    /// The terms that work today and lie behind the limit of lookups in the record to publish.
    pub(super) pushed_out: Vec<String>,
    /// True if the record itself is not edited, because receivers would reject it: the published one works.
    pub(super) is_withheld: bool,
}

/// Returns the fix. `instead_of` is an invalid TXT record that was meant to be the SPF record.
///
/// Hosts that the plan takes out of the MX records are named, unless only their addresses keep the record within the
/// limits of receivers.
pub(super) fn fix(
    judge: &SpfJudge<'_>,
    records: &[&SpfRecord],
    instead_of: Option<&Text>,
) -> Result<Fix, LookupFailure> {
    let named = fix_with(judge, records, instead_of, Hosts::ByName)?;
    if !exceeds_limits(&named.after) || judge.case.phase() < Phase::Switch {
        return Ok(named);
    }
    let by_address = fix_with(judge, records, instead_of, Hosts::ByAddress)?;
    let cost = |fix: &Fix| (exceeds_limits(&fix.after), fix.after.lookups, fix.after.voids.len());
    Ok(if cost(&by_address) < cost(&named) { by_address } else { named })
}

/// Returns the fix with hosts written in one of two ways.
fn fix_with(
    judge: &SpfJudge<'_>,
    records: &[&SpfRecord],
    instead_of: Option<&Text>,
    hosts: Hosts,
) -> Result<Fix, LookupFailure> {
    let domain = &judge.case.subject.domain;
    let view = judge.case.view;
    let before: Vec<Tally> =
        records.iter().map(|record| walk::tally(judge.reader, domain, record, judge.include)).collect();
    let mut terms = Terms::merged(domain, records);
    let corrected = terms.correct(|term| meant(judge, term));
    let mut own: BTreeMap<Name, (Edit, Vec<String>)> = BTreeMap::new();
    let pairs = records.iter().zip(&before);
    let moved: Vec<Moved> =
        pairs.flat_map(|(record, tally)| moved::moved(judge, record, tally, hosts)).collect();
    for tally in &before {
        for fault in &tally.faults {
            match place(fault, domain) {
                Place::Here(term) => terms.remove(term),
                Place::Wide(term) => terms.narrow(term),
                // An alias, for example from a wildcard, leads back to the domain, whose own include of it can be
                // removed.
                Place::OwnRecord(holder) if fault.kind == FaultKind::Loop && !is_own(judge, holder) => {
                    terms.remove(&fault.top);
                }
                Place::OwnRecord(holder) => repair_own(judge, holder, tally, &moved, &mut own)?,
                Place::Elsewhere => {}
            }
        }
        if tally.voids.len() > super::MOST_VOID_LOOKUPS {
            // A term that becomes void by the plan is replaced by the senders that it authorizes now.
            let is_moved = |term: &str| moved.iter().any(|one| one.holder == *domain && one.term == term);
            tally.void_terms().filter(|term| !is_moved(term)).for_each(|term| terms.remove(term));
            let holders: BTreeSet<&Name> = tally.nested.iter().map(|nested| &nested.holder).collect();
            for holder in holders.into_iter().filter(|holder| *holder != domain && is_own(judge, holder)) {
                if !void_terms_at(judge, holder, tally).is_empty() {
                    repair_own(judge, holder, tally, &moved, &mut own)?;
                }
            }
        }
        for (holder, _) in judge.sources_in_own_records(tally) {
            repair_own(judge, &holder, tally, &moved, &mut own)?;
        }
        for one in moved.iter().filter(|one| one.holder != *domain) {
            repair_own(judge, &one.holder, tally, &moved, &mut own)?;
        }
    }
    for one in &moved {
        if one.holder == *domain && one.is_kept {
            let new = terms.put_before(&one.term, &one.instead);
            terms.decided.extend((!new.is_empty()).then(|| one.replacement(&new, false)));
        } else if one.holder == *domain {
            let new = terms.replace_by(&one.term, &one.instead);
            terms.decided.extend(new.map(|new| one.replacement(&new, false)));
        } else if !is_own(judge, &one.holder) {
            let new = terms.put_before(&one.top, &one.instead);
            terms.decided.extend((!new.is_empty()).then(|| one.replacement(&new, true)));
        }
    }
    if judge.case.phase() >= Phase::Tidy {
        terms.leave(|meaning| judge.is_of_sure_source(meaning).is_some());
    }
    let mut planned = view.planned.clone();
    own.values().for_each(|(edit, _)| publish(&mut planned, edit));
    let with_own = FactsView { planned: &planned, ..view };
    let edited = Reader::new(&with_own);
    let reader = if own.is_empty() { judge.reader } else { &edited };
    let tally_of = |record: &SpfRecord| walk::tally(reader, domain, record, judge.include);
    match needs_include(judge, &terms.record(records), tally_of, !moved.is_empty())? {
        Needed::No => {}
        Needed::Last => terms.add_include(judge.include),
        Needed::First => terms.add_include_first(judge.include),
        Needed::BeforeFailing => {
            terms.add_include_first(judge.include);
            terms.decided.push(format!(
                "`include:{}` goes first, so that failing terms cannot stop mail from Microsoft 365",
                judge.include.without_trailing_dot()
            ));
        }
    }
    // Without a record, no sender fails SPF, so a platform that still sends has to be included before this record is
    // published.
    let is_published = instead_of.is_some() || judge.set.data.iter().filter_map(text_of).any(is_spf);
    let still_sends = judge.case.source.filter(|_| !is_published && judge.case.phase() < Phase::Tidy);
    if let Some(source) = still_sends {
        let include = source.spf_include().filter(|include| judge.reader.may_have_record(include));
        terms.decided.push(match &include {
            Some(include) => format!(
                "`include:{}` stays until nothing is sent from {} any more",
                include.without_trailing_dot(),
                source.short
            ),
            None => format!("add the include of {} too while it still sends for the domain", source.short),
        });
        include.iter().for_each(|include| terms.add_include(include));
    }
    let mut left_out = Vec::new();
    for sender in &judge.case.subject.spf_senders {
        let mut with_sender = terms.clone();
        with_sender.add(&sender.text);
        let tally = tally_of(&terms.record(records));
        let is_missing = judge.lacks(sender, &terms.record(records), &tally);
        if !is_missing {
            continue;
        }
        // A term that would break the record, or would authorize no host, is not added.
        match useless(&tally_of(&with_sender.record(records)), sender) {
            Some(why) => left_out.push(format!(
                "`{}` is not added, because {why}: compare it with what was meant",
                shown(&sender.text)
            )),
            None => terms = with_sender,
        }
    }
    let dropped = dropped(records);
    let record = terms.record(records);
    let replaced =
        |data: &&RecordData| text_of(data).is_some_and(|text| is_spf(text) || instead_of == Some(text));
    let published = RecordData::Txt(Text::from(record.to_string().as_str()));
    let kept = judge.set.data.iter().filter(|data| !replaced(data)).cloned();
    let texts: BTreeSet<RecordData> = kept.chain([published]).collect();
    let name = judge.expectation.name.clone();
    let after = tally_of(&record);
    let exceeds = exceeds_limits(&after);
    let pushed_out = pushed_out(&before, &moved, &after);
    // Too many lookups break the record for senders that pass now. Where the published record is already broken, the
    // edit makes nothing worse, and senders of terms that the plan replaces are lost without it.
    let is_working = instead_of.is_some()
        || records.len() <= 1
            && before.iter().all(|tally| tally.faults.is_empty() && !exceeds_limits(tally))
            && records.iter().all(|record| record.broken().next().is_none());
    let is_withheld = exceeds && is_working && moved.is_empty();
    // DNS does not show which other services send as a domain that has mail but no record.
    let is_guess = records.is_empty()
        && instead_of.is_none()
        && judge.case.subject.spf_senders.is_empty()
        && has_mail(judge);
    if is_guess {
        terms.decided.push(
            "List every other service that sends as this domain first (`--spf-sender`): mail of a service that is not \
             listed fails SPF"
                .into(),
        );
    }
    // The domain of a typing error may exist, and send for the domain by intent.
    let may_send = |term: &Term| term.included().is_some_and(|name| judge.reader.may_have_record(name));
    let is_doubtful = is_guess || exceeds || corrected.iter().any(|(term, _)| may_send(term));
    let confirm = !dropped.is_empty() || !moved.is_empty() || still_sends.is_some() || is_doubtful;
    let is_edited = texts != judge.set.data && !is_withheld;
    let here = is_edited.then(|| Edit { confirm, ..edit(name, texts.clone()) });
    let corrected: Vec<(String, String)> =
        corrected.iter().map(|(term, instead)| (shown(&term.text), typing_error(term, instead))).collect();
    let (own, of_own): (Vec<Edit>, Vec<Vec<String>>) = own.into_values().unzip();
    let edits = here.into_iter().chain(own).collect();
    let mut decided = std::mem::take(&mut terms.decided);
    if is_edited {
        let lost = terms.lost(records, &record).into_iter();
        let is_corrected = |term: &String| corrected.iter().any(|(typed, _)| typed == term);
        let lost = lost.map(|term| shown(&term.text));
        let lost = lost.filter(|term| !names(&decided, term) && !is_corrected(term));
        decided.extend(listed(lost).map(|lost| format!("The plan drops {lost}")));
    }
    decided.extend(of_own.into_iter().flatten());
    Ok(Fix { edits, after, record, texts, corrected, decided, dropped, left_out, pushed_out, is_withheld })
}

/// Returns the terms that receivers evaluate today, or that replace such a term, and that lie behind the limit of
/// lookups in the record to publish.
fn pushed_out(before: &[Tally], moved: &[Moved], after: &Tally) -> Vec<String> {
    let [before] = before else { return Vec::new() };
    if !before.faults.is_empty() {
        return Vec::new();
    }
    let (reached, _) = before.split_at_limit();
    let (_, beyond) = after.split_at_limit();
    let was_reached = |term: &str| {
        let is_new = || moved.iter().any(|one| one.instead.iter().any(|new| new == term));
        reached.iter().any(|known| known.eq_ignore_ascii_case(term)) || is_new()
    };
    beyond.into_iter().filter(|term| was_reached(term)).map(shown).collect()
}

/// Returns the sentence about a term that is corrected.
fn typing_error(term: &Term, instead: &str) -> String {
    format!("`{}` becomes `{instead}`, since it looks like a typing error", shown(&term.text))
}

/// Lists terms for a sentence, with a number in place of the last ones if they are many; `None` if there are none.
fn listed(terms: impl Iterator<Item = String>) -> Option<String> {
    let mut listed: Vec<String> = terms.map(|term| format!("`{term}`")).collect();
    let more = listed.len().saturating_sub(MOST_NAMED);
    listed.truncate(MOST_NAMED);
    listed.extend((more > 0).then(|| format!("{more} more")));
    (!listed.is_empty()).then(|| join_and(listed))
}

/// Returns whether one of the sentences is about a term.
fn names(decided: &[String], term: &str) -> bool {
    decided.iter().any(|sentence| sentence.contains(&format!("`{term}`")))
}

/// Returns whether receivers reject a record with this tally because of its lookups.
pub(super) fn exceeds_limits(tally: &Tally) -> bool {
    tally.lookups > super::MOST_LOOKUPS || tally.voids.len() > super::MOST_VOID_LOOKUPS
}

/// Returns whether the domain has an MX record that is not null; true if that is not known.
fn has_mail(judge: &SpfJudge<'_>) -> bool {
    let question = Question::new(judge.case.subject.domain.clone(), RecordType::Mx);
    let Ok(answer) = judge.case.view.answer(&question) else { return true };
    answer.set.data.iter().filter_map(RecordData::target).any(|host| !host.is_root())
}

/// Returns the term that one with a typing error in Microsoft's name was meant to be; `None` for a sender that the admin
/// named.
pub(super) fn meant(judge: &SpfJudge<'_>, term: &Term) -> Option<String> {
    let senders = &judge.case.subject.spf_senders;
    if senders.iter().any(|sender| names_the_same(&sender.meaning, &term.meaning)) {
        return None;
    }
    let meant = meant_include(term.included()?).filter(|meant| judge.reader.may_have_record(meant))?;
    let word = if matches!(term.meaning, Meaning::Redirect(_)) { "redirect=" } else { "include:" };
    Some(format!("{word}{}", meant.without_trailing_dot()))
}

/// Returns the reason why a sender that the admin named is useless in the record; `None` if it authorizes a host.
fn useless(tally: &Tally, sender: &Term) -> Option<&'static str> {
    let fault = tally.faults.iter().find(|fault| fault.top == sender.text);
    if let Some(fault) = fault {
        return Some(match fault.kind {
            FaultKind::NoRecord => "its domain has no SPF record, so every check would fail",
            FaultKind::PassesEveryone => "it authorizes every sender",
            FaultKind::Placeholder => "it names the domain of an example",
            FaultKind::Loop
            | FaultKind::Several
            | FaultKind::Unreadable
            | FaultKind::NotADomain
            | FaultKind::ManyMailHosts => "every check of the record would fail with it",
        });
    }
    let is_void = tally.void_terms().any(|term| term == sender.text);
    is_void.then_some("its name has no address, so it authorizes no host")
}

fn edit(name: Name, after: BTreeSet<RecordData>) -> Edit {
    Edit { name, rtype: RecordType::Txt, after, ttl: None, confirm: false, cautions: Vec::new() }
}

pub(super) fn publish(planned: &mut PlannedRecords, edit: &Edit) {
    let set = RecordSet { data: edit.after.clone(), ttl: edit.ttl.unwrap_or_default() };
    planned.insert(Question::new(edit.name.clone(), edit.rtype), set);
}

/// The place at which a fault can be fixed.
enum Place<'a> {
    /// In the checked record, by removing this term.
    Here(&'a str),
    /// In the checked record, by narrowing this term.
    Wide(&'a str),
    /// In an included record of the domain itself.
    OwnRecord(&'a Name),
    /// In a record of a third party.
    Elsewhere,
}

fn place<'a>(fault: &'a Fault, domain: &Name) -> Place<'a> {
    if fault.holder == *domain {
        return match fault.kind {
            FaultKind::Loop | FaultKind::NoRecord | FaultKind::Placeholder | FaultKind::NotADomain => {
                Place::Here(&fault.term)
            }
            FaultKind::PassesEveryone => Place::Wide(&fault.term),
            FaultKind::Several if fault.about.is_within(domain) => Place::OwnRecord(&fault.about),
            FaultKind::Several | FaultKind::Unreadable | FaultKind::ManyMailHosts => Place::Elsewhere,
        };
    }
    if fault.holder.is_within(domain) {
        return Place::OwnRecord(&fault.holder);
    }
    // A third party's record leads back to the domain, so only the domain's own include of it can be removed.
    if fault.kind == FaultKind::Loop && fault.about.is_within(domain) {
        return Place::Here(&fault.top);
    }
    Place::Elsewhere
}

/// Returns whether the TXT records at a name belong to the domain. A CNAME leads to those of a third party.
pub(super) fn is_own(judge: &SpfJudge<'_>, holder: &Name) -> bool {
    let answer = judge.case.view.own_answer(&Question::new(holder.clone(), RecordType::Txt));
    holder.is_within(&judge.case.subject.domain) && answer.is_ok_and(|answer| answer.chain.is_empty())
}

/// Returns the `a` terms of an included record whose names have no address.
fn void_terms_at<'t>(judge: &SpfJudge<'_>, holder: &Name, tally: &'t Tally) -> Vec<&'t str> {
    let own = &judge.case.subject.domain;
    let is_void = |nested: &&Nested| match &nested.term.meaning {
        Meaning::Mechanism(_, Mechanism::A(Some(domain))) => {
            domain.expanded(holder, own).is_ok_and(|name| tally.voids.contains(&name))
        }
        _ => false,
    };
    let here = tally.nested.iter().filter(|nested| nested.holder == *holder);
    here.filter(is_void).map(|nested| nested.term.text.as_str()).collect()
}

/// Merges the SPF records at an included name of the domain into one valid record, once for each name.
fn repair_own(
    judge: &SpfJudge<'_>,
    holder: &Name,
    tally: &Tally,
    moved: &[Moved],
    own: &mut BTreeMap<Name, (Edit, Vec<String>)>,
) -> Result<(), LookupFailure> {
    if own.contains_key(holder) || !is_own(judge, holder) {
        return Ok(());
    }
    let set = judge.case.view.set(holder, RecordType::Txt)?;
    let records: Vec<SpfRecord> = set.data.iter().filter_map(text_of).filter_map(SpfRecord::parse).collect();
    let records: Vec<&SpfRecord> = records.iter().collect();
    let mut terms = Terms::merged(holder, &records);
    for (term, instead) in terms.correct(|term| meant(judge, term)) {
        terms.decided.push(typing_error(&term, &instead));
    }
    let faults = tally.faults.iter().filter(|fault| fault.holder == *holder);
    for fault in faults {
        match fault.kind {
            FaultKind::Several | FaultKind::ManyMailHosts => {}
            FaultKind::PassesEveryone => terms.narrow(&fault.term),
            FaultKind::Loop
            | FaultKind::NoRecord
            | FaultKind::Placeholder
            | FaultKind::NotADomain
            | FaultKind::Unreadable => terms.remove(&fault.term),
        }
    }
    let mut decided = Vec::new();
    for one in moved.iter().filter(|one| one.holder == *holder) {
        let new = match one.is_kept {
            true => Some(terms.put_before(&one.term, &one.instead)).filter(|new| !new.is_empty()),
            false => terms.replace_by(&one.term, &one.instead),
        };
        decided.extend(new.map(|new| one.replacement(&new, false)));
    }
    if tally.voids.len() > super::MOST_VOID_LOOKUPS {
        void_terms_at(judge, holder, tally).iter().for_each(|term| terms.remove(term));
    }
    let confirm = !decided.is_empty();
    if judge.case.phase() >= Phase::Tidy {
        terms.leave(|meaning| judge.is_of_sure_source(meaning).is_some());
    }
    let record = terms.record(&records);
    let mut repairs = std::mem::take(&mut terms.decided);
    let lost = terms.lost(&records, &record).into_iter().map(|term| shown(&term.text));
    let lost = lost.filter(|term| !names(&decided, term) && !names(&repairs, term));
    let lost = listed(lost).map(|lost| format!("the plan drops {lost}"));
    repairs.extend(lost);
    let holder_word = backticked(holder);
    decided.extend(repairs.into_iter().map(|sentence| format!("In the record of {holder_word}: {sentence}")));
    let record = RecordData::Txt(Text::from(record.to_string().as_str()));
    let kept = set.data.iter().filter(|data| !text_of(data).is_some_and(is_spf)).cloned();
    let after: BTreeSet<RecordData> = kept.chain([record]).collect();
    if after != set.data {
        own.insert(holder.clone(), (Edit { confirm, ..edit(holder.clone(), after) }, decided));
    }
    Ok(())
}

fn dropped(records: &[&SpfRecord]) -> Vec<String> {
    let repaired = records.iter().map(|record| repaired(record));
    repaired
        .flat_map(|record| record.broken().map(|(term, _)| term.text.clone()).collect::<Vec<_>>())
        .collect()
}

/// The position at which Microsoft's include has to be added.
enum Needed {
    No,
    /// After the last mechanism.
    Last,
    /// Before all terms, since another one would match first.
    First,
    /// Before all terms, since other ones make the check fail for senders after them, or cost void lookups.
    BeforeFailing,
}

/// Returns the position at which Microsoft's include has to be added to the record to publish, if at all.
fn needs_include(
    judge: &SpfJudge<'_>,
    record: &SpfRecord,
    tally_of: impl Fn(&SpfRecord) -> Tally,
    has_new_terms: bool,
) -> Result<Needed, LookupFailure> {
    let tally = tally_of(record);
    if judge.sends_through_gateway(record, &tally)? || judge.is_sold_by_reseller(record)? {
        return Ok(Needed::No);
    }
    // An include of a domain without an SPF record would break the whole record (RFC 7208 §5.2).
    if !judge.reader.may_have_record(judge.include) {
        return Ok(Needed::No);
    }
    // If counting was stopped at a limit, the include may be in the rest, and no edit makes the record right.
    Ok(match tally.refused_by {
        // Terms in place of those that the plan changes may leave the include behind the limits.
        _ if has_new_terms && exceeds_limits(&tally) && is_behind(record, judge.include) => {
            Needed::BeforeFailing
        }
        _ if tally.includes_microsoft || tally.is_cut => Needed::No,
        Some(_) => Needed::First,
        // Receivers stop at the first match (RFC 7208 §4.6.2), and count only the lookups up to it.
        None if !tally.faults.is_empty()
            || !tally.voids.is_empty()
            || tally.lookups >= super::MOST_LOOKUPS =>
        {
            Needed::BeforeFailing
        }
        None => Needed::Last,
    })
}

/// Returns whether the record itself includes the domain, behind other terms.
fn is_behind(record: &SpfRecord, include: &Name) -> bool {
    record.evaluated().position(|term| super::is_include_of(&term.meaning, include)).is_some_and(|at| at > 0)
}
