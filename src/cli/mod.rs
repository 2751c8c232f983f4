//! The command line: argument parsing, files, streams and exit status.
//!
//! The front desk: arguments, files, the streams and the exit status. [`run`] is a whole run, in process, so that tests
//! see exactly what a user sees.

mod args;
mod bulk;
mod check;
mod cleanup;
mod clock;
mod console;
mod earlier;
mod expected;
mod explain;
mod given;
mod hook_targets;
mod manual;
mod notes;
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
use std::path::PathBuf;
use std::sync::Arc;

use clap::error::ErrorKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::Verdict;
use crate::lookup::graph::Token;
use crate::report::Sanitized;
use crate::report::Style;
use crate::report::style::{Colour, Detail, Marks, UNLIMITED};

pub use crate::run::{Clock, Later};
use crate::run::{DEFAULT_SETTINGS, RunError};
#[cfg(feature = "serve")]
pub use serve::ServeSurroundings;

use clock::Process;

use args::{Arguments, Command, When};
use console::Console;
use settings::Settings;

/// Exit status of wrong usage, an unreadable file, or a failure of our own.
const USAGE: u8 = 2;

/// Exit status where the reader of the output has seen enough, as in `cutover … | head`: that of a program that SIGPIPE ends.
/// It is not a failure, and not a verdict either.
const CLOSED_PIPE: u8 = 141;

/// The environment variable that holds the token for Microsoft Graph: a command line can be seen by others.
const GRAPH_TOKEN: &str = "CUTOVER_GRAPH_TOKEN";

/// The environment variable that holds the URL of a webhook, which often has a secret in it.
const WEBHOOK: &str = "CUTOVER_WEBHOOK";

/// Where a run happens: everything that it does not get from its arguments.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Columns of the terminal, or of `COLUMNS` where the output is not one; `None` if nothing is to be wrapped.
    pub width: Option<usize>,
    /// Whether `--color auto` means color.
    pub colour: Colour,
    /// The time.
    pub now: Timestamp,
    /// The settings file that is read where none is named, if it is there.
    pub settings: Option<PathBuf>,
    /// The content of standard input; `None` for that of the process.
    pub input: Option<Arc<[u8]>>,
    /// Whether standard error is a terminal on which a view may move.
    pub live: bool,
    /// How time passes, for a command that waits.
    pub clock: Arc<dyn Clock>,
    /// What lets this run read Microsoft Graph, where it was given.
    pub graph_token: Option<Token>,
    /// Where `watch` posts changes, unless a URL was typed; as it was given.
    pub webhook: Option<String>,
    /// The time zone of the people who read a plan with hours in it.
    pub time_zone: TimeZone,
    /// Which characters standard output shows.
    pub marks: Marks,
    /// Which characters standard error shows.
    pub error_marks: Marks,
    /// What a server gets from the environment.
    #[cfg(feature = "serve")]
    pub serve: ServeSurroundings,
}

impl Surroundings {
    /// Those of a process whose streams go into files.
    #[must_use]
    pub fn of_pipe(now: Timestamp) -> Self {
        Self {
            width: None,
            colour: Colour::Off,
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
            #[cfg(feature = "serve")]
            serve: ServeSurroundings::default(),
        }
    }

    /// Those of this process.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment and the clock"
    )]
    pub fn of_process() -> Self {
        use std::io::IsTerminal as _;
        let terminal = io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let variable = |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
        let size = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
        Self {
            width: if terminal { size() } else { columns() },
            colour: if terminal && !plain { Colour::On } else { Colour::Off },
            now: Timestamp::now(),
            settings: Some(DEFAULT_SETTINGS.into()),
            input: None,
            live: io::stderr().is_terminal() && !plain,
            clock: Arc::new(Process::default()),
            // What is no text is no token either, and is refused as such where one is needed.
            graph_token: std::env::var_os(GRAPH_TOKEN).map(|text| Token::new(&text.to_string_lossy())),
            webhook: std::env::var_os(WEBHOOK)
                .map(|text| text.to_string_lossy().into_owned())
                .filter(|text| !text.is_empty()),
            time_zone: TimeZone::system(),
            marks: console::marks_of(terminal, variable),
            error_marks: console::marks_of(io::stderr().is_terminal(), variable),
            #[cfg(feature = "serve")]
            serve: ServeSurroundings::of_process(),
        }
    }
}

/// The reason why a run ends without a verdict: exit status 2.
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
    let ended = match settings::read(typed.clone(), surroundings.settings.as_deref()) {
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
            // Nothing is left to tell if even this cannot be written.
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

/// Whether the program knows these words (the first is its name), without doing anything: for a person who keeps command
/// lines in documents and settings of other programs.
///
/// # Errors
/// What the program would say of a command line that it refuses.
pub fn accepts(arguments: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    match <Arguments as clap::Parser>::try_parse_from(arguments) {
        Ok(_) => Ok(()),
        Err(error) if is_asked_for(&error) => Ok(()),
        Err(error) => Err(error.render().to_string()),
    }
}

/// Returns whether this is not an error, but the help or the version.
fn is_asked_for(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let asked_for = is_asked_for(error);
    let text = error.render();
    // Nothing is left to tell if even this cannot be written.
    let _ = if asked_for {
        write!(out, "{text}")
    } else {
        // What was typed stands in it.
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
        colour: match arguments.color {
            When::Auto => surroundings.colour,
            When::Always => Colour::On,
            When::Never => Colour::Off,
        },
        detail: match (arguments.quiet, arguments.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Normal,
        },
        marks: if arguments.ascii { Marks::Ascii } else { surroundings.marks },
    };
    // What a program reads stays as it is.
    let marks = if arguments.command.is_for_a_person() { style.marks } else { Marks::Unicode };
    let streams = &mut Streams { out: &mut Console::new(streams.out, marks), err: streams.err };
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
        Command::Completions(command) => manual::completions(command, streams),
        Command::Man => manual::man(streams),
        Command::Schema(command) => schema::run(command, streams),
    }
}

/// The exit status of a verdict.
fn status(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ready => 0,
        Verdict::ChangesNeeded => 1,
        Verdict::Undetermined => 3,
        Verdict::Waiting => 4,
    }
}
