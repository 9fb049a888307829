//! Pages of books, as JSON that is open at its end.

use crate::book::{BookEntry, BookList};
use crate::{Kind, canonical};

/// The page of a list, without its last brace.
pub(crate) fn list(list: u64, lists: u64, results: Vec<BookEntry>) -> String {
    let per_list = Kind::Books.per_list();
    let path = |list: u64| format!("/api/book/?limit={per_list}&offset={}", list * per_list);
    open_ended(canonical(&BookList {
        count: lists * per_list,
        next: (list + 1 < lists).then(|| path(list + 1)),
        previous: list.checked_sub(1).map(path),
        results,
    }))
}

/// An object's text without its last brace.
pub(crate) fn open_ended(mut text: String) -> String {
    text.pop();
    text
}
