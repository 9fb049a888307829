//! The account of one batch: counts what arrives, is held, answered, taken and lost.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use hdrhistogram::Histogram;
use inflight_record::{HoldLateness, Ledger, OpenBatch, delay::asked_mark};

use crate::clock::process_cpu_ns;
use crate::gate::Gate;
use crate::site::Site;

/// One open batch. Every time is in nanoseconds of the server's clock.
pub(crate) struct Batch {
    /// What is owed.
    pub(crate) owed: OpenBatch,
    /// How many connections had been accepted when it was opened.
    accepted_before: u64,
    /// Whether newer batches pushed it out of the book: connections remember the batch that they last carried.
    pub(crate) forgotten: Cell<bool>,
    /// Where its capacity is limited.
    pub(crate) gate: Option<Gate>,
    /// Where it is a crawl.
    pub(crate) site: Option<Site>,
    account: RefCell<Account>,
}

struct Account {
    /// How many indices are owed: N, and of a crawl none.
    owed: u64,
    arrived: u64,
    /// Distinct indices that arrived: the set bits of `seen`.
    distinct: u64,
    seen: Vec<u64>,
    in_flight: u64,
    peak_in_flight: u64,
    completed: u64,
    bytes: u64,
    aborted: u64,
    connections: HashSet<u64>,
    streams: u64,
    first_arrival_ns: Option<u64>,
    last_arrival_ns: u64,
    asked_mark: u64,
    misplaced: u64,
    last_answer_ns: u64,
    held_sum_ns: u64,
    queued_sum_ns: u64,
    late_ns: Histogram<u64>,
    last_event_ns: u64,
    quiet_longest_ns: u64,
    quiet_sum_ns: u64,
    cpu_before_ns: u64,
    /// CPU time of the process when the last owed answer was taken.
    cpu_after_ns: Option<u64>,
}

impl Batch {
    /// Opens a batch when `accepted` connections have been accepted so far. `late_ns` is an empty histogram.
    pub(crate) fn open(owed: OpenBatch, accepted: u64, late_ns: Histogram<u64>) -> Self {
        let words = usize::try_from(owed.requests.div_ceil(64)).unwrap_or(usize::MAX);
        Self {
            owed,
            accepted_before: accepted,
            forgotten: Cell::new(false),
            gate: owed.capacity.map(Gate::new),
            site: owed.crawl.map(Site::open),
            account: RefCell::new(Account {
                owed: if owed.crawl.is_some() { 0 } else { owed.requests },
                arrived: 0,
                distinct: 0,
                seen: vec![0; words],
                in_flight: 0,
                peak_in_flight: 0,
                completed: 0,
                bytes: 0,
                aborted: 0,
                connections: HashSet::new(),
                streams: 0,
                first_arrival_ns: None,
                last_arrival_ns: 0,
                asked_mark: 0,
                misplaced: 0,
                last_answer_ns: 0,
                held_sum_ns: 0,
                queued_sum_ns: 0,
                late_ns,
                last_event_ns: 0,
                quiet_longest_ns: 0,
                quiet_sum_ns: 0,
                cpu_before_ns: process_cpu_ns(),
                cpu_after_ns: None,
            }),
        }
    }

    /// A connection is about to carry a request of this batch: needed once a connection, harmless when repeated.
    pub(crate) fn carried_by(&self, connection: u64) {
        self.account.borrow_mut().connections.insert(connection);
    }

    /// Requests that arrived so far.
    pub(crate) fn arrived(&self) -> u64 {
        self.account.borrow().arrived
    }

    /// A request arrives; its index must be below the most that may come.
    pub(crate) fn arrive(&self, index: u64, asked_ns: u64, now_ns: u64) {
        let account = &mut *self.account.borrow_mut();
        account.settle(&self.owed, now_ns);
        account.first_arrival_ns.get_or_insert(now_ns);
        account.last_arrival_ns = now_ns;
        account.asked_mark = account.asked_mark.wrapping_add(asked_mark(index, asked_ns));
        account.arrived += 1;
        if let Some(word) = usize::try_from(index / 64).ok().and_then(|word| account.seen.get_mut(word)) {
            let bit = 1 << (index % 64);
            account.distinct += u64::from(*word & bit == 0);
            *word |= bit;
        }
        account.in_flight += 1;
        if account.in_flight > account.peak_in_flight {
            account.peak_in_flight = account.in_flight;
            // What was taken for the cap was none.
            account.quiet_longest_ns = 0;
        }
    }

    /// A request comes as a stream of HTTP/2.
    pub(crate) fn streamed(&self) {
        self.account.borrow_mut().streams += 1;
    }

    /// A request arrives at another host than that of its index.
    pub(crate) fn misplaced(&self) {
        self.account.borrow_mut().misplaced += 1;
    }

