//! Metrics: which figure a row gives, in which unit, and where it makes no sense.

use inflight_record::{Row, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Medians of peak memory that lie closer together than this are no difference, in ranks or between studies: both ends of
/// a peak come from a counter that the kernel keeps per CPU and adds up loosely.
pub const MEMORY_RESOLUTION_BYTES: f64 = 524_288.0;

/// Whether two medians of peak memory, not by request, lie far enough apart to be a difference.
pub(crate) fn memory_differs(a: Option<f64>, b: Option<f64>) -> bool {
    a.zip(b).is_some_and(|(a, b)| (a - b).abs() >= MEMORY_RESOLUTION_BYTES)
}

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Ns,
    /// Bytes.
    Bytes,
    /// A part of 1.
    Share,
    /// A number of things.
    Count,
    /// How many times another figure.
    Ratio,
}

/// What is measured of a batch. Of those that are compared, less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Makespan − ideal.
    Excess,
    /// Ideal / makespan.
    Efficiency,
    /// Wall time of the batch.
    Makespan,
    /// CPU time of the worker, by request.
    CpuPerRequest,
    /// Peak memory of the model, by request in flight at the peak.
    MemoryPerRequestInFlight,
    /// Peak memory of the model.
    PeakMemory,
    /// Latency from the batch's start, median.
    LatencyFromStartP50,
    /// Latency from the batch's start, 99th percentile.
    LatencyFromStartP99,
    /// Latency from send, median.
    LatencyFromSendP50,
    /// Latency from send, 99th percentile.
    LatencyFromSendP99,
    /// Most threads at once.
    Threads,
    /// Connections used.
    Connections,
    /// Mean number in flight by Little's law, from the server's ledger: throughput over its span times the mean time
    /// from arrival to answer (hold and queue). What is on its way to the server or back is not in it.
    MeanInFlight,
}

impl Metric {
    /// Every metric, in the order of a summary.
    pub const ALL: [Self; 13] = [
        Self::Excess,
        Self::Efficiency,
        Self::Makespan,
        Self::CpuPerRequest,
        Self::MemoryPerRequestInFlight,
        Self::PeakMemory,
        Self::LatencyFromStartP50,
        Self::LatencyFromStartP99,
        Self::LatencyFromSendP50,
        Self::LatencyFromSendP99,
        Self::Threads,
        Self::Connections,
        Self::MeanInFlight,
    ];

    /// Those in which models are compared.
    pub const COMPARED: [Self; 4] = [Self::Excess, Self::Makespan, Self::CpuPerRequest, Self::MemoryPerRequestInFlight];

    /// Those of which decisions are made: what `--rounds auto` waits for, and what two studies are compared in. A makespan
    /// follows from its excess.
    pub const DECISIVE: [Self; 3] = [Self::Excess, Self::CpuPerRequest, Self::MemoryPerRequestInFlight];

