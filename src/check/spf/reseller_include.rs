//! Recognizes senders that replace Microsoft's include.
//!
//! These are a declared filter through which all mail is sent, and a reseller whose own include covers Microsoft's
//! senders.

use crate::facts::LookupFailure;
use crate::provider::{Clue, Evidence, Gateway, Kind, Provider, best_matches};
use crate::record::spf::{DomainSpec, Meaning, Mechanism, Qualifier, SpfRecord, Term};
use crate::record::{Name, RecordData, RecordType};

use super::note::Opening;
use super::tally::Tally;
use super::{Case, Code, SpfJudge, is_include_of, text_of};

/// The include that GoDaddy's template writes in place of Microsoft's.
const RESELLER: &str = "secureserver.net";
/// The host below the domain for which the same template adds an alias (Domain Connect, template
/// `secureserver.net.o365`).
pub(super) const RESELLER_HOST: &str = "email";

impl SpfJudge<'_> {
    /// Returns the message for a record in which another sender replaces Microsoft's include; `None` if Microsoft's
    /// include has to be added.
    pub(super) fn reseller_include(
        &self,
        record: &SpfRecord,
        tally: &Tally,
    ) -> Result<Option<Opening>, LookupFailure> {
        if self.sends_through_gateway(record, tally)? {
            let message = "the record does not include Microsoft, which is right if all mail leaves \
                through the declared filter";
            return Ok(Some(Opening { code: Code::SpfByGateway, message: message.into() }));
        }
        if self.is_sold_by_reseller(record)? {
            let message = "the record includes `secureserver.net`, as GoDaddy publishes it for the Microsoft 365 it \
                 sells";
            return Ok(Some(Opening { code: Code::SpfByReseller, message: message.into() }));
        }
        Ok(self.undeclared_filter(record)?.map(|filter| {
            let message = format!(
                "the record includes {0} and not Microsoft, which is right if all mail leaves through {0}; \
                 confirm that with `--gateway {1}`",
                filter.short, filter.id
            );
            Opening { code: Code::SpfByGateway, message }
        }))
    }

    /// Returns the filter that receives all mail and may send, if it was not declared.
    fn undeclared_filter(&self, record: &SpfRecord) -> Result<Option<&'static Provider>, LookupFailure> {
        let domain = &self.case.subject.domain;
        let is_filter =
            |provider: &&Provider| provider.kind == Kind::Gateway && !provider.is_weak(Evidence::Spf);
        let mut senders = included(record)
            .flat_map(|name| best_matches(Clue::Spf(name), domain))
            .filter(is_filter)
            .peekable();
        if !self.case.subject.gateways.is_empty() || senders.peek().is_none() {
            return Ok(None);
        }
        let hosts = self.mail_hosts()?;
        let takes_all = |filter: &&Provider| {
            !hosts.is_empty()
                && hosts.iter().all(|host| best_matches(Clue::Mx(host), domain).contains(filter))
        };
        Ok(senders.find(takes_all))
    }

    /// Returns whether mail may be sent through a declared filter: it is in the MX records, and the SPF record authorizes
    /// it.
    pub(super) fn sends_through_gateway(
        &self,
        record: &SpfRecord,
        tally: &Tally,
    ) -> Result<bool, LookupFailure> {
        let Case { subject, .. } = self.case;
        if subject.gateways.is_empty() {
            return Ok(false);
        }
        let hosts = self.mail_hosts()?;
        Ok(subject.gateways.iter().any(|gateway| {
            let mut its = hosts.iter().filter(|host| gateway.covers(host, &subject.domain)).peekable();
            its.peek().is_some() && self.authorizes(record, tally, gateway, &its.collect::<Vec<_>>())
        }))
    }

    /// Returns whether the record, or one that it includes, may authorize a filter with these MX hosts: by its include, by
    /// its hosts, or by addresses, which may be anybody's.
    fn authorizes(&self, record: &SpfRecord, tally: &Tally, gateway: &Gateway, hosts: &[&Name]) -> bool {
        let domain = &self.case.subject.domain;
        let is_of_operator = |name: &Name| {
            let operator = registrable(name).filter(|_| !name.is_within(domain));
            operator.is_some() && hosts.iter().any(|host| registrable(host) == operator)
        };
        let is_its_include = |name: &Name| match gateway {
            Gateway::Known(provider) if provider.matches(Clue::Spf(name), domain) => true,
            Gateway::Known(_) | Gateway::Suffix(_) => is_of_operator(name),
        };
        let has_unknown_includes = match gateway {
            Gateway::Known(provider) => provider.spf.is_empty(),
            Gateway::Suffix(_) => true,
        };
        let is_unknown = |name: &Name| best_matches(Clue::Spf(name), domain).is_empty();
        // The end of a name with macros is written out.
        let is_its_macro = |of: &DomainSpec| {
            let end = of.text.rsplit(['}', '%']).next().unwrap_or_default().trim_start_matches('.');
            end.parse().is_ok_and(|end: Name| is_its_include(&end))
        };
        let is_its = |holder: &Name, term: &Term| match &term.meaning {
            Meaning::Redirect(to) => to.name.as_ref().is_some_and(is_its_include),
            Meaning::Mechanism(Qualifier::Pass, mechanism) => match mechanism {
                Mechanism::Include(of) => match &of.name {
                    Some(name) => is_its_include(name) || has_unknown_includes && is_unknown(name),
                    None => is_its_macro(of),
                },
                Mechanism::Mx(of) => {
                    let at = of.as_ref().map_or(Some(holder), |of| of.name.as_ref());
                    at.is_some_and(|at| at == domain || gateway.covers(at, domain))
                }
                Mechanism::A(of) => {
                    let at = of.as_ref().map_or(Some(holder), |of| of.name.as_ref());
                    at.is_some_and(|at| {
                        at.is_within(domain) || gateway.covers(at, domain) || is_of_operator(at)
                    })
                }
                Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => true,
                Mechanism::Exists(of) => is_its_macro(of),
                Mechanism::All | Mechanism::Ptr(_) => false,
            },
            Meaning::Mechanism(..)
            | Meaning::Explanation(_)
            | Meaning::UnknownModifier { .. }
            | Meaning::SyntaxError(_) => false,
        };
        record.evaluated().any(|term| is_its(domain, term))
            || tally.nested.iter().any(|nested| is_its(&nested.holder, &nested.term))
    }

    /// Returns whether GoDaddy sold Microsoft 365: its template adds only its own include, together with a TXT record
    /// and an alias.
    pub(super) fn is_sold_by_reseller(&self, record: &SpfRecord) -> Result<bool, LookupFailure> {
        if !includes_reseller(record) {
            return Ok(false);
        }
        let domain = &self.case.subject.domain;
        let microsoft = |host: &Name| {
            best_matches(Clue::Mx(host), domain).iter().any(|provider| provider.kind == Kind::Microsoft)
        };
        Ok(self.mail_hosts()?.iter().any(microsoft) && (self.has_mark() || self.has_alias(record)?))
    }

    /// Returns whether the reseller's TXT record that names the tenant is published.
    fn has_mark(&self) -> bool {
        self.set.data.iter().filter_map(text_of).any(|text| {
            let text = text.lossy().to_ascii_lowercase();
            text.starts_with("netorgft") && text.trim_end_matches('.').ends_with(".onmicrosoft.com")
        })
    }

    /// Returns whether the alias to the reseller's web mail is published.
    fn has_alias(&self, record: &SpfRecord) -> Result<bool, LookupFailure> {
        let domain = &self.case.subject.domain;
        let Ok(name) = domain.prepend(RESELLER_HOST) else { return Ok(false) };
        if !may_be_sold_by_reseller(record, self.include) {
            return Ok(false);
        }
        let set = self.case.view.set(&name, RecordType::Cname)?;
        let reseller: Option<Name> = format!("{RESELLER_HOST}.{RESELLER}").parse().ok();
        Ok(set.data.iter().any(|data| data.target().is_some() && data.target() == reseller.as_ref()))
    }

    fn mail_hosts(&self) -> Result<Vec<Name>, LookupFailure> {
        let set = self.case.view.set(&self.case.subject.domain, RecordType::Mx)?;
        Ok(set.data.iter().filter_map(RecordData::target).cloned().collect())
    }
}

/// Returns whether the seller of the service matters: the reseller's include is in the record, and Microsoft's is not.
pub(super) fn may_be_sold_by_reseller(record: &SpfRecord, include: &Name) -> bool {
    let by_itself = |term: &&crate::record::spf::Term| is_include_of(&term.meaning, include);
    includes_reseller(record) && record.evaluated().find(by_itself).is_none()
}

fn includes_reseller(record: &SpfRecord) -> bool {
    let reseller: Option<Name> = RESELLER.parse().ok();
    included(record).any(|name| Some(name) == reseller.as_ref())
}

/// Returns the registrable domain of a name, in lower case; `None` for a name without one.
fn registrable(name: &Name) -> Option<String> {
    psl::domain_str(&name.without_trailing_dot().to_ascii_lowercase()).map(str::to_owned)
}

/// Returns the domains whose senders the record authorizes.
fn included(record: &SpfRecord) -> impl Iterator<Item = &Name> {
    record.terms.iter().filter_map(|term| match &term.meaning {
        Meaning::Mechanism(Qualifier::Pass, Mechanism::Include(domain)) => domain.name.as_ref(),
        _ => None,
    })
}
