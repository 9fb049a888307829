//! What both files of tests need: a small site, its pages, and a crawl of it.

use inflight_catalogue::{Catalogue as Pages, Kind};
use inflight_crawl::open;
use inflight_harness::feed::{Crawler, Item};
use inflight_harness::{ModelError, Urls};
use inflight_record::crawl::{Catalogue, Phases};
use inflight_record::{Crawl, Site, Workload};

/// A crawl of three lists of books, into this store.
pub fn books(store: &str) -> Crawl {
    let site = Site { catalogue: Catalogue::Books, lists: 3, seed: 11, faults_per_mille: 0 };
    Crawl { site, phases: Phases::Barrier, store: store.to_owned(), retries: 0, resume: false }
}

/// The pages of its site.
pub fn pages(crawl: &Crawl) -> Pages {
    let kind = match crawl.site.catalogue {
        Catalogue::Books => Kind::Books,
        Catalogue::Films => Kind::Films,
    };
    Pages::new(kind, crawl.site.lists, crawl.site.seed)
}

/// The ids of all its details, list by list.
pub fn ids(crawl: &Crawl) -> Vec<u64> {
    (0..crawl.site.lists).flat_map(|list| pages(crawl).ids(list).unwrap()).collect()
}

/// What all its details add up to.
pub fn whole_mark(crawl: &Crawl) -> u64 {
    ids(crawl).into_iter().fold(0, |sum, id| sum.wrapping_add(pages(crawl).mark(id).unwrap()))
}

/// Opens it as the worker does, with the URLs that the driver sends.
pub fn begin(crawl: &Crawl) -> Result<Crawler, ModelError> {
    let url = |list: u64| match crawl.site.catalogue {
        Catalogue::Books => format!("http://127.0.0.1:80/api/book/?limit=18&offset={}&batch=4", 18 * list),
        Catalogue::Films => format!("http://127.0.0.1:80/top250?start={}&batch=4", 25 * list),
    };
    let urls: Vec<String> = (0..crawl.site.lists).map(url).collect();
    let urls: Urls = urls.iter().map(String::as_str).collect();
    open(&Workload::of_crawl(crawl.clone(), 2, 0), &urls)
}

/// What stands against its opening.
pub fn refusal(crawl: &Crawl) -> String {
    begin(crawl).err().unwrap().to_string()
}

/// Has the store keep these.
pub fn keep(crawler: &mut Crawler, items: Vec<Item>) {
    let (sender, receiver) = async_channel::unbounded();
    items.into_iter().for_each(|item| sender.try_send(item).unwrap());
    drop(sender);
    crawler.keeper.keep(&receiver).unwrap();
}
