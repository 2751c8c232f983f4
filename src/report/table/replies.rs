//! The table of the replies of every server.

use crate::facts::Facts;
use crate::report::grid::{Cell, laid_out};
use crate::report::harmless::harmless;
use crate::report::style::Style;

use super::faint;

/// A row a reply.
pub(super) fn replies(facts: &Facts, style: &Style) -> String {
    let mut rows: Vec<[Cell; 5]> = vec![["server", "question", "outcome", "answer", "ms"].map(faint)];
    for reply in facts.all().chain(facts.all_delegated()) {
        let server = match facts.server_name(&reply.server) {
            Some(name) => format!("{} {}", name.without_trailing_dot(), reply.server.address),
            None => reply.server.address.clone(),
        };
        let answers = reply.records.iter().chain(&reply.referral).map(|record| record.data.to_string());
        let said = reply.ede.iter().map(ToString::to_string).chain(Some(reply.reason.clone()));
        let answer: Vec<String> = answers.chain(said).filter(|text| !text.is_empty()).collect();
        rows.push([
            harmless(&server).into(),
            format!("{} {}", reply.question.name.without_trailing_dot(), reply.question.rtype).into(),
            reply.outcome.word().into(),
            harmless(&answer.join("; ")).into(),
            format!("{:.1}", reply.elapsed as f64 / 1000.0).into(),
        ]);
    }
    format!("\n{}", laid_out(rows, style))
}
