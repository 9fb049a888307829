//! The URLs of a batch: each with its own delay and index, and the hosts taken in turn.

use inflight_record::Workload;
use inflight_record::crawl::{Catalogue, Site};

/// Makes the URLs of one batch.
#[derive(Debug, Clone)]
pub(crate) struct UrlList {
    /// The base URL of each host, at least one: `http://127.0.0.1:40123`.
    hosts: Vec<String>,
    batch: u64,
    body_bytes: u64,
}

impl UrlList {
    /// Of a workload, on these hosts, at least one.
    pub(crate) fn new(hosts: &[String], workload: &Workload, batch: u64) -> Self {
        Self { hosts: hosts.to_vec(), batch, body_bytes: workload.body_bytes }
    }

    /// The URL of an index: on host `index` mod H.
    pub(crate) fn url(&self, index: u64, delay_ns: u64) -> String {
        let host = index % self.hosts.len().max(1) as u64;
        let host = usize::try_from(host).ok().and_then(|host| self.hosts.get(host)).map_or("", String::as_str);
        let Self { batch, body_bytes, .. } = self;
        format!("{host}/delay/{}?batch={batch}&index={index}&bytes={body_bytes}", seconds(delay_ns))
    }
}

/// The URL of a list page, by its number from 0, without the index of an attempt.
pub(crate) fn list_url(host: &str, site: &Site, batch: u64, list: u64) -> String {
    let per_list = site.catalogue.per_list();
    let first = list * per_list;
    match site.catalogue {
        Catalogue::Books => format!("{host}/api/book/?limit={per_list}&offset={first}&batch={batch}"),
        Catalogue::Films => format!("{host}/top250?start={first}&batch={batch}"),
    }
}

/// Nanoseconds as decimal seconds, exact: `0.05`.
fn seconds(ns: u64) -> String {
    let mut text = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_written_exactly() {
        assert_eq!(seconds(0), "0");
        assert_eq!(seconds(50_000_000), "0.05");
        assert_eq!(seconds(10_000_000_000), "10");
        assert_eq!(seconds(1_000_000_001), "1.000000001");
    }

    #[test]
    fn urls_name_host_delay_batch_index_and_bytes() {
        let workload = Workload::new(10, 1, 50_000_000);
        let urls = UrlList::new(&["http://127.0.0.1:80".to_owned()], &workload, 4);
        assert_eq!(urls.url(9, 50_000_000), "http://127.0.0.1:80/delay/0.05?batch=4&index=9&bytes=1024");
        assert_eq!(urls.url(0, 31_400_000), "http://127.0.0.1:80/delay/0.0314?batch=4&index=0&bytes=1024");
    }

    #[test]
    fn list_pages_name_their_first_item() {
        let books = Site { catalogue: Catalogue::Books, lists: 9, seed: 1, faults_per_mille: 0 };
        assert_eq!(list_url("http://a", &books, 4, 2), "http://a/api/book/?limit=18&offset=36&batch=4");
        let films = Site { catalogue: Catalogue::Films, ..books };
        assert_eq!(list_url("http://a", &films, 4, 2), "http://a/top250?start=50&batch=4");
    }

    #[test]
    fn hosts_are_taken_in_turn() {
        let hosts = ["http://a", "http://b", "http://c"].map(str::to_owned);
        let urls = UrlList::new(&hosts, &Workload::new(10, 1, 0), 4);
        let firsts: Vec<String> = (0..5).map(|index| urls.url(index, 0)[7..8].to_owned()).collect();
        assert_eq!(firsts, ["a", "b", "c", "a", "b"]);
    }
}
