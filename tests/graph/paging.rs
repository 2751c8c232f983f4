//! Is a list read whole, and never where the token must not go?

use serde_json::{Value, json};

use super::{DOMAINS, TOKEN, Tenant, list, proof_path, record, service_path};

/// A page with one record of contoso.com and a link.
fn page(host: &str, next: &str) -> Value {
    let mut page = list(&[record("Mx", "contoso.com", &json!({ "mailExchange": host, "preference": 0 }))]);
    page["@odata.nextLink"] = next.into();
    page
}

const HOST: &str = "contoso-com.o-v1.mx.microsoft";

#[test]
fn all_pages_of_a_list_are_read() {
    let tenant = Tenant::with_contoso();
    let next = |number: u32| format!("{}&$skiptoken={number}", DOMAINS);
    let url = tenant.service.url();
    let domains = |names: &[&str], next: Option<String>| {
        let domain =
            |name: &&str| json!({ "id": name, "isVerified": *name == "contoso.com", "isInitial": false });
        let mut page = list(&names.iter().map(domain).collect::<Vec<_>>());
        page["@odata.nextLink"] = next.map_or(Value::Null, |next| format!("{url}{next}").into());
        page
    };
    tenant.service.json(DOMAINS, &domains(&["a.example"], Some(next(1))));
    tenant.service.json(&next(1), &domains(&[], Some(next(2))));
    tenant.service.json(&next(2), &domains(&["contoso.com", "b.example"], None));
    let run = tenant.run("check --all-domains CONTOSO URL --format json");
    assert_eq!((run.status, run.domain()["domain"].as_str()), (1, Some("contoso.com")), "{run:?}");
    assert!(run.err.contains("a.example, b.example"), "{run:?}");
    assert_eq!(tenant.service.paths().len(), 4);
}

#[test]
fn a_link_to_another_server_is_not_followed() {
    let tenant = Tenant::with_contoso();
    let thief = tenant.lab.service();
    let (url, other) = (tenant.service.url(), thief.url());
    let authority = url.trim_start_matches("http://").to_owned();
    for link in [
        format!("{other}/v1.0/domains"),
        format!("http://{authority}@{}/v1.0/domains", other.trim_start_matches("http://")),
        format!("https://{authority}/v1.0/domains"),
        format!("//{authority}/v1.0/domains"),
        "/v1.0/domains".into(),
        "https://graph.microsoft.com/v1.0/domains".into(),
        "no link".into(),
    ] {
        let tenant = Tenant { service: tenant.lab.service(), ..Tenant::with_contoso() };
        tenant
            .service
            .json(&service_path("contoso.com"), &page(HOST, &link.replace(&url, &tenant.service.url())));
        tenant.service.json(&proof_path("contoso.com"), &list(&[]));
        let run = tenant.run("check contoso.com CONTOSO --graph URL");
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{link}: {run:?}");
        assert!(run.err.contains("another server"), "{link}: {run:?}");
        assert_eq!(tenant.service.paths().len(), 2, "{link}");
    }
    assert_eq!(thief.requests(), Vec::<String>::new());
}

#[test]
fn a_redirect_is_not_followed() {
    let tenant = Tenant::with_contoso();
    let thief = tenant.lab.service();
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let tenant = Tenant { service: tenant.lab.service(), ..Tenant::with_contoso() };
        for path in [service_path("contoso.com"), proof_path("contoso.com")] {
            tenant.service.status(&path, status, &format!("location: {}/{TOKEN}\r\n", thief.url()), "");
        }
        let run = tenant.run("check contoso.com CONTOSO --graph URL");
        assert_eq!((run.status, run.errors()), (2, 1), "{run:?}");
        assert!(run.err.contains(&status[..3]) && run.err.contains("--graph-url"), "{run:?}");
    }
    assert_eq!(thief.requests(), Vec::<String>::new());
}

#[test]
fn a_list_without_end_is_left() {
    let tenant = Tenant::with_contoso();
    let circle = Tenant { service: tenant.lab.service(), ..Tenant::with_contoso() };
    let link = format!("{}{}", circle.service.url(), service_path("contoso.com"));
    circle.service.json(&service_path("contoso.com"), &page(HOST, &link));
    circle.service.json(&proof_path("contoso.com"), &list(&[]));
    let run = circle.run("check contoso.com CONTOSO --graph URL");
    assert!(run.status == 2 && run.err.contains("loop"), "{run:?}");
    assert_eq!(circle.service.paths().len(), 2);
    let endless = Tenant { service: tenant.lab.service(), ..Tenant::with_contoso() };
    let path = |number: usize| match number {
        0 => service_path("contoso.com"),
        _ => format!("{}?$skiptoken={number}", service_path("contoso.com")),
    };
    for number in 0..=1000 {
        let link = format!("{}{}", endless.service.url(), path(number + 1));
        endless.service.json(&path(number), &page(HOST, &link));
    }
    endless.service.json(&proof_path("contoso.com"), &list(&[]));
    let run = endless.run("check contoso.com CONTOSO --graph URL");
    assert!(run.status == 2 && run.err.contains("1000 pages"), "{run:?}");
    assert_eq!(endless.service.paths().len(), 1001);
}
