//! Lists the answers of every server.

use crate::report::grid::{Cell, ValueRow, value_rows};
use crate::report::style::Style;
use crate::report::view::ReplyView;

/// Returns a row for each reply.
pub(super) fn replies(replies: &[ReplyView], style: &Style) -> String {
    let rows = replies.iter().map(|reply| {
        let name = reply.server_name.as_ref().map(|name| name.without_trailing_dot() + " ");
        let answer: Vec<&str> = reply.records.iter().chain(&reply.errors).map(|text| &**text).collect();
        ValueRow {
            front: [
                Cell::from(format!("{}{}", name.unwrap_or_default(), reply.server)),
                format!("{} {}", reply.name.without_trailing_dot(), reply.rtype).into(),
                reply.outcome.as_str().into(),
                format!("{:.1} ms", reply.rtt_ms).into(),
            ],
            value: answer.join("; "),
            behind: String::new(),
        }
    });
    format!("\n{}", value_rows(vec![rows.collect()], style).concat())
}
