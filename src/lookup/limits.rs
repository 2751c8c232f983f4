//! How much time, how many questions and how much memory one domain may cost.

use std::time::Duration;

/// How much a survey may cost. No honest domain comes near: asked for everything, with every near miss looked for and an SPF
/// record of ten lookups, one costs about a hundred questions at a resolver and sixty at each name server; with as many
/// name servers as are asked at most, two thousand.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for the whole domain; what is still open then is out of time, and no server is reported as silent for it.
    pub deadline: Duration,
    /// Questions for the whole domain, to all servers together.
    pub queries: usize,
    /// Of these, questions to one server, in whatever capacity.
    pub queries_of_one_server: usize,
    /// Octets of long answers that are kept of all servers together. Short ones, of up to 2 KiB, are kept always: their
    /// number is that of the questions.
    pub octets: usize,
    /// Of these, octets of the answers of one server, so that none takes the room of another.
    pub octets_of_one_server: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(15),
            queries: 6000,
            queries_of_one_server: 600,
            // A share for each name server that is asked at most.
            octets: 8 << 20,
            octets_of_one_server: 256 << 10,
        }
    }
}
