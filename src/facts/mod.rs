//! What did the DNS say?
//!
//! Testimony only: replies, each with its server and time, and ways to look at them. Nothing here knows what a right
//! answer is, asks anything, or reads a clock.

mod reply;

pub use reply::{ExtendedError, Outcome, Reply, Role, Server, soa_of};
