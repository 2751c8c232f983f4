//! Sends the rows of a report to open pages while its answers come.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::{Assessment, Status};
use crate::record::Name;
use crate::report::Sanitized;

use super::App;

/// The maximum number of times that incomplete answers of one check are assessed.
const MOST_LOOKS: u32 = 64;

/// Sends the results so far to open pages of a domain, each row once.
pub(super) struct Rows<'a> {
    app: &'a App,
    domain: &'a Name,
    /// The number of times that the answers may still be assessed: a hostile domain may answer in many pieces.
    looks: u32,
    /// The code that was sent for each expectation.
    sent: BTreeMap<&'static str, &'static str>,
}

impl<'a> Rows<'a> {
    /// Returns the rows of a check. Pages show rows only of a whole check: one in the phase of the settings.
    pub(super) fn new(app: &'a App, domain: &'a Name, is_whole: bool) -> Self {
        let looks = if is_whole { MOST_LOOKS } else { 0 };
        Self { app, domain, looks, sent: BTreeMap::new() }
    }

    /// Sends the rows that are new or have another code, if a page shows the domain.
    pub(super) fn tell(&mut self, assess: &dyn Fn() -> Assessment) {
        let domain = self.domain.without_trailing_dot();
        if self.looks == 0 || !self.app.events.is_seen(&domain) {
            return;
        }
        self.looks -= 1;
        let assessment = assess();
        for judged in assessment.judged.iter().filter(|judged| judged.status != Status::Unknown) {
            let (id, code) = (judged.expectation.id.word(), judged.code.word());
            if self.sent.insert(id, code) == Some(code) {
                continue;
            }
            let message = Sanitized::sentence(&judged.message);
            let row = RowEvent { domain: &domain, id, status: judged.status.word(), code, message: &message };
            self.app.tell(self.domain, "row", &row);
        }
    }
}

#[derive(Serialize)]
struct RowEvent<'a> {
    domain: &'a str,
    id: &'static str,
    status: &'static str,
    code: &'static str,
    message: &'a str,
}
