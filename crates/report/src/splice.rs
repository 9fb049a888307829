//! Numbers in prose: what stands between `<!-- inflight:… -->` and `<!-- /inflight -->` comes from the records.
//!
//! Behind the colon stands the id of a figure and maybe the form that it is to have (`quick/c60/raw-epoll/excess
//! interval`), or the name of a block, what it is of and its options (`table quick/c60`, `costs 2026-01-02-box`). What has a space in it stands in
//! quotes.

mod blocks;
mod markers;
mod table;
#[cfg(test)]
mod tests;

use crate::form::Form;
use crate::library::Library;
use markers::{Begins, Marker, line_of, markers};

/// A text whose markers were filled.
#[derive(Debug, PartialEq, Eq)]
pub struct Spliced {
    /// The text with what the records say; as it was, wherever there is a fault.
    pub text: String,
    /// What was changed, in the order of lines.
    pub differences: Vec<Difference>,
    /// What could not be filled, in the order of lines.
    pub faults: Vec<Fault>,
}

/// A marker between which something else stood than the records say.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {asks}: here stands {stands:?}, the records say {says:?}")]
pub struct Difference {
    /// The line in which the two begin to differ, from 1.
    pub line: usize,
    /// What the marker asks for.
    pub asks: String,
    /// What stands there; of a block its first line that differs.
    pub stands: String,
    /// What the records say.
    pub says: String,
}

/// A marker that cannot be filled.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct Fault {
    /// The line of the marker, from 1.
    pub line: usize,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

/// Fills the markers of a Markdown text from the studies of a library. Those in code blocks and between backticks show
/// markers, and are left alone.
#[must_use]
pub fn splice(text: &str, library: &Library) -> Spliced {
    let (found, mut faults) = markers(text);
    let mut spliced = Spliced { text: String::with_capacity(text.len()), differences: Vec::new(), faults: Vec::new() };
    let mut copied = 0;
    for marker in found {
        match fill(&marker, text, library) {
            Ok(says) => {
                let inside = marker.inside.clone();
                let stands = &text[inside.clone()];
                if stands != says {
                    spliced.differences.push(difference(&marker, line_of(text, inside.start), stands, &says));
                }
                spliced.text.push_str(&text[copied..inside.start]);
                spliced.text.push_str(&says);
                copied = inside.end;
            }
            Err(message) => faults.push(Fault { line: marker.line, message: format!("{}: {message}", marker.asks) }),
        }
    }
    spliced.text.push_str(&text[copied..]);
    faults.sort_by_key(|fault| fault.line);
    Spliced { faults, ..spliced }
}

/// What is to stand between two markers.
fn fill(marker: &Marker<'_>, text: &str, library: &Library) -> Result<String, String> {
    let words = words(marker.asks)?;
    let Some((first, options)) = words.split_first() else {
        return Err("a marker names a figure: <!-- inflight:study/workload/model/metric -->".to_owned());
    };
    let Some(write) = blocks::named(first) else {
        let form = Form::parse(options.iter().copied())?;
        let figure = library.figure(first).map_err(|error| error.to_string())?.it.figure;
        return match marker.begins {
            Begins::Inline => form.write(figure),
            _ => {
                Err("a number cannot begin a line: Markdown would take the line for HTML; put a word before it"
                    .to_owned())
            }
        };
    };
    let Some((of, options)) = options.split_first() else {
        return Err(format!("{first} of what? Write <!-- inflight:{first} study… -->"));
    };
    if marker.begins != Begins::Margin {
        return Err(format!("a {first} begins a line of its own, at the margin"));
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let block = write(library, of, options)?;
    Ok(format!("\n{}\n", block.trim_end()).replace('\n', newline))
}

/// Words with spaces between them; what stands in quotes is one.
fn words(asks: &str) -> Result<Vec<&str>, String> {
    let mut words = Vec::new();
    let mut rest = asks.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed: \" is missing")?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

/// Where the two begin to differ; a block by its line.
fn difference(marker: &Marker<'_>, line: usize, stands: &str, says: &str) -> Difference {
    let asks = marker.asks.to_owned();
    if !says.contains('\n') {
        return Difference { line, asks, stands: stands.to_owned(), says: says.to_owned() };
    }
    // A block begins on the line after its marker.
    let (stands, says) = (stands.trim_start_matches(['\r', '\n']), says.trim_start_matches(['\r', '\n']));
    let same = stands.lines().zip(says.lines()).take_while(|(stands, says)| stands == says).count();
    let nth = |text: &str| text.lines().nth(same).unwrap_or_default().to_owned();
    Difference { line: line + 1 + same, asks, stands: nth(stands), says: nth(says) }
}
