//! Makes zones as administrators really have them: patterns of real zones beside each other, with the habits of DNS panels.
//!
//! A zone depends on its number alone, so a failure can be made again.

use std::fmt::Write as _;

/// The domain of all zones.
pub const DOMAIN: &str = "contoso.com";

/// Microsoft's host for the domain.
pub const RIGHT: &str = "contoso-com.mail.protection.outlook.com";

/// A made zone, and how it is to be checked.
#[derive(Debug, Clone)]
pub struct Zone {
    /// The zone file.
    pub text: String,
    /// Options of `check` but for the phase.
    pub options: String,
    /// The patterns in it, for the count.
    pub patterns: Vec<&'static str>,
}

/// A generator of numbers that gives the same ones for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// True in `percent` of a hundred cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A platform that mail can be leaving.
#[derive(Debug, Clone, Copy)]
pub struct Platform {
    /// Its id in the table of providers; empty for a server of the domain's own, or of nobody known.
    pub id: &'static str,
    mx: &'static [&'static str],
    spf: &'static [&'static str],
    autodiscover: &'static str,
    /// Hosts below these belong to it.
    pub suffixes: &'static [&'static str],
}

/// Where the mail may be before the move.
pub const PLATFORMS: &[Platform] = &[
    Platform {
        id: "rackspace",
        mx: &["10 mx1.emailsrvr.com.", "20 mx2.emailsrvr.com."],
        spf: &["include:emailsrvr.com"],
        autodiscover: "CNAME autodiscover.emailsrvr.com.",
        suffixes: &["emailsrvr.com"],
    },
    Platform {
        id: "google-workspace",
        mx: &[
            "1 aspmx.l.google.com.",
            "5 alt1.aspmx.l.google.com.",
            "5 alt2.aspmx.l.google.com.",
            "10 alt3.aspmx.l.google.com.",
            "10 alt4.aspmx.l.google.com.",
        ],
        spf: &["include:_spf.google.com"],
        autodiscover: "",
        suffixes: &["google.com", "googlemail.com"],
    },
    Platform {
        id: "godaddy-workspace",
        mx: &["0 smtp.secureserver.net.", "10 mailstore1.secureserver.net."],
        spf: &["include:secureserver.net"],
        autodiscover: "CNAME autodiscover.secureserver.net.",
        suffixes: &["secureserver.net"],
    },
    Platform {
        id: "ionos",
        mx: &["10 mx00.ionos.com.", "10 mx01.ionos.com."],
        spf: &["include:_spf-us.ionos.com"],
        autodiscover: "CNAME adsredir.ionos.info.",
        suffixes: &["ionos.com", "ionos.info"],
    },
    Platform {
        id: "zoho",
        mx: &["10 mx.zoho.com.", "20 mx2.zoho.com.", "50 mx3.zoho.com."],
        spf: &["include:zoho.com"],
        autodiscover: "",
        suffixes: &["zoho.com"],
    },
    // A server of the domain's own.
    Platform { id: "", mx: &["10 mail"], spf: &["mx"], autodiscover: "CNAME mail", suffixes: &[] },
    Platform {
        id: "",
        mx: &["10 mail", "20 mail2"],
        spf: &["mx", "a"],
        autodiscover: "A 192.0.2.25",
        suffixes: &[],
    },
    // Hosts of nobody known.
    Platform {
        id: "",
        mx: &["10 mail.fabrikam.example."],
        spf: &["include:spf.fabrikam.example"],
        autodiscover: "CNAME mail.fabrikam.example.",
        suffixes: &[],
    },
    Platform {
        id: "",
        mx: &["10 mx1.fabrikam.example.", "20 mx2.fabrikam.example."],
        spf: &["mx", "include:spf.fabrikam.example"],
        autodiscover: "",
        suffixes: &[],
    },
];

/// Known filters: what the table calls them, and their hosts for a customer.
pub const FILTERS: &[(&str, &[&str])] = &[
    ("proofpoint-enterprise", &["mx0a-00112233.pphosted.com.", "mx0b-00112233.pphosted.com."]),
    ("mimecast", &["us-smtp-inbound-1.mimecast.com.", "us-smtp-inbound-2.mimecast.com."]),
    ("hornetsecurity", &["mx01.hornetsecurity.com.", "mx02.hornetsecurity.com."]),
    ("barracuda-egd", &["d123456.a.ess.barracudanetworks.com.", "d123456.b.ess.barracudanetworks.com."]),
];

