//! The program: everything is in the library.

use std::process::ExitCode;

use anstream::AutoStream;
use cutover::cli::{Surroundings, run};
use mimalloc::MiMalloc;

/// A run over many domains spends a seventh less time than with that of the system.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // The library decides about color; these streams only translate it for older consoles of Windows.
    let mut out = AutoStream::always(std::io::stdout());
    let mut err = AutoStream::always(std::io::stderr());
    ExitCode::from(run(std::env::args_os(), &mut out, &mut err, &Surroundings::of_process()))
}
