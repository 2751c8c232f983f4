//! Looks up facts: the only access to the network.
//!
//! This module reads the clock for queries. The caller of [`survey`] decides which questions are asked; this module
//! decides which server to ask, and turns every failure into a value that rules can read.
//!
//! The path of a question: `survey` (until every read is answered), `planner` (which queries), `source` (zone file,
//! recording or network), `network` (which servers), `transport` (the wire).

mod address;
mod authorities;
mod budget;
mod further_questions;
pub mod graph;
mod host_addresses;
mod limits;
mod memory;
mod network;
mod origin;
mod planned_query;
mod planner;
mod policy;
mod policy_fetch;
mod present;
mod source;
mod survey;
mod transfer;
pub mod transport;
mod web;
mod web_client;
mod web_request;
pub mod webhook;
mod zone_servers;
pub mod zonefile;

pub use address::{AddressKind, Permissions, Refusal};
pub use further_questions::FurtherQuestions;
pub use limits::Limits;
pub use network::Network;
pub use present::compare_delegation;
pub use source::Source;
pub use survey::survey;
pub(crate) use transfer::answer_questions;
pub use transfer::{TsigKey, TsigKeyError, transfer};
pub use web_request::request_web;
