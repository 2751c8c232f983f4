//! The settings file and the command line together.
//!
//! Precedence: command line, then `[[domain]]`, then `[defaults]`. Every value goes through the reader of the option of its
//! name, so that file and command line cannot differ in what they take.

mod merge;

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgMatches, Args as _, Command as Parser, CommandFactory as _, FromArgMatches as _};

use crate::check::Waiver;
use crate::run::{ConfiguredDomain, ConfiguredDomains, DEFAULT_SETTINGS, SettingsFile, files};

use super::Problem;
use super::args::{Arguments, Expectations};
use merge::Layer;

/// The command line and the settings together.
#[derive(Debug, Default)]
pub(super) struct Settings {
    typed: Layer,
    file: Option<SettingsFile>,
    /// Values that do not count, a sentence each.
    ignored: Vec<String>,
}

/// What runs a command or sends something: it counts where it was typed or in a file that was named, and not in one that
/// happens to be in the folder.
const ACTING: [&str; 3] = ["on-change", "webhook", "webhook-format"];

/// Reads the command line, and the settings that go with it.
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
    let Some(expectations) = arguments.command.expectations() else {
        return Ok(Ok((arguments, Settings::default())));
    };
    let path = match &expectations.settings {
        Some(path) => path.clone(),
        None => match default.filter(|path| files::is_there(path)) {
            Some(path) => path.to_owned(),
            None => return Ok(Ok((arguments, Settings::default()))),
        },
    };
    let mut settings = Settings::open(&path, &matches)?;
    if expectations.settings.is_none() {
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

    /// Takes out what only counts in a file that was named.
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

    /// Values of the file that do not count, a sentence each.
    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    fn defaults(&self) -> Layer {
        self.file.as_ref().map(|file| Layer::of_file(&file.defaults)).unwrap_or_default()
    }

    /// The whole command line, with the defaults where nothing was typed.
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

    /// The domains that the file names, with what is expected of them.
    ///
    /// # Errors
    /// [`Problem`] for a value that cannot be used.
    pub(super) fn configured(&self) -> Result<ConfiguredDomains, Problem> {
        let Some(file) = &self.file else { return Ok(ConfiguredDomains::default()) };
        let mut parser = Expectations::augment_args(Parser::new(env!("CARGO_PKG_NAME"))).no_binary_name(true);
        let known = merge::longs(&parser);
        let defaults = self.defaults();
        let domains = file.domains.iter().map(|own| {
            let domain = ConfiguredDomain { name: own.name.clone(), line: own.line, expected: None };
            if own.choices.is_empty() {
                return Ok(domain);
            }
            let mut layer = defaults.clone();
            layer.overlay(&Layer::of_file(&own.choices));
            layer.overlay(&self.typed);
            layer.keep(&known, "check");
            let matches = parser.try_get_matches_from_mut(layer.words());
            let expectations = matches.and_then(|matches| Expectations::from_arg_matches(&matches));
            let place = format!("line {}, `{}`", own.line, own.name.without_trailing_dot());
            let expectations = expectations.map_err(|error| self.problem(&place, &error))?;
            Ok(ConfiguredDomain { expected: Some(expectations.options()), ..domain })
        });
        let domains = domains.collect::<Result<_, Problem>>()?;
        Ok(ConfiguredDomains { file: Some(file.label.clone()), domains })
    }

    /// Findings that do not count for a while.
    pub(super) fn waivers(&self) -> &[Waiver] {
        self.file.as_ref().map_or(&[], |file| &file.waivers)
    }

    /// Returns whether there is a file.
    pub(super) fn is_from_file(&self) -> bool {
        self.file.is_some()
    }

    /// A value that the reader of the options refuses.
    fn problem(&self, place: &str, error: &clap::Error) -> Problem {
        let text = error.to_string();
        let reason = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let file = self.file.as_ref().map_or(DEFAULT_SETTINGS, |file| &file.label);
        Problem::Usage(format!("{file}: {place}: {reason}"))
    }
}
