//! Which inputs can be made as large as somebody likes?

/// An input of any size, and what reads it.
pub struct Input {
    pub name: &'static str,
    /// A command; `INPUT` stands for the file, `ZONE` for one of a domain that is ready.
    pub words: &'static str,
    /// The file, so many times as large.
    pub make: fn(usize) -> String,
}

/// A domain that is ready, on file.
pub const ZONE: &str = "$ORIGIN contoso.com.\n$TTL 3600\n@ SOA ns1 hostmaster 1 3600 600 604800 300\n@ NS ns1\n\
    ns1 A 192.0.2.1\n@ MX 0 contoso-com.mail.protection.outlook.com.\n\
    @ TXT \"v=spf1 include:spf.protection.outlook.com -all\"\nautodiscover CNAME autodiscover.outlook.com.\n\
    spf.protection.outlook.com. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n";

/// So many lines, each with its number for every `#`.
fn lines(count: usize, line: &str) -> String {
    (0..count).map(|number| line.replace('#', &number.to_string()) + "\n").collect()
}

/// The zone, with so many lines more.
fn zone(count: usize, line: &str) -> String {
    format!("{ZONE}{}", lines(count, line))
}

/// The zone without its records of this beginning, with so many lines in their place.
fn in_place_of(beginning: &str, count: usize, line: &str) -> String {
    let kept = ZONE.lines().filter(|line| !line.starts_with(beginning)).map(|line| format!("{line}\n"));
    kept.collect::<String>() + &lines(count, line)
}

/// An SPF record of so many terms, in strings.
fn terms(count: usize, term: &str) -> String {
    let strings = (0..count).map(|number| format!("\" {}\" ", term.replace('#', &number.to_string())));
    let strings: String = strings.collect();
    in_place_of(
        "@ TXT",
        1,
        &format!("@ TXT \"v=spf1\" {strings} \" include:spf.protection.outlook.com -all\""),
    )
}

/// A recording of so many name servers, each with its name, serial and MX record.
fn recorded_servers(count: usize, mx: fn(usize) -> String) -> String {
    let mut text =
        "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\ndomain contoso.com.\n"
            .to_owned();
    let resolver = "server resolver 192.0.2.53:53\n  outcome records";
    let names = lines(count, "  answer contoso.com. 60 IN NS ns#.example.");
    text += &format!("\nreply contoso.com. NS\n  {resolver}\n{names}");
    for number in 0..count {
        let address = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
        let server = format!("server authoritative {address}:53\n  outcome records\n  flags aa");
        text += &format!(
            "\nreply ns{number}.example. A\n  {resolver}\n  answer ns{number}.example. 60 IN A {address}\n"
        );
        text +=
            &format!("\nreply contoso.com. MX\n  {server}\n  answer contoso.com. 60 IN MX {}\n", mx(number));
        let soa = format!("ns.example. h.example. {} 3600 600 604800 300", number % 7);
        text += &format!("\nreply contoso.com. SOA\n  {server}\n  answer contoso.com. 60 IN SOA {soa}\n");
    }
    text
}

const ON_FILE: &str = "check contoso.com --zone INPUT --phase tidy";
const EXPECTED: &str = "check contoso.com --zone ZONE --expect INPUT";
const DECIDED: &str = "check contoso.com --zone ZONE --settings INPUT";

