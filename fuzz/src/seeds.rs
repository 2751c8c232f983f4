//! What do the targets begin with?
//!
//! Scenarios, zones and recordings of the tests, put into the corpus of a target before it reads that: so what is fuzzed is
//! what people have, and what was ever got wrong.

use std::path::{Path, PathBuf};

use cutover::facts::History;
use cutover::facts::Recording;

use crate::domain;

/// Octets that choose the phase and more: the default, the others, and everything at once.
const CHOICES: [u8; 4] = [0, 33, 50, 0b0111_0010];

const SPF: [&str; 4] = [
    "include:spf.protection.cache_expiry.com -all",
    "a mx:mail.contoso.com/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 ?ptr exists:%{i}._spf.%{d2} ~all",
    "redirect=_spf.contoso.com exp=explain._spf.%{d} x-y=z",
    "include: spf.protection.cache_expiry.com ipv4:192.0.2.1 +all",
];

const TABLES: [&str; 3] = [
    "name,type,value,ttl,priority\r\n@,MX,contoso-com.mail.protection.cache_expiry.com,3600,0\r\nautodiscover,CNAME,autodiscover.cache_expiry.com,1h,\r\n",
    "Host;Type;Points to;TTL\n@;TXT;\"v=spf1 include:spf.protection.cache_expiry.com -all\";3600\n",
    "type\tname\tvalue\tport\tweight\tpriority\nSRV\t_sip._tls\tsipdir.online.lync.com\t443\t1\t100\n",
];

const SETTINGS: [&str; 2] = [
    "[defaults]\ntenant = \"contoso\"\nservices = [\"exchange\", \"teams\"]\nold_ttl = \"48h\"\nresolver = [\"1.1.1.1\"]\n",
    "[[domain]]\nname = \"contoso.com\"\ngateway = [\"proofpoint\"]\nverification = \"MS=ms12345678\"\nphase = \"tidy\"\n\n\
     [[waiver]]\ndomain = \"*\"\ncode = \"dmarc-missing\"\nreason = \"with the security team\"\nuntil = 2027-03-01\n",
];

const REPORT: &str = "{\"schema_version\":1,\"domain\":\"contoso.com\",\"verdict\":\"ready\",\"expectations\":[]}\n\
     {\"schema_version\":1,\"domain\":\"fabrikam.com\",\"verdict\":\"changes-needed\"}\n{\"schema_ver";

const LISTS: [&str; 2] = [
    "contoso.com\nfabrikam.com # the second\r\n\n# none\n",
    "\u{feff}b\u{fc}cher.example.\nhttps://contoso.com/\n",
];

const POLICIES: [&str; 2] = [
    "v=spf1 include:_spf.contoso.com include:spf.protection.cache_expiry.com -all\0v=spf1 ip4:192.0.2.0/24 ~all\0\
     v=DMARC1; p=reject; sp=none; adkim=s; rua=mailto:dmarc@contoso.com; pct=100\0v=STSv1; id=20261122\0\
     v=TLSRPTv1; rua=mailto:tls@contoso.com\0version: STSv1\r\nmode: enforce\r\nmx: *.mail.protection.cache_expiry.com\r\n\
     max_age: 604800\r\n",
    "v=spf1 redirect=_spf.contoso.com\0v=spf1 include:contoso.com -all\0v=DMARC1;p=none\0v=STSv1;id=1\0\
     v=TLSRPTv1;rua=https://tls.contoso.com\0version: STSv1\nmode: testing\nmx: mx1.emailsrvr.com\nmax_age: 1\n",
];

/// A header with one question, and an answer that points back to it: an MX record, a text, an alias.
const MESSAGES: [&[u8]; 4] = [
    b"\x00\x00\x00\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00\xc0\x0c\x00\x0f\x00\x01\x00\x00\x0e\x10\x00\x14\x00\x0a\x03mx1\x09emailsrvr\x03com\x00",
    b"\x01\x00\x00\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00\xc0\x0c\x00\x10\x00\x01\x00\x00\x0e\x10\x00\x0c\x0bv=spf1 -all",
    b"\x82\x00\x00\x81\x80\x00\x01\x00\x01\x00\x00\x00\x01\xc0\x0c\x00\x05\x00\x01\x00\x00\x0e\x10\x00\x02\xc0\x0c\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x08\x00\x0f\x00\x04\x00\x16\x6e\x6f",
    b"\x04\x00\x00\x80\x03\x00\x01\x00\x00\x00\x01\x00\x00\xc0\x0c\x00\x06\x00\x01\x00\x00\x0e\x10\x00\x20\x03ns1\xc0\x0c\x04host\xc0\x0c\x00\x00\x00\x07\x00\x00\x0e\x10\x00\x00\x03\x84\x00\x12\x75\x00\x00\x00\x01\x2c",
];

