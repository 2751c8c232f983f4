//! Is what DNS cannot show said where it matters, once, and at the end?

use super::{at_source, zone};
use crate::run::{Workspace, cutover, cutover_wide};

/// Mail has moved, and SPF still has the platform that it came from.
const MOVED: (&str, &str) =
    ("SPF", "@ TXT \"v=spf1 include:emailsrvr.com include:spf.protection.outlook.com -all\"");
const SIGNED: &str = "selector1._domainkey CNAME selector1-contoso-com._domainkey.contoso.onmicrosoft.com.\n";

const HEADING: &str = "DNS does not show these; check them as well:";

#[test]
fn after_the_switch_the_old_host_and_its_lists_are_remembered() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", zone("contoso.com", &[MOVED]));
    let run = cutover_wide(&format!("check contoso.com --zone {file} --source rackspace"));
    assert_eq!(run.status, 0);
    let (report, reminders) = run.out.split_once(HEADING).unwrap();
    assert!(report.contains("ready") && !report.contains("Next:"), "{run:?}");
    // The next step comes last, in more than one line where the path is long.
    assert!(reminders.trim_end().rsplit("\n\n").next().unwrap().starts_with("Next: "), "{run:?}");
    // The third is about DKIM and DMARC, which are missing.
    assert_eq!(reminders.lines().filter(|line| line.trim_start().starts_with("- ")).count(), 3, "{run:?}");
    assert!(reminders.contains("forced MX routing"), "{run:?}");
}

#[test]
fn they_are_said_once_for_many_domains() {
    let workspace = Workspace::new();
    let names = ["a.example", "b.example", "c.example", "d.example", "e.example"];
    let files =
        names.map(|name| format!("--zone {}", workspace.put(&format!("{name}.zone"), zone(name, &[MOVED]))));
    let run = cutover_wide(&format!("check {} {} --source rackspace", names.join(" "), files.join(" ")));
    assert_eq!(run.out.matches(HEADING).count(), 1, "{run:?}");
    let (_, reminders) = run.out.split_once(HEADING).unwrap();
    assert!(reminders.contains("a.example, b.example, c.example and 2 more"), "{run:?}");
    assert!(!reminders.contains("e.example"), "{run:?}");
}

#[test]
fn signing_is_remembered_where_the_keys_are_published() {
    let workspace = Workspace::new();
    let signed = zone("contoso.com", &[]) + SIGNED;
    let key =
        "$ORIGIN contoso.onmicrosoft.com.\nselector1-contoso-com._domainkey TXT \"v=DKIM1; k=rsa; p=MIGf\"\n";
    let file = workspace.put("contoso.com.zone", signed + key);
    let run = cutover_wide(&format!("check contoso.com --zone {file}"));
    assert!(run.out.contains(HEADING) && run.out.contains("dkim=pass"), "{run:?}");
}

#[test]
fn before_the_switch_a_verified_domain_needs_its_mailboxes() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let early = cutover_wide(&format!("check contoso.com --zone {file} --phase prepare"));
    assert!(early.out.contains("internal relay"), "{early:?}");
    let late = cutover_wide(&format!("check contoso.com --zone {file}"));
    assert!(!late.out.contains("internal relay"), "{late:?}");
}

#[test]
fn each_change_of_2026_is_remembered_in_its_phase_alone() {
    let workspace = Workspace::new();
    let file = workspace.put("contoso.com.zone", at_source("contoso.com"));
    let signed = "v=DMARC1; p=none";
    let complete = format!("_dmarc TXT \"{signed}\"\n{SIGNED}");
    let moved = workspace.put("moved.zone", zone("contoso.com", &[]));
    let complete = workspace.put("complete.zone", zone("contoso.com", &[]) + &complete);
    let of = |file: &str, phase: &str| {
        cutover_wide(&format!("check contoso.com --zone {file} --phase {phase}")).out
    };
    for (file, words, phases) in [
        // Of the initial domain, of the migration tool, and of devices that send by themselves.
        (&file, "5.7.236", &["prepare"][..]),
        (&file, "Exchange Web Services", &["prepare"]),
        (&file, "5.7.68", &["switch"]),
        // Of bulk mail: where it is sent from Microsoft 365, and DKIM or DMARC is missing.
        (&moved, "5.7.515", &["switch", "tidy"]),
        (&complete, "5.7.515", &[]),
        (&moved, "5.7.236", &[]),
        (&moved, "5.7.68", &[]),
    ] {
        for phase in ["prepare", "switch", "tidy"] {
            let count = of(file, phase).matches(words).count();
            assert_eq!(count, usize::from(phases.contains(&phase)), "{words} in {phase} of {file}");
        }
    }
}

#[test]
fn nothing_is_said_without_a_reason_or_where_nobody_reads() {
    let workspace = Workspace::new();
    let plain = workspace.put("contoso.com.zone", zone("contoso.com", &[]));
    let moved = workspace.put("moved.zone", zone("contoso.com", &[MOVED]));
    for quiet in [
        format!("check contoso.com --zone {plain} --phase prepare"),
        format!("check contoso.com --zone {moved} -q"),
        format!("check contoso.com --zone {moved} --format json"),
        format!("plan contoso.com --zone {moved}"),
    ] {
        let run = cutover(&quiet);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(!format!("{}{}", run.out, run.err).contains("DNS cannot show"), "{quiet}: {run:?}");
    }
}
