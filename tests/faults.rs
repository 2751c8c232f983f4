//! Whatever a server does, wherever it stands: is silence never blamed, and no lie believed?
//!
//! Every fault at every place of a check, in a world where the domain is ready and in one where its mail still goes to the
//! old platform. Nothing panics, every run ends, and the verdict is never `ready` while the mail goes elsewhere, nor
//! `changes-needed` while nobody said that anything is wrong.
//!
//! In every run a second domain is ready. It lies on the same name servers and behind the same resolver, which misbehave
//! for the first domain only: what they do to that one must not change the verdict of its neighbor.

mod policy;
mod table;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::{Lab, LabServer};
use crate::run::{Run, cutover};
use table::{Fault, Kind, faults};

/// What both worlds share.
const COMMON: &str = "@ 3600 NS ns1
    @ 3600 NS ns2
    ns1 3600 A 127.0.0.2
    ns2 3600 A 127.0.0.3
    @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
    @ 3600 TXT MS=ms12345678
    _dmarc 3600 TXT \"v=DMARC1; p=none\"
    autodiscover 3600 CNAME autodiscover.outlook.com.";

/// How the domain really stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Ready,
    AtSource,
}

/// Who misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The only resolver.
    Resolver,
    /// The only resolver, for the names of the first domain.
    ResolverForOne,
    /// The first of two resolvers.
    FirstResolver,
    /// The resolver, asked about hosts elsewhere.
    Target,
    /// The server of the zone above.
    Parent,
    /// One of two name servers.
    NameServer,
    /// Both.
    EveryNameServer,
}

const PLACES: [Place; 7] = [
    Place::Resolver,
    Place::ResolverForOne,
    Place::FirstResolver,
    Place::Target,
    Place::Parent,
    Place::NameServer,
    Place::EveryNameServer,
];

impl Place {
    /// Whether the servers serve both domains, and misbehave for the first one only, so that the neighbor is what it is
    /// alone. What the others do they do to both.
    fn spares_neighbor(self) -> bool {
        match self {
            Self::ResolverForOne | Self::Parent | Self::NameServer | Self::EveryNameServer => true,
            Self::Resolver | Self::FirstResolver | Self::Target => false,
        }
    }

    /// What a fault amounts to here.
    fn kind(self, fault: &Fault) -> Kind {
        match self {
            Self::Resolver | Self::ResolverForOne | Self::FirstResolver | Self::Target => {
                fault.at_resolvers.unwrap_or(fault.kind)
            }
            Self::Parent | Self::NameServer | Self::EveryNameServer => fault.kind,
        }
    }
}

/// Hosts elsewhere that a check looks at, and their types.
const TARGETS: [(&str, &str); 6] = [
    ("spf.protection.outlook.com", "TXT"),
    ("contoso-com.mail.protection.outlook.com", "A"),
    ("contoso-com.mail.protection.outlook.com", "AAAA"),
    ("autodiscover.outlook.com", "A"),
    ("autodiscover.outlook.com", "AAAA"),
    ("mx1.emailsrvr.com", "A"),
];

struct World {
    lab: Lab,
    resolvers: [LabServer; 2],
    parent: LabServer,
    name_servers: [LabServer; 2],
}

impl World {
    fn new(truth: Truth) -> Self {
        let lab = Lab::start();
        let mx = match truth {
            Truth::Ready => "@ 3600 MX 0 contoso-com.mail.protection.outlook.com.",
            Truth::AtSource => "@ 3600 MX 10 mx1.emailsrvr.com.",
        };
        let name_servers = ["127.0.0.2", "127.0.0.3"].map(|ip| {
            let server = lab.server(ip);
            server.zone("contoso.com", &format!("{COMMON}\n{mx}"));
            server.zone(
                "fabrikam.com",
                &format!("{COMMON}\n@ 3600 MX 0 fabrikam-com.mail.protection.outlook.com."),
            );
            server
        });
        let parent = lab.server("127.0.0.8");
        parent.zone(
            "com",
            "@ 3600 NS a.gtld
             a.gtld 3600 A 127.0.0.8
             contoso 3600 NS ns1.contoso
             contoso 3600 NS ns2.contoso
             ns1.contoso 3600 A 127.0.0.2
             ns2.contoso 3600 A 127.0.0.3
             fabrikam 3600 NS ns1.fabrikam
             fabrikam 3600 NS ns2.fabrikam
             ns1.fabrikam 3600 A 127.0.0.2
             ns2.fabrikam 3600 A 127.0.0.3",
        );
        lab.server("127.0.0.9").microsoft().rackspace();
        let resolvers = ["127.0.0.53", "127.0.0.54"].map(|ip| lab.resolver(ip));
        Self { lab, resolvers, parent, name_servers }
    }

