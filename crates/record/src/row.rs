//! The row: what statistics need of a record, small enough to hold a million of them.

mod lean;

use std::sync::Arc;

use crate::{CrawlFigures, Flag, Memory, Outcome, Record, RoundTrip};

pub use lean::{load, read};

/// A name that many rows share.
pub type Name = Arc<str>;

/// The figures of one record, without card, histograms and counters.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// [`Record::study_id`].
    pub study_id: Name,
    /// [`Record::environment_id`].
    pub environment_id: Name,
    /// Slug of the workload.
    pub slug: Name,
    /// [`Record::arm`].
    pub arm: Name,
    /// [`Record::round`].
    pub round: u32,
    /// The day on which it started, by UTC: `2026-01-02`.
    pub date: Name,
    /// [`Record::outcome`].
    pub outcome: Outcome,
    /// [`Record::flags`].
    pub flags: FlagSet,
    /// [`Record::reason`].
    pub reason: Option<Name>,
    /// N.
    pub requests: u64,
    /// [`Record::ideal_ns`].
    pub ideal_ns: u64,
    /// [`Record::makespan_ns`].
    pub makespan_ns: Option<u64>,
    /// CPU time of the worker, user and system, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// [`Memory::model_bytes`].
    pub memory_bytes: Option<u64>,
    /// [`Record::threads_peak`].
    pub threads_peak: Option<u64>,
    /// Latency from the batch's start: median and 99th percentile, nanoseconds.
    pub from_start_ns: Option<(u64, u64)>,
    /// Latency from send: median and 99th percentile, nanoseconds.
    pub from_send_ns: Option<(u64, u64)>,
    /// The server's account, where there is one.
    pub ledger: Option<LedgerRow>,
    /// To a server elsewhere: [`RoundTrip::min_ns`] and [`RoundTrip::median_ns`].
    pub round_trip_ns: Option<(u64, u64)>,
    /// What came of it, where it is a crawl. Most rows are none, and there may be a million of them.
    pub crawl: Option<Box<CrawlRow>>,
}

/// What statistics need of a ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
pub struct LedgerRow {
    /// Requests that were answered, and whose answers were taken.
    #[serde(default)]
    pub completed: u64,
    /// Most in flight.
    pub peak_in_flight: u64,
    /// Connections used.
    pub connections: u64,
    /// First arrival to last answer, nanoseconds.
    pub span_ns: u64,
    /// Sum of holds, nanoseconds.
    pub held_sum_ns: u64,
    /// Sum of times in the server's queue, nanoseconds.
    #[serde(default)]
    pub queued_sum_ns: u64,
}

/// What statistics need of a crawl; names and units are those of [`CrawlFigures`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[expect(missing_docs, reason = "each field is documented once, on CrawlFigures")]
pub struct CrawlRow {
    pub lists: u64,
    pub lists_failed: u64,
    pub named: u64,
    pub stored: u64,
    pub failed: u64,
    pub retried: u64,
    pub queue_peak: u64,
    pub waited_ns: u64,
    pub tail_ns: u64,
}

impl From<&CrawlFigures> for CrawlRow {
    fn from(crawl: &CrawlFigures) -> Self {
        Self {
            lists: crawl.lists,
            lists_failed: crawl.lists_failed,
            named: crawl.named,
            stored: crawl.stored,
            failed: crawl.failed,
            retried: crawl.retried,
            queue_peak: crawl.queue_peak,
            waited_ns: crawl.waited_ns,
            tail_ns: crawl.tail_ns,
        }
    }
}

/// A set of flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlagSet(u16);

impl FlagSet {
    /// The flags in it, in their order.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }

    /// Whether the flag is in it.
    #[must_use]
    pub fn has(self, flag: Flag) -> bool {
        self.0 & bit(flag) != 0
    }
}

/// The day of a time as records have it, `2026-01-02T03:04:05Z`.
fn date(started_at: &str) -> &str {
    started_at.split('T').next().unwrap_or_default()
}

fn bit(flag: Flag) -> u16 {
    1 << flag as u16
}

impl FromIterator<Flag> for FlagSet {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        Self(flags.into_iter().fold(0, |set, flag| set | bit(flag)))
    }
}

impl Row {
    /// Whether the batch's times may be used: as [`Record::times_count`].
    #[must_use]
    pub fn times_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(Flag::excludes_time)
    }

    /// Whether the batch's costs may be used: as [`Record::costs_count`].
    #[must_use]
    pub fn costs_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(Flag::excludes_cost)
    }
}

impl From<&Record> for Row {
    fn from(record: &Record) -> Self {
        let latency = record.latency.filter(|_| record.outcome != Outcome::Counted);
        Self {
            study_id: record.study_id.as_str().into(),
            environment_id: record.environment_id.as_str().into(),
            slug: record.workload.slug.as_str().into(),
            arm: record.arm.as_str().into(),
            round: record.round,
            date: date(&record.started_at).into(),
            outcome: record.outcome,
            flags: record.flags.iter().copied().collect(),
            reason: record.reason.as_deref().map(Into::into),
            requests: record.workload.requests,
            ideal_ns: record.ideal_ns,
            makespan_ns: record.makespan_ns,
            cpu_ns: record.cpu.map(crate::Cpu::total_ns),
            memory_bytes: record.memory.map(Memory::model_bytes),
            threads_peak: record.threads_peak,
            from_start_ns: latency.map(|latency| (latency.from_start_ns.p50, latency.from_start_ns.p99)),
            from_send_ns: latency.map(|latency| (latency.from_send_ns.p50, latency.from_send_ns.p99)),
            ledger: record.ledger.map(|ledger| LedgerRow {
                completed: ledger.completed,
                peak_in_flight: ledger.peak_in_flight,
                connections: ledger.connections,
                span_ns: ledger.span_ns,
                held_sum_ns: ledger.held_sum_ns,
                queued_sum_ns: ledger.queued_sum_ns,
            }),
            round_trip_ns: record.round_trip.as_ref().map(RoundTrip::pair_ns),
            crawl: record.crawl.as_ref().map(|crawl| Box::new(CrawlRow::from(crawl))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_each_flag_by_itself() {
        for flag in Flag::ALL {
            let set: FlagSet = [flag].into_iter().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), [flag]);
        }
        assert_eq!(FlagSet::default().iter().count(), 0);
    }
}
