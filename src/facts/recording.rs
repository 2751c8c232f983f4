//! The format of recordings, which can be checked again without a network.
//!
//! Plain text that a person can read, compare and edit: a header, then an entry for each reply, ordered by question and
//! server, for each policy that was fetched, and for each web server that was asked on the user's request. It holds
//! everything that a run observed, times included, but not the options of the run (the phase, the cloud …).
//!
//! ```text
//! cutover recording 1
//! checked-at 2026-11-22T05:23:00Z
//! elsewhere asked
//! domain contoso.com.
//!
//! reply contoso.com. MX
//!   server authoritative 192.0.2.1:53
//!   outcome records
//!   flags aa
//!   time 2026-11-22T05:23:00.034Z 12300
//!   answer contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.
//! ```
//!
//! A line `name-server ns1.fabrikam.com. 192.0.2.9` in the header means that this server was named to be asked instead
//! of the delegated ones; a reply with `server delegated` is from one of those, and was only compared.
//!
//! A reply with lines such as `for fabrikam.com.` is what these domains got instead of the shared replies to this
//! question: a lookup that failed for one domain may have succeeded for the next.
//!
//! `elsewhere asked` means that every question went to a server. For a run over zone files it is `elsewhere listed`,
//! and an entry such as `outside autodiscover.outlook.com. A` names each question that is outside the files and was
//! therefore not asked. A question that such a recording does not contain was never read. Older recordings of such runs
//! say `elsewhere not-asked` and list nothing: a question that they do not contain was not asked, or never read.
//!
//! Flags are `aa` for an authoritative answer, `ad` for one that the resolver has validated, `held` for a record set
//! that a zone file or a transferred zone holds itself and not only as a wildcard, and `proxied` for one that a zone
//! file marks as proxied.

mod fields;
mod policy;
mod reader;
mod transfer;
mod variation;
mod web;

use std::fmt;

use crate::record::{Name, Question, Record, RecordType, quote, split};

use super::{Facts, Reply, Server, UnqueriedNames};
use fields::LineError;
use reader::{Reader, check_title};
use variation::Variations;

/// The version of the format.
const VERSION: &str = "1";
/// The text of the first line before the version.
const TITLE: &str = "cutover recording";

/// A recorded run: the checked domains, every reply, and every policy.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The domains, in the order of the run.
    pub domains: Vec<Name>,
    /// Every reply of the run, and the time when it began.
    pub facts: Facts,
    /// The replies that differ for single domains.
    variations: Variations,
}

/// A problem in the text of a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RecordingError {
    /// The line, from 1.
    pub line: usize,
    /// The problem, the expected form and the fix.
    #[source]
    reason: LineError,
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{TITLE} {VERSION}")?;
        writeln!(f, "checked-at {}", self.facts.checked_at)?;
        let elsewhere = match (self.facts.is_offline(), &self.facts.outside) {
            (false, _) => "asked",
            (true, Some(_)) => "listed",
            (true, None) => "not-asked",
        };
        writeln!(f, "elsewhere {elsewhere}")?;
        for domain in &self.domains {
            writeln!(f, "domain {domain}")?;
        }
        for (name, addresses) in &self.facts.named_servers {
            write!(f, "name-server {name}")?;
            addresses.iter().try_for_each(|address| write!(f, " {address}"))?;
            writeln!(f)?;
        }
        for question in self.facts.outside.iter().flatten() {
            writeln!(f, "outside {question}")?;
        }
        for reply in self.facts.all() {
            let is_held = self.facts.on_file.contains(&reply.question);
            write_reply(f, reply, &[], is_held)?;
        }
        for variation in self.variations.all() {
            variation
                .replies
                .iter()
                .try_for_each(|reply| write_reply(f, reply, &variation.domains, false))?;
        }
        for reply in self.facts.all_delegated() {
            write_reply(f, reply, &[], false)?;
        }
        for fetched in self.facts.policies() {
            policy::write(f, fetched)?;
        }
        for reply in self.facts.transfers() {
            transfer::write(f, reply)?;
        }
        for reply in self.facts.web_replies() {
            web::write(f, reply)?;
        }
        Ok(())
    }
}

