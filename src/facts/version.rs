//! Compares the versions of a zone that its name servers hold.
//!
//! A serial orders versions only within one primary (RFC 1982 §3.2, RFC 1035 §3.3.13). Serials of two primaries are
//! independent, and a server whose SOA is not known holds neither an older nor a newer version.

use crate::record::{Name, Question, RecordType};

use super::{Facts, Reply, Server, is_newer, soa_of};

/// The version of a zone at one server.
#[derive(Debug, Clone)]
pub(super) struct ZoneVersion {
    pub(super) apex: Name,
    pub(super) serial: u32,
    /// The primary server that the SOA names (MNAME).
    pub(super) primary: Name,
}

/// The relation between the versions of a zone at two name servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionOrder {
    /// Both hold the same version.
    Same,
    /// The first holds a newer version.
    Newer,
    /// The first holds an older version.
    Older,
    /// Both are known, and neither is newer: another primary, serials exactly half the number space apart, or an answer
    /// without an SOA.
    Incomparable,
    /// The SOA of at least one of them could not be looked up.
    Unknown,
}

impl Facts {
    /// Returns the version in a reply to an SOA question.
    pub(super) fn version_in(reply: &Reply) -> Option<ZoneVersion> {
        let soa = reply.wanted().find_map(soa_of).filter(|_| reply.question.rtype == RecordType::Soa)?;
        Some(ZoneVersion {
            apex: reply.question.name.clone(),
            serial: soa.serial,
            primary: soa.primary.clone(),
        })
    }

    /// Compares the versions that two servers hold of the zone of `name`.
    #[must_use]
    pub(crate) fn compare_versions(&self, one: &Server, other: &Server, name: &Name) -> VersionOrder {
        if one == other {
            return VersionOrder::Same;
        }
        match (self.version_at(one, name), self.version_at(other, name)) {
            (Some(one), Some(other)) => one.compare(other),
            (version, other_version) => {
                let is_open = |version: Option<&ZoneVersion>, server| {
                    version.is_none()
                        && !self.soa_replies(server, name).any(|reply| reply.outcome.is_answer())
                };
                match is_open(version, one) || is_open(other_version, other) {
                    true => VersionOrder::Unknown,
                    false => VersionOrder::Incomparable,
                }
            }
        }
    }

    /// Returns the version that a server reported for the deepest zone at or above `name`.
    pub(super) fn version_at(&self, server: &Server, name: &Name) -> Option<&ZoneVersion> {
        let reported = self.versions.get(server)?.iter().filter(|version| name.is_within(&version.apex));
        reported.max_by_key(|version| version.apex.label_count())
    }

    /// Returns a server's replies to the SOA questions at and above `name`, the deepest first.
    pub(crate) fn soa_replies<'a>(
        &'a self,
        server: &'a Server,
        name: &Name,
    ) -> impl Iterator<Item = &'a Reply> {
        let apexes: Vec<Name> = name.ancestors().collect();
        apexes.into_iter().filter_map(move |apex| {
            let question = Question::new(apex, RecordType::Soa);
            self.reply_by(server, &question)
        })
    }
}

impl ZoneVersion {
    fn compare(&self, other: &Self) -> VersionOrder {
        if self.apex != other.apex || self.primary != other.primary {
            VersionOrder::Incomparable
        } else if self.serial == other.serial {
            VersionOrder::Same
        } else if is_newer(self.serial, other.serial) {
            VersionOrder::Newer
        } else if is_newer(other.serial, self.serial) {
            VersionOrder::Older
        } else {
            VersionOrder::Incomparable
        }
    }
}
