//! Is what DNS cannot show said where it matters, once, and at the end?

use super::{at_source, zone};
use crate::run::{Desk, cutover, cutover_wide};

/// Mail has moved, and SPF still has the platform that it came from.
const MOVED: (&str, &str) =
    ("SPF", "@ TXT \"v=spf1 include:emailsrvr.com include:spf.protection.outlook.com -all\"");
const SIGNED: &str = "selector1._domainkey CNAME selector1-contoso-com._domainkey.contoso.onmicrosoft.com.\n";

const HEADING: &str = "What DNS cannot show:";

#[test]
fn after_the_switch_the_old_host_and_its_lists_are_remembered() {
    let desk = Desk::new();
    let file = desk.put("contoso.com.zone", zone("contoso.com", &[MOVED]));
    let run = cutover_wide(&format!("check contoso.com --zone {file} --source rackspace"));
    assert_eq!(run.status, 0);
    let (report, reminders) = run.out.split_once(HEADING).unwrap();
    assert!(report.contains("ready") && !reminders.contains("Next:"), "{run:?}");
    assert_eq!(reminders.lines().filter(|line| line.trim_start().starts_with("- ")).count(), 2, "{run:?}");
    assert!(reminders.contains("forced MX routing"), "{run:?}");
}

#[test]
fn they_are_said_once_for_many_domains() {
    let desk = Desk::new();
    let names = ["a.example", "b.example", "c.example", "d.example", "e.example"];
    let files =
        names.map(|name| format!("--zone {}", desk.put(&format!("{name}.zone"), zone(name, &[MOVED]))));
    let run = cutover_wide(&format!("check {} {} --source rackspace", names.join(" "), files.join(" ")));
    assert_eq!(run.out.matches(HEADING).count(), 1, "{run:?}");
    let (_, reminders) = run.out.split_once(HEADING).unwrap();
    assert!(reminders.contains("a.example, b.example, c.example and 2 more"), "{run:?}");
    assert!(!reminders.contains("e.example"), "{run:?}");
}

#[test]
fn signing_is_remembered_where_the_keys_are_published() {
    let desk = Desk::new();
    let signed = zone("contoso.com", &[]) + SIGNED;
    let key =
        "$ORIGIN contoso.onmicrosoft.com.\nselector1-contoso-com._domainkey TXT \"v=DKIM1; k=rsa; p=MIGf\"\n";
    let file = desk.put("contoso.com.zone", signed + key);
    let run = cutover_wide(&format!("check contoso.com --zone {file}"));
    assert!(run.out.contains(HEADING) && run.out.contains("dkim=pass"), "{run:?}");
}

#[test]
fn before_the_switch_a_verified_domain_needs_its_mailboxes() {
    let desk = Desk::new();
    let file = desk.put("contoso.com.zone", at_source("contoso.com"));
    let early = cutover_wide(&format!("check contoso.com --zone {file} --phase prepare"));
    assert!(early.out.contains("internal relay"), "{early:?}");
    let late = cutover_wide(&format!("check contoso.com --zone {file}"));
    assert!(!late.out.contains("internal relay"), "{late:?}");
}

#[test]
fn nothing_is_said_without_a_reason_or_where_nobody_reads() {
    let desk = Desk::new();
    let plain = desk.put("contoso.com.zone", zone("contoso.com", &[]));
    let moved = desk.put("moved.zone", zone("contoso.com", &[MOVED]));
    for quiet in [
        format!("check contoso.com --zone {plain}"),
        format!("check contoso.com --zone {moved} -q"),
        format!("check contoso.com --zone {moved} --format json"),
        format!("plan contoso.com --zone {moved}"),
    ] {
        let run = cutover(&quiet);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(!format!("{}{}", run.out, run.err).contains("DNS cannot show"), "{quiet}: {run:?}");
    }
}
