//! Laws 4 and 5: are a recording's facts the same facts, and is the status the verdict whatever is printed?

use cutover::facts::Recording;
use cutover::record::zone::to_zone_text;

use super::worlds::{Choice, World, some_worlds};
use super::{Judgement, assert_none};
use crate::run::{Workspace, cutover};

#[test]
fn a_recording_is_judged_alike_to_the_byte() {
    let mut faults = Vec::new();
    for world in some_worlds(16) {
        let facts = world.facts(&world.zone);
        let text = Recording::new(vec![world.subject.domain.clone()], facts.clone()).to_string();
        let read = Recording::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", world.title()));
        let again = world.facts_again(read.clone());
        let [one, other, third] =
            [&facts, &read.facts, &again].map(|facts| Judgement::new(&world, facts).json(&world, facts));
        if one != other || one != third || read.to_string() != text {
            faults.push(world.title());
        }
    }
    assert_none(&faults);
}

#[test]
fn the_status_is_the_verdict_in_every_format() {
    for world in some_worlds(30).filter(|world| world.choice == Choice::Default) {
        let workspace = Workspace::new();
        let file = workspace.put("contoso.com.zone", to_zone_text(&world.zone));
        let options = options(&world);
        let json = cutover(&format!("check contoso.com --zone {file} {options} --format json"));
        let status = match json.domain()["verdict"].as_str().unwrap() {
            "ready" => 0,
            "changes-needed" => 1,
            "undetermined" => 3,
            "waiting" => 4,
            other => panic!("{other}"),
        };
        for more in ["--format json", "--format table", "--format table -q", "--format json -v"] {
            let run = cutover(&format!("check contoso.com --zone {file} {options} {more}"));
            assert_eq!(run.status, status, "{}: {more}", world.title());
        }
    }
}

fn options(world: &World) -> String {
    let tenant = world.subject.tenant.iter().map(|tenant| format!("--tenant {tenant}")).collect::<String>();
    format!("--phase {} --cloud {} {tenant}", world.subject.phase, world.subject.cloud)
}
