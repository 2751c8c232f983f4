//! Is the judgement free of what must not matter: the order of replies, letter case, preference, time to
//! live?

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover::check::{Code, JudgeOptions, Questions};
use cutover::expected::Id;
use cutover::facts::{Facts, Outcome, Reader as _, Reply, Role, Server};
use cutover::record::{Name, Question, Record, RecordData, Text};

use super::worlds::{World, elsewhere, some_worlds};
use super::{Judgement, assert_none};

/// A generator that is the same on every machine (Knuth, MMIX).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

#[test]
fn the_order_of_replies_changes_nothing() {
    let mut dice = Dice(1);
    for world in some_worlds(31) {
        let facts = world.facts(&world.zone);
        let expected = Judgement::new(&world, &facts).json(&world, &facts);
        let mut replies: Vec<Reply> = facts.all().cloned().collect();
        dice.shuffle(&mut replies);
        let mut shuffled = Facts::new(facts.checked_at, facts.elsewhere);
        replies.into_iter().for_each(|reply| shuffled.insert(reply));
        shuffled.on_file = facts.on_file.clone();
        assert_eq!(Judgement::new(&world, &shuffled).json(&world, &shuffled), expected, "{}", world.title());
    }
}

#[test]
fn the_order_of_replies_does_not_change_what_is_asked() {
    let mut dice = Dice(2);
    let mut faults = Vec::new();
    let all: Vec<World> = some_worlds(40).collect();
    for (index, world) in all.iter().enumerate() {
        // Two witnesses of different worlds: one of them may have what the other lacks.
        let other = &all[(index + 1) % all.len()];
        let authority = Arc::new(Server { role: Role::Authoritative, address: "192.0.2.1:53".into() });
        let published = |reply: &Reply| Reply { server: Arc::clone(&authority), ..reply.clone() };
        let mut replies: Vec<Reply> = world.facts(&world.zone).all().map(published).collect();
        replies.extend(other.facts(&other.zone).all().cloned().map(elsewhere));
        let asked: Vec<BTreeSet<Question>> = (0..4).map(|_| asked(world, &replies, &mut dice)).collect();
        if let Some(differing) = asked.iter().find(|one| **one != asked[0]) {
            let all: Vec<String> =
                differing.symmetric_difference(&asked[0]).map(ToString::to_string).collect();
            faults.push(format!("{}, {}: {all:?}", world.title(), other.title()));
        }
    }
    assert_none(&faults);
}

/// More mail hosts, aliases and includes than are followed.
#[test]
fn the_order_of_replies_does_not_change_what_is_asked_in_a_crowd() {
    let world = some_worlds(1).next().unwrap();
    let mut dice = Dice(3);
    for witnesses in 1..=3 {
        let replies: Vec<Reply> =
            (0..witnesses).flat_map(|witness| crowded(&world, witness, &mut dice)).collect();
        let asked: Vec<BTreeSet<Question>> = (0..4).map(|_| asked(&world, &replies, &mut dice)).collect();
        assert!(asked[0].len() > 80, "{}", asked[0].len());
        assert!(asked.iter().all(|one| *one == asked[0]), "{witnesses} witnesses");
    }
}

#[test]
fn letter_case_preference_and_time_to_live_do_not_matter() {
    let mut faults = Vec::new();
    for world in some_worlds(12) {
        let [plain, changed] = [world.zone.clone(), world.zone.iter().map(disguised).collect()].map(|zone| {
            let judged = Judgement::new(&world, &world.facts(&zone)).assessment.judged;
            judged.into_iter().map(|judged| (judged.expectation.id, judged.code)).collect::<Vec<(Id, Code)>>()
        });
        if plain != changed {
            faults.push(format!("{}: {plain:?} became {changed:?}", world.title()));
        }
    }
    assert_none(&faults);
}

