//! Reads TOML as values that know their places, and tables that know which of their keys were asked for.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A place in a file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// Something that was read at a place, to name it should it prove wrong later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> Placed<T> {
    /// The error that this was wrong.
    pub fn wrong(&self, message: impl Into<String>) -> FileError {
        FileError { place: self.place, message: message.into() }
    }
}

/// Why a file cannot be used: where, what is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", place.line, place.column)]
pub struct FileError {
    /// Where.
    pub place: Place,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The text as TOML.
pub(crate) fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, FileError> {
    DeTable::parse(text).map_err(|error| FileError {
        place: place(text, error.span().map_or(0, |span| span.start)),
        message: error.message().trim().replace('\n', "; "),
    })
}

/// Line and column of a byte offset.
fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
}

/// Names of studies and workloads: they stand in ids of figures and in file names.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if first && name.len() <= 60 && name.bytes().all(fits) {
        return Ok(());
    }
    Err(format!(
        "{name:?}, must be lower-case letters, digits, '.' and '-', beginning with a letter or digit, at most 60"
    ))
}

/// A table, and which of its keys were asked for.
pub(crate) struct Table<'a> {
    text: &'a str,
    /// What it is, for errors: `a study`.
    what: &'static str,
    entries: &'a DeTable<'a>,
    span: Range<usize>,
    asked: BTreeSet<&'static str>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(text: &'a str, what: &'static str, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { text, what, entries: table.get_ref(), span: table.span(), asked: BTreeSet::new() }
    }

    /// The value of a key, if it is there.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.asked.insert(key);
        let value = self.entries.get(key)?;
        Some(Value { text: self.text, key, value: value.get_ref(), span: value.span() })
    }

    /// The value of a key that has to be there.
    pub(crate) fn required(&mut self, key: &'static str) -> Result<Value<'a>, FileError> {
        self.optional(key).ok_or_else(|| self.wrong(format!("{} needs {key}", self.what)))
    }

    /// Where the table begins.
    pub(crate) fn place(&self) -> Place {
        place(self.text, self.span.start)
    }

    /// The error that the table itself is wrong.
    pub(crate) fn wrong(&self, message: impl Into<String>) -> FileError {
        FileError { place: self.place(), message: message.into() }
    }

    /// Refuses the first key that nobody asked for: all keys of such a table have been asked for by now.
    pub(crate) fn finish(self) -> Result<(), FileError> {
        let mut unknown: Vec<_> =
            self.entries.keys().filter(|key| !self.asked.contains(key.get_ref().as_ref())).collect();
        unknown.sort_by_key(|key| key.span().start);
        let Some(key) = unknown.first() else { return Ok(()) };
        let name = key.get_ref().as_ref();
        let near = self.asked.iter().map(|known| (strsim::jaro_winkler(name, known), known));
        let near = near.filter(|(likeness, _)| *likeness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match near {
            Some((_, known)) => format!("did you mean {known}?"),
            None => format!("there are {}", self.asked.iter().copied().collect::<Vec<_>>().join(", ")),
        };
        Err(FileError {
            place: place(self.text, key.span().start),
            message: format!("{} has no key {name:?}; {hint}", self.what),
        })
    }
}

/// A value at its place.
#[derive(Clone)]
pub(crate) struct Value<'a> {
    text: &'a str,
    key: &'static str,
    value: &'a DeValue<'a>,
    span: Range<usize>,
}

impl<'a> Value<'a> {
    pub(crate) fn place(&self) -> Place {
        place(self.text, self.span.start)
    }

    fn placed<T>(&self, value: T) -> Placed<T> {
        Placed { value, place: self.place() }
    }

    fn wrong(&self, message: String) -> FileError {
        FileError { place: self.place(), message }
    }

    fn not_a(&self, right: &str) -> FileError {
        self.wrong(format!("{} must be {right}, not a {}", self.key, self.value.type_str()))
    }

    pub(crate) fn is_text(&self) -> bool {
        self.value.is_str()
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    pub(crate) fn flag(&self) -> Result<bool, FileError> {
        self.value.as_bool().ok_or_else(|| self.not_a("true or false"))
    }

    pub(crate) fn text(&self) -> Result<Placed<String>, FileError> {
        let text = self.value.as_str().ok_or_else(|| self.not_a("a text in quotes"))?;
        Ok(self.placed(text.to_owned()))
    }

    /// A text that means something, such as a duration.
    pub(crate) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Placed<T>, FileError> {
        let text = self.text()?;
        let value = parse(&text.value).map_err(|why| text.wrong(format!("{} is {:?}: {why}", self.key, text.value)))?;
        Ok(self.placed(value))
    }

    /// A number above 0.
    pub(crate) fn above_zero(&self) -> Result<Placed<f64>, FileError> {
        let text = match (self.value.as_float(), self.value.as_integer()) {
            (Some(float), _) => float.as_str(),
            (None, Some(whole)) => whole.as_str(),
            (None, None) => return Err(self.not_a("a number")),
        };
        let value = text.replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0);
        value
            .map(|value| self.placed(value))
            .ok_or_else(|| self.wrong(format!("{} must be above 0, not {text}", self.key)))
    }

    /// A whole number within a range.
    pub(crate) fn whole(&self, range: RangeInclusive<u64>) -> Result<Placed<u64>, FileError> {
        let number = self.value.as_integer().ok_or_else(|| self.not_a("a whole number"))?;
        let value = u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
        let value = value.filter(|value| range.contains(value));
        value.map(|value| self.placed(value)).ok_or_else(|| {
            self.wrong(format!("{} must be {} to {}, not {}", self.key, range.start(), range.end(), number.as_str()))
        })
    }

    /// A list that is not empty.
    pub(crate) fn list(&self) -> Result<Vec<Self>, FileError> {
        let items = self.value.as_array().ok_or_else(|| self.not_a("a list"))?;
        if items.is_empty() {
            return Err(self.wrong(format!("{} is an empty list", self.key)));
        }
        Ok(items.iter().map(|item| Self { value: item.get_ref(), span: item.span(), ..self.clone() }).collect())
    }

    /// The value as a list of one, or each item of a list; and whether it is a list.
    pub(crate) fn one_or_list(&self) -> Result<(Vec<Self>, bool), FileError> {
        if self.value.is_array() { Ok((self.list()?, true)) } else { Ok((vec![self.clone()], false)) }
    }

    pub(crate) fn table(&self, what: &'static str) -> Result<Table<'a>, FileError> {
        let entries = self.value.as_table().ok_or_else(|| self.not_a("a table"))?;
        Ok(Table { text: self.text, what, entries, span: self.span.clone(), asked: BTreeSet::new() })
    }
}
