//! Is what servers do told as what it is, and is nobody asked for nothing?
//!
//! Whole runs against a lab on loopback addresses: two name servers of the domain, one of the rest of
//! the world, and resolvers, each of which can be made to say anything.

mod addresses;
mod aliases;
mod assigned;
mod authorities;
mod budgets;
mod checker;
mod late_delegation;
mod memory;
mod named;
mod notices;
mod questions;
mod resolvers;
#[cfg(unix)]
mod stopped;
mod threads;
mod trees;
mod trust;
mod waiting;
mod watch;
mod zones;

use std::time::Duration;

use cutover::check::{Assessment, JudgeOptions, assess};
use cutover::expected::Subject;
use cutover::facts::{Facts, TrustPolicy};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{Limits, Network};

use crate::lab::{IMPATIENT_SECONDS, Lab, LabServer, Say};
use crate::run::{Run, block_on, cutover};
use crate::world::facts_of;

/// Everything that a domain needs to be ready.
pub const READY: &str = "@ 3600 NS ns1
    @ 3600 NS ns2
    ns1 3600 A 127.0.0.2
    ns2 3600 A 127.0.0.3
    @ 3600 MX 0 contoso-com.mail.protection.outlook.com.
    @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
    @ 3600 TXT MS=ms12345678
    _dmarc 3600 TXT \"v=DMARC1; p=none\"
    autodiscover 3600 CNAME autodiscover.outlook.com.";

/// Where the mail went before.
pub const OLD_MX: &str = "@ 3600 MX 10 mx1.emailsrvr.com.";

/// A lab with `contoso.com`, ready on both name servers.
pub struct Estate {
    pub lab: Lab,
    pub first: LabServer,
    pub second: LabServer,
    pub resolver: LabServer,
    /// Seconds of one try: enough for a busy machine where everybody answers.
    patience: &'static str,
}

impl Estate {
    /// One in which nobody waits long for those who are silent.
    pub fn impatient() -> Self {
        Self { patience: IMPATIENT_SECONDS, ..Self::new() }
    }

    pub fn new() -> Self {
        let lab = Lab::start();
        let (first, second) = (lab.server("127.0.0.2"), lab.server("127.0.0.3"));
        lab.server("127.0.0.9").microsoft();
        let resolver = lab.resolver("127.0.0.53");
        let estate = Self { lab, first, second, resolver, patience: "5" };
        estate.publish(READY);
        estate
    }

    /// Puts this zone of `contoso.com` on both name servers.
    pub fn publish(&self, lines: &str) {
        self.first.zone("contoso.com", lines);
        self.second.zone("contoso.com", lines);
    }

    /// Makes the name servers of the domain and the resolver say this to everything.
    pub fn all_say(&self, say: &Say) {
        for server in [&self.first, &self.second, &self.resolver] {
            server.say(say.clone());
        }
    }

    /// A survey of `contoso.com` without the program around it, through a network that is prepared like this.
    pub fn surveyed(&self, limits: Limits, prepare: impl FnOnce(Network) -> Network) -> (Facts, Assessment) {
        let subject = Subject::new("contoso.com".parse().unwrap());
        let facts = block_on(async {
            let resolver = Endpoint::Plain(self.resolver.address());
            let transport = Transport::new(Duration::from_secs(5));
            let network = Network::new(transport, vec![resolver], TrustPolicy::Both, self.lab.port());
            facts_of(prepare(network), &subject, limits).await
        });
        let assessment = assess(&subject, &facts, JudgeOptions::default());
        (facts, assessment)
    }

    /// Checks a domain, as JSON with every reply.
    fn check(&self, words: &str) -> Run {
        cutover(&format!("check {words} {} --format json -v", self.options()))
    }

    /// Checks `contoso.com` with these options besides.
    fn contoso(&self, options: &str) -> Run {
        self.check(&format!("contoso.com {options}"))
    }

    /// How to ask in this lab.
    pub fn options(&self) -> String {
        let resolver = self.resolver.address();
        format!("--resolver {resolver} --authority-port {} --timeout {}", self.lab.port(), self.patience)
    }
}

/// A zone as [`READY`], with a serial and with this MX.
pub fn version(serial: u32, mx: &str) -> String {
    let lines = READY.lines().filter(|line| mx.is_empty() || !line.contains(" MX "));
    let soa = format!("@ 300 SOA ns1 hostmaster {serial} 3600 600 604800 300");
    lines.chain([mx, &soa]).collect::<Vec<_>>().join("\n")
}

impl Run {
    /// One expectation of the first domain.
    pub(crate) fn expectation(&self, id: &str) -> serde_json::Value {
        let domain = self.domain();
        let mut list = domain["expectations"].as_array().unwrap().iter();
        list.find(|one| one["id"] == id).unwrap().clone()
    }

    /// The replies of the first domain whose server has this address: question and outcome.
    fn replies(&self, address: &str) -> Vec<(String, String)> {
        let domain = self.domain();
        let all = domain["replies"].as_array().unwrap().iter();
        let own = all.filter(|reply| reply["server"].as_str().unwrap().starts_with(&format!("{address}:")));
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        own.map(|reply| {
            (format!("{} {}", text(&reply["name"]), text(&reply["type"])), text(&reply["outcome"]))
        })
        .collect()
    }
}
