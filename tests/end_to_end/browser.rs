//! What does a real browser make of the page?
//!
//! Runs where a Chromium is installed or `CUTOVER_CHROMIUM` names one. The pictures go to `target/pages`, for whoever
//! wants to see them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cutover::report::format::HTML_SCRIPT;
use tempfile::TempDir;

use super::bounded::{Ended, find, run, skip};
use super::devtools::Devtools;
use crate::cli::{State, recorded};
use crate::formats::pages::page_of;
use crate::run::{Workspace, cutover};

/// The page is ours, and the account that runs the tests may be root, for which there is no sandbox. The browser
/// finds no host by name, so that it talks to no server by itself.
const OPTIONS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// Names of the program, as systems have it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"];

/// A web server that counts who comes, and has nothing for anybody. Its thread ends with the tests.
struct Canary {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
}

impl Canary {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, visits) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&visits);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                // A browser also opens connections that it may need later, and says nothing on them.
                let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
                let is_request = stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0);
                count.fetch_add(usize::from(is_request), Ordering::SeqCst);
                let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer);
            }
        });
        Self { address, visits }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// A browser with a profile of its own.
pub struct Browser {
    program: PathBuf,
    directory: TempDir,
}

impl Browser {
    pub fn find() -> Option<Self> {
        let Some(program) = find("CUTOVER_CHROMIUM", &NAMES) else {
            skip("no Chromium is installed");
            return None;
        };
        // Some systems let a browser read below the home of its user only.
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Some(Self { program, directory })
    }

    pub fn put(&self, name: &str, page: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, page).unwrap();
        format!("file://{}", path.display())
    }

    /// The command that starts it.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(OPTIONS)
            .args(["--enable-logging=stderr", "--v=0"])
            .arg(format!("--user-data-dir={}", self.directory.path().join("profile").display()));
        command
    }

    /// Starts it with a page for clicks and measures.
    pub fn devtools(&self) -> Devtools {
        Devtools::start(&self.command())
    }

    /// Opens a page.
    fn open(&self, page: &str, options: &[&str]) -> Ended {
        let ended = run(self.command().args(options).arg(page), self.directory.path()).unwrap();
        assert!(ended.status.success(), "{ended:?}");
        ended
    }
}

/// What somebody hostile publishes, who wants a page to go to this address.
fn texts(address: &str) -> [String; 4] {
    [
        format!("<script>new Image().src='{address}';console.error('owned')</script>"),
        format!("<img src={address} onerror=console.error('owned')>"),
        format!("</code></td></table><iframe src={address}></iframe>"),
        format!("<style>body {{ background: url({address}) }}</style>"),
    ]
}

/// The report on records with these texts: in one that must be replaced, and in one that is quoted in a message, since
/// the report shows those whole.
fn report(directory: &Path, texts: &[String]) -> String {
    let zone = format!(
        "$ORIGIN contoso.com.\n$TTL 1h\n@ SOA ns1.example. hostmaster 7 1h 15m 14d 5m\n@ NS ns1.example.\n\
         @ MX 10 mx1.emailsrvr.com.\n@ TXT \"v=spf1 include:emailsrvr.com {} ~all\"\n\
         _dmarc TXT \"v=DMARC1; p=none; rua={}\"\n",
        texts.join(" \" \""),
        texts[0]
    );
    let file = directory.join("contoso.com.zone");
    std::fs::write(&file, zone).unwrap();
    let run = cutover(&format!("check contoso.com --zone {} --format html -v", file.display()));
    assert_eq!(run.status, 1, "{}", run.err);
    run.out
}

/// What a browser writes of the text of a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn a_page_of_hostile_records_runs_nothing_and_loads_nothing() {
    let Some(browser) = Browser::find() else { return };
    let forbidden = Canary::start();
    let texts = texts(&forbidden.url());
    let page = report(browser.directory.path(), &texts);
    let place = browser.put("report.html", &page);
    let shown = browser.open(&place, &["--dump-dom"]);
    assert!(!shown.err.contains("CONSOLE"), "{}", shown.err);
    assert_eq!(forbidden.visits(), 0);
    let own = format!("<script>{HTML_SCRIPT}</script>");
    assert!(shown.out.contains(&own), "{}", shown.out);
    let others = shown.out.replace(&own, "");
    for element in ["<script", "<img", "<iframe", "<style>body { background"] {
        assert!(!others.contains(element), "{element}: {others}");
    }
    // The script of the page runs under its policy.
    assert_eq!(shown.out.matches("td class=\"value\"").count(), shown.out.matches("<button").count() - 1);
    // What others published is in it, as text.
    for text in &texts {
        assert!(shown.out.contains(&escaped(text)), "{text}: {}", shown.out);
    }
    // What the page says of itself would hold even if markup got through some day.
    let (head, rest) = page.split_once("<body>").unwrap();
    let leaky = format!("{head}<body>{}{rest}", texts.concat());
    let held = browser.open(&browser.put("leaky.html", &leaky), &["--dump-dom"]);
    assert!(held.err.contains("Content Security Policy") && !held.err.contains("owned"), "{}", held.err);
    assert_eq!(forbidden.visits(), 0);
    // The same browser does all of that in a page which lets it, or the above would mean nothing.
    let bad = format!("<!doctype html><title>x</title>{}", texts.concat());
    let seen = browser.open(&browser.put("bad.html", &bad), &["--dump-dom"]);
    assert!(seen.err.contains("CONSOLE") && seen.out.contains("<script"), "{seen:?}");
    assert_ne!(forbidden.visits(), 0);
}