/// Writes a reply, which belongs to these domains only, if there are any; `is_held` is true if a zone file has the
/// record set itself, and not only a wildcard for it.
fn write_reply(f: &mut fmt::Formatter<'_>, reply: &Reply, domains: &[Name], is_held: bool) -> fmt::Result {
    let Server { role, address } = &*reply.server;
    writeln!(f, "\nreply {}", reply.question)?;
    domains.iter().try_for_each(|domain| writeln!(f, "  for {domain}"))?;
    writeln!(f, "  server {role} {}", word(address))?;
    writeln!(f, "  outcome {}", reply.outcome)?;
    let flags =
        [("aa", reply.authoritative), ("ad", reply.authentic), ("held", is_held), ("proxied", reply.proxied)];
    let set: Vec<&str> = flags.iter().filter(|(_, set)| *set).map(|(flag, _)| *flag).collect();
    if !set.is_empty() {
        writeln!(f, "  flags {}", set.join(" "))?;
    }
    writeln!(f, "  time {} {}", reply.at, reply.elapsed)?;
    if !reply.reason.is_empty() {
        writeln!(f, "  reason {}", quote(reply.reason.as_bytes()))?;
    }
    for extended in &reply.ede {
        writeln!(f, "  extended {} {}", extended.code, quote(extended.text.as_bytes()))?;
    }
    let answers = reply.records.iter().map(|record| ("answer", record));
    let sections = answers.chain(reply.soa.iter().map(|record| ("soa", record)));
    for (section, record) in sections.chain(reply.referral.iter().map(|record| ("referral", record))) {
        let Record { name, ttl, data } = record;
        writeln!(f, "  {section} {name} {ttl} IN {} {}", data.rtype(), data.to_zone_text())?;
    }
    Ok(())
}

/// Returns a field unchanged, or in quotes if it could not be read back otherwise.
fn word(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'"' && octet != b'\\');
    if plain { text.to_owned() } else { quote(text.as_bytes()) }
}

impl Recording {
    /// Returns a recording of these domains, which all saw the same replies.
    #[must_use]
    pub fn new(domains: Vec<Name>, facts: Facts) -> Self {
        Self { domains, facts, variations: Variations::default() }
    }

    /// Adds a domain and its facts.
    pub fn add(&mut self, domain: &Name, facts: &Facts) {
        self.domains.push(domain.clone());
        for (question, replies) in facts.by_question() {
            if facts.on_file.contains(question) {
                self.facts.on_file.insert(question.clone());
            }
            if !self.facts.has(question) {
                replies.iter().for_each(|reply| self.facts.insert(reply.clone()));
            } else if self.facts.replies(question).as_slice() != replies {
                self.variations.add(question, domain, replies);
            }
        }
        if let Some(outside) = &facts.outside {
            self.facts.outside.get_or_insert_default().extend(outside.iter().cloned());
        }
        facts.all_delegated().for_each(|reply| self.facts.insert(reply.clone()));
        if self.facts.named_servers.is_empty() {
            self.facts.named_servers.clone_from(&facts.named_servers);
        }
        facts.policies().for_each(|policy| self.facts.insert_policy(policy.clone()));
        facts.transfers().for_each(|reply| self.facts.insert_transfer(reply.clone()));
        facts.web_replies().for_each(|reply| self.facts.insert_web(reply.clone()));
    }

    /// Returns the replies to a question, as `domain` saw them.
    #[must_use]
    pub fn replies(&self, question: &Question, domain: &Name) -> &[Reply] {
        let own = self.variations.replies(question, domain);
        own.unwrap_or_else(|| self.facts.replies(question).as_slice())
    }

    /// Returns whether the run read nothing that could answer this question about `domain`: it is neither in the
    /// recording nor known to be outside the zone files.
    #[must_use]
    pub fn is_missing(&self, question: &Question, domain: &Name) -> bool {
        if self.facts.has(question) {
            return false;
        }
        match self.facts.elsewhere {
            UnqueriedNames::Asked => false,
            UnqueriedNames::NotRecorded => true,
            UnqueriedNames::NotAsked => match &self.facts.outside {
                Some(outside) => !outside.contains(question),
                // The MX records of every checked domain were read.
                None => !self.facts.has(&Question::new(domain.clone(), RecordType::Mx)),
            },
        }
    }

    /// Returns whether a text is a recording, judged by its first line.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with(TITLE)
    }

    /// Reads the text of a recording.
    ///
    /// # Errors
    /// [`RecordingError`] with the line, also for an unsupported version.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut reader = Reader::new();
        for (index, line) in text.lines().enumerate() {
            let at = |reason| RecordingError { line: index + 1, reason };
            let fields = split(line.as_bytes()).ok_or(at(LineError::Quote))?;
            if index == 0 {
                check_title(line).map_err(at)?;
            } else if let Some((key, fields)) = fields.split_first()
                && !key.raw.starts_with(b";")
            {
                reader.line(&key.shown(), fields).map_err(at)?;
            }
        }
        if text.is_empty() {
            return Err(RecordingError { line: 1, reason: LineError::Empty });
        }
        reader.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::facts::{Outcome, Role};

    const SAMPLE: &str = "cutover recording 1
checked-at 2026-11-22T05:23:00Z
elsewhere asked
domain contoso.com.

reply contoso.com. MX
  server authoritative 192.0.2.1:53
  outcome records
  flags aa
  time 2026-11-22T05:23:00.034Z 12300
  answer contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.

reply contoso.com. TXT
  server resolver 192.0.2.53:53
  outcome servfail
  time 2026-11-22T05:23:00.04Z 900
  extended 22 \"no \\\"good\\\"\"
