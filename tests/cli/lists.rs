//! Do the lists that admins have decide what is expected?

use serde_json::Value;

use super::{at_source, zone};
use crate::run::{Run, Workspace, cutover, cutover_wide};

const GRAPH: &str = r##"{"value": [
  {"@odata.type": "#microsoft.graph.domainDnsMxRecord", "label": "contoso.com", "recordType": "Mx", "ttl": 1800,
   "mailExchange": "contoso-com.o-v1.mx.microsoft", "preference": 0},
  {"@odata.type": "#microsoft.graph.domainDnsTxtRecord", "label": "contoso.com", "recordType": "Txt", "ttl": 3600,
   "text": "v=spf1 include: spf.protection.outlook.com -all"},
  {"@odata.type": "#microsoft.graph.domainDnsCnameRecord", "label": "msoid.contoso.com", "recordType": "CName",
   "canonicalName": "clientconfig.microsoftonline-p.net"},
  {"@odata.type": "#microsoft.graph.domainDnsCnameRecord", "label": "sip.contoso.com", "recordType": "CName",
   "canonicalName": "sipdir.online.lync.com"},
  {"@odata.type": "#microsoft.graph.domainDnsCnameRecord", "label": "portal.contoso.com", "recordType": "CName",
   "canonicalName": "portal.example"}
]}"##;

const PROOF: &str = r##"{"Label": "contoso.com", "RecordType": "Txt",
  "AdditionalProperties": {"@odata.type": "#microsoft.graph.domainDnsTxtRecord", "text": "MS=ms87654321"}}"##;

const KEYS: &str = r#"{"Domain": "contoso.com",
  "Selector1CNAME": "selector1-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft",
  "Selector2CNAME": "selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft"}"#;

fn expectation(run: &Run, id: &str) -> Value {
    let domain = run.domain();
    let mut list = domain["expectations"].as_array().unwrap().iter();
    list.find(|one| one["id"] == id).unwrap().clone()
}

#[test]
fn a_value_of_a_list_wins_over_the_rule_and_names_its_list() {
    let workspace = Workspace::new();
    let (list, file) =
        (workspace.put("graph.json", GRAPH), workspace.put("contoso.com.zone", zone("contoso.com", &[])));
    let run = cutover(&format!("check contoso.com --zone {file} --expect {list} --format json"));
    let mx = expectation(&run, "mx");
    assert_eq!((run.status, mx["status"].as_str(), mx["origin"].as_str()), (1, Some("unmet"), Some("given")));
    assert_eq!(mx["expected"][0], "0 contoso-com.o-v1.mx.microsoft.");
    assert!(mx["message"].as_str().unwrap().contains("graph.json"), "{mx}");
    let spf = expectation(&run, "spf");
    assert_eq!((spf["status"].as_str(), spf["origin"].as_str()), (Some("met"), Some("given")));
    // What was put right on the way in, and what is not used.
    for part in ["`v=spf1 include:spf.", "msoid.contoso.com", "portal.contoso.com"] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    let ignored = run.domain()["ignored"].clone();
    assert_eq!(ignored.as_array().unwrap().len(), 2, "{ignored}");
    assert_eq!((&ignored[0]["place"], &ignored[1]["place"]), (&"$.value[2]".into(), &"$.value[4]".into()));
    assert!(mx["given_by"].as_str().unwrap().ends_with("graph.json"), "{mx}");
    // A list does not bring back what is not needed any more.
    assert_eq!(expectation(&run, "teams-sip")["status"], "met");
    // The plan publishes what the list says, and then nothing is left.
    let plan = cutover(&format!("plan contoso.com --zone {file} --expect {list} --format bind"));
    assert!(plan.out.contains("contoso.com. 1800 IN MX 0 contoso-com.o-v1.mx.microsoft."), "{plan:?}");
}

#[test]
fn a_flag_wins_over_a_list() {
    let workspace = Workspace::new();
    let (list, file) =
        (workspace.put("graph.json", GRAPH), workspace.put("contoso.com.zone", zone("contoso.com", &[])));
    let host = "contoso-com.mail.protection.outlook.com";
    let run = cutover(&format!("check contoso.com --zone {file} --expect {list} --mx {host} --format json"));
    assert_eq!((run.status, run.code("mx").as_str()), (0, "met"), "{run:?}");
}

