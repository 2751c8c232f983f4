//! Is a zone read by transfer where its name servers send it, and is everything else than a whole zone harmless?
//!
//! The name servers of a lab answer over UDP, and what a test scripts over TCP; Knot DNS and BIND show that real servers
//! agree, signatures included.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cutover::record::Record;
use hickory_resolver::proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr;

use crate::lab::{Lab, LabServer, records, wire_name, wire_record};
use crate::run::{Run, Workspace, cutover, without_next_step};

const SOA: &str = "@ 300 SOA ns1 hostmaster 1 3600 600 604800 300";
/// A zone whose mail is moved, with a leftover at a name that nobody would guess.
const ZONE: &str = "@ 3600 NS ns1
    ns1 3600 A 127.0.0.2
    @ 3600 MX 0 contoso-com.mail.protection.outlook.com.
    @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
    autodiscover 3600 CNAME autodiscover.outlook.com.
    newsletter-2019 3600 MX 10 mx1.emailsrvr.com.";

/// What comes over TCP.
#[derive(Clone)]
enum Script {
    /// These messages, each with the id of the request.
    Messages(Vec<Vec<u8>>),
    /// These octets, as they are.
    Octets(Vec<u8>),
    /// The same message for ever.
    Endless(Vec<u8>),
    Nothing,
    Close,
}

struct Place {
    lab: Lab,
    server: LabServer,
    script: Arc<Mutex<Script>>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Place {
    fn new(script: Script) -> Self {
        let place = Self::without_tcp();
        let listener = TcpListener::bind(place.lab.address("127.0.0.2")).unwrap();
        *place.script.lock().unwrap() = script;
        let (script, requests) = (Arc::clone(&place.script), Arc::clone(&place.requests));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, requests) = (script.lock().unwrap().clone(), Arc::clone(&requests));
                std::thread::spawn(move || serve(stream.unwrap(), script, &requests));
            }
        });
        place
    }

    fn without_tcp() -> Self {
        let lab = Lab::start();
        let server = lab.server_without_tcp("127.0.0.2");
        server.zone("contoso.com", &format!("{SOA}\n{ZONE}"));
        lab.server("127.0.0.9").microsoft().rackspace();
        lab.resolver("127.0.0.53");
        let script = Arc::new(Mutex::new(Script::Nothing));
        Self { lab, server, script, requests: Arc::default() }
    }

    fn options(&self) -> String {
        let resolver = self.lab.address("127.0.0.53");
        format!("--resolver {resolver} --authority-port {} --timeout 1 --source rackspace", self.lab.port())
    }

    fn check(&self, options: &str) -> Run {
        cutover(&format!("check contoso.com --phase tidy {} --format json -v {options}", self.options()))
    }
}

fn serve(mut stream: TcpStream, script: Script, requests: &Mutex<Vec<Vec<u8>>>) {
    let mut length = [0; 2];
    if stream.read_exact(&mut length).is_err() {
        return;
    }
    let mut request = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut request).unwrap();
    let id = [request[0], request[1]];
    requests.lock().unwrap().push(request);
    let framed = |message: &[u8]| {
        let mut framed = u16::try_from(message.len()).unwrap().to_be_bytes().to_vec();
        framed.extend(id);
        framed.extend(&message[2..]);
        framed
    };
    match script {
        Script::Messages(messages) => {
            messages.iter().for_each(|message| drop(stream.write_all(&framed(message))));
            // It waits for the client to end, as servers do.
            let _ = stream.read(&mut length);
        }
        Script::Octets(octets) => drop(stream.write_all(&octets)),
        Script::Endless(message) => while stream.write_all(&framed(&message)).is_ok() {},
        Script::Nothing => std::thread::sleep(Duration::from_secs(5)),
        Script::Close => {}
    }
}

/// A message of an answer with these records.
fn message(records: &[Record]) -> Vec<u8> {
    let mut message = Message::new(0, MessageType::Response, OpCode::Query);
    message.metadata.authoritative = true;
    message.add_query(Query::query(wire_name(&"contoso.com".parse().unwrap()), rr::RecordType::AXFR));
    for record in records {
        message.add_answer(wire_record(record));
    }
    message.to_vec().unwrap()
}

