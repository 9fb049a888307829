//! A book, and the lists of books.

use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use crate::prose;

const PUBLISHERS: [&str; 8] = [
    "Lantern Press",
    "North & Quay",
    "Éditions du Phare",
    "O'Malley & Daughters",
    "Halyard Books",
    "Recto/Verso",
    "The Paper Mill",
    "Wydawnictwo Most",
];
const TAGS: [&str; 20] = [
    "novel", "history", "essays", "poetry", "travel", "memoir", "crime", "letters", "science", "music", "islands",
    "sea", "family", "work", "cities", "weather", "railways", "cooking", "classics", "short",
];

/// A book. As JSON, its fields come in this order: that is its canonical text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// What it is asked for by.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Who wrote it: 1 to 3 names.
    pub authors: Vec<String>,
    /// When it came out, 1950 to 2024.
    pub year: u32,
    /// What readers give it, of 10, with one decimal.
    pub rating: f64,
    /// Path of a picture of its cover, which is not served.
    pub cover: String,
    /// How many readers gave it something.
    pub votes: u32,
    /// Who published it.
    pub publisher: String,
    /// How many pages it has, 80 to 900.
    pub pages: u32,
    /// Its 13 digits, of which the last checks the others.
    pub isbn: String,
    /// What it costs, as a decimal number without a currency.
    pub price: String,
    /// 2 to 5 words for what it is about.
    pub tags: Vec<String>,
    /// What happens: some hundred bytes.
    pub summary: String,
    /// The titles of its chapters: 6 to 12.
    pub contents: Vec<String>,
    /// What readers say: 2 to 4 of them.
    pub reviews: Vec<Review>,
}

/// What a reader says of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who says so.
    pub by: String,
    /// 1 to 5.
    pub stars: u32,
    /// The words.
    pub text: String,
}

/// What a list says of a book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookEntry {
    /// What it is asked for by.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it came out.
    pub year: u32,
    /// What readers give it, of 10.
    pub rating: f64,
    /// Path of a picture of its cover.
    pub cover: String,
}

/// A list of books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookList {
    /// How many books the site has.
    pub count: u64,
    /// Path of the next list, if there is one.
    pub next: Option<String>,
    /// Path of the list before, if there is one.
    pub previous: Option<String>,
    /// The books that it names: 18.
    pub results: Vec<BookEntry>,
}

/// The draws of a book.
pub(crate) fn draws(seed: u64, id: u64) -> Draw {
    Draw::of([0, seed, id])
}

impl BookEntry {
    /// The first of a book's draws.
    pub(crate) fn draw(draw: &mut Draw, id: u64) -> Self {
        Self {
            id,
            title: prose::title(draw),
            authors: prose::people(draw, 1, 3),
            year: draw.within(1950, 2024),
            rating: f64::from(draw.within(52, 97)) / 10.0,
            cover: format!("/cover/{id}.webp"),
        }
    }
}

impl Book {
    pub(crate) fn draw(seed: u64, id: u64) -> Self {
        let mut draw = draws(seed, id);
        let BookEntry { id, title, authors, year, rating, cover } = BookEntry::draw(&mut draw, id);
        Self {
            id,
            title,
            authors,
            year,
            rating,
            cover,
            votes: draw.within(12, 90_000),
            publisher: draw.pick(&PUBLISHERS).to_owned(),
            pages: draw.within(80, 900),
            isbn: isbn(&mut draw),
            price: format!("{}.{}0", draw.within(6, 49), draw.within(0, 9)),
            tags: draw.several(2, 5, &TAGS),
            summary: prose::summary(&mut draw, 4, 6),
            contents: (0..draw.within(6, 12)).map(|_| prose::chapter(&mut draw)).collect(),
            reviews: (0..draw.within(2, 4)).map(|_| Review::draw(&mut draw)).collect(),
        }
    }
}

impl Review {
    fn draw(draw: &mut Draw) -> Self {
        Self { by: prose::person(draw), stars: draw.within(1, 5), text: prose::opinion(draw) }
    }
}

/// 12 digits, and the one that makes their sum, with weights 1 and 3 in turn, a multiple of 10 (ISO 2108).
fn isbn(draw: &mut Draw) -> String {
    let digits = format!("978{:09}", draw.within(0, 999_999_999));
    let sum: u32 = digits.bytes().zip([1, 3].into_iter().cycle()).map(|(digit, by)| u32::from(digit - b'0') * by).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
