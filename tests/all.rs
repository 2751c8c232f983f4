//! Everything that is tested from outside the crate.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![allow(clippy::disallowed_methods, reason = "a test keeps files of its own")]
#![allow(unreachable_pub, reason = "a test binary exports nothing; `pub` says what a helper offers")]

mod cli;
mod conformance;
mod documents;
mod end_to_end;
mod faults;
mod formats;
mod graph;
mod growth;
mod lab;
mod laws;
mod layers;
mod lookup;
mod mistakes;
mod neighbors;
mod plans;
mod policy;
mod recognition;
mod regressions;
mod run;
mod scenarios;
mod serve;
mod shipping;
mod snapshots;
mod soak;
mod transfer;
mod transport;
mod web;
mod webhook;
mod words;
mod world;
mod zone;
