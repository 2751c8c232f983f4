//! Reports why a requested zone transfer failed.

use crate::facts::{TransferOutcome, Zone};

use super::{Case, Code, Hazard, backticked};

/// Reports that no name server sent the zone.
pub(super) fn transfer_refused(case: &Case<'_>, zone: Option<&Zone>) -> Option<Hazard> {
    let apex = &zone?.apex;
    let reply = case.view.facts.transfer(apex)?;
    let what = match reply.outcome {
        TransferOutcome::Transferred => return None,
        TransferOutcome::Refused => "refuses",
        TransferOutcome::Unreachable => "is unreachable",
        TransferOutcome::Timeout => "was too slow",
        TransferOutcome::Malformed => "sent an invalid response",
        TransferOutcome::TooLarge => "exceeds the size limit",
        TransferOutcome::Unverified => "did not sign its response correctly",
    };
    let reason = if reply.reason.is_empty() { String::new() } else { format!(" ({})", reply.reason) };
    let message = format!(
        "Allow this machine to transfer {}, or omit `--transfer`: {} {what}{reason}, so only the usual \
         names were looked up.",
        backticked(apex),
        reply.server
    );
    Some(Hazard::new(Code::TransferRefused, apex, None, message))
}
