//! A record of an imported list before it is parsed.

use crate::record::{Name, NameError, RecordData, Text};

/// A record as a list writes it: strings, some of which may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) place: String,
    /// The domain, if a column names it.
    pub(super) domain: Option<String>,
    /// The owner: full, relative, `@`, or nothing.
    pub(super) host: String,
    pub(super) rtype: String,
    pub(super) value: String,
    pub(super) priority: Option<u16>,
    pub(super) weight: Option<u16>,
    pub(super) port: Option<u16>,
    pub(super) service: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) ttl: Option<u32>,
    /// True if the owner is a full name even if it is not below the checked domain.
    pub(super) is_full: bool,
}

/// The reason why an entry of a list is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RawError {
    #[error("`{text}` is not a name: {source}")]
    Name { text: String, source: NameError },
    #[error("the host `{host}` is not a name: {source}")]
    Host { host: String, source: NameError },
    #[error("the {0} record has no value")]
    NoValue(String),
    #[error("found `{found}`, expected {expected}")]
    Value { found: String, expected: &'static str },
    #[error("found no record type, expected CNAME, MX, SRV or TXT")]
    NoType,
    #[error("found the record type `{0}`, expected CNAME, MX, SRV or TXT")]
    Type(String),
    #[error("the SRV record has no port")]
    NoPort,
}

impl RawError {
    fn value(found: &str, expected: &'static str) -> Self {
        Self::Value { found: found.to_owned(), expected }
    }
}

/// A record, and a note on what was fixed in it.
type Read = (Name, RecordData, Option<String>);

impl Raw {
    /// Returns the name that the record is about: it can only belong to domains above or below this name. `None` if
    /// that depends on the domain being checked.
    pub(super) fn about(&self) -> Option<Name> {
        if let Some(of) = self.domain.as_deref().filter(|of| !of.is_empty()) {
            return name(of).ok();
        }
        let host = self.host.trim();
        let host = if is_service(host) { host.to_owned() } else { self.with_service(host) };
        if !self.is_full && !host.ends_with('.') {
            return None;
        }
        // `@` means the domain being checked.
        host.trim_end_matches('.').parse().ok().filter(|_| host.trim_end_matches('.') != "@")
    }

    /// Returns the record; `None` if it belongs to another domain.
    pub(super) fn record(&self, domain: &Name) -> Result<Option<Read>, RawError> {
        if let Some(of) = self.domain.as_deref().filter(|of| !of.is_empty()) {
            let of = name(of)?;
            if !domain.is_within(&of) && !of.is_within(domain) {
                return Ok(None);
            }
        }
        let Some(name) = self.owner(domain)? else { return Ok(None) };
        let (data, warning) = self.data()?;
        Ok(Some((name, data, warning)))
    }

    fn owner(&self, domain: &Name) -> Result<Option<Name>, RawError> {
        let host = self.host.trim();
        let host = if is_service(host) { host.to_owned() } else { self.with_service(host) };
        let bare = host.trim_end_matches('.');
        if bare.is_empty() || bare == "@" {
            return Ok(Some(domain.clone()));
        }
        if let Ok(full) = bare.parse::<Name>()
            && (full.is_within(domain) || self.is_full || host.ends_with('.'))
        {
            return Ok(full.is_within(domain).then_some(full));
        }
        match domain.prepend(bare) {
            Ok(below) => Ok(Some(below)),
            Err(source) => Err(RawError::Host { host, source }),
        }
    }

    /// Returns the host of an SRV record whose service and protocol have their own columns.
    fn with_service(&self, host: &str) -> String {
        let (Some(service), Some(protocol)) = (&self.service, &self.protocol) else { return host.to_owned() };
        let label = |text: &str| format!("_{}", text.trim().trim_start_matches('_'));
        let front = format!("{}.{}", label(service), label(protocol));
        if host.is_empty() || host == "@" { front } else { format!("{front}.{host}") }
    }

    fn data(&self) -> Result<(RecordData, Option<String>), RawError> {
        let value = self.value.trim();
        if value.is_empty() {
            return Err(RawError::NoValue(self.rtype.clone()));
        }
        let plain = |data| Ok((data, None));
        match self.rtype.trim().to_ascii_lowercase().as_str() {
            "mx" => {
                // The preference may come before the host.
                let (in_front, host) = value.split_once([' ', '\t']).unwrap_or(("", value));
                let in_front = in_front.parse().ok();
                let exchange = name(if in_front.is_some() { host } else { value })?;
                plain(RecordData::Mx { preference: self.priority.or(in_front).unwrap_or(0), exchange })
            }
            "cname" => plain(RecordData::Cname(name(value)?)),
            "txt" | "spf" => {
                let text = unquoted(value);
                let repaired = repaired(&text);
                let warning = (repaired != text).then(|| format!("read `{text}` as `{repaired}`"));
                Ok((RecordData::Txt(Text::from(repaired.as_str())), warning))
            }
            "srv" => self.srv(value).map(|data| (data, None)),
            "a" => {
                let address = value.parse().map_err(|_| RawError::value(value, "an IPv4 address"))?;
                plain(RecordData::A(address))
            }
            "aaaa" => {
                let address = value.parse().map_err(|_| RawError::value(value, "an IPv6 address"))?;
                plain(RecordData::Aaaa(address))
            }
            "" => Err(RawError::NoType),
            other => Err(RawError::Type(other.to_owned())),
        }
    }

    /// Returns the data of an SRV record from its own columns, or from the value.
    fn srv(&self, value: &str) -> Result<RecordData, RawError> {
        let words: Vec<&str> = value.split_whitespace().collect();
        let number =
            |text: &str| text.parse::<u16>().map_err(|_| RawError::value(text, "a number up to 65535"));
        if let [priority, weight, port, target] = words[..] {
            let (priority, weight, port) = (number(priority)?, number(weight)?, number(port)?);
            return Ok(RecordData::Srv { priority, weight, port, target: name(target)? });
        }
        let port = self.port.ok_or(RawError::NoPort)?;
        let (priority, weight) = (self.priority.unwrap_or(100), self.weight.unwrap_or(1));
        Ok(RecordData::Srv { priority, weight, port, target: name(value)? })
    }
}

fn is_service(host: &str) -> bool {
    host.starts_with('_')
}

fn name(text: &str) -> Result<Name, RawError> {
    let text = text.trim();
    let full = if text.ends_with('.') { text.to_owned() } else { format!("{text}.") };
    full.parse().map_err(|source| RawError::Name { text: text.to_owned(), source })
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).to_owned()
}

/// Removes the blank that Microsoft's own sample has after `include:` from an SPF record.
fn repaired(text: &str) -> String {
    if !text.trim_start().to_ascii_lowercase().starts_with("v=spf1") {
        return text.to_owned();
    }
    let mut repaired = text.trim().to_owned();
    for term in ["include:", "redirect=", "ip4:", "ip6:", "a:", "mx:"] {
        while let Some(at) = repaired.to_ascii_lowercase().find(&format!(" {term} ")) {
            repaired.remove(at + 1 + term.len());
        }
    }
    repaired.replace(" include=", " include:")
}
