//! Reads a DMARC policy record as receivers do (RFC 9989 §4.7, §4.8, §4.10.1).
//!
//! A TXT record that does not begin with `v=DMARC1` is not a policy. Malformed tags are ignored, except for those that
//! state the policy.
//!
//! The file is long because reading, the words about faults, and the repair use the same tags and grammar.

use crate::record::tags::{Tag, TagList};
use crate::record::{Name, RecordData, RecordSet, Text};

/// The maximum number of report hosts of one record that are looked up.
const MOST_REPORT_HOSTS: usize = 8;

/// The policies that a domain can request (RFC 9989 §4.7), the mildest first.
pub(super) const POLICIES: [&str; 3] = ["none", "quarantine", "reject"];

/// Tags that RFC 9989 has removed; older receivers may still read them (RFC 7489 §6.3).
const REMOVED: [&str; 3] = ["pct", "rf", "ri"];

/// The position of a domain in the domain tree (RFC 9989 §4.7, `psd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    /// `psd=y`: domains below it belong to others.
    Public,
    /// `psd=n`: an organizational domain.
    Organizational,
    /// `psd=u`, or no valid `psd`.
    Unknown,
}

/// The tags of a record that begins as a policy must.
struct Record<'a>(TagList<'a>);

impl<'a> Record<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        starts_with_version(text).then(|| Self(TagList::parse(text)))
    }

    /// Returns the value of a tag. Names of tags are not case-sensitive (RFC 9989 §4.8).
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.tags.iter().find(|tag| tag.name.eq_ignore_ascii_case(name)).map(|tag| tag.value)
    }

    /// Returns the first tag name that is given twice; such a list is not valid as a whole (RFC 6376 §3.2).
    fn repeated(&self) -> Option<&'a str> {
        let tags = &self.0.tags;
        let seen = |at: usize, name: &str| tags[..at].iter().any(|tag| tag.name.eq_ignore_ascii_case(name));
        tags.iter().enumerate().find(|(at, tag)| seen(*at, tag.name)).map(|(_, tag)| tag.name)
    }

    /// Returns the policy that a tag requests; `None` if the tag is missing or not valid.
    fn asked(&self, name: &str) -> Option<&'static str> {
        known_policy(self.get(name)?)
    }

    /// Returns whether `p` is missing or not valid, or `sp` or `np` is not valid (RFC 9989 §4.10.1).
    fn is_incomplete(&self) -> bool {
        let invalid = |name: &str| self.get(name).is_some_and(|value| known_policy(value).is_none());
        self.asked("p").is_none() || invalid("sp") || invalid("np")
    }

    /// Returns whether `rua` contains a valid address for reports.
    fn has_reports(&self) -> bool {
        self.get("rua").is_some_and(|list| uris(list).any(is_uri))
    }

    /// Returns the policy that receivers apply to the domain, or to its subdomains if `below`; `None` if they apply
    /// none.
    fn applied(&self, below: bool) -> Option<&'static str> {
        if self.repeated().is_some() {
            return None;
        }
        if self.is_incomplete() {
            return self.has_reports().then_some("none");
        }
        let asked = self.asked("sp").filter(|_| below).or(self.asked("p"))?;
        // In test mode each policy is one step milder (RFC 9989 §4.7, `t`).
        Some(match asked {
            "reject" if self.is_test() => "quarantine",
            "quarantine" if self.is_test() => "none",
            asked => asked,
        })
    }

    fn is_test(&self) -> bool {
        self.get("t").is_some_and(|value| value.eq_ignore_ascii_case("y"))
    }
}

/// Returns the policy that receivers apply to the domain; `None` if there is none.
pub(in crate::check) fn policy(set: &RecordSet) -> Option<&'static str> {
    applied(set, false)
}

/// Returns the policy that receivers apply to subdomains, which may differ (RFC 9989 §4.7, `sp`).
pub(super) fn policy_below(set: &RecordSet) -> Option<&'static str> {
    applied(set, true)
}

fn applied(set: &RecordSet, below: bool) -> Option<&'static str> {
    Record::parse(&sole(set)?.lossy())?.applied(below)
}

/// Returns the index of the requested policy in `POLICIES`, the mildest first.
pub(super) fn strength(text: &Text) -> Option<usize> {
    let lossy = text.lossy();
    let asked = Record::parse(&lossy)?.asked("p")?;
    POLICIES.iter().position(|policy| *policy == asked)
}

/// Returns the policy of a set if it has exactly one: receivers discard several (RFC 9989 §4.10).
fn sole(set: &RecordSet) -> Option<&Text> {
    let mut policies = policies(set);
    policies.next().filter(|_| policies.next().is_none())
}

