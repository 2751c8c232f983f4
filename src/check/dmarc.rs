//! Does exactly one valid DMARC policy hold for the domain?
//!
//! Receivers look at `_dmarc` of the domain, then of the organizational domain, and leave aside every text that does not
//! begin with `v=DMARC1`; of several policies none counts (RFC 7489 §6.6.3).

use std::collections::BTreeSet;

use crate::expected::{Expectation, Subject};
use crate::facts::Silence;
use crate::record::tags::TagList;
use crate::record::{Name, Question, RecordData, RecordSet, RecordType, Text};

use super::{Case, Code, Edit, Finding, alias, ticked, wildcard};

/// Judges the policy.
pub(super) fn judge(case: &Case<'_>, expectation: &Expectation) -> Result<Finding, Silence> {
    let answer = case.sight.answer(&Question::new(expectation.name.clone(), RecordType::Txt))?;
    if let (true, Some(first), Some(host)) =
        (answer.set.is_empty(), answer.chain.first(), answer.chain.last())
    {
        let alias = RecordSet { data: BTreeSet::from([RecordData::Cname(first.clone())]), ttl: 0 };
        if !alias::is_wildcard(case, &expectation.name, &alias)? {
            return Ok(hosted(case, host));
        }
    }
    let set = answer.set;
    let policies: Vec<&Text> = policies(&set).collect();
    // What only a wildcard says is not there to be kept or replaced.
    let wrong = !is_right(&set) && wildcard::is_from_wildcard(case, &expectation.question(), &set)?;
    let own = if wrong { RecordSet::default() } else { set.clone() };
    let bench = Bench { case, expectation, set: &set, own: &own };
    match &policies[..] {
        [] => bench.none(),
        [policy] => Ok(bench.one(policy)),
        several => Ok(bench.several(several)),
    }
}

/// The policy is kept by somebody else, to whom an alias leads.
fn hosted(case: &Case<'_>, host: &Name) -> Finding {
    let none = RecordSet::default();
    if case.sight.facts.is_offline() && !host.is_within(&case.subject.domain) {
        let message = format!("the policy is kept at {}, which lies outside the zone files", ticked(host));
        return Finding::new(Code::Met, message, &none);
    }
    // What the alias is for, and whether it may go, only the admin knows.
    let message =
        format!("the policy should be kept at {}, and there is none; ask whoever runs that", ticked(host));
    Finding::new(Code::DmarcMissing, message, &none)
}

/// The organizational domain, where it is another one than the subject's: its policy holds for what lies below it.
pub(super) fn organizational_domain(subject: &Subject) -> Option<Name> {
    let bare = subject.domain.bare();
    let organizational: Name = psl::domain_str(&bare)?.parse().ok()?;
    (organizational != subject.domain).then_some(organizational)
}

/// How strict the policy is that receivers apply to the domain; `None` where there is none.
pub(super) fn policy(set: &RecordSet) -> Option<&'static str> {
    let mut policies = policies(set);
    let (Some(policy), None) = (policies.next(), policies.next()) else { return None };
    let lossy = policy.lossy();
    let asked = TagList::parse(&lossy).get("p").map(str::to_ascii_lowercase)?;
    POLICIES.into_iter().find(|known| *known == asked)
}

/// What a receiver may be asked to do (RFC 7489 §6.3), the milder first.
const POLICIES: [&str; 3] = ["none", "quarantine", "reject"];

fn texts(set: &RecordSet) -> impl Iterator<Item = &Text> {
    set.data.iter().filter_map(|data| match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    })
}

fn policies(set: &RecordSet) -> impl Iterator<Item = &Text> {
    texts(set).filter(|text| is_policy(text))
}

/// Whether receivers take the text for a policy: `v=DMARC1` comes first (RFC 7489 §6.4).
fn is_policy(text: &Text) -> bool {
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    list.version().is_some_and(|tag| tag.name == "v" && tag.value == "DMARC1")
}

/// Whether the set holds exactly one policy, a valid one.
pub(super) fn is_right(set: &RecordSet) -> bool {
    let mut policies = policies(set);
    policies.next().is_some_and(|policy| fault(policy).is_none()) && policies.next().is_none()
}

/// Whether a text that is no policy was meant to be one.
fn looks_like_policy(text: &Text) -> bool {
    let plain: String =
        text.lossy().chars().filter(|character| !" \"'“”\u{a0}".contains(*character)).collect();
    let plain = plain.to_ascii_lowercase();
    !is_policy(text) && (plain.starts_with("v=dmarc") || plain.starts_with("dmarc1"))
}

