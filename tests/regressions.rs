//! Does what once went wrong stay right?
//!
//! Each test holds an input that made something fail, found by `fuzz/run` or told by somebody, and what must come of it.

use cutover::plan::emit::{
    DnsHost, Sheet, to_dnscontrol, to_nsupdate, to_octodns, to_powershell, to_terraform,
};
use cutover::plan::{Change, to_bind};
use cutover::record::{Name, acts};

use crate::world::World;

/// Every form of the plan for a zone that is ready otherwise.
fn plans(spf: &str) -> Vec<String> {
    let zone = format!("$ORIGIN contoso.com.\n$TTL 1h\n@ TXT \"{spf}\"\n");
    let changes: Vec<Change> = World::from_zone(&zone).check().changes;
    let domain: Name = "contoso.com".parse().unwrap();
    let sheet = Sheet { domain: &domain, zone: &domain, changes: &changes };
    let mut forms = vec![to_bind(&changes), to_nsupdate(&sheet), to_dnscontrol(&sheet)];
    forms.extend([to_octodns(&sheet), to_powershell(&sheet)]);
    forms.extend(DnsHost::ALL.map(|host| to_terraform(&sheet, host)));
    forms
}

/// A zero-width space was written as it is into the scripts that take a record away or put it back.
#[test]
fn an_invisible_character_is_written_by_its_number_in_every_plan() {
    for hostile in [r"\226\128\139", r"\226\128\174", r"\239\187\191", r"\243\160\129\129"] {
        for text in plans(&format!("v=spf1 include:{hostile}spf.protection.outlook.com -all")) {
            let acting = text.chars().find(|character| *character != '\n' && acts(*character));
            assert_eq!(acting, None, "{text}");
        }
    }
    // What goes must be found by what is there: all but zone files and updates, which have a way of their own.
    let space = plans(r"v=spf1 include:\226\128\139spf.protection.outlook.com -all");
    let held = space.iter().filter(|text| text.to_lowercase().contains("\\u200b") || text.contains("0x200B"));
    assert_eq!(held.count(), 6, "{space:?}");
}
