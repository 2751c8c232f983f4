//! The command line as data; what it means is decided by the commands.
//!
//! The file is long because it is data: all options can be read side by side, in the order of the help.

mod options;
mod values;

#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::expected::import::Kind;
use crate::expected::{Cloud, Phase};
use crate::lookup::graph::Root;
use crate::lookup::transport::ResolverAddress;
use crate::lookup::webhook::WebhookUrl;
use crate::plan::emit::DnsHost;
use crate::provider::Gateway;
use crate::report::ManualUrl;
use crate::run::{NameServerHost, PlanFormat, Shard};
#[cfg(feature = "serve")]
use crate::serve::{BasePath, HostName, listen_address};

pub(super) use values::{
    Concurrency, ExpectedFormat, ExplainFormat, Goal, Moment, Output, ReportFormat, SchemaFile, Seconds,
    Services, Span, SpfSender, VerdictName, ViewName, WebhookFormat, When,
};

/// Checks which DNS records still have to change before a domain is fully moved to Microsoft 365
#[derive(Debug, Parser)]
#[command(name = "cutover", bin_name = "cutover", version, long_version = super::version::long(), max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit status of `check`: 0 ready, 1 changes needed, 2 wrong usage, 3 undetermined, 4 waiting.\n\n\
Examples:\n  cutover check contoso.com\n  cutover check contoso.com --format json --resolver 1.1.1.1\n  \
cutover plan contoso.com --format bind\n  cutover explain mx-at-source"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Print only results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Show every reply as well
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to use color; `auto` honors NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: When,
    /// Use only ASCII characters [default: where the console is not UTF-8]
    #[arg(long, global = true)]
    pub(super) ascii: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the DNS records of domains; the exit status is the verdict
    Check(Check),
    /// Print only the changes, in a form to paste or apply
    Plan(Plan),
    /// Check again whenever a result can have changed, until all domains are ready
    Watch(Watch),
    /// Serve the domains of the settings as web pages, an API and Prometheus metrics
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Print what should be published; no lookups
    Expected(Expected),
    /// Combine earlier results and report them again
    Report(StoredResults),
    /// Print the manual page of one outcome; without a code, the list of all
    Explain(Explain),
    /// Check what this machine can query and show
    SelfCheck(SelfCheck),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page of the program or of one command
    Man(Man),
    /// Print the JSON Schema of a file that is read or written
    Schema(Schema),
}

impl Command {
    /// Returns whether standard output is text for a person.
    pub(super) fn is_for_a_person(&self) -> bool {
        match self {
            Self::Check(command) => command.reporting.format.is_for_a_person(),
            Self::Report(command) => command.format.is_for_a_person(),
            Self::Watch(command) => command.reporting.format.is_for_a_person(),
            Self::Plan(command) => command.format == PlanFormat::Table,
            Self::Expected(command) => command.format == ExpectedFormat::Table,
            Self::SelfCheck(command) => command.format == ExpectedFormat::Table,
            Self::Explain(_) => true,
            Self::Completions(_) | Self::Man(_) | Self::Schema(_) => false,
            #[cfg(feature = "serve")]
            Self::Serve(_) => false,
        }
    }

    /// The settings file that was named, where the command reads one.
    pub(super) fn settings(&self) -> Option<Option<&PathBuf>> {
        let named = match self {
            Self::Check(command) => &command.expectations.settings,
            Self::Plan(command) => &command.expectations.settings,
            Self::Watch(command) => &command.expectations.settings,
            #[cfg(feature = "serve")]
            Self::Serve(command) => &command.expectations.settings,
            Self::Expected(command) => &command.expectations.settings,
            Self::SelfCheck(command) => &command.settings,
            Self::Report(_) | Self::Explain(_) | Self::Completions(_) | Self::Man(_) | Self::Schema(_) => {
                return None;
            }
        };
        Some(named.as_ref())
    }
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Domains to check
    #[arg(value_name = "DOMAIN", conflicts_with = "all_domains")]
    pub(super) domains: Vec<String>,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    #[command(flatten)]
    pub(super) lookup: Lookup,
    #[command(flatten)]
    pub(super) times: Times,
    #[command(flatten)]
    pub(super) bulk: Bulk,
    #[command(flatten)]
    pub(super) reporting: Reporting,
}

/// Many domains.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Many domains")]
pub(super) struct Bulk {
    /// File of domains: one a line, options after it as in tenant=contoso, # comments; or CSV with a header; - is standard input
    #[arg(id = "list", long = "domains", value_name = "FILE", conflicts_with = "all_domains")]
    pub(super) list: Option<PathBuf>,
    /// Check only the domains of this group of the settings; repeatable [default: all]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["list", "all_domains"])]
    pub(super) group: Vec<String>,
    /// Number of domains to look up at the same time [default: as many as the machine can handle]
    #[arg(long, value_name = "N")]
    pub(super) concurrency: Option<Concurrency>,
    /// Check part K of N of the list; N jobs cover every domain once; I+1/N if jobs are counted from 0
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<Shard>,
    /// Skip domains with a determined result in an earlier NDJSON report
    #[arg(long, value_name = "FILE")]
    pub(super) resume: Option<PathBuf>,
    /// Stop at the first domain that is not ready
    #[arg(long)]
    pub(super) fail_fast: bool,
}

