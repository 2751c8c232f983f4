//! What does a whole run say about a world that is given as text?
//!
//! A world is a zone file, or the recording of several servers; checking it goes through the same survey, judgement and
//! plan as the command line, in process and without a network. A recording may leave most things out: see [`Fill`].

mod fill;
mod options;
mod publish;
mod servers;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use cutover::check::{
    Assessment, Code, Effect, ExpectationResult, JudgeOptions, Questions, Severity, assess,
    compared_questions, wanted, web_requests,
};
use cutover::expected::{Id, Importance, Phase, Service, Subject};
use cutover::facts::{
    Facts, Outcome as Answered, Recording, Reply, Role, Server, TrustPolicy, UnqueriedNames, WebTopic,
};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::lookup::{
    FurtherQuestions, Limits, Network, Source, compare_delegation, request_web, survey, transfer,
};
use cutover::plan::{Change, changes};
use cutover::record::zone::{self, ZoneText};
use cutover::record::{Name, Question, Record};

pub use fill::{Fill, checked_at, resolver};
use options::Options;
pub use publish::publish;
use publish::publish_in_replies;
pub use servers::{Servers, answer_of};

/// What the internet holds beside a zone.
pub const OTHERS: &str = "fixtures/others.zone";

/// What a run is about: answers, and the choices of the admin.
#[derive(Clone)]
pub struct World {
    answers: Answers,
    options: Options,
}

/// Where the answers come from.
#[derive(Clone)]
enum Answers {
    Zone(ZoneText),
    Recording(Box<Recording>, Fill),
}

/// What came out of a run.
pub struct Outcome {
    /// Every expectation and hazard.
    pub assessment: Assessment,
    /// The plan.
    pub changes: Vec<Change>,
    /// What the run saw.
    pub facts: Facts,
}

impl World {
    /// The world in which exactly this zone file is published. It may hold records of others; several SOA records make
    /// several zones. The origin is contoso.com unless it says otherwise.
    pub fn from_zone(text: &str) -> Self {
        let origin: Name = options::DOMAIN.parse().unwrap();
        let read = zone::read(text.as_bytes(), Some(&origin), "zone");
        let text = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
        Self { answers: Answers::Zone(text), options: Options::default() }
    }

    /// The world that a recording shows. The head may be left out; what is not listed is made up by `fill`.
    pub fn from_recording(text: &str, fill: Fill) -> Self {
        let text = if text.starts_with("cutover recording") {
            text.to_owned()
        } else {
            format!("{}{text}", fill::HEAD)
        };
        let read = Recording::parse(&text);
        let recording = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut options = Options::default();
        if let Some(domain) = recording.domains.first() {
            options.subject.domain = domain.clone();
        }
        Self { answers: Answers::Recording(Box::new(recording), fill), options }
    }

    /// The same world, checked with these options of the command line.
    pub fn with_options(mut self, words: &str) -> Self {
        self.options.read(words);
        self
    }

    /// The same world, checked for this domain.
    pub fn for_domain(mut self, domain: &str) -> Self {
        self.options.subject.domain = domain.parse().unwrap();
        self
    }

    /// The records of the zone.
    pub fn records(&self) -> &[Record] {
        match &self.answers {
            Answers::Zone(text) => &text.records,
            Answers::Recording(..) => panic!("a recording has no records of its own"),
        }
    }

    /// The domain, and the choices of the admin about it.
    pub fn subject(&self) -> &Subject {
        &self.options.subject
    }

    /// Looks up, judges and plans.
    pub fn check(&self) -> Outcome {
        self.judge(gather(&self.source(), &self.options.subject))
    }

    /// The zone file; only a world that is one has it.
    pub fn zone_text(&self) -> &ZoneText {
        let Answers::Zone(text) = &self.answers else { panic!("a recording is no zone file") };
        text
    }

    /// The same world with another zone file.
    pub fn with_zone_text(self, text: ZoneText) -> Self {
        Self { answers: Answers::Zone(text), ..self }
    }

    /// Looks up at this source, judges and plans.
    pub fn check_with(
        &self,
        runtime: &tokio::runtime::Runtime,
        source: &Source,
        view: TrustPolicy,
    ) -> Outcome {
        let mut options = self.options.clone();
        options.judge_options.view = view;
        let mut questions = Questions::new(&options.subject, options.judge_options);
        let domain = &options.subject.domain;
        let facts = runtime.block_on(survey(source, domain, Limits::default(), &mut questions));
        Self { answers: self.answers.clone(), options: options.clone() }.judge(facts)
    }

