//! Films out of HTML, with a browser's parser (html5ever) and selectors that are compiled once.

use inflight_catalogue::Film;
use scraper::{ElementRef, Html, Selector};

use super::{PageError, SelectorError};

/// What is looked for in the pages of films.
#[derive(Debug)]
pub(crate) struct Films {
    lists: Selector,
    links: Selector,
    article: Selector,
    title: Field,
    year: Field,
    rating: Field,
    votes: Field,
    directors: Field,
    cast: Field,
    genres: Field,
    countries: Field,
    minutes: Field,
    summary: Field,
}

/// The elements of one class: the texts of a field.
#[derive(Debug)]
struct Field {
    class: &'static str,
    elements: Selector,
}

impl Films {
    pub(super) fn new() -> Result<Self, SelectorError> {
        Ok(Self {
            lists: selector("ol.films")?,
            links: selector("li.film a.title")?,
            article: selector("article.film")?,
            title: Field::new("title")?,
            year: Field::new("year")?,
            rating: Field::new("rating")?,
            votes: Field::new("votes")?,
            directors: Field::new("director")?,
            cast: Field::new("actor")?,
            genres: Field::new("genre")?,
            countries: Field::new("country")?,
            minutes: Field::new("minutes")?,
            summary: Field::new("summary")?,
        })
    }

    /// The ids of the films that a list names.
    pub(super) fn ids(&self, page: &str) -> Result<Vec<u64>, PageError> {
        let page = Html::parse_document(page);
        let list = page.select(&self.lists).next().ok_or(PageError::Missing("ol.films"))?;
        list.select(&self.links)
            .map(|link| {
                let path = link.value().attr("href").unwrap_or_default();
                let id = path.strip_prefix("/subject/").and_then(|path| path.strip_suffix('/'));
                id.and_then(|id| id.parse().ok()).ok_or_else(|| PageError::Link(path.to_owned()))
            })
            .collect()
    }

    /// The film of a page.
    pub(super) fn film(&self, page: &str) -> Result<Film, PageError> {
        let page = Html::parse_document(page);
        let film = page.select(&self.article).next().ok_or(PageError::Missing("article.film"))?;
        let id = film.value().attr("data-id").ok_or(PageError::Missing("data-id"))?;
        Ok(Film {
            id: number("data-id", id.to_owned())?,
            title: self.title.one(film)?,
            year: number("year", self.year.one(film)?)?,
            rating: number("rating", self.rating.one(film)?)?,
            votes: number("votes", self.votes.one(film)?)?,
            directors: self.directors.all(film)?,
            cast: self.cast.all(film)?,
            genres: self.genres.all(film)?,
            countries: self.countries.all(film)?,
            minutes: number("minutes", self.minutes.one(film)?)?,
            summary: self.summary.one(film)?,
        })
    }
}

impl Field {
    fn new(class: &'static str) -> Result<Self, SelectorError> {
        Ok(Self { class, elements: selector(&format!(".{class}"))? })
    }

    /// The text of its first element.
    fn one(&self, film: ElementRef<'_>) -> Result<String, PageError> {
        film.select(&self.elements).next().map(whole_text).ok_or(PageError::Missing(self.class))
    }

    /// The texts of all of its elements, at least one.
    fn all(&self, film: ElementRef<'_>) -> Result<Vec<String>, PageError> {
        let texts: Vec<String> = film.select(&self.elements).map(whole_text).collect();
        if texts.is_empty() { Err(PageError::Missing(self.class)) } else { Ok(texts) }
    }
}

fn whole_text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

fn number<T: std::str::FromStr>(field: &'static str, text: String) -> Result<T, PageError> {
    text.parse().map_err(|_| PageError::Number { field, text })
}

fn selector(text: &str) -> Result<Selector, SelectorError> {
    Selector::parse(text).map_err(|error| SelectorError { selector: text.to_owned(), message: format!("{error:?}") })
}