/// What to do with the results.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Report")]
pub(super) struct Reporting {
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: ReportFormat,
    /// Write a further report to a file; repeatable
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(super) output: Vec<Output>,
    /// Count recommended records as required
    #[arg(long)]
    pub(super) strict: bool,
    /// Verdicts with a non-zero exit status, separated by commas [default: all but ready]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) fail_on: Option<Vec<VerdictName>>,
    /// Exit status from new or worse findings only, compared with --since
    #[arg(long, requires = "since")]
    pub(super) fail_on_new: bool,
    /// URL of the published `explain --format html`; html, markdown and sarif link each code to it
    #[arg(long, value_name = "URL")]
    pub(super) manual_url: Option<ManualUrl>,
}

impl Reporting {
    /// Returns whether some report has this format.
    pub(super) fn writes(&self, format: ReportFormat) -> bool {
        self.format == format || self.output.iter().any(|output| output.format == format)
    }
}

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Domains to watch
    #[arg(value_name = "DOMAIN", conflicts_with = "all_domains")]
    pub(super) domains: Vec<String>,
    /// Stop after this time: 90s, 20m, 48h, 7d [default: never]
    #[arg(long = "for", value_name = "DURATION", help_heading = "Schedule")]
    pub(super) span: Option<Span>,
    /// Longest time between two checks
    #[arg(long, value_name = "DURATION", default_value = "15m", help_heading = "Schedule")]
    pub(super) every: Span,
    /// Result to wait for
    #[arg(long, value_name = "WHAT", default_value = "ready", help_heading = "Schedule")]
    pub(super) until: Goal,
    #[command(flatten)]
    pub(super) hooks: HookArguments,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    #[command(flatten)]
    pub(super) lookup: Lookup,
    #[command(flatten)]
    pub(super) times: Times,
    #[command(flatten)]
    pub(super) bulk: Bulk,
    #[command(flatten)]
    pub(super) reporting: Reporting,
}

#[cfg(feature = "serve")]
#[derive(Debug, Args)]
#[command(
    after_help = "The settings file names the domains. It is read again when it changes, and on SIGHUP. \
With CUTOVER_SERVE_TOKEN in the environment, clients must send that token: as bearer token, or as the password of HTTP Basic. \
SIGTERM or Ctrl-C ends the server with status 0."
)]
pub(super) struct Serve {
    /// IP address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8053", value_parser = listen_address, help_heading = "Server")]
    pub(super) listen: SocketAddr,
    /// SQLite file for the state [default: cutover.db beside the settings; in memory without settings]
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub(super) database: Option<PathBuf>,
    /// Let clients on other machines check any domain
    #[arg(long, help_heading = "Server")]
    pub(super) any_domain: bool,
    /// Additional host name in URLs of the server, besides IP addresses and localhost; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    pub(super) allow_host: Vec<HostName>,
    /// Path of the server behind a reverse proxy, such as /cutover
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true, help_heading = "Server")]
    pub(super) base_path: BasePath,
    /// Check each domain at least this often
    #[arg(long, value_name = "DURATION", default_value = "15m", help_heading = "Rhythm")]
    pub(super) every: Span,
    #[command(flatten)]
    pub(super) hooks: HookArguments,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    #[command(flatten)]
    pub(super) lookup: Lookup,
    #[command(flatten)]
    pub(super) times: Times,
    #[command(flatten)]
    pub(super) bulk: Bulk,
    /// Recommended counts as required
    #[arg(long, help_heading = "Report")]
    pub(super) strict: bool,
}

/// The receivers of a change.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notices")]
pub(super) struct HookArguments {
    /// Run this command when a verdict or a finding has changed and stays so for two checks; it gets JSON on standard input
    #[arg(long, value_name = "COMMAND")]
    pub(super) on_change: Option<String>,
    /// Post the same JSON to this URL; put a URL with a secret into CUTOVER_WEBHOOK
    #[arg(long, value_name = "URL")]
    pub(super) webhook: Option<WebhookUrl>,
    /// Format of the post: json, or adaptive-card for the workflows of Microsoft Teams
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub(super) webhook_format: WebhookFormat,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Domain to plan for
    #[arg(value_name = "DOMAIN", conflicts_with = "all_domains")]
    pub(super) domain: Option<String>,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    #[command(flatten)]
    pub(super) lookup: Lookup,
    #[command(flatten)]
    pub(super) times: Times,
    #[command(flatten)]
    pub(super) bulk: Bulk,
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Report")]
    pub(super) format: PlanFormat,
    /// Count recommended records as required
    #[arg(long, help_heading = "Report")]
    pub(super) strict: bool,
    /// Print the way back instead
    #[arg(long, help_heading = "Report")]
    pub(super) rollback: bool,
    /// DNS host of the Terraform resources: azure, route53 or cloudflare [default: from the name servers, else azure]
    #[arg(long, value_name = "HOST", help_heading = "Report")]
    pub(super) provider: Option<DnsHost>,
}

