//! The blocks: what a marker may ask for that is more than a number.

use super::table;
use crate::library::Library;
use crate::style::Style;

/// Writes a block, as Markdown without a marker: what it is of (a study, a workload of one, or a directory of results, as
/// [`Library`] finds it), and its options. What is wrong with these is the error.
type Write = fn(&Library, &str, &[&str]) -> Result<String, String>;

/// The word by which a marker asks for a block, and what writes it.
const BLOCKS: [(&str, Write); 4] = [("answer", answer), ("claims", claims), ("costs", costs), ("table", table::write)];

/// What writes the block of this name.
pub(super) fn named(name: &str) -> Option<Write> {
    BLOCKS.into_iter().find(|(known, _)| *known == name).map(|(_, write)| write)
}

/// `answer STUDY`: the study's answer in three sentences, on one machine.
fn answer(library: &Library, study: &str, options: &[&str]) -> Result<String, String> {
    if let Some(option) = options.first() {
        return Err(format!("an answer has no options: {option:?} is one too many"));
    }
    let found = library.study(study).map_err(|error| error.to_string())?;
    Ok(crate::answer::answer(found.summary, found.it) + "\n")
}

/// `claims STUDY`: what others say beside what was measured, on one machine.
fn claims(library: &Library, study: &str, options: &[&str]) -> Result<String, String> {
    if let Some(option) = options.first() {
        return Err(format!("claims have no options: {option:?} is one too many"));
    }
    let found = library.study(study).map_err(|error| error.to_string())?;
    let table = crate::summary::claims_table(found.it, crate::style::Style::Markdown);
    if table.is_empty() { Err(format!("the study {study:?} has no claims")) } else { Ok(table) }
}

/// `costs DIRECTORY`: what each model costs before it runs, as measured into this directory of the results.
fn costs(library: &Library, directory: &str, options: &[&str]) -> Result<String, String> {
    if let Some(option) = options.first() {
        return Err(format!("a table of costs has no options: {option:?} is one too many"));
    }
    let costs = library.costs(directory).map_err(|error| error.to_string())?;
    Ok(crate::costs::table(&costs, Style::Markdown))
}
