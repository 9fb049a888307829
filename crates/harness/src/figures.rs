//! Figures of a batch: from samples to percentiles and histograms.

use inflight_record::histogram::{self, HistogramError};
use inflight_record::{Histograms, Latency, Percentiles, Sample};
use inflight_stats::nearest_rank;

/// Percentiles and histograms of the three latencies of a batch.
///
/// # Errors
/// A histogram cannot be written (never seen).
pub fn latencies<'s>(
    samples: impl Iterator<Item = &'s Sample> + Clone,
) -> Result<(Latency, Histograms), HistogramError> {
    let (from_start_ns, from_start) = one(samples.clone().map(|sample| sample.end_ns).collect())?;
    let (from_send_ns, from_send) = one(samples.clone().map(since_send).collect())?;
    let (overhead_ns, overhead) =
        one(samples.map(|sample| since_send(sample).saturating_sub(sample.hold_ns)).collect())?;
    Ok((
        Latency { from_start_ns, from_send_ns, overhead_ns },
        Histograms { from_start_ns: from_start, from_send_ns: from_send, overhead_ns: overhead },
    ))
}

fn since_send(sample: &Sample) -> u64 {
    sample.end_ns.saturating_sub(sample.start_ns)
}

fn one(mut values: Vec<u64>) -> Result<(Percentiles, String), HistogramError> {
    values.sort_unstable();
    let rank = |percent| nearest_rank(&values, percent).unwrap_or(0);
    let percentiles = Percentiles { p50: rank(50), p90: rank(90), p99: rank(99), max: rank(100) };
    let text = histogram::encode(&histogram::from_values(values.iter().copied())?)?;
    Ok((percentiles, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_latencies_are_told_apart() {
        let sample = Sample {
            index: 0,
            start_ns: 100,
            end_ns: 180,
            hold_ns: 50,
            status: 200,
            bytes: 0,
            token: None,
            error: None,
        };
        let (latency, histograms) = latencies([sample].iter()).unwrap();
        assert_eq!((latency.from_start_ns.p50, latency.from_send_ns.p50, latency.overhead_ns.p50), (180, 80, 30));
        assert_eq!(histogram::decode(&histograms.overhead_ns).unwrap().max(), 30);
    }
}
