//! Recognizes names copied from guides.
//!
//! Guides write `<token>`, `contoso` or `yourdomain` where the reader's own value belongs. A word that occurs in the
//! checked domain itself is not a placeholder.

use std::sync::LazyLock;

use crate::record::Name;

/// The reason that a message gives for a name that is a placeholder.
pub(super) const REASON: &str = "it is a placeholder from a guide";

/// Labels that guides use as placeholders, as a whole label or before a hyphen.
const WORDS: &[&str] = &[
    "yourdomain",
    "your-domain",
    "yourdomainname",
    "mydomain",
    "my-domain",
    "domain-com",
    "domain-key",
    "domainkey",
    "domainguid",
    "domain-guid",
    "domainname",
    "example-com",
    "mx-token",
    "yourtenant",
    "your-tenant",
    "tenantname",
    "initialdomain",
    "initial-domain",
];

/// The fictional companies of Microsoft's guides.
const COMPANIES: [&str; 2] = ["contoso", "fabrikam"];

/// Domains that are reserved for examples (RFC 2606 §3).
static EXAMPLES: LazyLock<Vec<Name>> = LazyLock::new(|| {
    ["example.com", "example.net", "example.org"].iter().filter_map(|example| example.parse().ok()).collect()
});

/// Returns whether the name was copied from a guide; names that belong to the checked domain were not.
pub(super) fn is_placeholder(target: &Name, domain: &Name) -> bool {
    if target.labels().flatten().any(is_mark) {
        return true;
    }
    if is_kept_for_examples(target, domain) {
        return true;
    }
    // Names below the domain belong to it.
    if target.is_within(domain) {
        return false;
    }
    // Names are already in lower case.
    target.labels().map(String::from_utf8_lossy).any(|label| {
        let label = without_selector(&label);
        let bears = |word: &&str| begins_with(label, word) && !is_borne(word, domain);
        WORDS.iter().any(bears) || COMPANIES.iter().any(bears) && !is_sample(domain)
    })
}

/// Returns whether the name is reserved (RFC 2606 §3), and the checked domain is not itself reserved.
pub(super) fn is_kept_for_examples(name: &Name, domain: &Name) -> bool {
    EXAMPLES.iter().any(|example| name.is_within(example) && !domain.is_within(example))
}

/// Returns whether the checked domain itself is from a guide or a lab, in which the companies of the guides are
/// expected.
fn is_sample(domain: &Name) -> bool {
    let bare = domain.without_trailing_dot();
    let labels = || bare.split('.');
    let reserved = ["example", "test", "invalid", "localhost"];
    labels().next_back().is_some_and(|last| reserved.contains(&last))
        || labels()
            .any(|label| label == "example" || COMPANIES.iter().any(|company| label.starts_with(company)))
}

/// Returns whether the octet marks a placeholder in guides and cannot occur in a host name.
fn is_mark(octet: &u8) -> bool {
    matches!(octet, b'<' | b'>' | b'*' | b'[' | b']' | b'{' | b'}' | b'(' | b')' | b'%' | b'#' | b'$')
}

/// Returns whether the label is the word, or begins with the word and a hyphen.
fn begins_with(label: &str, word: &str) -> bool {
    // The first octet decides nearly always, and is compared without a call.
    label.as_bytes().first() == word.as_bytes().first()
        && label.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Returns whether the word occurs in the domain itself.
fn is_borne(word: &str, domain: &Name) -> bool {
    domain.without_trailing_dot().replace('.', "-").contains(word)
}

/// Returns the part of a label after Microsoft's selector number, as in `selector1-contoso-com`.
fn without_selector(label: &str) -> &str {
    let rest = label.strip_prefix("selector").and_then(|rest| rest.split_once('-'));
    match rest {
        Some((number, token)) if number.bytes().all(|octet| octet.is_ascii_digit()) => token,
        _ => label,
    }
}

/// Returns whether the text is a verification text that was never filled in, such as `MS=msXXXXXXXX` or
/// `MS=ms########`.
#[must_use]
pub fn is_placeholder_text(text: &str) -> bool {
    let plain: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let lower = plain.trim_matches(['"', '\'']).to_ascii_lowercase();
    let Some(value) = lower.strip_prefix("ms=") else { return false };
    if value.as_bytes().iter().any(is_mark) {
        return true;
    }
    let digits = value.strip_prefix("ms").unwrap_or(value);
    let sample = |character: char| matches!(character, 'x' | 'n' | '.' | '…' | '?' | '_');
    digits.is_empty() || digits.chars().all(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(target: &str, domain: &str) -> bool {
        is_placeholder(&target.parse().unwrap(), &domain.parse().unwrap())
    }

    #[test]
    fn samples_of_guides_are_seen() {
        for target in [
            "<token>.mail.protection.outlook.com",
            "*example*.mail.protection.outlook.com",
            "[domain].mail.protection.outlook.com",
            "{domain}.mail.protection.outlook.com",
            "contoso-com.mail.protection.outlook.com",
            "Contoso-com.o-v1.mx.microsoft",
            "yourdomain-com.mail.protection.outlook.com",
            "domain-com.mail.protection.outlook.com",
            "domain-key.mail.protection.outlook.com",
            "selector1-northwindtraders-com._domainkey.contoso.onmicrosoft.com",
            "selector2-yourdomain-com._domainkey.northwind.onmicrosoft.com",
            "mail.contoso.com",
            "mail.example.com",
        ] {
            assert!(is(target, "northwindtraders.com"), "{target}");
        }
    }

    #[test]
    fn what_the_domain_bears_itself_is_its_own() {
        for (target, domain) in [
            ("contoso-com.mail.protection.outlook.com", "contoso.com"),
            ("contoso-co-uk.mail.protection.outlook.com", "contoso.co.uk"),
            ("mail-contoso-com.mail.protection.outlook.com", "mail.contoso.com"),
            ("contosoltd-com03b.mail.protection.outlook.com", "contoso-ltd.com"),
            ("contoso-com.mail.protection.outlook.com", "contoso-ltd.com"),
            ("mail.contoso.example.com", "contoso.example.com"),
            ("selector1-contoso-com._domainkey.contoso.onmicrosoft.com", "contoso.com"),
            ("yourdomain-com.mail.protection.outlook.com", "yourdomain.com"),
            ("mail.fabrikam.com", "fabrikam.com"),
            ("contoso.fabrikam.com", "contoso.fabrikam.com"),
            ("fabrikam-com.mail.protection.outlook.com", "contoso.com"),
            ("contosopharmacy-com.mail.protection.outlook.com", "contosopharmacy.com"),
            ("mail.fabrikam.example", "contoso.com"),
            ("sipfed.online.lync.com", "contoso.com"),
            ("domains.fabrikam.net", "contoso.com"),
            ("contoso-com.mail.protection.outlook.com", "fabrikam.com"),
            ("selector1-a-example._domainkey.contoso.onmicrosoft.com", "a.example"),
        ] {
            assert!(!is(target, domain), "{target} for {domain}");
        }
    }

    #[test]
    fn sample_texts_are_told_from_values() {
        for text in
            ["MS=msXXXXXXXX", "MS=ms########", "ms=msxxxxxxxx", "MS=<value>", "\"MS=msxxxx\"", "MS=", "MS=ms"]
        {
            assert!(is_placeholder_text(text), "{text}");
        }
        for text in ["MS=ms12345678", "ms12345678", "v=spf1 -all", "", "MS=fabrikam", "MS=ms1234567x"] {
            assert!(!is_placeholder_text(text), "{text}");
        }
    }
}