/// What receivers cannot make sense of; `None` for a valid policy.
fn fault(text: &Text) -> Option<String> {
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    if let Some(part) = list.broken.first() {
        return Some(format!("`{part}` is no `tag=value`"));
    }
    if let Some(name) = list.repeated() {
        return Some(format!("`{name}` stands twice"));
    }
    let known = |value: &str| POLICIES.iter().any(|policy| policy.eq_ignore_ascii_case(value));
    match list.get("p") {
        None => return Some("`p` is missing, which says what to do with mail that fails".into()),
        Some(value) if !known(value) => {
            return Some(format!("`p={value}` is none of `none`, `quarantine` and `reject`"));
        }
        Some(_) => {}
    }
    for (name, value) in list.tags.iter().map(|tag| (tag.name, tag.value)) {
        let good = match name {
            "sp" => known(value),
            "pct" => value.parse().is_ok_and(|share: u8| share <= 100),
            "adkim" | "aspf" => ["r", "s"].iter().any(|mode| mode.eq_ignore_ascii_case(value)),
            "ri" => value.parse::<u32>().is_ok(),
            "rua" | "ruf" => value.split(',').all(|uri| {
                uri.trim().split_once(':').is_some_and(|(scheme, rest)| {
                    !scheme.is_empty()
                        && scheme
                            .bytes()
                            .all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
                        && !rest.is_empty()
                })
            }),
            _ => true,
        };
        if !good {
            return Some(format!("`{name}={value}` is not allowed (RFC 7489 §6.3)"));
        }
    }
    None
}

struct Bench<'a> {
    case: &'a Case<'a>,
    expectation: &'a Expectation,
    /// What receivers see.
    set: &'a RecordSet,
    /// What stands at the name itself, and not in a wildcard.
    own: &'a RecordSet,
}

impl Bench<'_> {
    fn one(&self, policy: &Text) -> Finding {
        let observed = self.of(&[policy]);
        match fault(policy) {
            None => Finding::new(Code::Met, format!("one policy, {}", shown(policy)), &observed),
            Some(why) => {
                let message = format!("receivers cannot use the policy: {why}");
                Finding::new(Code::DmarcInvalid, message, &observed)
                    .cured_by([self.with_one(repaired(policy))])
            }
        }
    }

    fn several(&self, policies: &[&Text]) -> Finding {
        let message = format!(
            "{} policies are published, and receivers then apply none (RFC 7489 §6.6.3)",
            policies.len()
        );
        // The mildest one stays: none is applied now, and mail must not be refused unexpectedly.
        let strength = |text: &&&Text| {
            let lossy = text.lossy();
            let asked = TagList::parse(&lossy).get("p").map(str::to_ascii_lowercase);
            (fault(text).is_some(), POLICIES.iter().position(|policy| Some(*policy) == asked.as_deref()))
        };
        let kept = policies.iter().min_by_key(strength).map(|text| repaired(text)).unwrap_or_default();
        Finding::new(Code::DmarcMultiple, message, &self.of(policies)).cured_by([self.with_one(kept)])
    }

    fn none(&self) -> Result<Finding, Silence> {
        if let Some(text) = texts(self.set).find(|text| looks_like_policy(text)) {
            let message = format!("{text} is no policy: it must begin with `v=DMARC1;`");
            let cure = self.with_one(repaired(text));
            return Ok(Finding::new(Code::DmarcInvalid, message, &self.of(&[text])).cured_by([cure]));
        }
        let apex = self.case.sight.set(&self.case.subject.domain, RecordType::Txt)?;
        if let Some(text) = policies(&apex).next() {
            return Ok(self.misplaced(text, &apex));
        }
        let doubled = alias::doubled(self.case, &self.expectation.name, RecordType::Txt)?;
        // A wildcard answers there as well, with texts that are no policy.
        if let Some(doubled) = doubled
            && policies(&self.case.sight.set(&doubled, RecordType::Txt)?).next().is_some()
        {
            let message = format!(
                "the policy was published as {}: the DNS host puts the zone's name behind what is typed",
                ticked(&doubled)
            );
            let cure = [alias::deletion(doubled, RecordType::Txt), self.with_one(String::new())];
            return Ok(Finding::new(Code::DmarcMisplaced, message, &RecordSet::default()).cured_by(cure));
        }
        if let Some(organizational) = organizational_domain(self.case.subject) {
            let inherited = match organizational.below("_dmarc") {
                Ok(name) => self.case.sight.set(&name, RecordType::Txt)?,
                Err(_) => RecordSet::default(),
            };
            if policy(&inherited).is_some() {
                let message = format!("the policy of {} holds here as well", ticked(&organizational));
                return Ok(Finding::new(Code::DmarcInherited, message, &RecordSet::default()));
            }
        }
        let message = "no policy says what to do with mail that only pretends to be from the domain";
        Ok(Finding::new(Code::DmarcMissing, message, &RecordSet::default())
            .cured_by([self.with_one(String::new())]))
    }

    fn misplaced(&self, text: &Text, apex: &RecordSet) -> Finding {
        let domain = &self.case.subject.domain;
        let message = format!(
            "the policy stands at {} and receivers look at {}",
            ticked(domain),
            ticked(&self.expectation.name)
        );
        let gone = RecordData::Txt(text.clone());
        let without = Edit {
            name: domain.clone(),
            rtype: RecordType::Txt,
            after: apex.data.iter().filter(|data| **data != gone).cloned().collect(),
            ttl: None,
            confirm: false,
        };
        let observed = RecordSet { data: BTreeSet::from([gone]), ttl: apex.ttl };
        Finding::new(Code::DmarcMisplaced, message, &observed)
            .cured_by([without, self.with_one(repaired(text))])
    }

    fn of(&self, texts: &[&Text]) -> RecordSet {
        RecordSet {
            data: texts.iter().map(|text| RecordData::Txt((*text).clone())).collect(),
            ttl: self.set.ttl,
        }
    }

    /// The set with this policy alone, or the one to begin with if it is empty; other texts stay.
    fn with_one(&self, policy: String) -> Edit {
        let wanted = match policy.is_empty() {
            true => self.expectation.data.to_vec(),
            false => vec![RecordData::Txt(Text::from(policy.as_str()))],
        };
        let meant = |data: &&RecordData| match data {
            RecordData::Txt(text) => is_policy(text) || looks_like_policy(text),
            _ => false,
        };
        let kept = self.own.data.iter().filter(|data| !meant(data)).cloned();
        Edit {
            name: self.expectation.name.clone(),
            rtype: RecordType::Txt,
            after: kept.chain(wanted).collect(),
            ttl: if self.own.is_empty() { Some(self.expectation.ttl) } else { None },
            confirm: false,
        }
    }
}

