//! The choices of a run: those for every domain, and those for single ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::Waiver;
use crate::expected::Subject;
use crate::record::Name;

use super::error::RunError;
use super::expectation_options::ExpectationOptions;
use super::options::RunOptions;
use super::subject::{ListCache, Lists, mail_host_note, subject};

/// The choices of a run: those for every domain, and those for single ones.
#[derive(Debug)]
pub struct DomainOverrides {
    all: Choice,
    own: BTreeMap<Name, Choice>,
    /// The values of Microsoft Graph, one list per domain.
    wanted: BTreeMap<Name, Vec<u8>>,
}

/// The options of a domain; shared by all domains with the same ones.
#[derive(Debug)]
struct Choice {
    expectations: Arc<ExpectationOptions>,
    lists: Arc<Lists>,
    /// The file that names it, and the line.
    place: Option<(Arc<str>, usize)>,
}

impl DomainOverrides {
    /// Reads the files that the choices need. The options of a domain in a list take precedence over those in the
    /// settings.
    ///
    /// # Errors
    /// [`RunError`] for a file or a value that cannot be used.
    pub fn open(options: &RunOptions) -> Result<Self, RunError> {
        let mut cache = ListCache::default();
        let lists = cache.lists(&options.expected)?;
        let all = Choice { expectations: Arc::new(options.expected.clone()), lists, place: None };
        let mut overrides = Self { all, own: BTreeMap::new(), wanted: BTreeMap::new() };
        let listed = options.domains.list.as_ref().map(|list| &list.own);
        for configured in [Some(&options.configured), listed].into_iter().flatten() {
            let file: Arc<str> = configured.file.as_deref().unwrap_or_default().into();
            for own in &configured.domains {
                let Some(expectations) = own.expected.clone() else { continue };
                let lists = cache.lists(&expectations)?;
                let choice = Choice { expectations, lists, place: Some((Arc::clone(&file), own.line)) };
                // Values that cannot be used are reported before anything is looked up, whichever domain they are for.
                choice.subject(own.name.clone(), None)?;
                overrides.own.insert(own.name.clone(), choice);
            }
        }
        Ok(overrides)
    }

    /// Adds the values of Microsoft Graph for each domain.
    pub(crate) fn with_tenant(self, wanted: BTreeMap<Name, Vec<u8>>) -> Self {
        Self { wanted, ..self }
    }

    fn choice(&self, domain: &Name) -> &Choice {
        self.own.get(domain).unwrap_or(&self.all)
    }

    /// Returns a domain with its options.
    ///
    /// # Errors
    /// [`RunError`] for a value that cannot be what it should be.
    pub fn subject(&self, domain: Name) -> Result<Subject, RunError> {
        let wanted = self.wanted.get(&domain).map(Vec::as_slice);
        self.choice(&domain).subject(domain, wanted)
    }

    /// Returns the notes about the lists of expected values that these domains use, and about MX hosts that were given
    /// and that are not Microsoft's.
    ///
    /// # Errors
    /// [`RunError`] as when the subjects were made.
    pub fn notes(&self, subjects: &[Subject]) -> Result<Vec<String>, RunError> {
        let mut users: Vec<(&Arc<Lists>, Vec<&Subject>)> = Vec::new();
        let mut places = BTreeMap::new();
        for subject in subjects {
            let lists = &self.choice(&subject.domain).lists;
            let place = *places.entry(Arc::as_ptr(lists)).or_insert(users.len());
            match users.get_mut(place) {
                Some((_, users)) => users.push(subject),
                None => users.push((lists, vec![subject])),
            }
        }
        let notes = users.into_iter().map(|(lists, users)| lists.notes(&users, &self.wanted));
        let mut notes = notes.collect::<Result<Vec<_>, _>>()?.concat();
        let hosts = subjects.iter().filter_map(|subject| {
            let place = self.choice(&subject.domain).place.as_ref();
            mail_host_note(subject, place.map(|(file, line)| format!("{file}:{line}")).as_deref())
        });
        // A host that was given for several domains appears once.
        for note in hosts {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Ok(notes)
    }
}

impl Choice {
    fn subject(&self, domain: Name, wanted: Option<&[u8]>) -> Result<Subject, RunError> {
        subject(domain, &self.expectations, &self.lists, wanted).map_err(|error| match &self.place {
            Some((file, line)) => RunError::content_of_line(file, *line, error),
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
    /// Returns an empty set for these waivers.
    pub fn new(waivers: &'a [Waiver]) -> Self {
        Self { waivers, used: BTreeSet::new(), concerned: BTreeSet::new() }
    }

    /// Adds a domain, and the waivers that met a finding of it.
    pub fn note(&mut self, domain: &Name, met: impl Iterator<Item = usize>) {
        self.used.extend(met);
        let concerned = self.waivers.iter().enumerate().filter(|(_, waiver)| waiver.concerns(domain));
        self.concerned.extend(concerned.map(|(index, _)| index));
    }

    /// Returns a note for each waiver that could have applied to a finding and did not.
    pub(crate) fn unneeded(&self) -> Vec<String> {
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
