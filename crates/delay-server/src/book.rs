//! The book of open batches, and the counts of requests that belong to none.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use inflight_record::crawl::{MAX_FAULTS_PER_MILLE, MAX_LISTS};
use inflight_record::workload::{MAX_CONCURRENCY, MAX_DELAY_NS, MAX_REQUESTS};
use inflight_record::{Ledger, OpenBatch, OpenCrawl, histogram};
use serde::Serialize;

use crate::batch::Batch;
use crate::options::BATCHES_KEPT;
use crate::refusal::Refusal;

/// All open batches, oldest first.
#[derive(Default)]
pub(crate) struct Book {
    batches: RefCell<VecDeque<Rc<Batch>>>,
    /// Connections accepted so far: the number of the next one.
    pub(crate) accepted: Cell<u64>,
    /// Requests that named no batch.
    pub(crate) unnamed: Unnamed,
    /// Requests that were refused.
    pub(crate) refused: Cell<u64>,
    /// Those of them that had no right to ask.
    pub(crate) unauthorized: Cell<u64>,
    /// Requests of batches that were forgotten.
    forgotten: Cell<u64>,
}

/// What became of requests that named no batch.
#[derive(Default)]
pub(crate) struct Unnamed {
    /// Arrived.
    pub(crate) requests: Cell<u64>,
    /// Answered, and their body taken whole.
    pub(crate) completed: Cell<u64>,
    /// Given up by their client.
    pub(crate) aborted: Cell<u64>,
}

/// `GET /ledger` without a batch.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    batches: Vec<OpenSummary>,
    unnamed: UnnamedSummary,
    refused: u64,
    unauthorized: u64,
    connections_accepted: u64,
}

#[derive(Debug, Serialize)]
struct OpenSummary {
    #[serde(flatten)]
    owed: OpenBatch,
    arrived: u64,
}

#[derive(Debug, Serialize)]
struct UnnamedSummary {
    requests: u64,
    completed: u64,
    aborted: u64,
}

impl Book {
    /// The batch of this number, if it is open.
    pub(crate) fn find(&self, number: u64) -> Option<Rc<Batch>> {
        self.batches.borrow().iter().rev().find(|batch| batch.owed.batch == number).cloned()
    }

    /// Opens a batch, and forgets the oldest beyond [`BATCHES_KEPT`].
    pub(crate) fn open(&self, owed: OpenBatch) -> Result<(), Refusal> {
        if owed.batch == 0 {
            return Err(Refusal::Open("batch must be at least 1: 0 is for requests that name none".to_owned()));
        }
        if owed.requests == 0 || owed.requests > MAX_REQUESTS {
            return Err(Refusal::Open(format!("requests must be 1 to {MAX_REQUESTS}, not {}", owed.requests)));
        }
        if owed.slots == 0 || owed.slots > MAX_CONCURRENCY {
            return Err(Refusal::Open(format!("slots must be 1 to {MAX_CONCURRENCY}, not {}", owed.slots)));
        }
        if let Some(capacity) = owed.capacity
            && (capacity == 0 || capacity > MAX_CONCURRENCY)
        {
            return Err(Refusal::Open(format!(
                "capacity, where it is given, must be 1 to {MAX_CONCURRENCY}, not {capacity}"
            )));
        }
        owed.crawl.as_ref().map_or(Ok(()), check_crawl)?;
        if self.find(owed.batch).is_some() {
            return Err(Refusal::BatchOpen(owed.batch));
        }
        let late_ns = histogram::from_values([]).map_err(|error| Refusal::Open(error.to_string()))?;
        let mut batches = self.batches.borrow_mut();
        if batches.len() == BATCHES_KEPT
            && let Some(oldest) = batches.pop_front()
        {
            oldest.forgotten.set(true);
            self.forgotten.set(self.forgotten.get() + oldest.arrived());
        }
        batches.push_back(Rc::new(Batch::open(owed, self.accepted.get(), late_ns)));
        Ok(())
    }

    /// The ledger of the batch of this number.
    pub(crate) fn ledger(&self, number: u64, now_ns: u64) -> Result<Ledger, Refusal> {
        self.find(number).map(|batch| batch.ledger(now_ns)).ok_or(Refusal::BatchUnknown(number))
    }

