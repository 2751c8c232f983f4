//! Are any answers judged, planned for and reported?

// Plans are applied by the same code as in the tests.
#[path = "../../tests/world/publish.rs"]
#[allow(dead_code, reason = "only zones are published here")]
mod publish;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use cutover::check::{
    Assessment, Assumptions, JudgeOptions, Questions, Status, assess, cache_expiry, wanted, wanted_policies,
};
use cutover::expected::{Cloud, Phase, Service, Subject};
use cutover::facts::{
    Facts, History, Outcome, PolicyOutcome, PolicyReply, Reader as _, Recording, Reply, Role, Server,
    TrustPolicy, UnqueriedNames,
};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::plan::{Change, changes};
use cutover::record::zone::{self, ZoneText};
use cutover::record::{Name, Question, Record, RecordData, Text};
use jiff::Timestamp;

use crate::{domain, reports, seeds};
use publish::publish;

/// Rounds of questions: aliases and includes lead from one to the next, within bounds.
const MOST_ROUNDS: usize = 100;

/// What the admin asked for.
#[derive(Debug)]
struct Choice {
    subject: Subject,
    view: TrustPolicy,
}

impl Choice {
    /// Every octet is a choice.
    fn of(octet: u8) -> Self {
        let phases = [Phase::Switch, Phase::Prepare, Phase::Tidy, Phase::Switch];
        let views = [TrustPolicy::Both, TrustPolicy::Both, TrustPolicy::Authoritative, TrustPolicy::Resolver];
        let mut subject = Subject::new(domain());
        subject.phase = phases[usize::from(octet & 3)];
        let view = views[usize::from(octet >> 2 & 3)];
        if octet & 16 != 0 {
            subject.services = BTreeSet::from([Service::Exchange, Service::Teams, Service::Devices]);
        }
        if octet & 32 != 0 {
            subject.tenant = Some("contoso".into());
            subject.verification = Some("MS=ms12345678".into());
        }
        if octet & 64 != 0 {
            subject.gateways.extend("proofpoint".parse().ok());
        }
        if octet & 128 != 0 {
            subject.cloud = Cloud::GccHigh;
        }
        Self { subject, view }
    }
}

/// The first octet chooses, the rest is a recording.
pub fn replies(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let recording = std::str::from_utf8(text).ok().and_then(|text| Recording::parse(text).ok());
    let Some(recording) = recording else { return };
    let choice = Choice::of(*choice);
    judged(&choice, &recording.facts);
    order_does_not_matter(&choice, &recording.facts);
}

/// The texts of a zone that is ready otherwise, a NUL between them: SPF, that of a sender, DMARC, the announcement of a
/// policy, TLS reports; what is left is the policy. The first octet chooses.
pub fn policies(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let mut parts = rest.splitn(6, |octet| *octet == 0);
    let mut text = ready();
    for owner in ["", "_spf", "_dmarc", "_mta-sts", "_smtp._tls"] {
        let Some(part) = parts.next() else { break };
        let name = if owner.is_empty() { domain() } else { domain().prepend(owner).expect("a short label") };
        let is_replaced = |record: &Record| {
            record.name == name
                && matches!(&record.data, RecordData::Txt(text) if !text.lossy().starts_with("MS="))
        };
        text.records.retain(|record| !is_replaced(record));
        let data = RecordData::Txt(Text::from_strings([part]));
        text.records.push(Record { name, ttl: 3600, data });
    }
    let choice = Choice::of(*choice);
    let mut facts = closed(&choice.subject, text);
    if let Some(body) = parts.next() {
        let mut policy = PolicyReply::empty(domain(), PolicyOutcome::Fetched);
        policy.body = String::from_utf8_lossy(body).into_owned();
        policy.at = facts.checked_at;
        facts.insert_policy(policy);
    }
    judged(&choice, &facts);
}

/// The first octet chooses, the rest is a zone file: the whole world. What the plan says is published, and then there is
/// nothing to plan.
pub fn published(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let Ok(text) = zone::read(text, Some(&domain()), "zone") else { return };
    let choice = Choice::of(*choice);
    let facts = closed(&choice.subject, text.clone());
    let (before, plan) = judged(&choice, &facts);
    kept(&facts, &before, &plan);
    let records = publish(&text.records, &plan);
    let after = closed(&choice.subject, ZoneText { records, ..text });
    let (again, left) = judged(&choice, &after);
    let is_known = again.judged.iter().all(|judged| judged.status != Status::Unknown);
    assert!(left.is_empty() || !is_known, "{plan:#?}\n\nand again\n{left:#?}");
}

