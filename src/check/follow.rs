//! What is still worth asking?
//!
//! The mirror of the judges: every question that one of them reads, and no other. It looks at single replies and asks
//! if *any* of them makes a question worth while, so the set only ever grows with the facts, and the order in which
//! replies arrive cannot change what is asked in the end.

mod inquiry;

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::expected::{Expectation, Phase, Subject, expectations};
use crate::facts::{Facts, Outcome, Reply};
use crate::record::{Name, Question, RecordType};

use inquiry::Inquiry;

/// Questions that the records of an SPF tree may lead to, one look with another: as more of a tree becomes known, other parts
/// of it come to be followed. Ten lookups, which is all that a record may cost, are twenty questions.
const MOST_SPF_QUESTIONS: usize = 160;

/// Questions that most domains need, so that room is made for them once.
const USUAL: usize = 48;

/// All questions that the judges of the subject read, as far as the facts tell.
#[must_use]
pub fn wanted(subject: &Subject, facts: &Facts) -> BTreeSet<Question> {
    Following::new(subject).wanted(facts).into_iter().collect()
}

/// The domains whose MTA-STS policy the judges of the subject read, as far as the facts tell: its own, once
/// anybody answers that there is one.
#[must_use]
pub fn wanted_policies(subject: &Subject, facts: &Facts) -> BTreeSet<Name> {
    let mut following = Following::new(subject);
    following.wanted(facts);
    following.wanted_policies()
}

/// What is worth asking about one domain, kept up with its facts: of all rules only those are gone through again that
/// have read the question of a new reply.
#[derive(Debug)]
pub struct Following<'a> {
    subject: &'a Subject,
    expected: Vec<Expectation>,
    /// Replies that were looked at.
    seen: Option<usize>,
    /// Who has read the replies to a question.
    readers: HashMap<Question, Vec<Topic>>,
    /// What was found worth asking.
    wanted: HashSet<Question>,
    /// Which of these are read to the end of their aliases, and which questions led to the names there.
    origins: HashMap<Question, Vec<Question>>,
    /// How many of these the records of an SPF tree led to.
    of_trees: usize,
    /// Whether such a tree has more than is followed.
    is_crowded: bool,
    /// Whether anybody announces a policy.
    announced: bool,
}

/// What questions are looked for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// The expectation at this place of the list.
    Expectation(usize),
    /// What may be left of the platform being left.
    Leftovers,
    /// The addresses of the web site.
    WebSite,
}

impl<'a> Following<'a> {
    /// Before anything is known.
    #[must_use]
    pub fn new(subject: &'a Subject) -> Self {
        Self {
            subject,
            expected: expectations(subject),
            seen: None,
            readers: HashMap::with_capacity(USUAL),
            wanted: HashSet::with_capacity(USUAL),
            origins: HashMap::with_capacity(USUAL),
            of_trees: 0,
            is_crowded: false,
            announced: false,
        }
    }

    /// What has become worth asking since the last time, each question once; the facts must be the same, or have grown.
    pub fn wanted(&mut self, facts: &Facts) -> Vec<Question> {
        let mut new = Vec::new();
        let (mut topics, mut published) = (Vec::new(), Vec::new());
        if self.seen.is_none() {
            topics.extend((0..self.expected.len()).map(Topic::Expectation));
            topics.extend([Topic::Leftovers, Topic::WebSite]);
        }
        for question in facts.answered_since(self.seen.unwrap_or_default()) {
            topics.extend(self.readers.get(question).into_iter().flatten());
            let ends = self.ends_of_aliases(facts, question);
            self.want(ends, &mut new);
            if facts.replies(question).any(|reply| reply.outcome == Outcome::Referral) {
                topics.push(Topic::WebSite);
            }
            if self.subject.phase >= Phase::Tidy {
                published.push(question);
            }
        }
        self.seen = Some(facts.count());
        topics.sort_unstable();
        topics.dedup();
        for topic in topics {
            let mut inquiry = Inquiry::new(self.subject, facts);
            self.announced |= inquiry.go_through(topic, &self.expected);
            for question in inquiry.read.into_inner() {
                let readers = self.readers.entry(question).or_default();
                if !readers.contains(&topic) {
                    readers.push(topic);
                }
            }
            self.is_crowded |= inquiry.is_crowded;
            for question in inquiry.of_trees {
                if self.wanted.contains(&question) {
                    continue;
                }
                if self.of_trees >= MOST_SPF_QUESTIONS {
                    self.is_crowded = true;
                    break;
                }
                self.of_trees += 1;
                self.wanted.insert(question.clone());
                self.follow(facts, &question, &mut new);
                new.push(question);
            }
            for question in inquiry.followed {
                self.follow(facts, &question, &mut new);
                self.want(Some(question), &mut new);
            }
            self.want(inquiry.wanted, &mut new);
        }
        let mut inquiry = Inquiry::new(self.subject, facts);
        for question in published {
            inquiry.masks(question);
        }
        self.want(inquiry.wanted, &mut new);
        new
    }

    /// Reads a question to the end of its aliases from now on.
    fn follow(&mut self, facts: &Facts, question: &Question, new: &mut Vec<Question>) {
        if question.rtype == RecordType::Cname {
            return;
        }
        let origins = self.origins.entry(question.clone()).or_default();
        if !origins.contains(question) {
            origins.push(question.clone());
            let ends = self.ends_of_aliases(facts, question);
            self.want(ends, new);
        }
    }

    /// The questions at the names to which new replies to a question lead by an alias.
    fn ends_of_aliases(&mut self, facts: &Facts, question: &Question) -> Vec<Question> {
        let mut ends = Vec::new();
        if !facts.replies(question).any(Reply::leaves_alias_open) {
            return ends;
        }
        for origin in self.origins.get(question).cloned().unwrap_or_default() {
            for end in facts.along_aliases(&origin).into_iter().skip(1) {
                let known = self.origins.entry(end.clone()).or_default();
                if !known.contains(&origin) {
                    known.push(origin.clone());
                }
                ends.push(end);
            }
        }
        ends
    }

    /// Adds those of the questions to the new ones that were not wanted before.
    fn want(&mut self, questions: impl IntoIterator<Item = Question>, new: &mut Vec<Question>) {
        for question in questions {
            if !self.wanted.contains(&question) {
                self.wanted.insert(question.clone());
                new.push(question);
            }
        }
    }

    /// Whether more hangs on the SPF records than is followed: which part of it was asked for then depends on who was quick.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.is_crowded
    }

    /// The domains whose MTA-STS policy is worth fetching, as far as was seen the last time.
    #[must_use]
    pub fn wanted_policies(&self) -> BTreeSet<Name> {
        self.announced.then(|| self.subject.domain.clone()).into_iter().collect()
    }
}
