//! Does a hostile domain cost its neighbors nothing?

use serde_json::Value;

use super::world::{Mail, World, domain, results};
use crate::lab::{IMPATIENT_SECONDS, Lab, Say};
use crate::run::cutover;

/// What is said of a domain, times apart.
fn said(line: &Value) -> [&Value; 4] {
    ["verdict", "expectations", "hazards", "changes"].map(|part| &line[part])
}

/// Domains are delegated to the name servers of `contoso.com`, which drop what they do not serve.
#[test]
fn servers_that_drop_a_foreign_domain_still_answer_for_their_own() {
    let lab = Lab::start();
    let gone = ["gone.example", "gone-2.example", "gone-3.example", "gone-4.example"];
    for ip in ["127.0.0.2", "127.0.0.3"] {
        let server = lab.server(ip);
        for domain in gone {
            server.drop_zone(domain);
        }
        server.zone(
            "contoso.com",
            "@ 3600 NS ns1
             @ 3600 NS ns2
             ns1 3600 A 127.0.0.2
             ns2 3600 A 127.0.0.3
             @ 3600 MX 10 mx1.emailsrvr.com.
             @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
             @ 3600 TXT MS=ms12345678
             autodiscover 3600 CNAME autodiscover.outlook.com.",
        );
    }
    lab.server("127.0.0.9").microsoft();
    let resolver = lab.resolver("127.0.0.53");
    resolver.remember("contoso.com", "@ 600 MX 0 contoso-com.mail.protection.outlook.com.");
    for domain in gone {
        resolver.remember(domain, "@ 600 NS ns1.contoso.com.\n@ 600 NS ns2.contoso.com.\n@ 600 A 192.0.2.3");
    }
    let options = format!(
        "--resolver {} --authority-port {} --timeout {IMPATIENT_SECONDS} --no-https --format ndjson --concurrency 1",
        resolver.address(),
        lab.port()
    );
    let alone = results(&cutover(&format!("check contoso.com {options}")));
    // After one, and after so many that the servers pause as a whole.
    for count in [1, 4] {
        let before = gone[..count].join(" ");
        let together = results(&cutover(&format!("check {before} contoso.com {options}")));
        assert_eq!(together.len(), count + 1);
        assert_eq!(said(&together["contoso.com"]), said(&alone["contoso.com"]), "after {count}");
    }
    assert_eq!(alone["contoso.com"]["verdict"], "changes-needed");
}

/// All need TCP; one domain has servers that let every connection stall.
#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn a_domain_whose_servers_stall_over_tcp_leaves_tcp_to_others() {
    let count = 24;
    let world = World::new(count, 1, |_| Mail::AtSource);
    let hostile = 3;
    for (number, server) in world.name_servers.iter().enumerate() {
        server.say(if number == hostile { Say::Stalled } else { Say::Truncated });
    }
    let together = results(&world.check("--concurrency 24"));
    assert_eq!(together.len(), count);
    for number in (0..count).filter(|number| *number != hostile) {
        let name = domain(number);
        assert_eq!(together[&name]["verdict"], "changes-needed", "{:#}", together[&name]);
    }
    let name = domain(7);
    let alone = results(&cutover(&format!("check {name} {} --format ndjson", world.options())));
    assert_eq!(said(&together[&name]), said(&alone[&name]));
}