fn error(code: ResponseCode) -> Vec<u8> {
    let mut message = Message::new(0, MessageType::Response, OpCode::Query);
    message.metadata.response_code = code;
    message.to_vec().unwrap()
}

fn soa() -> Vec<Record> {
    records("contoso.com", SOA)
}

fn zone() -> Vec<Record> {
    records("contoso.com", ZONE)
}

/// The zone in messages of so many records.
fn whole(size: usize) -> Script {
    let all = [soa(), zone(), soa()].concat();
    Script::Messages(all.chunks(size).map(message).collect())
}

fn hazards(run: &Run, code: &str) -> Vec<String> {
    let domain = run.domain();
    let hazards = domain["hazards"].as_array().unwrap().iter().filter(|hazard| hazard["code"] == code);
    hazards.map(|hazard| format!("{} {}", hazard["name"].as_str().unwrap(), hazard["message"])).collect()
}

#[test]
fn a_name_that_nobody_would_guess_is_found() {
    let place = Place::new(whole(100));
    let without = place.check("");
    assert_eq!(without.status, 0, "{without:?}");
    for size in [100, 3, 1] {
        *place.script.lock().unwrap() = whole(size);
        let run = place.check("--transfer");
        assert_eq!(run.status, 1, "{size}: {run:?}");
        let left = hazards(&run, "source-left");
        assert!(left.len() == 1 && left[0].starts_with("newsletter-2019.contoso.com."), "{left:?}");
        assert!(hazards(&run, "transfer-refused").is_empty());
        // What the servers were asked is judged as before, with every server's own answer.
        assert_eq!(run.domain()["expectations"], without.domain()["expectations"]);
    }
    let requests = place.requests.lock().unwrap();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[0][2..],
        [&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7][..], b"contoso", &[3], b"com", &[0, 0, 252, 0, 1],].concat()[..]
    );
}

#[test]
fn a_replay_knows_the_same_names() {
    let place = Place::new(whole(2));
    let workspace = Workspace::new();
    for script in [whole(2), Script::Messages(vec![error(ResponseCode::Refused)])] {
        *place.script.lock().unwrap() = script;
        for format in ["json -v", "table -v", "table"] {
            let file = workspace.free("run.recording");
            let live = cutover(&format!(
                "check contoso.com --phase tidy {} --transfer --format {format} --record {file}",
                place.options()
            ));
            let replay =
                cutover(&format!("check --phase tidy --source rackspace --replay {file} --format {format}"));
            let result = |run: &Run| (run.status, without_next_step(&run.out));
            assert_eq!(result(&live), result(&replay), "{format}");
        }
    }
}

#[test]
fn whatever_is_no_whole_zone_falls_back_to_lookups_and_is_said_once() {
    let place = Place::new(Script::Nothing);
    let other = records("fabrikam.com", SOA);
    let mut changed = soa();
    changed.extend(records("contoso.com", &SOA.replace("hostmaster 1", "hostmaster 2")));
    for (script, reason) in [
        (Script::Messages(vec![error(ResponseCode::Refused)]), "refuses"),
        (Script::Messages(vec![error(ResponseCode::NotAuth)]), "NOTAUTH"),
        (Script::Messages(vec![error(ResponseCode::ServFail)]), "refuses"),
        (Script::Messages(vec![message(&[])]), "is empty"),
        (Script::Messages(vec![message(&zone())]), "does not begin with the SOA"),
        (Script::Messages(vec![message(&other)]), "does not begin with the SOA"),
        (Script::Messages(vec![message(&changed)]), "changed during"),
        (Script::Messages(vec![message(&[soa(), soa(), zone()].concat())]), "after the last SOA"),
        (Script::Messages(vec![message(&[soa(), zone()].concat())]), "was too slow"),
        (Script::Octets(b"\0\x05hello".to_vec()), "another request"),
        (Script::Octets(vec![0xff; 70_000]), "another request"),
        (Script::Octets(vec![0, 0]), "another request"),
        (Script::Endless(message(&[])), "is empty"),
        (Script::Nothing, "was too slow"),
        (Script::Close, "is unreachable"),
    ] {
        *place.script.lock().unwrap() = script;
        let begin = Instant::now();
        let run = place.check("--transfer");
        assert_eq!(run.status, 0, "{reason}: {run:?}");
        let said = hazards(&run, "transfer-refused");
        assert!(said.len() == 1 && said[0].contains(reason), "{reason}: {said:?}");
        assert!(begin.elapsed() < Duration::from_secs(4), "{reason}");
    }
    let closed = Place::without_tcp();
    assert!(hazards(&closed.check("--transfer"), "transfer-refused")[0].contains("connection refused"));
}

