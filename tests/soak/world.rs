//! Generated domains in every state of a move, and the servers that tell of them.

use std::sync::Arc;

use cutover::record::{Name, RecordType};
use hickory_resolver::proto::op::ResponseCode;

use crate::lab::{Lab, LabServer, Said, Say, Zone, customer, customer_number, referral, resolved};

/// Name servers; each domain has two of them.
pub const SERVERS: usize = 200;
/// Those of them that are faulty.
pub const FAULTY: usize = 10;

/// What the name servers of a domain are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Both answer.
    Sound,
    /// One of them never says anything that can be used.
    OneSilent,
    /// Neither does.
    BothSilent,
    /// One of them tells what is not true.
    Lied,
}

/// How a name server fails.
#[derive(Clone)]
struct Fault {
    say: Say,
    lies: bool,
}

/// The server whose answers are all truncated, and which has nothing that listens on TCP.
const TRUNCATING: usize = 91;

/// The faults of name servers, by number; neighbours, so that some domains have two such servers.
fn fault(server: usize) -> Option<Fault> {
    let silent = |say| Some(Fault { say, lies: false });
    let lie = |say| Some(Fault { say, lies: true });
    match server {
        10 => silent(Say::Nothing),
        11 => silent(Say::Error(ResponseCode::ServFail, Vec::new())),
        50 => silent(Say::Error(ResponseCode::Refused, Vec::new())),
        51 => silent(Say::Garbage),
        90 => silent(Say::WrongId),
        TRUNCATING => silent(Say::Truncated),
        130 => lie(Say::Error(ResponseCode::NXDomain, Vec::new())),
        131 => silent(Say::Upward),
        170 => silent(Say::OtherPort),
        171 => lie(Say::Blank),
        _ => None,
    }
}

/// The two name servers of a domain.
fn servers(number: usize) -> [usize; 2] {
    let first = number % SERVERS;
    [first, (first + 1 + number / SERVERS % (SERVERS - 1)) % SERVERS]
}

/// Whether everything is published that a domain needs.
pub fn is_ready(number: usize) -> bool {
    number % 7 < 3
}

/// The records of a domain: each of seven states of a move.
fn lines(number: usize) -> String {
    let token = customer(number).replace('.', "-");
    let mut text = format!("@ 3600 TXT MS=ms{:08}\n", number % 100_000_000);
    for server in servers(number) {
        text += &format!("@ 3600 NS ns-{server}.hosts.example.\n");
    }
    let mx = format!("MX 0 {token}.mail.protection.outlook.com.");
    let (old_mx, old_spf) = ("MX 10 mx1.emailsrvr.com.", "TXT \"v=spf1 include:emailsrvr.com ~all\"");
    let spf = "TXT \"v=spf1 include:spf.protection.outlook.com -all\"";
    let both = "TXT \"v=spf1 include:emailsrvr.com include:spf.protection.outlook.com ~all\"";
    let (mail, sender, alias) = match number % 7 {
        0..=2 => (mx.as_str(), spf, "autodiscover.outlook.com."),
        // Untouched.
        3 => (old_mx, old_spf, "autodiscover.emailsrvr.com."),
        // Prepared.
        4 => (old_mx, both, "autodiscover.emailsrvr.com."),
        // A second SPF record.
        5 => {
            text += &format!("@ 3600 {old_spf}\n");
            (mx.as_str(), spf, "autodiscover.outlook.com.")
        }
        // An old MX beside the new one, and an alias that is mistyped.
        _ => {
            text += &format!("@ 3600 {old_mx}\n");
            (mx.as_str(), both, "autodiscover.outlook.co.")
        }
    };
    text += &format!("@ 3600 {mail}\n@ 3600 {sender}\nautodiscover 3600 CNAME {alias}\n");
    if number.is_multiple_of(2) {
        text += "_dmarc 3600 TXT \"v=DMARC1; p=none\"\n";
        for selector in ["selector1", "selector2"] {
            let target = format!("{selector}-{token}._domainkey.contoso.onmicrosoft.com.");
            text += &format!("{selector}._domainkey 3600 CNAME {target}\n");
        }
    }
    text
}

/// All zones there are.
struct Internet {
    domains: Vec<Zone>,
    /// The zone above all domains, and those of the platforms.
    others: Vec<Zone>,
}

