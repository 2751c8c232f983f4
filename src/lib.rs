//! Which DNS records still have to change before a domain is fully moved to Microsoft 365?
//!
//! `cutover` gathers facts, judges them by small rules, proposes a cure and reports. Data flows one way, down the
//! staircase; a module names only modules that stand before it in this table:
//!
//! | module | answers | kind |
//! | --- | --- | --- |
//! | [`record`] | what is a name, a record, a question? | words |
//! | [`provider`] | whose service does a record point to? | words |
//! | [`expected`] | what must be published? | law |
//! | [`facts`] | what did the DNS say? | testimony; knows nothing of the law |
#![cfg_attr(
    feature = "lookup",
    doc = "| [`lookup`] | how are the facts got? | the only door to the network |"
)]
#![cfg_attr(
    not(feature = "lookup"),
    doc = "| `lookup` | how are the facts got? | the only door to the network |"
)]
//! | [`check`] | is what is published what must be published? | judgement: pure functions; never meets `lookup` |
//! | [`plan`] | what exactly has to be published or deleted? | remedy |
//! | [`report`] | how is it told? | publication: one frozen view, many formats |
#![cfg_attr(feature = "cli", doc = "| [`cli`] | what was asked for, and what goes where? | front desk |")]
#![cfg_attr(not(feature = "cli"), doc = "| `cli` | what was asked for, and what goes where? | front desk |")]
//!
//! Without default features the library has no `lookup` and no `cli`, and needs neither tokio nor a resolver: facts
//! can be judged that somebody else has gathered, or that a [`facts::Recording`] has kept.

pub mod record;

pub mod provider;

pub mod expected;

pub mod facts;

#[cfg(feature = "lookup")]
pub mod lookup;

pub mod check;

pub mod plan;

pub mod report;

#[cfg(feature = "cli")]
pub mod cli;
