//! Lays out columns so that no line is wider than the terminal.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Padding, Style as Borders};
use unicode_width::UnicodeWidthStr as _;

use super::style::{Style, Tone};

/// The number of blanks in front of every line of a grid.
const INDENT: usize = 2;
/// The number of blanks between columns.
const GAP: usize = 2;
/// The minimum width of a column that is wrapped.
const NARROWEST: usize = 6;

/// A cell: its text, and the meaning of its color.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// Returns a cell in the color of its meaning.
    pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }

    fn width(&self) -> usize {
        self.text.lines().map(str::width).max().unwrap_or(0)
    }

    /// Returns the lines, each colored separately so that no color continues past the end of a line.
    fn painted(&self, style: &Style) -> String {
        let lines =
            self.text.lines().map(|line| self.tone.map_or(line.to_owned(), |tone| style.paint(tone, line)));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, tone: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self { text: text.into(), tone: None }
    }
}

/// Lays out rows without borders; if they are too wide, the widest columns are wrapped between words.
pub(super) fn laid_out<const N: usize>(mut rows: Vec<[Cell; N]>, style: &Style) -> String {
    for cell in rows.iter_mut().flatten() {
        cell.text = style.text(&cell.text).into_owned();
    }
    let mut widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0));
    let room = style.columns().saturating_sub(INDENT + GAP * (N - 1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROWEST) else { break };
        *widest -= 1;
    }
    for row in &mut rows {
        for (cell, width) in row.iter_mut().zip(widths) {
            cell.text = wrapped(&cell.text, width);
        }
    }
    let mut builder = Builder::with_capacity(rows.len(), N);
    for row in &rows {
        builder.push_record(row.iter().map(|cell| cell.painted(style)));
    }
    let mut table = builder.build();
    table.with(Borders::empty());
    table.modify(Columns::new(..), Padding::new(0, GAP, 0, 0));
    let text = table.to_string();
    text.lines().map(|line| format!("{:INDENT$}{}\n", "", line.trim_end())).collect()
}

/// A value to copy, with short cells in front of it and a few words after it.
#[derive(Debug, Clone)]
pub(super) struct ValueRow<const N: usize> {
    /// The cells in front.
    pub(super) front: [Cell; N],
    /// The value to copy, which is never broken.
    pub(super) value: String,
    /// The words after the value.
    pub(super) behind: String,
}

/// Lays out groups of rows with the same columns in all, and returns one text per group. A value that does not fit in
/// the line of its row has the next line to itself, where it overflows and is never broken.
pub(super) fn value_rows<const N: usize>(groups: Vec<Vec<ValueRow<N>>>, style: &Style) -> Vec<String> {
    let mut groups = groups;
    for row in groups.iter_mut().flatten() {
        for text in row.front.iter_mut().map(|cell| &mut cell.text).chain([&mut row.value, &mut row.behind]) {
            *text = style.text(text).into_owned();
        }
    }
    let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
    let rows = || groups.iter().flatten();
    let columns: [usize; N] =
        std::array::from_fn(|column| widest(&mut rows().map(|row| row.front[column].width())));
    let start = INDENT + columns.iter().map(|width| width + GAP).sum::<usize>();
    let fits = |row: &&ValueRow<N>| {
        let behind = if row.behind.is_empty() { 0 } else { GAP + row.behind.width() };
        start.saturating_add(row.value.width() + behind) <= style.columns()
    };
    let values = widest(&mut rows().filter(fits).map(|row| row.value.width()));
    let line = |row: &ValueRow<N>| {
        let front = row.front.iter().zip(columns).map(|(cell, width)| {
            format!("{}{:pad$}", cell.painted(style), "", pad = width - cell.width() + GAP)
        });
        let front: String = front.collect();
        let fits_wide = start + values + GAP + row.behind.width() <= style.columns();
        let text = match (fits(&row), fits_wide) {
            (true, true) => {
                let pad = values - row.value.width() + GAP;
                format!("{front}{}{:pad$}{}", row.value, "", row.behind)
            }
            (true, false) => format!("{front}{}{:GAP$}{}", row.value, "", row.behind),
            (false, _) if start + row.behind.width() > style.columns() => {
                format!("{}\n{:INDENT$}{}\n{:INDENT$}{}", front.trim_end(), "", row.value, "", row.behind)
            }
            (false, _) => {
                format!("{}\n{:INDENT$}{}", format!("{front}{}", row.behind).trim_end(), "", row.value)
            }
        };
        text.lines().map(|line| format!("{:INDENT$}{}\n", "", line.trim_end())).collect::<String>()
    };
    groups.iter().map(|rows| rows.iter().map(line).collect()).collect()
}

