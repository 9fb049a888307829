//! The crawl: a workload in two phases, list pages and then every detail that they name, stored while it goes on.
//!
//! Words: a *list* is a page that names details; a *page* is either; an *attempt* is one request for a page. Each attempt
//! has an index of its own in its batch. A site of `lists` list pages has `lists` × [`Catalogue::per_list`] details.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most list pages of a crawl: 100,000 lists of 18 are 1.8 million details.
pub const MAX_LISTS: u64 = 100_000;
/// Most times that a page is asked for again.
pub const MAX_RETRIES: u32 = 10;
/// Most faults of a thousand attempts: above half a crawl proves nothing but patience.
pub const MAX_FAULTS_PER_MILLE: u32 = 500;
/// Most failed attempts that a record names; the others are counted.
pub const FAILURES_KEPT: usize = 100;

/// What the site offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Catalogue {
    /// Books in JSON: `/api/book/?limit=18&offset=K`, `/api/book/{id}`.
    Books,
    /// Films in HTML: `/top250?start=K`, `/subject/{id}/`.
    Films,
}

impl Catalogue {
    /// The word on the command line and in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Books => "books",
            Self::Films => "films",
        }
    }

    /// How many details a list page names.
    #[must_use]
    pub const fn per_list(self) -> u64 {
        match self {
            Self::Books => 18,
            Self::Films => 25,
        }
    }

    /// L unless told otherwise: that of the sites that it is modelled on.
    #[must_use]
    pub const fn usual_lists(self) -> u64 {
        match self {
            Self::Books => 100,
            Self::Films => 10,
        }
    }
}

/// When details may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phases {
    /// When all lists are in: ideal (⌈L/C⌉ + ⌈M/C⌉) · D.
    Barrier,
    /// As soon as the list that names them is in: ideal the larger of 2 · D and ⌈(L + M)/C⌉ · D.
    Pipelined,
}

impl Phases {
    /// The word on the command line and in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Barrier => "barrier",
            Self::Pipelined => "pipelined",
        }
    }
}

/// The pages that the server serves for a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// What it offers.
    pub catalogue: Catalogue,
    /// L: how many list pages, 1 to 100,000.
    pub lists: u64,
    /// Seed of its contents and of its faults.
    pub seed: u64,
    /// Of a thousand attempts, how many get a fault in place of their page, 0 to 500.
    #[serde(default, skip_serializing_if = "no_faults")]
    pub faults_per_mille: u32,
}

impl Site {
    /// M: how many details.
    #[must_use]
    pub const fn details(&self) -> u64 {
        self.lists.saturating_mul(self.catalogue.per_list())
    }
}

/// What makes a workload a crawl.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crawl {
    /// What is crawled.
    pub site: Site,
    /// When details may be fetched.
    pub phases: Phases,
    /// Where they are stored: `none:`, `sqlite:`, `jsonl:`, `redis://…`, `mongodb://…`, with a path or address behind.
    /// `sqlite:` and `jsonl:` without a path are a file of the batch's own, which goes with it.
    pub store: String,
    /// How often a page that failed is asked for again, 0 to 10.
    pub retries: u32,
    /// Whether what is stored stays, and only what is missing is fetched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resume: bool,
}

impl Crawl {
    /// L + M: how many pages there are, each fetched once where nothing fails. The N of the workload.
    #[must_use]
    pub const fn pages(&self) -> u64 {
        self.site.lists.saturating_add(self.site.details())
    }

    /// Most attempts: the indices of the batch are 0 to this − 1.
    #[must_use]
    pub fn attempts_most(&self) -> u64 {
        self.pages().saturating_mul(1 + u64::from(self.retries))
    }

    /// The kind of the store: what stands before the first colon.
    #[must_use]
    pub fn store_kind(&self) -> &str {
        self.store.split(':').next().unwrap_or_default()
    }

    /// Whether what it stores is there when the batch has ended, so that another can go on with it.
    #[must_use]
    pub fn lasts(&self) -> bool {
        match self.store.split_once(':') {
            Some(("none", _)) | None => false,
            Some(("sqlite" | "jsonl", path)) => !path.is_empty(),
            Some(_) => true,
        }
    }

    /// The ideal in nanoseconds with `at_once` in flight and each answer held for `delay_ns`.
    ///
    /// ```
    /// use inflight_record::crawl::{Catalogue, Crawl, Phases, Site};
    /// let site = Site { catalogue: Catalogue::Films, lists: 10, seed: 1, faults_per_mille: 0 };
    /// let crawl = Crawl { site, phases: Phases::Barrier, store: "none:".into(), retries: 0, resume: false };
    /// assert_eq!(crawl.ideal_ns(250, 90), 2 * 90);
    /// assert_eq!(crawl.ideal_ns(1, 90), 260 * 90);
    /// assert_eq!(Crawl { phases: Phases::Pipelined, ..crawl }.ideal_ns(100, 90), 3 * 90);
    /// ```
    #[must_use]
    pub fn ideal_ns(&self, at_once: u64, delay_ns: u64) -> u64 {
        let at_once = at_once.max(1);
        let (lists, details) = (self.site.lists, self.site.details());
        let waves = match self.phases {
            Phases::Barrier => lists.div_ceil(at_once) + details.div_ceil(at_once),
            Phases::Pipelined => (lists + details).div_ceil(at_once).max(2),
        };
        waves.saturating_mul(delay_ns)
    }

