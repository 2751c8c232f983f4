//! Lays out columns so that no line is wider than the terminal.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Padding, Style as Borders};
use unicode_width::UnicodeWidthStr as _;

use super::style::{Style, Tone};

/// Blanks in front of every line of a grid.
const INDENT: usize = 2;
/// Blanks between columns.
const GAP: usize = 2;
/// The narrowest that a column is made.
const NARROWEST: usize = 6;

/// One cell: its text, and what its color says.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// A cell in the color of its meaning.
    pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }

    fn width(&self) -> usize {
        self.text.lines().map(str::width).max().unwrap_or(0)
    }

    /// The lines, each painted by itself so that no color runs over the end of a line.
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

/// Rows without lines around them; where they are too wide, the widest columns are wrapped.
pub(super) fn laid_out<const N: usize>(rows: Vec<[Cell; N]>, style: &Style) -> String {
    blocks(rows, style).concat()
}

/// Groups of rows, each a text of its own, with the same columns in all.
pub(super) fn laid_out_in_groups<const N: usize>(groups: Vec<Vec<[Cell; N]>>, style: &Style) -> Vec<String> {
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let mut rows = blocks(groups.into_iter().flatten().collect(), style).into_iter();
    sizes.into_iter().map(|size| rows.by_ref().take(size).collect()).collect()
}

/// The lines of each row.
fn blocks<const N: usize>(mut rows: Vec<[Cell; N]>, style: &Style) -> Vec<String> {
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
    let mut lines = text.lines();
    let block = |row: &[Cell; N]| {
        let height = row.iter().map(|cell| cell.text.lines().count()).max().unwrap_or(0).max(1);
        let lines = lines.by_ref().take(height);
        lines.map(|line| format!("{:INDENT$}{}\n", "", line.trim_end())).collect()
    };
    rows.iter().map(block).collect()
}

/// Text broken between words, and within a word only where it has no room on a line of its own.
pub(super) fn wrapped(text: &str, room: usize) -> String {
    let room = room.max(1);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let indent = paragraph.len() - paragraph.trim_start_matches(' ').len();
        let mut line = " ".repeat(indent.min(room / 2));
        for (index, word) in paragraph.trim_start_matches(' ').split(' ').enumerate() {
            if index > 0 && line.width() + 1 + word.width() > room {
                lines.push(std::mem::take(&mut line));
            } else if index > 0 {
                line.push(' ');
            }
            for character in word.chars() {
                if line.width() + character.to_string().width() > room {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(character);
            }
        }
        lines.push(line);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_there_is_room() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("autodiscover.outlook.com", 12), "autodiscover\n.outlook.com");
        assert_eq!(wrapped("a\n  b", 10), "a\n  b");
        assert_eq!(wrapped("", 5), "");
        assert_eq!(wrapped("日本語", 4), "日本\n語");
    }

    #[test]
    fn groups_share_their_columns() {
        let style = Style { width: 40, ..Style::default() };
        let row = |text: &str| [Cell::from("a"), Cell::from(text), Cell::from("end")];
        let groups = vec![vec![row("short")], vec![], vec![row(&"word ".repeat(12)), row("x")]];
        let texts = laid_out_in_groups(groups, &style);
        let ends: Vec<usize> =
            texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.find("end")).collect();
        assert!(ends.len() == 3 && ends.iter().all(|end| *end == ends[0]), "{texts:?}");
        assert_eq!(texts[1], "");
        assert_eq!(texts[2].lines().count(), 3, "{texts:?}");
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
