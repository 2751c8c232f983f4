//! `cutover serve`: web pages, an API and Prometheus metrics, until a signal ends the server.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::report::harmless::harmless;
use crate::run::{DomainLimit, HistoryFile, RunOptions};
use crate::serve::{
    self as server, AccessToken, Reload, ReloadError, ServeError, ServeOptions, default_database,
};

use super::args::{Command, Serve};
use super::check::refuse_bulk;
use super::hook_targets::targets;
use super::notes::lock_notes;
use super::run_options::CheckArguments;
use super::settings::{self, Settings};
use super::{Problem, Streams, Surroundings, cleanup};

/// The environment variable with the token, since other users can see a command line.
const TOKEN: &str = "CUTOVER_SERVE_TOKEN";
/// The time limit of the shutdown: longer than that of other commands, since responses in progress are finished.
const PATIENCE: Duration = Duration::from_millis(4700);

/// The environment variables of a server.
#[derive(Clone, Default)]
pub struct ServeSurroundings {
    /// The token that clients must send; `None` for no token.
    pub token: Option<String>,
    /// The socket of the service manager (sd_notify).
    pub notify_socket: Option<String>,
}

impl fmt::Debug for ServeSurroundings {
    /// Formats the value without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token: _, notify_socket } = self;
        f.debug_struct("ServeSurroundings").field("notify_socket", notify_socket).finish_non_exhaustive()
    }
}

impl ServeSurroundings {
    /// Reads the environment variables of this process.
    pub(super) fn of_process() -> Self {
        #[allow(clippy::disallowed_methods, reason = "called by the one place that reads the environment")]
        let variable = |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
        Self { token: variable(TOKEN), notify_socket: variable("NOTIFY_SOCKET") }
    }
}

/// Runs `cutover serve`.
///
/// # Errors
/// [`Problem`] if the server cannot start.
pub(super) fn run(
    command: &Serve,
    typed: &[OsString],
    settings: &Settings,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    let options = serve_options(command, settings, surroundings)?;
    let run = run_options(command, settings, surroundings)?;
    HistoryFile::check(run.history.as_deref(), &mut lock_notes(streams.err))?;
    // A signal is the normal end of a server.
    cleanup::set_final_status(0);
    cleanup::set_patience(PATIENCE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut say = |note: &str| {
        // There is no way to report that this cannot be written.
        let _ = writeln!(streams.err, "note: {}", harmless(note)).and_then(|()| streams.err.flush());
    };
    settings.ignored().iter().for_each(|note| say(note));
    let reload = reload(typed.to_vec(), surroundings.clone());
    let clock = Arc::clone(&surroundings.clock);
    let ended = runtime.block_on(server::serve(options, run, reload, &mut say, clock));
    runtime.shutdown_background();
    ended?;
    Ok(0)
}

impl From<ServeError> for Problem {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Run(error) => error.into(),
            ServeError::Listen { .. } | ServeError::Database(_) => Self::Usage(error.to_string()),
            ServeError::Thread(error) => Self::Output(error),
        }
    }
}

fn serve_options(
    command: &Serve,
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<ServeOptions, Problem> {
    let file = settings.source().map(|(path, _)| path.to_owned());
    let token = surroundings.serve.token.as_deref().map(str::parse::<AccessToken>).transpose();
    let token = token.map_err(|expected| Problem::Usage(format!("{TOKEN}: {expected}")))?;
    let is_file = |path: &&PathBuf| path.as_os_str() != "-";
    Ok(ServeOptions {
        listen: command.listen,
        hosts: command.allow_host.clone(),
        is_open: command.any_domain,
        base: command.base_path.clone(),
        token,
        database: command.database.clone().or_else(|| file.as_deref().map(default_database)),
        sources: file.iter().chain(command.bulk.list.iter().filter(is_file)).cloned().collect(),
        every: command.every.0,
        notify_socket: surroundings.serve.notify_socket.clone(),
        hooks: targets(&command.hooks, surroundings)?,
    })
}

fn run_options(
    command: &Serve,
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<RunOptions, Problem> {
    refuse_bulk(&command.bulk, "serve")?;
    if command.lookup.record.is_some() {
        let message = "--record: not possible with `cutover serve`; use `cutover check --record FILE`";
        return Err(Problem::Usage(message.into()));
    }
    if !command.times.since.is_empty() {
        let message = "--since: not possible with `cutover serve`; use `cutover check --since FILE`";
        return Err(Problem::Usage(message.into()));
    }
    let arguments = CheckArguments {
        domains: &[],
        expected: command.expectations.options(),
        lookup: &command.lookup,
        times: &command.times,
        bulk: &command.bulk,
        strict: command.strict,
        limit: DomainLimit::AnyOrNone,
    };
    arguments.options(settings, surroundings)
}

/// Returns a function that reads the settings again.
fn reload(typed: Vec<OsString>, surroundings: Surroundings) -> Reload {
    let failed = |problem: Problem| match problem {
        Problem::Usage(message) => ReloadError::Options(message),
        Problem::Output(error) => ReloadError::Options(error.to_string()),
    };
    Arc::new(move || {
        let read = settings::read(typed.clone(), surroundings.settings.as_ref()).map_err(failed)?;
        let (arguments, settings) = read.map_err(|error| ReloadError::Options(error.to_string()))?;
        match &arguments.command {
            Command::Serve(command) => run_options(command, &settings, &surroundings).map_err(failed),
            Command::Check(_)
            | Command::Plan(_)
            | Command::Watch(_)
            | Command::Expected(_)
            | Command::Report(_)
            | Command::Explain(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Schema(_)
            | Command::SelfCheck(_) => Err(ReloadError::Options("the command is not `serve`".into())),
        }
    })
}
