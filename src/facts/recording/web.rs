//! Answers of web servers in a recording.
//!
//! An entry after the policies. Only the parts of the answer that a rule reads are kept.
//!
//! ```text
//! web tenant contoso.com. login.microsoftonline.com.
//!   outcome answered
//!   time 2026-11-22T05:23:00.034Z 12300
//!   status 200
//!   tenant 11111111-2222-3333-4444-555555555555 EU
//! ```

use std::fmt;

use crate::facts::{TenantHolder, WebOutcome, WebReply, WebRequest, WebTopic};
use crate::record::{Token, quote};

use super::fields::{self, LineError, name, parsed, text, unknown};
use super::word;

/// Writes the entry.
pub(super) fn write(f: &mut fmt::Formatter<'_>, reply: &WebReply) -> fmt::Result {
    let WebRequest { topic, domain, host } = &reply.request;
    writeln!(f, "\nweb {} {domain} {host}", topic.word())?;
    writeln!(f, "  outcome {}", reply.outcome)?;
    writeln!(f, "  time {} {}", reply.at, reply.elapsed)?;
    if reply.status != 0 {
        writeln!(f, "  status {}", reply.status)?;
    }
    for (key, text) in [("type", &reply.media_type), ("location", &reply.location)] {
        if !text.is_empty() {
            writeln!(f, "  {key} {}", quote(text.as_bytes()))?;
        }
    }
    for name in &reply.certificate {
        writeln!(f, "  certificate {}", word(name))?;
    }
    match &reply.holder {
        Some(TenantHolder::Tenant { id, region }) => writeln!(f, "  tenant {} {}", word(id), word(region))?,
        Some(TenantHolder::NoTenant) => writeln!(f, "  no-tenant")?,
        None => {}
    }
    if !reply.reason.is_empty() {
        writeln!(f, "  reason {}", quote(reply.reason.as_bytes()))?;
    }
    Ok(())
}

/// Begins an entry.
pub(super) fn begin(fields: &[Token<'_>]) -> Result<WebReply, LineError> {
    let topic: WebTopic = fields::word(fields, 0)?;
    let request = WebRequest { topic, domain: name(fields, 1)?, host: name(fields, 2)? };
    Ok(WebReply::empty(request, WebOutcome::Timeout))
}

/// Reads a line of the entry.
pub(super) fn line(reply: &mut WebReply, key: &str, fields: &[Token<'_>]) -> Result<(), LineError> {
    match key {
        "outcome" => reply.outcome = fields::word(fields, 0)?,
        "time" => {
            reply.at = parsed(fields, 0, "a time such as 2026-11-22T05:23:00.034Z")?;
            reply.elapsed = parsed(fields, 1, "a number of microseconds")?;
        }
        "status" => reply.status = parsed(fields, 0, "an HTTP status")?,
        "type" => reply.media_type = text(fields, 0)?,
        "location" => reply.location = text(fields, 0)?,
        "certificate" => reply.certificate.push(text(fields, 0)?),
        "tenant" => {
            let region = if fields.len() > 1 { text(fields, 1)? } else { String::new() };
            reply.holder = Some(TenantHolder::Tenant { id: text(fields, 0)?, region });
        }
        "no-tenant" => reply.holder = Some(TenantHolder::NoTenant),
        "reason" => reply.reason = text(fields, 0)?,
        key => return Err(unknown(key)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::facts::{Recording, TenantHolder};

    const HEAD: &str = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\nelsewhere asked\n";

    #[test]
    fn answers_go_both_ways() {
        let text = format!(
            "{HEAD}
web tenant contoso.com. login.microsoftonline.com.
  outcome answered
  time 2026-11-22T05:23:00.034Z 12300
  status 200
  tenant 11111111-2222-3333-4444-555555555555 EU

web tenant fabrikam.com. login.microsoftonline.com.
  outcome answered
  time 2026-11-22T05:23:00.034Z 12300
  status 400
  no-tenant

web tenant other.example. login.microsoftonline.com.
  outcome timeout
  time 2026-11-22T05:23:00.034Z 2000000
  reason \"no answer within 2 s\"

web autodiscover contoso.com. contoso.com.
  outcome answered
  time 2026-11-22T05:23:00.034Z 12300
  status 301
  type \"text/html; charset=utf-8\"
  location \"https://www.contoso.com/\"
  certificate contoso.com
  certificate *.contoso.com
"
        );
        let recording = Recording::parse(&text).unwrap();
        assert_eq!(recording.to_string(), text);
        let holders: Vec<_> = recording.facts.web_replies().map(|reply| reply.holder.clone()).collect();
        assert_eq!(holders[1..], [Some(TenantHolder::NoTenant), None, None]);
    }

    #[test]
    fn an_edited_entry_needs_only_what_matters_and_mistakes_are_told() {
        let entry = format!("{HEAD}web tenant a.example login.example\n  outcome answered\n");
        let recording = Recording::parse(&format!("{entry}  tenant x\n")).unwrap();
        let reply = recording.facts.web_replies().next().unwrap();
        assert_eq!(reply.at, recording.facts.checked_at);
        for broken in ["outcome fine", "status ok", "body x", "tenant"] {
            assert_eq!(Recording::parse(&format!("{entry}  {broken}\n")).unwrap_err().line, 6, "{broken}");
        }
        for broken in ["web", "web who a.example b.example", "web tenant a.example"] {
            assert_eq!(Recording::parse(&format!("{HEAD}{broken}\n")).unwrap_err().line, 4, "{broken}");
        }
    }
}
