//! Checks that the DKIM selectors point to Microsoft's keys.
//!
//! Both forms of the target are right; Microsoft decides which one a tenant gets. An alias without a key has no effect:
//! the key has to exist, but one of the two may be missing until the first rotation.
//!
//! The file is long because it has one function for each state of a selector, which can be compared side by side.

mod target;

use std::collections::BTreeSet;

use crate::expected::{Expectation, Purpose, Selector};
use crate::facts::{FactsView, LookupFailure, PlannedRecords};
use crate::record::tags::TagList;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType, Text};

use super::{Case, Code, Edit, Finding, alias, backticked, doubled, join_and, placeholder, wildcard};
use target::{Target, dotless, misspelt, mistyped, read, renumbered};

/// Checks the alias for one key.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    selector: &Selector,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, RecordType::Cname)?;
    let judge = DkimJudge { case, expectation, selector, set: &set };
    let finding = match &set.data.iter().filter_map(RecordData::target).collect::<Vec<_>>()[..] {
        [] => judge.without_alias()?,
        [target] => judge.with_alias(target)?,
        several => {
            let name = backticked(&expectation.name);
            let kept = expectation.data.iter().find_map(RecordData::target);
            let gone = several.iter().filter(|target| Some(**target) != kept);
            let gone = join_and(gone.map(|target| backticked(target)));
            let message = match kept {
                Some(kept) => {
                    format!(
                        "Delete the CNAMEs of {name} to {gone}: only the one to {} may stay.",
                        backticked(kept)
                    )
                }
                None => format!(
                    "Delete all but one of the CNAMEs of {name} ({gone}): the Defender portal shows which one stays."
                ),
            };
            judge.replacing(judge.wrong(Code::AliasElsewhere, message), &gone)
        }
    };
    Ok(if alias::is_proxied(case, expectation) { alias::behind_proxy(finding, expectation) } else { finding })
}

struct DkimJudge<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    selector: &'a Selector,
    set: &'a RecordSet,
}

