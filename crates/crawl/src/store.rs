//! Where rows go: one small trait, and one file for each store behind it.

mod error;
mod jsonl;
#[cfg(feature = "mongodb")]
mod mongodb;
mod none;
mod place;
#[cfg(feature = "redis")]
mod redis;
mod sqlite;

use inflight_harness::feed::{Item, ItemKind};
use inflight_record::{Crawl, Site};

use crate::frontier::Past;

pub use error::StoreError;
pub use place::{check_store, kinds};

use place::Place;

/// Rows of two kinds under ids, each with a text.
pub(crate) trait Store: Send {
    /// Writes rows; one whose id is there already takes its place. What fails may have been written in part, and may be
    /// written again.
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError>;

    /// Reads all rows of one kind, each once.
    fn each(&mut self, kind: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError>;

    /// How many details there are, and the sum of their marks.
    fn rows(&mut self) -> Result<Rows, StoreError> {
        let mut rows = Rows::default();
        self.each(ItemKind::Detail, &mut |_, text| {
            rows.add(text);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Called once, after the crawl and outside of what is measured: where the store is a file, it is on disk then.
    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What is done with each row that is read: its id and its text.
pub(crate) type EachRow<'a> = dyn FnMut(u64, &str) -> Result<(), StoreError> + 'a;

/// A number of rows, and what they add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// How many.
    pub(crate) count: u64,
    /// Sum of their marks, modulo 2^64.
    pub(crate) mark: u64,
}

impl Rows {
    /// One more.
    pub(crate) fn add(&mut self, text: &str) {
        self.count += 1;
        self.mark = self.mark.wrapping_add(inflight_catalogue::mark(text));
    }
}

/// What a store is opened for.
struct Opening<'a> {
    /// The store as it was named, for errors.
    place: &'a str,
    site: &'a Site,
    /// Whether what is there stays.
    resume: bool,
}

/// What a store says of itself begins with this: it was made by a crawl, and by one of this format.
const OURS: &str = "inflight crawl, format 1: ";

impl Opening<'_> {
    /// What the store will say of itself: that it is a crawl's, and of which site.
    fn label(&self) -> String {
        let Site { catalogue, lists, seed, .. } = self.site;
        format!("{OURS}{} of {lists} lists, seed {seed}", catalogue.as_str())
    }

    /// Judges what the store says of itself.
    ///
    /// # Errors
    /// It is not a crawl's, or that of another site where this one is to go on.
    fn judge(&self, label: &str) -> Result<(), StoreError> {
        let Some(held) = label.strip_prefix(OURS) else {
            return Err(self.foreign(format!("it says of itself {label:?}, where {OURS:?} should begin")));
        };
        let asked = self.label();
        if self.resume && label != asked {
            let asked = asked[OURS.len()..].to_owned();
            return Err(StoreError::OtherSite { place: self.place.to_owned(), held: held.to_owned(), asked });
        }
        Ok(())
    }

    fn foreign(&self, found: impl Into<String>) -> StoreError {
        StoreError::Foreign { place: self.place.to_owned(), found: found.into() }
    }
}

/// The word for a kind in the names of tables, keys and collections.
const fn word(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::List => "lists",
        ItemKind::Detail => "details",
    }
}

/// Opens the store that a URL names: empty, or with what it holds of this site.
pub(crate) fn open(url: &str, site: &Site, resume: bool) -> Result<Box<dyn Store>, StoreError> {
    let opening = Opening { place: url, site, resume };
    let place = Place::read(url)?;
    if resume && !place.outlives() {
        return Err(StoreError::NothingToResume { place: url.to_owned() });
    }
    let store: Box<dyn Store> = match place {
        Place::None => Box::new(none::Nothing::default()),
        Place::Sqlite(path) => Box::new(sqlite::Sqlite::open(path, &opening)?),
        Place::Jsonl(path) => Box::new(jsonl::Jsonl::open(path, &opening)?),
        #[cfg(feature = "redis")]
        Place::Redis { address, database } => Box::new(redis::Redis::open(address, database, &opening)?),
        #[cfg(feature = "mongodb")]
        Place::Mongodb { address, database } => Box::new(mongodb::Mongodb::open(address, database, &opening)?),
        #[cfg(not(all(feature = "redis", feature = "mongodb")))]
        other => return Err(other.not_built_in()),
    };
    Ok(store)
}

/// Opens a crawl's store and closes it again, before anything starts: whether it may be used. What it holds stays; one
/// that is not there yet is made. A store that goes with its crawl is not tried.
///
/// # Errors
/// The store cannot be opened, holds what is not a crawl's own, or is of another site than that which is to be resumed.
pub fn try_store(crawl: &Crawl) -> Result<(), StoreError> {
    if !Place::read(&crawl.store)?.outlives() {
        return Ok(());
    }
    // As one that resumes, which empties nothing.
    match open(&crawl.store, &crawl.site, true) {
        Err(StoreError::OtherSite { .. }) if !crawl.resume => Ok(()),
        opened => opened.map(drop),
    }
}

/// What a store holds of a site from before: for the frontier, and as rows.
pub(crate) fn past(store: &mut dyn Store, site: &Site) -> Result<(Past, Rows), StoreError> {
    let (mut past, mut rows) = (Past::default(), Rows::default());
    store.each(ItemKind::Detail, &mut |id, text| {
        rows.add(text);
        past.details.insert(id);
        Ok(())
    })?;
    store.each(ItemKind::List, &mut |list, text| {
        let wrong = |message: String| StoreError::Row { id: list, message };
        let ids: Vec<u64> = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let (got, owed) = (ids.len() as u64, site.catalogue.per_list());
        if list >= site.lists || got != owed {
            return Err(wrong(format!("it names {got} details; the site has {} lists of {owed}", site.lists)));
        }
        past.lists.insert(list, ids);
        Ok(())
    })?;
    Ok((past, rows))
}

#[cfg(test)]
mod tests {
    use inflight_record::crawl::Catalogue;