/// Returns the position of the domain according to the policy of a set; `None` unless the set has exactly one.
pub(super) fn suffix(set: &RecordSet) -> Option<Suffix> {
    let lossy = sole(set)?.lossy();
    Record::parse(&lossy).map(|record| suffix_of(&record))
}

/// Returns the hosts of other domains that are to receive aggregate reports by mail and have to agree (RFC 9990 §4).
pub(super) fn report_hosts(set: &RecordSet, domain: &Name) -> Vec<Name> {
    let mut hosts = Vec::new();
    let Some(text) = sole(set) else { return hosts };
    let lossy = text.lossy();
    let list = Record::parse(&lossy).and_then(|record| record.get("rua")).unwrap_or_default();
    for uri in uris(list).filter(|uri| is_uri(uri)) {
        let Some(host) = host_of(uri) else { continue };
        if !is_same_organization(&host, domain) && !hosts.contains(&host) && hosts.len() < MOST_REPORT_HOSTS {
            hosts.push(host);
        }
    }
    hosts
}

/// Returns the host of a `mailto:` address, without anything that follows it.
fn host_of(uri: &str) -> Option<Name> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("mailto") {
        return None;
    }
    let address = rest.split(['!', '?']).next()?;
    address.rsplit_once('@')?.1.trim_matches([' ', '\t']).parse().ok()
}

/// Returns whether two domains belong to the same owner, according to the list of public suffixes.
fn is_same_organization(host: &Name, domain: &Name) -> bool {
    let registrable = |name: &Name| psl::domain_str(&name.without_trailing_dot()).map(str::to_owned);
    host.is_within(domain) || registrable(host).is_some_and(|host| registrable(domain) == Some(host))
}

/// The tags of a policy (RFC 9989 §4.7), including those of earlier versions.
const KNOWN: &[&str] =
    &["v", "p", "sp", "np", "rua", "ruf", "adkim", "aspf", "fo", "t", "psd", "pct", "rf", "ri"];

/// Returns all TXT records of a set.
pub(super) fn texts(set: &RecordSet) -> impl Iterator<Item = &Text> {
    set.data.iter().filter_map(|data| match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    })
}

/// Returns the TXT records that receivers accept as a policy.
pub(super) fn policies(set: &RecordSet) -> impl Iterator<Item = &Text> {
    texts(set).filter(|text| is_policy(text))
}

/// Returns whether receivers take the text for a policy: it begins with `v=DMARC1` (RFC 9989 §4.8).
pub(super) fn is_policy(text: &Text) -> bool {
    starts_with_version(&text.lossy())
}

/// Returns whether a text begins with `v`, `=` and `DMARC1`, with optional blanks around the sign, followed by a
/// semicolon or the end. Nothing may precede it, and only the value is case-sensitive.
fn starts_with_version(text: &str) -> bool {
    let blanks = [' ', '\t'];
    let Some(rest) = text.strip_prefix(['v', 'V']) else { return false };
    let Some(rest) = rest.trim_start_matches(blanks).strip_prefix('=') else { return false };
    let Some(rest) = rest.trim_start_matches(blanks).strip_prefix("DMARC1") else { return false };
    let rest = rest.trim_start_matches(blanks);
    rest.is_empty() || rest.starts_with(';')
}

/// Returns whether the set holds exactly one policy, a valid one.
pub(in crate::check) fn is_right(set: &RecordSet) -> bool {
    sole(set).is_some_and(|policy| fault(policy).is_none())
}

/// Returns whether a TXT record at `_dmarc` is an invalid attempt at a policy: its version is mistyped, missing or not
/// first.
pub(super) fn looks_like_policy(text: &Text) -> bool {
    if is_policy(text) {
        return false;
    }
    let plain: String = text
        .lossy()
        .chars()
        .filter(|character| !character.is_whitespace() && !"\"'“”;".contains(*character))
        .collect();
    let plain = plain.to_ascii_lowercase();
    if plain.contains("v=dmarc") || plain.starts_with("dmarc1") {
        return true;
    }
    let lossy = text.lossy();
    let list = TagList::parse(&lossy);
    let value =
        |name: &str| list.tags.iter().find(|tag| tag.name.eq_ignore_ascii_case(name)).map(|tag| tag.value);
    let is_of_other_kind = list.version().is_some_and(|first| first.name.eq_ignore_ascii_case("v"));
    let asks = value("p").is_some_and(|policy| known_policy(policy).is_some());
    !is_of_other_kind && (asks || value("rua").is_some_and(|list| uris(list).any(is_uri)))
}

