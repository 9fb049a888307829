//! Little's law: rate times stay is how many are inside.

/// The mean number of requests in flight, `L = λ · W` (Little 1961): throughput in requests a second times the mean
/// latency in seconds. Holds for any arrivals, order and distribution as long as what arrives also leaves; the mean of
/// all latencies, not a median.
///
/// ```
/// // 10,000 requests a second that each take 50 ms keep 500 in flight.
/// assert_eq!(inflight_stats::littles_law(10_000.0, 0.05), 500.0);
/// ```
#[must_use]
pub fn littles_law(throughput_per_s: f64, latency_s: f64) -> f64 {
    throughput_per_s * latency_s
}
