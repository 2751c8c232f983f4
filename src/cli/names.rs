//! Reads the domains of a run, in order.
//!
//! From the command line, else from a list, else from the settings; each once, however often it is named. All are read
//! before anything is looked up, so that an error in the last line is reported at once; a hundred thousand take a few MiB.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::expected::import::decoded;
use crate::record::Name;
use crate::report::format::Place;
use crate::report::harmless::harmless;

use super::args::{Bulk, Shard};
use super::settings::Settings;
use super::{Problem, domain, files};

/// Octets of a line of a list at most: a domain has 255, and there may be options and a comment behind it.
const LONGEST_LINE: usize = 16 << 10;

/// Domains of a run.
#[derive(Debug, Default)]
pub(super) struct Names {
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
    /// Gathers them; none is as good as not said.
    ///
    /// # Errors
    /// [`Problem`] for the first that is not a domain, and for a list that cannot be read.
    pub(super) fn gather(
        typed: &[String],
        bulk: &Bulk,
        settings: &Settings,
        input: Option<&[u8]>,
    ) -> Result<Self, Problem> {
        let mut names = Self::default();
        for typed in typed {
            names.push(domain::parse(typed).map_err(Problem::Usage)?, None);
        }
        if let Some(path) = &bulk.list {
            if !typed.is_empty() {
                let message = "--domains: the command line names domains too; add them to the list";
                return Err(Problem::Usage(message.into()));
            }
            names.read(path, input)?;
        } else if typed.is_empty() {
            names.file = settings.file().map(str::to_owned);
            for own in settings.domains() {
                names.push(own.name.clone(), u32::try_from(own.line).ok());
            }
        }
        names.seen = HashSet::new();
        if let Some(shard) = bulk.shard {
            names = names.kept(|name| shard.holds(name));
        }
        Ok(names)
    }

    /// These alone, in their order.
    pub(super) fn of(domains: impl IntoIterator<Item = Name>) -> Self {
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
    pub(super) fn append(&mut self, name: &Name) {
        self.text.push_str(&name.without_trailing_dot());
        self.ends.extend(u32::try_from(self.text.len()).ok());
    }

    fn read(&mut self, path: &Path, input: Option<&[u8]>) -> Result<(), Problem> {
        let (label, octets) = match path.as_os_str() == "-" {
            true => ("standard input".to_owned(), files::read_input(input, files::DOMAIN_LIST)?),
            false => (harmless(&path.display().to_string()), files::read(path, files::DOMAIN_LIST)?),
        };
        let text = decoded(&octets).map_err(|reason| Problem::Usage(format!("{label}: {reason}")))?;
        for (index, line) in text.lines().enumerate() {
            if line.len() > LONGEST_LINE {
                let (number, octets) = (index + 1, line.len());
                let message = format!(
                    "{label}:{number}: the line has {octets} octets, a line may have {LONGEST_LINE} at most; \
                     expected one domain a line"
                );
                return Err(Problem::Usage(message));
            }
            // A comment begins a line, or stands behind a blank.
            let entry = line.split_once('#').map_or(line, |(entry, _)| entry).trim();
            if entry.is_empty() {
                continue;
            }
            let name = domain::parse(entry)
                .map_err(|reason| Problem::Usage(format!("{label}:{}: {reason}", index + 1)))?;
            self.push(name, u32::try_from(index + 1).ok());
        }
        if self.is_empty() {
            let message = format!("{label} contains no domain; expected one a line, such as `contoso.com`");
            return Err(Problem::Usage(message));
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
    pub(super) fn ordered_as(&self, order: &[Name]) -> Self {
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
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The domain at a place, without its final dot.
    pub(super) fn text(&self, index: usize) -> Option<&str> {
        let start =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..*self.ends.get(index)? as usize)
    }

    /// All of them, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Name> {
        // What was a name once is one again.
        (0..self.len()).filter_map(|index| self.text(index)?.parse().ok())
    }

    /// Their position, for a report that shows it.
    pub(super) fn place(&self) -> Place {
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

impl Shard {
    /// Whether a domain belongs to it: by its name alone, so that it stays there when others come and go.
    fn holds(self, name: &str) -> bool {
        /// FNV-1a with 64 bits: short, and the same on every machine and in every version.
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let hash = name.bytes().fold(BASIS, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(PRIME));
        // The low bits of FNV-1a alone are not spread well.
        (hash ^ (hash >> 32)) % u64::from(self.of) == u64::from(self.index - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_is_in_exactly_one_shard_and_stays_there() {
        let names: Vec<String> = (0..1000).map(|number| format!("customer-{number}.example")).collect();
        for of in [1, 2, 7, 16] {
            let mut counts = vec![0; of as usize];
            for name in &names {
                let holders: Vec<u32> =
                    (1..=of).filter(|index| Shard { index: *index, of }.holds(name)).collect();
                let [holder] = holders[..] else { panic!("{name}: {holders:?}") };
                counts[holder as usize - 1] += 1;
            }
            let even = names.len() / of as usize;
            assert!(counts.iter().all(|count| *count > even / 2 && *count < even * 2), "{of}: {counts:?}");
        }
        // The same in every version: jobs of several versions share a list.
        assert!(
            Shard { index: 2, of: 4 }.holds("contoso.com") != Shard { index: 1, of: 4 }.holds("contoso.com")
        );
    }

    #[test]
    fn names_keep_their_order_and_their_lines() {
        let desk = tempfile::tempdir().unwrap();
        let path = desk.path().join("list.txt");
        let text = "\u{feff}# customers\r\ncontoso.com\r\n\r\nFabrikam.com.  # big one\r\ncontoso.com\r\nbücher.example\r\n";
        #[allow(clippy::disallowed_methods, reason = "a test prepares a file")]
        std::fs::write(&path, text).unwrap();
        let bulk = Bulk { list: Some(path), ..Bulk::default() };
        let names = Names::gather(&[], &bulk, &Settings::default(), None).unwrap();
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
