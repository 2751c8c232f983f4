//! Whatever a server does, wherever it stands: is silence never blamed, and no lie believed?
//!
//! Every fault at every place of a check, in a world where the domain is ready and in one where its mail still goes to the
//! old platform. Nothing panics, every run ends, and the verdict is never `ready` while the mail goes elsewhere, nor
//! `changes-needed` while nobody said that anything is wrong.

mod policy;
mod table;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

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

const PLACES: [Place; 6] = [
    Place::Resolver,
    Place::FirstResolver,
    Place::Target,
    Place::Parent,
    Place::NameServer,
    Place::EveryNameServer,
];

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
             ns2.contoso 3600 A 127.0.0.3",
        );
        let elsewhere = lab.server("127.0.0.9");
        elsewhere.zone(
            "outlook.com",
            "contoso-com.mail.protection 10 A 192.0.2.1
             spf.protection 300 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
             autodiscover 300 A 192.0.2.2",
        );
        elsewhere.zone("emailsrvr.com", "mx1 300 A 192.0.2.3");
        let resolvers = ["127.0.0.53", "127.0.0.54"].map(|ip| lab.resolver(ip));
        Self { lab, resolvers, parent, name_servers }
    }

    fn strike(&self, place: Place, fault: &Fault) {
        let (say, over_streams) = (fault.say.clone(), fault.over_streams.clone());
        let everywhere = |servers: &[&LabServer]| {
            for server in servers {
                server.say(say.clone());
                if let Some(over_streams) = &over_streams {
                    server.say_over_streams(over_streams.clone());
                }
            }
        };
        let [first, second] = &self.name_servers;
        match place {
            Place::Resolver | Place::FirstResolver => everywhere(&[&self.resolvers[0]]),
            Place::Parent => everywhere(&[&self.parent]),
            Place::NameServer => everywhere(&[second]),
            Place::EveryNameServer => everywhere(&[first, second]),
            Place::Target => {
                for (name, rtype) in TARGETS {
                    self.resolvers[0].say_to(name, rtype, say.clone());
                }
            }
        }
    }

    fn check(&self, place: Place) -> Run {
        let second = match place {
            Place::FirstResolver => format!("--resolver {}", self.resolvers[1].address()),
            _ => String::new(),
        };
        let (first, port) = (self.resolvers[0].address(), self.lab.port());
        // Where the others must be heard, a busy machine gets the time for it.
        let patience = if place == Place::NameServer { "0.8" } else { "0.25" };
        cutover(&format!(
            "check contoso.com --resolver {first} {second} --authority-port {port} --timeout {patience} --deadline 6 \
             --no-https --format json -v"
        ))
    }
}

/// What is wrong with the verdict, if anything is.
fn objection(truth: Truth, kind: Kind, place: Place, run: &Run) -> Option<String> {
    if run.status == 2 || !run.err.is_empty() && run.err.contains("panicked") {
        return Some(format!("it failed: {}", run.err));
    }
    let verdict = run.domain()["verdict"].as_str().unwrap_or_default().to_owned();
    let found = || {
        let domain = run.domain();
        let codes = |list: &str, what: &str| {
            let all = domain[list].as_array().cloned().unwrap_or_default();
            let told = all.iter().filter(|one| one[what] != "met").map(|one| {
                format!(
                    "{} {} {}",
                    one["id"].as_str().unwrap_or(""),
                    one["status"].as_str().unwrap_or(""),
                    one["code"]
                )
            });
            told.collect::<Vec<_>>().join(", ")
        };
        format!("{verdict}: {}; {}", codes("expectations", "status"), codes("hazards", "level"))
    };
    match truth {
        // Nobody but both name servers together, or the only resolver where it alone is believed, can hide the old MX.
        Truth::AtSource if matches!(verdict.as_str(), "ready" | "waiting") => Some(found()),
        Truth::Ready if kind != Kind::Lie && verdict == "changes-needed" => Some(found()),
        // One of several that misbehaves keeps nobody from knowing.
        Truth::Ready if kind == Kind::Silence && place == Place::NameServer && verdict != "ready" => {
            Some(found())
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
                    let run = world.check(*place);
                    let took = start.elapsed();
                    let mut slowest = slowest.lock().unwrap();
                    *slowest = took.max(*slowest);
                    drop(slowest);
                    ran.fetch_add(1, Ordering::Relaxed);
                    if let Some(objection) = objection(*truth, fault.kind, *place, &run) {
                        let told = format!("{truth:?}, {place:?}, {}: {objection}", fault.name);
                        objections.lock().unwrap().push(told);
                    }
                    let verdict = run.domain()["verdict"].as_str().unwrap_or_default().to_owned();
                    *verdicts.lock().unwrap().entry((*place, verdict)).or_default() += 1;
                }
            });
        }
    });
    let mut text = format!(
        "{} faults at {} places in 2 worlds: {} runs, none skipped; the slowest took {:.1} s\n",
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
