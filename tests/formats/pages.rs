//! Do the pages that are handed on hold what the report holds, and does their picture agree with the findings?

use std::collections::BTreeSet;

use cutover::check::{Code, JudgeOptions, Status, assess};
use cutover::cli::Surroundings;
use cutover::facts::{Facts, Role, Server, TrustPolicy};
use cutover::record::RecordType;
use cutover::report::format::{Format, HTML_POLICY, HTML_SCRIPT, HTML_STYLE, html_of_domain};
use cutover::report::style::{Color, Links};
use cutover::report::view::{ChangeView, DomainReport, HazardView};
use cutover::report::writer::Run;
use cutover::report::{Sanitized, Style};
use scraper::{ElementRef, Html, Selector};

use crate::cli::at_source;
use crate::run::{Workspace, cutover, cutover_with, surroundings};
use crate::world::{Fill, Outcome, World, file};

/// The scenarios of the repository, each with its path, its world and what came out of it.
fn scenarios() -> impl Iterator<Item = (String, World, Outcome)> {
    crate::scenarios::paths().into_iter().map(|path| {
        let (world, outcome) = scenario(&path);
        (path, world, outcome)
    })
}

/// The page about the world of a scenario.
pub fn page_of(path: &str) -> String {
    let (world, outcome) = scenario(path);
    let report = report(&world, &outcome);
    let verdict = report.verdict;
    Format::Html.text(&run(&outcome, &world), &[report], verdict)
}

fn scenario(path: &str) -> (World, Outcome) {
    let text = file(path);
    let head = |key: &str| {
        let line =
            |line: &str| Some(line.strip_prefix("; ")?.strip_prefix(key)?.strip_prefix(": ")?.to_owned());
        text.lines().find_map(line)
    };
    let world = match path.ends_with(".zone") {
        true => World::from_zone(&text),
        false => {
            let fill = head("fill").map_or(Fill::Nothing, |word| word.trim().parse().unwrap());
            World::from_recording(&text, fill)
        }
    };
    let world = head("domain").map_or(world.clone(), |domain| world.for_domain(domain.trim()));
    let world = world.with_options(&head("options").unwrap_or_default());
    let outcome = world.check();
    (world, outcome)
}

fn report(world: &World, outcome: &Outcome) -> DomainReport {
    DomainReport::new(world.subject(), &outcome.assessment, &outcome.changes)
        .with_replies(&outcome.facts)
        .with_outage(&outcome.facts)
}

fn run(outcome: &Outcome, world: &World) -> Run {
    Run::new(outcome.facts.checked_at, world.subject().phase, Style::default())
}

fn select<'p>(page: &'p Html, selector: &str) -> Vec<ElementRef<'p>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// Text without what only its layout adds.
fn plain(text: &str) -> String {
    text.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Markdown as a reader sees it.
fn read_markdown(text: &str) -> String {
    let mut read = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => read.extend(characters.next()),
            other => read.push(other),
        }
    }
    for (written, meant) in [
        ("<code>", ""),
        ("</code>", ""),
        ("<br>", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#64;", "@"),
        ("&#35;", "#"),
        ("&#58;", ":"),
        ("&amp;", "&"),
    ] {
        read = read.replace(written, meant);
    }
    plain(&read)
}

/// A record as it is typed into a panel.
fn typed(change: &ChangeView, record: &str) -> String {
    if change.rtype == RecordType::Txt {
        let text = record.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        return text.unwrap_or(record).to_owned();
    }
    let bare = record.trim_end_matches('.');
    if bare.is_empty() || bare.ends_with(' ') { record.to_owned() } else { bare.to_owned() }
}

/// The records that a change takes away; none where it changes the TTL alone.
fn removed(change: &ChangeView) -> impl Iterator<Item = &Sanitized> {
    change.removed().filter(|_| change.before != change.after)
}

