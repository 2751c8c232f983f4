//! Tests of the SPF check: hostile trees, loops, and the cost of an edit.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::lookup_advice::Step;
use super::*;
use crate::check::wanted;
use crate::expected::{Id, Phase, Requirement, Subject, expectations};
use crate::facts::{
    Facts, FactsView, Outcome, PlannedRecords, Reply, Role, Server, TrustPolicy, UnqueriedNames,
};
use crate::record::{Question, Record};

/// Returns the facts of a survey in which a resolver gives these answers until no question is left.
fn surveyed(subject: &Subject, answer: impl Fn(&Question) -> Vec<RecordData>) -> Facts {
    let server = Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() });
    let mut facts = Facts::new(Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
    loop {
        let asked: BTreeSet<Question> = wanted(subject, &facts);
        let open: Vec<Question> = asked.into_iter().filter(|question| !facts.has(question)).collect();
        if open.is_empty() {
            return facts;
        }
        for question in open {
            let data = answer(&question);
            let outcome = if data.is_empty() { Outcome::NxDomain } else { Outcome::Records };
            let mut reply = Reply::empty(question.clone(), Arc::clone(&server), outcome);
            let record = |data| Record { name: question.name.clone(), ttl: 60, data };
            reply.records = data.into_iter().map(record).collect();
            facts.insert(reply);
        }
    }
}

/// Returns the answers of a world of TXT records, to which Microsoft's include is added. Other names do not exist.
fn texts(world: &[(&str, &str)]) -> impl Fn(&Question) -> Vec<RecordData> + use<> {
    let world: Vec<(Name, RecordData)> = world
        .iter()
        .map(|(name, text)| (name.parse().unwrap(), RecordData::Txt(Text::from(*text))))
        .collect();
    move |question| {
        let microsoft = (question.name.without_trailing_dot() == "spf.protection.outlook.com")
            .then(|| RecordData::Txt(Text::from("v=spf1 ip4:192.0.2.0/24 -all")));
        let found = world.iter().filter(|(name, _)| *name == question.name).map(|(_, data)| data.clone());
        let all = found.chain(microsoft);
        if question.rtype == crate::record::RecordType::Txt { all.collect() } else { Vec::new() }
    }
}

fn subject() -> Subject {
    Subject::new("contoso.com".parse().unwrap())
}

