//! The program: everything is in [`cutover`].

fn main() {}
