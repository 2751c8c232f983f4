//! The command line: argument parsing, files, streams and exit status.
//!
//! [`run`] makes a whole run in the calling process, so that tests see exactly what a user sees.

mod args;
mod bulk;
mod check;
mod cleanup;
mod clock;
mod completions;
mod console;
mod earlier;
mod expected;
mod explain;
mod hook_targets;
mod manual;
mod notes;
mod repeated_options;
mod reporter;
mod run_options;
mod schema;
mod self_check;
#[cfg(feature = "serve")]
mod serve;
mod settings;
mod signals;
mod stored;
mod version;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::error::ErrorKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::Verdict;
use crate::lookup::graph::Token;
use crate::report::Sanitized;
use crate::report::Style;
use crate::report::style::{Color, Detail, Links, Marks, UNLIMITED};

use crate::run::RunError;
pub use crate::run::{Clock, Later};
#[cfg(feature = "serve")]
pub use serve::ServeSurroundings;
pub use settings::{SettingsOrigin, SettingsSource};

use clock::Process;

use args::{Arguments, Command, When};
use console::Console;
use settings::Settings;

/// The exit status for wrong usage, an unreadable file, or an internal failure.
const USAGE: u8 = 2;

/// The exit status if the reader closes the pipe early, as in `cutover … | head`: the one of a program that SIGPIPE
/// ends. It is neither a failure nor a verdict.
const CLOSED_PIPE: u8 = 141;

/// The environment variable with the token for Microsoft Graph, since other users can see a command line.
const GRAPH_TOKEN: &str = "CUTOVER_GRAPH_TOKEN";

/// The environment variable with the URL of a webhook, which often contains a secret.
const WEBHOOK: &str = "CUTOVER_WEBHOOK";

/// The environment of a run: every input other than its arguments.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The width of the terminal in columns, or `COLUMNS` if the output is not a terminal; `None` if lines are not
    /// wrapped.
    pub width: Option<usize>,
    /// The color that `--color auto` stands for.
    pub color: Color,
    /// The use of links on standard output.
    pub links: Links,
    /// The time at the start of the run.
    pub now: Timestamp,
    /// The settings file that is read if the command line names none.
    pub settings: Option<SettingsSource>,
    /// The content of standard input; `None` for that of the process.
    pub input: Option<Arc<[u8]>>,
    /// True if standard error is a terminal on which a status line can be updated.
    pub live: bool,
    /// The clock of a command that waits.
    pub clock: Arc<dyn Clock>,
    /// The token for Microsoft Graph, if given.
    pub graph_token: Option<Token>,
    /// The URL to which `watch` posts changes unless the command line gives one, as text.
    pub webhook: Option<String>,
    /// The time zone of the readers of a plan with times.
    pub time_zone: TimeZone,
    /// The characters that standard output can show.
    pub marks: Marks,
    /// The characters that standard error can show.
    pub error_marks: Marks,
    /// The number of processors that a run over many domains may use.
    pub processors: usize,
    /// The environment variables of a server.
    #[cfg(feature = "serve")]
    pub serve: ServeSurroundings,
}

impl Surroundings {
    /// Returns the surroundings of a process whose streams are files or pipes.
    #[must_use]
    pub fn of_pipe(now: Timestamp) -> Self {
        Self {
            width: None,
            color: Color::Off,
            links: Links::Off,
            now,
            settings: None,
            input: None,
            live: false,
            clock: Arc::new(Process::default()),
            graph_token: None,
            webhook: None,
            time_zone: TimeZone::UTC,
            marks: Marks::Unicode,
            error_marks: Marks::Unicode,
            processors: processors(),
            #[cfg(feature = "serve")]
            serve: ServeSurroundings::default(),
        }
    }

    /// Returns the surroundings of this process.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment and the clock"
    )]
    pub fn of_process() -> Self {
        use std::io::IsTerminal as _;
        let terminal = io::stdout().is_terminal();
        let variable = |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
        let plain = console::is_plain(variable);
        let size = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
        Self {
            width: if terminal { size() } else { columns() },
            color: console::color_of(terminal, variable),
            links: console::links_of(terminal, variable),
            now: Timestamp::now(),
            settings: Some(SettingsSource::find(std::env::current_dir().ok().as_deref(), |name| {
                std::env::var_os(name)
            })),
            input: None,
            live: io::stderr().is_terminal() && !plain,
            clock: Arc::new(Process::default()),
            // A value that is not text is not a token either, and is refused when a token is needed.
            graph_token: std::env::var_os(GRAPH_TOKEN).map(|text| Token::new(&text.to_string_lossy())),
            webhook: std::env::var_os(WEBHOOK)
                .map(|text| text.to_string_lossy().into_owned())
                .filter(|text| !text.is_empty()),
            time_zone: TimeZone::system(),
            marks: console::marks_of(terminal, variable),
            error_marks: console::marks_of(io::stderr().is_terminal(), variable),
            processors: processors(),
            #[cfg(feature = "serve")]
            serve: ServeSurroundings::of_process(),
        }
    }
}