    fn strike(&self, place: Place, fault: &Fault) {
        let (say, over_streams) = (fault.say.clone(), fault.over_streams.clone());
        let everywhere = |servers: &[&LabServer]| {
            for server in servers {
                if place.spares_neighbor() {
                    server.misbehave_within("contoso.com");
                }
                if let Some(rtype) = fault.only {
                    server.say_to("contoso.com", rtype, say.clone());
                    continue;
                }
                server.say(say.clone());
                if let Some(over_streams) = &over_streams {
                    server.say_over_streams(over_streams.clone());
                }
            }
        };
        let [first, second] = &self.name_servers;
        match place {
            Place::Resolver | Place::ResolverForOne | Place::FirstResolver => {
                everywhere(&[&self.resolvers[0]]);
            }
            Place::Parent => everywhere(&[&self.parent]),
            Place::NameServer => everywhere(&[second]),
            Place::EveryNameServer => everywhere(&[first, second]),
            Place::Target => {
                let spoiled =
                    TARGETS.iter().filter(|(_, rtype)| fault.only.is_none_or(|only| only == *rtype));
                for (name, rtype) in spoiled {
                    self.resolvers[0].say_to(name, rtype, say.clone());
                }
            }
        }
    }

    /// Checks both domains, and waits so many seconds for each try.
    fn check(&self, place: Place, patience: f64) -> Run {
        let second = match place {
            Place::FirstResolver => format!("--resolver {}", self.resolvers[1].address()),
            _ => String::new(),
        };
        let (first, port) = (self.resolvers[0].address(), self.lab.port());
        cutover(&format!(
            "check contoso.com fabrikam.com --resolver {first} {second} --authority-port {port} \
             --timeout {patience} --deadline {} --no-https --format json -v",
            (patience * 4.0).max(6.0)
        ))
    }
}

/// Seconds of one try: where others must be heard, a busy machine gets the time for it.
fn patience(place: Place) -> f64 {
    if place.spares_neighbor() { 0.6 } else { 0.25 }
}

/// Seconds of one try where the first time less was known than should be: some faults keep the servers of a lab busy.
const PATIENCE_OF_A_BUSY_MACHINE: f64 = 8.0;

/// What is wrong with a verdict.
struct Objection {
    text: String,
    /// Whether more should be known, so that a busy machine may be the reason.
    is_doubt: bool,
}

/// What is wrong with the verdict on either domain, if anything is.
fn objection(truth: Truth, fault: &Fault, place: Place, run: &Run) -> Option<Objection> {
    if run.status == 2 || !run.err.is_empty() && run.err.contains("panicked") {
        return Some(Objection { text: format!("it failed: {}", run.err), is_doubt: false });
    }
    let [domain, neighbor] = ["contoso.com", "fabrikam.com"].map(|name| reported(run, name));
    let neighbor_fault = Fault { only: None, ..fault.clone() };
    first_objection(truth, fault, place, &domain).or_else(|| {
        let verdict = neighbor["verdict"].as_str().unwrap_or_default();
        let found = match place.spares_neighbor() {
            true if verdict != "ready" => Some(found(&neighbor, verdict != "changes-needed")),
            true => None,
            false => first_objection(Truth::Ready, &neighbor_fault, place, &neighbor),
        };
        found.map(|found| Objection { text: format!("its neighbor is {}", found.text), ..found })
    })
}

/// What is reported on a domain: one that was looked at a second time comes behind the others.
fn reported(run: &Run, name: &str) -> Value {
    let report = run.json();
    let domains = report["domains"].as_array().unwrap();
    domains.iter().find(|domain| domain["domain"] == name).unwrap().clone()
}

fn found(domain: &Value, is_doubt: bool) -> Objection {
    let codes = |list: &str, what: &str| {
        let all = domain[list].as_array().cloned().unwrap_or_default();
        let unmet = all.iter().filter(|one| one[what] != "met").map(|one| {
            format!(
                "{} {} {}",
                one["id"].as_str().unwrap_or(""),
                one["status"].as_str().unwrap_or(""),
                one["code"]
            )
        });
        unmet.collect::<Vec<_>>().join(", ")
    };
    let verdict = domain["verdict"].as_str().unwrap_or_default();
    let text = format!("{verdict}: {}; {}", codes("expectations", "status"), codes("hazards", "level"));
    Objection { text, is_doubt }
}

