//! The format of settings files, version 1.
//!
//! The keys are the long names of the options. Types are as wide as the file may be; what a value means is decided by
//! the reader of the option.
//!
//! The file is long because it lists every key twice: for the defaults, and for a domain or group.

mod lines;
mod values;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::check::Code;
use crate::record::closest_word;

pub(super) use lines::Lines;
pub(super) use values::List;
use values::{Day, Moment, Number};

/// A settings file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Document")]
pub struct SettingsDocument {
    /// Options for every run: any option of `check`, by its long name.
    pub(super) defaults: Defaults,
    /// Domains with their own options, checked if the command line names none.
    pub(super) domain: Vec<Own>,
    /// Groups of domains, with the options that the domains of each share.
    pub(super) group: Vec<Group>,
    /// Findings that do not count until a date.
    #[schemars(with = "Vec<WaiverEntry>")]
    pub(super) waiver: Vec<Spanned<WaiverEntry>>,
}

/// Returns the options of a table as keys and values.
pub(super) fn map(choices: &impl Serialize) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(choices) {
        Ok(serde_json::Value::Object(map)) => map,
        // A struct of options always serializes as a map.
        _ => serde_json::Map::new(),
    }
}

macro_rules! options {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub(super) struct $name {
            $($(#[$field_meta])* #[serde(skip_serializing_if = "Option::is_none")] pub(super) $field: Option<$type>,)+
        }
    };
}

options! {
    /// Options for every run: any option of `check`, by its long name.
    Defaults {
        /// Part of the move to check: `prepare`, `switch` or `tidy`.
        phase: String,
        /// Microsoft cloud: `worldwide`, `gcc`, `gcc-high`, `dod` or `china`.
        cloud: String,
        /// Services whose records are required: `exchange`, `teams`, `devices`, or `all`.
        services: List,
        /// Initial domain of the tenant: `contoso` or `contoso.onmicrosoft.com`.
        tenant: String,
        /// MX host from the admin center.
        mx: String,
        /// Verification TXT value from the admin center.
        verification: String,
        /// Files of expected values, relative to this file.
        expect: List,
        /// Format of these files: `graph`, `powershell`, `csv` or `zone`.
        expect_format: String,
        /// Read expected values from Microsoft Graph. Its URL is not allowed in a file, since the token is sent
        /// there.
        graph: bool,
        /// Platform to move away from.
        source: String,
        /// Mail filters that stay in front of Microsoft 365: ids or host suffixes.
        gateway: List,
        /// SPF terms of other senders that must stay.
        spf_sender: List,
        /// Autodiscover stays on premises for now.
        hybrid: bool,
        /// The domain accepts and sends no mail.
        parked: bool,
        /// Time of the MX change.
        switch_at: Moment,
        /// File that records what was published before, relative to this file.
        history: String,
        /// TTL to assume for old records that were not seen: `90s`, `20m`, `48h`, `7d`.
        old_ttl: String,
        /// Time for which senders retry.
        queue_margin: String,
        /// Earlier recordings, JSON or NDJSON reports, relative to this file.
        since: List,
        /// Recursive resolvers.
        resolver: List,
        /// Future name servers of the zone, queried instead of the delegated ones before the delegation changes.
        name_server: List,
        /// Transfer the zone (AXFR) from its name servers if they allow it.
        transfer: bool,
        /// TSIG key file for the transfer, relative to this file.
        tsig: String,
        /// Which answers decide: `both`, `authoritative` or `resolver`.
        view: String,
        /// Zone files that answer instead of the network, relative to this file.
        zone: List,
        /// File to save every answer to, relative to this file.
        record: String,
        /// A saved run to check again, relative to this file.
        replay: String,
        /// Check all verified domains of the tenant, with expected values from Microsoft Graph.
        all_domains: bool,
        /// Seconds for one query.
        timeout: Number,
        /// Seconds for one whole domain.
        deadline: Number,
        /// Port of authoritative servers, for test labs.
        authority_port: u16,
        /// Ask Microsoft's sign-in server which tenant holds the domain.
        ask_tenant: bool,
        /// Ask the web servers that Outlook asks first.
        ask_autodiscover: bool,
        /// Do not fetch the MTA-STS policy.
        no_https: bool,
        /// Query name servers and policy hosts on private addresses that public DNS returned.
        allow_private_servers: bool,
        /// File of domains, relative to this file.
        domains: String,
        /// Groups of this file whose domains are checked.
        group: List,
        /// Number of domains to look up at the same time.
        concurrency: u32,
        /// Part K of N of the list: `K/N`.
        shard: String,
        /// Earlier NDJSON report whose determined domains are skipped, relative to this file.
        resume: String,
        /// Stop at the first domain that is not ready.
        fail_fast: bool,
        /// Format of standard output.
        format: String,
        /// Further reports: `FORMAT=PATH`, relative to this file.
        output: List,
        /// Count recommended records as required.
        strict: bool,
        /// Verdicts with a non-zero exit status.
        fail_on: List,
        /// The exit status depends on new or worse findings only.
        fail_on_new: bool,
        /// URL of the published manual that reports link codes to.
        manual_url: String,
        /// A command that `watch` runs for each change; counts only in a file named with `--settings`.
        on_change: String,
        /// A URL that `watch` posts each change to; counts only in a file named with `--settings`.
        webhook: String,
        /// Format of the post: `json` or `adaptive-card`.
        webhook_format: String,
        /// Print only results.
        quiet: bool,
        /// Show every reply as well.
        verbose: bool,
        /// Color: `auto`, `always` or `never`.
        color: String,
        /// Use only ASCII characters.
        ascii: bool,
    }
}

macro_rules! entries {
    ($($(#[$field_meta:meta])* $field:ident: $type:ty,)+) => {
        /// A domain with its own options.
        #[derive(Debug, Deserialize, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(super) struct Own {
            /// The domain.
            #[serde(skip_serializing)]
            #[schemars(with = "String")]
            pub(super) name: Spanned<String>,
            /// The groups that it belongs to.
            #[serde(skip_serializing)]
            pub(super) group: Option<List>,
            $($(#[$field_meta])* #[serde(skip_serializing_if = "Option::is_none")] $field: Option<$type>,)+
        }

        /// The options that the domains of a group share.
        #[derive(Debug, Deserialize, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(super) struct Group {
            /// The name of the group.
            #[serde(skip_serializing)]
            #[schemars(with = "String")]
            pub(super) name: Spanned<String>,
            $($(#[$field_meta])* #[serde(skip_serializing_if = "Option::is_none")] $field: Option<$type>,)+
        }
    };
}

entries! {
    /// Part of the move to check.
    phase: String,
    /// Microsoft cloud.
    cloud: String,
    /// Services whose records are required.
    services: List,
    /// Initial domain of the tenant.
    tenant: String,
    /// MX host from the admin center.
    mx: String,
    /// Verification TXT value from the admin center.
    verification: String,
    /// Files of expected values, relative to this file.
    expect: List,
    /// Format of these files.
    expect_format: String,
    /// Platform to move away from.
    source: String,
    /// Mail filters that stay in front of Microsoft 365.
    gateway: List,
    /// SPF terms of other senders that must stay.
    spf_sender: List,
    /// Autodiscover stays on premises for now.
    hybrid: bool,
    /// The domain accepts and sends no mail.
    parked: bool,
    /// Time of the MX change.
    switch_at: Moment,
}

/// The keys of a domain, apart from its name.
pub(in crate::run) const DOMAIN_KEYS: [&str; 15] = [
    "cloud",
    "expect",
    "expect-format",
    "gateway",
    "group",
    "hybrid",
    "mx",
    "parked",
    "phase",
    "services",
    "source",
    "spf-sender",
    "switch-at",
    "tenant",
    "verification",
];
/// The keys without a value.
pub(in crate::run) const FLAGS: [&str; 2] = ["hybrid", "parked"];

/// A finding that does not count until a date.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WaiverEntry {
    /// The domain, or `*` for every domain.
    pub(super) domain: String,
    /// The code, as `cutover explain` lists it.
    #[schemars(with = "Code")]
    pub(super) code: String,
    /// The reason why the finding may stay.
    pub(super) reason: String,
    /// The last day on which it does not count, in UTC.
    pub(super) until: Day,
}

impl SettingsDocument {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// The line, and what was found there, what was expected and what was probably meant.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| Lines::of(text).at(span.start));
            (line, reason(error.message()))
        })
    }
}

/// Returns the message of the parser; for an unknown key, with the key that was probably meant instead of the whole
/// list.
fn reason(message: &str) -> String {
    let message = message.trim().replace('\n', "; ");
    let Some(rest) = message.strip_prefix("unknown field ") else { return message };
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let found = quoted.next().unwrap_or_default();
    if found == "graph-url" {
        return "`graph-url` is not allowed in a file, since a token is sent there; pass `--graph-url`"
            .into();
    }
    let known: Vec<&str> = quoted.collect();
    match closest_word(found, known.iter().copied()) {
        Some(close) => format!("unknown key `{found}`; did you mean `{close}`?"),
        None => format!("unknown key `{found}`, expected one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_domain_are_those_of_its_type() {
        let schema = schemars::schema_for!(Own);
        let properties = schema.get("properties").and_then(|value| value.as_object()).unwrap();
        let mut keys: Vec<&str> =
            properties.keys().map(String::as_str).filter(|key| *key != "name").collect();
        keys.sort_unstable();
        assert_eq!(keys, DOMAIN_KEYS);
        let is_flag = |key: &str| properties[key]["type"].to_string().contains("boolean");
        let flags: Vec<&str> = keys.into_iter().filter(|key| is_flag(key)).collect();
        assert_eq!(flags, FLAGS);
    }
}