    fn judge(&self, facts: Facts) -> Outcome {
        let Options { subject, judge_options } = &self.options;
        let assessment = assess(subject, &facts, *judge_options);
        let plan = |assessment: &Assessment| changes(subject, &facts, judge_options.view, assessment);
        let changes = plan(&assessment);
        // A plan checks again only what its changes touch: it is the same as if it checked everything.
        let mut forgetful = assessment.clone();
        forgetful.forget_plan_reads();
        assert_eq!(plan(&forgetful), changes, "{}", subject.domain);
        Outcome { assessment, changes, facts }
    }

    /// The same zone when everybody was asked: what lies outside of it does not exist, and what no follow-up question
    /// asks for is not known.
    pub fn check_closed(&self) -> Outcome {
        self.judge(self.closed_facts())
    }

    fn closed_facts(&self) -> Facts {
        let Answers::Zone(text) = &self.answers else { panic!("only a zone can be closed") };
        let mut files = ZoneFiles::new();
        files.add("zone", text.clone()).unwrap();
        let mut facts = Facts::new(checked_at(), UnqueriedNames::Asked);
        loop {
            let questions =
                wanted(&self.options.subject, &facts).into_iter().filter(|question| !facts.has(question));
            let outside =
                |question: &Question| Reply::empty(question.clone(), fill::resolver(), Answered::NxDomain);
            let replies: Vec<Reply> = questions
                .map(|question| files.answer(&question).unwrap_or_else(|| outside(&question)))
                .collect();
            if replies.is_empty() {
                return facts;
            }
            replies.into_iter().for_each(|reply| facts.insert(reply));
        }
    }

    /// The world after the changes, once every server and every cache has them.
    pub fn publish(&self, changes: &[Change]) -> Self {
        let mut after = self.clone();
        match &mut after.answers {
            Answers::Zone(text) => text.records = publish(&text.records, changes),
            Answers::Recording(recording, _) => {
                recording.facts = publish_in_replies(&recording.facts, changes);
            }
        }
        after
    }

    /// The recording of a run in which everybody could be reached: two name servers and a resolver that have the zone, and
    /// what `fixtures/others.zone` holds of the internet. Of a recording, the one whose gaps are closed.
    ///
    /// It holds what every phase and service asks for about each domain of the zone file.
    pub fn recorded(&self) -> Recording {
        let subject = &self.options.subject;
        let every = Phase::ALL.iter().map(|phase| {
            let services = BTreeSet::from([Service::Exchange, Service::Teams, Service::Devices]);
            Subject { phase: *phase, services, ..subject.clone() }
        });
        match &self.answers {
            Answers::Recording(recording, fill) => {
                every.fold((**recording).clone(), |recording, subject| fill.filled(&recording, &subject))
            }
            Answers::Zone(text) => {
                let zones = with_others(text);
                let answer = |question: &Question, server: &Arc<Server>| answer_of(&zones, question, server);
                let authority =
                    |address: &str| Arc::new(Server { role: Role::Authoritative, address: address.into() });
                let all = vec![authority("192.0.2.1:53"), authority("192.0.2.2:53"), resolver()];
                let servers = Servers { all, view: TrustPolicy::Both, answer: &answer };
                let domain = subject.domain.clone();
                let mut facts = Facts::new(checked_at(), UnqueriedNames::Asked);
                every.for_each(|subject| servers.ask(&subject, &mut facts));
                Recording::new(vec![domain], facts)
            }
        }
    }

    fn source(&self) -> Source {
        match &self.answers {
            Answers::Zone(text) => {
                let mut files = ZoneFiles::new();
                files.add("zone", text.clone()).unwrap();
                Source::offline(files, checked_at())
            }
            Answers::Recording(recording, fill) => {
                let recording = fill.filled(recording, &self.options.subject);
                let started = recording.facts.checked_at;
                Source::replay(recording, started)
            }
        }
    }
}

/// The facts of a survey that asks this network at a fixed time.
pub async fn facts_of(network: Network, subject: &Subject, limits: Limits) -> Facts {
    let source = Source::online(network, None, checked_at());
    let mut questions = Questions::new(subject, JudgeOptions::default());
    survey(&source, &subject.domain, limits, &mut questions).await
}

