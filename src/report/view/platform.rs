//! The platform being left, the filter in front, and the tenant that holds a domain.

use serde::{Deserialize, Serialize};

use crate::check::{DetectedProvider, Proof, Tenancy};
use crate::facts::TenantHolder;
use crate::record::Name;
use crate::report::harmless::Sanitized;
use crate::report::words::spelled;

/// The maximum number of records named as evidence: a zone may have any number of them, and a few are enough.
pub const MOST_EVIDENCE: usize = 32;

/// A platform or filter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct Platform {
    /// Its id.
    pub id: Sanitized,
    /// Its name.
    pub name: Sanitized,
    /// The records that show it, at most 32.
    #[serde(default)]
    pub evidence: Vec<Sanitized>,
    /// The certainty: `declared`, `proven` by two kinds of record, or `probable`.
    #[serde(default = "least_proof")]
    pub proof: Proof,
}

/// Returns the proof of a platform that is stored without one.
fn least_proof() -> Proof {
    Proof::Probable
}

impl From<&DetectedProvider> for Platform {
    fn from(detected: &DetectedProvider) -> Self {
        let DetectedProvider { id, name, evidence, proof, provider: _ } = detected;
        Self {
            id: Sanitized::sentence(id),
            name: Sanitized::sentence(name),
            evidence: Sanitized::records(evidence.iter().take(MOST_EVIDENCE)),
            proof: *proof,
        }
    }
}

/// The tenant that holds a domain, according to Microsoft's sign-in host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "formats", derive(schemars::JsonSchema))]
pub struct TenantView {
    /// `held` by the tenant with this id, `none`, or `unknown` if the host did not answer that.
    pub status: TenantStatus,
    /// The id of the tenant.
    pub id: Option<Sanitized>,
    /// The region of the tenant, as the host names it.
    pub region: Option<Sanitized>,
    /// The host that was asked.
    pub host: Name,
}

/// The result of asking which tenant holds a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// A tenant holds it.
    Held,
    /// No tenant holds it.
    None,
    /// The host gave no answer to this.
    Unknown,
}

impl TenantStatus {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Held, Self::None, Self::Unknown];

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

spelled!(TenantStatus);

impl From<&Tenancy> for TenantView {
    fn from(Tenancy { host, holder }: &Tenancy) -> Self {
        let (status, id, region) = match holder {
            Some(TenantHolder::Tenant { id, region }) => {
                let region = Some(region).filter(|region| !region.is_empty());
                let region = region.map(|region| Sanitized::sentence(region));
                (TenantStatus::Held, Some(Sanitized::sentence(id)), region)
            }
            Some(TenantHolder::NoTenant) => (TenantStatus::None, None, None),
            None => (TenantStatus::Unknown, None, None),
        };
        Self { status, id, region, host: host.clone() }
    }
}