    /// Requests that arrived so far, of any batch or of none.
    pub(crate) fn arrived(&self) -> u64 {
        let open: u64 = self.batches.borrow().iter().map(|batch| batch.arrived()).sum();
        open + self.forgotten.get() + self.unnamed.requests.get()
    }

    /// Everything at a glance.
    pub(crate) fn overview(&self) -> Overview {
        let batches = self.batches.borrow();
        Overview {
            batches: batches.iter().map(|batch| OpenSummary { owed: batch.owed, arrived: batch.arrived() }).collect(),
            unnamed: UnnamedSummary {
                requests: self.unnamed.requests.get(),
                completed: self.unnamed.completed.get(),
                aborted: self.unnamed.aborted.get(),
            },
            refused: self.refused.get(),
            unauthorized: self.unauthorized.get(),
            connections_accepted: self.accepted.get(),
        }
    }
}

/// Checks the ranges of a crawl.
fn check_crawl(crawl: &OpenCrawl) -> Result<(), Refusal> {
    let refused = |what: &str, least: u64, most: u64, given: u64| {
        Err(Refusal::Open(format!("{what} of a crawl must be {least} to {most}, not {given}")))
    };
    let OpenCrawl { site, delay_ns } = crawl;
    if site.lists == 0 || site.lists > MAX_LISTS {
        return refused("lists", 1, MAX_LISTS, site.lists);
    }
    if site.faults_per_mille > MAX_FAULTS_PER_MILLE {
        return refused("faults_per_mille", 0, MAX_FAULTS_PER_MILLE.into(), site.faults_per_mille.into());
    }
    if *delay_ns > MAX_DELAY_NS {
        return refused("delay_ns", 0, MAX_DELAY_NS, *delay_ns);
    }
    Ok(())
}

/// Adds one.
pub(crate) fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::Site;
    use inflight_record::crawl::Catalogue;

    #[test]
    fn the_oldest_batch_is_forgotten() {
        let book = Book::default();
        let owed = |batch| OpenBatch::new(batch, 1, 1);
        assert_eq!(book.open(owed(1)), Ok(()));
        let first = book.find(1).unwrap();
        assert_eq!(book.open(owed(1)), Err(Refusal::BatchOpen(1)));
        for batch in 2..=BATCHES_KEPT as u64 {
            assert_eq!(book.open(owed(batch)), Ok(()));
        }
        assert!(!first.forgotten.get());
        first.arrive(0, 50, 100);
        assert_eq!(book.open(owed(99)), Ok(()));
        assert!(first.forgotten.get());
        assert_eq!(book.arrived(), 1, "what it counted is kept");
        assert!(book.find(1).is_none() && book.find(2).is_some() && book.find(99).is_some());
    }

    #[test]
    fn what_is_out_of_range_is_not_opened() {
        let book = Book::default();
        for (batch, requests, slots) in
            [(0, 1, 1), (1, 0, 1), (1, MAX_REQUESTS + 1, 1), (1, 1, 0), (1, 1, MAX_CONCURRENCY + 1)]
        {
            assert!(matches!(book.open(OpenBatch::new(batch, requests, slots)), Err(Refusal::Open(_))));
        }
        for capacity in [0, MAX_CONCURRENCY + 1] {
            let owed = OpenBatch { capacity: Some(capacity), ..OpenBatch::new(1, 1, 1) };
            assert!(matches!(book.open(owed), Err(Refusal::Open(why)) if why.contains("must be 1 to 60000")));
        }
        for (lists, faults_per_mille, delay_ns, says) in [
            (0, 0, 0, "lists of a crawl must be 1 to 100000, not 0"),
            (MAX_LISTS + 1, 0, 0, "lists of a crawl must be 1 to 100000, not 100001"),
            (1, MAX_FAULTS_PER_MILLE + 1, 0, "faults_per_mille of a crawl must be 0 to 500, not 501"),
            (1, 0, MAX_DELAY_NS + 1, "delay_ns of a crawl must be 0 to 60000000000, not 60000000001"),
        ] {
            let site = Site { catalogue: Catalogue::Books, lists, seed: 1, faults_per_mille };
            let owed = OpenBatch { crawl: Some(OpenCrawl { site, delay_ns }), ..OpenBatch::new(1, 1, 1) };
            assert_eq!(book.open(owed), Err(Refusal::Open(says.to_owned())));
        }
        assert!(book.find(1).is_none());
    }
}
