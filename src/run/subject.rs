//! Builds the subject of a check: a domain with the options that apply to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::check::is_placeholder_text;
use crate::expected::import::{self, Import, ImportError, List};
use crate::expected::{Cloud, HostDoubt, Purpose, Subject, doubt, ignored, mistyped_include};
use crate::provider::{self, Clue, Kind, Provider};
use crate::record::{Name, RecordData};
use crate::report::harmless::harmless;

use super::error::{RunError, shown};
use super::expectation_options::ExpectationOptions;
use super::{domain, files};

/// Returns the subject for a domain: the options that apply to it, their lists of expected values, and the values of
/// Microsoft Graph.
///
/// # Errors
/// [`RunError`] for a value that cannot be what it should be.
pub(super) fn subject(
    domain: Name,
    options: &ExpectationOptions,
    lists: &Lists,
    wanted: Option<&[u8]>,
) -> Result<Subject, RunError> {
    let imports = lists.imports(&domain, wanted)?;
    let mx = options.mx.as_deref().map(|text| mail_host(text, &domain, options)).transpose()?;
    Ok(Subject {
        given: imports.iter().flat_map(|import| import.records.clone()).collect(),
        unused: imports.into_iter().flat_map(|import| import.ignored).collect(),
        domain,
        phase: options.phase,
        cloud: options.cloud,
        tenant: options.tenant.as_deref().map(|text| tenant(text, options.cloud)).transpose()?,
        mx,
        verification: options.verification.as_deref().map(verification).transpose()?,
        source: options.source.as_deref().map(source).transpose()?,
        gateways: options.gateways.clone(),
        hybrid: options.hybrid,
        is_parked: options.parked,
        services: options.services.clone(),
        spf_senders: options.spf_senders.clone(),
        switch_at: options.switch_at,
    })
}

/// Files of the run and the lists in them, each read once.
#[derive(Debug, Default)]
pub(super) struct ListCache {
    files: BTreeMap<PathBuf, Rc<[u8]>>,
    /// The lists, by their files and by the kind that those are read as.
    lists: BTreeMap<(Vec<PathBuf>, String), Arc<Lists>>,
}

impl ListCache {
    /// Returns the lists that these options name.
    ///
    /// # Errors
    /// [`RunError`] for a file that cannot be read.
    pub(super) fn lists(&mut self, options: &ExpectationOptions) -> Result<Arc<Lists>, RunError> {
        let key = (options.files.clone(), format!("{:?}", options.file_kind));
        if let Some(lists) = self.lists.get(&key) {
            return Ok(Arc::clone(lists));
        }
        let lists = Arc::new(Lists::read(options, self)?);
        self.lists.insert(key, Arc::clone(&lists));
        Ok(lists)
    }

    fn content(&mut self, path: &Path) -> Result<Rc<[u8]>, RunError> {
        if let Some(content) = self.files.get(path) {
            return Ok(Rc::clone(content));
        }
        let content: Rc<[u8]> = files::read(path, files::EXPECTED_VALUES)?.into();
        self.files.insert(path.to_owned(), Rc::clone(&content));
        Ok(content)
    }
}

/// The lists of expected values, read once for all domains.
#[derive(Debug, Default)]
pub(super) struct Lists {
    files: Vec<(String, Result<List, ImportError>)>,
}

/// The name of Microsoft Graph in messages and reports.
const GRAPH: &str = "Microsoft Graph";

impl Lists {
    /// Reads the files that the options name.
    ///
    /// # Errors
    /// [`RunError`] for a file that cannot be read.
    fn read(options: &ExpectationOptions, read: &mut ListCache) -> Result<Self, RunError> {
        let list = |path: &PathBuf| {
            let (label, content) = (shown(path), read.content(path)?);
            // An error in it is reported together with the domain that needs it.
            let list = List::read(&content, &label, options.file_kind);
            Ok((label, list))
        };
        let files = options.files.iter().map(list).collect::<Result<_, RunError>>()?;
        Ok(Self { files })
    }