/// A zone without an end costs bounded memory and ends with a reason.
#[test]
fn an_endless_zone_is_given_up() {
    let mut many = soa();
    many.extend((0..400).map(|number| {
        let line = format!("host{number} 60 TXT \"{}\"", "x".repeat(80));
        records("contoso.com", &line).remove(0)
    }));
    let more = message(&many[1..]);
    let place = Place::new(Script::Endless(more.clone()));
    // It begins as a zone does, and then goes on for too long.
    let first = message(&many);
    assert!(more.len() * 600 > 16 << 20);
    *place.script.lock().unwrap() =
        Script::Messages(std::iter::once(first).chain(std::iter::repeat_n(more, 600)).collect());
    let run = place.check("--transfer");
    let said = hazards(&run, "transfer-refused");
    assert!(run.status == 0 && said[0].contains("more than"), "{said:?}");
}

#[test]
fn without_the_option_and_offline_nobody_is_asked() {
    let place = Place::new(whole(9));
    place.check("");
    assert!(place.requests.lock().unwrap().is_empty());
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    let run = cutover(&format!("check contoso.com --zone {zone} --transfer"));
    assert!(run.status == 0 && run.err.contains("--transfer: not "), "{run:?}");
    assert!(place.server.packets() > 0);
    let run = place.check("--transfer --view resolver");
    assert!(run.status == 2 && run.err.contains("--view resolver"), "{run:?}");
}

#[test]
fn a_key_that_cannot_be_used_is_said_without_its_secret() {
    let workspace = Workspace::new();
    for (text, expected) in [
        ("key k { algorithm hmac-md5; secret c2VjcmV0; };", "unknown algorithm `hmac-md5`"),
        ("key k { algorithm hmac-sha256; secret c2VjcmV0%; };", "not Base64"),
        ("c2VjcmV0", "no `key`"),
    ] {
        let file = workspace.put("key.conf", text);
        let run = cutover(&format!("check contoso.com --resolver 127.0.0.1 --tsig {file}"));
        assert!(run.status == 2 && run.err.contains(expected) && !run.err.contains("c2Vj"), "{run:?}");
    }
}

const KEY: &str = "key \"transfer.example\" {\n  algorithm hmac-sha256;\n  secret \"c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISE=\";\n};\n";

#[test]
fn an_answer_that_is_not_signed_is_not_used() {
    let place = Place::new(whole(100));
    let workspace = Workspace::new();
    let key = workspace.put("key.conf", KEY);
    let run = place.check(&format!("--tsig {key}"));
    let said = hazards(&run, "transfer-refused");
    assert!(run.status == 0 && said[0].contains("not signed with the key"), "{said:?}");
    assert!(!run.out.contains("c2Vj"));
}

/// A name server that ends with its test.
struct RealServer(Child);

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Settings of Knot DNS.
fn knot(directory: &str, address: &str, port: u16) -> String {
    format!(
        "server:\n    rundir: {directory}\n    listen: {address}@{port}\n    udp-workers: 1\n    tcp-workers: 1\n    \
         background-workers: 1\n\
         control:\n    listen: knot.sock\nlog:\n  - target: stderr\n    any: notice\n\
         database:\n    storage: {directory}/knot\n\
         key:\n  - id: transfer.example\n    algorithm: hmac-sha256\n    secret: c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISE=\n\
         acl:\n  - id: keyed\n    key: transfer.example\n    action: transfer\n\
         template:\n  - id: default\n    storage: {directory}\n    journal-content: none\n    zonefile-sync: -1\n\
         zone:\n  - domain: contoso.com\n    file: contoso.com.zone\n    acl: keyed\n"
    )
}