/// What both pages must say of a domain, in this order, in parts that a reader sees.
fn wanted(report: &DomainReport) -> Vec<String> {
    let mut wanted = vec![report.domain.clone(), report.verdict.to_string().replace('-', " ")];
    wanted.extend(report.outage.iter().map(|outage| outage.message.to_string()));
    if let (false, Some(zone)) = (report.changes.is_empty(), &report.zone) {
        wanted.push(zone.apex.without_trailing_dot());
        wanted.extend(zone.name_servers.iter().map(|server| server.name.without_trailing_dot()));
    }
    for change in &report.changes {
        // A record that only gets another TTL is there once.
        wanted.extend(removed(change).map(|record| typed(change, record)));
        wanted.extend(change.added().flat_map(|record| {
            let mark = change.confirm.then(|| "*".to_owned());
            [Some(typed(change, record)), mark, Some(change.ttl.to_string())].into_iter().flatten()
        }));
    }
    wanted.extend(report.changes.iter().any(|change| change.confirm).then(|| "* ".to_owned()));
    wanted.push("Next:".to_owned());
    // A domain that does not exist, or is an alias, has no other finding that matters.
    let is_cause = |one: &&HazardView| matches!(one.code.as_str(), "domain-not-found" | "domain-is-alias");
    let cause = report.hazards.iter().find(is_cause);
    for one in report.expectations.iter().filter(|_| cause.is_none()) {
        let is_advice =
            matches!(one.code.known(), Some(Code::Met | Code::AliasMissing | Code::ServiceMissing));
        if one.importance.word() != "optional" || !one.observed.is_empty() || !is_advice {
            wanted.extend([one.message.to_string(), one.code.to_string()]);
        }
    }
    for one in report.hazards.iter().filter(|one| cause.is_none_or(|cause| cause.code == one.code)) {
        wanted.push(one.message.to_string());
        if one.code.as_str() != "met" {
            wanted.push(one.code.to_string());
        }
    }
    wanted.extend(report.reminders.iter().map(Sanitized::to_string));
    wanted.iter().map(|part| plain(part)).collect()
}

/// The first part that does not follow those before it.
fn missing(page: &str, wanted: &[String]) -> Option<String> {
    let mut rest = page;
    for part in wanted {
        match rest.split_once(part.as_str()) {
            // Hazards show their records and dates between message and code.
            Some((_, behind)) => rest = behind,
            None => return Some(part.clone()),
        }
    }
    None
}

#[test]
fn the_pages_hold_what_the_report_holds_in_its_order() {
    for (path, world, outcome) in scenarios() {
        let report = report(&world, &outcome);
        let run = run(&outcome, &world);
        let page =
            Html::parse_document(&Format::Html.text(&run, std::slice::from_ref(&report), report.verdict));
        assert!(page.errors.is_empty(), "{path}: {:?}", page.errors);
        let [main] = select(&page, "main")[..] else { panic!("{path}: not one main part") };
        let wanted = wanted(&report);
        let shown = plain(&text(main));
        assert_eq!(missing(&shown, &wanted), None, "{path}: {wanted:?}\n{shown}");
        let markdown = Format::Markdown.text(&run, std::slice::from_ref(&report), report.verdict);
        let (_, details) = markdown.split_once("\n## ").unwrap();
        let read = read_markdown(details);
        assert_eq!(missing(&read, &wanted), None, "{path}: {wanted:?}\n{read}");
        // A value is copied whole.
        let values: Vec<String> = select(&page, "td.value > code").into_iter().map(text).collect();
        let typed = report
            .changes
            .iter()
            .flat_map(|change| removed(change).chain(change.added()).map(|record| typed(change, record)));
        assert_eq!(values, typed.collect::<Vec<_>>(), "{path}");
    }
}

