//! Parses the targets of DKIM CNAMEs.
//!
//! Both forms that Microsoft uses are read, and typing errors in them are reported.

use std::borrow::Cow;

use crate::check::{backticked, placeholder};
use crate::expected::{Cloud, Purpose};
use crate::provider::distance;
use crate::record::Name;

/// The parts of a DKIM target.
pub(super) struct Target {
    /// The number of the selector, 1 or 2.
    pub(super) number: u8,
    /// The token that Microsoft derives from the domain.
    pub(super) token: String,
    /// The tenant's name.
    pub(super) tenant: String,
    /// The cloud, if the form of the target shows it.
    pub(super) cloud: Option<Cloud>,
}

/// Returns whether the target has the form of a key that Microsoft keeps.
pub(in crate::check) fn is_key_target(target: &Name) -> bool {
    read(target).is_some()
}

/// Parses `selector1-TOKEN._domainkey.TENANT.onmicrosoft.com` or `….TENANT.PARTITION.dkim.mail.microsoft`.
pub(super) fn read(target: &Name) -> Option<Target> {
    // The first label rules out nearly every other name.
    if !target.first_label()?.starts_with(b"selector") {
        return None;
    }
    let labels: Vec<Cow<'_, str>> = target.labels().map(String::from_utf8_lossy).collect();
    let [first, domainkey, tenant, rest @ ..] = &labels[..] else { return None };
    let (number, token) = first.strip_prefix("selector")?.split_once('-')?;
    let number = number.parse().ok().filter(|number| (1..=2).contains(number))?;
    if domainkey != "_domainkey" || token.is_empty() {
        return None;
    }
    let suffix = rest.join(".");
    let cloud =
        Cloud::ALL.into_iter().find(|cloud| cloud.value(Purpose::InitialDomain) == Some(suffix.as_str()));
    let newer = rest.len() == 4
        && rest[1..] == ["dkim", "mail", "microsoft"]
        && crate::expected::is_partition(&rest[0]);
    let (token, tenant) = (token.to_owned(), tenant.to_string());
    (cloud.is_some() || newer).then_some(Target { number, token, tenant, cloud })
}

/// Returns the same target with another selector number.
pub(super) fn renumbered(target: &Name, number: u8) -> Option<Name> {
    let first = String::from_utf8_lossy(target.first_label()?).to_ascii_lowercase();
    let (_, token) = first.strip_prefix("selector")?.split_once('-')?;
    target.parent()?.prepend(&format!("selector{number}-{token}")).ok()
}

/// Returns the intended target if the word `selector` is misspelled, as in `elector1-contoso-com`.
pub(super) fn misspelt(target: &Name) -> Option<Name> {
    let first = String::from_utf8_lossy(target.first_label()?).to_ascii_lowercase();
    let (front, token) = first.split_once('-')?;
    let word = front.strip_suffix(['1', '2'])?;
    if word == "selector" || distance(word, "selector") > 2 {
        return None;
    }
    let number = front.strip_prefix(word)?;
    let meant = target.parent()?.prepend(&format!("selector{number}-{token}")).ok()?;
    is_key_target(&meant).then_some(meant)
}

/// Returns why the target is not valid, if it was mistyped.
pub(super) fn mistyped(target: &Name, domain: &Name) -> Option<String> {
    if placeholder::is_placeholder(target, domain) {
        return Some(placeholder::REASON.into());
    }
    if let Some(meant) = misspelt(target) {
        return Some(format!("it is misspelled; the key is at {}", backticked(&meant)));
    }
    dotless(target, domain).map(|(_, zone)| {
        format!("the final dot is missing, so the zone name {} was appended", backticked(&zone))
    })
}

/// Returns the intended target if the final dot is missing in the zone, and the zone name that was appended.
pub(super) fn dotless(target: &Name, domain: &Name) -> Option<(Name, Name)> {
    let mut zones = domain.ancestors().take_while(|parent| parent.label_count() > 1);
    zones.find_map(|zone| Some((target.without_suffix(&zone).filter(is_key_target)?, zone)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, token, tenant) in [
            ("selector1-contoso-com._domainkey.contoso.onmicrosoft.com", "contoso-com", "contoso"),
            (
                "Selector2-blueyonder-com01b._domainkey.Contoso.n-v1.dkim.mail.microsoft",
                "blueyonder-com01b",
                "contoso",
            ),
            ("selector1-contoso-com._domainkey.contoso.onmicrosoft.us", "contoso-com", "contoso"),
            ("selector1-contoso-com._domainkey.contoso.partner.onmschina.cn", "contoso-com", "contoso"),
        ] {
            let target = read(&text.parse().unwrap()).unwrap();
            assert_eq!((target.token.as_str(), target.tenant.as_str()), (token, tenant), "{text}");
        }
        for text in [
            "selector3-contoso-com._domainkey.contoso.onmicrosoft.com",
            "selector1._domainkey.contoso.onmicrosoft.com",
            "selector1-contoso-com._domainkey.contoso.nv1.dkim.mail.microsoft",
            "selector1-contoso-com._domainkey.onmicrosoft.com",
            "s1._domainkey.fabrikam.com",
        ] {
            assert!(read(&text.parse().unwrap()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_selector_is_read_as_it_was_meant() {
        let meant = |text: &str| misspelt(&text.parse().unwrap()).map(|meant| meant.without_trailing_dot());
        let right = "selector1-contoso-com._domainkey.contoso.onmicrosoft.com";
        for text in ["elector1", "slector1", "Selecter1", "selectors1"] {
            let typed = right.replace("selector1", text);
            assert_eq!(meant(&typed).as_deref(), Some(right), "{text}");
        }
        assert_eq!(meant(right), None);
        assert_eq!(meant("s1-contoso-com._domainkey.contoso.onmicrosoft.com"), None);
        assert_eq!(meant("elector1-contoso-com._domainkey.contoso.fabrikam.com"), None);
    }

    #[test]
    fn the_other_number_changes_nothing_else() {
        let target: Name =
            "selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft".parse().unwrap();
        let other = renumbered(&target, 1).unwrap();
        assert_eq!(
            other.without_trailing_dot(),
            "selector1-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft"
        );
    }
}
