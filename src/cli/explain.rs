//! `cutover explain`: prints the manual page of an outcome.

use std::collections::BTreeSet;

use crate::check::{Code, Topic, UnknownCode};
use crate::report::format::manual;
use crate::report::harmless::harmless;
use crate::report::style::Tone;
use crate::report::table::explanation;
use crate::report::{ManualUrl, Style};

use super::args::{Explain, ExplainFormat};
use super::{Problem, Streams};

/// Runs the command.
///
/// # Errors
/// [`Problem`] for a code that does not exist.
pub(super) fn run(command: &Explain, streams: &mut Streams<'_>, style: &Style) -> Result<u8, Problem> {
    let code = command.code.as_ref().map(|word| word.parse::<Code>().map_err(|error| unknown(&error)));
    let code = code.transpose().map_err(Problem::Usage)?;
    match command.format {
        ExplainFormat::Text => text(code, command.manual_url.as_ref(), streams, style),
        ExplainFormat::Html => {
            streams.out.write_all(manual(code, command.manual_url.as_ref()).as_bytes())?;
            Ok(0)
        }
    }
}

fn text(
    code: Option<Code>,
    url: Option<&ManualUrl>,
    streams: &mut Streams<'_>,
    style: &Style,
) -> Result<u8, Problem> {
    let Some(code) = code else {
        streams.out.write_all(list(style).as_bytes())?;
        if let Some(url) = url {
            writeln!(streams.out, "Published manual: {url}")?;
        }
        return Ok(0);
    };
    streams.out.write_all(explanation(code, style).as_bytes())?;
    if let Some(url) = url {
        writeln!(streams.out, "\nPublished manual: {}", url.section(code))?;
    }
    Ok(0)
}

fn list(style: &Style) -> String {
    let mut text = String::new();
    for topic in Topic::ALL {
        text.push_str(&style.paint(Tone::Strong, topic.title()));
        text.push('\n');
        for code in Code::ALL.iter().filter(|code| code.topic() == topic) {
            text.push_str(&format!("  {code:26} {:8} {}\n", code.effect().word(), code.title()));
        }
        text.push('\n');
    }
    text.push_str("`cutover explain CODE` explains one of them and what to do.\n");
    text
}

fn unknown(error: &UnknownCode) -> String {
    let word = error.found();
    let parts =
        |text: &str| -> BTreeSet<Vec<u8>> { text.as_bytes().windows(3).map(<[u8]>::to_vec).collect() };
    let typed = parts(&word.to_ascii_lowercase());
    let shared = |code: &&Code| parts(code.word()).intersection(&typed).count();
    // Two codes may have a part of three letters in common by chance.
    let close = Code::ALL.iter().max_by_key(shared).filter(|code| shared(code) > 1);
    let hint = close.map(|code| format!(" did you mean `{code}`?")).unwrap_or_default();
    format!("unknown code `{}`;{hint} `cutover explain` lists all codes", harmless(word))
}
