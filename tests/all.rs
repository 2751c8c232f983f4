//! Everything that is tested from outside the crate.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![allow(unreachable_pub, reason = "a test binary exports nothing; `pub` says what a helper offers")]

mod documents;
mod lab;
mod scenarios;
mod transport;
mod world;
mod zone;
