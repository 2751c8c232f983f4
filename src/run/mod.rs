//! The one pipeline: options → sources → survey → assessment → results.
//!
//! It knows neither arguments nor a terminal: options are plain values, errors are typed ([`RunError`]), and messages
//! for the user are data ([`RunInputs::notes`]) or passed to a function of the caller. `check`, `plan`, `watch` and a
//! server differ only in what they do with a result ([`Checked`]).
//!
//! | to check | use |
//! | --- | --- |
//! | many domains once, each result as it comes | [`PreparedRun`], [`results`], [`Threads`] |
//! | the same domains, once or in rounds | [`Rounds`] |
//! | any domain at any time, many at once, in one process | [`Checker`] |
//!
//! They share the options ([`RunOptions`]), the settings file ([`SettingsFile`]), the history ([`HistoryFile`]), the
//! time of the next check ([`CheckSchedule`]), the changes between checks ([`ChangeTracker`]), and the passing of time
//! ([`Clock`]).
//!
//! A domain that is checked again and again, here from a zone file that is edited:
//!
//! ```
//! use cutover::check::Verdict;
//! use cutover::run::{ChangeTracker, CheckSchedule, Checker, LookupOptions, RunOptions};
//! use jiff::{SignedDuration, Timestamp};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("contoso.com.zone");
//! # let zone = |mx: &str| std::fs::write(&path, format!("$ORIGIN contoso.com.\n@ 3600 MX {mx}"));
//! zone("10 mx1.emailsrvr.com.")?;
//! let lookup = LookupOptions { zones: vec![path.clone()], ..LookupOptions::default() };
//! let options = RunOptions { lookup, ..RunOptions::default() };
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! runtime.block_on(async {
//!     let mut now: Timestamp = "2026-11-22T05:23:00Z".parse()?;
//!     let checker = Checker::open(options, now).await?;
//!     let mut schedule = CheckSchedule::every(SignedDuration::from_mins(15));
//!     let checked = checker.check("contoso.com".parse()?, now).await?;
//!     assert_eq!(checked.assessment.verdict, Verdict::ChangesNeeded);
//!     let mut tracker = ChangeTracker::new(&checked.single_report());
//!
//!     // A process waits until then, with `Clock::wait`; here an edit is made.
//!     now = schedule.next([&checked], now);
//!     zone("0 contoso-com.mail.protection.outlook.com.")?;
//!     let checked = checker.check("contoso.com".parse()?, now).await?;
//!     let changes = tracker.changes(&checked.single_report());
//!     assert_eq!(changes.len(), 1);
//!     schedule.note(changes.len());
//!     # Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change_tracker;
mod check_schedule;
mod checked;
mod checker;
mod clock;
mod concurrency;
pub mod domain;
mod domain_list;
mod earlier;
mod encoding;
mod error;
mod expectation_options;
pub mod files;
mod history_file;
mod hooks;
mod inputs;
mod judging_reader;
mod lock;
mod lookup_threads;
mod names;
mod notices;
mod options;
mod overrides;
mod pipeline;
mod plan_text;
mod prepared;
mod recheck;
mod rounds;
mod settings;
mod subject;
mod temporary;
mod tenant;
mod threads;
mod workers;

pub use change_tracker::ChangeTracker;
pub use check_schedule::CheckSchedule;
pub use checked::Checked;
pub use checker::Checker;
pub use clock::{Clock, Later, wait};
pub use domain_list::{DomainList, LineError, LineOptions};
pub use earlier::EarlierRuns;
pub use error::{RunError, system_words};
pub use expectation_options::{ConfiguredDomain, ConfiguredDomains, ExpectationOptions, LineChoice};
pub use history_file::HistoryFile;
pub use hooks::{HookTargets, Hooks};
pub use inputs::{RunInputs, Transfer};
pub use names::Names;
pub use notices::{Notice, NoticeFormat, NoticeTracker};
pub use options::{
    DomainLimit, DomainSelection, LookupOptions, NameServerHost, NameServerHostError, RunOptions, Shard,
    ShardError,
};
pub use overrides::{DomainOverrides, UsedWaivers};
pub use pipeline::{Effort, Order, results};
pub use plan_text::{PlanFormat, PlanLayout, plan_text};
pub use prepared::PreparedRun;
pub use recheck::{Doubt, Rechecks, begin_of_rechecks};
pub use rounds::{Round, Rounds};
pub use settings::{
    DEFAULT_SETTINGS, DomainEntry, GroupEntry, OptionValues, SettingsDocument, SettingsFile, UnknownGroup,
};
pub use temporary::remove_temporary_files;
pub use tenant::Tenant;
pub use threads::Threads;
