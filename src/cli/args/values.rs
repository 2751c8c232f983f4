//! The values of options: the closed lists of words; values with a form of their own are in `parsed`.

mod parsed;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::check::Verdict;
use crate::facts::TrustPolicy;
use crate::run::{NoticeFormat, PlanFormat};

pub(in crate::cli) use parsed::{Concurrency, Moment, Output, Seconds, Services, Span, SpfSender};

pub(in crate::cli) use crate::report::format::Format as ReportFormat;

/// When to do something that depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum When {
    Auto,
    Always,
    Never,
}

/// The form of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExplainFormat {
    /// For a terminal: one outcome, or the list of all
    Text,
    /// One page of HTML: one outcome, or all of them
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ViewName {
    /// The zone's name servers decide; resolvers must have caught up
    Both,
    /// Only the zone's name servers
    Authoritative,
    /// Only the resolvers
    Resolver,
}

impl From<ViewName> for TrustPolicy {
    fn from(name: ViewName) -> Self {
        match name {
            ViewName::Both => Self::Both,
            ViewName::Authoritative => Self::Authoritative,
            ViewName::Resolver => Self::Resolver,
        }
    }
}

impl ValueEnum for ReportFormat {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()).help(self.help()))
    }
}

impl ReportFormat {
    /// Returns whether a person reads it while the run goes on.
    pub(in crate::cli) fn is_for_a_person(self) -> bool {
        self == Self::Table
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExpectedFormat {
    /// For a person
    Table,
    /// For a program
    Json,
}

/// What a watch waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Goal {
    /// All required records are published and seen everywhere
    Ready,
    /// No edit is left
    ChangesDone,
}

/// What is posted to a web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WebhookFormat {
    /// One JSON object
    Json,
    /// A message with an Adaptive Card
    AdaptiveCard,
}

impl From<WebhookFormat> for NoticeFormat {
    fn from(format: WebhookFormat) -> Self {
        match format {
            WebhookFormat::Json => Self::Json,
            WebhookFormat::AdaptiveCard => Self::AdaptiveCard,
        }
    }
}

impl ValueEnum for PlanFormat {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()).help(self.help()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum VerdictName {
    Ready,
    ChangesNeeded,
    Undetermined,
    Waiting,
    /// No verdict: for jobs whose results are put together later
    None,
}

impl VerdictName {
    /// The verdict, unless it is the word for none.
    pub(in crate::cli) fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Ready => Some(Verdict::Ready),
            Self::ChangesNeeded => Some(Verdict::ChangesNeeded),
            Self::Undetermined => Some(Verdict::Undetermined),
            Self::Waiting => Some(Verdict::Waiting),
            Self::None => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SchemaFile {
    /// cutover.toml
    Settings,
    /// What --format json writes
    Report,
    /// What --history keeps
    History,
}
