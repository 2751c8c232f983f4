//! Draws the verdicts of a domain over time, as SVG inside a page.

use jiff::Timestamp;

use crate::check::Verdict;

use super::known::Known;

/// The width of the drawing, in SVG units.
const WIDTH: i64 = 860;
/// The height of the bar, in SVG units.
const HEIGHT: i64 = 18;

/// One verdict in the drawing.
pub(super) struct Span {
    pub(super) x: i64,
    pub(super) width: i64,
    pub(super) class: &'static str,
    /// The verdict and its time, for a person.
    pub(super) title: String,
}

/// Returns the class of a verdict in the style of the pages.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "good",
        Verdict::ChangesNeeded => "bad",
        Verdict::Waiting | Verdict::Undetermined => "wait",
    }
}

/// Returns a span for each verdict. Its width is proportional to the time for which the verdict applied.
pub(super) fn spans(known: &Known, now: Timestamp) -> Vec<Span> {
    let Some((first, _)) = known.verdicts.first() else { return Vec::new() };
    let whole = first.duration_until(now).as_secs().max(1);
    let ends = known.verdicts.iter().skip(1).map(|(since, _)| *since).chain([now]);
    let at = |time: &Timestamp| (first.duration_until(*time).as_secs().clamp(0, whole)) * WIDTH / whole;
    let spans = known.verdicts.iter().zip(ends).map(|((since, verdict), end)| {
        let x = at(since).min(WIDTH - 2);
        let title = format!("{verdict} from {since}");
        Span { x, width: (at(&end) - x).max(2), class: class(*verdict), title }
    });
    spans.collect()
}

/// The width and height of the drawing.
pub(super) const SIZE: (i64, i64) = (WIDTH, HEIGHT);

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::expected::Phase;
    use crate::report::DomainReport;

    #[test]
    fn verdicts_are_as_wide_as_they_were_long() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let report = || DomainReport::missing(&"contoso.com".parse().unwrap(), Phase::Switch);
        let mut known = Known::first(report(), at(0), Verdict::ChangesNeeded);
        known.add(report(), at(500), Verdict::Waiting);
        known.add(report(), at(750), Verdict::Ready);
        let drawn: Vec<_> =
            spans(&known, at(1000)).iter().map(|span| (span.x, span.width, span.class)).collect();
        assert_eq!(drawn, [(0, 430, "bad"), (430, 215, "wait"), (645, 215, "good")]);
        // A clock that was set back draws nothing outside of the chart.
        assert!(spans(&known, at(-5)).iter().all(|span| (0..WIDTH).contains(&span.x) && span.width >= 2));
    }
}