/// Senders that the move does not concern.
const SENDERS: &[&str] = &[
    "ip4:192.0.2.25",
    "ip4:198.51.100.0/24",
    "ip6:2001:db8:25::/48",
    "include:sendgrid.net",
    "include:servers.mcsv.net",
    "include:_spf.sender.example",
    "include:spf.mailjet.example",
    "include:spf.infomaniak.ch",
    "include:mail.zendesk.com",
    "a:web.contoso.com",
    "a:out.fabrikam.example",
    "a",
    "mx",
    "mx:contoso.com",
    "mx:team.contoso.com",
    "ptr",
    "exists:%{i}._spf.fabrikam.example",
    "include:_own.contoso.com",
    "+ip4:203.0.113.7",
    "?ip4:203.0.113.8",
    "~include:bulk.sender.example",
    "-ip4:203.0.113.9",
    "IP4:203.0.113.10",
    "include:%{d}.spf.hosted.example",
    "include:%{ir}.%{v}.%{d}.spf.has.pphosted.com",
    "include:gone.contoso.com",
    "a:gone.contoso.com",
    "include:contoso.com",
];

/// Terms that somebody typed wrong.
const TYPOS: &[&str] = &[
    "ip:192.0.2.1",
    "ipv4:192.0.2.1",
    "192.0.2.1",
    "192.0.2.0/28",
    "ip4:192.0.2.1,",
    "nclude:_spf.sender.example",
    "inlcude:_spf.sender.example",
    "includ:_spf.sender.example",
    "include=_spf.sender.example",
    "include: _spf.sender.example",
    "redirect:_spf.sender.example",
    "ip4:2001:db8::1",
    "ip6:192.0.2.1",
    "ip4=192.0.2.1",
    "a:192.0.2.1",
    "mx:192.0.2.1",
    "include:<token>",
    "ip4:x.x.x.x",
    "include:_spf.sender.exampleip4:192.0.2.1",
    "ip4:192.0.2.1/33",
    "nonsense",
    "ip4:192.0.2.256",
    "v=spf1",
];

const TEXTS: &[&str] = &[
    "google-site-verification=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "MS=ms12345678",
    "MS=ms87654321",
    "facebook-domain-verification=abc123",
    "atlassian-domain-verification=abc/def+ghi",
    "apple-domain-verification=XyZ",
    "docusign=00000000-0000-0000-0000-000000000000",
    "adobe-idp-site-verification=0123",
    "have-i-been-pwned-verification=0123",
    "k=rsa; p=MIGf",
    "v=DKIM1; k=rsa; p=MIGf",
    "_globalsign-domain-verification=abc",
    "spf2.0/pra include:emailsrvr.com ~all",
    "some words; with \\\"quotes\\\" and \\226\\128\\174",
    "",
];

/// How far the move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Partly,
    Leftovers,
    Done,
    Parked,
}

struct Maker {
    dice: Dice,
    lines: Vec<String>,
    patterns: Vec<&'static str>,
    options: String,
    platform: Platform,
    stage: Stage,
}

/// The zone of this number.
pub fn zone(number: u64) -> Zone {
    let mut dice = Dice(number.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5ca1_ab1e);
    let platform = *dice.one(PLATFORMS);
    let stage = match dice.below(20) {
        0..6 => Stage::Before,
        6..12 => Stage::Partly,
        12..16 => Stage::Leftovers,
        16..18 => Stage::Done,
        _ => Stage::Parked,
    };
    let mut maker =
        Maker { dice, lines: Vec::new(), patterns: Vec::new(), options: String::new(), platform, stage };
    maker.options();
    maker.apex();
    maker.mail();
    maker.spf();
    maker.texts();
    maker.autodiscover();
    maker.dkim();
    maker.dmarc();
    maker.below();
    maker.services();
    maker.finish()
}

impl Maker {
    fn has(&mut self, pattern: &'static str) {
        if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
    }