/// Returns the reason why receivers do not apply the policy as intended; `None` for a valid policy.
pub(super) fn fault(text: &Text) -> Option<String> {
    let lossy = text.lossy();
    let Some(record) = Record::parse(&lossy) else { return Some("it does not begin with `v=DMARC1`".into()) };
    if let Some(name) = record.repeated() {
        return Some(format!("`{name}` is given twice"));
    }
    if record.get("p").is_none() {
        return Some("`p`, the policy for mail that fails, is missing".into());
    }
    for name in ["p", "sp", "np"] {
        if let Some(value) = record.get(name).filter(|value| known_policy(value).is_none()) {
            return Some(format!("`{name}={value}` is not `none`, `quarantine` or `reject`"));
        }
    }
    let uri = record.get("rua").and_then(|list| uris(list).find(|uri| !is_uri(uri)));
    uri.map(|uri| format!("`rua={uri}` is not a report address such as `mailto:dmarc@contoso.com`"))
}

/// Describes, for a sentence, the policy, the report addresses and the tags that receivers ignore.
pub(super) fn shown(text: &Text) -> String {
    let lossy = text.lossy();
    let Some(record) = Record::parse(&lossy) else { return String::new() };
    let reports = if record.get("rua").is_some() { "with reports" } else { "without reports" };
    let mut shown = format!("`p={}`, {reports}", record.get("p").unwrap_or_default());
    if record.is_test() && record.asked("p").is_some_and(|asked| asked != "none") {
        let applied = record.applied(false).unwrap_or_default();
        shown += &format!("; test mode (`t=y`), so receivers apply `{applied}`");
    }
    if suffix_of(&record) == Suffix::Public {
        shown += "; `psd=y` declares that its subdomains belong to other organizations";
    }
    let removed: Vec<String> =
        record.0.tags.iter().filter(|tag| is_removed(tag)).map(|tag| format!("`{}`", tag.name)).collect();
    if !removed.is_empty() {
        shown += &format!("; RFC 9989 has removed {}", crate::check::join_and(removed));
    }
    let malformed = record.0.tags.iter().filter(|tag| is_malformed(tag));
    let malformed = malformed.map(|tag| format!("{}={}", tag.name, tag.value));
    let ignored: Vec<String> =
        malformed.chain(record.0.broken.iter().map(|part| (*part).to_owned())).collect();
    if !ignored.is_empty() {
        let ignored = crate::check::join_and(ignored.iter().map(|part| format!("`{part}`")));
        shown += &format!("; receivers ignore the invalid {ignored}");
    }
    shown
}

fn suffix_of(record: &Record<'_>) -> Suffix {
    match record.get("psd").map(str::to_ascii_lowercase).as_deref() {
        Some("y") => Suffix::Public,
        Some("n") => Suffix::Organizational,
        _ => Suffix::Unknown,
    }
}

fn is_removed(tag: &Tag<'_>) -> bool {
    REMOVED.iter().any(|removed| removed.eq_ignore_ascii_case(tag.name))
}

/// Returns whether receivers ignore a tag because of its value (RFC 9989 §4.7); false for unknown tags.
fn is_malformed(tag: &Tag<'_>) -> bool {
    let one_of = |values: &[&str]| values.iter().any(|value| value.eq_ignore_ascii_case(tag.value));
    match tag.name.to_ascii_lowercase().as_str() {
        "adkim" | "aspf" => !one_of(&["r", "s"]),
        "t" => !one_of(&["y", "n"]),
        "psd" => !one_of(&["y", "n", "u"]),
        "fo" => !one_of(&["0", "1", "d", "s", "d:s", "s:d"]),
        "ruf" => !uris(tag.value).all(is_uri),
        _ => false,
    }
}

fn known_policy(value: &str) -> Option<&'static str> {
    POLICIES.into_iter().find(|policy| policy.eq_ignore_ascii_case(value))
}

/// Returns the entries of a list of addresses (RFC 9989 §4.8, `dmarc-urilist`).
fn uris(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(|uri| uri.trim_matches([' ', '\t']))
}

/// Returns whether an entry is a URI (RFC 3986 §3.1). A `mailto:` URI must name a mailbox.
fn is_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
    let is_plain = !rest.is_empty() && rest.bytes().all(|octet| octet.is_ascii_graphic());
    if !is_scheme || !is_plain {
        return false;
    }
    !scheme.eq_ignore_ascii_case("mailto")
        || rest.split_once('@').is_some_and(|(local, _)| !local.is_empty()) && host_of(uri).is_some()
}