    /// The word in the ids of figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Excess => "excess",
            Self::Efficiency => "efficiency",
            Self::Makespan => "makespan",
            Self::CpuPerRequest => "cpu_per_request",
            Self::MemoryPerRequestInFlight => "memory_per_request_in_flight",
            Self::PeakMemory => "peak_memory",
            Self::LatencyFromStartP50 => "latency_from_start_p50",
            Self::LatencyFromStartP99 => "latency_from_start_p99",
            Self::LatencyFromSendP50 => "latency_from_send_p50",
            Self::LatencyFromSendP99 => "latency_from_send_p99",
            Self::Threads => "threads",
            Self::Connections => "connections",
            Self::MeanInFlight => "mean_in_flight",
        }
    }

    /// The words in tables.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::CpuPerRequest => "CPU/request",
            Self::MemoryPerRequestInFlight => "memory/in flight",
            Self::PeakMemory => "peak memory",
            Self::LatencyFromStartP50 => "p50 from start",
            Self::LatencyFromStartP99 => "p99 from start",
            Self::LatencyFromSendP50 => "p50 from send",
            Self::LatencyFromSendP99 => "p99 from send",
            Self::MeanInFlight => "mean in flight",
            Self::Excess | Self::Efficiency | Self::Makespan | Self::Threads | Self::Connections => self.as_str(),
        }
    }

    /// Its unit.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Efficiency => Unit::Share,
            Self::MemoryPerRequestInFlight | Self::PeakMemory => Unit::Bytes,
            Self::Threads | Self::Connections | Self::MeanInFlight => Unit::Count,
            _ => Unit::Ns,
        }
    }

    /// Why there is no such figure of this workload, where there is none.
    #[must_use]
    pub fn absent(self, workload: &Workload) -> Option<&'static str> {
        match self {
            _ if workload.delay_ns > 0 => None,
            Self::Excess | Self::Efficiency => Some("no ideal at D = 0"),
            Self::MemoryPerRequestInFlight | Self::MeanInFlight => Some("at D = 0 what is in flight cannot be seen"),
            _ => None,
        }
    }

    /// Why models are not ranked by it under this workload, where they are not.
    #[must_use]
    pub fn unranked(self, workload: &Workload) -> Option<&'static str> {
        let either_side = workload.delay_ns == 0 && self.is_time();
        either_side.then_some("at D = 0 the server may be what is measured; only CPU per request is ranked there")
    }

    /// Whether the flags that leave out times leave it out; otherwise those do that leave out costs.
    pub(crate) fn is_time(self) -> bool {
        !matches!(
            self,
            Self::CpuPerRequest | Self::MemoryPerRequestInFlight | Self::PeakMemory | Self::Threads | Self::Connections
        )
    }

    /// Whether a batch may be used for it.
    #[must_use]
    pub fn counts(self, row: &Row) -> bool {
        if self.is_time() { row.times_count() } else { row.costs_count() }
    }

    /// The figure of a batch that may be used for it.
    #[must_use]
    pub fn of(self, row: &Row) -> Option<f64> {
        if !self.counts(row) {
            return None;
        }
        let makespan = row.makespan_ns.map(number);
        match self {
            Self::Excess => makespan.map(|makespan| makespan - number(row.ideal_ns)),
            Self::Efficiency => {
                makespan.filter(|makespan| *makespan > 0.0).map(|makespan| number(row.ideal_ns) / makespan)
            }
            Self::Makespan => makespan,
            Self::CpuPerRequest => {
                row.cpu_ns.filter(|_| row.requests > 0).map(|cpu| number(cpu) / number(row.requests))
            }
            Self::MemoryPerRequestInFlight => {
                let peak = peak_in_flight(row)?;
                row.memory_bytes.map(|bytes| number(bytes) / peak)
            }
            Self::PeakMemory => row.memory_bytes.map(number),
            Self::LatencyFromStartP50 => row.from_start_ns.map(|(p50, _)| number(p50)),
            Self::LatencyFromStartP99 => row.from_start_ns.map(|(_, p99)| number(p99)),
            Self::LatencyFromSendP50 => row.from_send_ns.map(|(p50, _)| number(p50)),
            Self::LatencyFromSendP99 => row.from_send_ns.map(|(_, p99)| number(p99)),
            Self::Threads => row.threads_peak.map(number),
            Self::Connections => row.ledger.map(|ledger| number(ledger.connections)),
            Self::MeanInFlight => mean_in_flight(row),
        }
    }
}

/// The most that the batch had in flight, where there is a ledger and it saw any.
pub(crate) fn peak_in_flight(row: &Row) -> Option<f64> {
    row.ledger.map(|ledger| number(ledger.peak_in_flight)).filter(|peak| *peak > 0.0)
}

fn mean_in_flight(row: &Row) -> Option<f64> {
    let ledger = row.ledger.filter(|ledger| ledger.span_ns > 0 && row.requests > 0)?;
    let throughput_per_s = number(row.requests) / seconds(ledger.span_ns);
    // Holds last from arrival to answer: the server's queue is in them.
    let stay_s = seconds(ledger.held_sum_ns) / number(row.requests);
    Some(inflight_stats::littles_law(throughput_per_s, stay_s))
}

fn seconds(ns: u64) -> f64 {
    number(ns) / 1e9
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds, bytes and counts of one batch stay far below 2^53")]
pub(crate) fn number(value: u64) -> f64 {
    value as f64
}

/// A count of things in memory as a number.
#[expect(clippy::cast_precision_loss, reason = "nothing in memory is counted to 2^53")]
pub(crate) fn number_of(count: usize) -> f64 {
    count as f64
}
