//! Do the values of Microsoft Graph decide what is expected, and does the token stay where it belongs?
//!
//! Whole runs against a service on this machine; the answers of the DNS come from zone files.

mod failures;
mod paging;

use cutover::cli::Surroundings;
use cutover::lookup::graph::Token;
use serde_json::{Value, json};

use crate::cli::zone;
use crate::lab::{Lab, Service};
use crate::run::{Run, Workspace, cutover_with, surroundings};

/// What nobody but the service may see.
const TOKEN: &str = "eyJ0eXAiOiJKV1Qi.c2VjcmV0LW9mLXRoZS10ZW5hbnQ.c2lnbmF0dXJl";

/// A tenant with a service that knows it, and a workspace with the zones of its domains.
struct Tenant {
    lab: Lab,
    service: Service,
    workspace: Workspace,
}

/// A record of a list.
fn record(kind: &str, label: &str, more: &Value) -> Value {
    let mut record = json!({
        "@odata.type": format!("#microsoft.graph.domainDns{kind}Record"),
        "label": label, "recordType": kind, "supportedService": "Email", "ttl": 3600, "isOptional": false,
    });
    let more = more.as_object().unwrap().clone();
    record.as_object_mut().unwrap().extend(more);
    record
}

fn list(records: &[Value]) -> Value {
    json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#domains", "value": records })
}

fn service_path(domain: &str) -> String {
    format!("/v1.0/domains/{domain}/serviceConfigurationRecords")
}

fn proof_path(domain: &str) -> String {
    format!("/v1.0/domains/{domain}/verificationDnsRecords")
}

const DOMAINS: &str = "/v1.0/domains?$select=id,isVerified,isInitial";

impl Tenant {
    fn new() -> Self {
        let lab = Lab::start();
        let service = lab.service();
        Self { lab, service, workspace: Workspace::new() }
    }

    /// One whose only domain is contoso.com, with the values that Microsoft shows for it.
    fn with_contoso() -> Self {
        let tenant = Self::new();
        tenant.knows("contoso.com");
        tenant
    }

    /// Puts a domain into the tenant; its zone is ready but for the newer MX host that Microsoft wants by now.
    fn knows(&self, domain: &str) {
        let host = domain.replace('.', "-");
        let mx = json!({ "mailExchange": format!("{host}.o-v1.mx.microsoft"), "preference": 0 });
        let spf = json!({ "text": "v=spf1 include:spf.protection.outlook.com -all" });
        self.service
            .json(&service_path(domain), &list(&[record("Mx", domain, &mx), record("Txt", domain, &spf)]));
        let proof = json!({ "text": "MS=ms87654321" });
        self.service.json(&proof_path(domain), &list(&[record("Txt", domain, &proof)]));
        self.workspace.put(&format!("{domain}.zone"), zone(domain, &[]));
    }

    /// Runs a command with the token, and sees to it that nobody is told.
    fn run(&self, words: &str) -> Run {
        self.run_with(words, Some(TOKEN))
    }

    fn run_with(&self, words: &str, token: Option<&str>) -> Run {
        let words = words.replace("URL", &format!("--graph-url {}", self.service.url()));
        let zone = |name: &str| format!("--zone {}", self.workspace.free(name));
        let words = words
            .replace("CONTOSO", &zone("contoso.com.zone"))
            .replace("FABRIKAM", &zone("fabrikam.com.zone"));
        let graph_token = token.map(Token::new);
        let around = Surroundings { width: Some(400), graph_token, ..surroundings() };
        assert!(!format!("{around:?}").contains(TOKEN));
        let run = cutover_with(words.split_whitespace(), &around);
        assert!(!run.out.contains(TOKEN) && !run.err.contains(TOKEN), "{run:?}");
        run
    }
}

fn expectation(run: &Run, id: &str) -> Value {
    let domain = run.domain();
    let mut list = domain["expectations"].as_array().unwrap().iter();
    list.find(|one| one["id"] == id).unwrap().clone()
}

