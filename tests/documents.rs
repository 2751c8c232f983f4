//! Is the manual true?
//!
//! Every fence of the documents beside the judges is run: one that `shows` a code is a world in which that code is
//! found, one that `fixes` it a world in which it is not. Publishing the plan of a showing world must fix it too.

use std::fmt::Write as _;

use cutover::check::{Code, Effect, Severity, Status, Topic};

use crate::world::{Fill, Outcome, World, file};

/// Codes with status unmet, or hazards, whose fix is not in the zone, or not there alone: no plan takes them away.
const FIXED_ELSEWHERE: &[Code] = &[
    Code::MxTargetMissing,
    Code::MxNotAssigned,
    Code::SpfTooManyLookups,
    Code::DkimNotEnabled,
    Code::DnssecBogus,
    Code::DomainInOtherTenant,
    Code::DelegationDead,
    Code::ZoneIncomplete,
    Code::DelegationMismatch,
    Code::DnsHostedBySource,
    Code::ServersDisagree,
    Code::DomainNotFound,
    Code::CnameWithOtherData,
    Code::ServerLame,
    Code::ServerSilent,
    Code::TtlTooLong,
    Code::DmarcReportRefused,
    Code::MtaStsRefusesMx,
    Code::MtaStsUnreachable,
    Code::MtaStsInvalid,
    Code::TlsRptInvalid,
    Code::DomainInNoTenant,
    Code::AutodiscoverIntercepted,
    Code::AutodiscoverCertificate,
    Code::AuthoritativeUnreachable,
    Code::TenantUnknown,
    Code::DelegationElsewhere,
    Code::TransferRefused,
    Code::WildcardAnswers,
    Code::MicrosoftHostedDns,
    Code::DaneReady,
    Code::DaneNotReady,
    Code::TlsaMisplaced,
];

/// A world in a document.
struct Fence<'a> {
    line: usize,
    section: &'a str,
    purpose: Purpose,
    code: Code,
    world: World,
    status: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Shows,
    Cures,
}

