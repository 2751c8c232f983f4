//! Prints the manual page of the program, of one command, or writes the pages of all.

mod sections;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;

use crate::record::{closest_word, suggestion};
use crate::report::harmless::harmless;
use crate::run::RunError;
use crate::run::files::AtomicFile;

use super::args::{Arguments, Man};
use super::{Problem, Streams};

/// The commands, each of which has a page.
pub(super) const PAGES: [&str; 11] = [
    "check",
    "plan",
    "watch",
    "serve",
    "expected",
    "report",
    "explain",
    "self-check",
    "completions",
    "man",
    "schema",
];

/// The name of the manual that the pages belong to.
const MANUAL: &str = "cutover manual";

/// Runs `cutover man`.
///
/// # Errors
/// [`Problem`] for an unknown command, or if the output cannot be written.
pub(super) fn run(command: &Man, streams: &mut Streams<'_>) -> Result<u8, Problem> {
    let mut program = Arguments::command();
    program.build();
    if let Some(folder) = &command.output_dir {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|source| RunError::Write { path: folder.display().to_string(), source })?;
        let mut pages = vec![(program.get_name().to_owned(), page_of_program(&program)?)];
        for command in program.get_subcommands() {
            pages.push((title(&program, command), page_of_command(&program, command)?));
        }
        for (title, page) in pages {
            let mut file = AtomicFile::begin(&folder.join(format!("{title}.1")))?;
            file.write(&page)?;
            file.finish()?;
        }
        return Ok(0);
    }
    let page = match &command.command {
        None => page_of_all(&program)?,
        Some(name) => match program.get_subcommands().find(|command| command.get_name() == name) {
            Some(command) => page_of_command(&program, command)?,
            None => return Err(unknown(&program, name)),
        },
    };
    streams.out.write_all(&page)?;
    Ok(0)
}

/// Returns the error for a command that does not exist.
fn unknown(program: &Command, name: &str) -> Problem {
    let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let hint = suggestion(closest_word(name, known.iter().copied()));
    Problem::Usage(format!("unknown command `{}`{hint} (one of {})", harmless(name), known.join(", ")))
}

/// Returns the name of a command's page, such as `cutover-check`.
fn title(program: &Command, command: &Command) -> String {
    format!("{}-{}", program.get_name(), command.get_name())
}

/// Returns the first line of a page. It has no date, so that the same version writes the same pages.
fn heading(title: &str) -> Vec<u8> {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    format!(".TH {title} 1 \"\" \"{name} {version}\" \"{MANUAL}\"\n").into_bytes()
}

/// Returns the sections about the program alone.
fn of_program(program: &Command) -> Result<Vec<u8>, Problem> {
    let mut page = heading(program.get_name());
    let man = Page::new(program.clone());
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    man.render_extra_section(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// Returns one page about the program, with a section for each command.
fn page_of_all(program: &Command) -> Result<Vec<u8>, Problem> {
    let mut page = of_program(program)?;
    for command in program.get_subcommands() {
        let man = Page::new(command.clone());
        let title = format!(".SH \"CUTOVER {}\"\n", command.get_name().to_uppercase());
        page.extend_from_slice(title.as_bytes());
        man.render_description_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    sections::write(None, &mut page)?;
    Ok(page)
}

/// Returns the page of the program, which names those of the commands.
fn page_of_program(program: &Command) -> Result<Vec<u8>, Problem> {
    let mut page = of_program(program)?;
    sections::write(None, &mut page)?;
    let others: Vec<String> = program.get_subcommands().map(|command| title(program, command)).collect();
    sections::see_also(&others, &mut page)?;
    Ok(page)
}

/// Returns the page of a command.
fn page_of_command(program: &Command, command: &Command) -> Result<Vec<u8>, Problem> {
    let mut page = heading(&title(program, command));
    let man = Page::new(command.clone());
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if let Some(notes) = command.get_after_help() {
        sections::paragraphs(&notes.to_string(), &mut page)?;
    }
    man.render_options_section(&mut page)?;
    sections::write(Some(command.get_name()), &mut page)?;
    sections::see_also(&[program.get_name().to_owned()], &mut page)?;
    Ok(page)
}