/// Everything that is asked where the replies come in any order; questions that none of them answers have no such name.
fn asked(world: &World, replies: &[Reply], dice: &mut Dice) -> BTreeSet<Question> {
    let mut facts = Facts::new(replies[0].at, cutover::facts::UnqueriedNames::Asked);
    let mut reader = Questions::new(&world.subject, JudgeOptions::default());
    let servers: BTreeSet<_> = replies.iter().map(|reply| reply.server.clone()).collect();
    let (mut asked, mut coming) = (BTreeSet::new(), Vec::new());
    loop {
        let mut new = reader.unmet(&facts);
        if new.is_empty() && coming.is_empty() {
            new = reader.unmet_at_rest(&facts);
        }
        for question in &new {
            let is_own = question.name.is_within(&world.subject.domain);
            let resolvers = |server: &&Arc<Server>| is_own || server.role == Role::Resolver;
            let reply = |server: &Arc<Server>| {
                let known = replies.iter().find(|one| one.question == *question && one.server == *server);
                let none = || Reply::empty(question.clone(), Arc::clone(server), Outcome::NxDomain);
                known.cloned().unwrap_or_else(none)
            };
            coming.extend(servers.iter().filter(resolvers).map(reply));
        }
        asked.extend(new);
        if coming.is_empty() {
            return asked;
        }
        facts.insert(coming.swap_remove(dice.below(coming.len())));
    }
}

/// Hosts of a crowd; with the domain itself and Microsoft's include fewer than are read at most.
const CROWD: usize = 36;

/// Replies of one witness with more mail hosts, includes and aliases than are followed.
fn crowded(world: &World, witness: usize, dice: &mut Dice) -> Vec<Reply> {
    let domain = &world.subject.domain;
    let server = Arc::new(Server { role: Role::Resolver, address: format!("192.0.2.{witness}:53") });
    let reply = |name: &Name, data: Vec<RecordData>| {
        let rtype = data[0].rtype();
        let question = Question::new(name.clone(), rtype);
        let mut reply = Reply::empty(question, Arc::clone(&server), Outcome::Records);
        reply.records = data.into_iter().map(|data| Record { name: name.clone(), ttl: 60, data }).collect();
        reply
    };
    let any = |dice: &mut Dice| format!("h{}.example", dice.below(CROWD));
    let mail =
        (0..25).map(|_| RecordData::Mx { preference: 1, exchange: any(dice).parse().unwrap() }).collect();
    let mut replies = vec![reply(domain, mail)];
    for owner in 0..CROWD {
        let name: Name = format!("h{owner}.example").parse().unwrap();
        let includes: String = (0..4).map(|_| format!(" include:{}", any(dice))).collect();
        replies
            .push(reply(&name, vec![RecordData::Txt(Text::from(format!("v=spf1{includes} -all").as_str()))]));
        replies.push(reply(&name, vec![RecordData::Cname(any(dice).parse().unwrap())]));
    }
    let includes: String = (0..4).map(|_| format!(" include:{}", any(dice))).collect();
    replies.push(reply(domain, vec![RecordData::Txt(Text::from(format!("v=spf1{includes} -all").as_str()))]));
    let alias = domain.prepend("autodiscover").unwrap();
    replies.push(reply(&alias, vec![RecordData::Cname(any(dice).parse().unwrap())]));
    replies
}

/// The record in capitals, with another preference and time to live.
fn disguised(record: &Record) -> Record {
    let upper = |name: &Name| -> Name { name.to_string().to_ascii_uppercase().parse().unwrap() };
    let data = match &record.data {
        RecordData::Mx { preference, exchange } if !exchange.is_root() => {
            RecordData::Mx { preference: 40_000 - preference, exchange: upper(exchange) }
        }
        RecordData::Cname(target) => RecordData::Cname(upper(target)),
        RecordData::Ns(target) => RecordData::Ns(upper(target)),
        RecordData::Srv { priority, weight, port, target } => RecordData::Srv {
            priority: *priority + 1,
            weight: *weight + 1,
            port: *port,
            target: upper(target),
        },
        RecordData::Txt(text) if text.lossy().starts_with("v=spf1") => {
            RecordData::Txt(Text::from(text.lossy().to_ascii_uppercase().as_str()))
        }
        other => other.clone(),
    };
    Record { name: upper(&record.name), ttl: record.ttl / 7 + 3, data }
}
