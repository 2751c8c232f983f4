//! Is a mistyped or doubtful MX host found before it becomes the plan?

use super::{at_source, zone};
use crate::run::{Run, Workspace, cutover};

/// What a run prints about the given host, and whether each MX edit has to be compared.
fn mx_edits(run: &Run) -> Vec<(String, bool)> {
    let domain = run.domain();
    let changes = domain["changes"].as_array().unwrap().iter().filter(|change| change["type"] == "MX");
    let edit = |change: &serde_json::Value| {
        (change["after"][0].as_str().unwrap().to_owned(), change["confirm"].as_bool().unwrap())
    };
    changes.map(edit).collect()
}

#[test]
fn a_typing_error_of_microsofts_domain_is_refused_wherever_an_option_is_given() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    for typed in [
        "contoso-com.mail.protection.outlook.co",
        "contoso-com.mail.protection.outlok.com",
        "contoso-com.mail.protection.outlook.com.contoso.com",
        "contoso.com.mail.protection.outlook.com",
    ] {
        let line = format!("[[domain]]\nname = \"contoso.com\"\nmx = \"{typed}\"\n");
        let settings = workspace.put("cutover.toml", line);
        let defaults = workspace.put("defaults.toml", format!("[defaults]\nmx = \"{typed}\"\n"));
        let list = workspace.put("list.txt", format!("# moved in May\ncontoso.com mx={typed}\n"));
        for (options, place) in [
            (format!("contoso.com --mx {typed}"), "--mx"),
            (format!("--settings {settings}"), "cutover.toml:2"),
            (format!("contoso.com --settings {defaults}"), "--mx"),
            (format!("--domains {list}"), "list.txt:2"),
        ] {
            let run = cutover(&format!("check --zone {file} --format json {options}"));
            assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{options}: {run:?}");
            let meant = "did you mean `contoso-com.mail.protection.outlook.com`?";
            for word in [place, typed, meant] {
                assert!(run.err.contains(word), "{options}: `{word}` is not in: {}", run.err);
            }
        }
    }
}

#[test]
fn a_host_that_is_not_the_domains_own_is_said_and_compared() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let check = |options: &str| cutover(&format!("check contoso.com --zone {file} --format json {options}"));
    for (host, words) in [
        ("mail.lab.example", &["is not a mail host of Microsoft 365"][..]),
        ("fabrikam-com.mail.protection.outlook.com", &["belongs to `fabrikam.com`"]),
        ("contoso-com.mail.protection.partner.outlook.cn", &["21Vianet"]),
        ("mx1.mimecast.com", &["`--gateway mimecast`"]),
        ("contoso-com.mx.microsoft", &["no valid partition"]),
        ("contoso-com.av1.mx.microsoft", &["no valid partition"]),
        ("contoso.mail.protection.outlook.com", &["`contoso-com.mail.protection.outlook.com`"]),
    ] {
        let run = check(&format!("--mx {host}"));
        let said = run.err.lines().find(|line| line.starts_with("note: --mx: ")).unwrap_or_default();
        assert!(said.contains(host) && words.iter().all(|word| said.contains(word)), "{run:?}");
        assert_eq!(mx_edits(&run), [(format!("0 {host}."), true)], "{run:?}");
        assert!(run.domain()["expectations"][1]["message"].as_str().unwrap().contains(host), "{run:?}");
    }
    // The domain's own host, and that of a declared filter, are as good as any.
    for options in ["--mx contoso-com.o-v1.mx.microsoft", "--gateway filter.example --mx mx1.filter.example"]
    {
        let run = check(options);
        assert!(!run.err.contains("--mx"), "{options}: {}", run.err);
        assert!(mx_edits(&run).iter().all(|(_, confirm)| !confirm), "{options}: {run:?}");
    }
}

#[test]
fn an_endpoint_that_receives_no_mail_is_refused() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let run = cutover(&format!("check contoso.com --zone {file} --mx smtp.hve.mx.microsoft"));
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{run:?}");
}

#[test]
fn a_typing_error_in_a_list_of_microsofts_is_said_with_its_place_and_the_list_is_used() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let list = workspace.put(
        "list.csv",
        "type,name,value\nMX,@,contoso-com.mail.protection.outlok.com\n\
         TXT,@,v=spf1 include:spf.protection.outlok.com -all\nCNAME,autodiscover,autodiscover.outlook.com\n",
    );
    let run = cutover(&format!("check contoso.com --zone {file} --expect {list} --format json"));
    for words in [
        &["list.csv: line 2", "`contoso-com.mail.protection.outlook.com`"][..],
        &["list.csv: line 3", "read as `include:spf.protection.outlook.com`"],
    ] {
        let said = run.err.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(said, "{words:?}: {}", run.err);
    }
    assert_eq!(mx_edits(&run), [("0 contoso-com.mail.protection.outlok.com.".to_owned(), true)]);
    assert!(
        run.out.contains("include:spf.protection.outlook.com")
            && !run.out.contains("include:spf.protection.outlok")
    );
    // The domain's own list says nothing.
    let list = workspace.put("right.zone", zone("contoso.com", &[]));
    let run = cutover(&format!("check contoso.com --zone {file} --expect {list} --format json"));
    assert!(!run.err.contains("MX") && !run.err.contains("typing"), "{}", run.err);
}