impl DkimJudge<'_> {
    /// Reads in one batch everything that may be published in place of the alias.
    fn read_near_misses(&self) {
        let (view, name) = (&self.case.view, &self.expectation.name);
        view.batch(|| {
            for rtype in [RecordType::Txt, RecordType::A] {
                view.read(&Question::new(name.clone(), rtype));
            }
            doubled::read(self.case, name, RecordType::Cname);
        });
    }

    fn without_alias(&self) -> Result<Finding, LookupFailure> {
        let name = &self.expectation.name;
        self.read_near_misses();
        let texts = self.case.view.set(name, RecordType::Txt)?;
        if let Some(key) = texts.data.iter().find(|data| is_key(data)) {
            let observed = RecordSet { data: [key.clone()].into(), ttl: texts.ttl };
            if let Some(target) = self.flattened(key)? {
                let message = format!(
                    "{} has the same key as {}: the DNS host flattens the CNAME. If the key was copied by \
                     hand, replace it with the CNAME: a copy stops working at the next rotation",
                    backticked(name),
                    backticked(&target)
                );
                return Ok(Finding::new(Code::DkimFlattened, message, &observed));
            }
            if let Some(target) = self.unread_target() {
                let message = format!(
                    "{} holds a key where an alias belongs; no zone file covers {}, so it cannot be seen whether it is the \
                     same key: add `--resolver` to look it up",
                    backticked(name),
                    backticked(&target)
                );
                // Whatever signs with another key would stop passing DKIM, so nothing is replaced unseen.
                return Ok(Finding::new(Code::NotInZoneFiles, message, &observed));
            }
            let message = format!(
                "Replace the DKIM key at {} with the CNAME: Microsoft cannot rotate a copied key.",
                backticked(name)
            );
            let mut finding = self.wrong(Code::DkimKeyInstead, message);
            finding.observed = observed;
            return Ok(self.replacing(finding, "the present key"));
        }
        let mut addresses = wildcard::own(self.case, name, RecordType::A).data;
        // A web proxy publishes addresses of both families.
        if !addresses.is_empty() {
            addresses.extend(wildcard::own(self.case, name, RecordType::Aaaa).data);
        }
        if !addresses.is_empty() && addresses.iter().all(alias::is_proxy) {
            let shown = join_and(addresses.iter().map(|data| format!("`{data}`")));
            let message = format!(
                "Switch {} to \"DNS only\": it resolves to {shown}, a web proxy that hides the DKIM key.",
                backticked(name)
            );
            let mut finding = self.wrong(Code::AliasProxied, message);
            finding.observed = RecordSet { data: addresses, ttl: 0 };
            return Ok(finding);
        }
        if let Some(doubled) = doubled::found(self.case, name, RecordType::Cname)? {
            return self.doubled(doubled);
        }
        if let Some(target) = self.beside_sibling()? {
            let message = format!(
                "Add the CNAME {} to {}: Microsoft 365 needs both selectors to sign mail for your domain, and the other \
                 one leads to this tenant.",
                backticked(name),
                backticked(&target)
            );
            let fix = self.edit([RecordData::Cname(target)].into());
            return Ok(self.wrong(Code::AliasMissing, message).fixed_by([fix]));
        }
        Ok(self.wrong(
            Code::AliasMissing,
            format!(
                "Add the CNAME {}: Microsoft 365 needs it to sign mail \
            for your domain.{}",
                backticked(name),
                self.hint()
            ),
        ))
    }

    /// Returns the target that belongs to the published one of the other selector: both have the same form, tenant and
    /// token. `None` if the user gave a target, or if the other one is wrong.
    fn beside_sibling(&self) -> Result<Option<Name>, LookupFailure> {
        if self.expectation.origin == crate::expected::Origin::Given {
            return Ok(None);
        }
        // A planned target counts: it is the one that was published with the zone name twice, or follows the same rule.
        let Some(sibling) = self.other_target(&self.case.view)? else { return Ok(None) };
        let Some(key) = read(&sibling) else { return Ok(None) };
        let is_other = key.number != self.selector.number;
        let is_of_domain = self.selector.token.as_ref().is_none_or(|token| *token == key.token);
        let target = renumbered(&sibling, self.selector.number).filter(|_| is_other && is_of_domain);
        Ok(target.and_then(|target| self.carried(&target)))
    }

    /// Returns the finding about the record that was published with the zone name twice. Its target is published at the
    /// right name, unless the user gave another one: it is better evidence than a rule.
    fn doubled(&self, doubled: Name) -> Result<Finding, LookupFailure> {
        let there = self.case.view.own_answer(&Question::new(doubled.clone(), RecordType::Cname))?;
        let is_given = self.expectation.origin == crate::expected::Origin::Given;
        let carried = there.set.data.iter().find_map(RecordData::target).filter(|_| !is_given);
        let carried = carried.and_then(|target| self.carried(target));
        let target =
            carried.clone().or_else(|| self.expectation.data.iter().find_map(RecordData::target).cloned());
        let what = target.map(|target| format!(" with the target {}", backticked(&target)));
        let message = format!(
            "Publish the CNAME {}{} and delete {}: your DNS host appends the zone name to what you type.{}",
            backticked(&self.expectation.name),
            what.as_deref().unwrap_or_default(),
            backticked(&doubled),
            if what.is_some() { String::new() } else { self.hint() }
        );
        let mut finding = self.wrong(Code::AliasDoubledName, message);
        if let Some(target) = carried {
            finding.fix = vec![self.edit([RecordData::Cname(target)].into())];
        }
        // What is published there is the only sign of the target until the right name has it.
        if !finding.fix.is_empty() {
            finding.fix.insert(0, Edit::deletion(doubled, RecordType::Cname));
        }
        Ok(finding)
    }

    /// Returns the key of this selector to which a target that was published at another name leads: the target itself,
    /// or the one that was meant.
    fn carried(&self, target: &Name) -> Option<Name> {
        let target = match read(target) {
            Some(key) if key.number == self.selector.number => target.clone(),
            Some(_) => renumbered(target, self.selector.number)?,
            None => self.meant(target)?,
        };
        let key = read(&target)?;
        let is_of_cloud =
            key.cloud.is_none_or(|cloud| cloud.shares(self.selector.cloud, Purpose::InitialDomain));
        let is_of_tenant = self.selector.tenant.as_ref().is_none_or(|tenant| *tenant == key.tenant);
        (is_of_cloud && is_of_tenant && !self.is_placeholder(&target, &key)).then_some(target)
    }

    /// Returns the sentence that says where the target is shown; empty if an edit names it.
    fn hint(&self) -> String {
        match (self.expectation.data.is_empty(), self.selector.newer_target()) {
            (false, _) => String::new(),
            // The older form was withdrawn, so the domain is a recent one.
            (true, Some(newer)) => {
                format!(" The Defender portal shows the target, `{newer}` with a letter in place of `<x>`.")
            }
            (true, None) => " The Defender portal shows the target.".into(),
        }
    }

    fn with_alias(&self, target: &Name) -> Result<Finding, LookupFailure> {
        let name = backticked(&self.expectation.name);
        let domain = &self.case.subject.domain;
        let Some(read) = read(target) else {
            if wildcard::is_wildcard_alias(self.case, &self.expectation.name, self.set)? {
                let message = format!(
                    "Add the CNAME {name}: it is not published, and a wildcard answers \
                    with {}.",
                    backticked(target)
                );
                return Ok(self.wrong(Code::AliasFromWildcard, message));
            }
            if let Some(why) = mistyped(target, domain) {
                let message = format!("Correct the target of {name}: it is {} ({why}).", backticked(target));
                let mut finding = self.wrong(Code::AliasMalformedTarget, message);
                // The intended target is known even if the tenant's name is not.
                if let Some(meant) = self.meant(target).filter(|_| finding.fix.is_empty()) {
                    finding.fix = vec![self.edit([RecordData::Cname(meant)].into())];
                }
                return Ok(finding);
            }
            let message = format!(
                "Change the CNAME {name}: {} is not a DKIM key of Microsoft's. If another service signs with \
                 it, give that service another selector first.",
                backticked(target)
            );
            return Ok(self.replacing(self.wrong(Code::AliasElsewhere, message), &backticked(target)));
        };
        if self.is_placeholder(target, &read) {
            let message = format!(
                "Correct the target of {name}: it is {} ({}).",
                backticked(target),
                placeholder::REASON
            );
            return Ok(self.wrong(Code::AliasMalformedTarget, message));
        }
        if let (crate::expected::Origin::Given, Some(RecordData::Cname(given))) =
            (self.expectation.origin, self.expectation.data.first())
            && given != target
            && read.number == self.selector.number
        {
            let message = format!(
                "Change the CNAME {name}: it points to {} and not to {}.",
                backticked(target),
                backticked(given)
            );
            let finding = self.wrong(Code::AliasElsewhere, message);
            // Microsoft publishes the keys of a tenant at the targets of both forms.
            let is_same = read_tenant(given).is_some_and(|tenant| tenant == read.tenant);
            return Ok(if is_same { finding } else { self.replacing(finding, &backticked(target)) });
        }
        if let Some(cloud) =
            read.cloud.filter(|cloud| !cloud.shares(self.selector.cloud, Purpose::InitialDomain))
        {
            let message =
                format!("Change the CNAME {name}: {} is a key of {}.", backticked(target), cloud.title());
            return Ok(self.replacing(self.wrong(Code::AliasWrongCloud, message), &backticked(target)));
        }
        if let Some(tenant) = self.selector.tenant.as_ref().filter(|tenant| **tenant != read.tenant) {
            let message = format!(
                "Change the CNAME {name}: it points to a key of the tenant `{}` and not of \
                    `{tenant}`.",
                read.tenant
            );
            return Ok(self.replacing(self.wrong(Code::AliasElsewhere, message), &backticked(target)));
        }
        if read.number != self.selector.number {
            return self.crossed(target);
        }
        self.with_key(target, &read)
    }

    /// Returns the intended target, with its spelling fixed or the appended zone name removed, if that is a key of this
    /// selector.
    fn meant(&self, target: &Name) -> Option<Name> {
        let meant = misspelt(target).or_else(|| Some(dotless(target, &self.case.subject.domain)?.0))?;
        read(&meant).filter(|key| key.number == self.selector.number && !self.is_placeholder(&meant, key))?;
        Some(meant)
    }

    /// Returns the finding about a target of the other selector. The fix is what the other record points to if the two
    /// were mixed up, else the same target with this selector's number.
    fn crossed(&self, target: &Name) -> Result<Finding, LookupFailure> {
        let name = backticked(&self.expectation.name);
        // Reads the other record as published: a planned fix of it is not evidence.
        let untouched = PlannedRecords::new();
        let theirs = self.other_target(&FactsView { planned: &untouched, ..self.case.view })?;
        let theirs =
            theirs.filter(|theirs| read(theirs).is_some_and(|theirs| theirs.number == self.selector.number));
        let renumbered = || renumbered(target, self.selector.number);
        let meant = match &theirs {
            Some(theirs) => Some(theirs.clone()),
            None => renumbered(),
        };
        let advice = match &meant {
            Some(meant) if theirs.is_some() => {
                format!(" The two selectors are swapped: its target is {}.", backticked(meant))
            }
            Some(meant) => format!(" Its own target is {}.", backticked(meant)),
            None => String::new(),
        };
        let message = format!(
            "Change the CNAME {name}: {} is the key of the other selector.{advice}",
            backticked(target)
        );
        let mut finding = self.wrong(Code::AliasElsewhere, message);
        // The published target is better evidence than a rule: the tenant may have the newer form.
        if let Some(meant) = meant {
            let confirm = theirs.is_none();
            finding.fix = vec![Edit { confirm, ..self.edit([RecordData::Cname(meant)].into()) }];
        }
        Ok(finding)
    }

    /// Returns whether a target of the right form was copied from a guide. One that the user gave was not.
    fn is_placeholder(&self, target: &Name, read: &Target) -> bool {
        let domain = &self.case.subject.domain;
        let of_guide =
            |label: &str| label.parse().is_ok_and(|label: Name| placeholder::is_placeholder(&label, domain));
        let expected = self.expectation.data.iter().any(|data| data.target() == Some(target));
        let tenant = self.selector.tenant.is_none() && of_guide(&read.tenant);
        !expected && (tenant || of_guide(&read.token))
    }

    /// Returns the expected target if the key that is published in place of the alias is the key at that target.
    fn flattened(&self, key: &RecordData) -> Result<Option<Name>, LookupFailure> {
        let Some(target) = self.expectation.data.iter().find_map(RecordData::target) else { return Ok(None) };
        let there = self.case.view.set(target, RecordType::Txt)?;
        let same = there.data.iter().any(|data| is_key(data) && public_key(data) == public_key(key));
        Ok(same.then(|| target.clone()))
    }

    /// Returns the expected target if it lies outside the zone files.
    fn unread_target(&self) -> Option<Name> {
        let target = self.expectation.data.iter().find_map(RecordData::target)?;
        let answer = self.case.view.answer(&Question::new(target.clone(), RecordType::Txt)).ok()?;
        (answer.existence == crate::facts::Existence::Outside).then(|| target.clone())
    }

    fn with_key(&self, target: &Name, read: &Target) -> Result<Finding, LookupFailure> {
        let name = backticked(&self.expectation.name);
        match self.key_at(target)? {
            None | Some(true) => {
                let other = self.selector.token.as_ref().is_some_and(|token| *token != read.token);
                let note = if other { ", a key of another domain" } else { "" };
                Ok(Finding::new(
                    Code::Met,
                    format!("{name} points to {}{note}", backticked(target)),
                    self.set,
                ))
            }
            Some(false) if self.other_has_key()? => {
                let message = format!("{name} is correct; its key appears at the first rotation");
                Ok(Finding::new(Code::DkimKeyPending, message, self.set))
            }
            Some(false) => {
                let message = format!(
                    "Turn on DKIM signing in the Defender portal: {name} is correct, but its target {} has \
                     no valid key.",
                    backticked(target)
                );
                Ok(Finding::new(Code::DkimNotEnabled, message, self.set))
            }
        }
    }

    /// Returns whether there is a key at the target; `None` if the target lies outside the zone files.
    fn key_at(&self, target: &Name) -> Result<Option<bool>, LookupFailure> {
        let answer = self.case.view.answer(&Question::new(target.clone(), RecordType::Txt))?;
        let outside = answer.existence == crate::facts::Existence::Outside;
        Ok((!outside).then(|| answer.set.data.iter().any(is_usable_key)))
    }

    fn other_has_key(&self) -> Result<bool, LookupFailure> {
        match self.other_target(&self.case.view)? {
            Some(target) => Ok(self.key_at(&target)?.unwrap_or(false)),
            None => Ok(false),
        }
    }

    /// Returns the target of the other selector if it is a key of Microsoft's.
    fn other_target(&self, view: &FactsView<'_>) -> Result<Option<Name>, LookupFailure> {
        let other = if self.selector.number == 1 { "selector2._domainkey" } else { "selector1._domainkey" };
        let Ok(name) = self.case.subject.domain.prepend(other) else { return Ok(None) };
        let set = view.set(&name, RecordType::Cname)?;
        let target = set.data.iter().find_map(RecordData::target);
        Ok(target.filter(|target| read(target).is_some()).cloned())
    }

    fn wrong(&self, code: Code, message: String) -> Finding {
        let fix = self.edit(self.expectation.data.iter().cloned().collect());
        let finding = Finding::new(code, message, self.set);
        // Without the tenant's name, the record to publish instead is not known.
        if fix.after.is_empty() { finding } else { finding.fixed_by([fix]) }
    }

    /// Marks the edits that replace a key with which another service or tenant may sign.
    fn replacing(&self, mut finding: Finding, key: &str) -> Finding {
        let caution = format!(
            "Mail that is signed with {key} fails DKIM after this edit: if another service or tenant signs with it, give \
             that one another selector first."
        );
        finding.fix.iter_mut().for_each(|edit| edit.caution(&caution));
        finding
    }

    fn edit(&self, after: BTreeSet<RecordData>) -> Edit {
        Edit {
            name: self.expectation.name.clone(),
            rtype: RecordType::Cname,
            after,
            ttl: Some(self.expectation.ttl),
            confirm: true,
            cautions: Vec::new(),
        }
    }
}