/// Where the fixtures of the tests are.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// Puts the seeds of a target into its corpus, which it will read.
pub fn plant(target: &str) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let plain = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let seeds = match target {
        "zone" => files("zone"),
        "recording" => recordings(),
        "history" => histories(),
        "spf" => plain(&SPF),
        "words" => words(),
        "table" => [files("csv"), plain(&TABLES)].concat(),
        "graph" | "powershell" => imports(),
        "settings" => plain(&SETTINGS),
        "resume" => plain(&[REPORT]),
        "domains" => plain(&LISTS),
        "message" => MESSAGES.iter().map(|message| message.to_vec()).collect(),
        "policies" => chosen(&plain(&POLICIES)),
        "replies" => chosen(&recordings()),
        "published" => chosen(&files("zone")),
        other => panic!("{other} is no target"),
    };
    std::fs::create_dir_all(&corpus).expect("a place for the corpus");
    for (index, seed) in seeds.iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{index:04}")), seed).expect("a seed that can be written");
    }
}

/// Each seed with an octet in front that chooses, in turn.
fn chosen(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let choices = CHOICES.iter().cycle();
    seeds.iter().zip(choices).map(|(seed, choice)| [&[*choice], &seed[..]].concat()).collect()
}

/// The lists in JSON that the tests import.
fn imports() -> Vec<Vec<u8>> {
    ["graph", "powershell", "dkim"]
        .map(|name| std::fs::read(fixtures().join(format!("imports/{name}.json"))).expect("a fixture"))
        .into()
}

/// The fixtures with this end of their name, the larger ones last.
fn files(end: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![fixtures()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of fixtures").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == end) {
                found.push(std::fs::read(path).expect("a fixture"));
            }
        }
    }
    assert!(!found.is_empty(), "no fixture ends in .{end}");
    found.sort_by_key(|seed| (seed.len(), seed.clone()));
    found
}

/// The recordings, without the lines for the tests.
fn recordings() -> Vec<Vec<u8>> {
    let head = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\ndomain contoso.com.\n";
    let texts = files("recording").into_iter().map(|octets| {
        let text = String::from_utf8(octets).expect("a recording is text");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with(';'));
        let text = lines.map(|line| format!("{line}\n")).collect::<String>();
        if Recording::is_one(&text) { text } else { format!("{head}{text}") }
    });
    texts.map(String::into_bytes).collect()
}

/// What was seen of the recordings.
fn histories() -> Vec<Vec<u8>> {
    let read =
        recordings().into_iter().filter_map(|text| Recording::parse(std::str::from_utf8(&text).ok()?).ok());
    let seen = read.map(|recording| {
        let mut history = History::default();
        history.observe(&domain(), &recording.facts);
        history.to_string().into_bytes()
    });
    let mut seen: Vec<_> = seen.collect();
    seen.sort();
    seen.dedup();
    seen
}

/// Data of every type, the number of the type in front.
fn words() -> Vec<Vec<u8>> {
    let data: [(u8, &str); 11] = [
        (1, "192.0.2.1"),
        (5, "autodiscover.cache_expiry.com."),
        (6, "ns1 hostmaster 7 1h 15m 14d 5m"),
        (15, "0 contoso-com.mail.protection.cache_expiry.com."),
        (16, "\"v=spf1 \" \"include:spf.protection.cache_expiry.com\\032-all\""),
        (28, "2001:db8::1"),
        (33, "100 1 443 sipdir.online.lync.com."),
        (99, "\\# 4 0a000001"),
        (12, "a\\.b.\\255.example."),
        (16, "\"##vso[task.x]y\" \"::error::z ##[group]\""),
        (15, "10 ::error::x.##vso[a.b]c.example."),
    ];
    data.iter().map(|(number, text)| [&[*number], text.as_bytes()].concat()).collect()
}
