//! Formats times and durations for sentences.

use jiff::{SignedDuration, Timestamp};

/// Returns the time this many seconds after another, rounded up to a whole second.
pub(crate) fn after(at: Timestamp, seconds: u32) -> Option<Timestamp> {
    let time = at.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()?;
    // A started second is not over yet.
    let whole = Timestamp::from_second(time.as_second()).ok()?;
    if whole < time { whole.checked_add(SignedDuration::from_secs(1)).ok() } else { Some(whole) }
}

/// Formats the date and time by which something is over, rounded up to a whole minute of UTC.
pub(crate) fn clock_when_over(time: Timestamp) -> String {
    clock(time.checked_add(SignedDuration::from_secs(59)).unwrap_or(time))
}

/// Formats the date and time of an event or a deadline, to the minute, in UTC.
pub(crate) fn clock(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Formats the time left until `then`, rounded up in the largest unit of which two or more are left: `45 s`, `23 min`,
/// `5 h`, `3 d`.
pub(crate) fn left(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.duration_until(then).as_secs().max(0);
    // A started minute is not over yet.
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", (seconds + 59) / 60),
        7200..172_800 => format!("{} h", (seconds + 3599) / 3600),
        _ => format!("{} d", (seconds + 86_399) / 86_400),
    }
}

/// Formats a duration in words, in the largest unit without a remainder; in days if it is more than two.
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
    fn what_is_left_is_rounded_up() {
        let now: Timestamp = "2026-11-22T05:23:00Z".parse().unwrap();
        for (seconds, words) in [
            (-5, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (1321, "23 min"),
            (7199, "120 min"),
            (7201, "3 h"),
            (172_800, "2 d"),
            (172_801, "3 d"),
        ] {
            assert_eq!(left(now, now + SignedDuration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn what_is_said_to_be_over_is_over() {
        for (time, words) in [("05:46:00", "05:46"), ("05:46:01", "05:47"), ("23:59:30", "00:00")] {
            let told = clock_when_over(format!("2026-11-22T{time}Z").parse().unwrap());
            assert!(told.contains(words), "{told}");
        }
        assert!(clock_when_over(Timestamp::MAX).starts_with("9999"));
    }

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
