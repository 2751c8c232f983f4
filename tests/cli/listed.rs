//! Does a list of domains say what its options are, in every form that people have lists in?

use std::sync::Arc;

use cutover::cli::Surroundings;
use serde_json::Value;

use super::{at_source, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};

/// A workspace with the zones of `contoso.com` and `fabrikam.com`, and the options that name them.
fn workspace() -> (Workspace, String) {
    let workspace = Workspace::new();
    let contoso = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let fabrikam = workspace.put("fabrikam.com.zone", at_source("fabrikam.com"));
    let zones = format!("--zone {contoso} --zone {fabrikam}");
    (workspace, zones)
}

/// Checks a list with these options, as one JSON document.
fn check(workspace: &Workspace, list: &str, options: &str) -> Run {
    let list = workspace.put("list.txt", list);
    cutover(&format!("check --domains {list} --format json {options}"))
}

fn domain(run: &Run, name: &str) -> Value {
    let report = run.json();
    let mut domains = report["domains"].as_array().unwrap().iter();
    domains.find(|one| one["domain"] == name).unwrap_or_else(|| panic!("no {name}: {run:?}")).clone()
}

fn expected(run: &Run, name: &str, id: &str) -> String {
    let domain = domain(run, name);
    let mut found = domain["expectations"].as_array().unwrap().iter();
    found.find(|one| one["id"] == id).unwrap()["expected"][0].as_str().unwrap_or_default().to_owned()
}

#[test]
fn options_behind_a_domain_are_those_of_the_domain_alone() {
    let (workspace, zones) = workspace();
    let list = "contoso.com\ttenant=contoso  # the big one\n\
                fabrikam.com source=rackspace phase=tidy spf-sender=ip4:192.0.2.1 spf-sender=include:spf.example hybrid\n";
    let run = check(&workspace, list, &zones);
    assert_eq!((run.status, run.errors()), (1, 0), "{run:?}");
    assert!(expected(&run, "contoso.com", "dkim-selector1").contains("contoso.onmicrosoft"), "{run:?}");
    let fabrikam = domain(&run, "fabrikam.com");
    assert_eq!((&fabrikam["phase"], &fabrikam["source"]["id"]), (&"tidy".into(), &"rackspace".into()));
    let spf = expected(&run, "fabrikam.com", "spf");
    assert!(spf.contains("ip4:192.0.2.1 ") && spf.contains("include:spf.example"), "{spf}");
    assert_eq!(domain(&run, "contoso.com")["phase"], "switch");
    // The same with the options of the command line, and of a `report` over the same list.
    let plan = workspace.put("one.txt", "contoso.com tenant=contoso\n");
    let plan = cutover(&format!("plan --domains {plan} --format bind --strict {zones}"));
    assert!(plan.out.contains("contoso.onmicrosoft.com"), "{plan:?}");
    let results = workspace.put("results.ndjson", {
        let list = workspace.path("list.txt");
        cutover(&format!("check --domains {} --format ndjson {zones}", list.display())).out
    });
    let list = workspace.free("list.txt");
    let report = cutover(&format!("report {results} --domains {list} --format json"));
    assert_eq!((report.status, &report.json()["domains"]), (1, &run.json()["domains"]), "{}", report.err);
}