    /// Adds a record, at times with a TTL of its own.
    fn add(&mut self, owner: &str, data: &str) {
        let ttl = match self.dice.below(12) {
            0 => {
                self.has("Z3 low TTL");
                "60 "
            }
            1 => {
                self.has("Z3 low TTL");
                "300 "
            }
            2 => {
                self.has("Z18 long TTL");
                "86400 "
            }
            _ => "",
        };
        self.lines.push(format!("{owner} {ttl}{data}"));
    }

    /// A host name as a panel may keep it.
    fn typed(&mut self, host: &str) -> String {
        match self.dice.below(30) {
            0 => {
                self.has("mixed case");
                let mut upper = false;
                let mixed = host.chars().map(|letter| {
                    upper = !upper;
                    if upper { letter.to_ascii_uppercase() } else { letter }
                });
                mixed.collect()
            }
            1 if host.ends_with('.') => {
                self.has("Z15 final dot missing");
                host.trim_end_matches('.').to_owned()
            }
            _ => host.to_owned(),
        }
    }

    fn options(&mut self) {
        let chosen = match self.dice.below(16) {
            0 if !self.platform.id.is_empty() => format!(" --source {}", self.platform.id),
            1 => " --source rackspace".into(),
            2 => format!(" --gateway {}", self.dice.one(FILTERS).0),
            3 => " --hybrid".into(),
            4 => " --verification MS=ms12345678".into(),
            5 => " --services exchange,teams,devices --tenant contoso".into(),
            6 => " --spf-sender include:_spf.sender.example".into(),
            7 => " --mx contoso-com.o-v1.mx.microsoft".into(),
            8 => " --switch-at 2026-11-25T20:00:00Z".into(),
            9 if self.stage == Stage::Parked => " --parked".into(),
            10 => " --strict".into(),
            _ => String::new(),
        };
        self.options += &chosen;
    }

    fn apex(&mut self) {
        let serial = 1 + self.dice.below(9);
        self.lines.push(format!("@ SOA ns1.fabrikam.example. hostmaster {serial} 1h 15m 14d 5m"));
        let servers: &[&str] = match self.dice.below(12) {
            0 if self.platform.id == "rackspace" => {
                self.has("name servers of the source");
                &["ns1.emailsrvr.com.", "ns2.emailsrvr.com."]
            }
            1 => &["ns1.rackspace.com.", "ns2.rackspace.com."],
            2 => &["ns01.domaincontrol.com.", "ns02.domaincontrol.com."],
            _ => &["ns1.fabrikam.example.", "ns2.fabrikam.example."],
        };
        servers.iter().for_each(|server| self.lines.push(format!("@ NS {server}")));
        match self.dice.below(8) {
            0 => {
                self.has("Z11 CNAME at the apex");
                self.add("@", "CNAME contoso.github.example.");
            }
            1 => {}
            2 => {
                self.has("flattened apex");
                ["185.199.108.153", "185.199.109.153", "185.199.110.153", "185.199.111.153"]
                    .iter()
                    .for_each(|address| self.add("@", &format!("A {address}")));
            }
            _ => self.add("@", "A 192.0.2.80"),
        }
        self.add("www", "CNAME @");
        self.add("web", "A 192.0.2.81");
        self.add("mail", "A 192.0.2.25");
        if self.dice.chance(30) {
            self.add("mail", "AAAA 2001:db8::25");
        }
        self.add("mail2", "A 192.0.2.26");
        if self.dice.chance(20) {
            self.add("@", "CAA 0 issue \"ca.example\"");
        }
    }

    fn source_mx(&mut self) {
        for data in self.platform.mx {
            let (preference, host) = data.split_once(' ').unwrap();
            let host = self.typed(host);
            self.add("@", &format!("MX {preference} {host}"));
            if self.dice.chance(5) {
                self.has("Z13 the same host twice");
                let preference = 30 + self.dice.below(3);
                self.add("@", &format!("MX {preference} {}", host.to_ascii_uppercase()));
            }
        }
        if self.platform.id.is_empty() && self.platform.mx[0].ends_with("example.") && self.dice.chance(50) {
            self.has("Z1 mx means a host elsewhere");
        }
    }

