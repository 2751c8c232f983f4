//! Fetched policies in a recording.
//!
//! An entry after the replies, with the policy text line by line. `body` is a line that ended with a line end; a last
//! line without one is kept as `body-end`, so that the octets are restored unchanged.
//!
//! ```text
//! policy contoso.com.
//!   outcome fetched
//!   time 2026-11-22T05:23:00.034Z 12300
//!   body "version: STSv1"
//!   body "mode: enforce"
//! ```

use std::fmt;

use crate::facts::PolicyReply;
use crate::record::{Token, quote};

use super::fields::{LineError, parsed, text, unknown, word};

/// Writes the entry.
pub(super) fn write(f: &mut fmt::Formatter<'_>, policy: &PolicyReply) -> fmt::Result {
    writeln!(f, "\npolicy {}", policy.domain)?;
    writeln!(f, "  outcome {}", policy.outcome)?;
    writeln!(f, "  time {} {}", policy.at, policy.elapsed)?;
    if !policy.reason.is_empty() {
        writeln!(f, "  reason {}", quote(policy.reason.as_bytes()))?;
    }
    for line in policy.body.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => writeln!(f, "  body {}", quote(line.as_bytes()))?,
            None => writeln!(f, "  body-end {}", quote(line.as_bytes()))?,
        }
    }
    Ok(())
}

/// Reads a line of the entry.
pub(super) fn line(policy: &mut PolicyReply, key: &str, fields: &[Token<'_>]) -> Result<(), LineError> {
    match key {
        "outcome" => policy.outcome = word(fields, 0)?,
        "time" => {
            policy.at = parsed(fields, 0, "a time such as 2026-11-22T05:23:00.034Z")?;
            policy.elapsed = parsed(fields, 1, "a number of microseconds")?;
        }
        "reason" => policy.reason = text(fields, 0)?,
        "body" => {
            policy.body.push_str(&body(fields)?);
            policy.body.push('\n');
        }
        "body-end" => policy.body.push_str(&body(fields)?),
        key => return Err(unknown(key)),
    }
    Ok(())
}

/// Parses one line of the policy text, which contains spaces and is therefore in quotes.
fn body(fields: &[Token<'_>]) -> Result<String, LineError> {
    match fields {
        [_] => text(fields, 0),
        [] => Err(LineError::NoPolicyLine),
        _ => Err(LineError::UnquotedPolicyLine),
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Recording;

    const HEAD: &str = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\n";

    fn round_trip(entries: &str) -> Recording {
        let text = format!("{HEAD}{entries}");
        let recording = Recording::parse(&text).unwrap();
        assert_eq!(recording.to_string(), text);
        recording
    }

    #[test]
    fn policies_go_both_ways() {
        let recording = round_trip(
            "
policy contoso.com.
  outcome fetched
  time 2026-11-22T05:23:00.034Z 12300
  body \"version: STSv1\"
  body \"mode: enforce\\013\"
  body \"\"
  body-end \"mx: \\\"\\195\\164\"

policy fabrikam.com.
  outcome bad-certificate
  time 2026-11-22T05:23:00.04Z 900
  reason \"the certificate has expired\"
",
        );
        let bodies: Vec<&str> = recording.facts.policies().map(|policy| policy.body.as_str()).collect();
        assert_eq!(bodies, ["version: STSv1\nmode: enforce\r\n\nmx: \"ä", ""]);
    }

    #[test]
    fn an_edited_entry_needs_only_what_matters_and_mistakes_are_told() {
        let text = format!("{HEAD}policy a.example\n  outcome fetched\n  body \"mode: none\"\n");
        let recording = Recording::parse(&text).unwrap();
        let policy = recording.facts.policy(&"a.example".parse().unwrap()).unwrap();
        assert_eq!((policy.body.as_str(), policy.at), ("mode: none\n", recording.facts.checked_at));
        for broken in ["body mode: none", "body", "outcome records", "answer x", "body-end \"\\25\""] {
            let text = format!("{HEAD}policy a.example\n  {broken}\n");
            assert_eq!(Recording::parse(&text).unwrap_err().line, 5, "{broken}");
        }
        let text = format!("{HEAD}  body \"x\"\n");
        assert!(Recording::parse(&text).is_err());
    }
}
