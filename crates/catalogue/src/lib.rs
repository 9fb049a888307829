//! Books as JSON and films as HTML, from a seed: the pages that the crawl fetches. None of them exists elsewhere.
//!
//! Pure: the same kind, number of lists and seed give the same bytes, on every machine. The pages go as far as the answer to
//! check, which the server puts at their end: a page of JSON ends before its last `}`, one of HTML within its last script.
//!
//! ```
//! use inflight_catalogue::{Book, Catalogue, Kind, mark};
//!
//! let site = Catalogue::new(Kind::Books, 100, 1);
//! assert_eq!(site.details(), 1_800);
//! let id = site.ids(99).and_then(|mut ids| ids.next()).unwrap();
//! let page = site.detail(id).unwrap() + "}";
//! let book: Book = serde_json::from_str(&page)?;
//! assert_eq!(site.mark(id), Some(mark(&serde_json::to_string(&book)?)));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # A list of books
//! A [`BookList`]: `count` of all books, `next` and `previous` list, and 18 `results` with `id` and short fields.
//!
//! # A book
//! A [`Book`]. Its page is its canonical text, which is what `serde_json::to_string` makes of it, without the last brace.
//!
//! # A list of films
//! `ol.films` has 25 `li.film`, each with one link `a.title` to `/subject/{id}/`. There are no other links to films.
//!
//! # A film
//! All of a [`Film`] is in `article.film`, its id in the attribute `data-id` of that, and each other field the whole text of
//! the elements of one class:
//!
//! | field | class, and how often | field | class, and how often |
//! | --- | --- | --- | --- |
//! | `title` | `title`, once | `genres` | `genre`, 1 to 3 times |
//! | `year` | `year`, once | `countries` | `country`, 1 or 2 times |
//! | `rating` | `rating`, once | `directors` | `director`, 1 or 2 times |
//! | `votes` | `votes`, once | `cast` | `actor`, 4 to 8 times |
//! | `minutes` | `minutes`, once | `summary` | `summary`, once |
//!
//! # Ids
//! Seven or eight digits, scattered by the seed: who has not read the lists cannot name the details.

mod book;
mod draw;
mod film;
mod html;
mod ids;
mod json;
mod prose;

use std::hash::Hasher as _;

use serde::Serialize;
use siphasher::sip::SipHasher13;

pub use book::{Book, BookEntry, BookList, Review};
pub use film::Film;

use film::FilmEntry;
use ids::Ids;

/// What a site offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Books in JSON.
    Books,
    /// Films in HTML.
    Films,
}

impl Kind {
    /// How many details a list names.
    #[must_use]
    pub const fn per_list(self) -> u64 {
        match self {
            Self::Books => 18,
            Self::Films => 25,
        }
    }
}

/// All pages of one site. It holds none of them: each is made when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Catalogue {
    kind: Kind,
    lists: u64,
    seed: u64,
}

impl Catalogue {
    /// The site of this kind with so many lists. It has at most 2^26 details; lists beyond those are left out.
    #[must_use]
    pub const fn new(kind: Kind, lists: u64, seed: u64) -> Self {
        let most = ids::MOST / kind.per_list();
        Self { kind, lists: if lists < most { lists } else { most }, seed }
    }

    /// How many lists it has.
    #[must_use]
    pub const fn lists(self) -> u64 {
        self.lists
    }

    /// How many details it has.
    #[must_use]
    pub const fn details(self) -> u64 {
        self.lists * self.kind.per_list()
    }

    /// The ids that a list names, in its order; `None` where there is no such list. Lists count from 0.
    #[must_use]
    pub fn ids(self, list: u64) -> Option<impl Iterator<Item = u64>> {
        let per_list = self.kind.per_list();
        let ids = Ids::new(self.kind, self.seed);
        (list < self.lists).then(|| (list * per_list..(list + 1) * per_list).map(move |place| ids.id(place)))
    }

    /// The place of a detail among all of the site, from 0: those of the first list come first, in its order.
    #[must_use]
    pub fn place(self, id: u64) -> Option<u64> {
        Ids::new(self.kind, self.seed).place(id).filter(|place| *place < self.details())
    }

    /// The list that names a detail.
    #[must_use]
    pub fn list_of(self, id: u64) -> Option<u64> {
        self.place(id).map(|place| place / self.kind.per_list())
    }

    /// The page of a list, as far as the answer to check.
    #[must_use]
    pub fn list(self, list: u64) -> Option<String> {
        let ids = self.ids(list)?;
        Some(match self.kind {
            Kind::Books => {
                let results = ids.map(|id| BookEntry::draw(&mut book::draws(self.seed, id), id)).collect();
                json::list(list, self.lists, results)
            }
            Kind::Films => {
                let films = ids.map(|id| FilmEntry::draw(&mut film::draws(self.seed, id), id));
                html::list(list, self.lists, films)
            }
        })
    }

    /// The page of a detail, as far as the answer to check.
    #[must_use]
    pub fn detail(self, id: u64) -> Option<String> {
        self.detail_and_mark(id).map(|(page, _)| page)
    }

    /// The [`mark`] of a detail's canonical text.
    #[must_use]
    pub fn mark(self, id: u64) -> Option<u64> {
        self.detail_and_mark(id).map(|(_, mark)| mark)
    }

    /// The page of a detail and its mark, for the work of one of them.
    #[must_use]
    pub fn detail_and_mark(self, id: u64) -> Option<(String, u64)> {
        match self.kind {
            Kind::Books => {
                let text = canonical(&self.book(id)?);
                let mark = mark(&text);
                Some((json::open_ended(text), mark))
            }
            Kind::Films => {
                let film = self.film(id)?;
                Some((html::film(&film, &film::opinions(self.seed, id)), mark(&canonical(&film))))
            }
        }
    }

    /// A book; `None` where the site has films, or no such book.
    #[must_use]
    pub fn book(self, id: u64) -> Option<Book> {
        (self.kind == Kind::Books && self.place(id).is_some()).then(|| Book::draw(self.seed, id))
    }

    /// A film; `None` where the site has books, or no such film.
    #[must_use]
    pub fn film(self, id: u64) -> Option<Film> {
        (self.kind == Kind::Films && self.place(id).is_some()).then(|| Film::draw(self.seed, id))
    }
}

/// The mark of a detail: SipHash-1-3 (Aumasson and Bernstein, 2012) of its canonical text, with a key of zeros. Sums of marks,
/// modulo 2^64, are equal where the same details were kept, each of them once and as it is; else by a chance of 2^-64.
#[must_use]
pub fn mark(text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Writing plain structs of numbers and texts to memory cannot fail; a text that is empty would show it.
fn canonical(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
