//! Divides a list of expected records by domain.
//!
//! A list is read once, and its entries are indexed by the names that they are about: a list for thousands of domains
//! is searched thousands of times.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Name, Record, route53, zone};

use super::{Ignored, Import, ImportError, Kind, Raw, Wanted, decoded, table, tree};

/// A list that was read and can be imported for any domain.
#[derive(Debug)]
pub struct List {
    file: String,
    lines: Lines,
    /// The entries that no domain can use.
    ignored: Vec<Ignored>,
}

#[derive(Debug)]
enum Lines {
    /// Entries of a table or of JSON.
    Raws(Vec<Raw>, Places),
    /// Records of a zone file in which all names are absolute.
    Records(Vec<Record>, Places),
    /// A zone file whose names have a different meaning for each domain.
    Relative(String),
}

/// The positions of entries, by the name that they are about.
#[derive(Debug, Default)]
struct Places {
    by_name: BTreeMap<Name, Vec<usize>>,
    /// The entries that may be about any domain.
    about_any: Vec<usize>,
}

impl List {
    /// Reads a list, called `file` in messages; without a `kind`, the format is detected from the content.
    ///
    /// # Errors
    /// [`ImportError`] if it is not such a list.
    pub fn read(octets: &[u8], file: &str, kind: Option<Kind>) -> Result<Self, ImportError> {
        let error =
            |place: &str, reason: String| ImportError { file: file.into(), place: place.into(), reason };
        let text = decoded(octets).map_err(|reason| error("the file", reason.to_string()))?;
        if text.trim().is_empty() {
            let reason = "it is empty; expected JSON of Microsoft Graph or PowerShell, CSV or a zone file: export it again";
            return Err(error("the file", reason.into()));
        }
        let mut ignored = Vec::new();
        let raws = match kind.unwrap_or_else(|| Kind::of(&text)) {
            Kind::Graph | Kind::Powershell => {
                let tree = tree::read(&text).map_err(|(place, reason)| error(&place, reason))?;
                ignored.extend(tree.unavailable.into_iter().map(|(place, label, reason)| Ignored {
                    what: format!("unavailable record of `{label}`"),
                    file: file.into(),
                    place,
                    reason,
                }));
                tree.records
            }
            Kind::Csv => table::read(&text).map_err(|(place, reason)| error(&place, reason))?,
            Kind::Zone if route53::is_one(&text) => {
                let listing = route53::read(&text, None, file)
                    .map_err(|problem| error("the list", problem.to_string()))?;
                for (question, reason) in listing.text.unlisted {
                    let (what, place) = (question.to_string(), "the list".to_owned());
                    ignored.push(Ignored { what, file: file.into(), place, reason });
                }
                let held = listing.text.records;
                let places = Places::of(held.iter().map(|record| Some(record.name.clone())));
                return Ok(Self { file: file.into(), lines: Lines::Records(held, places), ignored });
            }
            Kind::Zone => {
                let lines = match zone::read(text.as_bytes(), None, file) {
                    Ok(held) => {
                        let places = Places::of(held.records.iter().map(|record| Some(record.name.clone())));
                        Lines::Records(held.records, places)
                    }
                    // Errors are reported for a specific domain, since relative names may be valid there.
                    Err(_) => Lines::Relative(text),
                };
                return Ok(Self { file: file.into(), lines, ignored });
            }
        };
        let places = Places::of(raws.iter().map(Raw::about));
        Ok(Self { file: file.into(), lines: Lines::Raws(raws, places), ignored })
    }

    /// Returns the content of the list for one domain.
    ///
    /// # Errors
    /// [`ImportError`] if something in it cannot be a record.
    pub fn import(&self, domain: &Name) -> Result<Import, ImportError> {
        let mut import = Import { ignored: self.ignored.clone(), ..Import::default() };
        match &self.lines {
            Lines::Raws(raws, places) => {
                for raw in places.concerning(domain).iter().filter_map(|place| raws.get(*place)) {
                    self.take_raw(raw, domain, &mut import)?;
                }
            }
            Lines::Records(records, places) => {
                for place in places.concerning(domain) {
                    let record = records.get(place);
                    import.records.extend(record.and_then(|record| self.wanted(place, record, domain)));
                }
            }
            Lines::Relative(text) => {
                let held = zone::read(text.as_bytes(), Some(domain), &self.file)
                    .map_err(|problem| self.error("the file", problem.to_string()))?;
                let records = held.records.iter().enumerate();
                import
                    .records
                    .extend(records.filter_map(|(place, record)| self.wanted(place, record, domain)));
            }
        }
        Ok(import)
    }

    fn take_raw(&self, raw: &Raw, domain: &Name, import: &mut Import) -> Result<(), ImportError> {
        let place = &raw.place;
        let read = raw.record(domain).map_err(|error| self.error(place, error.to_string()))?;
        let Some((name, data, warning)) = read else { return Ok(()) };
        import.warnings.extend(warning.map(|warning| format!("{}: {place}: {warning}", self.file)));
        if name.is_within(domain) {
            let (file, place) = (self.file.clone(), place.clone());
            import.records.push(Wanted { name, data, ttl: raw.ttl, file, place });
        }
        Ok(())
    }

    fn wanted(&self, place: usize, record: &Record, domain: &Name) -> Option<Wanted> {
        record.name.is_within(domain).then(|| Wanted {
            name: record.name.clone(),
            data: record.data.clone(),
            ttl: Some(record.ttl),
            file: self.file.clone(),
            place: format!("record {}", place + 1),
        })
    }

    fn error(&self, place: &str, reason: String) -> ImportError {
        ImportError { file: self.file.clone(), place: place.into(), reason }
    }
}

impl Places {
    fn of(names: impl Iterator<Item = Option<Name>>) -> Self {
        let mut places = Self::default();
        for (place, name) in names.enumerate() {
            match name {
                Some(name) => places.by_name.entry(name).or_default().push(place),
                None => places.about_any.push(place),
            }
        }
        places
    }

    /// Returns the positions of the entries about the domain, about names below and above it, and about any domain; in
    /// their order.
    fn concerning(&self, domain: &Name) -> BTreeSet<usize> {
        let below = self.by_name.range(domain..).take_while(|(name, _)| name.is_within(domain));
        let below = below.flat_map(|(_, places)| places);
        let above = domain.ancestors().skip(1).filter_map(|above| self.by_name.get(&above)).flatten();
        below.chain(above.collect::<Vec<_>>()).chain(&self.about_any).copied().collect()
    }
}
