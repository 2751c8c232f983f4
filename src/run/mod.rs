//! The one pipeline: options → sources → survey → assessment → results.

mod change_tracker;
mod check_schedule;
mod checked;
mod checker;
mod clock;
mod concurrency;
pub mod domain;
mod earlier;
mod error;
pub mod files;
mod history_file;
mod inputs;
mod lock;
mod names;
mod options;
mod overrides;
mod pipeline;
mod prepared;
mod recheck;
mod rounds;
mod settings;
mod subject;
mod temporary;
mod tenant;
mod workers;

pub use change_tracker::ChangeTracker;
pub use check_schedule::CheckSchedule;
pub use checked::Checked;
pub use checker::Checker;
pub use clock::{Clock, Later, wait};
pub use earlier::EarlierRuns;
pub use error::{RunError, system_words};
pub use history_file::HistoryFile;
pub use inputs::{RunInputs, Transfer};
pub use names::Names;
pub use options::{
    ConfiguredDomain, ConfiguredDomains, DomainLimit, DomainSelection, ExpectationOptions, LookupOptions,
    NameServerHost, RunOptions, Shard,
};
pub use overrides::{DomainOverrides, UsedWaivers};
pub use pipeline::{Effort, Order, results};
pub use prepared::PreparedRun;
pub use recheck::{Doubt, Rechecks, begin_of_rechecks};
pub use rounds::{Round, Rounds};
pub use settings::{DEFAULT_SETTINGS, DomainEntry, OptionValues, SettingsDocument, SettingsFile};
pub use temporary::remove_temporary_files;
pub use tenant::Tenant;
pub use workers::Workers;
