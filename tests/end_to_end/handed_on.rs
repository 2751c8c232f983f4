//! Can a page be handed on: to a person with a screen reader, on paper, without scripts, and with a hostile value to copy?
//!
//! Runs where a Chromium is installed or `CUTOVER_CHROMIUM` names one. `CUTOVER_AXE` names the `axe.min.js` of axe-core.

use std::path::Path;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::bounded::skip;
use super::browser::{Browser, pages};
use crate::cli::{State, recorded};
use crate::run::{Workspace, cutover};

/// The published manual of the pages that link to one.
const MANUAL: &str = "https://docs.example/cutover.html?lang=en&v=1";

/// Tries the rules of WCAG 2.1, levels A and AA, and returns the violations.
const RULES: &str = "axe.run(document, { resultTypes: ['violations'], \
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] } }).then(function (found) { \
    return found.violations.map(function (one) { \
    return one.id + ': ' + one.nodes.slice(0, 3).map(function (node) { return node.html.slice(0, 160); }).join(' | '); }); })";

/// A page about many domains in all states, in turn.
fn many(number: usize, more: &str) -> String {
    let states = [State::ChangesNeeded, State::Ready, State::Waiting, State::Undetermined];
    let names: Vec<String> = (0..number).map(|number| format!("customer-{number}.example")).collect();
    let domains: Vec<(&str, State)> =
        names.iter().enumerate().map(|(number, name)| (name.as_str(), states[number % 4])).collect();
    let (_workspace, recording) = recorded(&domains);
    cutover(&format!("check --replay {recording} --format html {more}")).out
}

