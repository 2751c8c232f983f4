//! What was typed?
//!
//! The command line as data; what it means is decided by the commands.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::check::Verdict;
use crate::expected::{Cloud, Phase, Service};
use crate::facts::View;
use crate::lookup::transport::ResolverAddress;
use crate::provider::Gateway;

/// Which DNS records still have to change before a domain is fully moved to Microsoft 365?
#[derive(Debug, Parser)]
#[command(name = "cutover", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit status of `check`: 0 ready, 1 changes needed, 2 wrong usage, 3 undetermined, 4 waiting.\n\n\
Examples:\n  cutover check contoso.com\n  cutover check contoso.com --format json --resolver 1.1.1.1\n  \
cutover plan contoso.com --format bind\n  cutover explain mx-at-source"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Say only the results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Show every reply as well
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to use colour; `auto` also heeds NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: When,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Look up, compare, report; the exit status is the verdict
    Check(Check),
    /// Print only the changes, in a form to paste or apply
    Plan(Plan),
    /// Print what should be published; no lookups
    Expected(Expected),
    /// The manual page of one outcome; without a code, the list of all
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The domains to check
    #[arg(value_name = "DOMAIN", required_unless_present = "replay")]
    pub(super) domains: Vec<String>,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    #[command(flatten)]
    pub(super) lookup: Lookup,
    /// What goes to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Report")]
    pub(super) format: ReportFormat,
    /// A further report, written to a file; repeatable
    #[arg(long, value_name = "FORMAT=PATH", help_heading = "Report")]
    pub(super) output: Vec<Output>,
    /// Recommended counts as required
    #[arg(long, help_heading = "Report")]
    pub(super) strict: bool,
    /// Which verdicts exit non-zero, separated by commas [default: all but ready]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Report")]
    pub(super) fail_on: Option<Vec<VerdictName>>,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// The domain to plan for
    #[arg(value_name = "DOMAIN", required_unless_present = "replay")]
    pub(super) domain: Option<String>,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    #[command(flatten)]
    pub(super) lookup: Lookup,
    /// What goes to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Report")]
    pub(super) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(super) struct Expected {
    /// The domain to move
    #[arg(value_name = "DOMAIN")]
    pub(super) domain: String,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    /// What goes to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Report")]
    pub(super) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code of an outcome, such as `mx-at-source`
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

/// What is expected.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What is expected")]
pub(super) struct Expectations {
    /// Which part of the move is being judged: prepare, switch or tidy
    #[arg(long, value_name = "PHASE", default_value = "switch")]
    pub(super) phase: Phase,
    /// Which Microsoft cloud: worldwide, gcc, gcc-high, dod or china
    #[arg(long, value_name = "CLOUD", default_value = "worldwide")]
    pub(super) cloud: Cloud,
    /// Services whose records are required, separated by commas: exchange, teams, devices, or all
    #[arg(long, value_name = "LIST", default_value = "exchange")]
    pub(super) services: Services,
    /// The tenant: `contoso` or `contoso.onmicrosoft.com`
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Option<String>,
    /// The MX host as the admin center shows it [default: derived from the domain]
    #[arg(long, value_name = "HOST")]
    pub(super) mx: Option<String>,
    /// The verification text as the admin center shows it (MS=ms…)
    #[arg(long, value_name = "TEXT")]
    pub(super) verification: Option<String>,
    /// The platform being left [default: recognised from the records]
    #[arg(long, value_name = "ID")]
    pub(super) source: Option<String>,
    /// A mail filter that is meant to stay in front: an id or a host suffix; repeatable
    #[arg(long, value_name = "ID")]
    pub(super) gateway: Vec<Gateway>,
    /// Autodiscover stays on premises for now
    #[arg(long)]
    pub(super) hybrid: bool,
    /// When the MX is to change (RFC 3339): says by which hour TTLs must be lowered
    #[arg(long, value_name = "TIME")]
    pub(super) switch_at: Option<Moment>,
}

/// Whom to ask.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Whom to ask")]
pub(super) struct Lookup {
    /// Recursive resolver: 1.1.1.1, [::1]:5353, tls://1.1.1.1, https://dns.google/dns-query; repeatable [default: the system's]
    #[arg(long, value_name = "ADDR")]
    pub(super) resolver: Vec<ResolverAddress>,
    /// Whom to believe
    #[arg(long, value_name = "VIEW", default_value = "both")]
    pub(super) view: ViewName,
    /// Answer from a zone file instead of the network; repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) zone: Vec<PathBuf>,
    /// Save every answer
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Judge again from a saved run, offline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resolver", "zone", "record"])]
    pub(super) replay: Option<PathBuf>,
    /// Seconds for one try
    #[arg(long, value_name = "SECONDS", default_value = "2")]
    pub(super) timeout: Seconds,
    /// Seconds for one whole domain
    #[arg(long, value_name = "SECONDS", default_value = "15")]
    pub(super) deadline: Seconds,
    /// Port of authoritative servers, for test labs
    #[arg(long, value_name = "PORT", default_value = "53")]
    pub(super) authority_port: u16,
    /// Do not fetch the MTA-STS policy
    #[arg(long)]
    pub(super) no_https: bool,
    /// Ask name servers and policy hosts on private addresses although public DNS named them
    #[arg(long)]
    pub(super) allow_private_servers: bool,
}

/// When to do something that depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ViewName {
    /// The zone's name servers decide, resolvers must have caught up
    Both,
    /// The zone's name servers alone
    Authoritative,
    /// The resolvers alone
    Resolver,
}

impl From<ViewName> for View {
    fn from(name: ViewName) -> Self {
        match name {
            ViewName::Both => Self::Both,
            ViewName::Authoritative => Self::Authoritative,
            ViewName::Resolver => Self::Resolver,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a person
    Table,
    /// For a program
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For a person
    Table,
    /// Lines of a zone file
    Bind,
    /// For a program
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum VerdictName {
    Ready,
    ChangesNeeded,
    Undetermined,
    Waiting,
}

impl From<VerdictName> for Verdict {
    fn from(name: VerdictName) -> Self {
        match name {
            VerdictName::Ready => Self::Ready,
            VerdictName::ChangesNeeded => Self::ChangesNeeded,
            VerdictName::Undetermined => Self::Undetermined,
            VerdictName::Waiting => Self::Waiting,
        }
    }
}

/// A further report and where it goes.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) format: ReportFormat,
    pub(super) path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("expected FORMAT=PATH, such as `json=report.json`")?;
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            let words = ["table", "json"];
            format!("found the format `{format}`, expected one of {}", words.join(", "))
        })?;
        if path.is_empty() {
            return Err("the path behind `=` is missing".into());
        }
        Ok(Self { format, path: path.into() })
    }
}

/// The services that are required.
#[derive(Debug, Clone)]
pub(super) struct Services(pub(super) BTreeSet<Service>);

impl FromStr for Services {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(Service::ALL.iter().copied().collect()));
        }
        text.split(',').map(|word| word.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

/// A length of time in seconds, fractions allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub(super) Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds: f64 =
            text.parse().map_err(|_| "expected a number of seconds, such as 2 or 0.5".to_owned())?;
        if !(0.001..=3600.0).contains(&seconds) {
            return Err("expected from 0.001 to 3600 seconds".into());
        }
        Ok(Self(Duration::from_secs_f64(seconds)))
    }
}

/// A moment as RFC 3339 writes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) jiff::Timestamp);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            "expected a time with its zone (RFC 3339), such as 2026-11-28T20:00:00Z or 2026-11-28T21:00:00+01:00".into()
        })
    }
}