    fn microsoft_mx(&mut self) {
        let host = match self.dice.below(14) {
            0 => "fabrikam-com.mail.protection.outlook.com.",
            1 => "contoso-com.o-v1.mx.microsoft.",
            2 => "contoso-com.mail.eo.outlook.com.",
            3 => "contoso.com.mail.protection.outlook.com.",
            _ => "contoso-com.mail.protection.outlook.com.",
        };
        let host = self.typed(host);
        let preference = self.dice.one(&["0", "1", "10"]).to_string();
        self.add("@", &format!("MX {preference} {host}"));
        if self.dice.chance(6) {
            self.has("Z13 the same host twice");
            self.add("@", &format!("MX 20 {}", host.to_ascii_uppercase()));
        }
    }

    fn mail(&mut self) {
        match (self.stage, self.dice.below(16)) {
            (Stage::Parked, 0..13) => {
                self.has("Z2 null MX");
                self.add("@", "MX 0 .");
            }
            (Stage::Parked, _) | (Stage::Before, 0) => {}
            (Stage::Before | Stage::Partly | Stage::Leftovers, 1) => {
                self.has("Z7 filter before Microsoft's host");
                let (_, hosts) = self.dice.one(FILTERS);
                self.add("@", &format!("MX 10 {}", hosts[0]));
                self.add("@", &format!("MX 20 {}", hosts[1]));
                self.add("@", "MX 90 contoso-com.mail.protection.outlook.com.");
            }
            (Stage::Before | Stage::Done, 2) => {
                self.has("filter alone");
                let (_, hosts) = self.dice.one(FILTERS);
                hosts.iter().for_each(|host| self.add("@", &format!("MX 10 {host}")));
            }
            (Stage::Before, 3) => {
                self.has("filter before the source");
                let (_, hosts) = self.dice.one(FILTERS);
                hosts.iter().for_each(|host| self.add("@", &format!("MX 10 {host}")));
                self.source_mx();
            }
            (Stage::Done | Stage::Leftovers, 3) => {
                self.has("Z8 one foreign MX beside a finished move");
                self.add("@", "MX 10 mx.filter.example.");
            }
            (Stage::Partly | Stage::Leftovers, 4..7) => {
                self.has("rival MX");
                self.microsoft_mx();
                self.source_mx();
            }
            (Stage::Before, _) | (Stage::Partly, 7..12) => self.source_mx(),
            (Stage::Partly, 12) => {
                self.has("verification MX");
                self.source_mx();
                self.add("@", "MX 32767 ms12345678.msv1.invalid.");
            }
            (Stage::Partly | Stage::Leftovers | Stage::Done, _) => self.microsoft_mx(),
        }
    }

    fn spf(&mut self) {
        if self.stage == Stage::Parked && self.dice.chance(80) {
            self.has("Z2 nobody may send");
            self.add("@", "TXT \"v=spf1 -all\"");
            return;
        }
        if self.dice.chance(6) {
            self.has("no SPF record");
            return;
        }
        let records = if self.dice.chance(7) { 2 } else { 1 };
        if records > 1 {
            self.has("Z16 two SPF records");
        }
        for _ in 0..records {
            let text = self.spf_text();
            let text = self.strings(&text);
            self.add("@", &format!("TXT {text}"));
        }
    }

    /// The text as one string, or as several where it is long, or where the panel splits it.
    fn strings(&mut self, text: &str) -> String {
        if text.len() <= 250 && !self.dice.chance(12) {
            return format!("\"{text}\"");
        }
        self.has("split TXT strings");
        let length = if text.len() > 250 { 250 } else { text.len().div_ceil(2).max(1) };
        let mut strings = Vec::new();
        let mut rest = text;
        while rest.len() > length {
            // Panels split between words, or wherever the string is full.
            let at =
                rest[..length].rfind(' ').filter(|_| self.dice.chance(50)).map_or(length, |blank| blank + 1);
            let (string, left) = rest.split_at(at);
            strings.push(format!("\"{string}\""));
            rest = left;
        }
        strings.push(format!("\"{rest}\""));
        strings.join(" ")
    }

