//! Which DNS records still have to change before a domain is fully moved to Microsoft 365?
//!
//! `cutover` gathers facts, judges them by small rules, proposes a cure and reports. Data flows one way, down the
//! staircase; a module names only modules below it:
//!
//! | module | answers | below it |
//! | --- | --- | --- |
//! | [`record`] | what is a name, a record, a question? | |
#![forbid(unsafe_code)]

pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod expected;
pub mod facts;
#[cfg(feature = "lookup")]
pub mod lookup;
pub mod plan;
pub mod provider;
pub mod record;
pub mod report;
