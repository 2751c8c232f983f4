//! The addresses of a web server, read from the facts.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::Facts;
use crate::record::{Name, Question, RecordData, RecordType};

/// The known addresses of a web server.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    pub(super) known: BTreeSet<IpAddr>,
    /// True if both address types have been answered.
    pub(super) complete: bool,
}

/// Returns the addresses of a host according to the facts.
pub(super) fn addresses(host: &Name, facts: &Facts) -> Addresses {
    let mut found = Addresses { complete: true, ..Addresses::default() };
    for rtype in [RecordType::A, RecordType::Aaaa] {
        let mut answered = false;
        for question in facts.along_aliases(&Question::new(host.clone(), rtype)) {
            for reply in facts.replies(&question) {
                let ends_here = reply.wanted().next().is_some() || *reply.end_of_chain() == question.name;
                answered |= reply.outcome.is_answer() && ends_here;
                found.known.extend(reply.wanted().filter_map(|record| match record.data {
                    RecordData::A(address) => Some(IpAddr::from(address)),
                    RecordData::Aaaa(address) => Some(IpAddr::from(address)),
                    _ => None,
                }));
            }
        }
        found.complete &= answered;
    }
    found
}
