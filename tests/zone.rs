//! Does the zone reader agree with others, and does it stand what is no zone file?
//!
//! Every file of `fixtures/zones` is read by this crate, by the crate `domain` and, where it is installed, by
//! `named-checkzone`; the records must be the same in wire form. Inputs that `domain` is known to refuse or
//! misread are listed with the reason.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cutover::record::zone::{self, ZoneText};
use cutover::record::{Name, Record, RecordData, RecordType};
use domain::base::ToName;
use domain::base::iana::Class;
use domain::base::rdata::ComposeRecordData;
use domain::zonefile::inplace::{Entry, Zonefile};

/// The fixtures, their zones, and why `domain` is not asked about one.
const FIXTURES: &[(&str, &str, Option<&str>)] = &[
    ("plain", "contoso.com", None),
    ("keys", "fabrikam.com", None),
    ("types", "types.example", None),
    ("forms", "contoso.com", Some("refuses units of time and UTF-8, reads `CNAME @` as a label")),
    ("rare", "rare.example", Some("does not know RP, AFSDB, LOC, SPF, KX and APL")),
    ("windows", "windows.example", Some("refuses a last line without line feed")),
];

/// Owner, type, time to live and data; owner and data in wire form.
type Wire = (Vec<u8>, u16, u32, Vec<u8>);

fn path(fixture: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/zones/{fixture}.zone"))
}

#[expect(clippy::disallowed_methods, reason = "tests read their own fixtures")]
fn octets(fixture: &str) -> Vec<u8> {
    std::fs::read(path(fixture)).unwrap()
}

fn read(octets: &[u8]) -> ZoneText {
    zone::read(octets, None, "fixture").unwrap_or_else(|error| panic!("{error}"))
}

/// The records as `domain` reads them.
fn read_by_domain(octets: &[u8]) -> Result<Vec<Wire>, String> {
    let mut file = Zonefile::from(octets);
    file.set_default_class(Class::IN);
    let mut records = Vec::new();
    while let Some(entry) = file.next_entry().map_err(|error| error.to_string())? {
        let Entry::Record(record) = entry else { return Err("an include".into()) };
        let mut data = Vec::new();
        record.data().compose_rdata(&mut data).unwrap();
        let owner: domain::base::Name<Vec<u8>> = record.owner().to_name();
        let owner = owner.as_slice().to_ascii_lowercase();
        records.push((owner, record.rtype().to_int(), record.ttl().as_secs(), data));
    }
    Ok(records)
}

fn name_wire(name: &Name) -> Vec<u8> {
    let mut wire: Vec<u8> = Vec::new();
    for label in name.labels() {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend_from_slice(label);
    }
    wire.push(0);
    wire
}

/// Our record in wire form, written here and not by what is tested; `None` for a type that no rule reads and
/// that `domain` does not know either.
fn wire(record: &Record) -> Option<Wire> {
    let number = |number: u16| number.to_be_bytes().to_vec();
    let data = match &record.data {
        RecordData::A(address) => address.octets().to_vec(),
        RecordData::Aaaa(address) => address.octets().to_vec(),
        RecordData::Cname(target) | RecordData::Ns(target) | RecordData::Ptr(target) => name_wire(target),
        RecordData::Mx { preference, exchange } => [number(*preference), name_wire(exchange)].concat(),
        RecordData::Srv { priority, weight, port, target } => {
            [number(*priority), number(*weight), number(*port), name_wire(target)].concat()
        }
        RecordData::Soa(soa) => {
            let times = [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum];
            let times = times.map(u32::to_be_bytes).concat();
            [name_wire(&soa.primary), name_wire(&soa.mailbox), times].concat()
        }
        RecordData::Txt(text) => text
            .strings()
            .flat_map(|string| [&[u8::try_from(string.len()).unwrap()], string].concat())
            .collect(),
        _ => read_by_domain(format!("{record}\n").as_bytes()).ok()?.pop()?.3,
    };
    Some((
        name_wire(&record.name),
        record.data.rtype().number(),
        record.ttl,
        lower_names(record.data.rtype(), data),
    ))
}

/// Data with its names in lower case, as all ours are; texts have no names.
fn lower_names(rtype: RecordType, data: Vec<u8>) -> Vec<u8> {
    match rtype {
        RecordType::Cname | RecordType::Ns | RecordType::Ptr | RecordType::Mx => data.to_ascii_lowercase(),
        _ => data,
    }
}

#[test]
fn every_fixture_is_listed() {
    let files = std::fs::read_dir(path("x").parent().unwrap()).unwrap();
    let found: BTreeSet<String> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().into()).collect();
    assert_eq!(found, FIXTURES.iter().map(|(fixture, ..)| (*fixture).to_string()).collect());
}

