//! What is in a page: the ids that a list names, or one detail as canonical JSON. A body that is no page says why.

mod films;

use inflight_catalogue::Book;
use inflight_harness::feed::ItemKind;
use inflight_record::crawl::Catalogue;
use serde::Deserialize;

use films::Films;

/// Reads the pages of one catalogue.
#[derive(Debug)]
pub(crate) enum Parser {
    /// JSON.
    Books,
    /// HTML, with what is looked for in it.
    Films(Box<Films>),
}

/// What was in a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A list.
    List {
        /// The ids that it names.
        ids: Vec<u64>,
        /// The same as JSON, which is what is stored of it.
        text: String,
    },
    /// A detail.
    Detail {
        /// It, as canonical JSON: the fields of its type, in their order, and nothing else.
        text: String,
    },
}

/// A selector is none. It is fixed in the code, and a test reads every one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{selector:?} is no CSS selector: {message}")]
pub(crate) struct SelectorError {
    selector: String,
    message: String,
}

/// Why a body is not the page that was asked for.
#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error("no page: {0}")]
    Json(#[from] serde_json::Error),
    #[error("no page: {0}")]
    Utf8(#[from] std::str::Utf8Error),
    #[error("no page: it has no {0}")]
    Missing(&'static str),
    #[error("{field} is {text:?}, which is no number")]
    Number { field: &'static str, text: String },
    #[error("a link leads to {0:?}, and not to /subject/ID/")]
    Link(String),
    #[error("it names {got} details in place of {owed}")]
    Names { got: usize, owed: u64 },
    #[error("it is {got}, and {asked} was asked for")]
    Other { got: u64, asked: u64 },
}

impl Parser {
    /// A parser for the pages of this catalogue.
    pub(crate) fn new(catalogue: Catalogue) -> Result<Self, SelectorError> {
        Ok(match catalogue {
            Catalogue::Books => Self::Books,
            Catalogue::Films => Self::Films(Box::new(Films::new()?)),
        })
    }

    /// Reads the body of the page that was asked for; the error is a sentence for the log of failures.
    pub(crate) fn read(&self, kind: ItemKind, number: u64, body: &[u8]) -> Result<Page, String> {
        let page = match kind {
            ItemKind::List => self.list(body),
            ItemKind::Detail => self.detail(number, body),
        };
        page.map_err(|error| error.to_string())
    }

    fn list(&self, body: &[u8]) -> Result<Page, PageError> {
        let (ids, owed) = match self {
            Self::Books => (book_ids(body)?, Catalogue::Books.per_list()),
            Self::Films(films) => (films.ids(std::str::from_utf8(body)?)?, Catalogue::Films.per_list()),
        };
        // Every list of these sites is full. One that is not lost some of its names on the way here.
        if ids.len() as u64 != owed {
            return Err(PageError::Names { got: ids.len(), owed });
        }
        self.whole(body)?;
        let text = serde_json::to_string(&ids)?;
        Ok(Page::List { ids, text })
    }

    fn detail(&self, asked: u64, body: &[u8]) -> Result<Page, PageError> {
        let (got, text) = match self {
            Self::Books => {
                let book: Book = serde_json::from_slice(body)?;
                (book.id, serde_json::to_string(&book)?)
            }
            Self::Films(films) => {
                let film = films.film(std::str::from_utf8(body)?)?;
                (film.id, serde_json::to_string(&film)?)
            }
        };
        self.whole(body)?;
        if got == asked { Ok(Page::Detail { text }) } else { Err(PageError::Other { got, asked }) }
    }

    /// A body that was cut short is no JSON, and its parser says so. A browser's parser mends HTML where it was cut, and
    /// not every client holds the length against the one that was promised: the end of the page has to be there.
    fn whole(&self, body: &[u8]) -> Result<(), PageError> {
        match self {
            Self::Films(_) if !body.trim_ascii_end().ends_with(b"</html>") => {
                Err(PageError::Missing("</html> at its end"))
            }
            Self::Books | Self::Films(_) => Ok(()),
        }
    }
}

/// The ids in a list of books. The other fields are read over: their books' own pages have them too.
fn book_ids(body: &[u8]) -> Result<Vec<u64>, PageError> {
    #[derive(Deserialize)]
    struct List {
        results: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        id: u64,
    }
    let list: List = serde_json::from_slice(body)?;
    Ok(list.results.into_iter().map(|entry| entry.id).collect())
}

#[cfg(test)]
mod tests;
