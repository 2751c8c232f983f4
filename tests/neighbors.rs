//! Is the verdict of a domain the same, whatever happens to its neighbors in the same run?
//!
//! Whole runs over real sockets: servers that drop what they do not serve, fail for a moment or for good, stall, and a
//! process that has few files.

mod hostile;
mod limits;
mod outages;
mod world;
