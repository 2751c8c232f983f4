//! Divides a plan into the sections that are made at different times: one for each phase.
//!
//! A script is easily run as a whole, and then makes the switch together with the preparations for it: mail would go to
//! mailboxes that do not exist yet, and the old service would be cut off from SPF while it still sends. In a script,
//! therefore, only the first section is live. The later ones are comments with the command that writes them again at
//! their time, from the zone as it is then. One live section also means one transaction: `nsupdate` goes on with the
//! next update after a server has refused one, so a second live update could be made without the first.

use std::fmt::Write as _;

use crate::expected::Phase;
use crate::plan::Change;

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

impl<'a> Sheet<'a> {
    /// Returns the changes of the section that a script makes: the first one.
    pub(super) fn live(&self) -> Self {
        let changes = sections(self.changes).first().map_or(self.changes, |first| first.changes);
        Self { changes, ..*self }
    }

    /// Writes a script with each section under a heading. All sections but the first are comments. A plan of one
    /// phase has neither headings nor comments.
    pub(super) fn script(&self, mark: &str, format: &str, write: impl Fn(&Self) -> String) -> String {
        let sections = sections(self.changes);
        let [first, later @ ..] = &sections[..] else { return write(self) };
        if later.is_empty() {
            return write(self);
        }
        let mut text = format!(
            "{mark}\n{mark} This script makes only the changes of the first section; the later ones are comments.\n\
             {mark}\n{mark} {}\n",
            first.heading()
        );
        text.push_str(&write(&self.live()));
        for section in later {
            let domain = self.domain.without_trailing_dot();
            let (phase, options) = (section.phase.word(), self.options);
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{mark}\n{mark} {}", section.heading());
            let _ = match section.is_back {
                false => writeln!(
                    text,
                    "{mark} Do not run this yet. Write it again at that time, when the sections before are done:\n\
                     {mark} cutover plan {domain} --phase {phase} --format {format}{options}"
                ),
                true => writeln!(
                    text,
                    "{mark} Not part of this script. To undo this as well, remove the comment marks and run only these \
                     lines:"
                ),
            };
            let lines = write(&Self { changes: section.changes, ..*self });
            text.extend(lines.lines().map(|line| format!("{mark} {line}\n")));
        }
        text
    }
}
