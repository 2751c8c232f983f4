//! How are moments and durations told in a sentence?

use jiff::{SignedDuration, Timestamp};

/// The moment so many seconds after another, at a whole second.
pub(crate) fn after(at: Timestamp, seconds: u32) -> Option<Timestamp> {
    let time = at.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()?;
    // A started second is not over yet.
    let whole = Timestamp::from_second(time.as_second()).ok()?;
    if whole < time { whole.checked_add(SignedDuration::from_secs(1)).ok() } else { Some(whole) }
}

/// The time of day for a sentence.
pub(crate) fn clock(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A length of time in words, in the largest unit that leaves nothing over; beyond two days in days.
pub(crate) fn lasting(seconds: u32) -> String {
    const UNITS: [(u32, &str); 3] = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let (count, unit) =
        match UNITS.into_iter().find(|(length, _)| seconds > 0 && seconds.is_multiple_of(*length)) {
            Some((length, unit)) if unit == "day" || seconds < 2 * 86_400 => (seconds / length, unit),
            Some(_) => (seconds.div_ceil(86_400), "day"),
            None if seconds >= 2 * 86_400 => (seconds.div_ceil(86_400), "day"),
            None => (seconds, "second"),
        };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_said_in_words() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "90 seconds"),
            (300, "5 minutes"),
            (3600, "1 hour"),
            (86_400, "1 day"),
            (90_000, "25 hours"),
            (604_800, "7 days"),
            (700_000, "9 days"),
            (31_622_400, "366 days"),
        ] {
            assert_eq!(lasting(seconds), words);
        }
    }
}
