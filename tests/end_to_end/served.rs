//! Does a person get from `cutover serve` what it promises: rows that fill, values to copy, plans in tabs, and news?
//!
//! A real browser on the pages of a server, with name servers that a script directs.

use std::time::Duration;

use serde_json::json;

use super::browser::Browser;
use crate::lab::Say;
use crate::lookup::{Estate, OLD_MX, version};
use crate::run::Workspace;
use crate::serve::Server;

/// The mark of a document: a page that is loaded again does not have it.
const MARK: &str = "window.mark = true";

#[test]
fn a_person_checks_a_domain_copies_values_and_sees_the_verdict_turn() {
    let Some(browser) = Browser::find() else { return };
    let mut page = browser.devtools();
    let (estate, workspace) = (Estate::new(), Workspace::new());
    estate.publish(&version(1, OLD_MX));
    // Everything but SPF is answered after a moment.
    let spf = |say: &Say| {
        for server in [&estate.first, &estate.second, &estate.resolver] {
            server.say_to("contoso.com", "TXT", say.clone());
        }
    };
    spf(&Say::Nothing);
    estate.first.delay(Duration::from_millis(100));
    estate.second.delay(Duration::from_millis(100));
    let settings = workspace.put("cutover.toml", "");
    let words = format!("--settings {settings} --every 1s {}", estate.options());
    let server = Server::start(&words);
    let address = server.address();
    let origin = format!("http://{address}");
    page.allow_clipboard(&origin);

    // A domain is typed, and its rows fill while SPF is not answered yet.
    page.open(&format!("{origin}/"));
    page.click("input[name=domain]");
    page.type_line("Contoso.com");
    page.until("location.pathname", |path| path == "/domains/contoso.com");
    page.until("document.querySelector(\"#live-mx .bad\").textContent", |mark| mark == "✘");
    assert_eq!(page.value("document.querySelector(\"#live-spf\")"), json!(null));
    assert!(page.text("main").contains("A check is in progress"));
    page.value(MARK);
    spf(&Say::Zone);
    page.until("document.querySelector(\"td.value > button\").textContent", |text| text == "Copy");
    assert_eq!(page.value("window.mark"), true, "the page is the same one");

    // A value is copied as it is.
    let value = page.text("td.value > code");
    let label = "document.querySelector(\"td.value > button\").textContent";
    page.click_until("td.value > button", label, |text| text == "Copied");
    assert_eq!(page.clipboard(), value);
    let plan = server.get("/api/v1/domains/contoso.com/plan?format=json").json();
    let values: Vec<&str> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|change| [&change["before"], &change["after"]])
        .flat_map(|set| set.as_array().unwrap())
        .filter_map(|data| data.as_str())
        .collect();
    assert!(
        values.iter().any(|known| known.trim_end_matches('.') == value.trim_end_matches('.')),
        "{value}: {values:?}"
    );

    // The plan in each form, which a click on its tab shows.
    for format in ["bind", "terraform", "runbook"] {
        let tab = format!("a[href*=\"plan={format}#\"]");
        page.click_until(&tab, "location.search", |query| query == &format!("?plan={format}"));
        let text = page.text("pre.plan > code");
        let written = server.get(&format!("/api/v1/domains/contoso.com/plan?format={format}")).body;
        let lines =
            |text: &str| text.lines().filter(|line| !line.contains("UTC")).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&text), lines(&written), "{format}");
        assert_eq!(page.text("[aria-current]"), format);
        let label = "document.querySelector(\"pre.plan + button\").textContent";
        page.click_until("pre.plan + button", label, |text| text == "Copied");
        assert_eq!(page.clipboard(), text);
    }
    // It fits a phone, and can be read without the script.
    for path in ["/", "/domains/contoso.com?plan=terraform"] {
        let phone = json!({"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        page.call("Emulation.setDeviceMetricsOverride", phone);
        page.open(&format!("{origin}{path}"));
        let width = page.value("document.documentElement.scrollWidth");
        assert!(width.as_u64().unwrap() <= 390, "{path}: {width}");
    }
    page.call("Emulation.clearDeviceMetricsOverride", json!({}));
    page.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    page.open(&format!("{origin}/domains/contoso.com?plan=bind"));
    assert!(page.text("pre.plan > code").contains("MX"));
    assert_eq!(page.value("document.querySelectorAll(\"button\").length"), 0);
    page.call("Emulation.setScriptExecutionDisabled", json!({"value": false}));

    // The zone changes while the server is away: the page says so, and is right when it is back.
    page.open(&format!("{origin}/domains/contoso.com"));
    let verdict = "document.querySelector(\"main\").textContent.includes(\"mx-at-source\")";
    page.until(verdict, |is_there| is_there == true);
    page.value(MARK);
    let lost = "getComputedStyle(document.querySelector(\"#lost\")).display";
    assert_eq!(page.value(lost), "none");
    assert_eq!(server.stop().0, 0);
    page.until(lost, |display| display == "block");
    estate.publish(&version(2, ""));
    workspace.put("cutover.toml", "[[domain]]\nname = \"contoso.com\"\n");
    let server = Server::start_at(address, &words);
    page.until(lost, |display| display == "none");
    page.until(verdict, |is_there| is_there == false);

    // And it turns back by itself, since the domain is watched now.
    estate.publish(&version(3, OLD_MX));
    page.until(verdict, |is_there| is_there == true);
    assert_eq!(page.value("window.mark"), true, "the page is the same one");
    drop(server);
}
