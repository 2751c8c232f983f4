//! Reports: one frozen view, many formats.
//!
//! A format draws no conclusions of its own. Text from DNS is already sanitized in the view, where names and records
//! are in presentation form.

pub mod ascii;
mod cause;
pub mod changed;
mod content;
#[cfg(feature = "formats")]
pub mod format;
mod grid;
pub mod harmless;
pub mod json;
mod manual_url;
pub mod next_options;
pub mod reminders;
pub mod since;
pub mod stored;
pub mod style;
pub mod table;
pub mod view;
pub mod words;
pub mod writer;

pub use harmless::Sanitized;
pub use manual_url::{ManualUrl, ManualUrlError};
pub use style::Style;
pub use view::{DomainReport, Report, Summary};
