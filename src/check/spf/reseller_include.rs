//! Recognizes senders that replace Microsoft's include.
//!
//! These are a declared filter through which all mail is sent, and a reseller whose own include covers Microsoft's
//! senders.

use crate::facts::LookupFailure;
use crate::provider::{Clue, Evidence, Kind, Provider, best_matches};
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, RecordData, RecordType};

use super::note::Opening;
use super::{Code, SpfJudge, is_include_of, text_of};

/// The include that GoDaddy's template writes in place of Microsoft's.
const RESELLER: &str = "secureserver.net";
/// The host below the domain for which the same template adds an alias (Domain Connect, template
/// `secureserver.net.o365`).
pub(super) const RESELLER_HOST: &str = "email";

impl SpfJudge<'_> {
    /// Returns the message for a record in which another sender replaces Microsoft's include; `None` if Microsoft's
    /// include has to be added.
    pub(super) fn reseller_include(&self, record: &SpfRecord) -> Result<Option<Opening>, LookupFailure> {
        if self.is_behind_gateway()? {
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

    /// Returns whether mail is sent through a declared filter, which then is in the MX records too.
    pub(super) fn is_behind_gateway(&self) -> Result<bool, LookupFailure> {
        if self.case.subject.gateways.is_empty() {
            return Ok(false);
        }
        let domain = &self.case.subject.domain;
        let mut hosts = self.mail_hosts()?.into_iter();
        Ok(hosts.any(|host| self.case.subject.gateways.iter().any(|gateway| gateway.covers(&host, domain))))
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

/// Returns the domains whose senders the record authorizes.
fn included(record: &SpfRecord) -> impl Iterator<Item = &Name> {
    record.terms.iter().filter_map(|term| match &term.meaning {
        Meaning::Mechanism(Qualifier::Pass, Mechanism::Include(domain)) => domain.name.as_ref(),
        _ => None,
    })
}