impl Internet {
    fn new(count: usize) -> Self {
        let domains = (0..count).map(|number| Zone::new(&customer(number), &lines(number))).collect();
        let mut registry = "@ 86400 NS ns.registry\nns.registry 86400 A 127.1.1.1\n".to_owned();
        for server in 0..SERVERS {
            registry += &format!("ns-{server}.hosts 86400 A {}\n", address(server));
        }
        let others = [
            ("example", registry.as_str()),
            (
                "outlook.com",
                "spf.protection 3600 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
                 *.mail.protection 3600 A 192.0.2.10
                 autodiscover 3600 A 192.0.2.11",
            ),
            (
                "onmicrosoft.com",
                "*._domainkey.contoso 3600 TXT \"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ\"",
            ),
            (
                "emailsrvr.com",
                "@ 3600 TXT \"v=spf1 ip4:198.51.100.0/24 ~all\"
                 mx1 3600 A 198.51.100.10
                 autodiscover 3600 A 198.51.100.11",
            ),
        ];
        let others = others.iter().map(|(apex, lines)| Zone::new(apex, lines)).collect();
        Self { domains, others }
    }

    fn zone(&self, name: &Name) -> Option<&Zone> {
        let domain = customer_number(name).and_then(|number| self.domains.get(number));
        domain.or_else(|| self.others.iter().find(|zone| name.is_within(&zone.apex)))
    }

    /// What one of the name servers says.
    fn told(&self, server: usize, name: &Name, rtype: RecordType) -> Said {
        let number = customer_number(name).filter(|number| servers(*number).contains(&server));
        let zone = number.and_then(|number| self.domains.get(number));
        zone.map_or_else(|| Said::error(ResponseCode::Refused), |zone| zone.answer(name, rtype))
    }

    /// What the server of the zone above says: a referral, with the addresses of those referred to.
    fn referred(&self, name: &Name, rtype: RecordType) -> Said {
        let registry = &self.others[0];
        let number = customer_number(name).filter(|number| *number < self.domains.len());
        let Some(number) = number else { return registry.answer(name, rtype) };
        referral(
            registry,
            &customer(number),
            &servers(number).map(|server| format!("ns-{server}.hosts.example")),
        )
    }
}

/// Where a name server is.
fn address(server: usize) -> String {
    format!("127.1.0.{}", server + 1)
}

/// All servers, and what they are asked.
pub struct Estate {
    lab: Lab,
    resolver: LabServer,
    others: Vec<LabServer>,
}

impl Estate {
    pub fn new(count: usize) -> Self {
        let lab = Lab::start();
        let internet = Arc::new(Internet::new(count));
        let resolver = lab.resolver("127.1.1.53");
        let known = Arc::clone(&internet);
        resolver.rule(move |name, rtype| resolved(|name| known.zone(name), name, rtype));
        let registry = lab.server("127.1.1.1");
        let known = Arc::clone(&internet);
        registry.rule(move |name, rtype| known.referred(name, rtype));
        let mut others = vec![registry];
        for server in 0..SERVERS {
            let one = match server {
                TRUNCATING => lab.server_without_tcp(&address(server)),
                _ => lab.server(&address(server)),
            };
            let known = Arc::clone(&internet);
            one.rule(move |name, rtype| known.told(server, name, rtype));
            if let Some(fault) = fault(server) {
                one.say(fault.say);
            }
            others.push(one);
        }
        assert_eq!((0..SERVERS).filter(|server| fault(*server).is_some()).count(), FAULTY);
        Self { lab, resolver, others }
    }

    /// The options that send every question here. Whoever answers gets the time for it on a busy machine.
    pub fn options(&self) -> String {
        let (resolver, port) = (self.resolver.address(), self.lab.port());
        format!(
            "--resolver {resolver} --authority-port {port} --timeout 2 --deadline 30 --concurrency 16 --no-https"
        )
    }

    /// Packets that came so far.
    pub fn questions(&self) -> usize {
        self.others.iter().map(LabServer::packets).sum::<usize>() + self.resolver.packets()
    }

    /// What the name servers of a domain are.
    pub fn standing(&self, number: usize) -> Standing {
        let faults: Vec<Fault> = servers(number).into_iter().filter_map(fault).collect();
        match &faults[..] {
            [] => Standing::Sound,
            faults if faults.iter().any(|fault| fault.lies) => Standing::Lied,
            [_] => Standing::OneSilent,
            _ => Standing::BothSilent,
        }
    }
}
