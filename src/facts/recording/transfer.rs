//! The result of a zone transfer in a recording.
//!
//! ```text
//! transfer contoso.com. 192.0.2.1:53
//!   outcome refused
//!   time 2026-11-22T05:23:00.034Z 12300
//! ```

use std::fmt;

use crate::facts::{TransferOutcome, TransferReply};
use crate::record::{Token, quote};

use super::fields::{self, LineError, name, parsed, text, unknown};
use super::word;

/// Writes the entry.
pub(super) fn write(f: &mut fmt::Formatter<'_>, reply: &TransferReply) -> fmt::Result {
    writeln!(f, "\ntransfer {} {}", reply.apex, word(&reply.server))?;
    writeln!(f, "  outcome {}", reply.outcome)?;
    writeln!(f, "  time {} {}", reply.at, reply.elapsed)?;
    if reply.records > 0 {
        writeln!(f, "  records {}", reply.records)?;
    }
    if !reply.reason.is_empty() {
        writeln!(f, "  reason {}", quote(reply.reason.as_bytes()))?;
    }
    Ok(())
}

/// Begins an entry.
pub(super) fn begin(fields: &[Token<'_>]) -> Result<TransferReply, LineError> {
    Ok(TransferReply::empty(name(fields, 0)?, text(fields, 1)?, TransferOutcome::Timeout))
}

/// Reads a line of the entry.
pub(super) fn line(reply: &mut TransferReply, key: &str, fields: &[Token<'_>]) -> Result<(), LineError> {
    match key {
        "outcome" => reply.outcome = fields::word(fields, 0)?,
        "time" => {
            reply.at = parsed(fields, 0, "a time such as 2026-11-22T05:23:00.034Z")?;
            reply.elapsed = parsed(fields, 1, "a number of microseconds")?;
        }
        "records" => reply.records = parsed(fields, 0, "a number of records")?,
        "reason" => reply.reason = text(fields, 0)?,
        key => return Err(unknown(key)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::facts::Recording;

    #[test]
    fn entries_go_both_ways_and_mistakes_are_told() {
        let head = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\n";
        let text = format!(
            "{head}
transfer contoso.com. 192.0.2.1:53
  outcome transferred
  time 2026-11-22T05:23:00.034Z 12300
  records 7

transfer fabrikam.com. 192.0.2.1:53
  outcome unverified
  time 2026-11-22T05:23:00.034Z 12300
  reason \"the answer is not signed with the key\"
"
        );
        assert_eq!(Recording::parse(&text).unwrap().to_string(), text);
        for broken in ["outcome fine", "records many", "answer x", "time never"] {
            let text = format!("{head}transfer a.example 192.0.2.1:53\n  {broken}\n");
            assert_eq!(Recording::parse(&text).unwrap_err().line, 5, "{broken}");
        }
        assert!(Recording::parse(&format!("{head}transfer a.example\n")).is_err());
    }
}
