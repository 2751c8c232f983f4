//! Compares whole runs of the program with snapshots: exit status, standard output and standard error, in a pipe and in 120,
//! 80 and 60 columns.
//!
//! Each situation is one that an administrator meets, and one file in `tests/snapshots`. All are offline: recordings are made
//! here from the zones and recordings in `fixtures`, so that times are fixed, and a run sees names of files alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::cli::{State, recording};
use crate::run::{Run, Workspace, program};
use crate::world::{Fill, World, file};

/// The columns of each run; `None` for a pipe.
const WIDTHS: [Option<u16>; 4] = [None, Some(120), Some(80), Some(60)];

/// What the files of a situation are made from.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// A file of the repository, as it is.
    File(&'static str),
    /// A recording of servers that have this zone file.
    Servers(&'static str),
    /// The same, a day earlier.
    ServersBefore(&'static str),
    /// A recording of the repository, its gaps closed.
    Recording(&'static str),
    /// A recording of many domains in all states.
    Customers,
    /// Their names, a line each.
    CustomerList,
}

/// Makes a test of each situation: its name, its files, and the words behind the program's name.
macro_rules! situations {
    ($($name:ident [$($file:literal: $source:expr),*] $words:literal)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                compare(stringify!($name), &[$(($file, $source)),*], $words);
            }
        )*
    };
}

use Source::{CustomerList, Customers, File, Recording, Servers, ServersBefore};

situations! {
    untouched ["contoso.com.rec": Servers("fixtures/runs/untouched.zone")]
        "check contoso.com --replay contoso.com.rec"
    untouched_with_every_reply ["contoso.com.rec": Servers("fixtures/runs/untouched.zone")]
        "check contoso.com --replay contoso.com.rec --verbose"
    zone_file ["contoso.com.zone": File("fixtures/demo/contoso.com.zone")]
        "check contoso.com --zone contoso.com.zone"
    prepare ["contoso.com.rec": Servers("fixtures/runs/untouched.zone")]
        "check contoso.com --replay contoso.com.rec --phase prepare --tenant contoso --switch-at 2026-11-28T20:00:00Z"
    prepare_with_long_ttl ["contoso.com.rec": Servers("fixtures/runs/ttl.zone")]
        "check contoso.com --replay contoso.com.rec --phase prepare --switch-at 2026-11-22T20:00:00Z"
    halfway ["contoso.com.rec": Servers("fixtures/runs/halfway.zone")]
        "check contoso.com --replay contoso.com.rec"
    ready ["contoso.com.rec": Servers("fixtures/ready.zone")]
        "check contoso.com --replay contoso.com.rec"
    waiting ["contoso.com.rec": Recording("fixtures/scenarios/certainty/each-has-its-own-time.recording")]
        "check contoso.com --replay contoso.com.rec"
    mx_not_assigned ["contoso.com.rec": Recording("fixtures/scenarios/delivery/host-not-assigned.recording")]
        "check contoso.com --replay contoso.com.rec"
    broken_spf ["contoso.com.rec": Servers("fixtures/runs/broken-spf.zone")]
        "check contoso.com --replay contoso.com.rec"
    policy_that_will_apply ["contoso.com.zone": File("fixtures/scenarios/text/policy-repaired.zone")]
        "check contoso.com --zone contoso.com.zone"
    policy_that_stays_mild ["contoso.com.zone": File("fixtures/scenarios/text/policy-twice.zone")]
        "check contoso.com --zone contoso.com.zone"
    spf_record_at_the_doubled_name ["contoso.com.zone": File("fixtures/scenarios/hazard/domain-doubled.zone")]
        "check contoso.com --zone contoso.com.zone"
    several_spf_records ["contoso.com.zone": File("fixtures/scenarios/spf/merged-redirect.zone")]
        "check contoso.com --zone contoso.com.zone"
    plan_to_confirm ["contoso.com.zone": File("fixtures/scenarios/alias/address-that-others-use.zone")]
        "plan contoso.com --zone contoso.com.zone"
    domain_not_found ["contoso.com.rec": Recording("fixtures/scenarios/hazard/no-such-domain.recording")]
        "check contoso.com --replay contoso.com.rec"
    no_answers ["contoso.com.rec": Recording("fixtures/scenarios/hazard/network-down-here.recording")]
        "check contoso.com --replay contoso.com.rec"
    parked ["contoso.com.rec": Servers("fixtures/runs/parked.zone")]
        "check contoso.com --replay contoso.com.rec"
    alias_typed ["contoso.com.rec": Servers("fixtures/runs/alias.zone")]
        "check www.contoso.com --replay contoso.com.rec"
    subdomain_typed ["contoso.com.rec": Servers("fixtures/runs/subdomain.zone")]
        "check eu.contoso.com --replay contoso.com.rec"
    many_domains ["customers.rec": Customers, "customers.txt": CustomerList]
        "check --domains customers.txt --replay customers.rec"
    tidy ["contoso.com.rec": Servers("fixtures/runs/switched.zone")]
        "check contoso.com --replay contoso.com.rec --phase tidy --source rackspace"
    tidy_with_nothing_left ["contoso.com.rec": Servers("fixtures/ready.zone")]
        "check contoso.com --replay contoso.com.rec --phase tidy --source rackspace"
    since [
        "before.rec": ServersBefore("fixtures/runs/untouched.zone"),
        "contoso.com.rec": Servers("fixtures/runs/halfway.zone")
    ]
        "check contoso.com --replay contoso.com.rec --since before.rec"
    plan ["contoso.com.rec": Servers("fixtures/runs/untouched.zone")]
        "plan contoso.com --replay contoso.com.rec --tenant contoso"
    plan_of_nothing ["contoso.com.rec": Servers("fixtures/ready.zone")]
        "plan contoso.com --replay contoso.com.rec"
    unknown_value []
        "check contoso.com --phase swich"
    no_domain []
        "check"
    missing_file []
        "check contoso.com --zone contoso.com.zone"
    explain []
        "explain mx-rival"
    expected []
        "expected contoso.com --tenant contoso --services exchange,teams"
}

/// Fails where a situation's runs differ from its snapshot.
fn compare(name: &str, files: &[(&str, Source)], words: &str) {
    let workspace = Workspace::new();
    for (file, source) in files {
        workspace.put(file, content(*source, words));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, runs(&workspace, words)));
}

