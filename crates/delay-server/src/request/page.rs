//! Reads which page of the catalogue a request asks for.

use hyper::Method;
use inflight_record::crawl::Catalogue;

use super::{only, parameters, parse_whole};
use crate::refusal::Refusal;

/// A page of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The list of this number, from 0.
    List(u64),
    /// The detail of this id.
    Detail(u64),
}

/// A page, as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visit {
    /// The catalogue that the path is of.
    pub(crate) catalogue: Catalogue,
    /// The page.
    pub(crate) page: Page,
    /// The batch, if one is named.
    pub(crate) batch: Option<u64>,
    /// The index; 0 unless named.
    pub(crate) index: u64,
}

impl Visit {
    /// The page of a path that is none of the others', and its query.
    pub(super) fn parse(method: &Method, path: &str, query: Option<&str>) -> Result<Self, Refusal> {
        let (catalogue, id) = match path {
            "/api/book/" => (Catalogue::Books, None),
            "/top250" => (Catalogue::Films, None),
            _ => match (path.strip_prefix("/api/book/"), path.strip_prefix("/subject/")) {
                (Some(id), _) => (Catalogue::Books, Some(id)),
                (_, Some(id)) => (Catalogue::Films, Some(id.strip_suffix('/').ok_or(Refusal::Path)?)),
                _ => return Err(Refusal::Path),
            },
        };
        only(method, &Method::GET, "GET")?;
        let (page, batch, index) = match (id, catalogue) {
            (Some(id), _) => {
                let id = parse_whole(id).ok_or(Refusal::Id)?;
                let [batch, index] = parameters(query, ["batch", "index"], "batch and index", [u64::MAX; 2])?;
                (Page::Detail(id), batch, index)
            }
            (None, Catalogue::Books) => {
                let keys = ["limit", "offset", "batch", "index"];
                let [limit, offset, batch, index] =
                    parameters(query, keys, "limit, offset, batch and index", [u64::MAX; 4])?;
                if limit.is_some_and(|limit| limit != catalogue.per_list()) {
                    return Err(Refusal::Limit(catalogue.per_list()));
                }
                (list(catalogue, offset)?, batch, index)
            }
            (None, Catalogue::Films) => {
                let keys = ["start", "batch", "index"];
                let [start, batch, index] = parameters(query, keys, "start, batch and index", [u64::MAX; 3])?;
                (list(catalogue, start)?, batch, index)
            }
        };
        if batch.is_some() && index.is_none() {
            return Err(Refusal::IndexMissing);
        }
        Ok(Self { catalogue, page, batch, index: index.unwrap_or(0) })
    }
}

/// What a catalogue's query calls the place of a list's first detail.
pub(crate) const fn place_key(catalogue: Catalogue) -> &'static str {
    match catalogue {
        Catalogue::Books => "offset",
        Catalogue::Films => "start",
    }
}

/// The list that begins at this place; the first unless told.
fn list(catalogue: Catalogue, place: Option<u64>) -> Result<Page, Refusal> {
    let (place, step) = (place.unwrap_or(0), catalogue.per_list());
    if place.is_multiple_of(step) {
        Ok(Page::List(place / step))
    } else {
        Err(Refusal::Place { key: place_key(catalogue), step })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, query: Option<&str>) -> Result<Visit, Refusal> {
        Visit::parse(&Method::GET, path, query)
    }

    #[test]
    fn lists_have_a_place_and_details_an_id() {
        let first = Visit { catalogue: Catalogue::Books, page: Page::List(0), batch: None, index: 0 };
        assert_eq!(get("/api/book/", None), Ok(first));
        let third = Visit { page: Page::List(2), batch: Some(4), index: 7, ..first };
        assert_eq!(get("/api/book/", Some("limit=18&offset=36&batch=4&index=7")), Ok(third));
        let detail = Visit { page: Page::Detail(17), batch: Some(4), index: 57, ..first };
        assert_eq!(get("/api/book/17", Some("batch=4&index=57")), Ok(detail));
        let films = Visit { catalogue: Catalogue::Films, ..first };
        assert_eq!(get("/top250", None), Ok(films));
        assert_eq!(get("/top250", Some("start=50")), Ok(Visit { page: Page::List(2), ..films }));
        assert_eq!(get("/subject/1017/", None), Ok(Visit { page: Page::Detail(1017), ..films }));
    }

    #[test]
    fn what_is_no_page_is_told_apart() {
        for path in ["/api/book", "/api/", "/top250/", "/subject/", "/subject/17", "/subject", "/cover/17.webp"] {
            assert_eq!(get(path, None), Err(Refusal::Path), "{path}");
        }
        for path in ["/api/book/x", "/api/book/17/", "/api/book/-1", "/subject/x/", "/subject//"] {
            assert_eq!(get(path, None), Err(Refusal::Id), "{path}");
        }
        assert_eq!(get("/api/book/", Some("limit=20&offset=0")), Err(Refusal::Limit(18)));
        assert_eq!(get("/api/book/", Some("offset=17")), Err(Refusal::Place { key: "offset", step: 18 }));
        assert_eq!(get("/top250", Some("start=18")), Err(Refusal::Place { key: "start", step: 25 }));
        assert_eq!(get("/top250", Some("batch=4")), Err(Refusal::IndexMissing));
        assert!(matches!(get("/top250", Some("offset=25")), Err(Refusal::Parameter { .. })));
        assert!(matches!(get("/api/book/17", Some("limit=18")), Err(Refusal::Parameter { .. })));
        assert!(matches!(get("/api/book/", Some("offset=x")), Err(Refusal::Number { key: "offset", .. })));
        assert_eq!(Visit::parse(&Method::POST, "/top250", None), Err(Refusal::Method { allow: "GET" }));
    }
}