/// The hazards of these codes, with their levels.
pub fn hazards(assessment: &Assessment, codes: &[Code]) -> Vec<(Code, Severity)> {
    let hazards = assessment.hazards.iter().filter(|hazard| codes.contains(&hazard.code));
    hazards.map(|hazard| (hazard.code, hazard.level)).collect()
}

/// A zone file together with what the rest of the internet holds.
fn with_others(text: &ZoneText) -> ZoneFiles {
    let others = zone::read(file(OTHERS).as_bytes(), None, OTHERS).unwrap_or_else(|error| panic!("{error}"));
    let is_own = |record: &Record| text.records.iter().any(|own| own.name == record.name);
    let mut all = text.clone();
    all.records.extend(others.records.into_iter().filter(|record| !is_own(record)));
    all.apexes.extend(others.apexes);
    let mut files = ZoneFiles::new();
    files.add("zone", all).unwrap();
    files
}

fn gather(source: &Source, subject: &Subject) -> Facts {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let compared = match source.has_named_servers() {
        true => compared_questions(&subject.domain),
        false => Vec::new(),
    };
    // A recording written by hand holds only what matters.
    let is_held = |question: &Question| source.recording().is_some_and(|held| held.facts.has(question));
    let compared: Vec<Question> = compared.into_iter().filter(is_held).collect();
    let requests = web_requests(subject, &WebTopic::ALL);
    let questions = Questions::new(subject, JudgeOptions::default());
    let addresses_of = BTreeSet::new();
    let mut reader = FurtherQuestions::new(questions, source, &addresses_of, compared);
    runtime.block_on(async {
        let mut facts = survey(source, &subject.domain, Limits::default(), &mut reader).await;
        transfer(source, &subject.domain, None, tokio::time::Instant::now(), &mut facts).await;
        compare_delegation(source, &subject.domain, tokio::time::Instant::now(), &mut facts).await;
        request_web(source, &requests, tokio::time::Instant::now(), &mut facts).await;
        facts
    })
}

impl Outcome {
    /// The expectations that have the code.
    pub fn judged(&self, code: Code) -> impl Iterator<Item = &ExpectationResult> {
        self.assessment.judged.iter().filter(move |judged| judged.code == code && matters(judged))
    }

    /// What became of one expectation.
    pub fn expectation(&self, id: Id) -> &ExpectationResult {
        let judged = self.assessment.judged.iter().find(|judged| judged.expectation.id == id);
        judged.unwrap_or_else(|| panic!("{id} is not expected"))
    }

    /// Every effect with which the code is reported: as an expectation's status, or as a hazard's level.
    pub fn effects(&self, code: Code) -> Vec<Effect> {
        let expectations = self.judged(code).map(|judged| Effect::Expectation(judged.status));
        let hazards = self.assessment.hazards.iter().filter(|hazard| hazard.code == code);
        expectations.chain(hazards.map(|hazard| Effect::Hazard(hazard.level))).collect()
    }

    /// Whether the code is reported at all.
    pub fn has(&self, code: Code) -> bool {
        !self.effects(code).is_empty()
    }

    /// Everything that was found, a line each, for the message of a test that fails.
    pub fn story(&self) -> String {
        let mut story = format!("verdict {}\n", self.assessment.verdict);
        for judged in &self.assessment.judged {
            let ExpectationResult { expectation, status, code, message, .. } = judged;
            writeln!(story, "{} {} {code}: {message}", expectation.id, status.word()).unwrap();
        }
        for hazard in &self.assessment.hazards {
            writeln!(story, "hazard {} {}: {}", hazard.level.word(), hazard.code, hazard.message).unwrap();
        }
        story + &cutover::plan::to_bind(&self.changes)
    }
}

/// Whether anybody asked for it: what is only advice, and simply not there, is no finding of a small world.
fn matters(judged: &ExpectationResult) -> bool {
    let absent = matches!(judged.code, Code::AliasMissing | Code::ServiceMissing);
    judged.importance == Importance::Required || !absent
}

/// The text of a file of the repository.
#[expect(clippy::disallowed_methods, reason = "tests read their own fixtures")]
pub fn file(path: &str) -> String {
    let whole = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{}: {error}", whole.display()))
}
