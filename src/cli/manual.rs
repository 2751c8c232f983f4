//! Prints shell completions and the manual page.

use clap::CommandFactory as _;

use super::args::{Arguments, Completions};
use super::{Problem, Streams};

/// Runs `cutover completions`.
///
/// # Errors
/// [`Problem`] if the output cannot be written.
pub(super) fn completions(command: &Completions, streams: &mut Streams<'_>) -> Result<u8, Problem> {
    let mut program = Arguments::command();
    let name = program.get_name().to_owned();
    // The script is written to memory first, because the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut program, name, &mut script);
    streams.out.write_all(&script)?;
    Ok(0)
}

/// Runs `cutover man`: prints a page about the program, with a section for each command.
///
/// # Errors
/// [`Problem`] if the output cannot be written.
pub(super) fn man(streams: &mut Streams<'_>) -> Result<u8, Problem> {
    let mut program = Arguments::command();
    program.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(program.clone()).render(&mut page)?;
    for command in program.get_subcommands() {
        let man = clap_mangen::Man::new(command.clone());
        let title = format!(".SH \"CUTOVER {}\"\n", command.get_name().to_uppercase());
        page.extend_from_slice(title.as_bytes());
        man.render_description_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    streams.out.write_all(&page)?;
    Ok(0)
}
