//! The choices of a run: those for every domain, and those for single ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Waiver;
use crate::expected::Subject;
use crate::record::Name;

use super::error::RunError;
use super::options::{ConfiguredDomains, ExpectationOptions};
use super::subject::{Files, Lists, subject};

/// The choices of a run: those for every domain, and those for single ones.
#[derive(Debug)]
pub struct DomainOverrides {
    all: Choice,
    own: BTreeMap<Name, Choice>,
}

#[derive(Debug)]
struct Choice {
    expectations: ExpectationOptions,
    lists: Lists,
    /// Its place in the settings.
    place: Option<String>,
}

impl DomainOverrides {
    /// Reads what the choices need.
    ///
    /// # Errors
    /// [`RunError`] for a file or a value that cannot be used.
    pub fn open(expected: &ExpectationOptions, configured: &ConfiguredDomains) -> Result<Self, RunError> {
        let mut files = Files::default();
        let lists = Lists::read(expected, &mut files)?;
        let all = Choice { expectations: expected.clone(), lists, place: None };
        let mut overrides = Self { all, own: BTreeMap::new() };
        let file = configured.file.as_deref().unwrap_or_default();
        for own in &configured.domains {
            let Some(expectations) = own.expected.clone() else { continue };
            let place = Some(format!("{file}:{}", own.line));
            let lists = Lists::read(&expectations, &mut files)?;
            let choice = Choice { expectations, lists, place };
            // What cannot be used is reported before anything is looked up, whichever domain it is about.
            choice.subject(own.name.clone())?;
            overrides.own.insert(own.name.clone(), choice);
        }
        Ok(overrides)
    }

    /// The same, and what Microsoft Graph wants for each domain.
    pub fn with_tenant(mut self, mut wanted: BTreeMap<Name, Vec<u8>>) -> Self {
        for (domain, choice) in &mut self.own {
            choice.lists.add_tenant(wanted.remove_entry(domain).into_iter().collect());
        }
        self.all.lists.add_tenant(wanted);
        self
    }

    fn choice(&self, domain: &Name) -> &Choice {
        self.own.get(domain).unwrap_or(&self.all)
    }

    /// A domain with its options.
    ///
    /// # Errors
    /// [`RunError`] for a value that cannot be what it should be.
    pub fn subject(&self, domain: Name) -> Result<Subject, RunError> {
        self.choice(&domain).subject(domain)
    }

    /// What to say about the lists of expected values that these domains use.
    ///
    /// # Errors
    /// [`RunError`] as when the subjects were made.
    pub fn notes(&self, subjects: &[Subject]) -> Result<Vec<String>, RunError> {
        let (own, all): (Vec<Subject>, Vec<Subject>) =
            subjects.iter().cloned().partition(|subject| self.own.contains_key(&subject.domain));
        let mut notes = if all.is_empty() { Vec::new() } else { self.all.lists.notes(&all)? };
        for subject in own {
            notes.extend(self.choice(&subject.domain).lists.notes(std::slice::from_ref(&subject))?);
        }
        Ok(notes)
    }
}

impl Choice {
    fn subject(&self, domain: Name) -> Result<Subject, RunError> {
        subject(domain, &self.expectations, &self.lists).map_err(|error| match &self.place {
            Some(place) => RunError::Content { path: place.clone(), source: error.into() },
            None => error,
        })
    }
}

/// The waivers that a run needed.
#[derive(Debug)]
pub struct UsedWaivers<'a> {
    waivers: &'a [Waiver],
    used: BTreeSet<usize>,
    concerned: BTreeSet<usize>,
}

impl<'a> UsedWaivers<'a> {
    /// None so far.
    pub fn new(waivers: &'a [Waiver]) -> Self {
        Self { waivers, used: BTreeSet::new(), concerned: BTreeSet::new() }
    }

    /// Adds a domain, and the waivers that met a finding of it.
    pub fn note(&mut self, domain: &Name, met: impl Iterator<Item = usize>) {
        self.used.extend(met);
        let concerned = self.waivers.iter().enumerate().filter(|(_, waiver)| waiver.concerns(domain));
        self.concerned.extend(concerned.map(|(index, _)| index));
    }

    /// What to say about those that could have met one and did not.
    pub fn unneeded(&self) -> Vec<String> {
        let unneeded = self.concerned.difference(&self.used).filter_map(|index| self.waivers.get(*index));
        let notes = unneeded.map(|waiver| {
            let whose = waiver.domain.as_ref().map_or_else(|| "*".to_owned(), Name::without_trailing_dot);
            format!(
                "the waiver of `{}` for `{whose}` matches no finding; remove it from the settings",
                waiver.code
            )
        });
        notes.collect()
    }
}
