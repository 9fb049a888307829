//! Citations: what a figure is, how sure, of what, where, when and from which build, in one sentence; and the same for a
//! bibliography.

mod bibtex;
mod markdown;
mod sentence;
#[cfg(test)]
mod tests;

pub use bibtex::bibtex;
pub use markdown::markdown;
pub(crate) use sentence::{circumstances, phrase, some_left_out};

use crate::library::Found;
use crate::summary::Entry;

/// The sentence, and where its records are.
#[must_use]
pub fn text(found: &Found<'_, Entry<'_>>) -> String {
    let sentence = sentence::sentence(found.summary, &found.it);
    format!("{sentence} Figure {}, from {}.\n", found.it.figure.id, records(found))
}

/// The path of the records, as the library was opened.
fn records(found: &Found<'_, Entry<'_>>) -> String {
    found.directory.records().display().to_string()
}
