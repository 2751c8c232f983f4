//! Is a text a DMARC policy, and can receivers use it?

use crate::record::tags::TagList;
use crate::record::{RecordData, RecordSet, Text};

/// How strict the policy is that receivers apply to the domain; `None` where there is none.
pub(in crate::check) fn policy(set: &RecordSet) -> Option<&'static str> {
    let mut policies = policies(set);
    let (Some(policy), None) = (policies.next(), policies.next()) else { return None };
    asked(policy, "p")
}

/// How strict the policy is for what lies below the domain, which may be another one (RFC 7489 §6.3, `sp`).
pub(in crate::check) fn policy_below(set: &RecordSet) -> Option<&'static str> {
    let all = policy(set)?;
    Some(policies(set).next().and_then(|policy| asked(policy, "sp")).unwrap_or(all))
}

fn asked(policy: &Text, tag: &str) -> Option<&'static str> {
    let lossy = policy.lossy();
    let asked = TagList::parse(&lossy).get(tag).map(str::to_ascii_lowercase)?;
    POLICIES.into_iter().find(|known| *known == asked)
}

/// What a receiver may be asked to do (RFC 7489 §6.3), the milder first.
pub(super) const POLICIES: [&str; 3] = ["none", "quarantine", "reject"];

pub(super) fn texts(set: &RecordSet) -> impl Iterator<Item = &Text> {
    set.data.iter().filter_map(|data| match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    })
}

pub(super) fn policies(set: &RecordSet) -> impl Iterator<Item = &Text> {
    texts(set).filter(|text| is_policy(text))
}

/// Whether receivers take the text for a policy: `v=DMARC1` comes first (RFC 7489 §6.4).
pub(super) fn is_policy(text: &Text) -> bool {
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    list.version().is_some_and(|tag| tag.name == "v" && tag.value == "DMARC1")
}

/// Whether the set holds exactly one policy, a valid one.
pub(in crate::check) fn is_right(set: &RecordSet) -> bool {
    let mut policies = policies(set);
    policies.next().is_some_and(|policy| fault(policy).is_none()) && policies.next().is_none()
}

/// Whether a text that is no policy was meant to be one.
pub(super) fn looks_like_policy(text: &Text) -> bool {
    let plain: String =
        text.lossy().chars().filter(|character| !" \"'“”\u{a0}".contains(*character)).collect();
    let plain = plain.to_ascii_lowercase();
    !is_policy(text) && (plain.starts_with("v=dmarc") || plain.starts_with("dmarc1"))
}

/// What receivers cannot make sense of; `None` for a valid policy.
pub(super) fn fault(text: &Text) -> Option<String> {
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

/// The policy and where reports go, for a sentence.
pub(super) fn shown(text: &Text) -> String {
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    let reports = if list.get("rua").is_some() { "with reports" } else { "without reports" };
    format!("`p={}`, {reports}", list.get("p").unwrap_or_default())
}

/// The valid policy that is nearest to what was published: faulty tags are left out, and a missing `p` asks for nothing.
pub(super) fn repaired(text: &Text) -> String {
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
