//! Does another sender stand in for Microsoft's include?
//!
//! A declared filter that all mail leaves through, or a reseller whose own include covers Microsoft's
//! senders.

use crate::facts::Silence;
use crate::provider::{Kind, of_mx};
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{Name, RecordData, RecordType};

use super::note::Opening;
use super::{Bench, Code, text_of};

impl Bench<'_> {
    /// What is said of a record in which another sender stands in; `None` where Microsoft's include is
    /// missing.
    pub(super) fn stand_in(&self, record: &SpfRecord) -> Result<Option<Opening>, Silence> {
        if self.is_behind_gateway()? {
            let message = "the record does not include Microsoft; that is right if all mail leaves through \
                           the declared filter";
            return Ok(Some(Opening { code: Code::SpfByGateway, message: message.into() }));
        }
        if self.is_sold_by_reseller(record)? {
            let message =
                "the record includes `secureserver.net`, as GoDaddy sets it for the Microsoft 365 it sells";
            return Ok(Some(Opening { code: Code::SpfByReseller, message: message.into() }));
        }
        Ok(None)
    }

    /// Whether mail leaves through a declared filter: then it stands in front in the MX as well.
    pub(super) fn is_behind_gateway(&self) -> Result<bool, Silence> {
        if self.case.subject.gateways.is_empty() {
            return Ok(false);
        }
        let domain = &self.case.subject.domain;
        let mut hosts = self.mail_hosts()?.into_iter();
        Ok(hosts.any(|host| self.case.subject.gateways.iter().any(|gateway| gateway.covers(&host, domain))))
    }

    /// Microsoft 365 sold by GoDaddy: its template writes only its own include.
    pub(super) fn is_sold_by_reseller(&self, record: &SpfRecord) -> Result<bool, Silence> {
        let reseller: Name = match "secureserver.net".parse() {
            Ok(name) => name,
            Err(_) => return Ok(false),
        };
        let included = record.terms.iter().any(|term| {
            matches!(&term.meaning, Meaning::Mechanism(Qualifier::Pass, Mechanism::Include(domain))
                if domain.name.as_ref() == Some(&reseller))
        });
        let marked = self.set.data.iter().filter_map(text_of).any(|text| {
            let text = text.lossy().to_ascii_lowercase();
            text.starts_with("netorgft") && text.trim_end_matches('.').ends_with(".onmicrosoft.com")
        });
        let domain = &self.case.subject.domain;
        let microsoft =
            |host: &Name| of_mx(host, domain).iter().any(|provider| provider.kind == Kind::Microsoft);
        Ok(included && marked && self.mail_hosts()?.iter().any(microsoft))
    }

    fn mail_hosts(&self) -> Result<Vec<Name>, Silence> {
        let set = self.case.sight.set(&self.case.subject.domain, RecordType::Mx)?;
        Ok(set.data.iter().filter_map(RecordData::target).cloned().collect())
    }
}