    use super::*;

    const SITE: Site = Site { catalogue: Catalogue::Books, lists: 3, seed: 5, faults_per_mille: 20 };

    #[test]
    fn a_label_names_the_site_and_not_its_faults() {
        let opening = Opening { place: "x", site: &SITE, resume: true };
        assert_eq!(opening.label(), "inflight crawl, format 1: books of 3 lists, seed 5");
        let without = Site { faults_per_mille: 0, ..SITE };
        assert_eq!(Opening { site: &without, ..opening }.label(), opening.label());
    }

    #[test]
    fn a_store_is_judged_by_what_it_says_of_itself() {
        let resume = Opening { place: "x", site: &SITE, resume: true };
        let afresh = Opening { place: "x", site: &SITE, resume: false };
        let other = "inflight crawl, format 1: books of 4 lists, seed 5";
        assert!(resume.judge(&resume.label()).is_ok() && afresh.judge(other).is_ok());
        assert!(matches!(resume.judge(other), Err(StoreError::OtherSite { .. })));
        for foreign in ["", "hello", "inflight crawl, format 2: books"] {
            assert!(matches!(afresh.judge(foreign), Err(StoreError::Foreign { .. })));
        }
    }

    #[test]
    fn what_is_in_a_list_is_checked_before_it_is_believed() {
        struct One(&'static str, u64);
        impl Store for One {
            fn put(&mut self, _: &[Item]) -> Result<(), StoreError> {
                Ok(())
            }
            fn each(&mut self, kind: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError> {
                if kind == ItemKind::List { row(self.1, self.0) } else { Ok(()) }
            }
        }
        let full = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]";
        assert_eq!(past(&mut One(full, 2), &SITE).unwrap().0.lists[&2].len(), 18);
        for (text, list) in [(full, 3), ("[1]", 0), ("{}", 0)] {
            assert!(matches!(past(&mut One(text, list), &SITE), Err(StoreError::Row { .. })), "{text}");
        }
    }
}
