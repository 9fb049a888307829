//! Histograms of many records as one for each cell: one pass over the lines, each thread for itself, then summed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use inflight_record::histogram::{Counts, HistogramError, highest_ns};
use inflight_record::{Flag, Outcome};
use serde::Deserialize;

/// Environment, slug and arm of a record.
pub(super) type Key<'a> = (&'a str, &'a str, &'a str);

/// The cells that are looked for, and what each thread has found of them.
pub(super) struct Cells<'a> {
    places: HashMap<Key<'a>, usize>,
    threads: Mutex<Vec<Arc<Mutex<Found>>>>,
}

type Found = HashMap<usize, Merged>;

/// The latencies of one cell.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) from_start: Buckets,
    pub(super) from_send: Buckets,
}

impl<'a> Cells<'a> {
    /// Cells by their place in this order.
    pub(super) fn new(keys: impl IntoIterator<Item = Key<'a>>) -> Self {
        let places = keys.into_iter().enumerate().map(|(place, key)| (key, place)).collect();
        Self { places, threads: Mutex::default() }
    }

    /// A thread's parser of lines; what it finds stays here.
    pub(super) fn parser(&self) -> impl FnMut(&str) -> Result<(), String> {
        let found = Arc::new(Mutex::new(Found::new()));
        lock(&self.threads).push(Arc::clone(&found));
        let mut counts = Counts::default();
        // Nobody else wants the lock before the thread is done.
        move |line| self.add(line, &mut lock(&found), &mut counts)
    }

    fn add(&self, line: &str, found: &mut Found, counts: &mut Counts) -> Result<(), String> {
        let record: LeanRecord<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let Some(histograms) = record.histograms.as_ref().filter(|_| record.times_count()) else { return Ok(()) };
        let key = (&*record.environment_id, &*record.workload.slug, &*record.arm);
        let Some(place) = self.places.get(&key) else { return Ok(()) };
        let cell = found.entry(*place).or_default();
        let add = |text: &str, buckets: &mut Buckets, counts: &mut Counts| -> Result<(), HistogramError> {
            counts.each(text, |bucket, count| buckets.add(bucket, count))
        };
        add(&histograms.from_start_ns, &mut cell.from_start, counts)
            .and_then(|()| add(&histograms.from_send_ns, &mut cell.from_send, counts))
            .map_err(|error| error.to_string())
    }

    /// What all threads found, by the place of the cell.
    pub(super) fn merged(self) -> HashMap<usize, Merged> {
        let mut all = Found::new();
        for thread in self.threads.into_inner().unwrap_or_else(PoisonError::into_inner) {
            for (place, cell) in lock(&thread).drain() {
                let sum = all.entry(place).or_default();
                sum.from_start.merge(&cell.from_start);
                sum.from_send.merge(&cell.from_send);
            }
        }
        all
    }
}

/// A thread that panicked is reported when it is joined; what it found does not matter then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The part of a record that is needed here, under the same names.
#[derive(Deserialize)]
struct LeanRecord<'a> {
    #[serde(borrow)]
    environment_id: Cow<'a, str>,
    #[serde(borrow)]
    arm: Cow<'a, str>,
    #[serde(borrow)]
    workload: LeanWorkload<'a>,
    outcome: Outcome,
    flags: Vec<Flag>,
    #[serde(borrow)]
    histograms: Option<LeanHistograms<'a>>,
}

#[derive(Deserialize)]
struct LeanWorkload<'a> {
    #[serde(borrow)]
    slug: Cow<'a, str>,
}

#[derive(Deserialize)]
struct LeanHistograms<'a> {
    #[serde(borrow)]
    from_start_ns: Cow<'a, str>,
    #[serde(borrow)]
    from_send_ns: Cow<'a, str>,
}

impl LeanRecord<'_> {
    /// As `Record::times_count`.
    fn times_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(|flag| flag.excludes_time())
    }
}

/// Buckets that are looked after together. Latencies of one cell lie close to each other: a few pages hold them, where
/// all buckets of the format would take 260 KB.
const PAGE: u32 = 256;

/// Counts by bucket.
#[derive(Debug, Default)]
pub(super) struct Buckets(BTreeMap<u32, Box<[u64; PAGE as usize]>>);

impl Buckets {
    pub(super) fn add(&mut self, bucket: u32, count: u64) {
        let page = self.0.entry(bucket / PAGE).or_insert_with(|| Box::new([0; PAGE as usize]));
        if let Some(there) = page.get_mut((bucket % PAGE) as usize) {
            *there += count;
        }
    }

    fn merge(&mut self, other: &Self) {
        other.each().for_each(|(bucket, count)| self.add(bucket, count));
    }

    /// Buckets that are not empty, in ascending order.
    fn each(&self) -> impl Iterator<Item = (u32, u64)> {
        let pages = self.0.iter().flat_map(|(page, counts)| (page * PAGE..).zip(counts.iter().copied()));
        pages.filter(|(_, count)| *count > 0)
    }

    /// How many were counted.
    pub(super) fn total(&self) -> u64 {
        self.each().map(|(_, count)| count).sum()
    }

    /// The latency in nanoseconds that so many stay at or below; `None` where there are fewer.
    pub(super) fn at_rank(&self, rank: u64) -> Option<u64> {
        let mut below = 0;
        self.each().find_map(|(bucket, count)| {
            below += count;
            (below >= rank).then(|| highest_ns(bucket))
        })
    }
}