/// Returns the number of processors that this process may use; 1 if the system does not tell.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The reason why a run ends without a verdict, with exit status 2.
#[derive(Debug)]
enum Problem {
    /// Wrong usage, or a file that cannot be used: one or more lines for a person.
    Usage(String),
    /// The output could not be written.
    Output(io::Error),
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Usage(_)
            | RunError::Domain { .. }
            | RunError::Read { .. }
            | RunError::Write { .. }
            | RunError::Content { .. }
            | RunError::Locked { .. }
            | RunError::Records(_)
            | RunError::Resolver(_)
            | RunError::Graph { .. } => Self::Usage(error.to_string()),
            RunError::Unfinished => Self::Output(io::Error::other(error)),
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The two streams.
struct Streams<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

/// Runs the program on `arguments` (the first is its name) and returns the exit status.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    surroundings: &Surroundings,
) -> u8 {
    let typed: Vec<OsString> = arguments.into_iter().collect();
    let err = &mut Console::new(err, surroundings.error_marks);
    let ended = match settings::read(typed.clone(), surroundings.settings.as_ref()) {
        Ok(Err(error)) => return usage(&error, out, err),
        Ok(Ok((arguments, settings))) => {
            if arguments.ascii {
                err.restrict();
            }
            dispatch(&arguments, &typed, &settings, &mut Streams { out, err }, surroundings)
        }
        Err(problem) => Err(problem),
    };
    let streams = Streams { out, err };
    match ended {
        Ok(status) => status,
        Err(Problem::Usage(message)) => {
            // There is no way to report that this cannot be written.
            let _ = message
                .lines()
                .try_for_each(|line| writeln!(streams.err, "error: {}", Sanitized::sentence(line)));
            USAGE
        }
        Err(Problem::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => CLOSED_PIPE,
        Err(Problem::Output(error)) => {
            let _ = writeln!(streams.err, "error: the output could not be written: {error}");
            USAGE
        }
    }
}

/// The error of a command line that the program refuses.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ArgumentError(clap::Error);

/// Checks if the program accepts a command line, whose first word is its name, without running it. It is useful for
/// command lines in documents and in the settings of other programs.
///
/// # Errors
/// [`ArgumentError`] with the message of the program, if it refuses the command line.
pub fn accepts(arguments: impl IntoIterator<Item = OsString>) -> Result<(), ArgumentError> {
    match <Arguments as clap::Parser>::try_parse_from(arguments) {
        Ok(_) => Ok(()),
        Err(error) if is_asked_for(&error) => Ok(()),
        Err(error) => Err(ArgumentError(error)),
    }
}

/// Returns whether this is a request for the help or the version, and not an error.
fn is_asked_for(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let asked_for = is_asked_for(error);
    let text = error.render();
    // There is no way to report that this cannot be written.
    let _ = if asked_for {
        write!(out, "{text}")
    } else {
        // The message repeats words of the command line.
        text.to_string().lines().try_for_each(|line| writeln!(err, "{}", Sanitized::sentence(line)))
    };
    if asked_for { 0 } else { USAGE }
}

fn dispatch(
    arguments: &Arguments,
    typed: &[OsString],
    settings: &Settings,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    let style = Style {
        width: surroundings.width.unwrap_or(UNLIMITED),
        color: match arguments.color {
            When::Auto => surroundings.color,
            When::Always => Color::On,
            When::Never => Color::Off,
        },
        detail: match (arguments.quiet, arguments.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Normal,
        },
        marks: if arguments.ascii { Marks::Ascii } else { surroundings.marks },
        links: surroundings.links,
    };
    // Output for programs is not converted.
    let marks = if arguments.command.is_for_a_person() { style.marks } else { Marks::Unicode };
    let streams = &mut Streams { out: &mut Console::new(streams.out, marks), err: streams.err };
    let source = settings.source_note().filter(|_| style.detail == Detail::Verbose);
    let foreign: Vec<String> = settings.foreign_notes().chain(source).collect();
    notes::tell(foreign.iter().map(String::as_str), streams, &style)?;
    match &arguments.command {
        Command::Check(command) => check::check(command, typed, settings, streams, &style, surroundings),
        Command::Plan(command) => check::plan(command, typed, settings, streams, &style, surroundings),
        Command::Watch(command) => watch::run(command, typed, settings, streams, &style, surroundings),
        #[cfg(feature = "serve")]
        Command::Serve(command) => serve::run(command, typed, settings, streams, surroundings),
        Command::Expected(command) => expected::run(command, settings, streams, &style, surroundings),
        Command::Report(command) => stored::run(command, streams, &style, surroundings),
        Command::Explain(command) => explain::run(command, streams, &style),
        Command::SelfCheck(command) => self_check::run(command, settings, streams, &style, surroundings),
        Command::Completions(command) => completions::run(command, streams),
        Command::Man(command) => manual::run(command, streams),
        Command::Schema(command) => schema::run(command, streams),
    }
}

/// Returns the exit status of a verdict.
fn status_of_verdict(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ready => 0,
        Verdict::ChangesNeeded => 1,
        Verdict::Undetermined => 3,
        Verdict::Waiting => 4,
    }
}
