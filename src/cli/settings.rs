//! Reads the settings file and applies it to a run.
//!
//! A file of TOML with what is the same in every run, what is different for single domains, and what the user decided to
//! live with. What is typed wins over what stands for a domain, and that over the defaults. Every value goes through the
//! same reader as the option of its name, so that file and command line cannot differ in what they take.

mod file;
mod merge;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args as _, Command as Parser, CommandFactory as _, FromArgMatches as _};
use toml::Spanned;

use crate::check::{Code, Waiver};
use crate::record::Name;
use crate::report::harmless::harmless;

use super::args::{Arguments, Expectations};
use super::{Problem, domain, files};
pub(super) use file::Document;
use file::{Choices, WaiverEntry};
use merge::Layer;

/// The file that is read where none is named, if it is there.
pub(super) const DEFAULT_FILE: &str = "cutover.toml";

/// The command line and the settings together.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The file, as messages call it; `None` where there is none.
    file: Option<String>,
    typed: Layer,
    defaults: Layer,
    domains: Vec<Own>,
    /// The waivers.
    pub(super) waivers: Vec<Waiver>,
}

/// What the file says of one domain.
#[derive(Debug)]
pub(super) struct Own {
    /// The domain.
    pub(super) name: Name,
    /// The line of the file that names it.
    pub(super) line: usize,
    choices: Layer,
}

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
    let settings = Settings::open(&path, &matches)?;
    let merged = settings.merged(&matches)?;
    Ok(Ok((merged, settings)))
}

impl Settings {
    fn open(path: &Path, matches: &ArgMatches) -> Result<Self, Problem> {
        let text = files::read_text(path, files::SETTINGS)?;
        let label = harmless(&path.display().to_string());
        let document = Document::parse(&text).map_err(|(line, reason)| located(&label, line, &reason))?;
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let layer = |choices: &dyn Choices| Layer::of_file(choices, &folder);
        let mut settings = Self {
            typed: Layer::of_command_line(matches),
            defaults: layer(&document.defaults),
            domains: Vec::new(),
            waivers: Vec::new(),
            file: Some(label.clone()),
        };
        let lines = file::Lines::of(&text);
        let mut seen: BTreeMap<Name, usize> = BTreeMap::new();
        for own in &document.domain {
            let line = lines.at(own.name.span().start);
            let problem = |reason: &str| located(&label, line, reason);
            let name = domain::parse(own.name.get_ref()).map_err(|reason| problem(&reason))?;
            if let Some(first) = seen.insert(name.clone(), line) {
                return Err(problem(&format!(
                    "`{}` is already in line {first}; merge the two",
                    name.without_trailing_dot()
                )));
            }
            settings.domains.push(Own { name, line, choices: layer(own) });
        }
        for waiver in &document.waiver {
            let line = lines.at(waiver.span().start);
            let waiver = read_waiver(waiver).map_err(|reason| located(&label, line, &reason))?;
            settings.waivers.push(waiver);
        }
        Ok(settings)
    }

    /// The whole command line, with the defaults where nothing was typed.
    fn merged(&self, matches: &ArgMatches) -> Result<Arguments, Problem> {
        let (command, inner) = matches.subcommand().ok_or_else(|| Problem::Usage("no command".into()))?;
        let parser = Arguments::command();
        let mut known = parser.find_subcommand(command).map(merge::longs).unwrap_or_default();
        known.extend(merge::longs(&parser));
        let mut layer = self.defaults.clone();
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

    /// What is expected of the domains that have choices of their own.
    ///
    /// # Errors
    /// [`Problem`] for a value that cannot be used.
    pub(super) fn own_expectations(&self) -> Result<Vec<(&Own, Expectations)>, Problem> {
        let mut parser = Expectations::augment_args(Parser::new(env!("CARGO_PKG_NAME"))).no_binary_name(true);
        let known = merge::longs(&parser);
        let special = self.domains.iter().filter(|own| !own.choices.is_empty());
        let read = special.map(|own| {
            let mut layer = self.defaults.clone();
            layer.overlay(&own.choices);
            layer.overlay(&self.typed);
            layer.keep(&known, "check");
            let matches = parser.try_get_matches_from_mut(layer.words());
            let expectations = matches.and_then(|matches| Expectations::from_arg_matches(&matches));
            let place = format!("line {}, `{}`", own.line, own.name.without_trailing_dot());
            Ok((own, expectations.map_err(|error| self.problem(&place, &error))?))
        });
        read.collect()
    }

    /// The domains that the file names, in its order.
    pub(super) fn domains(&self) -> &[Own] {
        &self.domains
    }

    /// The file, as messages call it.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// A value that the reader of the options refuses.
    fn problem(&self, place: &str, error: &clap::Error) -> Problem {
        let text = error.to_string();
        let reason = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Problem::Usage(format!("{}: {place}: {reason}", self.file.as_deref().unwrap_or(DEFAULT_FILE)))
    }
}

fn located(file: &str, line: usize, reason: &str) -> Problem {
    Problem::Usage(format!("{file}:{line}: {reason}"))
}

fn read_waiver(entry: &Spanned<WaiverEntry>) -> Result<Waiver, String> {
    let WaiverEntry { domain, code, reason, until } = entry.get_ref();
    let domain = match domain.as_str() {
        "*" => None,
        name => Some(domain::parse(name)?),
    };
    let known = Code::ALL.iter().copied().find(|known| known.word() == code);
    let code = known.ok_or_else(|| {
        let close = file::closest(code, Code::ALL.iter().map(|code| code.word()));
        let hint = close.map(|close| format!("; did you mean `{close}`?")).unwrap_or_default();
        format!("found the code `{}`, expected one of `cutover explain`{hint}", harmless(code))
    })?;
    if reason.trim().is_empty() {
        return Err(format!("the waiver of `{code}` has an empty reason; enter why the finding may stay"));
    }
    Ok(Waiver { domain, code, reason: reason.trim().to_owned(), until: until.0 })
}