/// The states that the picture shows for an expectation, each with the server's address.
fn drawn(page: &Html, id: &str) -> Vec<(String, String)> {
    let servers = select(page, &format!("ul[data-id=\"{id}\"] > li"));
    servers
        .into_iter()
        .map(|server| {
            let state = server.value().attr("class").unwrap().to_owned();
            let line = text(select_in(server, "p"));
            let words: Vec<&str> = line.split_whitespace().collect();
            let address =
                words.iter().find(|word| word.contains(':') && word.contains('.') || word.contains("]:"));
            (address.map_or(String::new(), |word| word.trim_end_matches(',').to_owned()), state)
        })
        .collect()
}

fn select_in<'p>(element: ElementRef<'p>, selector: &str) -> ElementRef<'p> {
    element.select(&Selector::parse(selector).unwrap()).next().unwrap()
}

/// What one resolver alone makes of an expectation.
fn alone(world: &World, facts: &Facts, server: &Server, id: &str) -> Option<Status> {
    let mut own = Facts::new(facts.checked_at, facts.elsewhere);
    let is_heard = |role: Role| role == Role::Resolver;
    facts.all().filter(|reply| is_heard(reply.server.role)).for_each(|reply| {
        let is_own = reply.question.name.is_within(&world.subject().domain);
        if !is_own || *reply.server == *server {
            own.insert(reply.clone());
        }
    });
    let options = JudgeOptions { view: TrustPolicy::Resolver, ..JudgeOptions::default() };
    let assessment = assess(world.subject(), &own, options);
    let judged = assessment.judged.into_iter().find(|one| one.expectation.id.word() == id);
    judged.map(|one| one.status)
}

#[test]
fn the_picture_agrees_with_the_findings() {
    let mut drawn_states = BTreeSet::new();
    for (path, world, outcome) in scenarios() {
        let report = report(&world, &outcome);
        let page = Html::parse_fragment(&html_of_domain(&run(&outcome, &world), &report));
        for one in &report.expectations {
            let id = one.id.as_str();
            let servers = drawn(&page, id);
            let has = |state: &str| servers.iter().any(|(_, drawn)| drawn == state);
            drawn_states.extend(servers.iter().map(|(_, state)| state.clone()));
            let problem = format!("{path}: {id} is {} and drawn as {servers:?}", one.status.word());
            match one.status {
                Status::Waiting if !servers.is_empty() => {
                    assert!(has("other") || has("unknown"), "{problem}");
                    assert!(!has("to-edit") && !has("advice"), "{problem}");
                }
                Status::Met | Status::Waiting => assert!(!has("to-edit") && !has("advice"), "{problem}"),
                Status::Unmet if one.code == Code::ServersDisagree => {
                    assert!(servers.is_empty() || has("to-edit"), "{problem}");
                }
                Status::Unmet | Status::Waived => assert!(!has("up-to-date"), "{problem}"),
                Status::Unknown => assert!(!has("up-to-date") && !has("to-edit"), "{problem}"),
            }
            // What a resolver alone would find wrong is not drawn as right.
            let resolvers: BTreeSet<&Server> = outcome.facts.all().map(|reply| &*reply.server).collect();
            for server in resolvers.into_iter().filter(|server| server.role == Role::Resolver) {
                let state = servers.iter().find(|(address, _)| *address == server.address);
                if state.is_some_and(|(_, state)| state == "up-to-date") {
                    let alone = alone(&world, &outcome.facts, server, id);
                    assert!(
                        alone != Some(Status::Unmet),
                        "{problem}: {} alone finds it wrong",
                        server.address
                    );
                }
            }
        }
    }
    let all = ["failed", "other", "to-edit", "unknown", "up-to-date"];
    assert!(all.iter().all(|state| drawn_states.contains(*state)), "{drawn_states:?}");
}

