//! The citation as a BibTeX entry.

use super::records;
use super::sentence::{capital, sentence, subject};
use crate::library::Found;
use crate::summary::{Entry, value};

/// A `@misc` entry: every style knows it. The same figure of the same records always has the same key.
#[must_use]
pub fn bibtex(found: &Found<'_, Entry<'_>>) -> String {
    let (figure, on) = (found.it.figure, found.it.machine);
    let estimate = figure.estimate.map_or_else(String::new, |estimate| format!(": {}", value(figure.unit, estimate)));
    let subject = capital(subject(found.summary, &found.it).trim_end_matches(','));
    let build = &on.software;
    let mut day = on.dates.last.split('-');
    let (year, month) = (day.next().unwrap_or_default(), day.next().and_then(month));
    let fields = [
        ("author", Some("{{inflight contributors}}".to_owned())),
        ("title", Some(format!("{{{{{}}}}}", escaped(&format!("{subject}{estimate}"))))),
        ("year", Some(format!("{{{}}}", escaped(year)))),
        ("month", month.map(str::to_owned)),
        ("howpublished", {
            let how = format!(
                "inflight {}, commit {}, figure {} of {}",
                build.inflight,
                build.commit,
                figure.id,
                records(found)
            );
            Some(format!("{{{}}}", escaped(&how)))
        }),
        ("note", Some(format!("{{{}}}", escaped(&sentence(found.summary, &found.it))))),
    ];
    let fields = fields.into_iter().filter_map(|(name, text)| Some(format!("  {name:<12} = {},\n", text?)));
    format!("@misc{{{},\n{}}}\n", key(found), fields.collect::<String>())
}

/// `inflight:<directory>:<id>`: what BibTeX allows in a key stands for itself, any other byte as + and two digits.
fn key(found: &Found<'_, Entry<'_>>) -> String {
    let mut key = "inflight".to_owned();
    for part in [found.directory.pin(), &found.it.figure.id].into_iter().filter(|part| !part.is_empty()) {
        key.push(':');
        for byte in part.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => key.push(char::from(byte)),
                _ => key.push_str(&format!("+{byte:02x}")),
            }
        }
    }
    key
}

/// The month as every BibTeX style knows it.
fn month(number: &str) -> Option<&'static str> {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    months.get(number.parse::<usize>().ok()?.checked_sub(1)?).copied()
}

/// The text for LaTeX: its own characters escaped, and those of ours that not every engine has written out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\textbackslash{}"),
            // BibTeX counts braces, with a backslash before them or without.
            '{' => escaped.push_str("\\textbraceleft{}"),
            '}' => escaped.push_str("\\textbraceright{}"),
            '$' | '&' | '%' | '#' | '_' => escaped.extend(['\\', letter]),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '–' => escaped.push_str("--"),
            '−' => escaped.push_str("$-$"),
            '×' => escaped.push_str("$\\times$"),
            'µ' => escaped.push_str("$\\mu$"),
            '"' => escaped.push_str("''"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
