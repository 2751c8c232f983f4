//! Does a check of a zone file say the same as a check of the same zone once it is served?
//!
//! Every scenario that is a zone is put on scripted servers, with a small internet around it. What is required must have
//! the same status there as offline, but where offline it is unknown. Two differences lie in the matter: no server shows
//! an alias and other records beside it, and only online it is seen that Microsoft accepts the domain, which then needs no
//! proof of ownership.

#![allow(clippy::disallowed_macros, reason = "a test says what it tried")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use cutover::check::{Code, Status, Verdict};
use cutover::expected::{Id, Importance};
use cutover::facts::TrustPolicy;
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{Network, Source};
use cutover::record::zone::{self, ZoneText};
use cutover::record::{Name, Record, RecordData, RecordType};

use super::{Scenario, paths};
use crate::lab::{Lab, LabServer};
use crate::world::{OTHERS, Outcome, World, file};

/// Where the name server of zones without one is.
const NAME_SERVER: &str = "ns1.dns.example. 600 A 127.0.0.2\n";

#[test]
fn a_zone_file_and_the_same_zone_served_agree() {
    let mut faults = String::new();
    let (mut compared, mut unknown) = (0, 0);
    for path in paths().iter().filter(|path| path.ends_with(".zone")) {
        let world = Scenario::read(path).world;
        let Some(served) = Served::new(&world) else { continue };
        for view in served.views() {
            let (offline, online) = (served.world.check(), served.check(view));
            if offline.has(Code::CnameWithOtherData) {
                continue;
            }
            compared += 1;
            unknown += usize::from(offline.assessment.verdict == Verdict::Undetermined);
            for fault in disagreements(&offline, &online) {
                writeln!(faults, "{path}, {view:?}: {fault}").unwrap();
            }
        }
    }
    println!("{compared} zones checked offline and served, {unknown} of them undetermined offline");
    assert!(faults.is_empty(), "{faults}");
    assert!(compared > 250, "{compared}");
}

/// What the two say differently about what is required, other than that it is unknown offline.
fn disagreements(offline: &Outcome, online: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    for here in offline.assessment.judged.iter().filter(|one| one.importance == Importance::Required) {
        let there = online.expectation(here.expectation.id);
        if here.status != Status::Unknown && here.status != there.status {
            found.push(format!(
                "{} is {:?} ({}) offline and {:?} ({}: {}) online",
                here.expectation.id.word(),
                here.status,
                here.code.word(),
                there.status,
                there.code.word(),
                there.message
            ));
        }
    }
    let (here, there) = (offline.assessment.verdict, online.assessment.verdict);
    let needs_proof = |outcome: &Outcome| {
        let mut judged = outcome.assessment.judged.iter();
        judged.any(|one| one.expectation.id == Id::Verification && one.importance == Importance::Required)
    };
    let is_accepted = needs_proof(offline) && !needs_proof(online);
    if here != there && here != Verdict::Undetermined && found.is_empty() && !is_accepted {
        let hazards: Vec<String> = online
            .assessment
            .hazards
            .iter()
            .map(|one| format!("{}: {}", one.code.word(), one.message))
            .collect();
        found.push(format!("{here:?} offline and {there:?} online; {hazards:?}"));
    }
    found
}

/// A scenario's zone on servers of a lab.
struct Served {
    world: World,
    lab: Lab,
    resolver: LabServer,
    has_own_servers: bool,
}

impl Served {
    /// `None` where the file holds several zones, or none.
    fn new(world: &World) -> Option<Self> {
        let text = world.zone_text();
        // A name server of the lab has no proxy that answers instead.
        if !text.proxied.is_empty() {
            return None;
        }
        let apex = match &text.apexes[..] {
            [] => text.origin.clone()?,
            [apex] => apex.clone(),
            _ => return None,
        };
        let is_own_server = |record: &Record| record.name == apex && record.data.rtype() == RecordType::Ns;
        let has_own_servers = text.records.iter().any(is_own_server);
        let mut records = text.records.clone();
        if !has_own_servers {
            let data = RecordData::Ns("ns1.dns.example".parse().unwrap());
            records.push(Record { name: apex.clone(), ttl: 3600, data });
        }
        let lab = Lab::start();
        let (authority, internet) = (lab.server("127.0.0.2"), lab.server("127.0.0.9"));
        let (own, foreign): (Vec<Record>, Vec<Record>) =
            records.iter().cloned().partition(|record| record.name.is_within(&apex));
        authority.zone(&apex.to_string(), &lines(&own));
        let owners: BTreeSet<&Name> = foreign.iter().map(|record| &record.name).collect();
        let others = zone::read(file(OTHERS).as_bytes(), None, OTHERS).unwrap();
        let mut around: String =
            others.records.iter().filter(|record| !owners.contains(&record.name)).map(line).collect();
        around += NAME_SERVER;
        around += &lines(&foreign);
        internet.zone(".", &around);
        let resolver = lab.resolver("127.0.0.53");
        let text = ZoneText { records, ..text.clone() };
        Some(Self { world: world.clone().with_zone_text(text), lab, resolver, has_own_servers })
    }

    /// Where the file names its own servers, nobody is there.
    fn views(&self) -> Vec<TrustPolicy> {
        if self.has_own_servers {
            vec![TrustPolicy::Resolver]
        } else {
            vec![TrustPolicy::Both, TrustPolicy::Resolver]
        }
    }

    fn check(&self, view: TrustPolicy) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let transport = Transport::new(Duration::from_secs(5));
        let resolvers = vec![Endpoint::Plain(self.resolver.address())];
        let network = Network::new(transport, resolvers, view, self.lab.port()).without_https();
        let started = "2026-11-22T05:23:00Z".parse().unwrap();
        let source = Source::online(network, None, started);
        self.world.check_with(&runtime, &source, view)
    }
}

fn lines(records: &[Record]) -> String {
    records.iter().map(line).collect()
}

fn line(record: &Record) -> String {
    format!("{} {} {} {}\n", record.name, record.ttl, record.data.rtype(), record.data.to_zone_text())
}