/// What is wrong with the verdict on the domain for which its servers misbehave.
fn first_objection(truth: Truth, fault: &Fault, place: Place, domain: &Value) -> Option<Objection> {
    let verdict = domain["verdict"].as_str().unwrap_or_default();
    let kind = place.kind(fault);
    // What decides fails while everything else is answered: only those who answer nothing at all are passed over.
    let is_open = kind == Kind::LookupFailure
        && fault.only.is_some()
        && matches!(place, Place::Resolver | Place::ResolverForOne | Place::EveryNameServer);
    match truth {
        // Nobody but both name servers together, or the only resolver where it alone is believed, can hide the old MX.
        Truth::AtSource if matches!(verdict, "ready" | "waiting") => Some(found(domain, false)),
        Truth::Ready if kind != Kind::Lie && verdict == "changes-needed" => Some(found(domain, false)),
        Truth::Ready if is_open && verdict != "undetermined" => Some(found(domain, false)),
        // One of several that misbehaves keeps nobody from knowing.
        Truth::Ready if kind == Kind::LookupFailure && place == Place::NameServer && verdict != "ready" => {
            Some(found(domain, true))
        }
        Truth::Ready | Truth::AtSource => None,
    }
}

#[test]
fn every_fault_at_every_place_is_told_from_the_truth() {
    let faults = faults();
    let pairs: Vec<(Truth, Place, &Fault)> = [Truth::Ready, Truth::AtSource]
        .into_iter()
        .flat_map(|truth| PLACES.map(|place| (truth, place)))
        .flat_map(|(truth, place)| faults.iter().map(move |fault| (truth, place, fault)))
        .collect();
    let next = AtomicUsize::new(0);
    let ran = AtomicUsize::new(0);
    let verdicts: Mutex<BTreeMap<(Place, String), usize>> = Mutex::default();
    let objections: Mutex<Vec<String>> = Mutex::default();
    let slowest: Mutex<Duration> = Mutex::default();
    // Most of the time is spent waiting for those who say nothing.
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some((truth, place, fault)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let world = World::new(*truth);
                    world.strike(*place, fault);
                    let start = Instant::now();
                    let mut run = world.check(*place, patience(*place));
                    let took = start.elapsed();
                    let mut objected = objection(*truth, fault, *place, &run);
                    if objected.as_ref().is_some_and(|objection| objection.is_doubt) {
                        // Servers without the packets of the first time.
                        let world = World::new(*truth);
                        world.strike(*place, fault);
                        run = world.check(*place, PATIENCE_OF_A_BUSY_MACHINE);
                        objected = objection(*truth, fault, *place, &run);
                    }
                    let mut slowest = slowest.lock().unwrap();
                    *slowest = took.max(*slowest);
                    drop(slowest);
                    ran.fetch_add(1, Ordering::Relaxed);
                    if let Some(Objection { text, .. }) = objected {
                        let objection = format!("{truth:?}, {place:?}, {}: {text}", fault.name);
                        objections.lock().unwrap().push(objection);
                    }
                    let verdict =
                        reported(&run, "contoso.com")["verdict"].as_str().unwrap_or_default().to_owned();
                    *verdicts.lock().unwrap().entry((*place, verdict)).or_default() += 1;
                }
            });
        }
    });
    let mut text = format!(
        "{} faults at {} places in 2 worlds, beside a domain that is ready: {} runs, none skipped; the slowest took {:.1} s\n",
        faults.len(),
        PLACES.len(),
        ran.load(Ordering::Relaxed),
        slowest.lock().unwrap().as_secs_f64(),
    );
    for ((place, verdict), count) in verdicts.into_inner().unwrap() {
        text += &format!("  {place:?}: {verdict} {count}\n");
    }
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    // The deadline is six seconds; the rest is for a machine that is busy with other things.
    assert!(slowest.into_inner().unwrap() < Duration::from_secs(36));
    assert_eq!(ran.into_inner(), faults.len() * PLACES.len() * 2);
    let objections = objections.into_inner().unwrap();
    assert!(objections.is_empty(), "{} of them:\n{}", objections.len(), objections.join("\n"));
}
