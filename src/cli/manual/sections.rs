//! Writes the sections of a manual page that the arguments do not contain: exit status, environment, files.

use std::io::{self, Write};

use clap_mangen::roff::{Roff, bold, roman};

/// The commands that read a settings file.
const WITH_SETTINGS: &[&str] = &["check", "plan", "watch", "serve", "expected", "self-check"];
/// The commands whose status is the verdict.
const WITH_VERDICT: &[&str] = &["check", "watch", "report"];
/// The commands that report changes to others.
const WITH_HOOKS: &[&str] = &["watch", "serve"];
/// Every command.
const ALL: &[&str] = &[];

/// An entry of a section: the commands that it concerns, its term and its text.
type Entry = (&'static [&'static str], &'static str, &'static str);

const STATUS: &[Entry] = &[
    (WITH_VERDICT, "0", "Ready: everything that is required is published and seen everywhere."),
    (WITH_VERDICT, "1", "Changes needed: at least one record must be edited."),
    (&["plan"], "0", "The plan is complete; it may be empty."),
    (&["self-check"], "0", "A resolver answers."),
    (&["serve"], "0", "A signal ended the server."),
    (&["expected", "explain", "completions", "man", "schema"], "0", "The output is complete."),
    (ALL, "2", "Wrong usage, a file that cannot be used, or an internal failure."),
    (WITH_VERDICT, "3", "Undetermined: nothing is known to be wrong, but a lookup failed."),
    (&["plan"], "3", "The plan may be incomplete: a lookup that it depends on failed."),
    (&["self-check"], "3", "No resolver answers."),
    (WITH_VERDICT, "4", "Waiting: nothing is left to edit, but caches or secondaries have old records."),
];

const ENVIRONMENT: &[Entry] = &[
    (
        WITH_SETTINGS,
        "CUTOVER_SETTINGS",
        "The settings file to read unless --settings names one. Hooks in it do not count.",
    ),
    (
        &["check", "plan", "watch", "serve", "expected"],
        "CUTOVER_GRAPH_TOKEN",
        "The access token for --graph and --all-domains.",
    ),
    (WITH_HOOKS, "CUTOVER_WEBHOOK", "The URL of --webhook, if it contains a secret."),
    (&["serve"], "CUTOVER_SERVE_TOKEN", "The token that clients of the server must send."),
    (
        ALL,
        "NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR, CLICOLOR, TERM",
        "Color, unless --color always or --color never is given; the first that is set decides. NO_COLOR turns it off, \
         CLICOLOR_FORCE (not 0) turns it on, FORCE_COLOR turns it on (0: off), CLICOLOR=0 and TERM=dumb turn it off. \
         Otherwise a terminal has color, and a file or a pipe does not.",
    ),
    (
        WITH_VERDICT,
        "FORCE_HYPERLINK",
        "1 makes codes links to the manual of --manual-url, 0 does not. Otherwise they are links on terminals that are \
         known to support them.",
    ),
    (ALL, "COLUMNS", "The width of the output if it is not a terminal. Without it, lines are not wrapped."),
    (
        ALL,
        "LC_ALL, LC_CTYPE, LANG",
        "The character set of the terminal. If it is not UTF-8, the output is ASCII.",
    ),
    (&["plan"], "TZ", "The time zone of a plan with times."),
];

const FILES: &[Entry] = &[
    (
        WITH_SETTINGS,
        "cutover.toml",
        "Settings: defaults, domains and waivers. It is read from the current folder, else from the nearest folder above \
         it, up to the folder of a Git repository (.git). A file above the current folder counts only if it belongs to \
         the owner of the current folder or to root. Only one file is read.",
    ),
    (
        WITH_SETTINGS,
        "$XDG_CONFIG_HOME/cutover/cutover.toml",
        "Settings, if no other file is found. The default of XDG_CONFIG_HOME is ~/.config, on macOS ~/Library/Application \
         Support. On Windows the folder is %APPDATA%.",
    ),
    (
        &["check", "plan", "watch", "serve", "self-check"],
        "/etc/resolv.conf",
        "The resolvers to ask unless --resolver names some.",
    ),
    (&["serve"], "cutover.db", "The state of the server, next to the settings file."),
];

/// Writes the sections of a command, or those of the program.
///
/// # Errors
/// An error of `page`.
pub(super) fn write(command: Option<&str>, page: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::new();
    for (title, entries) in [("EXIT STATUS", STATUS), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)] {
        let concerns = |(commands, ..): &&Entry| {
            commands.is_empty() || command.is_none_or(|command| commands.contains(&command))
        };
        let entries: Vec<&Entry> = entries.iter().filter(concerns).collect();
        if entries.is_empty() {
            continue;
        }
        roff.control("SH", [title]);
        for (commands, term, text) in entries {
            // On the page of the program, one status has different meanings.
            let names = match (command, title) {
                (None, "EXIT STATUS") if !commands.is_empty() => format!("{}: ", commands.join(", ")),
                _ => String::new(),
            };
            roff.control("TP", []).text([bold(*term)]).text([roman(format!("{names}{text}"))]);
        }
    }
    roff.to_writer(page)
}

/// Writes paragraphs.
///
/// # Errors
/// An error of `page`.
pub(super) fn paragraphs(text: &str, page: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::new();
    for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
        roff.control("PP", []).text([roman(paragraph)]);
    }
    roff.to_writer(page)
}

/// Writes the section with the names of other pages.
///
/// # Errors
/// An error of `page`.
pub(super) fn see_also(pages: &[String], page: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let mut inlines = Vec::new();
    for (index, name) in pages.iter().enumerate() {
        let end = if index + 1 < pages.len() { "(1), " } else { "(1)" };
        inlines.extend([bold(name), roman(end)]);
    }
    roff.text(inlines);
    roff.to_writer(page)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Arguments;

    #[test]
    fn every_entry_names_commands_that_exist_and_every_command_has_a_status() {
        let program = Arguments::command();
        let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
        for (commands, term, _) in STATUS.iter().chain(ENVIRONMENT).chain(FILES) {
            for command in *commands {
                assert!(known.contains(command), "{term}: {command}");
            }
        }
        #[cfg(feature = "serve")]
        assert_eq!(known, crate::cli::manual::PAGES);
        for command in known {
            let has = |status: &str| {
                STATUS.iter().any(|(commands, term, _)| *term == status && commands.contains(&command))
            };
            assert!(has("0"), "{command}");
        }
    }
}
