//! Combines the settings file and the command line.
//!
//! Precedence: command line, then the line of a list, then `[[domain]]`, then `[[group]]`, then `[defaults]`. Every
//! value is parsed by the option of the same name, so the file and the command line accept the same values.

mod merge;
mod reader;
mod search;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::check::Waiver;
use crate::report::harmless::harmless;
use crate::run::{ConfiguredDomain, ConfiguredDomains, DEFAULT_SETTINGS, DomainList, SettingsFile, files};

use super::Problem;
use super::args::Arguments;
use merge::Layer;
use reader::OptionReader;
pub use search::{SettingsOrigin, SettingsSource};

/// The command line and the settings.
#[derive(Debug, Default)]
pub(super) struct Settings {
    typed: Layer,
    file: Option<SettingsFile>,
    /// The path of the file, and the rule that found it.
    source: Option<(PathBuf, SettingsOrigin)>,
    /// Files that were found but ignored, since another user owns them.
    foreign: Vec<PathBuf>,
    /// Sentences about values that are ignored.
    ignored: Vec<String>,
}

/// Options that run a command or send data. They take effect on the command line and in a file named with `--settings`,
/// but not in a file that was searched for or that the environment names.
const ACTING: [&str; 3] = ["on-change", "webhook", "webhook-format"];

/// Reads the command line and the settings file that it names, or the one that was found.
///
/// # Errors
/// The error of the command line, or [`Problem`] for a file that cannot be used.
pub(super) fn read(
    typed: Vec<OsString>,
    default: Option<&SettingsSource>,
) -> Result<Result<(Arguments, Settings), clap::Error>, Problem> {
    let parse = |typed: &[OsString]| {
        let matches = Arguments::command().try_get_matches_from(typed)?;
        Ok((Arguments::from_arg_matches(&matches)?, matches))
    };
    let (arguments, matches) = match parse(&typed) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(error)),
    };
    let Some(named) = arguments.command.settings() else {
        return Ok(Ok((arguments, Settings::default())));
    };
    let foreign = default.filter(|_| named.is_none()).map(|source| source.foreign.clone());
    let found = match (named, default) {
        (Some(path), _) => Some((path.clone(), SettingsOrigin::Option)),
        (None, Some(SettingsSource { path, origin, .. }))
            if *origin == SettingsOrigin::Environment || files::is_there(path) =>
        {
            Some((path.clone(), *origin))
        }
        (None, _) => None,
    };
    let typed = Layer::of_command_line(&matches);
    let settings = Settings { typed, foreign: foreign.unwrap_or_default(), ..Settings::default() };
    let Some((path, origin)) = found else { return Ok(Ok((arguments, settings))) };
    let file = match (SettingsFile::read(&path).map_err(Problem::from), origin) {
        (Err(Problem::Usage(reason)), SettingsOrigin::Environment) => {
            return Err(Problem::Usage(format!("CUTOVER_SETTINGS: {reason}")));
        }
        (read, _) => read?,
    };
    let mut settings = Settings { file: Some(file), source: Some((path, origin)), ..settings };
    if origin != SettingsOrigin::Option {
        settings.ignore_acting();
    }
    let merged = settings.merged(&matches)?;
    Ok(Ok((merged, settings)))
}

impl Settings {
    /// Removes the options that count only in a file that the user names.
    fn ignore_acting(&mut self) {
        let Some(file) = &mut self.file else { return };
        for key in ACTING {
            if file.defaults.remove(key).is_some() {
                let label = &file.label;
                self.ignored.push(format!(
                    "`{key}` of {label} is ignored: it counts only on the command line, or with `--settings {label}`"
                ));
            }
        }
    }

    /// Returns the path of the file, and the rule that found it.
    pub(super) fn source(&self) -> Option<(&Path, SettingsOrigin)> {
        self.source.as_ref().map(|(path, origin)| (path.as_path(), *origin))
    }

    /// Returns the note that says which file is used, for a reader who wants details.
    pub(super) fn source_note(&self) -> Option<String> {
        let (label, (_, origin)) = (self.label()?, self.source()?);
        Some(format!("settings: {label} ({})", origin.title()))
    }

    /// Returns notes about files that were found and do not count.
    pub(super) fn foreign_notes(&self) -> impl Iterator<Item = String> {
        self.foreign.iter().map(|path| {
            let path = harmless(&path.display().to_string());
            format!("{path} is ignored: another user owns it; pass `--settings {path}` to use it")
        })
    }