#[test]
fn a_page_allows_its_own_style_and_script_alone() {
    let hash = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        format!("'sha256-{}'", base64(digest.as_ref()))
    };
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(HTML_STYLE),
        hash(HTML_SCRIPT)
    );
    assert_eq!(HTML_POLICY, policy, "update the policy of the pages");
    for page in [cutover("explain --format html").out, cutover("explain mx-at-source --format html").out] {
        let page = Html::parse_document(&page);
        let texts = |selector: &str| select(&page, selector).into_iter().map(text).collect::<Vec<_>>();
        assert_eq!((texts("style"), texts("script")), (vec![HTML_STYLE.into()], vec![HTML_SCRIPT.into()]));
        let meta = select(&page, "meta[http-equiv=Content-Security-Policy]");
        assert_eq!(meta[0].value().attr("content"), Some(HTML_POLICY));
    }
}

fn base64(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in octets.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[test]
fn the_manual_is_a_page_with_an_anchor_for_each_code() {
    let run = cutover("explain --format html");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let page = Html::parse_document(&run.out);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    for code in Code::ALL {
        assert_eq!(select(&page, &format!("#{code}")).len(), 1, "{code}");
        let one = cutover(&format!("explain {code} --format html"));
        let one = Html::parse_document(&one.out);
        let [main] = select(&one, "main")[..] else { panic!("{code}") };
        let first = code.section().unwrap().split("\n\n").next().unwrap();
        let first = plain(&first.replace("**", ""));
        assert!(plain(&text(main)).contains(&first), "{code}: {first}");
    }
    for link in select(&page, "a") {
        let target = link.value().attr("href").unwrap();
        assert_eq!(select(&page, target).len(), 1, "{target}");
    }
    let wrong = cutover("explain mx-at-sauce --format html");
    assert_eq!((wrong.status, wrong.out.as_str(), wrong.errors()), (2, "", 1));
}

#[test]
fn many_domains_are_listed_with_problems_first_and_the_ready_ones_folded() {
    use crate::cli::{State, recorded};
    let states = [State::Ready, State::Waiting, State::ChangesNeeded, State::Undetermined];
    let names: Vec<String> = (0..20).map(|number| format!("customer-{number}.example")).collect();
    let domains: Vec<(&str, State)> =
        names.iter().enumerate().map(|(number, name)| (name.as_str(), states[number % 4])).collect();
    let (_workspace, recording) = recorded(&domains);
    let run = cutover(&format!("check --replay {recording} --format html"));
    let page = Html::parse_document(&run.out);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    assert!(
        text(select(&page, "main")[0])
            .contains("20 domains: 5 ready, 5 to change, 5 undetermined, 5 waiting")
    );
    let rows: Vec<String> = select(&page, "nav td:nth-child(2)").into_iter().map(text).collect();
    let expected = ["changes needed", "undetermined", "waiting", "ready"].map(|word| [word; 5]).concat();
    assert_eq!(rows, expected);
    let sections = select(&page, "details.domain");
    for (section, verdict) in sections.iter().zip(&expected) {
        assert_eq!(section.value().attr("open").is_some(), *verdict != "ready");
        assert!(text(select_in(*section, "h2")).contains(verdict));
    }
    for link in select(&page, "nav a") {
        let target = link.value().attr("href").unwrap().trim_start_matches('#');
        assert!(sections.iter().any(|section| section.value().attr("id") == Some(target)), "{target}");
    }
}

#[test]
fn times_of_caches_and_changes_are_on_the_pages() {
    use crate::cli::{State, recorded};
    let (workspace, recording) = recorded(&[("contoso.com", State::Waiting)]);
    let earlier = crate::cli::recording(&[("contoso.com", State::ChangesNeeded)]);
    let earlier = workspace.put("earlier.rec", earlier.replace("2026-11-22T05", "2026-11-22T03"));
    for format in ["html", "markdown"] {
        let run = cutover(&format!("check --replay {recording} --since {earlier} --format {format}"));
        assert_eq!(run.status, 4, "{run:?}");
        let read = match format {
            "html" => plain(&text(Html::parse_document(&run.out).root_element())),
            _ => read_markdown(&run.out),
        };
        for part in [
            "until 2026-11-22 05:33 UTC",
            "Changed since 2026-11-22 03:23 UTC",
            "changes-needed → waiting",
            "10 mx1.emailsrvr.com. → ",
            "mx-at-source",
            "Times cover only the resolvers that were asked",
            "cutover watch contoso.com",
        ] {
            let part = part.replace("10 mx1", "0 mx1");
            assert!(read.contains(&part), "{format}: {part}: {read}");
        }
    }
}

#[test]
fn codes_are_links_on_a_terminal_that_supports_them() {
    let url = "https://docs.example/cutover.html";
    let demo = "check contoso.com --zone fixtures/demo/contoso.com.zone";
    for (width, color) in
        [(None, Color::Off), (Some(80), Color::Off), (Some(140), Color::Off), (Some(140), Color::On)]
    {
        let around = Surroundings { width, color, ..surroundings() };
        let terminal = Surroundings { links: Links::On, ..around.clone() };
        let written = |more: &str, around: &Surroundings| {
            cutover_with(format!("{demo} {more}").split_whitespace(), around).out
        };
        let plain = written("", &around);
        // Without a published manual there is nothing to link to.
        assert_eq!(written("", &terminal), plain);
        assert_eq!(written(&format!("--manual-url {url}"), &around), plain);
        let mut linked = written(&format!("--manual-url {url}"), &terminal);
        for code in ["mx-at-source", "alias-missing"] {
            let link = format!("\u{1b}]8;;{url}#{code}\u{1b}\\{code}\u{1b}]8;;\u{1b}\\");
            assert!(linked.contains(&link), "{width:?} {code}: {linked:?}");
        }
        for code in Code::ALL {
            linked = linked.replace(&format!("\u{1b}]8;;{url}#{code}\u{1b}\\"), "");
        }
        assert_eq!(linked.replace("\u{1b}]8;;\u{1b}\\", ""), plain, "{width:?}");
    }
    // A file is not a terminal.
    let workspace = Workspace::new();
    let file = workspace.free("report.txt");
    let words = format!("{demo} --manual-url {url} --output table={file}");
    cutover_with(words.split_whitespace(), &Surroundings { links: Links::On, ..surroundings() });
    assert!(!std::fs::read_to_string(file).unwrap().contains('\u{1b}'));
}

/// The check of the demo, with more options.
fn demo(more: &str) -> String {
    let run = cutover(&format!("check contoso.com --zone fixtures/demo/contoso.com.zone {more}"));
    assert_eq!(run.status, 1, "{}", run.err);
    run.out
}

#[test]
fn a_page_about_several_domains_explains_each_code_once() {
    let names: Vec<String> = (0..40).map(|number| format!("customer-{number}.example")).collect();
    let zones: String = names.iter().map(|name| at_source(name)).collect();
    let workspace = Workspace::new();
    let file = workspace.put("all.zone", &zones);
    let page = |count: usize| {
        cutover(&format!("check {} --zone {file} --format html", names[..count].join(" "))).out
    };
    let several = Html::parse_document(&page(3));
    assert!(several.errors.is_empty(), "{:?}", several.errors);
    let links: BTreeSet<String> = select(&several, "td > a[href^='#']:has(code)")
        .into_iter()
        .map(|link| link.value().attr("href").unwrap().trim_start_matches('#').to_owned())
        .collect();
    assert!(links.contains("mx-at-source"), "{links:?}");
    let explained: Vec<String> = select(&several, "details.why > div[id]")
        .into_iter()
        .map(|section| section.value().attr("id").unwrap().to_owned())
        .collect();
    assert_eq!(explained.len(), links.len());
    assert_eq!(explained.into_iter().collect::<BTreeSet<_>>(), links);
    // Whatever is repeated for each domain is about the domain.
    let (few, many) = (page(20).len(), page(40).len());
    assert!((many - few) / 20 < 8_000, "{few} {many}");
    assert!(!page(1).contains('\0') && !page(2).contains('\0'));
}

#[test]
fn codes_link_to_the_published_manual() {
    let url = "https://docs.example/cutover.html?lang=en&v=1";
    let linked = |format: &str| demo(&format!("--format {format} --manual-url {url}"));
    let page = Html::parse_document(&linked("html"));
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let codes: Vec<String> = select(&page, "details.why > summary").into_iter().map(text).collect();
    assert!(codes.iter().any(|code| code == "mx-at-source"), "{codes:?}");
    let links = |selector: &str| -> Vec<String> {
        let links = select(&page, selector).into_iter();
        links.map(|link| link.value().attr("href").unwrap().to_owned()).collect()
    };
    let expected: Vec<String> = codes.iter().map(|code| format!("{url}#{code}")).collect();
    assert_eq!(links("td > a"), expected);
    // So does a code that an explanation names.
    assert!(links("details a").iter().all(|link| link.starts_with(&format!("{url}#"))));
    let markdown = linked("markdown");
    let link = format!("| [`mx-at-source`](<{}#mx-at-source>) |", url.replace('&', "&amp;"));
    assert!(markdown.contains(&link), "{markdown}");
    let sarif: serde_json::Value = serde_json::from_str(&linked("sarif")).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Code::ALL.len());
    for rule in rules {
        assert_eq!(rule["helpUri"], format!("{url}#{}", rule["id"].as_str().unwrap()));
    }
    let page =
        Html::parse_document(&cutover(&format!("explain mx-rival --format html --manual-url {url}")).out);
    let links = select(&page, "a").into_iter().map(|link| link.value().attr("href").unwrap().to_owned());
    assert!(links.collect::<Vec<_>>().contains(&format!("{url}#mx-rival")));
    let read = cutover(&format!("explain mx-rival --manual-url {url}")).out;
    assert!(read.ends_with(&format!("\nPublished manual: {url}#mx-rival\n")), "{read}");
    // The settings name it for every run.
    let workspace = Workspace::new();
    let settings = workspace.put("cutover.toml", format!("[defaults]\nmanual-url = \"{url}\"\n"));
    assert!(demo(&format!("--format markdown --settings {settings}")).contains(&link));
    // Without it, nothing leads anywhere else.
    for format in ["html", "markdown", "sarif"] {
        let page = demo(&format!("--format {format}"));
        assert!(!page.contains("docs.example") && !page.contains("helpUri"), "{format}");
        assert!(!page.contains("href=\"http") && !page.contains("](<"), "{format}");
    }
    for wrong in
        ["javascript:alert(1)", "https://kim:secret@docs.example/", "https://docs.example/#a", "/manual"]
    {
        let run = cutover(&format!("check contoso.com --manual-url {wrong}"));
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{wrong}");
        assert!(run.err.contains("expected an http or https URL"), "{}", run.err);
    }
}

#[test]
fn a_page_names_no_local_folder_and_the_terminal_does() {
    let workspace = Workspace::new();
    let folder = workspace.path("").display().to_string();
    let zone = workspace.put("contoso.com.zone", crate::world::file("fixtures/demo/contoso.com.zone"));
    let settings = workspace.put("moves.toml", "");
    let history = workspace.free("history.json");
    let check = format!("check contoso.com --zone {zone} --settings {settings} --history={history}");
    for format in ["html", "markdown"] {
        let page = cutover(&format!("{check} --format {format}"));
        assert_eq!(page.status, 1, "{}", page.err);
        assert!(!page.out.contains(&folder), "{format}: {}", page.out);
        let next =
            "cutover watch contoso.com --zone contoso.com.zone --settings moves.toml --history history.json";
        assert!(page.out.contains(next), "{format}: {}", page.out);
    }
    let next = format!("cutover watch contoso.com --zone {zone} --settings {settings} --history {history}");
    assert!(cutover(&check).out.contains(&next));
}