/// The pages of each kind of domain, each with its name.
pub fn pages() -> Vec<(&'static str, String)> {
    let states = [State::ChangesNeeded, State::Ready, State::Waiting, State::Undetermined];
    let names: Vec<String> = (0..20).map(|number| format!("customer-{number}.example")).collect();
    let domains: Vec<(&str, State)> =
        names.iter().enumerate().map(|(number, name)| (name.as_str(), states[number % 4])).collect();
    let (_workspace, twenty) = recorded(&domains);
    let workspace = Workspace::new();
    let long = format!("{0}.{0}.{0}.example", "x".repeat(60));
    let broken = workspace.put(
        "contoso.com.zone",
        format!(
            "$ORIGIN contoso.com.\n$TTL 1h\n@ SOA ns1.example. hostmaster 7 1h 15m 14d 5m\n@ NS ns1.{long}.\n\
             @ MX 10 mx1.{long}.\n@ MX 0 contoso-com.mail.protection.outlook.com.contoso.com.\n\
             @ TXT \"v=spf1 include:{long} ~all\"\n@ TXT \"v=spf1 include:emailsrvr.com -all\"\n\
             @ TXT \"{0}\" \"{0}\"\nautodiscover.contoso.com CNAME autodiscover.outlook.com.\n\
             _autodiscover._tcp SRV 0 0 443 {long}.\n_dmarc TXT \"v=DMARC1; p=none\"\n_dmarc TXT \"v=DMARC1; p=none\"\n",
            "y".repeat(250)
        ),
    );
    let recording = |name: &str| page_of(&format!("fixtures/scenarios/certainty/{name}.recording"));
    vec![
        ("ready", page_of("fixtures/scenarios/certainty/dmarc-is-alias-out-of-zone.recording")),
        ("untouched", cutover("check contoso.com --zone fixtures/demo/contoso.com.zone --format html").out),
        ("waiting", recording("secondary-behind-and-stale-cache")),
        ("split", recording("same-serial-split")),
        ("broken", cutover(&format!("check contoso.com --zone {broken} --format html")).out),
        ("twenty", cutover(&format!("check --replay {twenty} --format html")).out),
        ("manual", cutover("explain --format html").out),
    ]
}

/// What a page is measured with: parts that stick out, text with too little contrast (WCAG 2.2, 1.4.3), landmarks and
/// headings.
const MEASURE: &str = include_str!("measure.js");

#[test]
fn every_page_fits_and_can_be_read_at_each_width_in_light_and_dark() {
    let Some(browser) = Browser::find() else { return };
    let mut faults = String::new();
    for (name, page) in pages() {
        // The policy of the page does not let anything measure it.
        let (before, policy) = page.split_once("<meta http-equiv").unwrap();
        let (_, behind) = policy.split_once('\n').unwrap();
        let behind = behind.replace("</body>", &format!("<script>{MEASURE}</script></body>"));
        let page = format!("{before}{behind}").replace('&', "&amp;").replace('"', "&quot;");
        for (width, scheme) in
            [(390, "dark"), (390, "light"), (800, "light"), (1280, "dark"), (1280, "light")]
        {
            // No window is as narrow as a phone, but a frame may be.
            let frame = format!(
                "<!doctype html><title>x</title><meta name=\"color-scheme\" content=\"light dark\"><body>\
                 <iframe style=\"border: 0; width: {width}px; height: 99999px\" srcdoc=\"{page}\"></iframe>"
            );
            let place = browser.put("measured.html", &frame);
            let setting = if scheme == "dark" { "0" } else { "1" };
            let options =
                ["--dump-dom".to_owned(), format!("--blink-settings=preferredColorScheme={setting}")];
            let shown = browser.open(&place, &options.each_ref().map(String::as_str));
            let (_, found) = shown.out.split_once("<pre id=\"measured\">").unwrap();
            let (found, _) = found.split_once("</pre>").unwrap();
            faults += &match found.trim_end().strip_prefix(&format!("width {width}, {scheme}")) {
                Some("") => String::new(),
                _ => format!("{name} at {width}, {scheme}: {found}\n"),
            };
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn the_pages_are_drawn_in_light_and_dark_and_on_a_phone() {
    let Some(browser) = Browser::find() else { return };
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&pictures).unwrap();
    for (name, page) in pages() {
        let place = browser.put("page.html", &page);
        let mut drawn = Vec::new();
        for (kind, size, scheme) in [
            ("light", "1280,2400", "1"),
            ("dark", "1280,2400", "0"),
            ("tablet", "800,2400", "1"),
            ("phone", "390,3600", "1"),
        ] {
            let picture = pictures.join(format!("{name}-{kind}.png"));
            let _ = std::fs::remove_file(&picture);
            let options = [
                "--hide-scrollbars".to_owned(),
                format!("--screenshot={}", picture.display()),
                format!("--window-size={size}"),
                format!("--blink-settings=preferredColorScheme={scheme}"),
            ];
            let shown = browser.open(&place, &options.each_ref().map(String::as_str));
            assert!(!shown.err.contains("CONSOLE"), "{name} {kind}: {}", shown.err);
            let octets = std::fs::read(&picture).unwrap();
            let is_drawn = octets.starts_with(b"\x89PNG\r\n") && octets.len() > 20_000;
            assert!(is_drawn, "{name} {kind}: {} octets", octets.len());
            drawn.push(octets);
        }
        assert!(drawn[0] != drawn[1] && drawn[0] != drawn[3], "{name}: a picture is drawn twice");
    }
}
