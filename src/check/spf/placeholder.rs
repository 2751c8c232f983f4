//! Recognizes SPF placeholders copied from guides.
//!
//! Receivers cannot parse `include:<your-provider>` or `ip4:x.x.x.x`. Names below example.com are reserved (RFC 2606
//! §3). Other names that sound like an example may be registered, so they are reported only if they have no SPF record.

use crate::check::placeholder::is_kept_for_examples;
use crate::record::Name;

/// Labels that guides write in place of a real name.
const EXAMPLES: &[&str] = &[
    "domain",
    "company",
    "customdomain",
    "hostname",
    "mydomain",
    "placeholder",
    "provider",
    "token",
    "yourcompany",
    "yourdomain",
    "yourhost",
    "yourprovider",
];

/// Returns whether an invalid term is a placeholder.
pub(super) fn is_term(term: &str) -> bool {
    let value = term.split_once([':', '=']).map_or("", |(_, value)| value).to_ascii_lowercase();
    let (address, _) = value.split_once('/').unwrap_or((&value, ""));
    let labels: Vec<&str> = address.split('.').collect();
    let lettered = labels.len() == 4 && labels.iter().any(|label| is_lettered(label));
    let bracketed =
        value.contains(['<', '>', '[', ']', '*', '…']) || value.contains('{') && !value.contains("%{");
    !value.is_empty() && (bracketed || lettered || labels.iter().any(|label| sounds(label)))
}

/// Returns whether an include in a record of the checked domain itself names a reserved domain. Records of third
/// parties are not checked for that.
pub(super) fn is_placeholder(included: &Name, holder: &Name, checked: &Name) -> bool {
    holder.is_within(checked) && is_reserved(included, checked)
}

/// Returns whether a domain is reserved; never the checked domain itself.
fn is_reserved(name: &Name, checked: &Name) -> bool {
    is_kept_for_examples(name, checked) || name.labels().flatten().any(|octet| b"<>*[]{}".contains(octet))
}

/// Returns whether a name sounds like an example, in a label that does not occur in the checked domain.
pub(super) fn sounds_like_one(name: &Name, checked: &Name) -> bool {
    let borne = |label: &[u8]| checked.labels().any(|own| own == label);
    name.labels().filter(|label| !borne(label)).any(|label| sounds(&String::from_utf8_lossy(label)))
}

fn sounds(label: &str) -> bool {
    let letters: String = label.chars().filter(char::is_ascii_alphabetic).collect();
    letters.contains("example") || EXAMPLES.contains(&letters.as_str()) || letters.starts_with("yourd")
}

/// Returns whether a label is a part of an address with letters for digits: `x.x.x.x`, `xxx.xxx.xxx.xxx` or
/// `192.0.2.x`.
fn is_lettered(label: &str) -> bool {
    !label.is_empty() && label.len() <= 3 && label.bytes().all(|octet| b"xn#y".contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn terms_of_guides_are_told_from_mistakes() {
        for term in [
            "include:<token>",
            "ip4:x.x.x.x",
            "ip4:xxx.xxx.xxx.xxx/24",
            "ip4:192.0.2.x",
            "ip4:<your ip",
            "include:token",
            "include:{domain}",
            "include:[provider]",
            "include:*.example",
            "ip4:your.domain",
        ] {
            assert!(is_term(term), "{term}");
        }
        for term in [
            "include:",
            "–all",
            "ip4:192.0.2.300",
            "ip4:192.0.2.25/33",
            "include:localhost",
            "exists:%{z}",
            "ipv4:192.0.2.1",
            "nonsense",
            "a:mail..contoso.com",
        ] {
            assert!(!is_term(term), "{term}");
        }
    }

    #[test]
    fn names_of_examples_are_told_unless_the_domain_bears_them() {
        assert!(is_reserved(&name("_spf.example.com"), &name("contoso.com")));
        assert!(is_reserved(&name("<token>.contoso.com"), &name("contoso.com")));
        assert!(!is_reserved(&name("_spf.example.com"), &name("example.com")));
        assert!(!is_reserved(&name("shop.example"), &name("contoso.com")));
        for text in ["spf.example", "spf.yourdomain.com", "your-domain.com", "_spf.myexample.net"] {
            assert!(sounds_like_one(&name(text), &name("contoso.com")), "{text}");
        }
        assert!(!sounds_like_one(&name("spf.example"), &name("contoso.example")));
        assert!(!sounds_like_one(&name("mail.mydomain.com"), &name("mydomain.com")));
        assert!(!sounds_like_one(&name("shop.fabrikam.com"), &name("contoso.com")));
    }
}
