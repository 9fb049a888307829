//! A film, and what a list says of it.

use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use crate::prose;

const GENRES: [&str; 14] = [
    "Drama", "Comedy", "Crime", "Thriller", "Romance", "Western", "War", "Mystery", "Musical", "Fantasy", "History",
    "Sport", "Family", "Noir",
];
const COUNTRIES: [&str; 14] = [
    "France", "Japan", "Türkiye", "Poland", "Mexico", "Norway", "India", "Ireland", "Italy", "Ghana", "Chile", "Korea",
    "Canada", "Perú",
];

/// A film. As JSON, its fields come in this order: that is its canonical text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Film {
    /// What it is asked for by.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// When it was first shown, 1930 to 2024.
    pub year: u32,
    /// What viewers give it, of 10, with one decimal.
    pub rating: f64,
    /// How many viewers gave it something.
    pub votes: u32,
    /// Who directed it: 1 or 2 names.
    pub directors: Vec<String>,
    /// Who plays in it: 4 to 8 names.
    pub cast: Vec<String>,
    /// 1 to 3 words for what it is.
    pub genres: Vec<String>,
    /// Where it was made: 1 or 2 countries.
    pub countries: Vec<String>,
    /// How long it is, 70 to 210 minutes.
    pub minutes: u32,
    /// What happens: some hundred bytes.
    pub summary: String,
}

/// What a list says of a film.
#[derive(Debug)]
pub(crate) struct FilmEntry {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) year: u32,
    pub(crate) rating: f64,
    pub(crate) votes: u32,
    pub(crate) directors: Vec<String>,
}

/// The draws of a film.
pub(crate) fn draws(seed: u64, id: u64) -> Draw {
    Draw::of([1, seed, id])
}

/// What viewers say of a film: who, and the words. It is on its page, and no part of the film.
pub(crate) fn opinions(seed: u64, id: u64) -> Vec<(String, String)> {
    let mut draw = Draw::of([2, seed, id]);
    (0..draw.within(3, 5)).map(|_| (prose::person(&mut draw), prose::opinion(&mut draw))).collect()
}

impl FilmEntry {
    /// The first of a film's draws.
    pub(crate) fn draw(draw: &mut Draw, id: u64) -> Self {
        Self {
            id,
            title: prose::title(draw),
            year: draw.within(1930, 2024),
            rating: f64::from(draw.within(80, 97)) / 10.0,
            votes: draw.within(5_000, 2_500_000),
            directors: prose::people(draw, 1, 2),
        }
    }
}

impl Film {
    pub(crate) fn draw(seed: u64, id: u64) -> Self {
        let mut draw = draws(seed, id);
        let FilmEntry { id, title, year, rating, votes, directors } = FilmEntry::draw(&mut draw, id);
        let genres = draw.several(1, 3, &GENRES);
        let countries = draw.several(1, 2, &COUNTRIES);
        let cast = prose::people(&mut draw, 4, 8);
        let minutes = draw.within(70, 210);
        let summary = prose::summary(&mut draw, 4, 6);
        Self { id, title, year, rating, votes, directors, cast, genres, countries, minutes, summary }
    }
}
