//! The citation as Markdown, with a link to the records.

use super::{records, sentence};
use crate::library::Found;
use crate::summary::Entry;

/// The sentence as Markdown; the figure's id is a link to its records.
#[must_use]
pub fn markdown(found: &Found<'_, Entry<'_>>) -> String {
    let sentence = escaped(&sentence::sentence(found.summary, &found.it));
    format!("{sentence} Figure [{}]({}).\n", escaped(&found.it.figure.id), link(&records(found)))
}

/// The text with a backslash before each character that Markdown might take for its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\`*_[]<>|~&#$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// The path as a link's target: what a link may not hold is percent-encoded.
fn link(path: &str) -> String {
    let mut link = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => link.push(char::from(byte)),
            _ => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link
}
