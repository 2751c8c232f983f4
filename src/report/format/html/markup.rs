//! Renders the Markdown of the manual as HTML: only the headings, paragraphs, lists, tables and fences that the manual
//! uses.

use askama::Template;
use askama::filters::{Html, escape};

use crate::check::Code;
use crate::report::ManualUrl;

/// The part of a text that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// All but the fences.
    Prose,
}

/// The targets of the codes that a text names.
#[derive(Debug, Clone, Copy)]
pub(super) enum CodeLinks<'a> {
    /// No target.
    None,
    /// Their sections of the same page.
    SamePage,
    /// Their sections of the published manual.
    Published(&'a ManualUrl),
}

impl CodeLinks<'_> {
    /// Returns the links in a heading, which does not link to itself.
    fn of_heading(self) -> Self {
        match self {
            Self::SamePage => Self::None,
            Self::None | Self::Published(_) => self,
        }
    }

    /// Returns the URL of the section about a code; `None` for other words.
    fn target(self, word: &str) -> Option<String> {
        let code = word.parse::<Code>().ok().filter(|code| *code != Code::Met)?;
        match self {
            Self::None => None,
            Self::SamePage => Some(format!("#{code}")),
            Self::Published(url) => Some(url.section(code)),
        }
    }
}

/// Returns a part of the manual as HTML, with its headings one level lower. `anchor` returns the id of a heading.
pub(super) fn markup(
    text: &str,
    part: Part,
    links: CodeLinks<'_>,
    anchor: impl Fn(&str) -> Option<String>,
) -> String {
    let mut html = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if part == Part::Whole {
                let inside = escaped(&inside.join("\n"));
                html += &format!(
                    "<p>{}</p>\n<pre tabindex=\"0\"><code>{inside}\n</code></pre>\n",
                    inline(&introduction(fence), links)
                );
            }
        } else if let Some(title) = line.strip_prefix('#') {
            let more = title.chars().take_while(|character| *character == '#').count();
            let (level, title) = (more + 2, title[more..].trim());
            let id = anchor(title).map(|id| format!(" id=\"{id}\"")).unwrap_or_default();
            html += &format!("<h{level}{id}>{}</h{level}>\n", inline(title, links.of_heading()));
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(row);
            }
            html += &table(&rows, links);
        } else if let Some((list, item)) = list_item(line) {
            let mut items = vec![item.to_owned()];
            while let Some(next) = lines.next_if(|line| !line.trim().is_empty()) {
                match (list_item(next), items.last_mut()) {
                    (Some((_, item)), _) => items.push(item.to_owned()),
                    (None, Some(last)) => *last += &format!(" {}", next.trim()),
                    (None, None) => {}
                }
            }
            let items: String =
                items.iter().map(|item| format!("<li>{}</li>\n", inline(item, links))).collect();
            html += &format!("<{list}>\n{items}</{list}>\n");
        } else if !line.trim().is_empty() {
            let mut paragraph = line.trim().to_owned();
            let begins_block =
                |line: &str| line.is_empty() || line.starts_with("```") || line.starts_with('|');
            while let Some(next) = lines.next_if(|line| !begins_block(line.trim_end())) {
                paragraph += &format!(" {}", next.trim());
            }
            html += &format!("<p>{}</p>\n", inline(&paragraph, links));
        }
    }
    html
}

/// Returns the list element (`ul` or `ol`) and the text of the item, if the line begins a list item.
fn list_item(line: &str) -> Option<(&'static str, &str)> {
    if let Some(item) = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")) {
        return Some(("ul", item));
    }
    let (number, item) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then_some(("ol", item))
}

fn table(rows: &[&str], links: CodeLinks<'_>) -> String {
    let cells = |row: &str, cell: &str| -> String {
        let row = row.trim().trim_matches('|').replace("\\|", "\u{1}");
        let cells = row.split('|').map(|text| text.trim().replace('\u{1}', "|"));
        cells.map(|text| format!("<{cell}>{}</{cell}>", inline(&text, links))).collect()
    };
    let Some((head, body)) = rows.split_first() else { return String::new() };
    let body: String = body.iter().skip(1).map(|row| format!("<tr>{}</tr>\n", cells(row, "td"))).collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n",
        cells(head, "th")
    )
}

/// Returns the caption of a fence with this info string: `zone shows=CODE options="…"`.
fn introduction(fence: &str) -> String {
    let what = if fence.starts_with("recording") { "Answers" } else { "A zone" };
    let verb = if fence.contains(" fixes=") { "that fix it" } else { "that show it" };
    let verb = if what == "A zone" {
        verb.replace("fix", "fixes").replace("show", "shows")
    } else {
        verb.to_owned()
    };
    let options = fence.split_once("options=\"").and_then(|(_, rest)| rest.split_once('"'));
    let options = options.map(|(options, _)| format!(", checked with `{options}`")).unwrap_or_default();
    format!("{what} {verb}{options}:")
}

/// Returns a line as HTML, with code and strong text.
pub(super) fn inline(text: &str, links: CodeLinks<'_>) -> String {
    let pieces = text.split('`').enumerate().map(|(index, piece)| match index % 2 {
        1 => match links.target(piece) {
            Some(target) => format!("<a href=\"{}\"><code>{}</code></a>", escaped(&target), escaped(piece)),
            None => format!("<code>{}</code>", escaped(piece)),
        },
        _ => {
            let pieces = piece.split("**").enumerate();
            let strong = |(index, piece): (usize, &str)| match index % 2 {
                1 => format!("<strong>{}</strong>", escaped(piece)),
                _ => escaped(piece),
            };
            pieces.map(strong).collect()
        }
    });
    pieces.collect()
}

fn escaped(text: &str) -> String {
    escape(text, Html).map(|text| text.to_string()).unwrap_or_default()
}

/// Renders a template. Templates are checked at build time, and writing into a string cannot fail.
pub(super) fn written(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_manual_become_elements() {
        let text = "# A `b`\n\nOne **two**\n<three>.\n\n* x\n  y\n* z\n\n1. p\n\n| a | b |\n| --- | --- |\n| `c` | e |\n\n\
                    ```zone shows=x\n@ MX 0 <.\n```\n";
        let html = markup(text, Part::Whole, CodeLinks::None, |_| Some("id".into()));
        for part in [
            "<h2 id=\"id\">A <code>b</code></h2>",
            "<p>One <strong>two</strong> &#60;three&#62;.</p>",
            "<ul>\n<li>x y</li>\n<li>z</li>\n</ul>",
            "<ol>\n<li>p</li>\n</ol>",
            "<thead><tr><th>a</th><th>b</th></tr></thead>",
            "<p>A zone that shows it:</p>\n<pre tabindex=\"0\"><code>@ MX 0 &#60;.\n</code></pre>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!markup(text, Part::Prose, CodeLinks::None, |_| None).contains("<pre"));
    }
}
