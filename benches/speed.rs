//! The project's own measurements.
fn main() {}
