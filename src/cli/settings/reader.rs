//! Reads the options of individual domains from the settings and from a list, with the parsers of the command line.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use clap::{Args as _, Command as Parser, FromArgMatches as _};

use crate::cli::args::Expectations;
use crate::cli::repeated_options;
use crate::record::Name;
use crate::run::{DomainEntry, ExpectationOptions, LineChoice, LineError, OptionValues, SettingsFile};

use super::Settings;
use super::merge::{Layer, longs};

/// The maximum number of cached results. Many domains share their options, such as the tenant or the filter.
const MOST_CACHED: usize = 1000;

/// Reads the options of individual domains.
pub(super) struct OptionReader<'s> {
    settings: &'s Settings,
    parser: Parser,
    known: BTreeSet<String>,
    defaults: Layer,
    /// The domains that the settings name.
    named: BTreeMap<&'s Name, &'s DomainEntry>,
    cached: HashMap<OptionValues, Arc<ExpectationOptions>>,
}

impl<'s> OptionReader<'s> {
    /// Creates a reader on top of these settings.
    pub(super) fn new(settings: &'s Settings) -> Self {
        let parser = Expectations::augment_args(Parser::new(env!("CARGO_PKG_NAME"))).no_binary_name(true);
        let known = longs(&parser);
        let domains = settings.file.iter().flat_map(|file| &file.domains);
        Self {
            settings,
            parser,
            known,
            defaults: settings.defaults(),
            named: domains.map(|domain| (&domain.name, domain)).collect(),
            cached: HashMap::new(),
        }
    }

    /// Returns the options for these choices; a later choice takes precedence over an earlier one.
    ///
    /// # Errors
    /// The error of a value that is not accepted.
    pub(super) fn read<'c>(
        &mut self,
        choices: impl IntoIterator<Item = &'c OptionValues>,
    ) -> Result<Arc<ExpectationOptions>, clap::Error> {
        let mut layer = self.defaults.clone();
        for choices in choices {
            layer.overlay(&Layer::of_file(choices));
        }
        layer.overlay(&self.settings.typed);
        layer.keep(&self.known, "check");
        let values = layer.into_values();
        if let Some(options) = self.cached.get(&values) {
            return Ok(Arc::clone(options));
        }
        let matches = self.parser.try_get_matches_from_mut(Layer::of_file(&values).words())?;
        let options = Arc::new(Expectations::from_arg_matches(&matches)?.options());
        if self.cached.len() < MOST_CACHED {
            self.cached.insert(values, Arc::clone(&options));
        }
        Ok(options)
    }

    /// Returns the options of a domain that has its own in a list.
    ///
    /// # Errors
    /// [`LineError`] for an unknown group, or a value that is not accepted.
    pub(super) fn read_line(
        &mut self,
        name: &Name,
        mut values: OptionValues,
    ) -> Result<LineChoice, LineError> {
        let settings = self.settings;
        let own = self.named.get(name).copied();
        let mut layers: Vec<&OptionValues> = Vec::new();
        let groups = values.remove("group").unwrap_or_default();
        for group in &groups {
            let group = group.to_string_lossy();
            let Some(file) = &settings.file else {
                return Err(LineError::NoSettings(group.into_owned()));
            };
            layers.extend(file.group(&group)?.map(|group| &group.choices));
        }
        if let (Some(file), Some(own)) = (&settings.file, own) {
            let from = if groups.is_empty() { 0 } else { own.groups.len() };
            layers.extend(choices_from(file, own, from));
        }
        layers.push(&values);
        // The choices of the file for this domain are found again without the list.
        let of_file = if groups.is_empty() { layers.len().saturating_sub(1) } else { 0 };
        let mut listed = OptionValues::new();
        for layer in layers.iter().skip(of_file) {
            listed.extend(layer.iter().map(|(key, values)| (key.clone(), values.clone())));
        }
        listed.retain(|key, _| !settings.typed.has(key));
        let expected = self.read(layers).map_err(|error| LineError::Option(reason(&error)))?;
        Ok(LineChoice { expected, repeated: repeated_options::repeated(&listed).into() })
    }
}

/// Returns the choices of the file for a domain: those of its groups, and then its own.
pub(super) fn choices<'f>(
    file: &'f SettingsFile,
    domain: &'f DomainEntry,
) -> impl Iterator<Item = &'f OptionValues> {
    choices_from(file, domain, 0)
}

/// Returns these choices without those of the first of its groups.
fn choices_from<'f>(
    file: &'f SettingsFile,
    domain: &'f DomainEntry,
    first: usize,
) -> impl Iterator<Item = &'f OptionValues> {
    let groups = domain.groups.iter().skip(first);
    let groups = groups.filter_map(|name| file.groups.iter().find(|group| group.name == *name));
    groups.map(|group| &group.choices).chain([&domain.choices])
}

/// Returns the first sentence of an error of the command line parser.
pub(super) fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
