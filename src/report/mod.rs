//! Reports: one view, many formats.
//!
//! Publication: one frozen view, many formats. A format adds no judgement; text that came from DNS is harmless in the
//! view already, since its names and records are in presentation form.

pub mod ascii;
mod cache_expiry;
pub mod changed;
#[cfg(feature = "formats")]
pub mod format;
mod grid;
pub mod harmless;
pub mod json;
pub mod reminders;
pub mod since;
pub mod stored;
pub mod style;
pub mod table;
pub mod view;
mod words;

pub use harmless::Sanitized;
pub use style::Style;
pub use view::{DomainReport, Report, Summary};
