//! The frozen view of a report, version 1.
//!
//! Users script against the field names, the words and their order. The view is made from the results and never passed
//! back to the rules; stored reports are read as the same types.

mod change;
mod closing;
mod domain;
mod expectation;
mod fields;
mod hazard;
mod ignored;
mod outage;
mod platform;
mod replies;
mod run;
mod since;
mod waiver;
mod zone;

pub use change::ChangeView;
pub use closing::ClosingView;
pub use domain::{DomainReport, unicode};
pub use expectation::ExpectationView;
pub use hazard::HazardView;
pub use ignored::IgnoredView;
pub use outage::OutageView;
pub use platform::{MOST_EVIDENCE, Platform, TenantStatus, TenantView};
pub use replies::{PolicyView, ReplyView, WebView};
pub use run::{Report, SCHEMA_VERSION, Summary, Tool};
pub(super) use since::{EarlierDomain, EarlierExpectation, EarlierHazard};
pub use since::{Moved, Pair, RecordsChange, Sign, Since, State};
pub use waiver::WaiverView;
pub use zone::{NameServerView, ZoneView};
