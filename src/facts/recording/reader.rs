//! Reads the text of a recording, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::facts::{
    ExtendedError, Facts, Outcome, PolicyOutcome, PolicyReply, Reply, Role, Server, TransferReply,
    UnqueriedNames, WebReply,
};
use crate::record::{Name, Question, Token};

use super::fields::{LineError, name, parsed, record, text, unknown, word};
use super::variation::Variations;
use super::{Recording, RecordingError, TITLE, VERSION, policy, transfer, web};

/// Checks the first line.
pub(super) fn check_title(line: &str) -> Result<(), LineError> {
    match line.trim_end().strip_prefix(TITLE).map(str::trim) {
        Some(VERSION) => Ok(()),
        Some(version) => Err(LineError::Version(version.to_owned())),
        None => Err(LineError::NotARecording),
    }
}

/// The state of reading: the header and the entries so far.
pub(super) struct Reader {
    domains: Vec<Name>,
    checked_at: Option<Timestamp>,
    elsewhere: UnqueriedNames,
    on_file: BTreeSet<Question>,
    outside: Option<BTreeSet<Question>>,
    named_servers: BTreeMap<Name, BTreeSet<IpAddr>>,
    entries: Vec<Entry>,
}

/// One entry: its first line and the lines below that belong to it.
enum Entry {
    /// A reply, and the domains that it belongs to; no domain if all share it.
    Reply(Reply, Vec<Name>),
    Policy(PolicyReply),
    Web(WebReply),
    Transfer(TransferReply),
}

impl Reader {
    /// Returns a reader before the first line.
    pub(super) fn new() -> Self {
        Self {
            domains: Vec::new(),
            checked_at: None,
            elsewhere: UnqueriedNames::NotRecorded,
            on_file: BTreeSet::new(),
            outside: None,
            named_servers: BTreeMap::new(),
            entries: Vec::new(),
        }
    }

    /// Reads a line after the first.
    pub(super) fn line(&mut self, key: &str, fields: &[Token<'_>]) -> Result<(), LineError> {
        match key {
            "checked-at" => self.checked_at = Some(parsed(fields, 0, "a time such as 2026-11-22T05:23:00Z")?),
            "elsewhere" => {
                self.elsewhere = match text(fields, 0)?.as_str() {
                    "asked" => UnqueriedNames::NotRecorded,
                    "not-asked" => UnqueriedNames::NotAsked,
                    "listed" => {
                        self.outside.get_or_insert_default();
                        UnqueriedNames::NotAsked
                    }
                    other => {
                        let expected = "`asked`, `listed` or `not-asked`";
                        return Err(LineError::Unexpected { found: other.to_owned(), expected });
                    }
                };
            }
            "outside" => {
                let question = Question::new(name(fields, 0)?, parsed(fields, 1, "a record type")?);
                self.outside.get_or_insert_default().insert(question);
            }
            "name-server" => {
                let addresses = (1..fields.len()).map(|index| parsed(fields, index, "an IP address"));
                let addresses = addresses.collect::<Result<_, _>>()?;
                self.named_servers.insert(name(fields, 0)?, addresses);
            }
            "domain" => self.domains.push(name(fields, 0)?),
            "reply" => {
                let question = Question::new(name(fields, 0)?, parsed(fields, 1, "a record type")?);
                let server = Server { role: Role::Resolver, address: String::new() };
                let reply = Reply::empty(question, Arc::new(server), Outcome::Timeout);
                self.entries.push(Entry::Reply(reply, Vec::new()));
            }
            "policy" => {
                let policy = PolicyReply::empty(name(fields, 0)?, PolicyOutcome::Timeout);
                self.entries.push(Entry::Policy(policy));
            }
            "transfer" => self.entries.push(Entry::Transfer(transfer::begin(fields)?)),
            "web" => self.entries.push(Entry::Web(web::begin(fields)?)),
            key => match self.entries.last_mut().ok_or_else(|| unknown(key))? {
                Entry::Reply(_, domains) if key == "for" => domains.push(name(fields, 0)?),
                Entry::Reply(reply, _) => reply_line(reply, &mut self.on_file, key, fields)?,
                Entry::Policy(policy) => policy::line(policy, key, fields)?,
                Entry::Web(reply) => web::line(reply, key, fields)?,
                Entry::Transfer(reply) => transfer::line(reply, key, fields)?,
            },
        }
        Ok(())
    }

    /// Returns the recording.
    pub(super) fn finish(self) -> Result<Recording, RecordingError> {
        let checked_at = self.checked_at.ok_or(RecordingError { line: 1, reason: LineError::NoTime })?;
        let mut facts = Facts::new(checked_at, self.elsewhere);
        let dated = |at| if at == Timestamp::UNIX_EPOCH { checked_at } else { at };
        let mut replies = Vec::new();
        let mut variations = Variations::default();
        for entry in self.entries {
            match entry {
                Entry::Reply(reply, domains) if domains.is_empty() => replies.push(reply),
                Entry::Reply(reply, domains) => {
                    variations.read(domains, Reply { at: dated(reply.at), ..reply });
                }
                Entry::Policy(policy) => {
                    facts.insert_policy(PolicyReply { at: dated(policy.at), ..policy });
                }
                Entry::Web(reply) => facts.insert_web(WebReply { at: dated(reply.at), ..reply }),
                Entry::Transfer(reply) => {
                    facts.insert_transfer(TransferReply { at: dated(reply.at), ..reply });
                }
            }
        }
        // Sorted, each reply is inserted after the last; of two from the same server the first counts.
        replies.sort_by(|a, b| (&a.question, &a.server).cmp(&(&b.question, &b.server)));
        replies.into_iter().for_each(|reply| facts.insert(Reply { at: dated(reply.at), ..reply }));
        (facts.on_file, facts.outside) = (self.on_file, self.outside);
        facts.named_servers = self.named_servers;
        Ok(Recording { domains: self.domains, facts, variations })
    }
}

/// Reads a line of a reply.
fn reply_line(
    reply: &mut Reply,
    on_file: &mut BTreeSet<Question>,
    key: &str,
    fields: &[Token<'_>],
) -> Result<(), LineError> {
    match key {
        "server" => {
            reply.server = Arc::new(Server { role: word(fields, 0)?, address: text(fields, 1)? });
        }
        "outcome" => reply.outcome = word(fields, 0)?,
        "flags" => {
            for flag in fields {
                match flag.raw {
                    b"aa" => reply.authoritative = true,
                    b"ad" => reply.authentic = true,
                    b"held" => drop(on_file.insert(reply.question.clone())),
                    b"proxied" => reply.proxied = true,
                    _ => {
                        let expected = "`aa`, `ad`, `held` or `proxied`";
                        return Err(LineError::Unexpected { found: flag.shown(), expected });
                    }
                }
            }
        }
        "time" => {
            reply.at = parsed(fields, 0, "a time such as 2026-11-22T05:23:00.034Z")?;
            reply.elapsed = parsed(fields, 1, "a number of microseconds")?;
        }
        "reason" => reply.reason = text(fields, 0)?,
        "extended" => {
            let code = parsed(fields, 0, "the number of an extended error")?;
            reply.ede.push(ExtendedError { code, text: text(fields, 1)? });
        }
        "answer" => reply.records.push(record(fields)?),
        "soa" => reply.soa = Some(record(fields)?),
        "referral" => reply.referral.push(record(fields)?),
        key => return Err(unknown(key)),
    }
    Ok(())
}