#[derive(Debug, Args)]
pub(super) struct Expected {
    /// Domain to move
    #[arg(value_name = "DOMAIN")]
    pub(super) domain: String,
    #[command(flatten)]
    pub(super) expectations: Expectations,
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Report")]
    pub(super) format: ExpectedFormat,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The newest result of a domain wins. Results are read and, for table, json, ndjson and csv, written one \
domain at a time; the other formats keep all results in memory until the end."
)]
pub(super) struct StoredResults {
    /// NDJSON or JSON reports of shards or of several runs; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// File of the domains to report, in its order; a domain without a result is undetermined; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) domains: Option<PathBuf>,
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Report")]
    pub(super) format: ReportFormat,
    /// Write a further report to a file; repeatable
    #[arg(long, value_name = "FORMAT=PATH", help_heading = "Report")]
    pub(super) output: Vec<Output>,
    /// Verdicts with a non-zero exit status, separated by commas [default: all but ready]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Report")]
    pub(super) fail_on: Option<Vec<VerdictName>>,
    /// Report what changed since an earlier JSON or NDJSON report; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(super) since: Vec<PathBuf>,
    /// Exit status from new or worse findings only, compared with --since
    #[arg(long, requires = "since", help_heading = "Report")]
    pub(super) fail_on_new: bool,
    /// URL of the published `explain --format html`; html, markdown and sarif link each code to it
    #[arg(long, value_name = "URL", help_heading = "Report")]
    pub(super) manual_url: Option<ManualUrl>,
    /// Refused: stored results keep the options of their run
    #[arg(long, hide = true)]
    pub(super) strict: bool,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Code of an outcome, such as `mx-at-source`
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,

    /// Form of the manual
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ExplainFormat::Text)]
    pub(super) format: ExplainFormat,

    /// URL of the published `explain --format html`, to link codes to
    #[arg(long, value_name = "URL")]
    pub(super) manual_url: Option<ManualUrl>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Asks each resolver for the name servers of the root, and nothing else. Exit status: 0 if a resolver answers, \
else 3."
)]
pub(super) struct SelfCheck {
    /// TOML file with defaults, domains and waivers [default: cutover.toml here or in a parent folder]
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// Recursive resolver: 1.1.1.1, [::1]:5353, tls://1.1.1.1, https://dns.google/dns-query; repeatable [default: the system's]
    #[arg(long, value_name = "ADDR")]
    pub(super) resolver: Vec<ResolverAddress>,
    /// Seconds for one query
    #[arg(long, value_name = "SECONDS", default_value = "2")]
    pub(super) timeout: Seconds,
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: ExpectedFormat,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Command whose page is printed; without one, a page about the program and all commands
    #[arg(value_name = "COMMAND", conflicts_with = "output_dir")]
    pub(super) command: Option<String>,
    /// Write the page of the program and one of each command to this folder
    #[arg(long, value_name = "DIR")]
    pub(super) output_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Schema of this file
    #[arg(value_name = "FILE")]
    pub(super) file: SchemaFile,
}