#[test]
fn every_fence_does_what_it_says() {
    let mut faults = String::new();
    for topic in Topic::ALL {
        let fences = fences(topic);
        for (index, fence) in fences.iter().enumerate() {
            let fault = match fence.purpose {
                Purpose::Shows => shows(fence),
                Purpose::Cures => fixes(fence, &fences[..index]),
            };
            if let Err(fault) = fault {
                let code = fence.code;
                writeln!(faults, "{}:{} ({:?} {code}): {fault}", path(topic), fence.line, fence.purpose)
                    .unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

fn shows(fence: &Fence<'_>) -> Result<(), String> {
    let outcome = fence.world.check();
    let wanted = fence.status.unwrap_or(fence.code.effect().word());
    let found = outcome.effects(fence.code);
    let fits = |effect: &Effect| effect.word() == wanted || is_hazard_of_expectation(*effect, wanted);
    if found.is_empty() || !found.iter().all(fits) {
        return Err(format!("expected it with {wanted}, found {found:?}\n{}", outcome.story()));
    }
    plan_cures(fence, &outcome)
}

/// An expectation that has the code of a hazard is unmet, or nothing is decided about it.
fn is_hazard_of_expectation(effect: Effect, wanted: &str) -> bool {
    matches!(effect, Effect::Expectation(Status::Unmet | Status::Unknown))
        && [Severity::Error.word(), Severity::Warning.word()].contains(&wanted)
}

/// Publishing the plan takes the code away, and leaves nothing to plan.
fn plan_cures(fence: &Fence<'_>, outcome: &Outcome) -> Result<(), String> {
    if FIXED_ELSEWHERE.contains(&fence.code) {
        return Ok(());
    }
    if outcome.changes.is_empty() {
        let needs_change = outcome.judged(fence.code).any(|judged| judged.status == Status::Unmet);
        return if needs_change {
            Err(format!("no change is proposed\n{}", outcome.story()))
        } else {
            Ok(())
        };
    }
    let after = fence.world.publish(&outcome.changes).check();
    let must_go = matches!(
        fence.code.effect(),
        Effect::Expectation(Status::Unmet) | Effect::Hazard(Severity::Error | Severity::Warning)
    );
    let still = must_go && after.has(fence.code);
    if still || !after.changes.is_empty() {
        return Err(format!("the plan does not fix it\n{}then\n{}", outcome.story(), after.story()));
    }
    Ok(())
}

/// The code is gone, every expectation that had it in the showing world is met, and the plan leads to the same records.
fn fixes(fence: &Fence<'_>, before: &[Fence<'_>]) -> Result<(), String> {
    let showing = before.iter().rfind(|other| other.purpose == Purpose::Shows && other.code == fence.code);
    let showing = showing.ok_or("no fence before it shows the code")?;
    let outcome = fence.world.check();
    if outcome.has(fence.code) {
        return Err(format!("it is still reported\n{}", outcome.story()));
    }
    let shown = showing.world.check();
    let planned = showing.world.publish(&shown.changes).check();
    let by_plan = !shown.changes.is_empty() && !FIXED_ELSEWHERE.contains(&fence.code);
    for judged in shown.judged(fence.code) {
        let id = judged.expectation.id;
        let now = outcome.expectation(id);
        if now.status != Status::Met {
            return Err(format!("{id} is not met\n{}", outcome.story()));
        }
        if by_plan
            && judged.status == Status::Unmet
            && planned.expectation(id).observed.data != now.observed.data
        {
            return Err(format!("the plan leads to something else for {id}\n{}", shown.story()));
        }
    }
    Ok(())
}

#[test]
fn every_code_has_one_section_with_a_showing_fence_in_its_document() {
    let mut faults = String::new();
    for topic in Topic::ALL {
        let fences = fences(topic);
        let headings: Vec<&str> =
            topic.document().lines().filter_map(|line| line.strip_prefix("### ")).collect();
        let codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| code.topic() == topic).collect();
        let wanted: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        if headings != wanted {
            writeln!(faults, "{}: found sections {headings:?}, expected {wanted:?}", path(topic)).unwrap();
        }
        for code in codes {
            let shown = |fence: &Fence<'_>| fence.code == code && fence.purpose == Purpose::Shows;
            if !fences.iter().any(shown) {
                writeln!(faults, "{}: no fence shows {code}", path(topic)).unwrap();
            }
            if !topic.document().contains(&format!("\n| `{code}` | {} |", code.effect().word())) {
                writeln!(faults, "{}: no row of the table has {code} and its status", path(topic)).unwrap();
            }
        }
        for fence in fences.iter().filter(|fence| fence.section != fence.code.word()) {
            writeln!(
                faults,
                "{}:{}: {} in the section of {}",
                path(topic),
                fence.line,
                fence.code,
                fence.section
            )
            .unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn sections_fit_a_terminal() {
    for topic in Topic::ALL {
        for (index, line) in topic.document().lines().enumerate() {
            let place = format!("{}:{}: {line}", path(topic), index + 1);
            let table = line.starts_with('|');
            assert!(line.chars().count() <= if table { 110 } else { 100 }, "too long: {place}");
            assert!(!line.contains("</"), "HTML: {place}");
        }
        for code in Code::ALL.iter().filter(|code| code.topic() == topic) {
            let section = code.section().unwrap_or_else(|| panic!("{code} has no section"));
            assert!(!section.lines().any(|line| line.starts_with('|')), "{code} has a table in its section");
            assert!(section.contains("gnore this"), "{code} does not say when to ignore it");
            assert!(section.contains("Source"), "{code} names no source");
        }
    }
}

/// Codes are what users script against: none is ever renamed.
#[test]
fn codes_are_those_of_the_list() {
    let mut list = String::new();
    for code in Code::ALL {
        let topic = code.topic().title();
        writeln!(list, "{code:26} {:8} {topic:20} {}", code.effect().word(), code.title()).unwrap();
    }
    let path = "fixtures/codes.txt";
    let kept: Vec<String> =
        file(path).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let hint = "a new code, or a better title, is put into the list; a code that is there already keeps its name for ever";
    assert!(kept.iter().eq(list.lines()), "{path} should be as follows ({hint}):\n{list}");
}

/// Where the document of a topic lies.
fn path(topic: Topic) -> String {
    format!("src/check/{}.md", format!("{topic:?}").to_lowercase())
}

/// All fences of a document, in order.
fn fences(topic: Topic) -> Vec<Fence<'static>> {
    let mut fences = Vec::new();
    let mut section = "";
    let mut options = String::new();
    let mut lines = topic.document().lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("### ") {
            section = heading.trim_matches('`');
            options.clear();
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let info = Info::read(info).unwrap_or_else(|fault| panic!("{}:{}: {fault}", path(topic), index + 1));
        // A fix is checked with the options under which the code was shown.
        if let Some(chosen) = info.get("options") {
            options = chosen.into();
        }
        fences.push(info.fence(topic, index + 1, section, &body.join("\n"), &options));
    }
    fences
}

/// What stands behind the opening of a fence: `zone shows=mx-rival options="--phase tidy"`.
struct Info<'a> {
    kind: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Info<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        let (kind, mut rest) = text.split_once(' ').ok_or("a fence says what it shows or fixes")?;
        let mut attributes = Vec::new();
        while !rest.trim_start().is_empty() {
            let (key, value) =
                rest.trim_start().split_once('=').ok_or_else(|| format!("`{rest}` has no `=`"))?;
            let (value, behind) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
                None => value.split_once(' ').unwrap_or((value, "")),
            };
            if !["shows", "fixes", "options", "status", "fill", "domain"].contains(&key) {
                return Err(format!("`{key}` is no attribute of a fence"));
            }
            attributes.push((key, value));
            rest = behind;
        }
        Ok(Self { kind, attributes })
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    fn fence(&self, topic: Topic, line: usize, section: &'a str, body: &str, options: &str) -> Fence<'a> {
        let (purpose, code) = match (self.get("shows"), self.get("fixes")) {
            (Some(code), None) => (Purpose::Shows, code),
            (None, Some(code)) => (Purpose::Cures, code),
            _ => panic!("{}:{line}: a fence either shows or fixes", path(topic)),
        };
        let code: Code = code.parse().unwrap_or_else(|error| panic!("{}:{line}: {error}", path(topic)));
        let fill = self.get("fill").map_or(Fill::Nothing, |fill| fill.parse().unwrap());
        let world = match self.kind {
            "zone" => World::from_zone(body),
            "recording" => World::from_recording(body, fill),
            other => panic!("{}:{line}: {other} is no kind of world", path(topic)),
        };
        let world = match self.get("domain") {
            Some(domain) => world.for_domain(domain),
            None => world,
        };
        Fence { line, section, purpose, code, world: world.with_options(options), status: self.get("status") }
    }
}