/// All of them.
pub const INPUTS: &[Input] = &[
    Input { name: "texts at one name", words: ON_FILE, make: |n| zone(n, "@ TXT t#") },
    Input { name: "verification texts", words: ON_FILE, make: |n| zone(n, "@ TXT MS=ms#") },
    Input {
        name: "SPF records",
        words: ON_FILE,
        make: |n| zone(n, "@ TXT \"v=spf1 include:x#.example -all\""),
    },
    Input { name: "SPF terms", words: ON_FILE, make: |n| terms(n, "ip4:192.0.2.7/32") },
    Input { name: "SPF includes", words: ON_FILE, make: |n| terms(n, "include:x#.contoso.com") },
    Input { name: "SPF macros", words: ON_FILE, make: |n| terms(n, "exists:%{i}.%{s}.x#.example") },
    Input {
        name: "SPF records in a row",
        words: ON_FILE,
        make: |n| {
            let chain =
                (0..n).map(|at| format!("i{at} TXT \"v=spf1 include:i{}.contoso.com -all\"\n", at + 1));
            terms(1, "include:i0.contoso.com") + &chain.collect::<String>()
        },
    },
    Input { name: "mail hosts", words: ON_FILE, make: |n| zone(n, "@ MX 10 mx#.example.net.") },
    Input {
        name: "mail hosts without a dot",
        words: ON_FILE,
        make: |n| zone(n, "@ MX 10 mx#.emailsrvr.com"),
    },
    Input { name: "name servers", words: ON_FILE, make: |n| zone(n, "@ NS ns#.example.net.") },
    Input {
        name: "aliases at one name",
        words: ON_FILE,
        make: |n| zone(n, "autodiscover CNAME a#.example."),
    },
    Input {
        name: "aliases in a row",
        words: ON_FILE,
        make: |n| {
            let chain = (0..n).map(|at| format!("a{at} CNAME a{}\n", at + 1));
            in_place_of("autodiscover", 1, "autodiscover CNAME a0") + &chain.collect::<String>()
        },
    },
    Input {
        name: "addresses at one name",
        words: ON_FILE,
        make: |n| {
            let addresses =
                (0..n).map(|at| format!("autodiscover AAAA 2001:db8::{:x}:{:x}\n", at >> 12, at & 0xfff));
            in_place_of("autodiscover", 0, "") + &addresses.collect::<String>()
        },
    },
    Input {
        name: "services at one name",
        words: ON_FILE,
        make: |n| zone(n, "_autodiscover._tcp SRV 0 0 # a.example."),
    },
    Input {
        name: "DMARC records",
        words: ON_FILE,
        make: |n| zone(n, "_dmarc TXT \"v=DMARC1; p=none; x=#\""),
    },
    Input { name: "names", words: ON_FILE, make: |n| zone(n, "host# A 192.0.2.7") },
    Input {
        name: "names at the old platform",
        words: ON_FILE,
        make: |n| zone(n, "host# CNAME a#.emailsrvr.com."),
    },
    Input { name: "zones", words: ON_FILE, make: |n| zone(n, "d#.example. SOA ns h 1 1 1 1 1") },
    Input { name: "zones below", words: ON_FILE, make: |n| zone(n, "sub# NS ns#.example.net.") },
    Input {
        name: "a plan",
        words: "plan contoso.com --zone INPUT --phase tidy",
        make: |n| zone(n, "@ MX # mx#.emailsrvr.com."),
    },
    Input { name: "files to include", words: ON_FILE, make: |n| zone(n, "$INCLUDE INPUT") },
    Input { name: "open parentheses", words: ON_FILE, make: |n| zone(n, "a TXT (") },
    Input {
        name: "one long line",
        words: ON_FILE,
        make: |n| ZONE.to_owned() + "a TXT x" + &"y".repeat(100 * n),
    },
    Input {
        name: "a comma list",
        words: EXPECTED,
        make: |n| "Type,Name,Value\n".to_owned() + &lines(n, "TXT,contoso.com,t#"),
    },
    Input {
        name: "quotes in a comma list",
        words: EXPECTED,
        make: |n| "Type,Name,Value\nTXT,@,\"".to_owned() + &"\"\"".repeat(100 * n),
    },
    Input {
        name: "columns of a comma list",
        words: EXPECTED,
        make: |n| format!("Type,Name,Value{}\nTXT,@,v{}\n", ",a".repeat(n), ",b".repeat(n)),
    },
    Input {
        name: "a zone that is expected",
        words: EXPECTED,
        make: |n| "$ORIGIN contoso.com.\n".to_owned() + &lines(n, "@ 60 IN TXT t#"),
    },
    Input {
        name: "JSON of Graph",
        words: EXPECTED,
        make: |n| {
            let record = "{\"recordType\": \"Txt\", \"label\": \"contoso.com\", \"text\": \"MS=ms#\"}";
            format!("{{\"value\": [{}{record}]}}", lines(n, &format!("{record},")))
        },
    },
    Input { name: "nested JSON", words: EXPECTED, make: |n| "[".repeat(100 * n) },
    Input {
        name: "domains of the settings",
        words: DECIDED,
        make: |n| lines(n, "[[domain]]\nname = \"d#.example\""),
    },
    Input {
        name: "waivers",
        words: DECIDED,
        make: |n| {
            lines(
                n,
                "[[waiver]]\ndomain = \"d#.example\"\ncode = \"dmarc-missing\"\nreason = \"#\"\nuntil = 2027-03-01",
            )
        },
    },
    Input { name: "nested settings", words: DECIDED, make: |n| "a = ".to_owned() + &"[".repeat(100 * n) },
    Input {
        name: "a list of domains",
        words: "check --domains INPUT --zone ZONE",
        make: |n| lines(n, "d#.contoso.com"),
    },
    Input {
        name: "a long line of a list",
        words: "check --domains INPUT --zone ZONE",
        make: |n| "a".repeat(100 * n),
    },
    Input {
        name: "an earlier report",
        words: "check contoso.com --zone ZONE --resume INPUT",
        make: |n| lines(n, "{\"schema_version\": 1, \"domain\": \"d#.example\", \"verdict\": \"ready\"}"),
    },
    Input {
        name: "an earlier report, cut",
        words: "check contoso.com --zone ZONE --resume INPUT",
        make: |n| lines(n, "{\"schema_version\": 1, \"domain\": \"d#.exam"),
    },
    Input {
        name: "a recording",
        words: "check contoso.com --replay INPUT",
        make: |n| {
            let head = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\ndomain contoso.com.\n";
            let reply = "\nreply h#.contoso.com. TXT\n  server authoritative 192.0.2.1:53\n  outcome records\n  answer h#.contoso.com. 60 IN TXT \"t#\"";
            head.to_owned() + &lines(n, reply)
        },
    },
    Input {
        name: "servers that answer alike",
        words: "check contoso.com --replay INPUT -v --format ndjson",
        make: |n| recorded_servers(n, |_| "10 mx1.emailsrvr.com.".to_owned()),
    },
    Input {
        name: "servers that answer differently",
        words: "check contoso.com --replay INPUT -v --format ndjson",
        make: |n| recorded_servers(n, |number| format!("10 mx{number}.emailsrvr.com.")),
    },
    Input {
        name: "a page of many changes",
        words: "check contoso.com --zone INPUT --format html",
        make: |n| in_place_of("@ MX", n, "@ MX 10 mx#.emailsrvr.com."),
    },
    Input {
        name: "a summary of many changes",
        words: "check contoso.com --zone INPUT --format markdown",
        make: |n| in_place_of("@ MX", n, "@ MX 10 mx#.emailsrvr.com."),
    },
    Input {
        name: "a policy",
        words: "check contoso.com --replay INPUT",
        make: |n| {
            let head = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\ndomain contoso.com.\n";
            format!(
                "{head}\npolicy contoso.com.\n  outcome fetched\n{}",
                lines(n, "  body \"mx: mx#.example\"")
            )
        },
    },
];
