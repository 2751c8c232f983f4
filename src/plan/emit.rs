//! The formats of plans.
//!
//! Each form begins with what it will change and ends with the way back, as comments of its own kind; a form that has no
//! comments has neither. What a form cannot hold is said in a comment, and never left out silently.

mod bind;
mod csv;
mod dnscontrol;
mod ics;
mod nsupdate;
mod octodns;
mod powershell;
mod runbook;
mod terraform;

use std::collections::BTreeSet;

use crate::record::{Name, RecordData, Text, acts, opens_command};

use super::{Change, count_sets, merged};

pub use bind::to_bind;
pub use csv::{guarded, to_csv};
pub use dnscontrol::to_dnscontrol;
pub use ics::to_ics;
pub use nsupdate::to_nsupdate;
pub use octodns::to_octodns;
pub use powershell::to_powershell;
pub use runbook::{escaped, to_runbook};
pub use terraform::{DnsHost, to_terraform};

/// A plan on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The domain.
    pub domain: &'a Name,
    /// The zone in which to make the changes.
    pub zone: &'a Name,
    /// The changes, in their order.
    pub changes: &'a [Change],
}

impl<'a> Sheet<'a> {
    /// The host field of a name in this zone.
    fn host(&self, name: &Name) -> String {
        name.host_in(self.zone)
    }

    /// The same zone with the way back.
    fn back(&self, changes: &'a [Change]) -> Self {
        Self { changes, ..*self }
    }

    /// The changes in parts to be made one after the other, in each of which a record set changes once.
    fn parts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = self.changes;
        while !rest.is_empty() {
            let mut seen = BTreeSet::new();
            let is_again = |change: &Change| !seen.insert((change.name.clone(), change.rtype));
            let (changes, later) = rest.split_at(rest.iter().position(is_again).unwrap_or(rest.len()));
            parts.push(Self { changes, ..*self });
            rest = later;
        }
        parts
    }

    /// The changes for a form that holds each record set once, and what to say there about those that change twice.
    fn in_the_end(&self, mark: &str) -> (Vec<Change>, String) {
        let merged = merged(self.changes);
        let note = if self.changes.len() > count_sets(self.changes) {
            format!(
                "{mark} Some record sets change twice, as listed above. Here is what they are in the end: publish first what \
                 comes first.\n"
            )
        } else {
            String::new()
        };
        (merged, note)
    }

    /// What will change, a line each.
    fn summary(&self) -> Vec<String> {
        let line = |word: &str, change: &Change, data: &RecordData, ttl: String| {
            format!("{word} {} {} {}{ttl}", self.host(&change.name), change.rtype, data)
        };
        let lines = self.changes.iter().flat_map(|change| {
            let removed = change.removed().map(|data| line("delete", change, data, String::new()));
            let confirm = if change.confirm { "; compare it with the admin center" } else { "" };
            let ttl = format!("  (TTL {}{confirm})", change.after.ttl);
            let added = change.added().map(move |data| line("add", change, data, ttl.clone()));
            removed.chain(added).collect::<Vec<_>>()
        });
        lines.collect()
    }

    /// The lines at the top, behind this comment mark.
    fn head(&self, mark: &str) -> String {
        let count = count_sets(self.changes);
        let sets = if count == 1 { "1 record set".to_owned() } else { format!("{count} record sets") };
        let title = format!(
            "{} in the zone {}: {sets} to change",
            self.domain.without_trailing_dot(),
            self.zone.without_trailing_dot()
        );
        let lines = std::iter::once(title).chain(self.summary());
        lines.map(|line| format!("{mark} {line}\n")).collect()
    }

    /// The way back as comments, given what it looks like in this form.
    fn foot(mark: &str, back: &str) -> String {
        let lines = std::iter::once("To undo:").chain(back.lines());
        lines.map(|line| format!("{mark} {line}").trim_end().to_owned() + "\n").collect()
    }
}

/// A text as characters, where it is some that cannot end a line: behind a comment mark it would begin a command. An
/// invisible character must be one that every form can write by its number.
fn plain(text: &Text) -> Option<String> {
    let plain = String::from_utf8(text.joined().to_vec()).ok()?;
    let ends_lines = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    let has_no_number = |character: char| acts(character) && u16::try_from(u32::from(character)).is_err();
    (!plain.contains(|character| ends_lines(character) || has_no_number(character))).then_some(plain)
}

/// A string that JSON, JavaScript and YAML read alike.
fn quoted(text: &str) -> String {
    // YAML 1.1 takes some of these for line ends inside of quotes.
    visible(&serde_json::to_string(text).unwrap_or_default())
}

/// The same with the number, as most languages write it, in place of every character that is invisible or acts, and of the
/// bracket that would complete a command to a build agent.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) || character == '[' && opens_command(visible.as_bytes()) {
            visible.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            visible.push(character);
        }
    }
    visible
}

/// The reason why a record set is not in the form.
fn refused(mark: &str, change: &Change) -> String {
    let (name, rtype) = (&change.name, change.rtype);
    format!(
        "{mark} {rtype} of {name} contains data that this format cannot express; make that change by hand, \
         see `--format bind`\n"
    )
}
