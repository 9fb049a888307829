//! Delays that vary: log-normal around a median, one for each index, fixed by a seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::Distribution as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest delay, in nanoseconds: 60 s, as the server's `/delay/{seconds}` allows.
pub const MAX_DELAY_NS: u64 = 60_000_000_000;
/// Least and greatest sigma, in thousandths: at 3 the slowest of 100 requests takes a thousand times the median.
pub const SIGMA_MILLI: std::ops::RangeInclusive<u32> = 1..=3_000;
/// Delays are whole multiples of this, in nanoseconds: below it, arithmetic may differ from one platform to another.
const STEP_NS: u64 = 1_000;

/// Delays that are drawn from a log-normal distribution, as response times of real sites roughly are: ln(delay) is
/// normal with mean ln(D) and this sigma. A fixed delay hides what waves cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogNormal {
    /// Standard deviation of ln(delay), in thousandths: 600 is 0.6. 1 to 3,000.
    pub sigma_milli: u32,
    /// Seed of the delays (`ChaCha8`, drawn in order of index): the same for every model and round.
    pub seed: u64,
}

impl LogNormal {
    /// The delays of the first `count` indices around this median, in nanoseconds; none is above 60 s.
    pub fn delays_ns(self, median_ns: u64, count: u64) -> impl Iterator<Item = u64> {
        #[expect(clippy::cast_precision_loss, reason = "a median of at most 60 s in nanoseconds is below 2^53")]
        let mu = (median_ns.max(STEP_NS) as f64).ln();
        let distribution = rand_distr::LogNormal::new(mu, f64::from(self.sigma_milli) / 1_000.0).ok();
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        // The parameters are finite, and sigma is above 0: there is a distribution.
        (0..count).map(move |_| distribution.map_or(median_ns, |distribution| whole(distribution.sample(&mut random))))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a delay may be")]
fn whole(ns: f64) -> u64 {
    let ns = ns.clamp(0.0, 6e10) as u64;
    (ns.next_multiple_of(STEP_NS)).clamp(STEP_NS, MAX_DELAY_NS)
}

/// What a request for `index` that asks for a delay of `asked_ns` adds to [`Ledger::asked_mark`](crate::Ledger): the pair,
/// scattered over 64 bits (Vigna's `SplitMix64`). Sums of a batch are equal where each index asked for its own delay, and
/// else by a chance of 2^-64: a client that evens out its delays keeps their sum, but not this one.
#[must_use]
pub fn asked_mark(index: u64, asked_ns: u64) -> u64 {
    let mut mark = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ asked_ns;
    mark = (mark ^ (mark >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mark = (mark ^ (mark >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mark ^ (mark >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_fixes_the_delays_for_ever() {
        // Records name the seed only: another draw would give old records another ideal.
        let log_normal = LogNormal { sigma_milli: 600, seed: 7 };
        let first: Vec<u64> = log_normal.delays_ns(50_000_000, 4).collect();
        assert_eq!(first, [31_400_000, 21_802_000, 85_273_000, 62_047_000]);
        assert_eq!(first, log_normal.delays_ns(50_000_000, 9).take(4).collect::<Vec<_>>());
        assert_ne!(first, LogNormal { seed: 8, ..log_normal }.delays_ns(50_000_000, 4).collect::<Vec<_>>());
    }

    #[test]
    fn delays_that_change_places_or_even_out_have_another_mark() {
        let sum = |delays: [u64; 3]| {
            delays.into_iter().zip(0..).fold(0_u64, |sum, (delay, index)| sum.wrapping_add(asked_mark(index, delay)))
        };
        assert_eq!(sum([1_000, 2_000, 3_000]), sum([1_000, 2_000, 3_000]));
        assert_ne!(sum([1_000, 2_000, 3_000]), sum([2_000, 1_000, 3_000]));
        assert_ne!(sum([1_000, 2_000, 3_000]), sum([2_000, 2_000, 2_000]));
    }

    #[test]
    fn half_of_them_are_below_the_median_and_all_within_reason() {
        let delays: Vec<u64> = LogNormal { sigma_milli: 600, seed: 1 }.delays_ns(50_000_000, 10_000).collect();
        let below = delays.iter().filter(|delay| **delay < 50_000_000).count();
        assert!((4_800..5_200).contains(&below), "{below}");
        // 15.9 % of a normal distribution lie above one sigma.
        let above_sigma = delays.iter().filter(|delay| **delay > 91_106_000).count();
        assert!((1_450..1_730).contains(&above_sigma), "{above_sigma}");
        let wild = LogNormal { sigma_milli: 3_000, seed: 1 }.delays_ns(1_000_000_000, 10_000);
        assert!(wild.into_iter().all(|delay| (STEP_NS..=MAX_DELAY_NS).contains(&delay)));
    }
}
