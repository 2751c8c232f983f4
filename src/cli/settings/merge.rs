//! Merges the values of options from the command line, a domain and the defaults.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};

use crate::cli::args::Arguments;
use crate::run::OptionValues;

/// The options that have another meaning in each command, so that defaults for them apply only to `check` and `watch`.
const OF_CHECK: [&str; 1] = ["format"];

/// Options with their values, by long name; a flag has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer(OptionValues);

impl Layer {
    /// Returns the values.
    pub(super) fn into_values(self) -> OptionValues {
        self.0
    }

    /// Returns whether it has this option.
    pub(super) fn has(&self, long: &str) -> bool {
        self.0.contains_key(long)
    }

    /// Returns the values of the settings file.
    pub(super) fn of_file(values: &OptionValues) -> Self {
        Self(values.clone())
    }

    /// Returns the values of the command line.
    pub(super) fn of_command_line(matches: &ArgMatches) -> Self {
        let mut layer = OptionValues::new();
        let Some((name, inner)) = matches.subcommand() else { return Self(layer) };
        let parser = <Arguments as clap::CommandFactory>::command();
        let Some(command) = parser.find_subcommand(name) else { return Self(layer) };
        for argument in command.get_arguments().chain(parser.get_arguments()) {
            let Some(long) = argument.get_long() else { continue };
            let id = argument.get_id().as_str();
            if inner.value_source(id) != Some(ValueSource::CommandLine) {
                continue;
            }
            let values = match argument.get_action() {
                ArgAction::SetTrue => Vec::new(),
                _ => inner.get_raw(id).into_iter().flatten().map(OsString::from).collect(),
            };
            layer.insert(long.to_owned(), values);
        }
        Self(layer)
    }

    /// Removes values that contradict the command line: a source of answers that is given there replaces all others.
    pub(super) fn give_way_to(&mut self, typed: &Self, names_no_domain: bool) {
        let mut drop = |keys: &[&str]| keys.iter().for_each(|key| drop(self.0.remove(*key)));
        let has = |key| typed.0.contains_key(key);
        if has("replay") {
            drop(&["resolver", "name-server", "zone", "record", "graph", "all-domains"]);
        }
        if has("zone") {
            drop(&["resolver", "name-server", "replay"]);
        }
        if has("name-server") {
            drop(&["zone", "replay"]);
        }
        if ["resolver", "record", "graph", "all-domains"].into_iter().any(has) {
            drop(&["replay"]);
        }
        if has("quiet") {
            drop(&["verbose"]);
        }
        if has("verbose") {
            drop(&["quiet"]);
        }
        if !names_no_domain || has("domains") || has("replay") {
            drop(&["domains", "all-domains", "resume", "group"]);
        }
        if has("group") {
            drop(&["domains", "all-domains"]);
        }
        if has("all-domains") {
            drop(&["group"]);
        }
    }

    /// Keeps only the options that a command knows and that have the same meaning in it.
    pub(super) fn keep(&mut self, known: &BTreeSet<String>, command: &str) {
        let same = |key: &str| matches!(command, "check" | "watch") || !OF_CHECK.contains(&key);
        self.0.retain(|key, _| known.contains(key) && same(key));
    }

    /// Adds the values of another layer, which take precedence.
    pub(super) fn overlay(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(key, values)| (key.clone(), values.clone())));
    }

    /// Returns the values as words of a command line.
    pub(super) fn words(&self) -> impl Iterator<Item = OsString> {
        self.0.iter().flat_map(|(key, values)| {
            let flag = values.is_empty().then(|| OsString::from(format!("--{key}")));
            let pairs = values.iter().map(move |value| {
                let mut word = OsString::from(format!("--{key}="));
                word.push(value);
                word
            });
            flag.into_iter().chain(pairs)
        })
    }
}

/// Returns the long names of a command's options.
pub(super) fn longs(command: &Command) -> BTreeSet<String> {
    command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned).collect()
}

/// Returns the positional arguments, which are domains.
pub(super) fn positionals(matches: &ArgMatches) -> Vec<OsString> {
    let typed = |id| matches.try_get_raw(id).ok().flatten();
    ["domains", "domain"].into_iter().filter_map(typed).flatten().map(OsString::from).collect()
}