/// Marks an edit that deletes a text published at the selector: another service may sign with it, or use it otherwise.
pub(super) fn with_deleted_key_confirmed(
    case: &Case<'_>,
    expectation: &Expectation,
    mut finding: Finding,
) -> Finding {
    let is_deletion = |edit: &Edit| {
        (&edit.name, edit.rtype) == (&expectation.name, RecordType::Txt) && edit.after.is_empty()
    };
    // An edit that is marked already says which key it is.
    let deletion = finding.fix.iter_mut().find(|edit| is_deletion(edit) && edit.cautions.is_empty());
    if let Some(deletion) = deletion {
        let texts = wildcard::own(&case.without_asking(), &expectation.name, RecordType::Txt);
        let caution = match texts.data.iter().any(is_key) {
            true => {
                "Mail that is signed with the key in this TXT record fails DKIM after this edit: if another service signs with \
                 it, give that one another selector first."
            }
            false => "Make sure that nothing uses this TXT record: it is deleted.",
        };
        deletion.caution(caution);
    }
    finding
}

/// Returns the tenant to which a target belongs; `None` if it is not a key of Microsoft's.
fn read_tenant(target: &Name) -> Option<String> {
    read(target).map(|target| target.tenant)
}

/// Returns whether the record holds a public key that is not withdrawn (RFC 6376 §3.6.1: an empty `p=` withdraws it).
pub(super) fn is_key(data: &RecordData) -> bool {
    let RecordData::Txt(text) = data else { return false };
    has_key(text)
}

