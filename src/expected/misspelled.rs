//! Recognizes mistyped names of Microsoft's mail hosts and SPF domains.
//!
//! A value that an admin gives takes precedence over every rule, so a typing error in it would become the plan. A name
//! is a typing error of one of Microsoft's if few characters differ, or if something was appended to it.

use std::sync::LazyLock;

use crate::provider::Gateway;
use crate::record::Name;

use super::{Cloud, Purpose, domain_of, token};

/// The number of characters that may differ from a name of Microsoft's.
const MOST_DIFFERENT: usize = 2;
/// The length of a suffix up to which only one character may differ.
const SHORT: usize = 16;

/// The suffixes of MX hosts.
const SUFFIXES: [Purpose; 3] = [Purpose::MxSuffix, Purpose::MxPartitionSuffix, Purpose::MxOlderSuffix];

/// The endpoint to which applications send high volume email.
const SUBMISSION: &str = "smtp.hve.mx.microsoft";

/// The domains that SPF includes, one for each value of the clouds.
static INCLUDES: LazyLock<Vec<&'static Name>> = LazyLock::new(|| {
    let mut includes: Vec<&Name> = Vec::new();
    for include in Cloud::ALL.iter().filter_map(|cloud| cloud.name(Purpose::SpfInclude)) {
        if !includes.contains(&include) {
            includes.push(include);
        }
    }
    includes
});

/// The reason to doubt an MX host that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostDoubt {
    /// It is nearly a host of Microsoft's: the one that was probably meant.
    Misspelled(Name),
    /// Its label spells the domain differently from Microsoft, as in this host.
    Unusual(Name),
    /// It has the label of this other domain.
    OtherDomain(Name),
    /// It has the label of another domain with the same letters and digits, and this is the usual host.
    Twin { other: Name, usual: Name },
    /// It lacks a valid partition, the label before the suffix of the newer family.
    NoPartition(&'static Name),
    /// It receives mail from senders in the tenant only, and none for a domain.
    Submission,
    /// It belongs to another cloud.
    OtherCloud(Cloud),
    /// It is below none of Microsoft's suffixes.
    NotMicrosoft,
}

impl HostDoubt {
    /// Returns the reason as the end of a sentence whose subject is the host.
    pub(crate) fn reason(&self, cloud: Cloud) -> String {
        match self {
            Self::Misspelled(meant) => {
                format!("looks like a typing error of `{}`", meant.without_trailing_dot())
            }
            Self::Unusual(usual) => {
                format!("does not have the usual form `{}` for this domain", usual.without_trailing_dot())
            }
            Self::OtherDomain(other) => format!(
                "belongs to `{}`, which works if both domains are in one tenant",
                other.without_trailing_dot()
            ),
            Self::Twin { other, usual } => format!(
                "belongs to `{}` (the usual host of this domain is `{}`), which works if both domains are in one tenant",
                other.without_trailing_dot(),
                usual.without_trailing_dot()
            ),
            Self::NoPartition(suffix) => format!(
                "has no valid partition (a label such as `o-v1`) before `{}`",
                suffix.without_trailing_dot()
            ),
            Self::Submission => {
                "is Microsoft's endpoint for sending high volume email, which receives no mail for a domain"
                    .into()
            }
            Self::OtherCloud(other) => format!("belongs to {} and not to {}", other.title(), cloud.title()),
            Self::NotMicrosoft => format!(
                "is not a mail host of Microsoft 365, whose hosts are below `{}`",
                cloud.value(Purpose::MxSuffix).unwrap_or_default()
            ),
        }
    }
}