/// Judges, plans and reports.
fn judged(choice: &Choice, facts: &Facts) -> (Assessment, Vec<Change>) {
    let Choice { subject, view } = choice;
    let judge_options = JudgeOptions { view: *view, ..JudgeOptions::default() };
    let _ = wanted_policies(subject, facts);
    let assessment = assess(subject, facts, judge_options);
    let plan = changes(subject, facts, *view, &assessment);
    assert_eq!(plan, changes(subject, facts, *view, &assessment), "the same facts, the same plan");
    let mut sets = BTreeSet::new();
    for change in &plan {
        assert!(change.name.is_within(subject_zone(&assessment, subject)), "{change:?}");
        let is_first = sets.insert((&change.name, change.rtype, change.phase));
        assert!(is_first, "one change a record set in each phase: {change:?}");
        assert_ne!(change.before, change.after, "{change:?}");
        assert!(!change.because.is_empty(), "{change:?}");
        assert!(change.phase <= subject.phase, "{change:?}");
    }
    let cache_expiry =
        cache_expiry(subject, facts, &assessment, &history(subject, facts), Assumptions::default());
    reports::all(&reports::Told {
        subject,
        facts,
        assessment: &assessment,
        plan: &plan,
        cache_expiry: &cache_expiry,
    });
    (assessment, plan)
}

/// The apex of the zone, or the domain where that is not known.
fn subject_zone<'a>(assessment: &'a Assessment, subject: &'a Subject) -> &'a Name {
    assessment.zone.as_ref().map_or(&subject.domain, |zone| &zone.apex)
}

/// What these facts would be remembered as, and read back.
fn history(subject: &Subject, facts: &Facts) -> History {
    let mut history = History::default();
    history.observe(&subject.domain, facts);
    let written = history.to_string();
    assert_eq!(History::parse(&written).ok().as_ref(), Some(&history), "{written}");
    history
}

/// Which replies come first does not change what is asked.
fn order_does_not_matter(choice: &Choice, facts: &Facts) {
    // Zone files answer in place of servers, so no run has both for one question.
    if facts.all().any(|reply| reply.server.role == Role::ZoneFile) {
        return;
    }
    assert_eq!(asked(choice, facts, VecDeque::pop_front), asked(choice, facts, VecDeque::pop_back));
}

/// Everything that is asked where these replies come one after the other.
fn asked(
    Choice { subject, view }: &Choice,
    all: &Facts,
    next: fn(&mut VecDeque<Reply>) -> Option<Reply>,
) -> BTreeSet<Question> {
    let mut reader = Questions::new(subject, JudgeOptions { view: *view, ..JudgeOptions::default() });
    let mut facts = Facts::new(all.checked_at, all.elsewhere);
    let (mut asked, mut coming) = (BTreeSet::new(), VecDeque::new());
    loop {
        let mut new = reader.unmet(&facts);
        if new.is_empty() && coming.is_empty() {
            new = reader.unmet_at_rest(&facts);
        }
        coming.extend(new.iter().flat_map(|question| all.replies(question)).cloned());
        let is_over = new.is_empty();
        asked.extend(new);
        match next(&mut coming) {
            Some(reply) => facts.insert(reply),
            None if is_over => return asked,
            None => {}
        }
    }
}

/// A plan drops nothing that the move does not concern: no text but those of SPF, DMARC, TLS reports and proof.
fn kept(facts: &Facts, assessment: &Assessment, plan: &[Change]) {
    let ours = ["v=spf", "v=dmarc", "v=tlsrpt", "v=sts", "spf", "ms", "dmarc", "dkim", "k=rsa"];
    for change in plan {
        let texts = change.removed().filter_map(|data| match data {
            RecordData::Txt(text) => Some(text.lossy().to_lowercase()),
            _ => None,
        });
        let at_the_domain = change.name == domain();
        for text in texts.filter(|_| at_the_domain) {
            assert!(
                ours.iter().any(|our| text.contains(our)),
                "{text:?} is dropped by {:?}: {change:?} {} {:?}",
                change.because,
                assessment.verdict,
                facts.checked_at
            );
        }
    }
}

fn ready() -> ZoneText {
    let text = std::fs::read(seeds::fixtures().join("ready.zone")).expect("a fixture");
    zone::read(&text, Some(&domain()), "ready").expect("a fixture that can be read")
}

/// What is known once everything is asked: what the zone does not hold does not exist.
fn closed(subject: &Subject, text: ZoneText) -> Facts {
    let started = Timestamp::from_second(1_795_324_980).expect("a time of this century");
    let mut files = ZoneFiles::new();
    files.add("zone", text).expect("one file has no other to conflict with");
    let resolver = Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() });
    let outside =
        |question: &Question| Reply::empty(question.clone(), Arc::clone(&resolver), Outcome::NxDomain);
    let mut facts = Facts::new(started, UnqueriedNames::Asked);
    for _ in 0..MOST_ROUNDS {
        let questions = wanted(subject, &facts).into_iter().filter(|question| !facts.has(question));
        let replies: Vec<Reply> = questions
            .map(|question| files.answer(&question).unwrap_or_else(|| outside(&question)))
            .map(|reply| Reply { at: started, ..reply })
            .collect();
        if replies.is_empty() {
            return facts;
        }
        replies.into_iter().for_each(|reply| facts.insert(reply));
    }
    panic!("there is still something to ask after {MOST_ROUNDS} rounds")
}
