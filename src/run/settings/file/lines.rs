//! Finds the line of an entry.

/// The offsets of the line ends of a text, searched for every entry: a file may name as many domains as a list.
pub(in crate::run::settings) struct Lines(Vec<usize>);

impl Lines {
    /// Returns the line ends of this text.
    pub(in crate::run::settings) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n').map(|(at, _)| at).collect())
    }

    /// Returns the line of an octet, from 1.
    pub(in crate::run::settings) fn at(&self, octet: usize) -> usize {
        self.0.partition_point(|end| *end < octet) + 1
    }
}