    /// Returns the records of the lists for a domain, and then those of Microsoft Graph: the files are more specific,
    /// and come first.
    fn imports(&self, domain: &Name, wanted: Option<&[u8]>) -> Result<Vec<Import>, RunError> {
        let import = |(_, list): &(String, Result<List, ImportError>)| {
            list.as_ref().map_err(Clone::clone)?.import(domain)
        };
        let imports: Result<Vec<Import>, ImportError> = self.files.iter().map(import).collect();
        let mut imports = imports.map_err(RunError::records)?;
        if let Some(list) = wanted {
            let import = import::read(list, GRAPH, domain, Some(import::Kind::Graph));
            let import = import.map_err(|error| {
                // The answer of the service has no lines to name.
                RunError::records(harmless(&format!("{}: {error}", domain.without_trailing_dot())))
            })?;
            imports.push(import);
        }
        Ok(imports)
    }

    /// Returns the notes about the lists: what was fixed, what is not used, and lists without a record of any domain.
    ///
    /// # Errors
    /// [`RunError`] as when the subjects were made.
    pub(super) fn notes(
        &self,
        subjects: &[&Subject],
        wanted: &BTreeMap<Name, Vec<u8>>,
    ) -> Result<Vec<String>, RunError> {
        let mut notes = Vec::new();
        let mut used = vec![false; self.files.len()];
        for subject in subjects {
            let wanted = wanted.get(&subject.domain).map(Vec::as_slice);
            let imports = self.imports(&subject.domain, wanted)?;
            for (index, import) in imports.into_iter().enumerate() {
                match used.get_mut(index) {
                    Some(used) => *used |= !import.records.is_empty(),
                    None if import.records.is_empty() => {
                        notes.push(format!(
                            "{GRAPH} requires no record for {}",
                            subject.domain.without_trailing_dot()
                        ));
                    }
                    None => {}
                }
                notes.extend(import.warnings);
            }
            notes.extend(ignored(subject).iter().map(ToString::to_string));
            notes.extend(mistyped_include(subject).map(|(wanted, typed, meant)| {
                format!(
                    "{}: {}: `include:{}` looks like a typing error and is read as `include:{}`",
                    wanted.file,
                    wanted.place,
                    typed.without_trailing_dot(),
                    meant.without_trailing_dot()
                )
            }));
        }
        for ((file, _), _) in self.files.iter().zip(&used).filter(|(_, used)| !**used) {
            notes.push(format!("{file} contains no record of the domains that are checked"));
        }
        // A note that is not about one domain in particular appears once.
        let mut said = BTreeSet::new();
        notes.retain(|note| said.insert(note.clone()));
        Ok(notes)
    }
}

/// Returns `contoso` for `contoso` or `contoso.onmicrosoft.com`.
fn tenant(text: &str, cloud: Cloud) -> Result<String, RunError> {
    let lower = text.trim().to_ascii_lowercase();
    let suffix = cloud.value(Purpose::InitialDomain).unwrap_or_default();
    let name = lower.strip_suffix(suffix).and_then(|name| name.strip_suffix('.')).unwrap_or(&lower);
    let valid = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    if valid {
        return Ok(name.to_owned());
    }
    Err(RunError::Usage(format!(
        "--tenant: found `{}`, expected the tenant's name as in `contoso` or `contoso.{suffix}`",
        harmless(text)
    )))
}

/// Reads an MX host, with or without a preference before it and a dot after it. A typing error of a host of Microsoft's,
/// and an endpoint that receives no mail, are rejected, since they would become the plan.
fn mail_host(text: &str, domain: &Name, options: &ExpectationOptions) -> Result<Name, RunError> {
    let host = text.trim().rsplit([' ', '\t']).next().unwrap_or_default();
    let host = domain::parse(host)
        .map_err(|why| RunError::Usage(format!("--mx: {why}; give the host alone, without a preference")))?;
    match doubt(&host, domain, options.cloud, &options.gateways) {
        Some(HostDoubt::Misspelled(meant)) => Err(RunError::Usage(format!(
            "--mx: found `{}`, expected the MX host that the admin center shows; did you mean `{}`?",
            host.without_trailing_dot(),
            meant.without_trailing_dot()
        ))),
        Some(doubt @ HostDoubt::Submission) => Err(RunError::Usage(format!(
            "--mx: `{}` {}; give the MX host that the admin center shows",
            host.without_trailing_dot(),
            doubt.reason(options.cloud)
        ))),
        Some(
            HostDoubt::Unusual(_)
            | HostDoubt::OtherDomain(_)
            | HostDoubt::Twin { .. }
            | HostDoubt::NoPartition(_)
            | HostDoubt::OtherCloud(_)
            | HostDoubt::NotMicrosoft,
        )
        | None => Ok(host),
    }
}

