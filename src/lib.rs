//! Checks which DNS records still have to change before a domain is fully moved to Microsoft 365.
//!
//! `cutover` gathers facts, checks them with small rules, proposes a fix and reports. Data flows one way; a module names
//! only modules above it in this table:
//!
//! | module | contains | notes |
//! | --- | --- | --- |
//! | [`record`] | names, records and questions | no lookups |
//! | [`provider`] | mail platforms and filters, recognized by their records | no lookups |
//! | [`expected`] | the records that must be published | never names `facts` |
//! | [`facts`] | the replies of the DNS | never names `expected` |
#![cfg_attr(
    feature = "lookup",
    doc = "| [`lookup`] | lookups that gather facts | the only access to the network |"
)]
#![cfg_attr(
    not(feature = "lookup"),
    doc = "| `lookup` | lookups that gather facts | the only access to the network |"
)]
//! | [`check`] | the checks of MX, SPF, CNAME, DKIM and other records, and the verdict | pure functions; never names `lookup` |
//! | [`plan`] | the record sets to publish or delete | |
//! | [`report`] | reports | one frozen view, many formats |
#![cfg_attr(
    feature = "run",
    doc = "| [`run`] | the pipeline: options, sources, results and history | no arguments, no terminal |"
)]
#![cfg_attr(
    not(feature = "run"),
    doc = "| `run` | the pipeline: options, sources, results and history | no arguments, no terminal |"
)]
#![cfg_attr(
    feature = "serve",
    doc = "| [`serve`] | the web server: pages, API, metrics and state | no arguments, no environment |"
)]
#![cfg_attr(
    not(feature = "serve"),
    doc = "| `serve` | the web server: pages, API, metrics and state | no arguments, no environment |"
)]
#![cfg_attr(
    feature = "cli",
    doc = "| [`cli`] | the command line | arguments, files, streams and exit status |"
)]
#![cfg_attr(
    not(feature = "cli"),
    doc = "| `cli` | the command line | arguments, files, streams and exit status |"
)]
//!
//! Without default features the library has no `lookup`, `run`, `serve` or `cli`, and needs neither tokio nor a resolver: it checks
//! facts that another program has gathered, or that a [`facts::Recording`] has kept.
//!
//! ```
//! use cutover::check::{JudgeOptions, Verdict, assess};
//! use cutover::expected::Subject;
//! use cutover::facts::{Recording, TrustPolicy};
//! use cutover::plan::{changes, to_bind};
//!
//! let recording = Recording::parse(
//!     "cutover recording 1
//! checked-at 2026-11-22T05:23:00Z
//! elsewhere not-asked
//! domain contoso.com.
//!
//! reply contoso.com. MX
//!   server zone-file contoso.zone
//!   outcome records
//!   answer contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.
//! ",
//! )?;
//! let subject = Subject::new("contoso.com".parse()?);
//! let checked = assess(&subject, &recording.facts, JudgeOptions::default());
//! assert_eq!(checked.verdict, Verdict::ChangesNeeded);
//! let plan = to_bind(&changes(&subject, &recording.facts, TrustPolicy::Both, &checked));
//! assert!(plan.contains("MX 0 contoso-com.mail.protection.outlook.com."));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    feature = "lookup",
    doc = r#"
The same from a zone file, through the survey that asks for what the check reads; with a
[`Network`](lookup::Network) in place of the file it asks servers:

```
use cutover::check::{Questions, JudgeOptions, Verdict, assess};
use cutover::expected::Subject;
use cutover::lookup::{Limits, Source, survey, zonefile::ZoneFiles};
use cutover::record::zone;

let text = zone::read(b"$ORIGIN contoso.com.\n@ 3600 MX 10 mx1.emailsrvr.com.", None, "contoso.zone")?;
let mut zones = ZoneFiles::new();
zones.add("contoso.zone", text)?;
let started = "2026-11-22T05:23:00Z".parse()?;
let source = Source::offline(zones, started);

let subject = Subject::new("contoso.com".parse()?);
let mut questions = Questions::new(&subject, JudgeOptions::default());
let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
let facts = runtime.block_on(survey(&source, &subject.domain, Limits::default(), &mut questions));
let checked = assess(&subject, &facts, JudgeOptions::default());
assert_eq!(checked.verdict, Verdict::ChangesNeeded);
# Ok::<(), Box<dyn std::error::Error>>(())
```
"#
)]

pub mod record;

pub mod provider;

pub mod expected;

pub mod facts;

#[cfg(feature = "lookup")]
pub mod lookup;

pub mod check;

pub mod plan;

pub mod report;

#[cfg(feature = "run")]
pub mod run;

#[cfg(feature = "serve")]
pub mod serve;

#[cfg(feature = "cli")]
pub mod cli;
