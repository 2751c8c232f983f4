//! Combines the settings file and the command line.
//!
//! Precedence: command line, then the line of a list, then `[[domain]]`, then `[[group]]`, then `[defaults]`. Every
//! value is parsed by the option of the same name, so the file and the command line accept the same values.

mod merge;
mod reader;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::check::Waiver;
use crate::run::{ConfiguredDomain, ConfiguredDomains, DEFAULT_SETTINGS, DomainList, SettingsFile, files};

use super::Problem;
use super::args::Arguments;
use merge::Layer;
use reader::OptionReader;

/// The command line and the settings.
#[derive(Debug, Default)]
pub(super) struct Settings {
    typed: Layer,
    file: Option<SettingsFile>,
    /// Sentences about values that are ignored.
    ignored: Vec<String>,
}

/// Options that run a command or send something. They count on the command line or in a file that the user names, but
/// not in a file that is only found in the current folder.
const ACTING: [&str; 3] = ["on-change", "webhook", "webhook-format"];

/// Reads the command line and the settings file that it names, or the default one.
///
/// # Errors
/// The error of the command line, or [`Problem`] for a file that cannot be used.
pub(super) fn read(
    typed: Vec<OsString>,
    default: Option<&Path>,
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
    let path = match named {
        Some(path) => path.clone(),
        None => match default.filter(|path| files::is_there(path)) {
            Some(path) => path.to_owned(),
            None => {
                let typed = Layer::of_command_line(&matches);
                return Ok(Ok((arguments, Settings { typed, ..Settings::default() })));
            }
        },
    };
    let mut settings = Settings::open(&path, &matches)?;
    if named.is_none() {
        settings.ignore_acting();
    }
    let merged = settings.merged(&matches)?;
    Ok(Ok((merged, settings)))
}

impl Settings {
    fn open(path: &Path, matches: &ArgMatches) -> Result<Self, Problem> {
        let file = Some(SettingsFile::read(path)?);
        Ok(Self { typed: Layer::of_command_line(matches), file, ignored: Vec::new() })
    }

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
            let domain = ConfiguredDomain { name, line: own.line, groups, expected: None };
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
