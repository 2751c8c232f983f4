//! A question and the place that answers it.

use std::sync::Arc;

use crate::facts::Server;
use crate::record::{Name, Question};

use super::transport::Endpoint;

/// One question to one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum PlannedQuery {
    /// To the zone files.
    Files(Question),
    /// To the recording.
    Recording(Question),
    /// To a server on the network, for a zone if it is a name server.
    Server(Question, Arc<Server>, Endpoint, Option<Name>),
}
