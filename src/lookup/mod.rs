//! How are the facts got? The only door to the network, and to the clock of a query.

pub mod transport;