/// Returns the reason to doubt an MX host that was given for the domain; `None` for one of Microsoft's for this domain,
/// and for one of a declared filter.
pub(crate) fn doubt(host: &Name, domain: &Name, cloud: Cloud, gateways: &[Gateway]) -> Option<HostDoubt> {
    if gateways.iter().any(|gateway| gateway.covers(host, domain)) {
        return None;
    }
    if let Some(meant) = meant_mail_host(host, domain) {
        return Some(HostDoubt::Misspelled(meant));
    }
    let is_of = |cloud: &Cloud| suffixes_of(*cloud).any(|suffix| host.is_within(suffix));
    if !is_of(&cloud) {
        let other = Cloud::ALL.into_iter().find(is_of);
        return Some(other.map_or(HostDoubt::NotMicrosoft, HostDoubt::OtherCloud));
    }
    // In the government clouds the label is the tenant's name.
    if cloud.shares(Cloud::GccHigh, Purpose::MxSuffix) {
        return None;
    }
    if host.without_trailing_dot() == SUBMISSION {
        return Some(HostDoubt::Submission);
    }
    let partitioned = cloud.name(Purpose::MxPartitionSuffix).filter(|suffix| host.is_within(suffix));
    if let Some(suffix) = partitioned.filter(|suffix| !has_partition(host, suffix)) {
        return Some(HostDoubt::NoPartition(suffix));
    }
    let label = String::from_utf8_lossy(host.first_label()?).to_ascii_lowercase();
    let usual = token(domain)?;
    if label == usual {
        return None;
    }
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let other = domain_of(&label).filter(|other| other != domain);
    match other {
        // The label of a domain with a hyphen has a suffix, so the domains are compared.
        Some(other) if letters(&other.without_trailing_dot()) != letters(&domain.without_trailing_dot()) => {
            Some(HostDoubt::OtherDomain(other))
        }
        Some(other) => Some(HostDoubt::Twin { other, usual: host.parent()?.prepend(&usual).ok()? }),
        None => host.parent()?.prepend(&usual).ok().map(HostDoubt::Unusual),
    }
}

/// Returns whether the host has exactly a label and a partition below the suffix.
fn has_partition(host: &Name, suffix: &Name) -> bool {
    let front = host.without_suffix(suffix);
    let labels: Vec<&[u8]> = front.iter().flat_map(Name::labels).collect();
    matches!(labels[..], [_, partition] if is_partition(&String::from_utf8_lossy(partition)))
}

/// Returns whether a label names a partition, such as `o-v1`: up to four letters or digits, and a version.
pub(crate) fn is_partition(label: &str) -> bool {
    label.split_once("-v").is_some_and(|(name, version)| {
        (1..=4).contains(&name.len())
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric())
            && !version.is_empty()
            && version.bytes().all(|octet| octet.is_ascii_digit())
    })
}

fn suffixes_of(cloud: Cloud) -> impl Iterator<Item = &'static Name> {
    SUFFIXES.into_iter().filter_map(move |purpose| cloud.name(purpose))
}

/// Returns Microsoft's MX host that a mistyped one was probably meant to be; `None` if it is one of Microsoft's or
/// resembles none.
pub(crate) fn meant_mail_host(host: &Name, domain: &Name) -> Option<Name> {
    let labels: Vec<String> =
        host.labels().map(|label| String::from_utf8_lossy(label).into_owned()).collect();
    let mut best: Option<(usize, Name)> = None;
    for (purpose, suffix) in Cloud::ALL
        .iter()
        .flat_map(|cloud| SUFFIXES.into_iter().filter_map(|purpose| Some((purpose, cloud.name(purpose)?))))
    {
        let Some((distance, front)) = front_before(&labels, purpose, suffix) else { continue };
        let Some(meant) = with_front(&front, purpose, suffix, domain).filter(|meant| meant != host) else {
            continue;
        };
        if best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, meant));
        }
    }
    best.map(|(_, meant)| meant)
}

/// Returns the labels before the part of a name that resembles the suffix, and the number of characters that differ.
/// Labels after the whole suffix do not count as characters that differ.
fn front_before(labels: &[String], purpose: Purpose, suffix: &Name) -> Option<(usize, Vec<String>)> {
    let wanted = suffix.without_trailing_dot();
    let count = suffix.label_count();
    let most = if wanted.len() > SHORT { MOST_DIFFERENT } else { 1 };
    let nearest = (0..labels.len()).filter_map(|at| {
        let rest = labels.get(at..)?;
        let is_whole = rest.get(..count).is_some_and(|part| part.join(".") == wanted);
        // The suffix of the newer family is short, so only a whole host shows that something was appended to it.
        let is_followed = is_whole && (purpose != Purpose::MxPartitionSuffix || at == 2);
        let rest = rest.join(".");
        // The comparison takes time in proportion to the length.
        let is_near = rest.len().abs_diff(wanted.len()) <= most;
        let distance = if is_followed {
            0
        } else if is_near {
            strsim::osa_distance(&rest, &wanted)
        } else {
            most + 1
        };
        (distance <= most).then(|| (distance, labels[..at].to_vec()))
    });
    nearest.min_by_key(|(distance, _)| *distance)
}

/// Returns the host below the suffix for the labels that were typed before it.
fn with_front(front: &[String], purpose: Purpose, suffix: &Name, domain: &Name) -> Option<Name> {
    let label = match (front, purpose) {
        // Two labels are the token and the partition.
        (_, Purpose::MxPartitionSuffix) => (!front.is_empty()).then(|| front.join("."))?,
        ([], _) => token(domain)?,
        ([label], _) => label.clone(),
        // Dots in place of hyphens.
        (several, _) => token(&several.join(".").parse().ok()?)?,
    };
    suffix.prepend(&label).ok()
}