#[test]
fn what_is_typed_wins_over_the_line_that_over_the_settings() {
    let (workspace, zones) = workspace();
    let settings = workspace.put(
        "cutover.toml",
        "[defaults]\ntenant = \"default\"\nphase = \"tidy\"\n\
         [[group]]\nname = \"east\"\ncloud = \"gcc\"\ntenant = \"group\"\n\
         [[domain]]\nname = \"contoso.com\"\ntenant = \"own\"\nverification = \"MS=ms11111111\"\n",
    );
    let options = format!("--settings {settings} {zones}");
    let tenant = |run: &Run, name: &str| {
        let host = expected(run, name, "dkim-selector1");
        host.split("._domainkey.").nth(1).and_then(|rest| rest.split('.').next()).unwrap().to_owned()
    };
    let list = "contoso.com tenant=line\nfabrikam.com verification=MS=ms22222222\n";
    let run = check(&workspace, list, &options);
    assert_eq!(
        (tenant(&run, "contoso.com"), tenant(&run, "fabrikam.com")),
        ("line".into(), "default".into())
    );
    // What the line does not say, the settings of the domain do.
    assert_eq!(expected(&run, "contoso.com", "verification"), "\"MS=ms11111111\"");
    assert_eq!(expected(&run, "fabrikam.com", "verification"), "\"MS=ms22222222\"");
    assert_eq!(domain(&run, "contoso.com")["phase"], "tidy");
    let run = check(&workspace, list, &format!("{options} --tenant typed"));
    assert_eq!((tenant(&run, "contoso.com"), tenant(&run, "fabrikam.com")), ("typed".into(), "typed".into()));
    // A line may put its domain into a group of the settings.
    let run = check(&workspace, "contoso.com group=east\nfabrikam.com group=east\n", &options);
    assert_eq!((tenant(&run, "contoso.com"), tenant(&run, "fabrikam.com")), ("own".into(), "group".into()));
    assert_eq!(domain(&run, "contoso.com")["cloud"], "gcc");
}

#[test]
fn a_table_with_a_header_is_recognized_whatever_separates_its_columns() {
    let (workspace, zones) = workspace();
    let row = |cells: [&str; 4], separator: &str| cells.join(separator);
    for (front, separator) in [("", ","), ("", ";"), ("", "\t"), ("sep=;\r\n", ";"), ("sep=|\r\n", "|")] {
        let header = row(["Tenant", "DOMAIN", "spf-sender", "# note"], separator);
        let first = row(["contoso", "\"contoso.com\"", "\"\"", "\"big, with; marks\nand lines\""], separator);
        let second = row(["", "fabrikam.com", "ip4:192.0.2.1 include:spf.example", ""], separator);
        let table = format!("\u{feff}{front}# from the panel\r\n{header}\r\n{first}\r\n\r\n{second}\r\n");
        let run = check(&workspace, &table, &zones);
        assert_eq!((run.status, run.errors()), (1, 0), "{table}: {run:?}");
        assert!(expected(&run, "contoso.com", "dkim-selector1").contains("contoso.onmicrosoft"), "{run:?}");
        let spf = expected(&run, "fabrikam.com", "spf");
        assert!(spf.contains("ip4:192.0.2.1") && spf.contains("include:spf.example"), "{spf}");
    }
    // UTF-16 and one column, from standard input.
    let wide: Vec<u8> =
        "\u{feff}domain\r\ncontoso.com\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let around = Surroundings { input: Some(Arc::from(wide)), ..surroundings() };
    let words = format!("check --domains - --format json {zones}");
    let run = cutover_with(words.split_whitespace(), &around);
    assert_eq!((run.status, run.json()["summary"]["domains"].as_u64()), (0, Some(1)), "{run:?}");
    // A slip in a row is told with its line, behind a cell of several lines too.
    let table = "domain,tenant,#note\n\ncontoso.com,,\"two\nlines\"\nfabrikam.com,a b,\nc.example,d,e,f\n";
    let run = check(&workspace, table, &zones);
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 2), "{run:?}");
    assert!(run.err.contains("list.txt:5: --tenant") && run.err.contains("list.txt:6: found `f`"), "{run:?}");
    // A quote that is never closed would take the rows after it.
    let run = check(&workspace, "domain,#note\ncontoso.com,\"big\nfabrikam.com,small\n", &zones);
    assert!(
        run.status == 2 && run.err.contains("list.txt:2: a quotation mark has no counterpart"),
        "{run:?}"
    );
    let run = check(&workspace, "domain;tenat\ncontoso.com;contoso\n", &zones);
    assert!(
        run.status == 2 && run.err.contains("list.txt:1: unknown option `tenat`; did you mean `tenant`?")
    );
}

