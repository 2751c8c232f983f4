//! Does a report about a new DNS host rest on its name servers alone, and is it said what they lack?

use super::{Estate, READY};
use crate::lab::{IMPATIENT_SECONDS, LabServer, Say};
use crate::run::{Run, Workspace, cutover, without_next_step};

/// The present zone, at the old DNS host: more than what mail needs, and still the old MX.
const PRESENT: &str = "@ 3600 NS ns1
    @ 3600 NS ns2
    ns1 3600 A 127.0.0.2
    ns2 3600 A 127.0.0.3
    @ 3600 MX 10 mx1.emailsrvr.com.
    @ 3600 TXT \"v=spf1 include:emailsrvr.com -all\"
    @ 3600 TXT \"other-service-proof=1\"
    @ 3600 A 192.0.2.80
    www 3600 CNAME host.fabrikam.net.
    autodiscover 3600 CNAME autodiscover.emailsrvr.com.
    _autodiscover._tcp 3600 SRV 0 0 443 autodiscover.emailsrvr.com.
    vpn 300 A 192.0.2.81";

/// The zone at the new DNS host.
fn new_zone(more: &str) -> String {
    let lines = READY.lines().filter(|line| !line.contains(" NS ") && !line.trim().starts_with("ns"));
    let servers = "@ 3600 NS ns1.fabrikam-dns.example.";
    lines.chain([servers]).chain(more.lines()).collect::<Vec<_>>().join("\n")
}

struct Move {
    estate: Estate,
    new: LabServer,
}

impl Move {
    fn new(zone: &str) -> Self {
        let estate = Estate::new();
        estate.publish(PRESENT);
        // Resolvers of the lab ask the first server that has a zone, which is one of the present ones.
        let new = estate.lab.server("127.0.0.60");
        new.zone("contoso.com", zone);
        new.zone("fabrikam-dns.example", "ns1 3600 A 127.0.0.60");
        Self { estate, new }
    }

    fn check(&self, options: &str) -> Run {
        self.estate.contoso(options)
    }
}

fn messages(run: &Run, code: &str) -> Vec<(String, Vec<String>)> {
    let domain = run.domain();
    let hazards = domain["hazards"].as_array().unwrap().iter().filter(|hazard| hazard["code"] == code);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let records =
        |hazard: &serde_json::Value| hazard["records"].as_array().unwrap().iter().map(text).collect();
    hazards.map(|hazard| (text(&hazard["message"]), records(hazard))).collect()
}

#[test]
fn the_named_server_decides_and_the_present_zone_is_compared() {
    let place = Move::new(&new_zone(""));
    for host in ["ns1.fabrikam-dns.example", "127.0.0.60"] {
        let run = place.check(&format!("--name-server {host}"));
        // As the present name servers have it, the MX would be wrong.
        assert_eq!(run.expectation("mx")["status"], "met", "{run:?}");
        assert_eq!(run.status, 0, "{run:?}");
        assert_eq!(run.domain()["zone"]["name_servers"][0]["name"], format!("{host}."));
        assert_eq!(messages(&run, "delegation-elsewhere").len(), 1, "{run:?}");
        let lacking = messages(&run, "zone-incomplete");
        assert_eq!(
            lacking[0].1,
            [
                "contoso.com. A 192.0.2.80",
                "contoso.com. TXT \"other-service-proof=1\"",
                "vpn.contoso.com. A 192.0.2.81",
                "www.contoso.com. CNAME host.fabrikam.net.",
            ]
        );
        assert!(lacking[0].0.contains("4 record sets"), "{}", lacking[0].0);
        assert!(
            messages(&run, "delegation-mismatch").is_empty() && messages(&run, "servers-disagree").is_empty()
        );
    }
    assert_eq!(place.check("").expectation("mx")["code"], "mx-at-source");
    // The zone is complete, and the present one has nothing more.
    let more = "@ 3600 A 192.0.2.80\n@ 3600 TXT \"other-service-proof=1\"\nwww 60 CNAME host.fabrikam.net.\n\
                vpn 3600 A 192.0.2.81";
    place.new.zone("contoso.com", &new_zone(more));
    let run = place.check("--name-server 127.0.0.60");
    assert!(messages(&run, "zone-incomplete").is_empty(), "{run:?}");
}

#[test]
fn resolvers_are_asked_for_other_names_only_and_nobody_is_asked_twice() {
    let place = Move::new(&new_zone(""));
    place.check("--name-server 127.0.0.60");
    let resolver = &place.estate.resolver;
    for (name, rtype) in
        [("contoso.com", "MX"), ("contoso.com", "TXT"), ("autodiscover.contoso.com", "CNAME")]
    {
        assert_eq!(resolver.asked(name, rtype), 0, "{name} {rtype}");
        assert_eq!(place.new.asked(name, rtype), 1, "{name} {rtype}");
        // One of the present ones is enough to compare with.
        assert_eq!(place.estate.first.asked(name, rtype), 1, "{name} {rtype}");
        assert_eq!(place.estate.second.asked(name, rtype), 0, "{name} {rtype}");
    }
    assert_eq!(resolver.asked("spf.protection.outlook.com", "TXT"), 1);
}