/// Settings of BIND.
fn bind(directory: &str, address: &str, port: u16) -> String {
    format!(
        "options {{\n  directory \"{directory}\";\n  listen-on port {port} {{ {address}; }};\n  \
         listen-on-v6 {{ none; }};\n  pid-file \"{directory}/named.pid\";\n  \
         session-keyfile \"{directory}/session.key\";\n  recursion no;\n  dnssec-validation no;\n  allow-transfer {{ none; }};\n}};\n\
         controls {{ }};\n{KEY}\
         zone \"contoso.com\" {{\n  type primary;\n  file \"{directory}/contoso.com.zone\";\n  \
         allow-transfer {{ key \"transfer.example\"; }};\n}};\n"
    )
}

#[test]
fn knot_sends_its_zone_to_whoever_has_the_key() {
    sends_its_zone_to_whoever_has_the_key("/usr/sbin/knotd", &["-c"], "127.0.0.22", knot, "NOTAUTH");
}

/// BIND listens at addresses of interfaces alone.
#[test]
fn bind_sends_its_zone_to_whoever_has_the_key() {
    sends_its_zone_to_whoever_has_the_key(
        "/usr/sbin/named",
        &["-g", "-4", "-n", "1", "-c"],
        "127.0.0.1",
        bind,
        "refuses",
    );
}

fn sends_its_zone_to_whoever_has_the_key(
    program: &str,
    options: &[&str],
    address: &str,
    settings: fn(&str, &str, u16) -> String,
    refusal: &str,
) {
    let workspace = Workspace::new();
    let place = Place::without_tcp();
    // The lab's server keeps the port over UDP: the real one has an address of its own.
    let port = place.lab.port();
    let zone_lines = ZONE.replace("127.0.0.2", address);
    place.server.zone("contoso.com", &format!("{SOA}\n{zone_lines}"));
    let many: String =
        (0..3000).map(|number| format!("host{number} 60 TXT \"{}\"\n", "x".repeat(60))).collect();
    let text = format!("$ORIGIN contoso.com.\n{SOA}\n{zone_lines}\n{many}");
    let text: String = text.lines().map(|line| format!("{}\n", line.trim())).collect();
    workspace.put("contoso.com.zone", &text);
    let directory = workspace.path("").display().to_string();
    let settings = settings(directory.trim_end_matches('/'), address, port);
    let settings = workspace.put("server.conf", &settings);
    let mut command = Command::new(program);
    let command = command.args(options).arg(&settings);
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(child) = command.spawn() else {
        std::io::stderr().write_all(format!("skipped: {program} is not installed\n").as_bytes()).unwrap();
        return;
    };
    let _server = RealServer(child);
    let start = Instant::now();
    while TcpStream::connect((address, port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "{program} does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let key = workspace.put("key.conf", KEY);
    let check = |options: &str| loop {
        // It listens a moment before it has its zone.
        let run = place.check(options);
        if hazards(&run, "server-lame").is_empty() && run.domain()["verdict"] != "undetermined"
            || start.elapsed() > Duration::from_secs(20)
        {
            break run;
        }
    };
    let run = check(&format!("--tsig {key}"));
    assert_eq!(hazards(&run, "transfer-refused"), Vec::<String>::new(), "{:?}", run.err);
    assert!(hazards(&run, "source-left")[0].starts_with("newsletter-2019.contoso.com."), "{}", run.out);
    // Without the key, or with another secret, it refuses.
    let run = check("--transfer");
    assert!(hazards(&run, "transfer-refused")[0].contains(refusal), "{}", run.out);
    assert!(hazards(&run, "source-left").is_empty());
    for (key, expected) in [
        (KEY.replace("c2Vj", "c2Vk"), "BADSIG"),
        (KEY.replace("transfer.example", "other.example"), "BADKEY"),
    ] {
        let wrong = workspace.put("wrong.conf", &key);
        let run = check(&format!("--tsig {wrong}"));
        assert!(hazards(&run, "transfer-refused")[0].contains(expected), "{}", run.out);
        assert!(hazards(&run, "source-left").is_empty());
    }
}
