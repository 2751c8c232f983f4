//! Finds the policy that applies to a domain without one of its own, by the DNS tree walk (RFC 9989 §4.10).

use crate::check::Case;
use crate::facts::LookupFailure;
use crate::record::{Name, RecordSet, RecordType};

use super::text::{Suffix, policy_below, suffix};

/// The maximum number of queries of one walk, the first for the domain itself (RFC 9989 §4.10).
const MOST_QUERIES: usize = 8;

/// A policy of an ancestor domain, which applies to its subdomains.
pub(in crate::check) struct Inherited {
    /// The domain that publishes it.
    pub(in crate::check) domain: Name,
    /// The policy that receivers apply below that domain.
    pub(in crate::check) policy: &'static str,
}

/// Returns the ancestor domains that a walk queries, the nearest first: a long name is cut to seven labels, then loses
/// one label at a time (RFC 9989 §4.10).
pub(super) fn parent_domains(domain: &Name) -> Vec<Name> {
    let above = domain.ancestors().skip(1).filter(|above| !above.is_root());
    above.filter(|above| above.label_count() < MOST_QUERIES).collect()
}

/// Returns the policy that applies to the domain if it has none of its own.
///
/// # Errors
/// [`LookupFailure`] if a record on the way could not be looked up.
pub(in crate::check) fn inherited(case: &Case<'_>) -> Result<Option<Inherited>, LookupFailure> {
    let mut found: Vec<(Name, RecordSet)> = Vec::new();
    let mut public = None;
    for domain in parent_domains(&case.subject.domain) {
        let Ok(name) = domain.prepend("_dmarc") else { continue };
        let set = case.view.set(&name, RecordType::Txt)?;
        match suffix(&set) {
            None => {}
            Some(Suffix::Organizational) => {
                found.push((domain, set));
                break;
            }
            Some(Suffix::Public) => {
                public = Some((domain, set));
                break;
            }
            Some(Suffix::Unknown) => found.push((domain, set)),
        }
    }
    // Below a public suffix, the organizational domain is the one directly below it, with or without a policy
    // (§4.10.2).
    let organizational = match (&public, found.pop()) {
        (Some((suffix, _)), Some((domain, set))) if domain.parent().as_ref() == Some(suffix) => {
            Some((domain, set))
        }
        (None, last) => last,
        (Some(_), _) => None,
    };
    let holds = organizational.or(public);
    Ok(holds.and_then(|(domain, set)| Some(Inherited { domain, policy: policy_below(&set)? })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_to_seven_labels_first() {
        let above = |name: &str| -> Vec<String> {
            parent_domains(&name.parse().unwrap()).iter().map(Name::without_trailing_dot).collect()
        };
        assert_eq!(above("contoso.com"), ["com"]);
        assert_eq!(above("a.b.contoso.com"), ["b.contoso.com", "contoso.com", "com"]);
        assert_eq!(
            above("1.2.3.4.5.6.7.8"),
            ["2.3.4.5.6.7.8", "3.4.5.6.7.8", "4.5.6.7.8", "5.6.7.8", "6.7.8", "7.8", "8"]
        );
        assert_eq!(above("a.b.c.d.1.2.3.4.5.6.7.8"), above("1.2.3.4.5.6.7.8"));
        assert_eq!(above("com"), Vec::<String>::new());
    }
}