/// All pages that are handed on, each with its name.
fn all_pages() -> Vec<(&'static str, String)> {
    let linked = "check contoso.com --zone fixtures/demo/contoso.com.zone --format html --manual-url";
    let mut all = pages();
    all.extend([
        ("linked", cutover(&format!("{linked} {MANUAL}")).out),
        ("explained", cutover(&format!("explain mx-at-source --format html --manual-url {MANUAL}")).out),
        ("many", many(500, "")),
    ]);
    all
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the bans are for the program")]
fn no_page_violates_the_web_content_accessibility_guidelines() {
    let Some(browser) = Browser::find() else { return };
    let Some(axe) = std::env::var_os("CUTOVER_AXE") else {
        return skip("CUTOVER_AXE does not name axe-core");
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    let mut page = browser.devtools();
    let mut faults = String::new();
    for (name, html) in all_pages() {
        let place = browser.put("page.html", &html);
        let screens = [(390, "light"), (1280, "dark")];
        // The longest page takes a minute each time.
        let screens = if name == "many" { &screens[..1] } else { &screens };
        for &(width, scheme) in screens {
            page.show(width, scheme, "");
            page.open(&place);
            // What is folded is not tried; a page about many domains repeats what one about a few has.
            let is_open = name != "many";
            page.value(&format!(
                "document.querySelectorAll('details').forEach(function (part) {{ part.open = {is_open}; }})"
            ));
            page.value(&format!("{axe}; null"));
            for fault in strings(&page.value(RULES)) {
                faults += &format!("{name} at {width}, {scheme}: {fault}\n");
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    // The same rules find faults where there are some.
    page.open(&browser.put("bad.html", "<!doctype html><title>x</title><img src='data:,'><a href='#x'></a>"));
    page.value(&format!("{axe}; null"));
    assert_ne!(page.value(RULES), json!([]));
}

#[test]
fn every_page_can_be_printed() {
    let Some(browser) = Browser::find() else { return };
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&pictures).unwrap();
    let mut page = browser.devtools();
    let mut faults = String::new();
    for (name, html) in all_pages() {
        page.open(&browser.put("page.html", &html));
        // The widths of A4 and US Letter between their margins, in CSS pixels.
        for width in [680, 702] {
            page.show(width, "dark", "print");
            for fault in strings(&page.value(include_str!("printed.js"))) {
                faults += &format!("{name} at {width}: {fault}\n");
            }
        }
        // The list and all sections make hundreds of sheets.
        if name == "many" {
            continue;
        }
        let printed = page.call("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 }));
        let printed = BASE64.decode(printed["data"].as_str().unwrap().as_bytes()).unwrap();
        assert!(printed.starts_with(b"%PDF"), "{name}");
        std::fs::write(pictures.join(format!("{name}.pdf")), printed).unwrap();
    }
    assert!(faults.is_empty(), "{faults}");
    // The same measure finds what a page for screens alone would lose.
    let bad = "<!doctype html><title>x</title><style>body { background: #000; color: #fff; }</style>\
               <h2>x</h2><div style='overflow: auto'><table><tr><td style='white-space: pre'>LONG</td></tr></table></div>\
               <details><summary>x</summary><p>hidden</p></details><button>x</button>";
    page.open(&browser.put("bad.html", &bad.replace("LONG", &"x".repeat(500))));
    let found = page.value(include_str!("printed.js")).to_string();
    for fault in ["not printed: P", "too pale", "cut off", "divided", "last line", "a control", "not white"] {
        assert!(found.contains(fault), "{fault}: {found}");
    }
}

#[test]
fn a_button_copies_exactly_the_value_that_is_shown() {
    let Some(browser) = Browser::find() else { return };
    let workspace = Workspace::new();
    // Two blanks, quotes, markup, a backslash, and a bidirectional override in UTF-8.
    let zone = workspace.put(
        "contoso.com.zone",
        "$ORIGIN contoso.com.\n$TTL 1h\n@ SOA ns1.example. hostmaster 7 1h 15m 14d 5m\n@ NS ns1.example.\n\
         @ MX 10 mx1.emailsrvr.com.\n\
         @ TXT \"v=spf1 include:emailsrvr.com  exp=\\\"a'b\\\"&amp;<b>c</b>\\\\.\\226\\128\\174example ~all\"\n",
    );
    let html = cutover(&format!("check contoso.com --zone {zone} --format html")).out;
    let mut page = browser.devtools();
    page.show(1280, "light", "");
    page.open(&browser.put("page.html", &html));
    assert_eq!(page.errors(), [""; 0]);
    let values = page.value(
        "Array.from(document.querySelectorAll('button.copy')).map(function (button, place) { button.id = 'copy-' + place; \
         return button.previousElementSibling.textContent; })",
    );
    let values = strings(&values);
    // As it is typed into a panel, with the octets of the override as the escapes that zone files have.
    let hostile =
        "v=spf1 include:emailsrvr.com  exp=\\\"a'b\\\"&amp;<b>c</b>\\\\.\\226\\128\\174example ~all";
    assert!(values.contains(&hostile), "{values:?}");
    assert!(values.contains(&"10 mx1.emailsrvr.com"), "{values:?}");
    let next = "cutover watch contoso.com --zone contoso.com.zone";
    assert_eq!(values.last(), Some(&next));
    page.value("document.body.append(document.createElement('textarea'))");
    for (place, value) in values.iter().enumerate() {
        page.click(&format!("#copy-{place}"));
        // The browser copies after the click, and the button says so.
        let is_copied = page.value(&format!(
            "new Promise(function (resolve) {{ var left = 200, button = document.getElementById('copy-{place}'); \
             (function check() {{ left -= 1; if (left && button.textContent !== 'Copied') {{ setTimeout(check, 25); }} \
             else {{ resolve(button.textContent); }} }})(); }})"
        ));
        assert_eq!(is_copied, "Copied", "{value}");
        page.value(
            "(function () { var area = document.querySelector('textarea'); area.value = ''; area.focus(); })()",
        );
        page.paste();
        assert_eq!(page.value("document.querySelector('textarea').value"), *value);
    }
}

/// Returns the rows and sections that are shown, and what the filter reports.
const SHOWN: &str = "(function () { function count(selector) { \
    return Array.from(document.querySelectorAll(selector)).filter(function (part) { return part.getClientRects().length; }).length; } \
    return [count('tr[data-name]'), count('details.domain'), document.querySelector('[role=status]').textContent]; })()";

#[test]
fn the_filter_of_many_domains_shows_those_that_match_and_their_number() {
    let Some(browser) = Browser::find() else { return };
    let html = many(20, "");
    let mut page = browser.devtools();
    for width in [390, 1280] {
        page.show(width, "light", "");
        page.open(&browser.put("page.html", &html));
        assert_eq!(page.value(SHOWN), json!([20, 20, ""]), "{width}");
        page.click("input");
        page.type_text(" CUSTOMER-1 ");
        assert_eq!(page.value(SHOWN), json!([11, 11, "11 of 20 shown"]), "{width}");
        page.type_text("nothing");
        assert_eq!(page.value(SHOWN), json!([0, 0, "0 of 20 shown"]), "{width}");
        page.value("document.querySelector('input').select()");
        page.type_text("customer-17.");
        assert_eq!(page.value(SHOWN), json!([1, 1, "1 of 20 shown"]), "{width}");
        // A link to a domain that is ready, and so folded, opens it.
        let is_open = "document.querySelector('details[data-name^=\"customer-17.\"]').open";
        assert_eq!(page.value(is_open), json!(false), "{width}");
        page.click("tr[data-name^=\"customer-17.\"] a");
        page.until(is_open, |open| open == true);
        assert_eq!(page.errors(), [""; 0]);
    }
}

#[test]
fn without_scripts_everything_is_readable_and_no_control_is_dead() {
    let Some(browser) = Browser::find() else { return };
    let mut page = browser.devtools();
    for (name, html) in [("one", pages().swap_remove(1).1), ("many", many(20, ""))] {
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        page.show(1280, "light", "");
        page.open(&browser.put("page.html", &html));
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
        let controls = "Array.from(document.querySelectorAll('button, input')).filter(function (part) { \
            return part.getClientRects().length; }).length";
        assert_eq!(page.value(controls), 0, "{name}");
        // What is folded opens without a script.
        let folded = "document.querySelectorAll('details:not([open])').length";
        let before = page.value(folded).as_u64().unwrap();
        page.click("details:not([open]) > summary");
        assert_eq!(page.value(folded), before - 1, "{name}");
        let unreadable = "Array.from(document.querySelectorAll('main td, main p, main code')).filter(function (part) { \
            return !part.closest('details:not([open]), .filter') && part.textContent.trim() && !part.getClientRects().length; }).length";
        assert_eq!(page.value(unreadable), 0, "{name}");
        assert_eq!(page.errors(), [""; 0]);
        // With scripts, the same page has its controls.
        page.open(&browser.put("page.html", &html));
        assert_ne!(page.value(controls), 0, "{name}");
    }
}