    fn spf_text(&mut self) -> String {
        let mut terms: Vec<String> = Vec::new();
        if matches!(self.stage, Stage::Before | Stage::Partly | Stage::Leftovers) && self.dice.chance(85) {
            terms.extend(self.platform.spf.iter().map(|term| (*term).to_owned()));
        }
        if self.stage != Stage::Before && self.dice.chance(80) {
            terms.push("include:spf.protection.outlook.com".into());
        }
        for _ in 0..self.dice.below(5) {
            terms.push((*self.dice.one(SENDERS)).into());
        }
        if self.dice.chance(4) {
            self.has("senders by the name autodiscover");
            terms.push("a:autodiscover.contoso.com".into());
        }
        if self.dice.chance(10) {
            self.has("Z15 SPF typed wrong");
            terms.push((*self.dice.one(TYPOS)).into());
        }
        if self.dice.chance(3) {
            self.has("many lookups");
            let many = 4 + self.dice.below(9);
            terms.extend((0..many).map(|one| format!("include:spf{one}.sender.example")));
        }
        // In whatever order they were added.
        for _ in 0..terms.len() {
            let (one, other) = (self.dice.below(terms.len()), self.dice.below(terms.len()));
            terms.swap(one, other);
        }
        if terms.iter().any(|term| term == "mx" || term == "mx:contoso.com") {
            self.has("Z1 senders by mx");
        }
        if terms.iter().any(|term| term.contains('%')) {
            self.has("Z9 SPF with macros");
        }
        let end = match self.dice.below(24) {
            0 => "",
            1 => "+all",
            2 => "?all",
            3 | 4 => " redirect=_spf.hosted.example",
            5 => {
                self.add("_spf", "TXT \"v=spf1 ip4:198.51.100.78 include:_spf.sender.example ~all\"");
                "redirect=_spf.%{d}"
            }
            6 => "-all include:late.sender.example",
            7 => "-ALL",
            8..16 => "-all",
            _ => "~all",
        };
        let version = if self.dice.chance(3) { "V=SPF1" } else { "v=spf1" };
        let blank = if self.dice.chance(3) { "  " } else { " " };
        let words: Vec<&str> =
            std::iter::once(version).chain(terms.iter().map(String::as_str)).chain([end]).collect();
        words.join(blank).trim_end().to_owned()
    }

    fn texts(&mut self) {
        let many = match self.dice.below(300) {
            0 => {
                self.has("Z17 500 TXT records");
                500
            }
            number => number % 7,
        };
        for number in 0..many {
            if many > 20 {
                self.lines.push(format!("@ TXT \"site-verification-{number}=abcdefghijklmnopqrstuvwxyz\""));
            } else {
                let text = *self.dice.one(TEXTS);
                self.add("@", &format!("TXT \"{text}\""));
            }
        }
    }

    fn autodiscover(&mut self) {
        match (self.stage, self.dice.below(20)) {
            (Stage::Parked, _) | (Stage::Before, 0..4) => {}
            (_, 0) => self.add("autodiscover", "CNAME autodiscover.outlook.com"),
            (_, 1) => {
                self.has("doubled name");
                self.add("autodiscover.contoso.com", "CNAME autodiscover.outlook.com.");
            }
            (_, 2) => {
                self.add("autodiscover", "CNAME autodiscover.outlook.com.");
                self.add("_autodiscover._tcp", "SRV 0 0 443 autodiscover.emailsrvr.com.");
            }
            (_, 3) => self.add("autodiscover", "A 192.0.2.80"),
            (_, 4) => self.add("_autodiscover._tcp", "SRV 0 0 443 autodiscover.outlook.com."),
            (_, 5) => {
                self.has("SRV of the domain's own for autodiscover");
                self.add("_autodiscover._tcp", "SRV 0 0 443 mail.contoso.com.");
            }
            (Stage::Before, _) | (Stage::Partly, 6..12) => {
                if !self.platform.autodiscover.is_empty() {
                    let data = self.platform.autodiscover;
                    self.add("autodiscover", data);
                }
            }
            (Stage::Partly | Stage::Leftovers | Stage::Done, _) => {
                let target = self.typed("autodiscover.outlook.com.");
                self.add("autodiscover", &format!("CNAME {target}"));
            }
        }
        if self.dice.chance(6) {
            self.has("Z12 msoid");
            self.add("msoid", "CNAME clientconfig.microsoftonline-p.net.");
        }
    }