/// What is expected.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Expected records")]
pub(super) struct Expectations {
    /// TOML file with defaults, domains and waivers [default: cutover.toml here or in a parent folder]
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// Part of the move to check: prepare, switch or tidy
    #[arg(long, value_name = "PHASE", default_value = "switch")]
    pub(super) phase: Phase,
    /// Microsoft cloud: worldwide, gcc, gcc-high, dod or china
    #[arg(long, value_name = "CLOUD", default_value = "worldwide")]
    pub(super) cloud: Cloud,
    /// Services whose records are required, separated by commas: exchange, teams, devices, or all
    #[arg(long, value_name = "LIST", default_value = "exchange")]
    pub(super) services: Services,
    /// Initial domain of the tenant: `contoso` or `contoso.onmicrosoft.com`
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Option<String>,
    /// MX host from the admin center [default: derived from the domain]
    #[arg(long, value_name = "HOST")]
    pub(super) mx: Option<String>,
    /// Verification TXT value from the admin center (MS=ms…)
    #[arg(long, value_name = "TEXT")]
    pub(super) verification: Option<String>,
    /// Expected values from a file: Graph JSON, PowerShell JSON, CSV or zone text; repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) expect: Vec<PathBuf>,
    /// Format of --expect: graph, powershell, csv or zone [default: by content]
    #[arg(long, value_name = "KIND")]
    pub(super) expect_format: Option<Kind>,
    /// Read expected values from Microsoft Graph, with the token in CUTOVER_GRAPH_TOKEN
    #[arg(long)]
    pub(super) graph: bool,
    /// URL of Microsoft Graph [default: the server of the cloud]
    #[arg(long, value_name = "URL")]
    pub(super) graph_url: Option<Root>,
    /// Platform to move away from [default: recognized from the records]
    #[arg(long, value_name = "ID")]
    pub(super) source: Option<String>,
    /// Mail filter that stays in front of Microsoft 365: an id or a host suffix; repeatable
    #[arg(long, value_name = "ID")]
    pub(super) gateway: Vec<Gateway>,
    /// SPF term of another sender that must stay, such as include:spf.example; repeatable
    #[arg(long, value_name = "TERM")]
    pub(super) spf_sender: Vec<SpfSender>,
    /// Autodiscover stays on premises for now
    #[arg(long)]
    pub(super) hybrid: bool,
    /// The domain accepts and sends no mail: expect a null MX, v=spf1 -all, DMARC p=reject
    #[arg(long)]
    pub(super) parked: bool,
    /// Time of the MX change (RFC 3339), to report when TTLs must be lowered
    #[arg(long, value_name = "TIME")]
    pub(super) switch_at: Option<Moment>,
}

/// Earlier observations, and the assumptions that replace them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Time")]
pub(super) struct Times {
    /// File that records what was published before; this run adds to it
    #[arg(long, value_name = "FILE")]
    pub(super) history: Option<PathBuf>,
    /// TTL to assume for old records that were not seen: 90s, 20m, 48h, 7d
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    pub(super) old_ttl: Span,
    /// How long senders retry the mail in their queues
    #[arg(long, value_name = "DURATION", default_value = "5d")]
    pub(super) queue_margin: Span,
    /// Report what changed since an earlier recording, JSON or NDJSON report; repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) since: Vec<PathBuf>,
}

/// The DNS sources.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "DNS sources")]
pub(super) struct Lookup {
    /// Recursive resolver: 1.1.1.1, [::1]:5353, tls://1.1.1.1, https://dns.google/dns-query; repeatable [default: the system's]
    #[arg(long, value_name = "ADDR")]
    pub(super) resolver: Vec<ResolverAddress>,
    /// Future name server of the zone, before the delegation changes: queried instead of the delegated ones, and compared with them; a name or an address; repeatable
    #[arg(long, value_name = "HOST", conflicts_with_all = ["zone", "replay"])]
    pub(super) name_server: Vec<NameServerHost>,
    /// Transfer the zone (AXFR) from its name servers if they allow it, to find every name
    #[arg(long)]
    pub(super) transfer: bool,
    /// TSIG key file for the transfer, in the format of tsig-keygen (hmac-sha256, hmac-sha384 or hmac-sha512); implies --transfer
    #[arg(long, value_name = "FILE")]
    pub(super) tsig: Option<PathBuf>,
    /// Which answers decide
    #[arg(long, value_name = "VIEW", default_value = "both")]
    pub(super) view: ViewName,
    /// Read answers from a zone file, or from a Route 53 list in JSON, instead of the network; repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) zone: Vec<PathBuf>,
    /// Save every answer to a file
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Check again from a saved run, offline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resolver", "zone", "record"])]
    pub(super) replay: Option<PathBuf>,
    /// Check all verified domains of the tenant, with expected values from Microsoft Graph
    #[arg(long, help_heading = "Expected records", conflicts_with = "replay")]
    pub(super) all_domains: bool,
    /// Seconds for one query
    #[arg(long, value_name = "SECONDS", default_value = "2")]
    pub(super) timeout: Seconds,
    /// Seconds for one whole domain
    #[arg(long, value_name = "SECONDS", default_value = "15")]
    pub(super) deadline: Seconds,
    /// Port of authoritative servers, for test labs
    #[arg(long, value_name = "PORT", default_value = "53", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) authority_port: u16,
    /// Ask Microsoft's sign-in server which tenant holds the domain, also with --no-https
    #[arg(long)]
    pub(super) ask_tenant: bool,
    /// Ask the web servers that Outlook asks first, also with --no-https
    #[arg(long)]
    pub(super) ask_autodiscover: bool,
    /// Do not fetch the MTA-STS policy
    #[arg(long)]
    pub(super) no_https: bool,
    /// Query name servers and policy hosts on private addresses that public DNS returned
    #[arg(long)]
    pub(super) allow_private_servers: bool,
}