/// Breaks text between words. A word that is longer than a line has a line of its own and overflows there: it may be a
/// value, which stays whole for copying.
pub(super) fn wrapped(text: &str, room: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let words = paragraph.trim_start_matches(' ');
        let indent = paragraph.len() - words.len();
        let mut line = " ".repeat(indent.min(room / 2));
        for (index, word) in pieces(words).into_iter().enumerate() {
            if index > 0 && (line.width() + 1).saturating_add(word.width()) > room {
                lines.push(std::mem::take(&mut line));
            } else if index > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// Returns the width of the longest word of a text, which is the minimum width of its lines.
pub(super) fn longest_word(text: &str) -> usize {
    text.lines().flat_map(pieces).map(str::width).max().unwrap_or(0)
}

/// Returns the words of a line; a value or command in backticks is one word, with its blanks and the characters
/// attached to it.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut is_value) = (0, false);
    for (at, character) in line.char_indices() {
        match character {
            '`' => is_value = !is_value,
            ' ' if !is_value => {
                pieces.extend(line.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    let rest = line.get(start..).unwrap_or_default();
    // An unpaired backtick does not begin a value.
    if is_value {
        pieces.extend(rest.split(' '))
    } else {
        pieces.push(rest)
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_there_is_room() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("see autodiscover.outlook.com now", 12), "see\nautodiscover.outlook.com\nnow");
        assert_eq!(
            wrapped("run `cutover watch contoso.com`, then", 12),
            "run\n`cutover watch contoso.com`,\nthen"
        );
        assert_eq!(wrapped("one ` two three", 8), "one `\ntwo\nthree");
        assert_eq!(wrapped("a\n  b", 10), "a\n  b");
        assert_eq!(wrapped("one two", crate::report::style::UNLIMITED), "one two");
        assert_eq!(wrapped("", 5), "");
        assert_eq!(wrapped("日本語 日本語", 4), "日本語\n日本語");
    }

    #[test]
    fn a_value_has_its_own_line_where_it_does_not_fit() {
        let row = |host: &str, value: &str| ValueRow {
            front: ["add".into(), host.into()],
            value: value.into(),
            behind: "TTL 60".into(),
        };
        let groups =
            || vec![vec![row("@", "10 mx.example")], vec![], vec![row("www", "a value that is rather long")]];
        let of = |width| value_rows(groups(), &Style { width, ..Style::default() });
        assert_eq!(
            of(100),
            [
                "  add  @    10 mx.example                TTL 60\n",
                "",
                "  add  www  a value that is rather long  TTL 60\n"
            ]
        );
        let narrow = [
            "  add  @    10 mx.example  TTL 60\n",
            "",
            "  add  www  TTL 60\n    a value that is rather long\n",
        ];
        assert_eq!(of(40), narrow);
    }

    #[test]
    fn the_widest_column_gives_way() {
        let style = Style { width: 40, ..Style::default() };
        let rows = vec![["✔".into(), Cell::from("word ".repeat(20)), "code".into()]];
        let text = laid_out(rows, &style);
        assert!(text.lines().all(|line| line.width() <= 40), "{text}");
        assert!(text.lines().next().is_some_and(|line| line.ends_with("code")), "{text}");
    }
}
