//! The formats of plans.
//!
//! Each format begins with a summary of the changes and ends with the way back, as comments in its own syntax; a format
//! without comments has neither. A record that a format cannot express is reported in a comment, never left out
//! silently.

mod bind;
mod csv;
mod dnscontrol;
mod ics;
mod nsupdate;
mod octodns;
mod powershell;
mod runbook;
mod section;
mod terraform;

use std::collections::BTreeSet;

use crate::record::{Name, RecordData, Text, acts, opens_command};

use super::{Change, count_sets, merged};
use section::sections;

pub use bind::to_bind;
pub use csv::{guarded, to_csv};
pub use dnscontrol::to_dnscontrol;
pub use ics::to_ics;
pub use nsupdate::to_nsupdate;
pub use octodns::to_octodns;
pub use powershell::to_powershell;
pub use runbook::{escaped, to_runbook};
pub use terraform::{DnsHost, to_terraform};

/// A plan to be written in one of the formats.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The domain.
    pub domain: &'a Name,
    /// The zone in which to make the changes.
    pub zone: &'a Name,
    /// The changes, in their order.
    pub changes: &'a [Change],
    /// The options to repeat in every command, quoted for a shell; empty, or with a leading blank.
    pub options: &'a str,
}

impl<'a> Sheet<'a> {
    /// Returns the host field of a name in this zone.
    fn host(&self, name: &Name) -> String {
        name.host_in(self.zone)
    }

    /// Returns a sheet of the same zone with these changes, which lead back.
    fn back(&self, changes: &'a [Change]) -> Self {
        Self { changes, ..*self }
    }

    /// Splits the changes into parts to be made one after the other. In each part, a record set changes at most once.
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

    /// Returns the changes for a format that contains each record set once, and a comment about those that change
    /// twice.
    fn in_the_end(&self, mark: &str) -> (Vec<Change>, String) {
        let merged = merged(self.changes);
        let mut note = String::new();
        if self.changes.len() > count_sets(self.changes) {
            note.push_str(&format!(
                "{mark} Some record sets change twice, as listed above. Here is what they are in the end: publish first what \
                 comes first.\n"
            ));
        }
        // What describes an end cannot be divided, so applying it makes the switch too.
        if let [first, _, ..] = &sections(self.changes)[..]
            && !first.is_back()
        {
            note.push_str(&format!(
                "{mark} This is the end of all sections together. `--phase {}` writes the first one alone.\n",
                first.phase.word()
            ));
        }
        (merged, note)
    }

    /// Returns a line for each record that is added or deleted, under the headings of their sections.
    fn summary(&self) -> Vec<String> {
        let sections = sections(self.changes);
        let has_headings = sections.len() > 1;
        let lines = sections.iter().flat_map(|section| {
            let heading = has_headings.then(|| section.heading().to_owned());
            heading.into_iter().chain(Self { changes: section.changes, ..*self }.edits())
        });
        lines.collect()
    }

    /// Returns a line for each record that is added or deleted.
    fn edits(&self) -> Vec<String> {
        let line = |word: &str, change: &Change, data: &RecordData, ttl: String| {
            format!("{word} {} {} {}{ttl}", self.host(&change.name), change.rtype, data)
        };
        // The edits of one name often share a sentence.
        let mut seen: BTreeSet<&String> = BTreeSet::new();
        let lines = self.changes.iter().flat_map(|change| {
            let cautions: Vec<&String> =
                change.cautions.iter().filter(|caution| seen.insert(*caution)).collect();
            let compare = if change.confirm { "compare it with the admin center" } else { "" };
            let is_deletion = change.added().next().is_none();
            let after = if is_deletion && change.confirm { "  (confirm first)" } else { "" };
            let removed = change.removed().map(|data| line("delete", change, data, after.to_owned()));
            let separator = if change.confirm { "; " } else { "" };
            let ttl = format!("  (TTL {}{separator}{compare})", change.after.ttl);
            let added = change.added().map(move |data| line("add", change, data, ttl.clone()));
            removed.chain(added).chain(self.cautions(change, &cautions)).collect::<Vec<_>>()
        });
        lines.collect()
    }

    /// Returns a line for each sentence to make sure of before publishing a change.
    fn cautions(&self, change: &Change, cautions: &[&String]) -> Vec<String> {
        let host = self.host(&change.name);
        cautions
            .iter()
            .map(|caution| format!("confirm {host} {}: {}", change.rtype, one_line(caution)))
            .collect()
    }

    /// Returns the summary as comments, with this comment mark.
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

    /// Returns the way back, which is already in the format, as comments.
    fn foot(mark: &str, back: &str) -> String {
        let lines = std::iter::once("To undo:").chain(back.lines());
        lines.map(|line| format!("{mark} {line}").trim_end().to_owned() + "\n").collect()
    }
}

/// Returns a text as characters; `None` if it is not UTF-8 or could end a line, since the rest of a comment would then
/// become a command. Every invisible character must be one that all formats can write by its number.
fn plain(text: &Text) -> Option<String> {
    let plain = String::from_utf8(text.joined().to_vec()).ok()?;
    let ends_lines = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    let has_no_number = |character: char| acts(character) && u16::try_from(u32::from(character)).is_err();
    (!plain.contains(|character| ends_lines(character) || has_no_number(character))).then_some(plain)
}

/// Returns a sentence that cannot end a comment or act in it.
fn one_line(sentence: &str) -> String {
    visible(&sentence.replace(|character: char| character.is_control(), " "))
}

/// Returns a string literal with the same meaning in JSON, JavaScript and YAML.
fn quoted(text: &str) -> String {
    // YAML 1.1 treats some of these as line ends inside quotes.
    visible(&serde_json::to_string(text).unwrap_or_default())
}

/// Replaces every character that is invisible or has an effect, and the bracket that would complete a build agent's
/// command, by its number as most languages write it.
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

/// Returns a comment that says why a record set is left out.
fn refused(mark: &str, change: &Change) -> String {
    let (name, rtype) = (&change.name, change.rtype);
    format!(
        "{mark} {rtype} of {name} contains data that this format cannot express; make that change by hand, \
         see `--format bind`\n"
    )
}
