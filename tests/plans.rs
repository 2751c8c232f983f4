//! Is a plan the same plan in every form, and is every form read by whoever it is for?

mod schedule;
mod scripts;

use cutover::expected::Phase;
use cutover::plan::emit::{
    DnsHost, Sheet, to_bind, to_csv, to_dnscontrol, to_nsupdate, to_octodns, to_powershell, to_terraform,
};
use cutover::plan::rollback;
use cutover::plan::{Change, merged};
use cutover::record::{Name, RecordSet, RecordType};
use serde_json::Value;

use crate::run::{Workspace, cutover};
use crate::world::World;

/// Everything wrong at once, beside texts of others that a form could stumble over.
const WORLD: &str = r#"$ORIGIN contoso.com.
$TTL 1h
@                       MX     10 mx1.emailsrvr.com.
@                       MX     20 mx2.emailsrvr.com.
@                       TXT    "v=spf1 include:emailsrvr.com ~all"
@                       TXT    "it's ${var.x} %{if true} \"quoted\" \\ back; #{x} $(rm) `id`"
autodiscover            A      192.0.2.8
autodiscover            AAAA   2001:db8::8
_sipfederationtls._tcp  SRV    0 0 5061 lync01.mex06.emailsrvr.com.
webmail                 CNAME  pl-10.webmail.emailsrvr.com.
"#;

const OPTIONS: &str = "--phase tidy --services exchange,teams --source rackspace";

fn changes() -> Vec<Change> {
    World::from_zone(WORLD).with_options(OPTIONS).check().changes
}

fn with_sheet<T>(write: impl FnOnce(&Sheet<'_>) -> T) -> T {
    let domain: Name = "contoso.com".parse().unwrap();
    write(&Sheet { domain: &domain, zone: &domain, changes: &changes(), options: "" })
}

#[test]
fn the_expected_spf_record_is_the_one_that_the_plan_publishes() {
    let workspace = Workspace::new();
    for (published, expected) in [
        ("v=spf1 mx ip4:192.0.2.25 ~all", "v=spf1 mx ip4:192.0.2.25 include:spf.protection.outlook.com ~all"),
        (
            "v=spf1 ip4:192.0.2.25 include:spf.protection.outlook.com ?all",
            "v=spf1 ip4:192.0.2.25 include:spf.protection.outlook.com ?all",
        ),
        ("another text", "v=spf1 include:spf.protection.outlook.com -all"),
    ] {
        let zone = format!(
            "$ORIGIN contoso.com.\n$TTL 1h\n@ MX 0 contoso-com.mail.protection.outlook.com.\n@ TXT \"{published}\"\n\
             @ TXT \"MS=ms12345678\"\n"
        );
        let file = workspace.put("contoso.zone", zone);
        let run = cutover(&format!("check contoso.com --zone {file} --format json"));
        let domain = run.domain();
        let list = domain["expectations"].as_array().unwrap();
        let spf = list.iter().find(|one| one["id"] == "spf").unwrap();
        assert_eq!(spf["expected"], serde_json::json!([format!("\"{expected}\"")]), "{published}");
    }
}

/// An SPF record that the plan leaves as it is has to be fixed before the switch.
#[test]
fn every_form_names_the_precondition_of_the_switch() {
    let zone = "fixtures/scenarios/spf/edit-exceeds-before-the-switch.zone --zone fixtures/others.zone";
    for format in
        ["table", "bind", "nsupdate", "dnscontrol", "octodns", "terraform", "powershell", "csv", "json"]
            .into_iter()
            .chain(["runbook", "ics --switch-at 2027-01-01T00:00:00Z"])
    {
        let text = cutover(&format!("plan contoso.com --zone {zone} --format {format}")).out;
        let text = text.replace("\r\n ", "");
        assert!(text.contains("Do not switch before SPF is fixed by hand"), "{format}: {text}");
    }
}

/// The records that the plan wants, as `host type`.
fn wanted() -> Vec<(String, String, usize)> {
    let zone: Name = "contoso.com".parse().unwrap();
    let changes = merged(&changes());
    let kept = changes.iter().filter(|change| !change.after.is_empty());
    kept.map(|change| (change.name.host_in(&zone), change.rtype.to_string(), change.after.data.len()))
        .collect()
}

#[test]
fn the_way_back_of_the_way_back_is_the_plan() {
    let plan = changes();
    let sets: Vec<String> =
        plan.iter().map(|change| format!("{} {} {}", change.phase, change.name, change.rtype)).collect();
    let expected = [
        "prepare contoso.com. TXT",
        "prepare _dmarc.contoso.com. TXT",
        "switch contoso.com. MX",
        "switch _sipfederationtls._tcp.contoso.com. SRV",
        "switch autodiscover.contoso.com. A",
        "switch autodiscover.contoso.com. AAAA",
        "switch autodiscover.contoso.com. CNAME",
        "tidy contoso.com. TXT",
        "tidy webmail.contoso.com. CNAME",
    ];
    assert_eq!(sets, expected);
    let back = rollback(&plan);
    let again = rollback(&back);
    for (one, other) in plan.iter().zip(&again) {
        assert_eq!(
            (&one.name, one.rtype, &one.before.data, &one.after.data),
            (&other.name, other.rtype, &other.before.data, &other.after.data)
        );
    }
    // Publishing it, and then the way back, leaves the zone as it was.
    let world = World::from_zone(WORLD).with_options(OPTIONS);
    let undone = world.publish(&plan).publish(&back).check();
    assert_eq!(undone.changes, world.check().changes);
}

/// A set that loses the old sender and gets the new one does so in two steps, and never is without both.
#[test]
fn a_new_sender_is_added_before_the_old_one_goes() {
    let plan = changes();
    let texts: Vec<&Change> = plan
        .iter()
        .filter(|change| change.name.to_string() == "contoso.com." && change.rtype == RecordType::Txt)
        .collect();
    let [first, second] = texts[..] else { panic!("{texts:?}") };
    assert_eq!((first.phase, second.phase), (Phase::Prepare, Phase::Tidy));
    assert_eq!(first.after, second.before);
    let has = |set: &RecordSet, term: &str| set.data.iter().any(|data| data.to_string().contains(term));
    let (old, new) = ("include:emailsrvr.com", "include:spf.protection.outlook.com");
    assert!(has(&first.after, old) && has(&first.after, new));
    assert!(!has(&second.after, old) && has(&second.after, new));
    // All removals before all additions would bring the first record back.
    let script = with_sheet(to_powershell);
    let (forth, _) = script.split_once("# To undo").unwrap();
    let lines: Vec<&str> = forth.lines().collect();
    let at = |command: &str, record: &str| {
        let found = lines.iter().position(|line| line.contains(command) && line.contains(record));
        found.unwrap_or_else(|| panic!("{command} {record}: {script}"))
    };
    let both = "include:emailsrvr.com include:spf.protection.outlook.com";
    assert!(at("Add-DnsServerResourceRecord", both) < at("Remove-DnsServerResourceRecord", both), "{script}");
    // Forms that hold a set once have what is left in the end.
    for text in [
        with_sheet(to_dnscontrol),
        with_sheet(to_octodns),
        with_sheet(|sheet| to_terraform(sheet, DnsHost::Azure)),
    ] {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(new)).collect();
        let held: Vec<&&str> = lines.iter().filter(|line| !line.starts_with(['#', '/'])).collect();
        assert!(held.len() == 1 && !held[0].contains(old), "{text}");
        assert!(text.contains("change twice"), "{text}");
    }
}

