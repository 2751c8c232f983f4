//! Divides a plan into the sections that are made at different times: one for each phase.
//!
//! The plan of a phase includes the phases before it, and so does its script: at its beginning it says that it makes the
//! switch too, and how to get the first section alone. A section is made only if those before it have been made, because
//! `nsupdate`, and a console, go on after a part that has failed.

use std::fmt::Write as _;

use crate::expected::Phase;
use crate::plan::{Change, is_changed_again, merged};

use super::Sheet;

/// The changes of one phase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a> {
    /// The phase.
    pub(super) phase: Phase,
    is_back: bool,
    /// The changes.
    pub(super) changes: &'a [Change],
}

impl Section<'_> {
    /// Returns whether the changes undo those of the phase.
    pub(super) fn is_back(&self) -> bool {
        self.is_back
    }

    /// Returns the sentence that says when to make the changes.
    pub(super) fn heading(&self) -> &'static str {
        match (self.is_back, self.phase) {
            (false, Phase::Prepare) => "prepare: before the switch; mail still goes to the old service",
            (false, Phase::Switch) => "switch: at the switch, all of it together",
            (false, Phase::Tidy) => "tidy: after the switch, when no mail is sent through the old service",
            (true, Phase::Prepare) => "undo prepare: last, if Microsoft 365 sends no mail of the domain",
            (true, Phase::Switch) => "undo switch: all of it together; mail goes to the old service again",
            (true, Phase::Tidy) => "undo tidy: first, before mail is sent through the old service again",
        }
    }
}

/// Divides changes by their phases. The sections of a plan are in the order of the phases, those of a way back in the
/// reverse order.
pub(super) fn sections(changes: &[Change]) -> Vec<Section<'_>> {
    let phase = |change: Option<&Change>| change.map(|change| change.phase);
    let is_back = phase(changes.first()) > phase(changes.last());
    let runs = changes.chunk_by(|one, next| one.phase == next.phase);
    runs.filter_map(|changes| Some(Section { phase: phase(changes.first())?, is_back, changes })).collect()
}

impl Sheet<'_> {
    /// Writes a script with each section under a heading. A plan of one phase has no heading. `write` gets the changes of
    /// a section and those of all sections before it.
    pub(super) fn script(
        &self,
        mark: &str,
        format: &str,
        write: impl Fn(&Self, &[Change]) -> String,
    ) -> String {
        let sections = sections(self.changes);
        let [first, _, ..] = &sections[..] else { return write(self, &[]) };
        let mut text = String::new();
        // Writing into a String cannot fail.
        if !first.is_back() {
            let (domain, phase) = (self.domain.without_trailing_dot(), first.phase.word());
            let _ = writeln!(
                text,
                "{mark}\n{mark} This script makes all sections, one after the other. To make only the first one:\n\
                 {mark} cutover plan {domain} --phase {phase} --format {format}{}",
                self.options
            );
        }
        let mut made = 0;
        for section in &sections {
            let _ = writeln!(text, "{mark}\n{mark} {}", section.heading());
            let earlier = self.changes.get(..made).unwrap_or_default();
            text.push_str(&write(&Self { changes: section.changes, ..*self }, earlier));
            made += section.changes.len();
        }
        text
    }
}

/// Returns the record sets that were published by these changes, as changes to themselves; those that the next changes
/// concern are left out.
pub(super) fn published_before(earlier: &[Change], next: &[Change]) -> Vec<Change> {
    let mut published = merged(earlier);
    published.retain(|change| !is_changed_again(change, next));
    for change in &mut published {
        change.before = change.after.clone();
    }
    published
}