    /// The hold of a request ends: its response is made, and about to be written. `queued_ns` of `held_ns` it spent in
    /// the queue.
    pub(crate) fn answer(&self, asked_ns: u64, held_ns: u64, queued_ns: u64, now_ns: u64) {
        let account = &mut *self.account.borrow_mut();
        account.settle(&self.owed, now_ns);
        account.in_flight -= 1;
        account.last_answer_ns = now_ns;
        account.held_sum_ns += held_ns;
        account.queued_sum_ns += queued_ns;
        account.late_ns.saturating_record(held_ns.saturating_sub(queued_ns).saturating_sub(asked_ns));
    }

    /// A client went away during the hold.
    pub(crate) fn abort_hold(&self, now_ns: u64) {
        let account = &mut *self.account.borrow_mut();
        account.settle(&self.owed, now_ns);
        account.in_flight -= 1;
        account.aborted += 1;
        account.note_end();
    }

    /// The last byte of an answer's body was taken by the connection's writer.
    pub(crate) fn complete(&self, bytes: u64) {
        let account = &mut *self.account.borrow_mut();
        account.completed += 1;
        account.bytes += bytes;
        account.note_end();
    }

    /// A client went away before the whole body was taken.
    pub(crate) fn abort_body(&self) {
        let account = &mut *self.account.borrow_mut();
        account.aborted += 1;
        account.note_end();
    }

    /// The ledger as it stands.
    pub(crate) fn ledger(&self, now_ns: u64) -> Ledger {
        let account = self.account.borrow();
        // The quiet so far counts, but looking does not end it.
        let quiet_ns = account.quiet_ns(&self.owed, now_ns).unwrap_or(0);
        let at_peak_ns = if account.in_flight == account.peak_in_flight { quiet_ns } else { 0 };
        let late = |quantile| account.late_ns.value_at_quantile(quantile);
        let connections_opened = account.connections.iter().filter(|number| **number >= self.accepted_before).count();
        Ledger {
            batch: self.owed.batch,
            requests: account.arrived,
            completed: account.completed,
            bytes: account.bytes,
            peak_in_flight: account.peak_in_flight,
            connections: account.connections.len() as u64,
            connections_opened: connections_opened as u64,
            streams: account.streams,
            aborted: account.aborted,
            missing: account.owed.saturating_sub(account.distinct),
            doubled: account.arrived - account.distinct,
            span_ns: account.first_arrival_ns.map_or(0, |first| account.last_answer_ns.saturating_sub(first)),
            arriving_ns: account.first_arrival_ns.map_or(0, |first| account.last_arrival_ns.saturating_sub(first)),
            asked_mark: account.asked_mark,
            misplaced: account.misplaced,
            held_sum_ns: account.held_sum_ns,
            hold_late_ns: HoldLateness { p50: late(0.5), p99: late(0.99), max: account.late_ns.max() },
            // Without a gate there is no queue: who arrives is served.
            peak_served: self.gate.as_ref().map_or(account.peak_in_flight, Gate::peak_served),
            queued_sum_ns: account.queued_sum_ns,
            quiet_longest_ns: account.quiet_longest_ns.max(at_peak_ns),
            quiet_sum_ns: account.quiet_sum_ns + quiet_ns,
            cpu_ns: account.cpu_after_ns.unwrap_or_else(process_cpu_ns).saturating_sub(account.cpu_before_ns),
            crawl: self.site.as_ref().map(Site::ledger),
        }
    }
}

impl Account {
    /// The time since the last event, if a client with a free slot and requests left let it pass.
    fn quiet_ns(&self, owed: &OpenBatch, now_ns: u64) -> Option<u64> {
        let waiting = self.in_flight > 0 && self.in_flight < owed.slots && self.distinct < self.owed;
        waiting.then(|| now_ns.saturating_sub(self.last_event_ns))
    }

    /// Adds the time since the last event to the quiet, and lets an event be now.
    fn settle(&mut self, owed: &OpenBatch, now_ns: u64) {
        if let Some(quiet_ns) = self.quiet_ns(owed, now_ns) {
            self.quiet_sum_ns += quiet_ns;
            if self.in_flight == self.peak_in_flight {
                self.quiet_longest_ns = self.quiet_longest_ns.max(quiet_ns);
            }
        }
        self.last_event_ns = now_ns;
    }

