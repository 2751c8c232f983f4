//! The formats of the report.
//!
//! Every format renders the same frozen view and draws no conclusions of its own. Text from DNS is already sanitized in
//! the view; each format escapes only what has a meaning in its own syntax, in the one place where it writes text. A
//! format is one file below, and one line in the list.

mod csv;
mod github;
mod html;
mod json;
mod junit;
mod level;
mod markdown;
mod message;
mod nagios;
mod ndjson;
mod page;
mod prometheus;
mod sarif;
mod table;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::check::Verdict;

use super::reminders::Reminders;
use super::view::{DomainReport, Summary};
use super::writer::{Ending, Piece, Pieces, ReportWriter, Run};

pub use html::{POLICY as HTML_POLICY, SCRIPT as HTML_SCRIPT, STYLE as HTML_STYLE, html_of_domain, manual};

/// An enum of formats with a name and a help text each.
macro_rules! named_formats {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $word:literal $help:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $help] $variant,)+
        }

        impl $name {
            /// All formats, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name of the format on the command line.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Returns the help text, which names the reader or the use of the format.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),+ }
            }
        }
    };
}
pub(crate) use named_formats;

macro_rules! formats {
    ($($variant:ident $word:literal $writer:expr, $help:literal;)+) => {
        named_formats! {
            /// A format of the report.
            Format { $($variant $word $help;)+ }
        }

        impl Format {
            /// Returns the writer of the format.
            #[must_use]
            pub fn writer(self) -> &'static dyn ReportWriter {
                match self { $(Self::$variant => &$writer),+ }
            }
        }
    };
}

formats! {
    Table "table" table::Table, "For a person";
    Json "json" json::Json, "For a program";
    Ndjson "ndjson" ndjson::Ndjson, "For a program, one domain per line";
    Csv "csv" csv::Csv, "For a spreadsheet";
    Markdown "markdown" markdown::Markdown, "For a job summary or a merge request";
    Html "html" html::Html, "One page to share";
    Junit "junit" junit::Junit, "For the test view of a CI";
    Sarif "sarif" sarif::Sarif, "For code scanning";
    Github "github" github::Github, "Annotations for GitHub Actions";
    Prometheus "prometheus" prometheus::Prometheus, "For the Prometheus textfile collector";
    Nagios "nagios" nagios::Nagios, "For Nagios and compatible monitors, with their exit status";
}

impl Format {
    /// Returns the report of domains that are all in memory. `verdict` is the worst verdict among those that count.
    #[must_use]
    pub fn text(self, run: &Run, domains: &[DomainReport], verdict: Verdict) -> String {
        // Writing into memory and reading from it cannot fail.
        let octets = self.octets(run, domains, verdict).unwrap_or_default();
        String::from_utf8(octets).unwrap_or_default()
    }

    fn octets(self, run: &Run, domains: &[DomainReport], verdict: Verdict) -> io::Result<Vec<u8>> {
        let writer = self.writer();
        let (mut out, mut written) = (Vec::new(), 0);
        let (mut summary, mut reminders) = (Summary::default(), Reminders::default());
        let (mut waiting, mut whole) = (Waiting::default(), Vec::new());
        writer.begin(&mut out)?;
        for domain in domains {
            summary.add(domain.verdict);
            reminders.add(&domain.domain, domain.unicode.as_deref(), &domain.reminders);
            match writer.domain(run, domain) {
                Piece::Now(text) => {
                    let separator = if written > 0 { writer.separator() } else { "" };
                    out.extend([separator, &text].concat().into_bytes());
                    written += 1;
                }
                Piece::Later(texts) => waiting.keep(texts),
                Piece::Whole => whole.push(Arc::new(domain.clone())),
            }
        }
        let (summary, reminders) = (&summary, &reminders);
        let end = Ending { verdict, summary, reminders, domains: &whole, pieces: &mut waiting };
        writer.finish(run, end, &mut out)?;
        Ok(out)
    }
}

/// The pieces that are kept in memory until the end of the report.
#[derive(Default)]
struct Waiting(Vec<VecDeque<String>>);

impl Waiting {
    fn keep(&mut self, texts: Vec<String>) {
        self.0.resize_with(self.0.len().max(texts.len()), VecDeque::new);
        for (section, text) in self.0.iter_mut().zip(texts) {
            section.push_back(text);
        }
    }
}

impl Pieces for Waiting {
    fn next(&mut self, section: usize) -> io::Result<Option<String>> {
        Ok(self.0.get_mut(section).and_then(VecDeque::pop_front))
    }
}
