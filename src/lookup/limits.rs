//! The time, questions and memory that one domain may use.

use std::time::Duration;

/// The limits of a survey. No well-behaved domain comes close: with every near miss checked and an SPF record of ten
/// lookups, a domain needs about a hundred questions to a resolver and sixty to each name server; with the highest
/// number of name servers that are asked, two thousand.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time limit for the whole domain. No server is reported as silent because of queries that are open then.
    pub deadline: Duration,
    /// The number of questions for the whole domain, to all servers together.
    pub queries: usize,
    /// Of these, the number of questions to one server, in any role.
    pub queries_of_one_server: usize,
    /// The size of long answers that are kept, of all servers together, in octets. Short answers of up to 2 KiB are
    /// always kept: their number is limited by that of the questions.
    pub octets: usize,
    /// Of these, the size of the answers of one server, in octets, so that no server takes the share of another.
    pub octets_of_one_server: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(15),
            queries: 6000,
            queries_of_one_server: 600,
            // A share for each of the highest number of name servers that are asked.
            octets: 8 << 20,
            octets_of_one_server: 256 << 10,
        }
    }
}
