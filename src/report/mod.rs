//! How what was found out is told: one frozen view, many formats.
//!
//! A format adds no judgement; text that came from DNS is harmless in the view already, since names and records stand in it
//! in presentation form.

pub mod ascii;
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
pub mod words;
pub mod writer;

pub use harmless::Sanitized;
pub use style::Style;
pub use view::{DomainReport, Report, Summary};
