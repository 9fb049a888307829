//! How long a study takes: from its ideals before it starts, from its own batches once there are some.

use std::collections::HashMap;
use std::time::Duration;

use inflight_harness::guards;
use inflight_harness::plan::Contender;
use inflight_record::{Connections, Workload};

/// Starting server and worker of a batch, and ending them.
pub(super) const A_BATCH: Duration = Duration::from_millis(120);
/// What a request costs both sides, and its sample on the way to disk.
const A_REQUEST: Duration = Duration::from_micros(120);
/// The warm-up before a `warm` batch.
const A_WARM_UP: Duration = Duration::from_millis(150);

/// How long one batch takes, by all that is known before it starts.
///
/// `limit` is its time limit, `cpus` the CPUs of the worker. A batch that will be skipped takes no time.
#[must_use]
pub fn batch(workload: &Workload, contender: &Contender, limit: Duration, cpus: u64) -> Duration {
    let peak = contender.card.declared_peak.resolve(workload.concurrency, workload.hosts, cpus);
    let ideal = Duration::from_nanos(workload.ideal_with_peak_ns(peak));
    if ideal >= limit || contender.lacks.is_some() || guards::unsuited(&contender.card, workload).is_some() {
        return Duration::ZERO;
    }
    let requests = u32::try_from(workload.requests).unwrap_or(u32::MAX);
    let warm_up = if workload.connections == Connections::Warm { A_WARM_UP } else { Duration::ZERO };
    ideal + A_BATCH + A_REQUEST.saturating_mul(requests) + warm_up
}

/// How long each cell's batches take: a guess first, and what they took, from beginning to record, once some ran.
#[derive(Debug, Default)]
pub struct Estimate {
    guesses: HashMap<(usize, String), Duration>,
    taken: HashMap<(usize, String), (Duration, u32)>,
}

impl Estimate {
    /// A batch of the arm on the workload at `place` should take so long.
    pub fn guess(&mut self, place: usize, arm: &str, guess: Duration) {
        self.guesses.insert((place, arm.to_owned()), guess);
    }

    /// One took so long.
    pub fn note(&mut self, place: usize, arm: &str, took: Duration) {
        let (sum, count) = self.taken.entry((place, arm.to_owned())).or_default();
        *sum += took;
        *count += 1;
    }

    /// How long the next one takes: the mean of those that ran, or the guess.
    #[must_use]
    pub fn of(&self, place: usize, arm: &str) -> Duration {
        let cell = (place, arm.to_owned());
        let mean = self.taken.get(&cell).map(|(sum, count)| *sum / *count);
        mean.or_else(|| self.guesses.get(&cell).copied()).unwrap_or_default()
    }
}

/// A duration as people say it: `45 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration is not negative")]
    let seconds = seconds as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineup;
    use std::path::Path;

    #[test]
    fn a_batch_takes_its_declared_ideal_and_a_little_more() {
        let workload = Workload::new(100, 100, 50_000_000);
        let of = |model: &str| {
            let contender = lineup::choose(model, Path::new("inflight")).unwrap().remove(0);
            batch(&workload, &contender, Duration::from_secs(60), 1)
        };
        assert!(of("raw-epoll") > Duration::from_millis(50) && of("raw-epoll") < Duration::from_millis(500));
        assert!(of("sequential") > Duration::from_secs(5) && of("sequential") < Duration::from_secs(6));
    }

    #[test]
    fn measured_batches_are_remembered() {
        let mut estimate = Estimate::default();
        estimate.guess(0, "a", Duration::from_secs(9));
        assert_eq!(estimate.of(0, "a"), Duration::from_secs(9));
        [1, 3].into_iter().for_each(|seconds| estimate.note(0, "a", Duration::from_secs(seconds)));
        assert_eq!(estimate.of(0, "a"), Duration::from_secs(2));
        assert_eq!(estimate.of(1, "a"), Duration::ZERO);
    }

    #[test]
    fn durations_are_spoken() {
        assert_eq!(spoken(Duration::from_millis(44_600)), "45 s");
        assert_eq!(spoken(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(spoken(Duration::from_secs(7_500)), "2 h 5 min");
    }
}
