//! Many domains of one registry, each on name servers of its own, and the resolver that every run asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutover::record::{Name, RecordType};
use hickory_resolver::proto::op::ResponseCode;
use serde_json::Value;

pub use crate::lab::customer as domain;
use crate::lab::{Lab, LabServer, Said, Zone, customer_number, referral, resolved};
use crate::run::{Run, cutover};

/// What a domain's name servers say; its resolver may be ahead of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mail {
    /// Everything is published.
    Ready,
    /// The MX still leads to the source, while the resolver has the new one from somewhere.
    AtSource,
}

/// A lab with so many domains.
pub struct World {
    pub lab: Lab,
    pub resolver: LabServer,
    /// The name server of each group of domains, in the order of their numbers.
    pub name_servers: Vec<LabServer>,
    /// Seconds that one try may take.
    pub timeout: f64,
    registry: LabServer,
    count: usize,
}

/// What everything holds.
struct Content {
    published: Vec<Zone>,
    resolved: Vec<Zone>,
    /// The server of each domain.
    places: Vec<usize>,
    others: Vec<Zone>,
}

impl World {
    /// So many domains, a number of them on one name server each.
    pub fn new(count: usize, on_one_server: usize, mail: impl Fn(usize) -> Mail) -> Self {
        let lab = Lab::start();
        let places: Vec<usize> = (0..count).map(|number| number / on_one_server).collect();
        let zone = |number: usize, mail| Zone::new(&domain(number), &lines(number, places[number], mail));
        let content = Arc::new(Content {
            published: (0..count).map(|number| zone(number, mail(number))).collect(),
            resolved: (0..count).map(|number| zone(number, Mail::Ready)).collect(),
            others: others(&places),
            places,
        });
        let resolver = lab.resolver("127.3.3.53");
        let known = Arc::clone(&content);
        resolver.rule(move |name, rtype| resolved(|name| known.zone(name), name, rtype));
        let registry = lab.server("127.3.3.1");
        let known = Arc::clone(&content);
        registry.rule(move |name, rtype| known.referred(name, rtype));
        let name_servers = (0..=content.places.last().copied().unwrap_or_default()).map(|place| {
            let server = lab.server(&address(place));
            let known = Arc::clone(&content);
            server.rule(move |name, rtype| known.authoritative(place, name, rtype));
            server
        });
        let name_servers = name_servers.collect();
        Self { lab, resolver, name_servers, timeout: 1.0, registry, count }
    }

    /// The options that send every query here.
    pub fn options(&self) -> String {
        let (resolver, port, timeout) = (self.resolver.address(), self.lab.port(), self.timeout);
        format!("--resolver {resolver} --authority-port {port} --timeout {timeout} --no-https")
    }

    /// Every name server, that of the registry too.
    pub fn all_name_servers(&self) -> impl Iterator<Item = &LabServer> {
        self.name_servers.iter().chain([&self.registry])
    }

    /// Checks all domains in one run, and reports them as NDJSON.
    pub fn check(&self, options: &str) -> Run {
        cutover(&format!("check {} {} --format ndjson {options}", self.names(), self.options()))
    }

    /// All domains.
    pub fn names(&self) -> String {
        (0..self.count).map(domain).collect::<Vec<_>>().join(" ")
    }
}

impl Content {
    fn zone(&self, name: &Name) -> Option<&Zone> {
        let own = customer_number(name).and_then(|number| self.resolved.get(number));
        own.or_else(|| self.others.iter().find(|zone| name.is_within(&zone.apex)))
    }

    fn authoritative(&self, place: usize, name: &Name, rtype: RecordType) -> Said {
        let number = customer_number(name).filter(|number| self.places.get(*number) == Some(&place));
        let zone = number.and_then(|number| self.published.get(number));
        zone.map_or_else(|| Said::error(ResponseCode::Refused), |zone| zone.answer(name, rtype))
    }

    fn referred(&self, name: &Name, rtype: RecordType) -> Said {
        let registry = &self.others[0];
        let Some(number) = customer_number(name) else { return registry.answer(name, rtype) };
        referral(registry, &domain(number), &servers(self.places[number]))
    }
}

/// The names of the only server of a group; two of them, since a zone with one is odd.
fn servers(place: usize) -> [String; 2] {
    [format!("ns1-{place}.hosts.example"), format!("ns2-{place}.hosts.example")]
}

fn address(place: usize) -> String {
    format!("127.3.{}.{}", place / 200, place % 200 + 1)
}

fn lines(number: usize, place: usize, mail: Mail) -> String {
    let token = domain(number).replace('.', "-");
    let mx = match mail {
        Mail::Ready => format!("@ 3600 MX 0 {token}.mail.protection.outlook.com.\n"),
        Mail::AtSource => "@ 3600 MX 10 mx1.emailsrvr.com.\n".to_owned(),
    };
    let servers: String = servers(place).iter().map(|server| format!("@ 3600 NS {server}.\n")).collect();
    format!(
        "{servers}{mx}@ 3600 TXT MS=ms12345678\n\
         @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n\
         autodiscover 3600 CNAME autodiscover.outlook.com.\n"
    )
}

fn others(places: &[usize]) -> Vec<Zone> {
    let mut registry = "@ 86400 NS ns.registry\nns.registry 86400 A 127.3.3.1\n".to_owned();
    for place in 0..=places.last().copied().unwrap_or_default() {
        for server in servers(place) {
            registry += &format!("{server}. 86400 A {}\n", address(place));
        }
    }
    let outlook = "spf.protection 3600 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
                   *.mail.protection 3600 A 192.0.2.10\n\
                   autodiscover 3600 A 192.0.2.11";
    let source = "mx1 3600 A 198.51.100.10";
    let zones = [("example", registry.as_str()), ("outlook.com", outlook), ("emailsrvr.com", source)];
    zones.iter().map(|(apex, lines)| Zone::new(apex, lines)).collect()
}

/// The line of each domain of an NDJSON report, each of which is told of once.
pub fn results(run: &Run) -> BTreeMap<String, Value> {
    let mut results = BTreeMap::new();
    for line in run.out.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let domain = line["domain"].as_str().unwrap().to_owned();
        assert!(results.insert(domain, line).is_none(), "told of twice: {}", run.out);
    }
    results
}

/// How many domains have each verdict.
pub fn verdicts(run: &Run) -> BTreeMap<String, usize> {
    let mut verdicts = BTreeMap::new();
    for line in results(run).values() {
        *verdicts.entry(line["verdict"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    verdicts
}
