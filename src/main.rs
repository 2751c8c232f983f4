//! The program: everything is in the library.

use std::process::ExitCode;

use cutover::cli::{Surroundings, run};

fn main() -> ExitCode {
    let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
    ExitCode::from(run(std::env::args_os(), &mut out, &mut err, &Surroundings::of_process()))
}