fn content(source: Source, words: &str) -> String {
    let servers = |path: &str| {
        let world = World::from_zone(&file(path)).with_options(&options(words));
        world.for_domain(words.split(' ').nth(1).unwrap()).recorded().to_string()
    };
    match source {
        File(path) => file(path),
        Servers(path) => servers(path),
        ServersBefore(path) => servers(path).replace("2026-11-22T", "2026-11-21T"),
        Recording(path) => {
            let text = file(path);
            let fill = text.lines().find_map(|line| line.strip_prefix("; fill: ")).unwrap();
            World::from_recording(&text, fill.parse::<Fill>().unwrap()).recorded().to_string()
        }
        Customers => {
            recording(&customers().iter().map(|(name, state)| (&**name, *state)).collect::<Vec<_>>())
        }
        CustomerList => customers().into_iter().map(|(name, _)| name + "\n").collect(),
    }
}

/// The options of a command line that say what is expected.
fn options(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').skip(2).collect();
    let pairs = words.chunks(2).filter(|pair| !matches!(pair[0], "--replay" | "--since" | "--verbose"));
    pairs.map(|pair| pair.join(" ")).collect::<Vec<_>>().join(" ")
}

/// Twenty domains: most are ready, and every other state is met more than once.
fn customers() -> Vec<(String, State)> {
    let state = |number| match number {
        4 | 11 | 12 | 17 => State::ChangesNeeded,
        6 | 15 => State::Waiting,
        9 | 18 => State::Undetermined,
        _ => State::Ready,
    };
    (1..=20).map(|number| (format!("customer-{number}.example"), state(number))).collect()
}

/// Every run with its streams; what a run writes as the one before it did is not repeated.
fn runs(workspace: &Workspace, words: &str) -> String {
    let mut text = String::new();
    let mut before: Option<Run> = None;
    for width in WIDTHS {
        let mut command = program(words, &workspace.path(""));
        if let Some(width) = width {
            command.env("COLUMNS", width.to_string());
        }
        let run = Run::from(command.output().unwrap());
        let columns = width.map(|width| format!("COLUMNS={width} ")).unwrap_or_default();
        writeln!(text, "$ {columns}cutover {words}").unwrap();
        if before.as_ref() == Some(&run) {
            writeln!(text, "[the same]").unwrap();
        } else {
            text += &run.out;
            if !run.err.is_empty() {
                write!(text, "[standard error]\n{}", run.err).unwrap();
            }
            writeln!(text, "[exit status {}]\n", run.status).unwrap();
        }
        before = Some(run);
    }
    text
}

#[test]
fn every_snapshot_is_of_a_situation() {
    let names = std::fs::read_dir("tests/snapshots").unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: BTreeSet<String> =
        names.filter_map(|name| Some(name.strip_suffix(".snap")?.to_owned())).collect();
    assert_eq!(kept, NAMES.iter().map(|name| (*name).to_owned()).collect());
}