/// Returns whether verifiers can use the record (RFC 6376 §3.6.1, RFC 8463 §3): `v=DKIM1` comes first or is left out,
/// `p` is base64, and the key type and service type are known ones.
fn is_usable_key(data: &RecordData) -> bool {
    let RecordData::Txt(text) = data else { return false };
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    let version = list.tags.iter().position(|tag| tag.name == "v").is_none_or(|at| at == 0);
    let one_of = |name: &str, known: &[&str]| {
        let mut values = list.get(name).unwrap_or("*").split(':').map(str::trim);
        values.any(|value| value == "*" || known.contains(&value))
    };
    let key = public_key(data).unwrap_or_default();
    let is_well_formed = list.broken.is_empty() && list.repeated().is_none();
    is_well_formed
        && version
        && list.get("v").is_none_or(|version| version == "DKIM1")
        && is_base64(&key)
        && list.get("k").is_none_or(|kind| ["rsa", "ed25519"].contains(&kind))
        && one_of("s", &["email"])
        && one_of("h", &["sha256"])
}

/// Returns whether a text is base64 and not empty (RFC 6376 §2.10), with up to two `=` as padding.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |octet: u8| octet.is_ascii_alphanumeric() || b"+/".contains(&octet);
    !digits.is_empty() && text.len() - digits.len() <= 2 && digits.bytes().all(is_digit)
}

/// Returns the value of `p`, without blanks.
fn public_key(data: &RecordData) -> Option<String> {
    let RecordData::Txt(text) = data else { return None };
    let lossy = text.lossy();
    let key =
        TagList::parse(&lossy).get("p")?.chars().filter(|character| !character.is_whitespace()).collect();
    Some(key)
}

fn has_key(text: &Text) -> bool {
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    let version = list.get("v").is_none_or(|version| version == "DKIM1");
    version && list.get("p").is_some_and(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_key_is_none() {
        assert!(has_key(&Text::from("v=DKIM1; k=rsa; p=MIGf")));
        assert!(has_key(&Text::from("k=rsa; p=MIGf")));
        for text in ["v=DKIM1; p=", "v=DKIM2; p=MIGf", "", "p"] {
            assert!(!has_key(&Text::from(text)), "{text}");
        }
    }
}