#[test]
fn terraform_reads_its_resources() {
    for host in DnsHost::ALL {
        let text = with_sheet(|sheet| to_terraform(sheet, host));
        let body: hcl::Body = hcl::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let resources: Vec<&hcl::Block> = body.blocks().collect();
        let expected: usize = match host {
            DnsHost::Cloudflare => wanted().iter().map(|(.., records)| records).sum(),
            DnsHost::Azure | DnsHost::Route53 => wanted().len(),
        };
        assert_eq!(resources.len(), expected, "{text}");
        assert!(resources.iter().all(|block| block.identifier() == "resource" && block.labels().len() == 2));
        // What looks like a template is text.
        assert!(text.contains("$${var.x}") && text.contains("%%{if true}"), "{text}");
    }
}

#[test]
fn octodns_reads_its_zone() {
    let text = with_sheet(to_octodns);
    let zone: Value = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut found = Vec::new();
    for (host, sets) in zone.as_object().unwrap() {
        for set in sets.as_array().unwrap() {
            let count = set.get("values").map_or(1, |values| values.as_array().unwrap().len());
            let host = if host.is_empty() { "@" } else { host };
            found.push((host.to_owned(), set["type"].as_str().unwrap().to_owned(), count));
        }
    }
    let mut expected = wanted();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{text}");
    assert!(text.contains("back\\\\; #{x}"), "{text}");
}

