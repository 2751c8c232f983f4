//! Does a plan that is pasted or run as a whole do no harm, and does each of its sections do what it says?

use std::collections::BTreeSet;

use cutover::plan::emit::{Sheet, to_bind, to_nsupdate, to_powershell};
use cutover::plan::{Change, merged, rollback};
use cutover::record::{Name, Record, RecordData, RecordSet, RecordType, zone};

use super::{OPTIONS, WORLD};
use crate::run::{Workspace, cutover};
use crate::world::{World, file, publish};

/// A zone, the options with which it is checked, and its name in messages.
struct Case {
    zone: String,
    options: &'static str,
    title: &'static str,
}

impl Case {
    fn world(&self) -> World {
        World::from_zone(&self.zone).with_options(self.options)
    }
}

fn cases() -> [Case; 3] {
    let demo = || file("fixtures/demo/contoso.com.zone");
    [
        Case { zone: WORLD.to_owned(), options: OPTIONS, title: "all at once" },
        Case { zone: demo(), options: "--phase tidy --tenant contoso --source rackspace", title: "demo" },
        Case { zone: demo(), options: "--phase switch", title: "demo, switch" },
    ]
}

fn script(changes: &[Change]) -> String {
    let domain: Name = "contoso.com".parse().unwrap();
    to_nsupdate(&Sheet { domain: &domain, zone: &domain, changes, options: "" })
}

/// The records as lines, in order.
fn lines(records: &[Record]) -> BTreeSet<String> {
    let line =
        |one: &Record| format!("{} {} {} {}", one.name, one.ttl, one.data.rtype(), one.data.to_zone_text());
    records.iter().map(line).collect()
}

fn set(records: &[Record], name: &Name, rtype: RecordType) -> RecordSet {
    RecordSet::of(records.iter().filter(|one| one.name == *name && one.data.rtype() == rtype))
}