    fn dkim(&mut self) {
        if self.stage == Stage::Parked {
            return;
        }
        for (number, selector) in [(1, "selector1"), (2, "selector2")] {
            let owner = format!("{selector}._domainkey");
            match self.dice.below(14) {
                0..4 => {}
                4 => {
                    let data =
                        format!("CNAME elector{number}-contoso-com._domainkey.contoso.onmicrosoft.com.");
                    self.has("Z15 DKIM target typed wrong");
                    self.add(&owner, &data);
                }
                5 => self.add(&owner, "TXT \"v=DKIM1; k=rsa; p=MIGf\""),
                6 => {
                    let data = format!("CNAME {selector}.emailsrvr.com.");
                    self.add(&owner, &data);
                }
                7 => {
                    self.has("doubled name");
                    let data = format!("CNAME {selector}-contoso-com._domainkey.contoso.onmicrosoft.com.");
                    self.add(&format!("{owner}.contoso.com"), &data);
                }
                8 => {
                    let data =
                        format!("CNAME {selector}-contoso-com._domainkey.contoso.o-v1.dkim.mail.microsoft.");
                    self.add(&owner, &data);
                }
                _ => {
                    let target =
                        self.typed(&format!("{selector}-contoso-com._domainkey.contoso.onmicrosoft.com."));
                    self.add(&owner, &format!("CNAME {target}"));
                }
            }
        }
        match self.dice.below(8) {
            0 => self.add("google._domainkey", "TXT \"v=DKIM1; k=rsa; p=MIGf\""),
            1 => {
                self.add("s1._domainkey", "CNAME s1.domainkey.u1.wl.sendgrid.net.");
                self.add("s2._domainkey", "CNAME s2.domainkey.u1.wl.sendgrid.net.");
            }
            2 => self.add("k1._domainkey", "CNAME dkim.mcsv.net."),
            3 => self.add("20240101-abc._domainkey", "TXT \"v=DKIM1; k=rsa; p=MIGf\""),
            _ => {}
        }
    }

    fn dmarc(&mut self) {
        match self.dice.below(16) {
            0..4 => {}
            4 => {
                self.has("Z10 _dmarc is an alias out of the zone");
                self.add("_dmarc", "CNAME contoso.com._dmarc.hosted.example.");
            }
            5 => {
                self.has("Z10 _dmarc is delegated");
                self.add("_dmarc", "NS ns1.hosted.example.");
            }
            6 => {
                self.has("doubled name");
                self.add("_dmarc.contoso.com", "TXT \"v=DMARC1; p=none\"");
            }
            7 => {
                self.has("doubled name");
                self.add("_dmarc.contoso.com._dmarc", "TXT \"v=DMARC1; p=none\"");
            }
            8 => {
                self.has("two DMARC policies");
                self.add("_dmarc", "TXT \"v=DMARC1; p=none\"");
                self.add("_dmarc", "TXT \"v=DMARC1; p=reject; rua=mailto:d@contoso.com\"");
            }
            9 => self.add("_dmarc", "TXT \"v=DMARC1; p=reject; rua=mailto:d@contoso.com\""),
            10 => self.add("@", "TXT \"v=DMARC1; p=none\""),
            11 => self.add("_dmarc", "TXT \"v=DMARC1 p=none\""),
            12 => {
                self.add("_dmarc", "TXT \"v=DMARC1; p=quarantine; pct=50; rua=mailto:d@agari.example!10m\"")
            }
            _ => self.add("_dmarc", "TXT \"v=DMARC1; p=none; rua=mailto:d@contoso.com\""),
        }
    }

