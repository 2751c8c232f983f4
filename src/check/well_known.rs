//! Names that several rules read.

/// The owner of the SRV record by which mail programs find Autodiscover, relative to the domain.
pub(super) const AUTODISCOVER_SERVICE: &str = "_autodiscover._tcp";