    /// The part of a workload's slug that names the crawl: `crawl-books-l100-barrier-sqlite`, and `-f20` for faults of 20 in
    /// a thousand, `-r2` for 2 retries.
    #[must_use]
    pub fn slug(&self) -> String {
        let Site { catalogue, lists, faults_per_mille, .. } = self.site;
        let faults = if faults_per_mille == 0 { String::new() } else { format!("-f{faults_per_mille}") };
        let retries = if self.retries == 0 { String::new() } else { format!("-r{}", self.retries) };
        let (catalogue, phases, store) = (catalogue.as_str(), self.phases.as_str(), self.store_kind());
        format!("crawl-{catalogue}-l{lists}-{phases}-{store}{faults}{retries}")
    }
}

/// What the server did of a site in one batch. Attempts that got a fault count under it and nowhere else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SiteLedger {
    /// Distinct list pages whose whole answer was handed to the connection's writer.
    pub lists: u64,
    /// Distinct details whose whole answer was.
    pub details: u64,
    /// Sum of the marks of those details, modulo 2^64: what a store that holds them and nothing else adds up to.
    #[serde(with = "hexadecimal")]
    #[schemars(with = "String")]
    pub details_mark: u64,
    /// Attempts answered with status 500.
    pub faults_status: u64,
    /// Attempts whose connection was reset in mid-body.
    pub faults_reset: u64,
    /// Attempts whose body ended early.
    pub faults_truncated: u64,
    /// Attempts answered with a body that is no page.
    pub faults_garbled: u64,
}

impl SiteLedger {
    /// All faults.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults_status + self.faults_reset + self.faults_truncated + self.faults_garbled
    }
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageFailure {
    /// Its URL.
    pub url: String,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Whether it was the last: the page is given up.
    pub last: bool,
    /// Why it failed.
    pub reason: String,
}

/// What came of a crawl, by the word of the crawl crate; the witness holds it against [`SiteLedger`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrawlFigures {
    /// Lists that arrived and were read; where it resumed, with those that were stored before. `lists` + `lists_failed` = L.
    pub lists: u64,
    /// Lists that were given up.
    pub lists_failed: u64,
    /// Details that the lists named; where it resumed, less those that were stored before.
    pub named: u64,
    /// Details that were stored. `stored` + `failed` = `named`.
    pub stored: u64,
    /// Details that were given up.
    pub failed: u64,
    /// Attempts beyond the first for their page.
    pub retried: u64,
    /// Rows in the store before the crawl began: 0 but where it resumed.
    pub rows_before: u64,
    /// Sum of their marks, modulo 2^64.
    #[serde(with = "hexadecimal")]
    #[schemars(with = "String")]
    pub rows_before_mark: u64,
    /// Rows in the store after it, as read back.
    pub rows: u64,
    /// Sum of their marks, modulo 2^64.
    #[serde(with = "hexadecimal")]
    #[schemars(with = "String")]
    pub rows_mark: u64,
    /// Most items in the queue before the store.
    pub queue_peak: u64,
    /// Time that fetching waited because that queue was full, summed over all who waited, in nanoseconds.
    pub waited_ns: u64,
    /// Time that the store was busy, in nanoseconds.
    pub store_busy_ns: u64,
    /// From the last answer until everything was stored, in nanoseconds: part of the makespan.
    pub tail_ns: u64,
    /// The first failed attempts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<PageFailure>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn no_faults(share: &u32) -> bool {
    *share == 0
}

/// Marks as 16 hexadecimal digits: not every language has 64-bit numbers in JSON.
mod hexadecimal {
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    pub(super) fn serialize<S: Serializer>(mark: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{mark:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crawl() -> Crawl {
        let site = Site { catalogue: Catalogue::Books, lists: 100, seed: 1, faults_per_mille: 20 };
        Crawl { site, phases: Phases::Barrier, store: "redis://127.0.0.1:6379/1".to_owned(), retries: 2, resume: false }
    }

    #[test]
    fn a_hundred_lists_of_books_are_1900_pages() {
        assert_eq!((crawl().pages(), crawl().attempts_most()), (1_900, 5_700));
        assert_eq!(crawl().slug(), "crawl-books-l100-barrier-redis-f20-r2");
    }

    #[test]
    fn a_store_lasts_where_it_has_a_place_of_its_own() {
        let lasts = |store: &str| Crawl { store: store.to_owned(), ..crawl() }.lasts();
        assert!(["sqlite:books.db", "jsonl:/tmp/books.jsonl", "redis://127.0.0.1:6379/1"].into_iter().all(lasts));
        assert!(!["none:", "sqlite:", "jsonl:", "books.db"].into_iter().any(lasts));
    }

    #[test]
    fn a_barrier_ends_a_wave_and_a_pipeline_fills_it() {
        let barrier = Crawl { site: Site { lists: 1, ..crawl().site }, ..crawl() };
        let pipelined = Crawl { phases: Phases::Pipelined, ..barrier.clone() };
        assert_eq!([1, 4, 18, 100].map(|c| barrier.ideal_ns(c, 1)), [19, 6, 2, 2]);
        assert_eq!([1, 4, 18, 100].map(|c| pipelined.ideal_ns(c, 1)), [19, 5, 2, 2]);
    }

    #[test]
    fn marks_are_texts_because_they_do_not_fit_into_every_number() {
        let ledger = SiteLedger { details_mark: u64::MAX, ..SiteLedger::default() };
        let text = serde_json::to_string(&ledger).unwrap();
        assert!(text.contains(r#""details_mark":"ffffffffffffffff""#));
        assert_eq!(serde_json::from_str::<SiteLedger>(&text).unwrap(), ledger);
    }
}