/// The policy and where reports go, for a sentence.
fn shown(text: &Text) -> String {
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    let reports = if list.get("rua").is_some() { "with reports" } else { "without reports" };
    format!("`p={}`, {reports}", list.get("p").unwrap_or_default())
}

/// The valid policy that is nearest to what was published: faulty tags are left out, and a missing `p` asks for nothing.
fn repaired(text: &Text) -> String {
    let plain: String =
        text.lossy().chars().filter(|character| !"\"'“”\u{a0}".contains(*character)).collect();
    let list = TagList::parse(&plain);
    let mut parts = vec!["v=DMARC1".to_owned()];
    let asked = list.get("p").map(str::to_ascii_lowercase);
    let asked = asked.filter(|asked| POLICIES.contains(&asked.as_str())).unwrap_or_else(|| "none".into());
    parts.push(format!("p={asked}"));
    for tag in &list.tags {
        let alone = Text::from(format!("v=DMARC1; p=none; {}={}", tag.name, tag.value).as_str());
        let again = parts.iter().any(|part| part.starts_with(&format!("{}=", tag.name)));
        if !["v", "p"].contains(&tag.name) && !again && fault(&alone).is_none() {
            parts.push(format!("{}={}", tag.name, tag.value));
        }
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_v_dmarc1_first_makes_a_policy() {
        for text in ["v=DMARC1; p=none", "v = DMARC1;p=reject;"] {
            assert!(is_policy(&Text::from(text)), "{text}");
        }
        for text in ["v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC10; p=none", "", "v=spf1 -all"] {
            assert!(!is_policy(&Text::from(text)), "{text}");
        }
    }

    #[test]
    fn faults_are_found_and_repaired() {
        for (text, repaired_text) in [
            ("v=DMARC1", "v=DMARC1; p=none"),
            ("v=DMARC1; p=monitor; rua=mailto:a@contoso.com", "v=DMARC1; p=none; rua=mailto:a@contoso.com"),
            ("v=DMARC1; p=reject; p=none", "v=DMARC1; p=reject"),
            ("v=DMARC1; p=reject; rua=a@contoso.com", "v=DMARC1; p=reject"),
            ("v=DMARC1; p=reject; pct=101", "v=DMARC1; p=reject"),
            ("v=DMARC1; reject", "v=DMARC1; p=none"),
        ] {
            assert!(fault(&Text::from(text)).is_some(), "{text}");
            assert_eq!(repaired(&Text::from(text)), repaired_text, "{text}");
            assert_eq!(fault(&Text::from(repaired_text)), None, "{repaired_text}");
        }
        assert_eq!(
            fault(&Text::from("v=DMARC1; p=none; rua=mailto:a@b.example!10m,mailto:c@d.example; fo=1")),
            None
        );
    }
}
