//! The options that the next command of a report repeats.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The options that the next command of a report repeats.
#[derive(Debug, Clone, Default)]
pub struct NextOptions {
    /// The options as they were given, for a terminal of the same machine.
    pub local: RepeatedOptions,
    /// The options for a page that is handed on: files are named without their folders.
    pub shared: RepeatedOptions,
}

/// The options to repeat, as words of a command line, each with a blank in front.
#[derive(Debug, Clone, Default)]
pub struct RepeatedOptions {
    /// Those of every domain: the ones of the command line.
    pub all: String,
    /// The same without the resolvers.
    pub without_resolvers: String,
    /// Those that only a list gives a domain, by the domain without the final dot.
    pub own: Arc<BTreeMap<String, Arc<str>>>,
}

impl RepeatedOptions {
    /// Returns the options for a domain.
    #[must_use]
    pub fn of(&self, domain: &str) -> String {
        format!("{}{}", self.own(domain), self.all)
    }

    /// Returns the options for a domain with another resolver.
    #[must_use]
    pub fn elsewhere(&self, domain: &str, resolver: &str) -> String {
        format!("{} --resolver {resolver}{}", self.own(domain), self.without_resolvers)
    }

    fn own(&self, domain: &str) -> &str {
        self.own.get(domain).map_or("", |own| own)
    }
}