/// Returns Microsoft's SPF domain that a mistyped one was probably meant to be; `None` for those of Microsoft's and for
/// names that resemble none.
pub(crate) fn meant_include(name: &Name) -> Option<&'static Name> {
    let written = name.without_trailing_dot();
    if INCLUDES.contains(&name) || is_part(name) {
        return None;
    }
    let distance = |include: &Name| {
        let wanted = include.without_trailing_dot();
        // What was appended to the whole name does not count.
        if written.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('.')) {
            return 0;
        }
        if written.len().abs_diff(wanted.len()) > MOST_DIFFERENT {
            return usize::MAX;
        }
        strsim::osa_distance(&written, &wanted)
    };
    let nearest = INCLUDES.iter().map(|include| (distance(include), *include));
    nearest
        .filter(|(distance, _)| *distance <= MOST_DIFFERENT)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Returns whether the name is a part of Microsoft's SPF record under a name of its own, such as
/// `spfd.protection.outlook.com`.
fn is_part(name: &Name) -> bool {
    let is_lettered = name
        .first_label()
        .is_some_and(|label| matches!(label, [b's', b'p', b'f', letter] if letter.is_ascii_alphanumeric()));
    is_lettered && INCLUDES.iter().any(|include| include.parent() == name.parent())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn a_mistyped_mail_host_is_read_as_it_was_meant() {
        let domain = name("contoso.com");
        let right = "contoso-com.mail.protection.outlook.com";
        for typed in [
            "contoso-com.mail.protection.outlook.co",
            "contoso-com.mail.protection.outlok.com",
            "contoso-com.mail.protectoin.outlook.com",
            "contoso-com.mail.protection.outlookcom",
            "contoso-com.mailprotection.outlook.com",
            "contoso-com.mail.protection.outlook.con",
            "contoso-com.mail.protection.outlook.com.contoso.com",
            "contoso-com.mail.protection.outlook.com.fabrikam.example",
            "contoso.com.mail.protection.outlook.com",
            "contoso.com.mail.protection.outlook.co",
            "mail.protection.outlook.com",
        ] {
            let meant = meant_mail_host(&name(typed), &domain).map(|meant| meant.without_trailing_dot());
            assert_eq!(meant.as_deref(), Some(right), "{typed}");
        }
        for (typed, right) in [
            ("contoso-com.o-v1.mx.microsft", "contoso-com.o-v1.mx.microsoft"),
            ("contoso-com.o-v1.mx.microsoft.contoso.com", "contoso-com.o-v1.mx.microsoft"),
            ("contoso.mail.protection.office365.uss", "contoso.mail.protection.office365.us"),
            (
                "contoso-com.mail.protection.partner.outlook.co",
                "contoso-com.mail.protection.partner.outlook.cn",
            ),
        ] {
            let meant = meant_mail_host(&name(typed), &domain).map(|meant| meant.without_trailing_dot());
            assert_eq!(meant.as_deref(), Some(right), "{typed}");
        }
    }

    #[test]
    fn other_hosts_are_not_taken_for_typing_errors() {
        for host in [
            "contoso-com.mail.protection.outlook.com",
            "contosocom.mail.protection.outlook.com",
            "contoso-com.o-v1.mx.microsoft",
            "contoso-com.o-v2.west.mx.microsoft",
            "contoso-com.mail.eo.outlook.com",
            "contoso.mail.protection.office365.us",
            "contoso-com.usgovcloud-mx.microsoft",
            "contoso-com.mail.protection.partner.outlook.cn",
            "contoso-com.mail.protection.outlook.de",
            "contoso-com.olc.protection.outlook.com",
            "mx.microsoft.com",
            "mail.contoso.com",
            "mx.example",
            "contoso-com.mail.protection.outlook.test",
            "mx1.emailsrvr.com",
            "contoso.onmicrosoft.com",
        ] {
            assert_eq!(meant_mail_host(&name(host), &name("contoso.com")), None, "{host}");
        }
    }

    #[test]
    fn a_given_host_is_doubted_unless_it_is_the_domains_own() {
        let doubt = |host: &str, cloud, gateways: &[Gateway]| {
            super::doubt(&name(host), &name("contoso.com"), cloud, gateways)
        };
        let filter: Gateway = "filter.example".parse().unwrap();
        assert_eq!(doubt("contoso-com.q-v1.mx.microsoft", Cloud::Worldwide, &[]), None);
        assert_eq!(
            doubt("contosocom.mail.protection.outlook.com", Cloud::Gcc, &[]),
            Some(HostDoubt::Unusual(name("contoso-com.mail.protection.outlook.com")))
        );
        for host in
            ["contoso-com.mx.microsoft", "contoso-com.av1.mx.microsoft", "contoso-com.o-v1.x.mx.microsoft"]
        {
            assert!(matches!(doubt(host, Cloud::Worldwide, &[]), Some(HostDoubt::NoPartition(_))), "{host}");
        }
        assert_eq!(doubt("smtp.hve.mx.microsoft", Cloud::Worldwide, &[]), Some(HostDoubt::Submission));
        // The top-level label is missing.
        assert_eq!(
            doubt("contoso.mail.protection.outlook.com", Cloud::Worldwide, &[]),
            Some(HostDoubt::Unusual(name("contoso-com.mail.protection.outlook.com")))
        );
        // No domain has this label.
        assert_eq!(
            doubt("contoso-com02b.mail.protection.outlook.com", Cloud::Worldwide, &[]),
            Some(HostDoubt::Unusual(name("contoso-com.mail.protection.outlook.com")))
        );
        assert_eq!(doubt("contoso.mail.protection.office365.us", Cloud::Dod, &[]), None);
        assert_eq!(doubt("mx1.filter.example", Cloud::Worldwide, std::slice::from_ref(&filter)), None);
        assert_eq!(doubt("mx1.other.example", Cloud::Worldwide, &[filter]), Some(HostDoubt::NotMicrosoft));
        assert_eq!(
            doubt("fabrikam-com.mail.protection.outlook.com", Cloud::Worldwide, &[]),
            Some(HostDoubt::OtherDomain(name("fabrikam.com")))
        );
        assert_eq!(
            doubt("contoso-com.mail.protection.partner.outlook.cn", Cloud::Worldwide, &[]),
            Some(HostDoubt::OtherCloud(Cloud::China))
        );
        assert!(matches!(
            doubt("contoso-com.mail.protection.outlok.com", Cloud::China, &[]),
            Some(HostDoubt::Misspelled(_))
        ));
    }

    #[test]
    fn the_host_of_a_domain_with_the_same_letters_is_another_domains() {
        let doubt =
            |host: &str, domain: &str| super::doubt(&name(host), &name(domain), Cloud::Worldwide, &[]);
        let (dotted, hyphenated) = ("con-toso-com", "contoso-com0i");
        for (label, domain, other, usual) in [
            (dotted, "con-toso.com", "con.toso.com", hyphenated),
            (hyphenated, "con.toso.com", "con-toso.com", dotted),
            ("contoso-com", "con-toso.com", "contoso.com", hyphenated),
        ] {
            let host = format!("{label}.mail.protection.outlook.com");
            let usual = name(&format!("{usual}.mail.protection.outlook.com"));
            assert_eq!(doubt(&host, domain), Some(HostDoubt::Twin { other: name(other), usual }), "{host}");
        }
        assert_eq!(doubt("con-toso-com.mail.protection.outlook.com", "con.toso.com"), None);
        assert_eq!(doubt("contoso-com0i.mail.protection.outlook.com", "con-toso.com"), None);
    }

    #[test]
    fn a_mistyped_include_is_read_as_it_was_meant() {
        for (typed, meant) in [
            ("spf.protection.outlok.com", "spf.protection.outlook.com"),
            ("spf.protecton.outlook.com", "spf.protection.outlook.com"),
            ("spf.protection.outlook.co", "spf.protection.outlook.com"),
            ("spf.protection.outlookcom", "spf.protection.outlook.com"),
            ("_spf.protection.outlook.com", "spf.protection.outlook.com"),
            ("spf.protection.outlook.com.contoso.com", "spf.protection.outlook.com"),
            ("spf.protection.office365.uss", "spf.protection.office365.us"),
            ("spf.protection.partner.outlok.cn", "spf.protection.partner.outlook.cn"),
        ] {
            let found = meant_include(&name(typed)).map(Name::without_trailing_dot);
            assert_eq!(found.as_deref(), Some(meant), "{typed}");
        }
        for other in [
            "spf.protection.outlook.com",
            "spf.protection.office365.us",
            "spfd.protection.outlook.com",
            "spf.protection.outlook.de",
            "spf-a.outlook.com",
            "outlook.com",
            "_spf.google.com",
            "spf.protection.contoso.com",
        ] {
            assert_eq!(meant_include(&name(other)), None, "{other}");
        }
    }
}