#[test]
fn dnscontrol_gets_statements_of_javascript() {
    let text = with_sheet(to_dnscontrol);
    let code: Vec<&str> = text.lines().filter(|line| !line.starts_with("//")).collect();
    assert_eq!((code.first(), code.last()), (Some(&"D_EXTEND(\"contoso.com\","), Some(&");")), "{text}");
    for line in &code[1..code.len() - 1] {
        // The arguments of a call are those of JSON, but for the last.
        let (name, rest) = line.trim().split_once('(').unwrap();
        assert!(["MX", "TXT", "CNAME", "SRV", "A", "AAAA"].contains(&name), "{line}");
        let (arguments, ttl) = rest.rsplit_once(", TTL(").unwrap();
        let arguments: Value = serde_json::from_str(&format!("[{arguments}]")).unwrap();
        assert!(arguments.as_array().unwrap().len() >= 2 && ttl == "3600)),", "{line}");
    }
}

#[test]
fn node_takes_the_snippet_for_javascript() {
    let workspace = Workspace::new();
    let file = workspace.put("dnsconfig.js", with_sheet(to_dnscontrol));
    match std::process::Command::new("node").args(["--check", &file]).output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        // Its lines are held against the grammar above in any case.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}

#[test]
fn cmdlets_hold_text_as_text() {
    let text = with_sheet(to_powershell);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert_eq!(line.matches('\'').count() % 2, 0, "{line}");
        let known = [
            "Get-DnsServerResourceRecord",
            "Add-DnsServerResourceRecord",
            "& {",
            "Assert-RecordSet ",
            "function Assert-RecordSet(",
            "    ",
            "}",
            "$zone = ",
            "$ErrorAction",
        ];
        assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
    }
    // An address in the way goes before the alias comes.
    let removed = text.find("$_.RecordData.IPv4Address.IPAddressToString -eq").unwrap();
    assert!(removed < text.find("-CName -HostNameAlias 'autodiscover.outlook.com.'").unwrap());
}

#[test]
fn rows_are_read_back() {
    let text = with_sheet(to_csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let count: usize = changes().iter().map(|change| change.removed().count() + change.added().count()).sum();
    assert_eq!(rows.len(), count);
    assert!(rows.iter().any(|row| &row[1] == "delete" && &row[3] == "webmail"), "{text}");
}

#[test]
fn a_text_that_could_end_a_comment_is_no_part_of_a_script() {
    let world = format!("{WORLD}@ TXT \"x\\010Remove-Item -Recurse\\013y\"\n");
    let plan = World::from_zone(&world).with_options(OPTIONS).check().changes;
    let domain: Name = "contoso.com".parse().unwrap();
    let sheet = Sheet { domain: &domain, zone: &domain, changes: &plan, options: "" };
    let forms = [
        to_powershell(&sheet),
        to_dnscontrol(&sheet),
        to_octodns(&sheet),
        to_terraform(&sheet, DnsHost::Route53),
        to_nsupdate(&sheet),
        to_bind(&plan),
    ];
    for text in forms {
        assert!(text.lines().all(|line| !line.trim_start().starts_with("Remove-Item")), "{text}");
        assert!(!text.contains('\r'), "{text}");
    }
    // Forms that need the whole set say that they cannot hold it.
    assert!(to_octodns(&sheet).contains("by hand"));
}

#[test]
fn every_form_comes_from_the_command_line() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", WORLD);
    let plan = |format: &str| cutover(&format!("plan contoso.com --zone {file} --format {format}"));
    for (format, part) in [
        ("nsupdate", "update add contoso.com. 3600 IN MX 0 contoso-com.mail.protection.outlook.com."),
        ("dnscontrol", "MX(\"@\", 0, \"contoso-com.mail.protection.outlook.com.\", TTL(3600)),"),
        ("octodns", "exchange: \"contoso-com.mail.protection.outlook.com.\""),
        ("terraform", "azurerm_dns_mx_record"),
        ("terraform --provider cloudflare", "cloudflare_dns_record"),
        ("terraform --provider route53", "aws_route53_record"),
        ("powershell", "-MX -MailExchange 'contoso-com.mail.protection.outlook.com.' -Preference 0"),
        ("csv", "contoso.com,@,contoso.com,MX,3600,0 contoso-com.mail.protection.outlook.com."),
        ("json", "\"0 contoso-com.mail.protection.outlook.com.\""),
        ("bind", "contoso.com. 3600 IN MX 0 contoso-com.mail.protection.outlook.com."),
    ] {
        let run = plan(format);
        assert!(run.status == 0 && run.out.contains(part), "{format}: {run:?}");
        // The way back puts the old host in.
        let back = plan(&format!("{format} --rollback"));
        assert!(back.status == 0 && back.out.contains("mx1.emailsrvr.com"), "{format}: {back:?}");
    }
    let refused = plan("terraform --provider gcp");
    assert!(refused.status == 2 && refused.err.contains("cloudflare"), "{refused:?}");
}