";

    #[test]
    fn text_goes_both_ways() {
        let recording = Recording::parse(SAMPLE).unwrap();
        assert_eq!(recording.to_string(), SAMPLE);
        assert_eq!(recording.facts.all().count(), 2);
    }

    #[test]
    fn each_domain_keeps_what_it_saw() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let shared = Question::new(name("spf.protection.outlook.com"), "TXT".parse().unwrap());
        let server = Arc::new(Server { role: Role::Resolver, address: "192.0.2.53:53".into() });
        let seen = |outcome| {
            let mut facts = Facts::new(Timestamp::UNIX_EPOCH, UnqueriedNames::Asked);
            facts.insert(Reply::empty(shared.clone(), Arc::clone(&server), outcome));
            facts
        };
        let (failed, answered) = (seen(Outcome::ServFail), seen(Outcome::NoData));
        let mut recording =
            Recording::new(Vec::new(), Facts::new(Timestamp::UNIX_EPOCH, UnqueriedNames::Asked));
        for (domain, facts) in [
            ("a.example", &failed),
            ("b.example", &answered),
            ("c.example", &failed),
            ("d.example", &answered),
        ] {
            recording.add(&name(domain), facts);
        }
        let text = recording.to_string();
        assert_eq!(text.matches("reply ").count(), 2, "{text}");
        let read = Recording::parse(&text).unwrap();
        assert_eq!(read.to_string(), text);
        for (domain, outcome) in [
            ("a.example", Outcome::ServFail),
            ("b.example", Outcome::NoData),
            ("c.example", Outcome::ServFail),
            ("d.example", Outcome::NoData),
            ("other.example", Outcome::ServFail),
        ] {
            let outcomes: Vec<Outcome> =
                read.replies(&shared, &name(domain)).iter().map(|reply| reply.outcome).collect();
            assert_eq!(outcomes, [outcome], "{domain}");
        }
    }

    #[test]
    fn questions_outside_the_zone_files_are_told_from_those_that_were_never_read() {
        let replies = SAMPLE.split_once("\n\n").unwrap().1;
        let head = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\n";
        let text = format!(
            "{head}elsewhere listed\ndomain contoso.com.\noutside autodiscover.outlook.com. A\n\n{replies}"
        );
        let listed = Recording::parse(&text).unwrap();
        assert_eq!(listed.to_string(), text);
        // A recording without outside questions differs from an older one.
        let none = Recording::parse(&format!("{head}elsewhere listed\ndomain contoso.com.\n")).unwrap();
        assert!(none.to_string().contains("elsewhere listed"));
        let older = format!("{head}elsewhere not-asked\ndomain contoso.com.\n\n{replies}");
        let older = Recording::parse(&older).unwrap();
        let question = |text: &str| {
            let (name, rtype) = text.split_once(' ').unwrap();
            Question::new(name.parse().unwrap(), rtype.parse().unwrap())
        };
        let (own, other): (Name, Name) = ("contoso.com".parse().unwrap(), "fabrikam.com".parse().unwrap());
        for (recording, text, is_missing) in [
            (&listed, "contoso.com MX", false),
            (&listed, "autodiscover.outlook.com A", false),
            (&listed, "autodiscover.outlook.com AAAA", true),
            (&listed, "_dmarc.contoso.com TXT", true),
            (&none, "autodiscover.outlook.com A", true),
            (&older, "_dmarc.contoso.com TXT", false),
        ] {
            assert_eq!(recording.is_missing(&question(text), &own), is_missing, "{text}");
        }
        assert!(none.is_missing(&question("fabrikam.com MX"), &other));
        assert!(older.is_missing(&question("fabrikam.com MX"), &other));
    }

    #[test]
    fn an_edited_entry_needs_only_what_matters() {
        let text = "cutover recording 1\ncheckedat x";
        assert_eq!(Recording::parse(text).unwrap_err().line, 2);
        let text = "cutover recording 1\nchecked-at 2026-11-22T05:23:00Z\n; by hand\nreply a.example MX\n \
                    server zone-file \"my file\"\n outcome no-data\n";
        let recording = Recording::parse(text).unwrap();
        let reply = recording.facts.all().next().unwrap();
        assert_eq!((reply.server.address.as_str(), reply.at), ("my file", recording.facts.checked_at));
    }

    #[test]
    fn another_version_and_other_files_are_refused() {
        let error = Recording::parse("cutover recording 2\n").unwrap_err().to_string();
        assert!(error.contains("version 2") && error.contains("record the run again"), "{error}");
        let error = Recording::parse("$ORIGIN contoso.com.\n").unwrap_err().to_string();
        assert!(error.contains("not a recording"), "{error}");
        assert_eq!(Recording::parse("").unwrap_err().line, 1);
        for broken in
            ["outcome fine", "server friend 1", "answer a 1 IN A x", "flags zz", "time never", "nonsense"]
        {
            let text = format!("{SAMPLE}  {broken}\n");
            assert_eq!(Recording::parse(&text).unwrap_err().line, 18, "{broken}");
        }
    }
}
