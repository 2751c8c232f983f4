//! What is the verdict, and from where to where does the domain move?

use unicode_width::UnicodeWidthStr as _;

use crate::check::{Assessment, Status, Verdict};
use crate::expected::{Importance, Phase};
use crate::plan::count_sets;
use crate::report::style::{Style, Tone};

use super::{Shown, counted, shown_domain};

/// The verdict, and from where to where.
pub(super) fn header(shown: &Shown<'_>, style: &Style) -> String {
    let Assessment { judged, verdict, source, hazards, .. } = shown.assessment;
    let count = |status| {
        let required = judged.iter().filter(|judged| judged.importance == Importance::Required);
        required.filter(|judged| judged.status == status).count()
    };
    let required = shown.changes.iter().filter(|change| change.importance == Importance::Required);
    let required = count_sets(required);
    let mut notes = Vec::new();
    if *verdict == Verdict::ChangesNeeded {
        let errors = hazards.iter().filter(|hazard| hazard.is_error()).count();
        let without_edit = count(Status::Unmet).max(errors);
        match required {
            0 => notes.push(format!("{without_edit} to put right")),
            required => notes.push(format!("{} to edit", counted(required, "record set"))),
        }
    }
    if count(Status::Waiting) > 0 {
        notes.push(format!("{} to wait for", count(Status::Waiting)));
    }
    if count(Status::Unknown) > 0 {
        notes.push(format!("{} could not be looked up", count(Status::Unknown)));
    }
    let waived = judged.iter().filter(|judged| judged.status == Status::Waived).count()
        + hazards.iter().filter(|hazard| hazard.is_waived()).count();
    if waived > 0 {
        notes.push(format!("{waived} waived"));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let (tone, word) = match verdict {
        Verdict::Ready => (Tone::Good, "ready"),
        Verdict::Waiting => (Tone::Pending, "waiting"),
        Verdict::Undetermined => (Tone::Pending, "undetermined"),
        Verdict::ChangesNeeded => (Tone::Bad, "changes needed"),
    };
    let is_wide = |notes: &str| {
        format!("{}: {word}{notes}", shown_domain(shown.subject, style)).width() > style.columns()
    };
    let notes = if is_wide(&notes) { notes.replacen(" (", "\n  (", 1) } else { notes };
    let left = format!("{}: {word}{notes}", shown_domain(shown.subject, style));
    let left = left.rsplit('\n').next().unwrap_or_default();
    let from = source.as_ref().map(|source| {
        let short = source.provider.map_or(source.name.as_str(), |provider| provider.short);
        if source.proof.is_sure() { short.to_owned() } else { format!("probably {short}") }
    });
    let to = shown.subject.cloud.title();
    let right = from.map_or_else(|| to.to_owned(), |from| format!("{from} → {to}"));
    let phase = match shown.subject.phase {
        Phase::Switch => String::new(),
        phase => format!(", {phase}"),
    };
    let right = style.text(&(right + &phase)).into_owned();
    let gap = style.columns().saturating_sub(left.width() + right.width());
    let between = if gap >= 3 { " ".repeat(gap) } else { "\n  ".to_owned() };
    let left = style.paint(Tone::Strong, &format!("{}:", shown_domain(shown.subject, style)))
        + " "
        + &style.paint(tone, &format!("{word}{notes}"));
    format!("{left}{between}{}\n", style.paint(Tone::Faint, &right))
}
