//! Reports: one frozen view, many formats.
//!
//! A format adds no judgement; text from DNS is harmless in the view already, since names and records are in presentation
//! form there.

pub mod ascii;
pub mod changed;
mod content;
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
