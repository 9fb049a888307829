//! The ledger: the server's own account of a batch, against which a model's samples are checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::crawl::{Site, SiteLedger};

/// What the driver tells the server before a batch (`POST /ledger`): what is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBatch {
    /// The batch's number, at least 1: what its URLs carry as `batch`. Requests that name none count under 0.
    pub batch: u64,
    /// N: indices 0 to N − 1 are owed, each once.
    pub requests: u64,
    /// How many the model declared to have in flight at most: the slots that it may fill.
    pub slots: u64,
    /// How many requests of the batch the server serves at once; those beyond it queue in order of arrival. No limit
    /// where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Where the batch is a crawl: the site that is served for it, each page held for `delay_ns`. Its `requests` are the
    /// most indices that may come, and none of them is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<OpenCrawl>,
}

impl OpenBatch {
    /// A batch without a capacity that is no crawl.
    #[must_use]
    pub const fn new(batch: u64, requests: u64, slots: u64) -> Self {
        Self { batch, requests, slots, capacity: None, crawl: None }
    }
}

/// The number of a batch on a server that others can reach, from 64 random bits: even, with 16 decimal digits, and below 2^53,
/// so that it is exact wherever JSON's numbers are floats. To guess one of 2^51 takes years at any rate that a server answers
/// at: who knows it is who was told. The number after it is free for the warm-up.
///
/// ```
/// use inflight_record::ledger::pass;
/// assert_eq!((pass(0), pass(u64::MAX)), (4_503_599_627_370_496, 9_007_199_254_740_990));
/// ```
#[must_use]
pub const fn pass(random: u64) -> u64 {
    const LEAST: u64 = 1 << 52;
    LEAST | ((random >> 12) & !1)
}

/// What the server has to know of a crawl.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCrawl {
    /// Its pages.
    pub site: Site,
    /// For how long each page is held, in nanoseconds.
    pub delay_ns: u64,
}

/// How much longer than asked the server held responses, its queue left out, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldLateness {
    /// Half of the holds were at most so late.
    pub p50: u64,
    /// 99 of 100 holds were at most so late.
    pub p99: u64,
    /// The latest of all.
    pub max: u64,
}

/// The server's account of one batch (`GET /ledger?batch=…`). Times are of the server's monotonic clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// The batch's number.
    pub batch: u64,
    /// Requests that arrived.
    pub requests: u64,
    /// Requests whose whole answer was handed to the connection's writer, which may hold the end of a large one in its
    /// buffer.
    pub completed: u64,
    /// Bytes of the bodies of completed answers.
    pub bytes: u64,
    /// Most requests in flight at once: arrived and not yet answered, queued ones included.
    pub peak_in_flight: u64,
    /// Connections that carried at least one request of this batch.
    pub connections: u64,
    /// Those of them that were accepted after the batch was opened.
    pub connections_opened: u64,
    /// Requests that came as streams of HTTP/2; the others came over HTTP/1.1. Absent where there were none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub streams: u64,
    /// Requests whose client went away before the answer was complete.
    pub aborted: u64,
    /// Indices that never arrived.
    pub missing: u64,
    /// Requests beyond the first for their index.
    pub doubled: u64,
    /// First arrival to last answer, in nanoseconds.
    pub span_ns: u64,
    /// First arrival to last arrival, in nanoseconds: the part of the span in which requests were owed. 0 in records from
    /// before it was counted.
    #[serde(default)]
    pub arriving_ns: u64,
    /// Sum of [`asked_mark`](crate::delay::asked_mark) over all arrivals, modulo 2^64: proves that each index asked for
    /// its own delay.
    #[serde(default)]
    pub asked_mark: u64,
    /// Requests that came to another host than that of their index.
    #[serde(default)]
    pub misplaced: u64,
    /// Sum of all holds of answered requests, time in the server's queue included, in nanoseconds.
    pub held_sum_ns: u64,
    /// How much longer than asked responses were held.
    pub hold_late_ns: HoldLateness,
    /// Most requests served at once: held, and not in the queue of a server with a capacity. 0 in records from before it
    /// was counted.
    #[serde(default)]
    pub peak_served: u64,
    /// Sum of the times that answered requests spent in the queue of a server with a capacity, in nanoseconds.
    #[serde(default)]
    pub queued_sum_ns: u64,
    /// The longest time for which nothing arrived and nothing was answered although a slot was free, requests were
    /// owed, and as many were held as ever in this batch, in nanoseconds. A capped client waits here, at its cap; a
    /// busy one goes on from it.
    pub quiet_longest_ns: u64,
    /// The sum of all times with nothing arriving and nothing answered although a slot was free, requests were owed,
    /// and at least one was held, in nanoseconds.
    pub quiet_sum_ns: u64,
    /// CPU time of the server process since the batch was opened, in nanoseconds.
    pub cpu_ns: u64,
    /// Of a crawl: its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<SiteLedger>,
}

/// The ledger of a record; same names as [`Ledger`], without the batch's number, the mark of its delays and what was
/// misplaced, which prove and do not measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "each field is documented once, on Ledger")]
pub struct LedgerFigures {
    pub requests: u64,
    pub completed: u64,
    pub bytes: u64,
    pub peak_in_flight: u64,
    pub connections: u64,
    pub connections_opened: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub streams: u64,
    pub aborted: u64,
    pub missing: u64,
    pub doubled: u64,
    pub span_ns: u64,
    #[serde(default)]
    pub arriving_ns: u64,
    pub held_sum_ns: u64,
    pub hold_late_ns: HoldLateness,
    #[serde(default)]
    pub peak_served: u64,
    #[serde(default)]
    pub queued_sum_ns: u64,
    pub quiet_longest_ns: u64,
    pub quiet_sum_ns: u64,
    pub cpu_ns: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<SiteLedger>,
}

impl From<&Ledger> for LedgerFigures {
    fn from(ledger: &Ledger) -> Self {
        Self {
            requests: ledger.requests,
            completed: ledger.completed,
            bytes: ledger.bytes,
            peak_in_flight: ledger.peak_in_flight,
            connections: ledger.connections,
            connections_opened: ledger.connections_opened,
            streams: ledger.streams,
            aborted: ledger.aborted,
            missing: ledger.missing,
            doubled: ledger.doubled,
            span_ns: ledger.span_ns,
            arriving_ns: ledger.arriving_ns,
            held_sum_ns: ledger.held_sum_ns,
            hold_late_ns: ledger.hold_late_ns,
            peak_served: ledger.peak_served,
            queued_sum_ns: ledger.queued_sum_ns,
            quiet_longest_ns: ledger.quiet_longest_ns,
            quiet_sum_ns: ledger.quiet_sum_ns,
            cpu_ns: ledger.cpu_ns,
            crawl: ledger.crawl,
        }
    }
}

/// What keeps a count of 0 out of the text, so that records from before it was counted are written as they were read.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_streams_are_no_text() {
        let without = serde_json::to_string(&Ledger::default()).unwrap();
        assert!(!without.contains("streams"));
        assert_eq!(serde_json::from_str::<Ledger>(&without).unwrap().streams, 0);
        let with = serde_json::to_string(&LedgerFigures { streams: 3, ..LedgerFigures::default() }).unwrap();
        assert_eq!(serde_json::from_str::<LedgerFigures>(&with).unwrap().streams, 3);
    }
}