    /// Returns sentences about values of the file that are ignored.
    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    fn defaults(&self) -> Layer {
        self.file.as_ref().map(|file| Layer::of_file(&file.defaults)).unwrap_or_default()
    }

    /// Returns the arguments, with the file's defaults for options that were not given.
    fn merged(&self, matches: &ArgMatches) -> Result<Arguments, Problem> {
        let (command, inner) = matches.subcommand().ok_or_else(|| Problem::Usage("no command".into()))?;
        let parser = Arguments::command();
        let mut known = parser.find_subcommand(command).map(merge::longs).unwrap_or_default();
        known.extend(merge::longs(&parser));
        let mut layer = self.defaults();
        layer.give_way_to(&self.typed, merge::positionals(inner).is_empty());
        layer.keep(&known, command);
        layer.overlay(&self.typed);
        let mut typed: Vec<OsString> = vec![env!("CARGO_PKG_NAME").into(), command.into()];
        typed.extend(layer.words());
        typed.push("--".into());
        typed.extend(merge::positionals(inner));
        let parsed = parser.try_get_matches_from(typed);
        let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
        parsed.map_err(|error| self.problem("[defaults]", &error))
    }

    /// Returns the domains that the file names, with their options.
    ///
    /// # Errors
    /// [`Problem`] for a value that cannot be used.
    pub(super) fn configured(&self) -> Result<ConfiguredDomains, Problem> {
        let Some(file) = &self.file else { return Ok(ConfiguredDomains::default()) };
        let mut reader = OptionReader::new(self);
        for group in &file.groups {
            let place = format!("line {}, the group `{}`", group.line, group.name);
            reader.read([&group.choices]).map_err(|error| self.problem(&place, &error))?;
        }
        let domains = file.domains.iter().map(|own| {
            let (name, groups) = (own.name.clone(), own.groups.clone());
            let repeated = Arc::default();
            let domain = ConfiguredDomain { name, line: own.line, groups, expected: None, repeated };
            let choices = || reader::choices(file, own);
            if choices().all(BTreeMap::is_empty) {
                return Ok(domain);
            }
            let place = format!("line {}, `{}`", own.line, own.name.without_trailing_dot());
            let expected = reader.read(choices()).map_err(|error| self.problem(&place, &error))?;
            Ok(ConfiguredDomain { expected: Some(expected), ..domain })
        });
        let domains = domains.collect::<Result<_, Problem>>()?;
        Ok(ConfiguredDomains { file: Some(file.label.clone()), domains })
    }

    /// Reads a list of domains. Its options for a domain take precedence over those of the file.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be used.
    pub(super) fn list(&self, path: &Path, input: Option<&[u8]>) -> Result<DomainList, Problem> {
        let mut reader = OptionReader::new(self);
        let list =
            DomainList::read(path, input, &mut |name, values| reader.read_line(name, values).map(Some));
        Ok(list?)
    }

    /// Refuses groups that the file does not define.
    ///
    /// # Errors
    /// [`Problem`], which names the defined groups.
    pub(super) fn check_groups(&self, groups: &[String]) -> Result<(), Problem> {
        let Some(first) = groups.first() else { return Ok(()) };
        let Some(file) = &self.file else {
            let message = format!(
                "--group {first}: there is no settings file that names groups; add `--settings FILE`"
            );
            return Err(Problem::Usage(message));
        };
        for group in groups {
            file.group(group)
                .map_err(|reason| Problem::Usage(format!("--group: {}: {reason}", file.label)))?;
        }
        Ok(())
    }

    /// Returns the waivers of the file.
    pub(super) fn waivers(&self) -> &[Waiver] {
        self.file.as_ref().map_or(&[], |file| &file.waivers)
    }

    /// Returns the name of the file for messages.
    pub(super) fn label(&self) -> Option<&str> {
        self.file.as_ref().map(|file| file.label.as_str())
    }

    /// Returns whether an option was given on the command line.
    pub(super) fn is_typed(&self, long: &str) -> bool {
        self.typed.has(long)
    }

    /// Returns whether there is a file.
    pub(super) fn is_from_file(&self) -> bool {
        self.file.is_some()
    }

    /// Returns the problem of a value in the file that an option does not accept.
    fn problem(&self, place: &str, error: &clap::Error) -> Problem {
        let reason = reader::reason(error);
        let file = self.file.as_ref().map_or(DEFAULT_SETTINGS, |file| &file.label);
        Problem::Usage(format!("{file}: {place}: {reason}"))
    }
}