/// Returns the note about an MX host that was given and that is not one of Microsoft's for the domain. `place` says where
/// an option was given, unless on the command line; for a host of a list, the list is named.
pub(super) fn mail_host_note(subject: &Subject, place: Option<&str>) -> Option<String> {
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    let of_list = || {
        subject.given.iter().find_map(|wanted| match &wanted.data {
            RecordData::Mx { exchange, .. } if wanted.name == subject.domain => {
                Some((exchange, format!("{}: {}", wanted.file, wanted.place)))
            }
            _ => None,
        })
    };
    let (host, place) = match &subject.mx {
        Some(host) => (host, format!("{place}--mx")),
        None => of_list()?,
    };
    let doubt = doubt(host, &subject.domain, subject.cloud, &subject.gateways)?;
    let filters = provider::best_matches(Clue::Mx(host), &subject.domain).into_iter();
    let filter = filters.filter(|_| doubt == HostDoubt::NotMicrosoft).find(|one| one.kind == Kind::Gateway);
    let advice = match filter {
        Some(filter) => format!("if {} stays in front, pass `--gateway {}`", filter.short, filter.id),
        None => "compare it with the admin center before you publish it".to_owned(),
    };
    let (host, reason) = (host.without_trailing_dot(), doubt.reason(subject.cloud));
    Some(format!("{place}: `{host}` {reason}; {advice}"))
}

/// Reads a verification text as the admin center shows it: `MS=` and a value without blanks.
fn verification(text: &str) -> Result<String, RunError> {
    let trimmed = text.trim();
    let valid = |text: &str| {
        let value = text.get(3..).filter(|_| text.len() <= 255 && text[..3].eq_ignore_ascii_case("ms="));
        value.is_some_and(|value| !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_graphic()))
            && !text.contains(['"', '\'', '`'])
    };
    if valid(trimmed) && !is_placeholder_text(trimmed) {
        return Ok(trimmed.to_owned());
    }
    let bare: String = trimmed
        .chars()
        .filter(|character| !character.is_whitespace() && !"\"'`“”„‘’".contains(*character))
        .collect();
    let hint = if is_placeholder_text(trimmed) {
        "; that is a placeholder from a guide, the admin center shows the real value".to_owned()
    } else if bare != trimmed && valid(&bare) {
        format!("; remove quotes and spaces: `{}`", harmless(&bare))
    } else if is_value(&bare) {
        format!("; did you mean `MS={}`?", harmless(&bare))
    } else {
        "; copy it from the admin center".to_owned()
    };
    Err(RunError::Usage(format!(
        "--verification: found `{}`, expected `MS=` and a value without spaces, such as \
         `MS=ms12345678`{hint}",
        harmless(text)
    )))
}

/// Returns whether this is a value to follow `MS=`: `ms` and digits, or 40 hexadecimal digits.
fn is_value(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let numbered = text.get(..2).is_some_and(|front| front.eq_ignore_ascii_case("ms")) && digits(&text[2..]);
    numbered || text.len() == 40 && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

fn source(text: &str) -> Result<&'static Provider, RunError> {
    let known = provider::by_id(&text.to_ascii_lowercase());
    if let Some(provider) =
        known.filter(|provider| matches!(provider.kind, Kind::Source | Kind::Forwarder | Kind::Retired))
    {
        return Ok(provider);
    }
    let found = known.map_or_else(
        || format!("found `{text}`"),
        |known| format!("`{text}` is {}", known.kind.description()),
    );
    let hint = provider::closest_id(text).filter(|close| *close != text);
    let hint = crate::record::suggestion(hint);
    Err(RunError::Usage(format!(
        "--source: {found}, expected the id of a platform such as `rackspace`{hint}"
    )))
}