#[test]
fn addresses_stand_for_their_domains_and_are_noted() {
    let (workspace, zones) = workspace();
    let run =
        check(&workspace, "https://www.contoso.com/x?y=1#z\nadmin@Fabrikam.com tenant=fabrikam\n", &zones);
    assert_eq!((run.status, run.json()["summary"]["domains"].as_u64()), (1, Some(2)), "{run:?}");
    assert!(run.err.contains("list.txt:1: `https://www.contoso.com/x?y=1#z` is read as `contoso.com`"));
    assert!(run.err.contains("list.txt:2: `admin@Fabrikam.com` is read as `fabrikam.com`"), "{}", run.err);
    assert!(expected(&run, "fabrikam.com", "dkim-selector1").contains("fabrikam.onmicrosoft"), "{run:?}");
    // Ten are named, and the others counted.
    let list: String = (0..13).map(|number| format!("*.d{number}.example\n")).collect();
    let run = check(&workspace, &list, &zones);
    assert_eq!(run.err.matches("is read as").count(), 10, "{}", run.err);
    assert!(run.err.contains("and 3 more"), "{}", run.err);
    // What is typed is refused with what was meant, as ever.
    let typed = cutover(&format!("check https://contoso.com/ {zones}"));
    assert!(typed.status == 2 && typed.err.contains("did you mean `contoso.com`?"), "{typed:?}");
}

#[test]
fn all_slips_of_a_list_are_told_at_once_and_nothing_is_looked_up() {
    let (workspace, _zones) = workspace();
    let slips = [
        ("192.0.2.1", "is an IP address"),
        ("2.0.192.in-addr.arpa", "is a reverse zone"),
        ("a..example", "empty label"),
        ("contoso.com fabrikam.com", "a line names one domain"),
        ("contoso.com tenat=contoso", "did you mean `tenant`?"),
        ("contoso.com resolver=192.0.2.53", "unknown option `resolver`"),
        ("contoso.com phase=swich", "prepare, switch, tidy"),
        ("contoso.com source=rakspace", "did you mean `rackspace`?"),
        ("contoso.com spf-sender=192.0.2.1", "did you mean `ip4:192.0.2.1`?"),
        ("contoso.com tenant=a tenant=b", "multiple times"),
        ("contoso.com tenant=", "`tenant` has no value"),
        ("contoso.com hybrid=perhaps", "expected `true` or `false`"),
        ("contoso.com expect=nowhere.json", "nowhere.json"),
        ("contoso.com group=east", "unknown group `east`"),
        ("contoso.com \"tenant=contoso", "quotation mark"),
    ];
    for (slip, words) in slips {
        let run = check(&workspace, &format!("b.example\n{slip}\n"), "--resolver 192.0.2.53");
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{slip}: {run:?}");
        assert!(run.err.contains("list.txt:2: ") && run.err.contains(words), "{slip}: {}", run.err);
    }
    let list: String = (0..25).map(|number| format!("d{number}.example tenat=x\n")).collect();
    let run = check(&workspace, &list, "--resolver 192.0.2.53");
    assert_eq!((run.status, run.errors()), (2, 21), "{run:?}");
    assert!(run.err.contains("list.txt:20: ") && run.err.contains("5 more lines cannot be used"), "{run:?}");
    // A domain has its options in one place.
    let run = check(&workspace, "contoso.com tenant=a\ncontoso.com\nCONTOSO.com tenant=b\n", "");
    assert!(
        run.status == 2 && run.err.contains("list.txt:3: `contoso.com` is in the list already"),
        "{run:?}"
    );
}

#[test]
fn files_of_a_line_are_meant_from_the_folder_of_the_list() {
    let (workspace, zones) = workspace();
    workspace.put("graph.csv", "type,name,value\nTXT,@,MS=ms33333333\n");
    let run = check(&workspace, "contoso.com expect=graph.csv\nfabrikam.com tenant=fabrikam\n", &zones);
    assert_eq!(expected(&run, "contoso.com", "verification"), "\"MS=ms33333333\"");
    assert_ne!(expected(&run, "fabrikam.com", "verification"), "\"MS=ms33333333\"");
}
