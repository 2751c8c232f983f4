//! The domains of a run, in their order.
//!
//! They come from the command line, else from a list, else from the settings; each is kept once, however often it is
//! named. All are read before anything is looked up, so that an error in the last line is reported at once; a hundred
//! thousand take a few MiB.

use std::collections::{HashMap, HashSet};

use crate::record::Name;
use crate::report::writer::Place;

use super::domain;
use super::error::RunError;
use super::expectation_options::ConfiguredDomains;

/// The domains of a run.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// All names without their final dots, one after the other.
    text: String,
    /// The end of each name in the text.
    ends: Vec<u32>,
    /// The line of each, if they are in a file.
    lines: Vec<u32>,
    /// The file that names them.
    file: Option<String>,
    /// The names added so far, while the list is being read.
    seen: HashSet<Name>,
}

impl Names {
    /// Returns the domains of a settings file that belong to one of these groups, with their lines; all of them without
    /// a group.
    pub fn configured(domains: &ConfiguredDomains, groups: &[String]) -> Self {
        let mut names = Self::default();
        for own in domains.domains.iter().filter(|own| own.is_of(groups)) {
            names.push(own.name.clone(), u32::try_from(own.line).ok());
        }
        names.close(domains.file.clone());
        names
    }

    /// Returns the domains that were typed.
    ///
    /// # Errors
    /// [`RunError`] for the first that is not a domain.
    pub fn typed(typed: &[String]) -> Result<Self, RunError> {
        let names = typed.iter().map(|typed| domain::parse(typed));
        let names = names.collect::<Result<Vec<_>, _>>();
        names.map(Self::of).map_err(|source| RunError::Domain { place: None, source })
    }

    /// Returns these domains, in their order.
    pub fn of(domains: impl IntoIterator<Item = Name>) -> Self {
        let mut names = Self::default();
        for domain in domains {
            names.push(domain, None);
        }
        names.seen = HashSet::new();
        names
    }

    /// Adds a domain, unless it was added before. Returns whether it is new.
    pub(super) fn push(&mut self, name: Name, line: Option<u32>) -> bool {
        let text = name.without_trailing_dot();
        let Ok(end) = u32::try_from(self.text.len() + text.len()) else { return false };
        if !self.seen.insert(name) {
            return false;
        }
        self.text.push_str(&text);
        self.ends.push(end);
        self.lines.extend(line);
        true
    }

    /// Adds a domain that was not added before.
    pub fn append(&mut self, name: &Name) {
        self.text.push_str(&name.without_trailing_dot());
        self.ends.extend(u32::try_from(self.text.len()).ok());
    }

    /// Ends the list. `file` is the file that names its domains, if there is one.
    pub(super) fn close(&mut self, file: Option<String>) {
        self.seen = HashSet::new();
        self.file = file;
    }

    /// Returns the domains that `keep` accepts.
    pub(super) fn kept(self, keep: impl Fn(&str) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.len()).filter(|index| self.text(*index).is_some_and(&keep)).collect();
        self.picked(kept)
    }

    /// Returns the domains at these places, in this order.
    fn picked(&self, places: impl IntoIterator<Item = usize>) -> Self {
        let mut picked = Self { file: self.file.clone(), ..Self::default() };
        for index in places {
            let Some(text) = self.text(index) else { continue };
            picked.text.push_str(text);
            picked.ends.extend(u32::try_from(picked.text.len()).ok());
            picked.lines.extend(self.lines.get(index));
        }
        picked
    }

    /// Returns the same domains in this order; those that are not in it come last, in the order in which they were
    /// named.
    pub fn ordered_as(&self, order: &[Name]) -> Self {
        let positions: HashMap<String, usize> = order
            .iter()
            .enumerate()
            .map(|(position, name)| (name.without_trailing_dot(), position))
            .collect();
        let position = |index: &usize| self.text(*index).and_then(|text| positions.get(text).copied());
        let mut places: Vec<usize> = (0..self.len()).collect();
        places.sort_by_key(|index| position(index).unwrap_or(usize::MAX));
        self.picked(places)
    }

    /// Returns the number of domains.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are no domains.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the domain at a place, without its final dot.
    pub fn text(&self, index: usize) -> Option<&str> {
        let start =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..*self.ends.get(index)? as usize)
    }

    /// Returns all domains, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Name> {
        // The text of a name parses as a name again.
        (0..self.len()).filter_map(|index| self.text(index)?.parse().ok())
    }

    /// Returns the file and the line of each domain, for a report that shows them.
    pub fn place(&self) -> Place {
        match &self.file {
            Some(file) if self.lines.len() == self.len() => {
                let lines = self.lines.iter().enumerate();
                let lines =
                    lines.filter_map(|(index, line)| Some((self.text(index)?.to_owned(), *line as usize)));
                Place { file: file.clone(), lines: lines.collect() }
            }
            _ => Place::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::run::DomainList;

    #[test]
    fn names_keep_their_order_and_their_lines() {
        let desk = tempfile::tempdir().unwrap();
        let path = desk.path().join("list.txt");
        let text = "\u{feff}# customers\r\ncontoso.com\r\n\r\nFabrikam.com.  # big one\r\ncontoso.com\r\nbücher.example\r\n";
        #[allow(clippy::disallowed_methods, reason = "a test prepares a file")]
        std::fs::write(&path, text).unwrap();
        let list = DomainList::read(&path, None, &mut |_, _| Ok(None)).unwrap();
        let label = path.display();
        assert_eq!(list.notes(), [format!("{label}:4: `Fabrikam.com.` is read as `fabrikam.com`")]);
        let names = list.names;
        let shown: Vec<String> = names.iter().map(|name| name.without_trailing_dot()).collect();
        assert_eq!(shown, ["contoso.com", "fabrikam.com", "xn--bcher-kva.example"]);
        let lines = [("contoso.com", 2), ("fabrikam.com", 4), ("xn--bcher-kva.example", 6)];
        let lines = lines.map(|(name, line)| (name.to_owned(), line));
        assert_eq!(names.place().lines, lines.clone().into());
        // In another order each still has its line.
        let order =
            ["xn--bcher-kva.example", "other.example", "contoso.com"].map(|name| name.parse().unwrap());
        let names = names.ordered_as(&order);
        let shown: Vec<String> = names.iter().map(|name| name.without_trailing_dot()).collect();
        assert_eq!(shown, ["xn--bcher-kva.example", "contoso.com", "fabrikam.com"]);
        assert_eq!(names.place().lines, lines.into());
    }
}
