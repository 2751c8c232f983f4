//! What every server answered.

use crate::report::grid::{Cell, laid_out};
use crate::report::style::Style;
use crate::report::view::ReplyView;

use super::parts::faint;

/// A row a reply.
pub(super) fn replies(replies: &[ReplyView], style: &Style) -> String {
    let mut rows: Vec<[Cell; 5]> = vec![["server", "question", "outcome", "ms", "answer"].map(faint)];
    for reply in replies {
        let name = reply.server_name.as_ref().map(|name| name.without_trailing_dot() + " ");
        let answer: Vec<&str> = reply.records.iter().chain(&reply.errors).map(|text| &**text).collect();
        rows.push([
            format!("{}{}", name.unwrap_or_default(), reply.server).into(),
            format!("{} {}", reply.name.without_trailing_dot(), reply.rtype).into(),
            reply.outcome.as_str().into(),
            format!("{:.1}", reply.rtt_ms).into(),
            answer.join("; ").into(),
        ]);
    }
    format!("\n{}", laid_out(rows, style))
}
