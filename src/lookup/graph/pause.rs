//! Parses the time for which a busy service wants no requests (`Retry-After`).

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{DATE, HeaderName, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// Returns the duration in `Retry-After`: seconds, or a date (RFC 9110 §10.2.3), which is measured from the date of the
/// response, since the two clocks may differ, or from `now` if the response has no date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let said = text(RETRY_AFTER)?;
    if !said.is_empty() && said.bytes().all(|octet| octet.is_ascii_digit()) {
        // A number of seconds too large to represent becomes the largest one.
        return Some(Duration::from_secs(said.parse().unwrap_or(u64::MAX)));
    }
    let then = date(said)?;
    let now = text(DATE).and_then(date).unwrap_or(now);
    Some(Duration::try_from(now.duration_until(then)).unwrap_or_default())
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood() {
        let now = "2026-11-22T05:23:00Z".parse().unwrap();
        let wait = |after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            date.map(|date| headers.insert(DATE, date.parse().unwrap()));
            retry_after(&headers, now).map(|span| span.as_secs())
        };
        assert_eq!(wait("0", None), Some(0));
        assert_eq!(wait(" 17 ", None), Some(17));
        assert_eq!(wait("99999999999999999999999", None), Some(u64::MAX));
        assert_eq!(wait("Sun, 22 Nov 2026 05:24:30 GMT", None), Some(90));
        // The date of the response is used, not the clock of this machine.
        let date = Some("Sun, 22 Nov 2026 05:24:00 GMT");
        assert_eq!(wait("Sun, 22 Nov 2026 05:24:30 GMT", date), Some(30));
        assert_eq!(wait("Sun, 22 Nov 2026 05:23:30 GMT", date), Some(0));
        for nonsense in ["", "soon", "-1", "1.5", "Sun, 99 Nov 2026 05:23:30 GMT"] {
            assert_eq!(wait(nonsense, None), None, "{nonsense}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
