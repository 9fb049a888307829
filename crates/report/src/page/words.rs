//! What each metric is, in a line: the page explains what it shows.

use crate::metric::Metric;

/// What the metric is. Whole sentences, without the name.
pub(super) fn about(metric: Metric) -> &'static str {
    match metric {
        Metric::Excess => "Makespan less the ideal: what the model adds to the wait that nobody can avoid.",
        Metric::Efficiency => "Ideal / makespan: 100 % would be a client that costs no time at all.",
        Metric::Makespan => "Wall time of the whole batch, from the moment before the model is handed the URLs.",
        Metric::CpuPerRequest => "User and system time of the client's process, divided by N.",
        Metric::MemoryPerRequestInFlight => {
            "Peak resident memory above the harness's own, divided by the most requests that were in flight."
        }
        Metric::PeakMemory => "Peak resident memory above the harness's own; differences below 0.5 MiB are none.",
        Metric::LatencyFromStartP50 => {
            "From the batch's start to the request's end, median over the requests of a batch."
        }
        Metric::LatencyFromStartP99 => {
            "From the batch's start to the request's end, 99th percentile over the requests of a batch."
        }
        Metric::LatencyFromSendP50 => "From the request's own send to its end, median over the requests of a batch.",
        Metric::LatencyFromSendP99 => {
            "From the request's own send to its end, 99th percentile over the requests of a batch."
        }
        Metric::Threads => "Most threads of the client's process at once.",
        Metric::Connections => "Connections that the server saw.",
        Metric::MeanInFlight => "Little's law on the server's ledger: how many requests it had, on average.",
    }
}