    fn below(&mut self) {
        for (name, hosts) in [
            ("team", &["10 aspmx.l.google.com.", "20 alt1.aspmx.l.google.com."][..]),
            ("mg", &["10 mxa.mailgun.org.", "10 mxb.mailgun.org."]),
            ("bounce", &["10 feedback-smtp.eu-west-1.amazonses.com."]),
            ("support", &["10 mx1.emailsrvr.com.", "20 mx2.emailsrvr.com."]),
            ("old", &["10 mail"]),
        ] {
            if self.dice.chance(7) {
                self.has("Z4 MX sets of subdomains");
                hosts.iter().for_each(|host| self.add(name, &format!("MX {host}")));
            }
        }
        if self.dice.chance(30) {
            let sender = *self.dice.one(&[
                "include:_spf.sender.example",
                "mx:contoso.com",
                "a:autodiscover.contoso.com",
            ]);
            self.add("_own", &format!("TXT \"v=spf1 ip4:198.51.100.77 {sender} ~all\""));
        }
        if self.dice.chance(8) {
            self.has("Z17 wildcard CNAME");
            let target =
                *self.dice.one(&["@", "www", "web.fabrikam.example.", "autodiscover.emailsrvr.com."]);
            self.add("*", &format!("CNAME {target}"));
        }
        if self.dice.chance(3) {
            self.has("wildcard of MX or TXT");
            self.add("*", "MX 10 mail");
            self.add("*", "TXT \"v=spf1 -all\"");
        }
        if self.dice.chance(5) {
            self.has("delegated names");
            self.add("dev", "NS ns1.dev.example.");
            self.add("_domainkey.dev", "NS ns1.dev.example.");
        }
        if self.dice.below(400) == 0 {
            self.has("Z17 hundreds of NS records");
            for number in 0..300 {
                self.lines.push(format!("club{number} NS ns1.club{number}.example."));
                self.lines.push(format!("club{number} NS ns2.club{number}.example."));
            }
        }
        if self.dice.chance(2) {
            self.has("Z10 _domainkey is delegated");
            self.lines.retain(|line| !line.contains("_domainkey"));
            self.add("_domainkey", "NS ns1.hosted.example.");
        }
        for (owner, data) in [
            ("webmail", "CNAME mail"),
            ("webmail", "CNAME apps.rackspace.com."),
            ("imap", "CNAME secure.emailsrvr.com."),
            ("mail.corp", "A 192.0.2.99"),
            ("autoconfig", "CNAME autoconfig.emailsrvr.com."),
        ] {
            let is_free = !self.lines.iter().any(|line| line.starts_with(&format!("{owner} ")));
            if self.dice.chance(5) && is_free {
                self.has("leftovers");
                self.add(owner, data);
            }
        }
    }

    fn services(&mut self) {
        for (owner, data) in [
            ("_sip._tls", "SRV 100 1 443 sipdir.online.lync.com."),
            ("_sip._tls", "SRV 0 0 5061 sip.fabrikam.example."),
            ("_sipfederationtls._tcp", "SRV 100 1 5061 sipfed.online.lync.com."),
            ("_sipfederationtls._tcp", "SRV 0 0 5061 lync01.mex06.emailsrvr.com."),
            ("_imaps._tcp", "SRV 0 1 993 mail.contoso.com."),
            ("_submission._tcp", "SRV 0 1 587 secure.emailsrvr.com."),
            ("_ldap._tcp", "SRV 0 0 389 web"),
            ("_xmpp-server._tcp", "SRV 5 0 5269 xmpp.fabrikam.example."),
            ("sip", "CNAME sipdir.online.lync.com."),
            ("lyncdiscover", "CNAME webdir.online.lync.com."),
            ("enterpriseregistration", "CNAME enterpriseregistration.windows.net."),
            ("enterpriseenrollment", "CNAME enterpriseenrollment.manage.microsoft.com."),
        ] {
            let is_free = !self.lines.iter().any(|line| line.starts_with(&format!("{owner} ")));
            if self.dice.chance(6) && is_free {
                self.add(owner, data);
            }
        }
    }

    fn finish(mut self) -> Zone {
        if self.dice.chance(4) {
            self.has("a record twice");
            let line = self.dice.one(&self.lines).clone();
            if !line.contains("SOA") {
                self.lines.push(line);
            }
        }
        match self.stage {
            Stage::Before => self.has("stage: before the move"),
            Stage::Partly => self.has("stage: partly moved"),
            Stage::Leftovers => self.has("stage: moved, leftovers"),
            Stage::Done => self.has("stage: moved"),
            Stage::Parked => self.has("stage: parked"),
        }
        let default = *self.dice.one(&["300", "3600", "3600", "14400", "86400"]);
        let mut text = format!("$ORIGIN {DOMAIN}.\n$TTL {default}\n");
        for line in &self.lines {
            writeln!(text, "{line}").unwrap();
        }
        Zone { text, options: self.options, patterns: self.patterns }
    }
}