/// Returns the valid policy nearest to the published one: every tag that is valid or plainly meant stays, faulty ones are
/// left out, and a missing `p` becomes `p=none`.
pub(super) fn repaired(text: &Text) -> String {
    let plain: String =
        text.lossy().chars().filter(|character| !"\"'“”\u{a0}".contains(*character)).collect();
    let tags = readable(&with_semicolons(&plain));
    let mut parts = vec!["v=DMARC1".to_owned()];
    let asked = tags.iter().filter(|(name, _)| name == "p").find_map(|(_, value)| meant_policy(value));
    parts.push(format!("p={}", asked.unwrap_or("none")));
    let mut names = vec!["v", "p"];
    for (name, value) in &tags {
        let value = match name.as_str() {
            "sp" | "np" => meant_policy(value).map(str::to_owned),
            "rua" | "ruf" => {
                let good: Vec<String> = uris(value).filter_map(meant_uri).collect();
                (!good.is_empty()).then(|| good.join(","))
            }
            // Receivers that follow RFC 7489 §6.3 read more combinations.
            "fo" => value.split(':').all(|one| ["0", "1", "d", "s"].contains(&one)).then(|| value.clone()),
            _ => (!is_malformed(&Tag { name, value }) && !value.is_empty()).then(|| value.clone()),
        };
        if let Some(value) = value.filter(|_| !names.contains(&name.as_str())) {
            parts.push(format!("{name}={value}"));
            names.push(name);
        }
    }
    parts.join("; ")
}

/// Returns a repaired policy that also sends reports to the addresses of other records.
pub(super) fn with_reports_of(policy: &str, others: &[&Text]) -> String {
    let others: Vec<String> = others.iter().map(|text| repaired(text)).collect();
    let mut parts: Vec<String> = policy.split("; ").map(str::to_owned).collect();
    for tag in ["rua", "ruf"] {
        let value = |part: &str| part.strip_prefix(tag)?.strip_prefix('=').map(str::to_owned);
        let own = parts.iter().position(|part| value(part).is_some());
        let mut addresses: Vec<String> = Vec::new();
        let all = own.and_then(|at| parts.get(at)).into_iter().map(String::as_str);
        for list in all.chain(others.iter().flat_map(|other| other.split("; "))).filter_map(value) {
            for uri in uris(&list) {
                if !addresses.iter().any(|known| known.eq_ignore_ascii_case(uri)) {
                    addresses.push(uri.to_owned());
                }
            }
        }
        if addresses.is_empty() {
            continue;
        }
        let part = format!("{tag}={}", addresses.join(","));
        match own.and_then(|at| parts.get_mut(at)) {
            Some(own) => *own = part,
            None => parts.push(part),
        }
    }
    parts.join("; ")
}

/// Returns the tags of a text, in lower case, with those that are written with a colon or a blank, and addresses that
/// follow a semicolon in place of a comma.
fn readable(plain: &str) -> Vec<(String, String)> {
    let mut tags: Vec<(String, String)> = Vec::new();
    let known = |name: &str| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    for part in plain.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let list = TagList::parse(part);
        let tag = list.tags.first().map(|tag| (tag.name, tag.value));
        let tag = tag.or_else(|| part.split_once([':', ' ', '\t']).filter(|(name, _)| known(name)));
        // A policy alone is the value of `p`.
        let tag = tag.or_else(|| known_policy(part).map(|policy| ("p", policy)));
        match (tag, tags.last_mut()) {
            (Some((name, value)), _) => tags.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            (None, Some((name, addresses))) if name == "rua" || name == "ruf" => {
                *addresses = format!("{addresses},{part}");
            }
            (None, _) => {}
        }
    }
    tags
}

/// Returns the policy that a value was meant to request, if at most one character differs, or two in a long word.
fn meant_policy(value: &str) -> Option<&'static str> {
    let word =
        value.split([' ', '\t', ',']).next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let most = |policy: &str| if policy.len() > 8 { 2 } else { 1 };
    let near = |policy: &&str| {
        word.len().abs_diff(policy.len()) <= 2 && strsim::osa_distance(&word, policy) <= most(policy)
    };
    known_policy(&word).or_else(|| POLICIES.into_iter().find(|policy| near(policy)))
}

/// Returns the URI that an entry was meant to be: itself, or a mail address with its scheme.
fn meant_uri(entry: &str) -> Option<String> {
    [entry.to_owned(), format!("mailto:{entry}")].into_iter().find(|uri| is_uri(uri))
}

/// Returns the text with a semicolon before each tag that follows only a blank or another separator.
fn with_semicolons(text: &str) -> String {
    let mut mended = String::with_capacity(text.len() + 4);
    for word in text.split_inclusive([' ', '\t']) {
        let name = word.split(['=', ':']).next().filter(|name| name.len() < word.len()).unwrap_or_default();
        let is_tag = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
        if is_tag {
            let end = mended.trim_end_matches([' ', '\t', ',', ':', '.']).len();
            mended.truncate(end);
            if !mended.is_empty() && !mended.ends_with(';') {
                mended.push(';');
            }
        }
        mended.push_str(word);
    }
    mended
}

#[cfg(test)]
mod tests;
