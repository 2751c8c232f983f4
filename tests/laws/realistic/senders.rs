//! Says which senders an SPF record authorizes, without the code under test.
//!
//! A sender is an address, or what stands for the addresses of somebody outside the zone: the host, or the record included.
//! Only what the zone itself shows is evaluated.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// A record of the zone: owner and target without final dot and in lower case, type, data as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub owner: String,
    pub rtype: String,
    pub data: String,
    pub ttl: u32,
}

/// Somebody who may send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// One address.
    Address(IpAddr),
    /// A host outside the zone.
    Host(String),
    /// What a record outside the zone, or a macro, authorizes.
    Record(String),
}

/// The zone as SPF sees it.
pub struct Senders<'a> {
    pub zone: &'a [Line],
    pub domain: &'a str,
}

/// The result for a sender (RFC 7208 §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Pass,
    Other,
    /// No term matches.
    Neutral,
    /// Nobody passes.
    Broken,
}

const DEEPEST: usize = 8;

impl Senders<'_> {
    /// The SPF records at a name.
    pub fn records(&self, owner: &str) -> Vec<String> {
        let texts = self.at(owner, "TXT").map(joined);
        texts.filter(|text| is_spf(text)).collect()
    }

    fn at<'b>(&'b self, owner: &str, rtype: &'b str) -> impl Iterator<Item = &'b str> + use<'b> {
        let owner = owner.to_ascii_lowercase();
        let lines = self.zone.iter().filter(move |line| line.owner == owner && line.rtype == rtype);
        lines.map(|line| line.data.as_str())
    }

    fn is_inside(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        name == self.domain || name.ends_with(&format!(".{}", self.domain))
    }

    /// How many terms that cost a lookup (RFC 7208 §4.6.4) are in the records of the domain, at least.
    pub fn lookups(&self) -> usize {
        self.lookups_of(self.domain, 0)
    }

    fn lookups_of(&self, holder: &str, depth: usize) -> usize {
        let records = self.records(holder);
        let terms = records.iter().flat_map(|record| terms(record).map(|term| self.read(holder, term)));
        let cost = |term: Option<Term>| match term {
            Some(Term::Include(target) | Term::Redirect(target))
                if self.is_inside(&target) && depth < DEEPEST =>
            {
                1 + self.lookups_of(&target, depth + 1)
            }
            Some(
                Term::Include(_) | Term::Redirect(_) | Term::Opaque(_) | Term::Hosts(_) | Term::Networks(_),
            ) => 1,
            Some(Term::Network(..) | Term::All) | None => 0,
        };
        terms.map(cost).sum()
    }

    /// Everybody who is named by a record of the domain, in whatever way.
    pub fn named(&self) -> BTreeSet<Sender> {
        let mut named = BTreeSet::new();
        for record in self.records(self.domain) {
            self.name(self.domain, &record, 0, &mut named);
        }
        named
    }

    fn name(&self, holder: &str, record: &str, depth: usize, named: &mut BTreeSet<Sender>) {
        let ends = |term: &str| term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all");
        let has_all = terms(record).any(ends);
        for term in terms(record) {
            match self.read(holder, term) {
                // Next to an `all` receivers ignore it.
                Some(Term::Redirect(_)) if has_all => {}
                Some(Term::Network(address, length)) => {
                    named.insert(Sender::Address(address));
                    named.insert(Sender::Address(last(address, length)));
                }
                Some(Term::Networks(networks)) => {
                    named.extend(networks.iter().map(|(address, _)| Sender::Address(*address)));
                    named.extend(
                        networks.iter().map(|(address, length)| Sender::Address(last(*address, *length))),
                    );
                }
                Some(Term::Hosts(hosts)) => {
                    named.extend(hosts.iter().flat_map(|host| self.addresses(host)));
                }
                Some(Term::Include(target) | Term::Redirect(target)) if self.is_inside(&target) => {
                    if depth < DEEPEST {
                        for record in self.records(&target) {
                            self.name(&target, &record, depth + 1, named);
                        }
                    }
                }
                Some(Term::Include(target) | Term::Redirect(target) | Term::Opaque(target)) => {
                    named.insert(Sender::Record(target));
                }
                Some(Term::All) | None => {}
            }
        }
    }

    /// The addresses of a host, or the host itself where it lies outside.
    fn addresses(&self, host: &str) -> Vec<Sender> {
        if !self.is_inside(host) {
            return vec![Sender::Host(host.to_ascii_lowercase())];
        }
        let v4 = self.at(host, "A").chain(self.at(host, "AAAA"));
        let addresses: Vec<Sender> = v4.filter_map(|data| data.parse().ok()).map(Sender::Address).collect();
        if addresses.is_empty()
            && let Some(target) = self.at(host, "CNAME").next()
        {
            let target = target.trim_end_matches('.').to_ascii_lowercase();
            return if target == host { Vec::new() } else { self.addresses(&target) };
        }
        addresses
    }

    /// Whether the sender passes, by the records of the domain.
    pub fn answer(&self, sender: &Sender) -> Answer {
        self.of(self.domain, sender, 0)
    }

    fn of(&self, holder: &str, sender: &Sender, depth: usize) -> Answer {
        let records = self.records(holder);
        let [record] = &records[..] else { return Answer::Broken };
        if depth > DEEPEST || terms(record).any(|term| self.read(holder, term).is_none() && is_needed(term)) {
            return Answer::Broken;
        }
        let mut redirect = None;
        for term in terms(record) {
            let Some(read) = self.read(holder, term) else { continue };
            let matches = match &read {
                Term::All => true,
                Term::Network(address, length) => {
                    matches!(sender, Sender::Address(sender) if holds(*address, *length, *sender))
                }
                Term::Networks(networks) => {
                    matches!(sender, Sender::Address(sender)
                        if networks.iter().any(|(address, length)| holds(*address, *length, *sender)))
                }
                Term::Hosts(hosts) => hosts.iter().any(|host| self.addresses(host).contains(sender)),
                Term::Include(target) if self.is_inside(target) => match self.of(target, sender, depth + 1) {
                    Answer::Broken => return Answer::Broken,
                    answer => answer == Answer::Pass,
                },
                Term::Redirect(target) => {
                    redirect = Some(target.clone());
                    false
                }
                Term::Include(target) | Term::Opaque(target) => *sender == Sender::Record(target.clone()),
            };
            if matches {
                let is_pass = !term.starts_with(['-', '~', '?']);
                return if is_pass { Answer::Pass } else { Answer::Other };
            }
        }
        match redirect {
            Some(target) if self.is_inside(&target) => self.of(&target, sender, depth + 1),
            Some(target) if *sender == Sender::Record(target.clone()) => Answer::Pass,
            Some(_) | None => Answer::Neutral,
        }
    }

    /// The networks that `a` with these lengths stands for.
    fn networks(&self, host: &str, lengths: &str) -> Vec<(IpAddr, u8)> {
        let (v4, v6) = lengths.split_once("//").unwrap_or((lengths, ""));
        let length = |text: &str, most: u8| text.trim_start_matches('/').parse().unwrap_or(most);
        let found = self.addresses(host).into_iter().filter_map(|sender| match sender {
            Sender::Address(address) if address.is_ipv4() => Some((address, length(v4, 32))),
            Sender::Address(address) => Some((address, length(v6, 128))),
            Sender::Host(_) | Sender::Record(_) => None,
        });
        found.collect()
    }

    fn read(&self, holder: &str, term: &str) -> Option<Term> {
        let plain = term.trim_start_matches(['+', '-', '~', '?']);
        let lower = plain.to_ascii_lowercase();
        if lower == "all" {
            return Some(Term::All);
        }
        if let Some(target) = lower.strip_prefix("redirect=") {
            return Some(if target.contains('%') {
                self.macros(target)
            } else {
                Term::Redirect(dotless(target))
            });
        }
        let (name, value) = match plain.find([':', '/']) {
            Some(at) if plain.as_bytes()[at] == b':' => (&lower[..at], &plain[at + 1..]),
            Some(at) => (&lower[..at], &plain[at..]),
            None => (&lower[..], ""),
        };
        let (value, lengths) = match (name, value.split_once('/')) {
            ("a" | "mx", Some((value, lengths))) => (value, format!("/{lengths}")),
            _ => (value, String::new()),
        };
        if value.contains('%') {
            return Some(match name {
                "include" => match self.macros(&value.to_ascii_lowercase()) {
                    Term::Redirect(target) => Term::Include(target),
                    other => other,
                },
                "exists" | "a" | "mx" | "ptr" => Term::Opaque(value.to_owned()),
                _ => return None,
            });
        }
        let target =
            || dotless(&if value.is_empty() { holder.to_owned() } else { value.to_ascii_lowercase() });
        let is_host = |host: &str| host.parse::<IpAddr>().is_err() && !host.contains(['<', '>', ':', ',']);
        match name {
            "ip4" | "ip6" => {
                let (address, length) = match value.split_once('/') {
                    Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
                    None => (value, None),
                };
                let address: IpAddr = address.parse().ok()?;
                let most = if address.is_ipv4() { 32 } else { 128 };
                let length = length.unwrap_or(most);
                (address.is_ipv4() == (name == "ip4") && length <= most)
                    .then_some(Term::Network(address, length))
            }
            "a" if is_host(&target()) && self.is_inside(&target()) && !lengths.is_empty() => {
                Some(Term::Networks(self.networks(&target(), &lengths)))
            }
            "a" if is_host(&target()) && lengths.is_empty() => Some(Term::Hosts(vec![target()])),
            "a" | "mx" if !lengths.is_empty() => Some(Term::Opaque(lower.clone())),
            "mx" if is_host(&target()) => {
                let target = target();
                if !self.is_inside(&target) {
                    return Some(Term::Opaque(format!("mx:{target}")));
                }
                let hosts = self.at(&target, "MX").filter_map(|data| data.split(' ').nth(1));
                let hosts = hosts.map(dotless).filter(|host| !host.is_empty());
                Some(Term::Hosts(hosts.map(|host| host.to_ascii_lowercase()).collect()))
            }
            "include" if value.contains('.') && is_host(value) => Some(Term::Include(target())),
            "exists" if !value.is_empty() => Some(Term::Opaque(value.to_owned())),
            "ptr" => Some(Term::Opaque(lower.clone())),
            _ => None,
        }
    }

    /// A target with macros: that of the domain can be read.
    fn macros(&self, target: &str) -> Term {
        let known = target.replace("%{d}", self.domain).replace("%{o}", self.domain);
        if known.contains('%') { Term::Opaque(target.to_owned()) } else { Term::Redirect(dotless(&known)) }
    }
}

