//! A question, and the one place that it is put to.

use std::sync::Arc;

use crate::facts::Server;
use crate::record::{Name, Question};

use super::transport::Endpoint;

/// One question to one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum PlannedQuery {
    /// The zone files.
    Files(Question),
    /// The recording.
    Recording(Question),
    /// A server on the network.
    Server(Question, Arc<Server>, Endpoint, Option<Name>),
}
