//! What a study could have seen: figures from the arm that runs twice under two names.

use crate::{Interval, Stopping, location};

/// How far the interval of the A/A log-ratios reaches from 1, on the side where it reaches further, as a ratio − 1: 0.01
/// says that two arms that are the same may differ by 1 %, for all that is known. No difference smaller than this is
/// claimed. It is at least [`half_width`], and more by as much as the A/A ratio itself lies off 1: order within the round,
/// or chance. `None` where [`location`] is.
///
/// `exp(max(|low|, |high|)) − 1`.
///
/// ```
/// use inflight_stats::{Stopping, half_width, reach};
/// // From 1 % below to 5 % below: half of that is 2 %, and 5 % may be nothing.
/// let aa: Vec<f64> = [0.99, 0.98, 0.97, 0.96, 0.95, 0.95_f64].map(f64::ln).into();
/// assert!((reach(&aa, Stopping::Fixed).unwrap() - (1.0 / 0.95 - 1.0)).abs() < 1e-12);
/// assert!(half_width(&aa, Stopping::Fixed).unwrap() < 0.021);
/// ```
#[must_use]
pub fn reach(aa: &[f64], stopping: Stopping) -> Option<f64> {
    location(aa, stopping).map(|interval| interval.low.abs().max(interval.high.abs()).exp_m1())
}

/// Half the width of the interval of the A/A log-ratios, as a ratio − 1: how noisy the study is, wherever the A/A ratio
/// itself lies. `None` where [`location`] is.
///
/// `exp((high − low) / 2) − 1`.
#[must_use]
pub fn half_width(aa: &[f64], stopping: Stopping) -> Option<f64> {
    half(aa, stopping).map(f64::exp_m1)
}

/// The smallest effect, as a ratio − 1, that a study with the noise and the rounds of these A/A log-ratios finds with a
/// power of at least 0.9: the [`sign_flip`](crate::sign_flip()) p of one comparison that was planned beforehand is at
/// most [`Stopping::alpha`], both of its arms being as noisy as the arm that ran twice. For fixed rounds that is, but for
/// ties, the same as an interval that leaves out 1. Ranks need more: they are adjusted for all pairs, and take nothing
/// for a difference that is within the [`reach`]. An arm that is noisier than the baseline needs more too: four times as
/// noisy, an effect of this size is found in some 30 % of the studies.
///
/// `exp(c · (high − low) / 2) − 1` with the interval of [`location`] and `c = 1.9 + 6.6 / n` at n rounds. With normal
/// noise of known size c would be (1.96 + 1.28) / 1.96 = 1.65; that the width is estimated takes more, and that outliers
/// may pass the A/A pair by and hit the other takes most. c is such that the power, averaged over simulated studies that
/// each print their own size, is 0.9 or more at 12, 20 and 40 rounds for every kind of noise in SIMULATION.md, as long as
/// both arms have the noise of the A/A pair or less. Where
/// noise is normal it is a fifth to a third larger than need be; where processes fall into two sharp states, from some 70
/// rounds on, too small (power 0.85).
///
/// Half the smallest difference that occurs, other than 0, is the least that the half width counts for: where figures
/// move in ticks the width does too, and may be too small by up to that. `None` where [`location`] is, and where all
/// values are 0: a figure that never varied says nothing on what could be found.
#[must_use]
pub fn smallest_detectable(aa: &[f64], stopping: Stopping) -> Option<f64> {
    let half_tick = aa.iter().map(|value| value.abs() / 2.0).filter(|&half| half > 0.0).min_by(f64::total_cmp)?;
    let factor = 1.9 + 6.6 / aa.len() as f64;
    Some((factor * half(aa, stopping)?.max(half_tick)).exp_m1())
}

fn half(aa: &[f64], stopping: Stopping) -> Option<f64> {
    location(aa, stopping).as_ref().map(|interval| Interval::width(interval) / 2.0)
}