#[test]
fn the_crate_domain_reads_the_same_records() {
    for (fixture, _, excuse) in FIXTURES {
        let octets = octets(fixture);
        let theirs = read_by_domain(&octets);
        if let Some(excuse) = excuse {
            assert!(theirs.is_err(), "{fixture}: `domain` reads it now; it was said that it {excuse}");
            continue;
        }
        let theirs = theirs.unwrap_or_else(|error| panic!("{fixture}: {error}"));
        let ours = read(&octets).records;
        assert_eq!(ours.len(), theirs.len(), "{fixture}");
        for (ours, mut theirs) in ours.iter().zip(theirs) {
            theirs.3 = lower_names(RecordType::from_number(theirs.1), theirs.3);
            assert_eq!(wire(ours), Some(theirs), "{fixture}: {ours}");
        }
    }
}

/// The record for comparison: in wire form, else as text without regard to case.
fn comparable(record: &Record) -> (Name, u16, u32, Result<Vec<u8>, String>) {
    let data = wire(record).map(|wire| wire.3).ok_or_else(|| record.data.to_string().to_ascii_lowercase());
    (record.name.clone(), record.data.rtype().number(), record.ttl, data)
}

#[test]
fn bind_reads_the_same_records() {
    for (fixture, origin, _) in FIXTURES {
        let mut command = Command::new("named-checkzone");
        command.args(["-i", "none", "-k", "ignore", "-n", "ignore", "-r", "ignore", "-D", "-q", "-o", "-"]);
        let Ok(output) = command.arg(origin).arg(path(fixture)).output() else {
            return skip("named-checkzone is not installed");
        };
        assert!(output.status.success(), "{fixture}: {}", String::from_utf8_lossy(&output.stderr));
        let theirs: BTreeSet<_> = read(&output.stdout).records.iter().map(comparable).collect();
        let ours: BTreeSet<_> = read(&octets(fixture)).records.iter().map(comparable).collect();
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let superfluous: Vec<_> = ours.difference(&theirs).collect();
        assert!(missing.is_empty() && superfluous.is_empty(), "{fixture}: {missing:?} {superfluous:?}");
    }
}

/// Past the capture of the test harness: a test that is not run must be seen.
fn skip(reason: &str) {
    std::io::stderr().write_all(format!("skipped: {reason}\n").as_bytes()).unwrap();
}

#[test]
fn what_is_written_is_read_again() {
    for (fixture, ..) in FIXTURES {
        let first = read(&octets(fixture)).records;
        let written = zone::to_zone_text(&first);
        let second = read(written.as_bytes()).records;
        assert_eq!(zone::to_zone_text(&second), written, "{fixture}");
        let sorted = |mut records: Vec<Record>| {
            records.sort();
            records
        };
        assert_eq!(sorted(second), sorted(first), "{fixture}");
    }
}

/// A small generator of numbers (xorshift, Marsaglia 2003): the same ones in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).unwrap()
    }
}

/// One change such as a slip of the hand, or worse.
fn mutate(octets: &mut Vec<u8>, numbers: &mut Numbers) {
    const ODD: &[u8] = b"\"\\();@$.*\n\r\t \0\xff\xc3#0A";
    let at = numbers.below(octets.len());
    let end = (at + numbers.below(60)).min(octets.len());
    match numbers.below(6) {
        0 if at < octets.len() => octets[at] = ODD[numbers.below(ODD.len())],
        1 => octets.insert(at, ODD[numbers.below(ODD.len())]),
        2 => drop(octets.drain(at..end)),
        3 => {
            let copy = octets[at..end].to_vec();
            let target = numbers.below(octets.len());
            octets.splice(target..target, copy);
        }
        4 => octets.truncate(octets.len() - numbers.below(octets.len().min(40))),
        _ if at < octets.len() => octets[at] = u8::try_from(numbers.below(256)).unwrap(),
        _ => {}
    }
}

#[test]
fn no_input_makes_the_reader_fail() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for (fixture, ..) in FIXTURES {
        let original = octets(fixture);
        for _ in 0..1500 {
            let mut octets = original.clone();
            for _ in 0..=numbers.below(8) {
                mutate(&mut octets, &mut numbers);
            }
            match zone::read(&octets, None, "mutation") {
                Ok(text) => {
                    let written = zone::to_zone_text(&text.records);
                    let again = zone::read(written.as_bytes(), None, "written");
                    let again = again.unwrap_or_else(|error| panic!("{error}\n{written}")).records;
                    assert_eq!(zone::to_zone_text(&again), written);
                }
                Err(error) => {
                    assert!(!error.problems.is_empty() && error.problems.len() <= zone::MAX_PROBLEMS);
                    assert!(error.problems.iter().all(|problem| problem.line > 0 && problem.column > 0));
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
}

#[test]
fn large_and_hostile_files_are_read_in_linear_time() {
    // Quadratic work on any of these would take minutes.
    for unit in [
        "(\n",
        "((\n",
        "a TXT (\n",
        "\"\n",
        "a TXT \"x\" (\n)\n",
        ")",
        ";\r",
        "\\",
        "(",
        "a SOA . . 1 1 1 1 1\n",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        drop(zone::read(text.as_bytes(), Some(&Name::root()), "hostile"));
    }
    let soas: String = (0..30_000).map(|number| format!("n{number} SOA . . 1 1 1 1 1\n")).collect();
    assert_eq!(zone::read(soas.as_bytes(), Some(&Name::root()), "soas").unwrap().apexes.len(), 30_000);
}