/// Runs a test with the inputs of the SPF check of a surveyed world.
fn with_judge<T>(facts: &Facts, test: impl FnOnce(&SpfJudge<'_>, &[SpfRecord]) -> T) -> T {
    let subject = subject();
    let planned = PlannedRecords::new();
    let view = FactsView::published(facts, TrustPolicy::Both, &planned);
    let source = crate::provider::by_id("rackspace");
    let case =
        Case { subject: &subject, source, is_source_sure: true, mail_host: None, host_failure: None, view };
    let expectation = expectations(&subject).into_iter().find(|one| one.id == Id::Spf).unwrap();
    let Requirement::SpfIncludes(include) = &expectation.requirement else { panic!("no include") };
    let set = view.set(&expectation.name, expectation.rtype).unwrap();
    let records: Vec<SpfRecord> = set.data.iter().filter_map(text_of).filter_map(SpfRecord::parse).collect();
    let reader = Reader::new(&view);
    let judge = SpfJudge {
        case: &case,
        expectation: &expectation,
        include,
        set: &set,
        observed: &set,
        reader: &reader,
    };
    test(&judge, &records)
}

fn judged(facts: &Facts) -> Result<Finding, LookupFailure> {
    with_judge(facts, |spf, _| judge(spf.case, spf.expectation, spf.include))
}

fn tally_of(facts: &Facts) -> Tally {
    with_judge(facts, |judge, records| {
        walk::tally(judge.reader, &judge.case.subject.domain, &records[0], judge.include)
    })
}

/// Returns the number of questions that were asked.
fn asked(facts: &Facts) -> usize {
    facts.all().count()
}

#[test]
fn a_tree_that_never_ends_is_left_and_told_honestly() {
    let apex = "v=spf1 include:t.example include:spf.protection.outlook.com -all";
    for branches in [&["a"][..], &["a", "b"], &["a", "b", "c", "d"]] {
        let answer = |question: &Question| {
            if question.name.without_trailing_dot() == "contoso.com" {
                return texts(&[("contoso.com", apex)])(question);
            }
            if question.rtype != crate::record::RecordType::Txt {
                return Vec::new();
            }
            // Every name below has the same record for the names below it.
            let below = branches
                .iter()
                .map(|branch| format!(" include:{branch}.{}", question.name.without_trailing_dot()));
            vec![RecordData::Txt(Text::from(format!("v=spf1{} -all", below.collect::<String>()).as_str()))]
        };
        let facts = surveyed(&subject(), answer);
        // A third of the questions search for the MX host that Microsoft has assigned.
        assert!(asked(&facts) < 130, "{} questions", asked(&facts));
        let tally = tally_of(&facts);
        assert!(tally.lookups > MOST_LOOKUPS && tally.lookups < 500, "{} lookups", tally.lookups);
        assert!(tally.is_partial && tally.counted().starts_with("at least"), "{}", tally.counted());
        let finding = judged(&facts).unwrap();
        assert_eq!(finding.code, Code::SpfTooManyLookups, "{}", finding.message);
        assert!(finding.fix.is_empty(), "{:?}", finding.fix);
    }
}

#[test]
fn a_record_without_bounds_is_asked_about_within_bounds() {
    let many: String = (0..3000).map(|at| format!(" a:h{at}.example include:i{at}.example")).collect();
    let apex = format!("v=spf1{many} include:spf.protection.outlook.com -all");
    let facts = surveyed(&subject(), texts(&[("contoso.com", &apex)]));
    assert!(asked(&facts) < 200, "{} questions", asked(&facts));
    assert_eq!(judged(&facts).unwrap().code, Code::SpfInvalid);
    let odd = format!("{}{}", "v=spf ", "<&\u{200b}".repeat(10_000));
    assert_eq!(
        judged(&surveyed(&subject(), texts(&[("contoso.com", &odd)]))).unwrap().code,
        Code::SpfLookalike
    );
    let again = " include:contoso.com include:b.example".repeat(2000);
    let wide = format!("v=spf1{again} -all");
    let facts = surveyed(&subject(), texts(&[("contoso.com", &wide), ("b.example", &wide)]));
    assert_eq!(judged(&facts).unwrap().code, Code::SpfIncludeLoop);
}

#[test]
fn records_that_share_others_are_counted_each_time() {
    // The number of lookups doubles with each level, but the number of names does not.
    let names: Vec<(String, String)> = (0..9)
        .map(|at| {
            let below = format!("v=spf1 include:n{}.example include:n{0}.example -all", at + 1);
            (format!("n{at}.example"), below)
        })
        .collect();
    let mut world =
        vec![("contoso.com", "v=spf1 include:n0.example include:spf.protection.outlook.com -all")];
    world.extend(names.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    world.push(("n9.example", "v=spf1 ip4:192.0.2.1 -all"));
    let facts = surveyed(&subject(), texts(&world));
    assert_eq!(judged(&facts).unwrap().code, Code::SpfTooManyLookups);
    assert!(tally_of(&facts).is_cut);
}

#[test]
fn a_loop_through_three_domains_is_found_wherever_it_closes() {
    for (back, code) in [
        ("a.example", Code::SpfIncludeLoop),
        ("b.example", Code::SpfIncludeLoop),
        ("contoso.com", Code::SpfIncludeLoop),
        ("spf.protection.outlook.com", Code::Met),
    ] {
        let last = format!("v=spf1 include:{back} -all");
        let facts = surveyed(
            &subject(),
            texts(&[
                ("contoso.com", "v=spf1 include:a.example include:spf.protection.outlook.com -all"),
                ("a.example", "v=spf1 include:b.example -all"),
                ("b.example", "v=spf1 include:c.example -all"),
                ("c.example", &last),
            ]),
        );
        let finding = judged(&facts).unwrap();
        assert_eq!(finding.code, code, "{back}: {}", finding.message);
        // The zone can break the loop only if it leads back to the domain itself.
        assert_eq!(finding.fix.is_empty(), back != "contoso.com", "{back}: {:?}", finding.fix);
    }
}

#[test]
fn the_count_after_an_edit_is_that_of_the_published_record() {
    for apex in [
        &["v=spf1 include:a.example ~all", "v=spf1 redirect=b.example"][..],
        &["v=spf1 include:a.example include:gone.example include=b.example -all"],
        &["v=spf1 include:_spf.contoso.com a:x.example a:y.example a:z.example -all"],
    ] {
        let mut world = vec![
            ("a.example", "v=spf1 include:b.example -all"),
            ("b.example", "v=spf1 ip4:192.0.2.1 -all"),
            ("_spf.contoso.com", "v=spf1 include:a.example include:contoso.com -all"),
        ];
        world.extend(apex.iter().map(|text| ("contoso.com", *text)));
        let facts = surveyed(&subject(), texts(&world));
        let fix = with_judge(&facts, |judge, records| {
            let records: Vec<&SpfRecord> = records.iter().collect();
            edit::fix(judge, &records, None).unwrap()
        });
        let mut planned = PlannedRecords::new();
        for edit in &fix.edits {
            let set = RecordSet { data: edit.after.clone(), ttl: 60 };
            planned.insert(Question::new(edit.name.clone(), edit.rtype), set);
        }
        let view = FactsView::published(&facts, TrustPolicy::Both, &planned);
        let subject = subject();
        let expectation = expectations(&subject).into_iter().find(|one| one.id == Id::Spf).unwrap();
        let Requirement::SpfIncludes(include) = &expectation.requirement else { panic!("no include") };
        let set = view.set(&subject.domain, crate::record::RecordType::Txt).unwrap();
        let published = set.data.iter().filter_map(text_of).find_map(SpfRecord::parse).unwrap();
        let tally = walk::tally(&Reader::new(&view), &subject.domain, &published, include);
        assert_eq!((fix.after.lookups, fix.after.voids), (tally.lookups, tally.voids), "{apex:?}");
        let case = Case {
            subject: &subject,
            source: None,
            is_source_sure: false,
            mail_host: None,
            host_failure: None,
            view,
        };
        assert!(judge(&case, &expectation, include).unwrap().code.is_met());
    }
}

#[test]
fn what_to_drop_is_told_in_a_reasoned_order() {
    let apex = "v=spf1 a mx ptr a:mail.contoso.com a:gone.contoso.com ip4:192.0.2.0/26 include:emailsrvr.com \
                include:shop.example include:news.example include:shop.example exists:%{i}.x.example \
                include:spf.protection.outlook.com -all";
    let text = texts(&[
        ("contoso.com", apex),
        ("emailsrvr.com", "v=spf1 ip4:198.51.100.0/24 ~all"),
        ("shop.example", "v=spf1 include:news.example -all"),
        ("news.example", "v=spf1 exists:%{i}.news.example -all"),
    ]);
    let facts = surveyed(&subject(), |question| {
        let data = match (question.name.without_trailing_dot().as_str(), question.rtype) {
            ("contoso.com", crate::record::RecordType::A) => RecordData::A([203, 0, 113, 80].into()),
            ("contoso-com.mail.protection.outlook.com", crate::record::RecordType::A) => {
                RecordData::A([198, 51, 100, 25].into())
            }
            ("mail.contoso.com", crate::record::RecordType::A) => RecordData::A([192, 0, 2, 25].into()),
            ("contoso.com", crate::record::RecordType::Mx) => RecordData::Mx {
                preference: 0,
                exchange: "contoso-com.mail.protection.outlook.com".parse().unwrap(),
            },
            _ => return text(question),
        };
        vec![data]
    });
    let steps_in = |phase| {
        with_judge(&facts, |judge, records| {
            let subject = Subject { phase, ..subject() };
            let case = Case { subject: &subject, ..*judge.case };
            let judge = &SpfJudge { case: &case, ..*judge };
            let tally = walk::tally(judge.reader, &judge.case.subject.domain, &records[0], judge.include);
            assert_eq!((tally.lookups, tally.voids.len()), (16, 1));
            // As if no lookup were allowed, so that the whole order is returned.
            lookup_advice::steps(tally.lookups + 100, candidate::candidates(judge, &records[0], &tally))
        })
    };
    let order = |steps: &[Step]| -> Vec<(String, usize)> {
        steps.iter().map(|Step { candidate, .. }| (candidate.term.clone(), candidate.saving)).collect()
    };
    let expected = [
        ("a:gone.contoso.com", 1),
        ("include:shop.example", 3),
        ("ptr", 1),
        ("include:emailsrvr.com", 1),
        ("a:mail.contoso.com", 1),
        ("mx", 1),
        ("a", 1),
        ("include:news.example", 2),
        ("include:shop.example", 3),
        ("exists:%{i}.x.example", 1),
    ];
    let mut expected = expected.map(|(term, saving)| (term.to_owned(), saving)).to_vec();
    assert_eq!(order(&steps_in(Phase::Tidy)), expected);
    // Until the switch is over, the platform being left sends.
    expected.retain(|(term, _)| term != "include:emailsrvr.com");
    for phase in [Phase::Prepare, Phase::Switch] {
        assert_eq!(order(&steps_in(phase)), expected);
    }
}

/// Returns the message about the record of a domain whose own server takes its mail.
fn message_about(apex: &str) -> String {
    let text = texts(&[("contoso.com", apex)]);
    let facts = surveyed(&subject(), |question| {
        let data = match (question.name.without_trailing_dot().as_str(), question.rtype) {
            ("mail.contoso.com", crate::record::RecordType::A) => RecordData::A([192, 0, 2, 25].into()),
            ("contoso.com", crate::record::RecordType::Mx) => {
                RecordData::Mx { preference: 0, exchange: "mail.contoso.com".parse().unwrap() }
            }
            ("contoso-com.mail.protection.outlook.com", crate::record::RecordType::A) => {
                RecordData::A([198, 51, 100, 25].into())
            }
            _ => return text(question),
        };
        vec![data]
    });
    let host: Name = "contoso-com.mail.protection.outlook.com".parse().unwrap();
    with_judge(&facts, |spf, _| {
        let case = Case { mail_host: Some(&host), ..*spf.case };
        judge(&case, spf.expectation, spf.include).unwrap().message
    })
}

#[test]
fn every_term_that_the_edit_drops_is_named() {
    let microsoft = "include:spf.protection.outlook.com";
    for (apex, named) in [
        (format!("v=spf1 include:gone.example {microsoft} -all"), "The plan drops `include:gone.example`."),
        (format!("v=spf1 ip4:0.0.0.0/0 {microsoft} -all"), "The plan drops `ip4:0.0.0.0/0`."),
        (
            format!("v=spf1 a:mail.contoso.com/0 {microsoft} -all"),
            "`a:mail.contoso.com/0` becomes `a:mail.contoso.com`.",
        ),
        (format!("v=spf1 mx {microsoft} -all"), "`mx` becomes `a:mail.contoso.com`, because"),
        (format!("v=spf1 a:mail.contoso.com mx {microsoft} -all"), "`mx` is dropped, because"),
        (format!("v=spf1 {microsoft} all"), "`all`, which any sender passes, becomes `~all`"),
    ] {
        let message = message_about(&apex);
        assert!(message.contains(named), "{apex}: {message}");
    }
}

#[test]
fn a_typing_error_is_named_once() {
    let message = message_about("v=spf1 a:mail.contoso.com include:spf.protection.outlok.com -all");
    assert_eq!(message.matches("typing error").count(), 1, "{message}");
}
