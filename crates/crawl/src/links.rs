//! The URLs of a site's pages: made from numbers, after what the driver sent was checked to be the same.

use inflight_harness::Urls;
use inflight_harness::feed::ItemKind;
use inflight_record::Site;
use inflight_record::crawl::Catalogue;

/// Makes the URL of any page of one site in one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Links {
    /// `http://127.0.0.1:40123`.
    origin: String,
    batch: u64,
    catalogue: Catalogue,
}

/// The URLs that were sent are not those of the lists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinksError {
    /// Too few or too many.
    #[error("{got} list URLs were sent for a site of {owed} lists: each list is sent once, in order")]
    Count {
        /// How many there are.
        got: u64,
        /// L.
        owed: u64,
    },
    /// One is not what it should be.
    #[error("the URL of list {number} is {got:?}: it must be {owed:?}")]
    Url {
        /// Which list, from 0.
        number: u64,
        /// What was sent.
        got: String,
        /// What is right.
        owed: String,
    },
}

impl Links {
    /// Reads origin and batch off the first of the list URLs, and holds all of them against what follows from these.
    pub(crate) fn read(site: &Site, lists: &Urls) -> Result<Self, LinksError> {
        let (got, owed) = (lists.len() as u64, site.lists);
        if got != owed || owed == 0 {
            return Err(LinksError::Count { got, owed });
        }
        let first = lists.get(0);
        let host = first.find("://").map_or(0, |colon| colon + 3);
        let path = first[host..].find('/').map_or(first.len(), |slash| host + slash);
        let batch = first.rsplit_once("batch=").and_then(|(_, batch)| batch.parse().ok()).unwrap_or(0);
        let links = Self { origin: first[..path].to_owned(), batch, catalogue: site.catalogue };
        for (number, index) in (0..site.lists).zip(0..) {
            let (got, owed) = (lists.get(index), links.page(ItemKind::List, number));
            if got != owed {
                return Err(LinksError::Url { number, got: got.to_owned(), owed });
            }
        }
        Ok(links)
    }

    /// The URL of an attempt at a page.
    pub(crate) fn attempt(&self, kind: ItemKind, number: u64, index: usize) -> String {
        let mut url = self.page(kind, number);
        url.push_str("&index=");
        url.push_str(&index.to_string());
        url
    }

    fn page(&self, kind: ItemKind, number: u64) -> String {
        let Self { origin, batch, catalogue } = self;
        let (first, each) = (number.saturating_mul(catalogue.per_list()), catalogue.per_list());
        match (catalogue, kind) {
            (Catalogue::Books, ItemKind::List) => {
                format!("{origin}/api/book/?limit={each}&offset={first}&batch={batch}")
            }
            (Catalogue::Books, ItemKind::Detail) => format!("{origin}/api/book/{number}?batch={batch}"),
            (Catalogue::Films, ItemKind::List) => format!("{origin}/top250?start={first}&batch={batch}"),
            (Catalogue::Films, ItemKind::Detail) => format!("{origin}/subject/{number}/?batch={batch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(catalogue: Catalogue, lists: u64) -> Site {
        Site { catalogue, lists, seed: 1, faults_per_mille: 0 }
    }

    #[test]
    fn urls_are_those_of_the_site() {
        let books: Urls =
            ["http://h:1/api/book/?limit=18&offset=0&batch=4", "http://h:1/api/book/?limit=18&offset=18&batch=4"]
                .into_iter()
                .collect();
        let links = Links::read(&site(Catalogue::Books, 2), &books).unwrap();
        assert_eq!(links.attempt(ItemKind::List, 2, 7), "http://h:1/api/book/?limit=18&offset=36&batch=4&index=7");
        assert_eq!(links.attempt(ItemKind::Detail, 17, 57), "http://h:1/api/book/17?batch=4&index=57");
        let films: Urls = ["http://h:1/top250?start=0&batch=4"].into_iter().collect();
        let links = Links::read(&site(Catalogue::Films, 1), &films).unwrap();
        assert_eq!(links.attempt(ItemKind::List, 2, 3), "http://h:1/top250?start=50&batch=4&index=3");
        assert_eq!(links.attempt(ItemKind::Detail, 1017, 40), "http://h:1/subject/1017/?batch=4&index=40");
    }

    #[test]
    fn other_urls_are_refused_with_the_right_one() {
        let error = |urls: &[&str]| {
            let urls: Urls = urls.iter().copied().collect();
            Links::read(&site(Catalogue::Films, 2), &urls).unwrap_err().to_string()
        };
        assert!(error(&[]).contains("0 list URLs"));
        assert!(error(&["http://h/top250?start=0&batch=4", "http://h/top250?start=50&batch=4"]).contains("start=25"));
        assert!(error(&["http://h/delay/0.05?batch=4", "x"]).contains("\"http://h/top250?start=0&batch=4\""));
        assert!(error(&["", ""]).contains("list 0"));
    }
}