#[test]
fn a_replay_compares_again() {
    let place = Move::new(&new_zone(""));
    let workspace = Workspace::new();
    for (name, say) in [("answers", Say::Zone), ("fails", Say::Nothing)] {
        place.estate.first.say(say);
        let file = workspace.free(name);
        let options = format!("{} --timeout 1", place.estate.options().replace("--timeout 5", ""));
        for format in ["json -v", "table -v", "table"] {
            let live = cutover(&format!(
                "check contoso.com {options} --name-server 127.0.0.60 --format {format} --record {file}"
            ));
            let replay = cutover(&format!("check --replay {file} --format {format}"));
            let result = |run: &Run| (run.status, without_next_step(&run.out));
            assert_eq!(result(&live), result(&replay), "{name} {format}");
            assert!(live.out.contains("zone-incomplete"), "{name}: {}", live.out);
        }
    }
}

#[test]
fn a_silent_new_host_is_unknown_and_not_missing() {
    let place = Move::new(&new_zone(""));
    place.new.say(Say::Nothing);
    let options = place.estate.options().replace("--timeout 5", &format!("--timeout {IMPATIENT_SECONDS}"));
    let run = cutover(&format!("check contoso.com {options} --name-server 127.0.0.60 --format json -v"));
    assert_eq!(run.status, 3, "{run:?}");
    assert_eq!(run.expectation("mx")["status"], "unknown");
    assert!(messages(&run, "zone-incomplete").is_empty());
    // It does not serve the zone.
    place.new.say(Say::Zone);
    let other = place.estate.lab.server("127.0.0.61");
    other.zone("fabrikam.com", "@ 60 NS ns1");
    let run = place.check("--name-server 127.0.0.61");
    assert_eq!((run.status, run.hazards()[0].as_str()), (3, "server-lame"), "{run:?}");
}

#[test]
fn once_the_delegation_has_changed_there_is_nothing_to_compare() {
    let estate = Estate::new();
    let run = estate.contoso("--name-server 127.0.0.2 --name-server 127.0.0.3");
    assert_eq!((run.status, run.hazards()), (0, Vec::new()), "{run:?}");
    assert_eq!(estate.first.asked("contoso.com", "MX"), 1);
}

#[test]
fn what_cannot_be_a_name_server_is_refused() {
    let estate = Estate::new();
    for (options, expected) in [
        ("--name-server 127.0.0.2:53", "--authority-port"),
        ("--name-server nowhere.example", "no address of `nowhere.example`"),
        ("--name-server 127.0.0.2 --view resolver", "--view resolver"),
        ("--name-server 127.0.0.2 --zone x", "cannot be used with"),
        ("--name-server https://ns1.example", "web address"),
    ] {
        let run = estate.contoso(options);
        assert!(run.status == 2 && run.err.contains(expected), "{options}: {run:?}");
    }
}

/// A name server that is named allows addresses of its kind, as a resolver does; the system's own resolver allows nothing.
#[test]
fn its_address_counts_as_named() {
    let place = Move::new(&new_zone(""));
    let run = place.check("--name-server 127.0.0.60");
    assert!(run.replies("127.0.0.60").iter().all(|(_, outcome)| outcome != "not-allowed"), "{run:?}");
    // Never asked, wherever its name comes from.
    let run = place.check("--name-server 0.0.0.0");
    assert_eq!(run.status, 3, "{run:?}");
    assert!(run.replies("0.0.0.0").iter().all(|(_, outcome)| outcome == "not-allowed"), "{run:?}");
}

/// What the new DNS host publishes is in force nowhere: no cache has it, and the old service stays open.
#[test]
fn the_history_is_that_of_the_present_zone_and_nothing_is_closed() {
    let place = Move::new(&new_zone(""));
    let workspace = Workspace::new();
    let history = workspace.free("history.json");
    let run = place.check(&format!("--name-server 127.0.0.60 --phase tidy --history {history}"));
    assert_eq!(run.domain()["verdict"], "ready", "{run:?}");
    assert!(run.domain()["close_source_after"].is_null(), "{run:?}");
    let text = std::fs::read_to_string(workspace.path("history.json")).unwrap();
    assert!(text.contains("mx1.emailsrvr.com") && !text.contains("mail.protection.outlook.com"), "{text}");
}
