//! Reads a settings file: defaults, domains with their own options, and waivers.
//!
//! The value of an option is kept as it is written, and parsed by the option of that name, so that the file and the
//! command line accept the same values.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use toml::Spanned;

use crate::check::{Code, Waiver};
use crate::record::{Name, closest_word, suggestion};
use crate::report::harmless::harmless;

use super::error::{RunError, shown};
use super::{domain, files};
pub use file::SettingsDocument;
pub(super) use file::{DOMAIN_KEYS, FLAGS};
use file::{Lines, WaiverEntry, map};

/// The file that is read if none is named and it exists.
pub const DEFAULT_SETTINGS: &str = "cutover.toml";

/// Options whose value is a path.
const PATHS: [&str; 7] = ["expect", "history", "since", "zone", "record", "replay", "tsig"];
/// Options that take several values in one word.
const LISTS: [&str; 2] = ["services", "fail-on"];

/// Options with their values as they are written, by long name; a flag has none.
pub type OptionValues = BTreeMap<String, Vec<OsString>>;

/// A settings file.
#[derive(Debug, Default)]
pub struct SettingsFile {
    /// The name of the file in messages.
    pub label: String,
    /// The options for every run.
    pub defaults: OptionValues,
    /// Its domains, in its order.
    pub domains: Vec<DomainEntry>,
    /// Its groups of domains, in its order.
    pub groups: Vec<GroupEntry>,
    /// Findings that do not count for a while.
    pub waivers: Vec<Waiver>,
}

/// The entry of one domain in the file.
#[derive(Debug)]
pub struct DomainEntry {
    /// The domain.
    pub name: Name,
    /// The line of the file that names it.
    pub line: usize,
    /// The groups that it belongs to.
    pub groups: Vec<String>,
    /// The options that differ for it.
    pub choices: OptionValues,
}

/// A group of domains in the file.
#[derive(Debug)]
pub struct GroupEntry {
    /// Its name.
    pub name: String,
    /// The line of the file that names it.
    pub line: usize,
    /// The options that its domains share.
    pub choices: OptionValues,
}

impl SettingsFile {
    /// Reads a file; its paths are relative to its folder.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be read, with the line of what cannot be used.
    pub fn read(path: &Path) -> Result<Self, RunError> {
        let text = files::read_text(path, files::SETTINGS)?;
        let label = shown(path);
        let refused = |line, reason: String| RunError::content_of_line(&label, line, reason);
        let document = SettingsDocument::parse(&text).map_err(|(line, reason)| refused(line, reason))?;
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let lines = Lines::of(&text);
        let (mut domains, mut waivers) = (Vec::new(), Vec::new());
        let mut seen: BTreeMap<Name, usize> = BTreeMap::new();
        let mut groups: Vec<GroupEntry> = Vec::new();
        for group in &document.group {
            let (name, line) = (group.name.get_ref(), lines.at(group.name.span().start));
            if let Some(first) = groups.iter().find(|known| known.name == *name) {
                let first = first.line;
                return Err(refused(
                    line,
                    format!("the group `{name}` is in line {first} already; merge the two"),
                ));
            }
            groups.push(GroupEntry { name: name.clone(), line, choices: values(group, &folder) });
        }
        for own in &document.domain {
            let line = lines.at(own.name.span().start);
            let name = domain::parse(own.name.get_ref()).map_err(|source| {
                let place = Some(format!("{label}:{line}"));
                RunError::Domain { place, source }
            })?;
            if let Some(first) = seen.insert(name.clone(), line) {
                let name = name.without_trailing_dot();
                return Err(refused(line, format!("`{name}` is already in line {first}; merge the two")));
            }
            let own_groups = own.group.as_ref().map(file::List::to_vec).unwrap_or_default();
            // If the file lists groups, a group that is not listed is a mistake.
            let known = groups.iter().map(|group| group.name.as_str());
            if let (Some(_), Some(unknown)) =
                (groups.first(), own_groups.iter().find(|name| !known.clone().any(|known| known == *name)))
            {
                return Err(refused(line, UnknownGroup::new(unknown, known).to_string()));
            }
            domains.push(DomainEntry { name, line, groups: own_groups, choices: values(own, &folder) });
        }
        for waiver in &document.waiver {
            let line = lines.at(waiver.span().start);
            waivers.push(read_waiver(waiver).map_err(|reason| refused(line, reason))?);
        }
        let defaults = values(&document.defaults, &folder);
        Ok(Self { defaults, domains, groups, waivers, label })
    }