#[test]
fn several_lists_add_up() {
    let workspace = Workspace::new();
    let lists = [("graph.json", GRAPH), ("proof.json", PROOF), ("keys.json", KEYS)];
    let lists = lists.map(|(name, text)| format!("--expect {}", workspace.put(name, text))).join(" ");
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let run = cutover(&format!("check contoso.com --zone {file} {lists} --phase prepare --format json"));
    assert_eq!(run.code("verification"), "verification-other-value");
    let key = expectation(&run, "dkim-selector1");
    assert_eq!(key["expected"][0], "selector1-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft.");
    let published = at_source("contoso.com")
        + "selector1._domainkey CNAME selector1-contoso-com._domainkey.contoso.onmicrosoft.com.\n\
           selector2._domainkey CNAME selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft.\n";
    let file = workspace.put("keys.zone", published);
    let run = cutover(&format!("check contoso.com --zone {file} {lists} --phase prepare --format json"));
    assert_eq!(run.code("dkim-selector1"), "alias-elsewhere");
    assert_eq!(expectation(&run, "dkim-selector2")["status"], "met");
}

#[test]
fn a_table_holds_several_domains() {
    let workspace = Workspace::new();
    let table = "domain;type;name;value\n\
                 contoso.com;TXT;@;MS=ms12345678\n\
                 fabrikam.com;TXT;@;MS=ms87654321\n";
    let list = workspace.put("wanted.csv", table);
    let files = ["contoso.com", "fabrikam.com"]
        .map(|name| format!("--zone {}", workspace.put(&format!("{name}.zone"), zone(name, &[]))));
    let run = cutover(&format!(
        "check contoso.com fabrikam.com {} --expect {list} --phase prepare --format json",
        files.join(" ")
    ));
    let code = |index: usize| run.json()["domains"][index]["expectations"][0]["code"].clone();
    assert_eq!((code(0), code(1)), ("met".into(), "verification-other-value".into()));
}

#[test]
fn expected_shows_what_the_lists_say_without_lookups() {
    let workspace = Workspace::new();
    let list = workspace.put("keys.json", KEYS);
    let run = cutover_wide(&format!("expected contoso.com --expect {list}"));
    assert!(run.status == 0 && run.out.contains("contoso.n-v1.dkim.mail.microsoft"), "{run:?}");
}

#[test]
fn what_is_no_list_ends_the_run_before_anything_is_looked_up() {
    let workspace = Workspace::new();
    for (name, text) in [("bad.json", "{"), ("bad.csv", "Type,Value\nMX,\n"), ("bad.zone", "@ MX ten x\n")] {
        let list = workspace.put(name, text);
        for command in ["check", "plan", "expected"] {
            let run = cutover(&format!("{command} contoso.com --expect {list}"));
            assert_eq!((run.status, run.out.as_str(), run.errors() > 0), (2, "", true), "{run:?}");
            assert!(run.err.contains(name), "{run:?}");
        }
    }
    let kind = cutover("check contoso.com --expect x --expect-format xml");
    assert!(kind.status == 2 && kind.err.contains("powershell"), "{kind:?}");
    // A list of somebody else is said to be one.
    let other = workspace.put("other.json", GRAPH);
    let file = workspace.put("fabrikam.com.zone", zone("fabrikam.com", &[]));
    let run = cutover(&format!("check fabrikam.com --zone {file} --expect {other}"));
    assert!(run.status == 0 && run.err.contains("other.json contains no record"), "{run:?}");
}

#[test]
fn a_given_policy_is_proposed_and_an_empty_list_is_refused() {
    let workspace = Workspace::new();
    let policy = "v=DMARC1; p=reject; rua=mailto:reports@contoso.com";
    let list = workspace.put("list.zone", format!("_dmarc.contoso.com. 3600 IN TXT \"{policy}\"\n"));
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let run = cutover(&format!("plan contoso.com --zone {file} --expect {list} --format json"));
    let plan: Value = serde_json::from_str(&run.out).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    let change = changes.iter().find(|change| change["name"] == "_dmarc.contoso.com.").unwrap();
    assert_eq!((&change["after"][0], &change["confirm"]), (&format!("\"{policy}\"").into(), &true.into()));
    // What is no policy is not published, and said.
    let broken = workspace.put("broken.zone", "_dmarc.contoso.com. 3600 IN TXT \"v=DMARC1; p=rejct\"\n");
    let run = cutover(&format!("plan contoso.com --zone {file} --expect {broken} --format bind"));
    assert!(!run.out.contains("rejct") && run.err.contains("is not a DMARC policy"), "{run:?}");
    for text in ["", " \n"] {
        let empty = workspace.put("empty.json", text);
        let run = cutover(&format!("check contoso.com --zone {file} --expect {empty}"));
        assert!(run.status == 2 && run.err.contains("it is empty") && run.out.is_empty(), "{run:?}");
    }
}
