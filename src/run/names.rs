//! The domains of a run, in their order.
//!
//! From the command line, else from a list, else from the settings; each once, however often it is named. All are read
//! before anything is looked up, so that a slip in the last line is reported at once; a hundred thousand take a few MiB.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::expected::import::decoded;
use crate::record::Name;
use crate::report::writer::Place;

use super::error::{RunError, shown};
use super::options::{ConfiguredDomains, DomainSelection};
use super::{domain, files};

/// Octets of a line of a list at most: a domain has 255, and there may be options and a comment behind it.
const LONGEST_LINE: usize = 16 << 10;

/// Domains of a run.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// All names without their final dots, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
    /// The line of each, if they are in a file.
    lines: Vec<u32>,
    /// That file.
    file: Option<String>,
    /// Those that there are already.
    seen: HashSet<Name>,
}

impl Names {
    /// Gathers them; none is as good as not said. Without a selection of its own, those of the settings.
    ///
    /// # Errors
    /// [`RunError`] for the first that is not a domain, and for a list that cannot be read.
    pub fn gather(
        typed: &[String],
        selection: &DomainSelection,
        configured: &ConfiguredDomains,
    ) -> Result<Self, RunError> {
        let mut names = Self::default();
        for typed in typed {
            let name = domain::parse(typed);
            names.push(name.map_err(|source| RunError::Domain { place: None, source })?, None);
        }
        if let Some(path) = &selection.list {
            if !typed.is_empty() {
                let message = "--domains: the command line names domains too; add them to the list";
                return Err(RunError::Usage(message.into()));
            }
            names.read(path, selection.input.as_deref())?;
        } else if typed.is_empty() {
            names.file.clone_from(&configured.file);
            for own in &configured.domains {
                names.push(own.name.clone(), u32::try_from(own.line).ok());
            }
        }
        names.seen = HashSet::new();
        if let Some(shard) = selection.shard {
            names = names.kept(|name| shard.holds(name));
        }
        Ok(names)
    }

    /// Those of a list alone.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be read, or names something that is not a domain.
    pub fn of_list(path: &Path, input: Option<&[u8]>) -> Result<Self, RunError> {
        let mut names = Self::default();
        names.read(path, input)?;
        names.seen = HashSet::new();
        Ok(names)
    }

    /// These alone, in their order.
    pub fn of(domains: impl IntoIterator<Item = Name>) -> Self {
        let mut names = Self::default();
        domains.into_iter().for_each(|domain| names.push(domain, None));
        names.seen = HashSet::new();
        names
    }

    fn push(&mut self, name: Name, line: Option<u32>) {
        self.text.push_str(&name.without_trailing_dot());
        // Asked for twice, a domain is still checked once.
        let Ok(end) = u32::try_from(self.text.len()) else { return };
        if !self.seen.insert(name) {
            self.text.truncate(self.ends.last().map_or(0, |end| *end as usize));
            return;
        }
        self.ends.push(end);
        self.lines.extend(line);
    }

    /// Adds one that is not among them.
    pub fn append(&mut self, name: &Name) {
        self.text.push_str(&name.without_trailing_dot());
        self.ends.extend(u32::try_from(self.text.len()).ok());
    }

    fn read(&mut self, path: &Path, input: Option<&[u8]>) -> Result<(), RunError> {
        let (label, octets) = match path.as_os_str() == "-" {
            true => (files::INPUT.to_owned(), files::read_input(input, files::DOMAIN_LIST)?),
            false => (shown(path), files::read(path, files::DOMAIN_LIST)?),
        };
        let text = decoded(&octets)
            .map_err(|reason| RunError::Content { path: label.clone(), source: reason.to_string().into() })?;
        for (index, line) in text.lines().enumerate() {
            if line.len() > LONGEST_LINE {
                let octets = line.len();
                let message = format!(
                    "the line has {octets} octets, a line may have {LONGEST_LINE} at most; expected one domain \
                     a line"
                );
                return Err(RunError::content_of_line(&label, index + 1, message));
            }
            // A comment begins a line, or comes after a blank.
            let entry = line.split_once('#').map_or(line, |(entry, _)| entry).trim();
            if entry.is_empty() {
                continue;
            }
            let place = || Some(format!("{label}:{}", index + 1));
            let name = domain::parse(entry).map_err(|source| RunError::Domain { place: place(), source })?;
            self.push(name, u32::try_from(index + 1).ok());
        }
        if self.is_empty() {
            let message = format!("{label} contains no domain; expected one a line, such as `contoso.com`");
            return Err(RunError::Usage(message));
        }
        self.file = Some(label);
        Ok(())
    }

    fn kept(self, keep: impl Fn(&str) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.len()).filter(|index| self.text(*index).is_some_and(&keep)).collect();
        self.picked(kept)
    }

    /// Those at these places, in this order.
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

    /// The same, in this order; names that are not in it come last, in the order in which they were named.
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

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The domain at a place, without its final dot.
    pub fn text(&self, index: usize) -> Option<&str> {
        let start =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..*self.ends.get(index)? as usize)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Name> {
        // What was a name once is one again.
        (0..self.len()).filter_map(|index| self.text(index)?.parse().ok())
    }

    /// Their position, for a report that shows it.
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
    use super::*;

    #[test]
    fn names_keep_their_order_and_their_lines() {
        let desk = tempfile::tempdir().unwrap();
        let path = desk.path().join("list.txt");
        let text = "\u{feff}# customers\r\ncontoso.com\r\n\r\nFabrikam.com.  # big one\r\ncontoso.com\r\nbücher.example\r\n";
        #[allow(clippy::disallowed_methods, reason = "a test prepares a file")]
        std::fs::write(&path, text).unwrap();
        let selection = DomainSelection { list: Some(path), ..DomainSelection::default() };
        let names = Names::gather(&[], &selection, &ConfiguredDomains::default()).unwrap();
        let shown: Vec<String> = names.iter().map(|name| name.without_trailing_dot()).collect();
        assert_eq!(shown, ["contoso.com", "fabrikam.com", "xn--bcher-kva.example"]);
        let lines = [("contoso.com", 2), ("fabrikam.com", 4), ("xn--bcher-kva.example", 6)];
        let lines = lines.map(|(name, line)| (name.to_owned(), line));
        assert_eq!(names.place().lines, lines.clone().into());
        // In another order each has its line still.
        let order =
            ["xn--bcher-kva.example", "other.example", "contoso.com"].map(|name| name.parse().unwrap());
        let names = names.ordered_as(&order);
        let shown: Vec<String> = names.iter().map(|name| name.without_trailing_dot()).collect();
        assert_eq!(shown, ["xn--bcher-kva.example", "contoso.com", "fabrikam.com"]);
        assert_eq!(names.place().lines, lines.into());
    }
}