enum Term {
    All,
    Network(IpAddr, u8),
    Networks(Vec<(IpAddr, u8)>),
    Hosts(Vec<String>),
    Include(String),
    Redirect(String),
    Opaque(String),
}

/// The terms behind the version.
fn terms(record: &str) -> impl Iterator<Item = &str> {
    record.split(' ').filter(|term| !term.is_empty()).skip(1)
}

/// A term that breaks the record where it cannot be read: modifiers are ignored.
fn is_needed(term: &str) -> bool {
    let name: String =
        term.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    name.is_empty() || !term[name.len()..].starts_with('=')
}

pub fn is_spf(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower == "v=spf1" || lower.starts_with("v=spf1 ")
}

/// The text in quotes, its strings joined.
pub fn joined(data: &str) -> String {
    let mut text = String::new();
    let mut is_quoted = false;
    let mut letters = data.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '\\' => text.extend(letters.next()),
            ' ' if !is_quoted => {}
            letter => text.push(letter),
        }
    }
    text
}

fn dotless(name: &str) -> String {
    name.trim_end_matches('.').to_owned()
}

fn holds(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            length == 0 || (network.to_bits() ^ address.to_bits()) >> (32 - u32::from(length)) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            length == 0 || (network.to_bits() ^ address.to_bits()) >> (128 - u32::from(length)) == 0
        }
        _ => false,
    }
}

fn last(network: IpAddr, length: u8) -> IpAddr {
    match network {
        IpAddr::V4(network) => {
            let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            IpAddr::V4((network.to_bits() | host).into())
        }
        IpAddr::V6(network) => {
            let host = u128::MAX.checked_shr(length.into()).unwrap_or(0);
            IpAddr::V6((network.to_bits() | host).into())
        }
    }
}