#[test]
fn what_graph_wants_is_what_is_expected() {
    let tenant = Tenant::with_contoso();
    let report = tenant.workspace.free("report.html");
    let record = tenant.workspace.free("run.rec");
    let run = tenant.run(&format!(
        "check contoso.com CONTOSO --graph URL --phase prepare --format json -v --record {record} --output html={report}"
    ));
    let mx = expectation(&run, "mx");
    assert_eq!(
        (mx["origin"].as_str(), mx["given_by"].as_str()),
        (Some("given"), Some("Microsoft Graph")),
        "{run:?}"
    );
    assert_eq!(mx["expected"][0], "0 contoso-com.o-v1.mx.microsoft.");
    let proof = expectation(&run, "verification");
    assert_eq!(
        (proof["code"].as_str(), proof["origin"].as_str()),
        (Some("verification-other-value"), Some("given"))
    );
    assert_eq!(expectation(&run, "autodiscover")["origin"], "standard");
    assert_eq!(run.status, 1);
    assert!(run.err.contains("a recording"), "{}", run.err);
    // Each question once, with the token in its place and nothing else that is secret.
    assert_eq!(tenant.service.paths(), [service_path("contoso.com"), proof_path("contoso.com")]);
    for head in tenant.service.requests() {
        let mut lines: Vec<String> = head.lines().skip(1).map(str::to_ascii_lowercase).collect();
        lines.retain(|line| !line.is_empty());
        lines.sort();
        let authorization = format!("authorization: bearer {}", TOKEN.to_ascii_lowercase());
        let host = tenant.service.url().replace("http://", "host: ");
        let agent = format!("user-agent: cutover/{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(lines, ["accept: application/json", &authorization, "connection: close", &host, &agent]);
        assert!(head.contains(&format!("Bearer {TOKEN}\r\n")));
    }
    // Nor does a file hold it.
    for file in tenant.workspace.files() {
        let text = std::fs::read_to_string(tenant.workspace.path(&file)).unwrap();
        assert!(!text.contains(TOKEN) && !text.contains("Bearer"), "{file}");
    }
}

#[test]
fn plan_and_expected_take_the_values_too() {
    let tenant = Tenant::with_contoso();
    let plan = tenant.run("plan contoso.com CONTOSO --graph URL --format bind");
    assert!(plan.status == 0 && plan.out.contains("IN MX 0 contoso-com.o-v1.mx.microsoft."), "{plan:?}");
    let expected = tenant.run("expected contoso.com --graph URL --format json");
    assert!(expected.status == 0 && expected.out.contains("contoso-com.o-v1.mx.microsoft."), "{expected:?}");
    // What is published then is what is wanted.
    let mx = ("MX", "@ MX 0 contoso-com.o-v1.mx.microsoft.");
    let changed = zone("contoso.com", &[mx, ("MS", "@ TXT \"MS=ms87654321\"")]);
    tenant.workspace.put("contoso.com.zone", changed);
    assert_eq!(tenant.run("check contoso.com CONTOSO --graph URL").status, 0);
    let watch = tenant.run("watch contoso.com CONTOSO --graph URL");
    assert_eq!(watch.status, 0, "{watch:?}");
}

#[test]
fn files_and_flags_win_over_graph() {
    let tenant = Tenant::with_contoso();
    let host = "contoso-com.mail.protection.outlook.com";
    let flag = tenant.run(&format!("check contoso.com CONTOSO --graph URL --mx {host} --format json"));
    assert_eq!(flag.code("mx"), "met");
    let file = list(&[record("Mx", "contoso.com", &json!({ "mailExchange": host, "preference": 0 }))]);
    let file = tenant.workspace.put("list.json", file.to_string());
    let run = tenant.run(&format!("check contoso.com CONTOSO --graph URL --expect {file} --format json"));
    assert_eq!(expectation(&run, "mx")["given_by"], file.as_str());
    assert_eq!(expectation(&run, "spf")["given_by"], "Microsoft Graph");
    // A kind that is forced is that of the files.
    let table = tenant.workspace.put("list.csv", "type,name,value\nTXT,@,MS=ms12345678\n");
    let run = tenant.run(&format!(
        "check contoso.com CONTOSO --graph URL --expect {table} --expect-format csv --format json"
    ));
    assert_eq!(run.code("verification"), "met");
}

#[test]
fn what_is_unavailable_or_not_judged_is_said() {
    let tenant = Tenant::new();
    tenant.workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let unavailable =
        record("Unavailable", "contoso.com", &json!({ "description": "the domain is federated\u{1b}[31m" }));
    let proof = record(
        "Mx",
        "contoso.com",
        &json!({ "mailExchange": "ms87654321.msv1.invalid", "preference": 32767 }),
    );
    tenant.service.json(&service_path("contoso.com"), &list(&[unavailable]));
    tenant.service.json(&proof_path("contoso.com"), &list(&[proof]));
    let run = tenant.run("check contoso.com CONTOSO --graph URL --format json");
    for part in ["unavailable record of `contoso.com`", "the domain is federated", "ms87654321.msv1.invalid"]
    {
        assert!(run.err.contains(part), "{part}: {run:?}");
    }
    assert!(!run.err.contains('\u{1b}'));
    assert_eq!((run.status, run.domain()["ignored"].as_array().unwrap().len()), (0, 2));
    let nothing = Tenant::new();
    nothing.workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    for path in [service_path("contoso.com"), proof_path("contoso.com")] {
        nothing.service.json(&path, &list(&[]));
    }
    let run = nothing.run("check contoso.com CONTOSO --graph URL");
    assert!(run.status == 0 && run.err.contains("no record for contoso.com"), "{run:?}");
}

#[test]
fn all_verified_domains_of_a_tenant_are_checked() {
    let tenant = Tenant::with_contoso();
    tenant.knows("fabrikam.com");
    let domain = |id: &str, verified: bool, initial: bool| json!({ "id": id, "isVerified": verified, "isInitial": initial });
    tenant.service.json(
        DOMAINS,
        &list(&[
            domain("contoso.onmicrosoft.com", true, true),
            domain("fabrikam.com", true, false),
            domain("new.example", false, false),
            domain("contoso.mail.onmicrosoft.com", true, false),
            domain("contoso.com", true, false),
        ]),
    );
    let run = tenant.run("check --all-domains CONTOSO FABRIKAM URL --format json");
    let report = run.json();
    let names: Vec<&str> =
        report["domains"].as_array().unwrap().iter().map(|one| one["domain"].as_str().unwrap()).collect();
    assert_eq!(names, ["fabrikam.com", "contoso.com"], "{run:?}");
    for domain in report["domains"].as_array().unwrap() {
        let mx = domain["expectations"].as_array().unwrap().iter().find(|one| one["id"] == "mx").unwrap();
        assert_eq!(mx["origin"], "given");
    }
    for part in ["new.example (not verified", "contoso.onmicrosoft.com, contoso.mail.onmicrosoft.com"] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    assert!(!run.err.contains("fabrikam.com ("), "{}", run.err);
    let mut asked = vec![DOMAINS.to_owned()];
    // What is verified needs no proof, so none is asked for, and none can be missing.
    asked.extend(["contoso.com", "fabrikam.com"].map(service_path));
    asked.sort();
    assert_eq!(tenant.service.paths(), asked);
    // A plan is for one domain, and nothing more is asked to say so.
    let plan = tenant.run("plan --all-domains CONTOSO FABRIKAM URL");
    assert!(plan.status == 2 && plan.err.contains("name the one"), "{plan:?}");
    assert_eq!(tenant.service.paths().len(), asked.len() + 1);
}

#[test]
fn settings_may_ask_for_the_values() {
    let tenant = Tenant::with_contoso();
    tenant.knows("fabrikam.com");
    let own = "[[domain]]\nname = \"fabrikam.com\"\nmx = \"fabrikam-com.mail.protection.outlook.com\"\n";
    let settings = tenant.workspace.put("values.toml", format!("[defaults]\ngraph = true\n{own}"));
    let run = tenant.run(&format!(
        "check contoso.com fabrikam.com CONTOSO FABRIKAM --settings {settings} URL --format json"
    ));
    let report = run.json();
    let hosts: Vec<Value> = (0..2)
        .map(|index| {
            let list = report["domains"][index]["expectations"].as_array().unwrap();
            list.iter().find(|one| one["id"] == "mx").unwrap()["expected"][0].clone()
        })
        .collect();
    assert_eq!(hosts, ["0 contoso-com.o-v1.mx.microsoft.", "0 fabrikam-com.mail.protection.outlook.com."]);
    // What is its own does not take the rest away.
    let other = &report["domains"][1]["expectations"];
    let spf = other.as_array().unwrap().iter().find(|one| one["id"] == "spf").unwrap();
    assert_eq!(spf["given_by"], "Microsoft Graph");
    // All domains of the tenant give way to those that are named, and win over those of the file.
    let domain = json!({ "id": "contoso.com", "isVerified": true, "isInitial": false });
    tenant.service.json(DOMAINS, &list(&[domain]));
    let all = tenant.workspace.put("all.toml", format!("[defaults]\nall-domains = true\n{own}"));
    let run = tenant.run(&format!("check --settings {all} CONTOSO URL --format json"));
    assert_eq!(run.domain()["domain"], "contoso.com", "{run:?}");
    let named = tenant.run(&format!("check fabrikam.com --settings {all} FABRIKAM --format json"));
    assert_eq!(named.domain()["domain"], "fabrikam.com", "{named:?}");
}

#[test]
fn a_tenant_without_a_domain_of_its_own_has_nothing_to_check() {
    let tenant = Tenant::new();
    let initial = json!({ "id": "contoso.onmicrosoft.com", "isVerified": true, "isInitial": true });
    tenant.service.json(DOMAINS, &list(&[initial]));
    let run = tenant.run("check --all-domains URL");
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{run:?}");
    assert!(run.err.contains("contoso.onmicrosoft.com"), "{run:?}");
}