/// What a server does with the lines of a script that are not comments (RFC 2136 §3).
fn run(script: &str, zone: &mut Vec<Record>) -> Result<usize, String> {
    let mut updates = 0;
    let (mut wanted, mut edits) = (Vec::new(), Vec::new());
    for line in script.lines().filter(|line| !line.starts_with(';')) {
        let words: Vec<&str> = line.splitn(7, ' ').collect();
        let owner = |at: usize| -> (Name, RecordType) {
            (words[at].parse().unwrap(), words[at + 2].parse().unwrap())
        };
        let data = |rtype: RecordType, words: &[&str]| {
            RecordData::parse(rtype, &words.join(" "), &Name::root())
                .unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        match words[..2.min(words.len())] {
            ["zone", _] => {}
            ["prereq", kind] => {
                let (name, rtype) = owner(2);
                let data = (kind == "yxrrset").then(|| data(rtype, &words[5..]));
                wanted.push((name, rtype, data));
            }
            ["update", "delete"] => {
                let (name, rtype) = owner(2);
                edits.push((name, None, data(rtype, &words[5..])));
            }
            ["update", "add"] => {
                let rtype: RecordType = words[5].parse().unwrap();
                edits.push((
                    words[2].parse().unwrap(),
                    Some(words[3].parse().unwrap()),
                    data(rtype, &words[6..]),
                ));
            }
            ["send"] => {
                for (name, rtype, _) in &wanted {
                    let group = wanted.iter().filter(|one| (&one.0, one.1) == (name, *rtype));
                    let seen: BTreeSet<RecordData> = group.filter_map(|one| one.2.clone()).collect();
                    if set(zone, name, *rtype).data != seen {
                        return Err(format!("{rtype} of {name} has changed"));
                    }
                }
                for (name, ttl, data) in edits.drain(..) {
                    let name: Name = name;
                    zone.retain(|one| one.name != name || one.data != data);
                    let Some(ttl) = ttl else { continue };
                    let rtype = data.rtype();
                    zone.iter_mut()
                        .filter(|one| one.name == name && one.data.rtype() == rtype)
                        .for_each(|one| one.ttl = ttl);
                    zone.push(Record { name, ttl, data });
                }
                wanted.clear();
                updates += 1;
            }
            _ => panic!("{line}"),
        }
    }
    Ok(updates)
}

fn phases(changes: &[Change]) -> usize {
    changes.iter().map(|change| change.phase).collect::<BTreeSet<_>>().len()
}

/// The part of a script before the way back.
fn forth(text: &str) -> &str {
    text.split("; To undo").next().unwrap()
}

#[test]
fn a_script_makes_all_sections_and_leads_back() {
    for case in cases() {
        let (world, title) = (case.world(), case.title);
        let plan = world.check().changes;
        assert!(phases(&plan) > 1, "{title}");
        let mut zone = world.records().to_vec();
        let text = script(&plan);
        assert_eq!(run(&text, &mut zone), Ok(phases(&plan)), "{title}: {text}");
        assert_eq!(lines(&zone), lines(&publish(world.records(), &plan)), "{title}: {text}");
        // A server takes it once.
        run(&text, &mut zone.clone()).unwrap_err();
        let (_, undo) = text.split_once("; To undo:\n").unwrap();
        let undo: String =
            undo.lines().map(|line| line.strip_prefix("; ").unwrap_or(line).to_owned() + "\n").collect();
        for back in [script(&rollback(&plan)), undo] {
            let mut zone = zone.clone();
            assert_eq!(run(&back, &mut zone), Ok(phases(&plan)), "{title}: {back}");
            assert_eq!(lines(&zone), lines(world.records()), "{title}: {back}");
        }
    }
}

/// `nsupdate` sends the next update also after one that the server has refused.
#[test]
fn a_section_is_refused_if_one_before_it_was() {
    for case in cases() {
        let (world, title) = (case.world(), case.title);
        let plan = world.check().changes;
        for changes in [plan.clone(), rollback(&plan)] {
            let text = script(&changes);
            let updates: Vec<String> = forth(&text).split_inclusive("send\n").map(str::to_owned).collect();
            let before =
                if changes == plan { world.records().to_vec() } else { publish(world.records(), &plan) };
            for update in updates.iter().skip(1).filter(|update| update.contains("send")) {
                let mut zone = before.clone();
                run(update, &mut zone).unwrap_err();
                assert_eq!(lines(&zone), lines(&before), "{title}: {update}");
            }
        }
    }
}

#[test]
fn a_script_of_several_sections_names_the_command_for_the_first_alone() {
    let workspace = Workspace::new();
    let zone = workspace.put("contoso.com.zone", WORLD);
    for format in ["nsupdate", "powershell"] {
        let run =
            cutover(&format!("plan contoso.com --zone {zone} --services exchange,teams --format {format}"));
        // PowerShell splits a word at a comma.
        let services = if cfg!(windows) { "\"exchange,teams\"" } else { "exchange,teams" };
        let command =
            format!("cutover plan contoso.com --phase prepare --format {format} --services {services}");
        assert!(
            run.out.lines().any(|line| line.trim_start_matches(['#', ';', ' ']) == command),
            "{}",
            run.out
        );
        // A plan of one phase is the first section alone.
        let run = cutover(&format!("plan contoso.com --zone {zone} --phase prepare --format {format}"));
        assert!(!run.out.contains("section") && !run.out.contains("cutover plan"), "{}", run.out);
    }
}

/// Pasting the lines that are not comments publishes one version of each set: that of the end of the plan.
#[test]
fn a_pasted_zone_file_holds_the_end_of_the_plan() {
    for case in cases() {
        let (world, title) = (case.world(), case.title);
        let plan = world.check().changes;
        for changes in [plan.clone(), rollback(&plan)] {
            let text = to_bind(&changes);
            let live = zone::read(text.as_bytes(), None, "plan").unwrap().records;
            let end: Vec<Record> = merged(&changes)
                .iter()
                .fold(Vec::new(), |zone, change| publish(&zone, std::slice::from_ref(change)));
            assert_eq!(lines(&live), lines(&end), "{title}: {text}");
            // An administrator who deletes what is named and pastes the rest has the whole plan.
            let before =
                if changes == plan { world.records().to_vec() } else { publish(world.records(), &plan) };
            let deleted: String = text
                .lines()
                .filter_map(|line| line.strip_prefix("; delete "))
                .map(|line| line.to_owned() + "\n")
                .collect();
            let gone = zone::read(deleted.as_bytes(), None, "deleted").unwrap().records;
            let is_gone =
                |one: &Record| gone.iter().any(|gone| gone.name == one.name && gone.data == one.data);
            let mut zone: Vec<Record> = before.iter().filter(|one| !is_gone(one)).cloned().collect();
            for record in live {
                zone.retain(|one| one.name != record.name || one.data != record.data);
                zone.push(record);
            }
            assert_eq!(lines(&zone), lines(&publish(&before, &changes)), "{title}: {text}");
        }
        // Headings are in the order of the phases, and back.
        let headings = |text: &str, starts: [&str; 3]| -> Vec<usize> {
            starts.iter().filter_map(|start| text.lines().position(|line| line.starts_with(start))).collect()
        };
        let forth = headings(&to_bind(&plan), ["; prepare: ", "; switch: ", "; tidy: "]);
        let back =
            headings(&to_bind(&rollback(&plan)), ["; undo tidy: ", "; undo switch: ", "; undo prepare: "]);
        for found in [forth, back] {
            assert!(found.len() == phases(&plan) && found.is_sorted(), "{title}: {found:?}");
        }
    }
}

#[test]
fn a_plan_of_one_phase_has_no_sections() {
    let plan = World::from_zone(WORLD).with_options("--phase prepare").check().changes;
    assert_eq!(phases(&plan), 1);
    let text = to_bind(&plan);
    assert!(
        text.lines().all(|line| !line.starts_with("; prepare") && !line.starts_with("; publish")),
        "{text}"
    );
    let mut zone = World::from_zone(WORLD).records().to_vec();
    let text = script(&plan);
    assert!(run(&text, &mut zone) == Ok(1) && text.contains("\n; To undo:\n"), "{text}");
    assert_eq!(lines(&zone), lines(&publish(World::from_zone(WORLD).records(), &plan)));
}

#[test]
fn cmdlets_compare_each_set_before_the_first_edit() {
    for case in cases() {
        let (world, title) = (case.world(), case.title);
        let plan = world.check().changes;
        let domain: Name = "contoso.com".parse().unwrap();
        let text = to_powershell(&Sheet { domain: &domain, zone: &domain, changes: &plan, options: "" });
        let live: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let compared = |line: &&str| line.starts_with("Assert-RecordSet ");
        let edits = |line: &&str| line.starts_with("Add-Dns") || line.starts_with("Get-Dns");
        // A console runs a block as one: a line that fails stops those after it.
        let blocks: Vec<&[&str]> = live
            .split(|line| *line == "& {")
            .skip(1)
            .map(|block| block.split(|line| *line == "}").next().unwrap())
            .collect();
        assert_eq!(blocks.len(), phases(&plan), "{title}: {text}");
        for block in &blocks {
            let last = block.iter().rposition(compared).unwrap();
            assert!(last < block.iter().position(edits).unwrap(), "{title}: {text}");
        }
        // Each block compares what those before it have published.
        let sections: Vec<&[Change]> = plan.chunk_by(|one, next| one.phase == next.phase).collect();
        for (index, block) in blocks.iter().enumerate() {
            let sets: BTreeSet<_> = sections[..=index]
                .iter()
                .flat_map(|section| section.iter().map(|change| (&change.name, change.rtype)))
                .collect();
            assert_eq!(block.iter().filter(|line| compared(line)).count(), sets.len(), "{title}: {text}");
            let added: usize = sections[index].iter().map(|change| change.added().count()).sum();
            assert_eq!(block.iter().filter(|line| line.starts_with("Add-Dns")).count(), added, "{title}");
        }
    }
}