    /// Reads the CPU time when everything owed has arrived and nothing is under way any more. Of a crawl nobody knows when
    /// that is: its CPU time is read with the ledger.
    fn note_end(&mut self) {
        if self.distinct == self.owed && self.completed + self.aborted == self.arrived {
            self.cpu_after_ns = Some(process_cpu_ns());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::OpenCrawl;

    fn open(requests: u64, slots: u64) -> Batch {
        let late_ns = inflight_record::histogram::from_values([]).unwrap();
        Batch::open(OpenBatch::new(7, requests, slots), 5, late_ns)
    }

    #[test]
    fn counts_add_up() {
        let batch = open(4, 4);
        for (index, now) in [(0, 100), (1, 110), (1, 120)] {
            batch.arrive(index, 50, now);
        }
        batch.answer(50, 60, 0, 160);
        batch.complete(1000);
        batch.answer(50, 70, 0, 180);
        batch.abort_body();
        batch.abort_hold(190);
        for connection in [4, 5, 5, 6] {
            batch.carried_by(connection);
        }
        let ledger = batch.ledger(200);
        assert_eq!((ledger.requests, ledger.completed, ledger.aborted), (3, 1, 2));
        assert_eq!((ledger.missing, ledger.doubled, ledger.peak_in_flight), (2, 1, 3));
        assert_eq!((ledger.connections, ledger.connections_opened, ledger.bytes), (3, 2, 1000));
        assert_eq!((ledger.span_ns, ledger.arriving_ns, ledger.held_sum_ns), (80, 20, 130));
        assert_eq!((ledger.peak_served, ledger.queued_sum_ns), (3, 0));
        let mark = [0, 1, 1].map(|index| asked_mark(index, 50)).into_iter().fold(0, u64::wrapping_add);
        assert_eq!(ledger.asked_mark, mark);
        assert_eq!(ledger.hold_late_ns, HoldLateness { p50: 10, p99: 20, max: 20 });
    }

    #[test]
    fn quiet_is_time_with_a_free_slot_and_requests_left() {
        let batch = open(4, 2);
        batch.arrive(0, 50, 100);
        batch.arrive(1, 50, 130);
        batch.answer(50, 50, 0, 150);
        batch.arrive(2, 50, 155);
        batch.answer(50, 50, 0, 180);
        batch.arrive(3, 50, 190);
        batch.answer(50, 50, 0, 250);
        let ledger = batch.ledger(300);
        // One of two slots is free at 100–130, 150–155 and 180–190. From 190 on nothing is owed. None of that is at the
        // peak of 2, so the client is not capped.
        assert_eq!((ledger.quiet_sum_ns, ledger.quiet_longest_ns), (45, 0));
    }

    #[test]
    fn a_capped_client_is_quiet_at_its_peak() {
        let batch = open(4, 4);
        // Busy at first: quiet for 30 and 20, but its peak is still to come.
        for (index, now) in [(0, 100), (1, 130), (2, 150)] {
            batch.arrive(index, 50, now);
        }
        assert_eq!(batch.ledger(170).quiet_longest_ns, 20, "looking does not end the quiet");
        batch.answer(50, 50, 0, 200);
        batch.arrive(3, 50, 210);
        let ledger = batch.ledger(300);
        assert_eq!((ledger.peak_in_flight, ledger.quiet_longest_ns), (3, 50));
        assert_eq!(ledger.quiet_sum_ns, 30 + 20 + 50 + 10);
    }

    #[test]
    fn time_in_the_queue_is_a_hold_but_not_late() {
        let batch = open(4, 4);
        batch.arrive(0, 50, 100);
        batch.answer(50, 90, 30, 190);
        let ledger = batch.ledger(200);
        assert_eq!((ledger.held_sum_ns, ledger.queued_sum_ns, ledger.hold_late_ns.max), (90, 30, 10));
    }

    #[test]
    fn of_a_crawl_nothing_is_owed() {
        let site = inflight_record::Site {
            catalogue: inflight_record::crawl::Catalogue::Books,
            lists: 1,
            seed: 1,
            faults_per_mille: 0,
        };
        let owed = OpenBatch { crawl: Some(OpenCrawl { site, delay_ns: 50 }), ..OpenBatch::new(7, 19, 4) };
        let batch = Batch::open(owed, 0, inflight_record::histogram::from_values([]).unwrap());
        for (index, now) in [(0, 100), (1, 130)] {
            batch.arrive(index, 50, now);
            batch.answer(50, 50, 0, now + 25);
            batch.complete(1000);
        }
        batch.arrive(1, 50, 200);
        let ledger = batch.ledger(500);
        assert_eq!((ledger.missing, ledger.doubled, ledger.quiet_sum_ns, ledger.quiet_longest_ns), (0, 1, 0, 0));
        assert_eq!(ledger.crawl, Some(inflight_record::SiteLedger::default()));
    }

    #[test]
    fn an_empty_batch_has_an_empty_ledger() {
        let ledger = open(3, 1).ledger(1_000);
        assert_eq!(ledger, Ledger { batch: 7, missing: 3, cpu_ns: ledger.cpu_ns, ..Ledger::default() });
    }
}
