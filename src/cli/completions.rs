//! Prints shell completions, with the values of options that have a fixed list.
//!
//! The values are added for the completions alone: help stays short, and wrong values keep the messages of the options.

use std::fmt::Write as _;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use crate::check::Code;
use crate::expected::import::Kind as ListKind;
use crate::expected::{Cloud, Phase, Service};
use crate::plan::emit::DnsHost;
use crate::provider::{self, Kind};

use super::args::{Arguments, Completions};
use super::manual::PAGES;
use super::{Problem, Streams};

/// Runs `cutover completions`.
///
/// # Errors
/// [`Problem`] if the output cannot be written.
pub(super) fn run(command: &Completions, streams: &mut Streams<'_>) -> Result<u8, Problem> {
    let mut program = with_values(Arguments::command());
    let name = program.get_name().to_owned();
    // The script is written to memory first, because the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut program, name, &mut script);
    if command.shell == Shell::Fish {
        script.extend_from_slice(fish_arguments(&program).as_bytes());
    }
    streams.out.write_all(&script)?;
    Ok(0)
}

/// Returns the lines that complete the values of arguments in fish: the generator writes only those of options.
fn fish_arguments(program: &Command) -> String {
    let name = program.get_name();
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let mut lines = String::new();
    for command in program.get_subcommands() {
        for value in command.get_positionals().flat_map(Arg::get_possible_values) {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(
                lines,
                "complete -c {name} -n \"__fish_{name}_using_subcommand {}\" -f -a '{}' -d '{}'",
                command.get_name(),
                escaped(value.get_name()),
                escaped(&help)
            );
        }
    }
    lines
}

/// Adds the known values to the arguments of all commands.
fn with_values(program: Command) -> Command {
    let commands: Vec<PossibleValue> = program.get_subcommands().filter_map(named).collect();
    program.mut_subcommands(|command| command.mut_args(|argument| completed(argument, &commands)))
}

/// Returns a command as a value of `cutover man`.
fn named(command: &Command) -> Option<PossibleValue> {
    let name = PAGES.into_iter().find(|name| *name == command.get_name())?;
    let about = command.get_about().map(ToString::to_string);
    Some(PossibleValue::new(name).help(about.unwrap_or_default()))
}

/// Returns an argument with its known values, or with a hint about them.
fn completed(argument: Arg, commands: &[PossibleValue]) -> Arg {
    let words = |words: Vec<&'static str>| words.into_iter().map(PossibleValue::new).collect();
    let values: Vec<PossibleValue> = match argument.get_id().as_str() {
        "code" => Code::ALL.iter().map(|code| PossibleValue::new(code.word()).help(code.title())).collect(),
        "phase" => words(Phase::ALL.iter().map(|phase| phase.word()).collect()),
        "cloud" => {
            Cloud::ALL.iter().map(|cloud| PossibleValue::new(cloud.word()).help(cloud.title())).collect()
        }
        "services" => words(Service::ALL.iter().map(|service| service.word()).chain(["all"]).collect()),
        "expect_format" => words(ListKind::ALL.iter().map(|kind| kind.word()).collect()),
        "source" => platforms(&[Kind::Source, Kind::Forwarder, Kind::Retired]),
        "gateway" => platforms(&[Kind::Gateway]),
        "provider" => words(DnsHost::ALL.iter().map(|host| host.word()).collect()),
        "command" => commands.to_vec(),
        _ => return hinted(argument),
    };
    argument.value_parser(PossibleValuesParser::new(values))
}

/// Returns the ids of these kinds of platform.
fn platforms(kinds: &[Kind]) -> Vec<PossibleValue> {
    let platforms = provider::all().iter().filter(|platform| kinds.contains(&platform.kind));
    platforms.map(|platform| PossibleValue::new(platform.id).help(platform.name)).collect()
}

/// Returns an argument whose value is completed as what it names; files are completed for paths by default.
fn hinted(argument: Arg) -> Arg {
    let hint = match argument.get_id().as_str() {
        "domains" | "domain" if argument.is_positional() => ValueHint::Hostname,
        "mx" | "name_server" | "allow_host" => ValueHint::Hostname,
        "on_change" => ValueHint::CommandString,
        "webhook" | "graph_url" => ValueHint::Url,
        "output_dir" => ValueHint::DirPath,
        _ => return argument,
    };
    argument.value_hint(hint)
}
