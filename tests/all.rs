//! Everything that is tested from outside the crate.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod zone;
