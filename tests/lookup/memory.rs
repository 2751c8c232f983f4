//! Is the memory that one domain takes bounded, whatever its servers answer?

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Mutex;

use cutover::record::{Name, Record, RecordData, RecordType};

use super::READY;
use crate::lab::{Lab, LabServer, Said};
use crate::run::Workspace;
use crate::soak::child::{Child, End};

/// KiB that a run over a hostile domain may take at most.
const MOST: u64 = 128 << 10;
/// Name servers of the domain, as many as are asked at most.
const SERVERS: usize = 32;
/// Records of each answer, below the number from which on none is kept.
const RECORDS: usize = 480;

/// So many records, different from server to server.
fn large(server: usize, rtype: RecordType) -> Vec<RecordData> {
    let host =
        |what: &str, number: usize| format!("{what}-{server}-{number}.{}.fabrikam.com.", "h".repeat(40));
    let data = |number: usize| match rtype {
        RecordType::A => format!("192.0.{}.{}", 2 * server + number / 256, number % 256),
        RecordType::Aaaa => format!("2001:db8::{server}:{number}"),
        RecordType::Mx => format!("{number} {}", host("mail", number)),
        RecordType::Ns => format!("ns{}.contoso.com.", number % SERVERS),
        RecordType::Srv => format!("{number} 0 443 {}", host("service", number)),
        RecordType::Txt => format!("\"text {number} of {server}: {}\"", "x".repeat(90)),
        _ => String::new(),
    };
    let parsed = |number| RecordData::parse(rtype, &data(number), &Name::root()).ok();
    (0..RECORDS).filter_map(parsed).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
#[cfg_attr(windows, ignore = "the memory of a process is read from /proc")]
fn a_hostile_domain_takes_a_bounded_amount_of_memory() {
    let lab = Lab::start();
    let servers: Vec<LabServer> = (0..SERVERS).map(|at| lab.server(&format!("127.0.3.{}", at + 1))).collect();
    for (number, server) in servers.iter().enumerate() {
        let known: Mutex<BTreeMap<RecordType, Vec<RecordData>>> = Mutex::default();
        server.rule(move |name, rtype| {
            let mut known = known.lock().unwrap();
            let data = known.entry(rtype).or_insert_with(|| large(number, rtype));
            let answers =
                data.iter().map(|data| Record { name: name.clone(), ttl: 3600, data: data.clone() });
            Said { authoritative: true, answers: answers.collect(), ..Said::default() }
        });
    }
    let delegation: String =
        (0..SERVERS).map(|at| format!("@ 3600 NS ns{at}\nns{at} 3600 A 127.0.3.{}\n", at + 1)).collect();
    let texts: String =
        (0..RECORDS).map(|at| format!("* 3600 TXT \"text {at} {}\"\n", "y".repeat(90))).collect();
    let known = lab.server("127.0.3.200");
    known.zone("contoso.com", &format!("{}\n{delegation}{texts}", READY.replace("@ 3600 NS", "x 3600 NS")));
    let resolver = lab.resolver("127.0.3.53");
    let workspace = Workspace::new();
    let report = workspace.path("report.ndjson");
    let words = format!(
        "check contoso.com --format ndjson --phase tidy --resolver {} --authority-port {} --timeout 30 --deadline 600 --no-https",
        resolver.address(),
        lab.port()
    );
    let words = format!("{words} -v --output html=report.html --output json=report.json --record run.txt");
    let ended = Child::start(&words, &report).wait(End::ByItself);
    assert!(matches!(ended.status, Some(1 | 3)), "{:?}: {}", ended.status, ended.err);
    assert!(std::fs::read_to_string(&report).unwrap().contains("too-large"));
    let packets: usize = servers.iter().map(LabServer::packets).sum();
    assert!(packets > 100 * SERVERS / 2, "{packets}");
    let text = format!("a hostile domain: {packets} packets, peak memory {} MiB\n", ended.memory >> 10);
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(ended.memory < MOST, "{} KiB", ended.memory);
}