    /// Returns the entry of the group with this name, if the file has one.
    ///
    /// # Errors
    /// [`UnknownGroup`] if the file neither lists it nor has a domain of it.
    pub fn group(&self, name: &str) -> Result<Option<&GroupEntry>, UnknownGroup> {
        if let Some(group) = self.groups.iter().find(|group| group.name == name) {
            return Ok(Some(group));
        }
        let of_domains = self.domains.iter().flat_map(|domain| &domain.groups).map(String::as_str);
        if of_domains.clone().any(|known| known == name) {
            return Ok(None);
        }
        let known = self.groups.iter().map(|group| group.name.as_str()).chain(of_domains);
        Err(UnknownGroup::new(name, known))
    }
}

/// The error of a group that the settings file neither lists nor has a domain of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownGroup {
    name: String,
    known: BTreeSet<String>,
}

impl UnknownGroup {
    fn new<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self { name: name.to_owned(), known: known.map(str::to_owned).collect() }
    }
}

impl fmt::Display for UnknownGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = suggestion(closest_word(&self.name, self.known.iter().map(String::as_str)));
        write!(f, "unknown group `{}`{hint} (", harmless(&self.name))?;
        if self.known.is_empty() {
            return f.write_str("there are none; name it in a `[[domain]]`: `group = \"NAME\"`)");
        }
        let known: Vec<String> = self.known.iter().map(|name| format!("`{}`", harmless(name))).collect();
        write!(f, "expected one of {})", known.join(", "))
    }
}

/// Returns the options that are set, with their values.
fn values(choices: &impl Serialize, folder: &Path) -> OptionValues {
    let mut options = OptionValues::new();
    for (key, value) in map(choices) {
        let one = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let values = match &value {
            // A flag that is off is the same as one that is not set.
            Value::Bool(false) | Value::Null => continue,
            Value::Bool(true) => Vec::new(),
            Value::Array(values) if LISTS.contains(&key.as_str()) => {
                vec![values.iter().map(one).collect::<Vec<_>>().join(",")]
            }
            Value::Array(values) => values.iter().map(one).collect(),
            value => vec![one(value)],
        };
        let values = values.iter().map(|value| located(&key, value, folder));
        options.insert(key.clone(), values.collect());
    }
    options
}

/// Returns the value with its path relative to the folder of the file, so that the working directory does not matter.
pub(super) fn located(key: &str, value: &str, folder: &Path) -> OsString {
    match (key, value.split_once('=')) {
        ("domains", _) if value == "-" => value.into(),
        ("domains" | "resume", _) => folder.join(value).into(),
        ("output", Some((format, path))) => {
            let mut word = OsString::from(format!("{format}="));
            word.push(folder.join(path));
            word
        }
        _ if PATHS.contains(&key) => folder.join(value).into(),
        _ => value.into(),
    }
}

fn read_waiver(entry: &Spanned<WaiverEntry>) -> Result<Waiver, String> {
    let WaiverEntry { domain, code, reason, until } = entry.get_ref();
    let domain = match domain.as_str() {
        "*" => None,
        name => Some(domain::parse(name).map_err(|error| error.to_string())?),
    };
    let known = Code::ALL.iter().copied().find(|known| known.word() == code);
    let code = known.ok_or_else(|| {
        let hint = suggestion(closest_word(code, Code::ALL.iter().map(|code| code.word())));
        format!("found the code `{}`, expected one of `cutover explain`{hint}", harmless(code))
    })?;
    if reason.trim().is_empty() {
        return Err(format!("the waiver of `{code}` has an empty reason; enter why the finding may stay"));
    }
    Ok(Waiver { domain, code, reason: reason.trim().to_owned(), until: until.0 })
}
