//! What a study could have seen: figures from the arm that runs twice under two names.

use crate::{Interval, Stopping, location};

/// Half the width of the interval of the A/A log-ratios, as a ratio − 1: 0.01 says that two arms that are the same
/// differ by 1 % within the interval. No difference smaller than this is claimed. `None` where [`location`] is.
///
/// `exp((high − low) / 2) − 1`.
#[must_use]
pub fn half_width(aa: &[f64], stopping: Stopping) -> Option<f64> {
    half(aa, stopping).map(f64::exp_m1)
}

/// The smallest effect, as a ratio − 1, that a study with the noise and the rounds of these A/A log-ratios finds with a
/// power of at least 0.9: the [`sign_flip`](crate::sign_flip()) p of a single planned comparison is at most 0.05 and its
/// interval leaves out 1.
///
/// `exp(c · (high − low) / 2) − 1` with the interval of [`location`]. Known noise would have c = (1.96 + 1.28) / 1.96 =
/// 1.65; that the width is itself estimated, from as many rounds, takes more. c is the smallest factor at which the
/// power, averaged over simulated studies that each print their own size, is 0.9 for every kind of noise in
/// SIMULATION.md, and falls with the rounds.
///
/// `None` where [`location`] is, and where the interval has no width: noise below the resolution of the figure says
/// nothing on what could be found.
#[must_use]
pub fn smallest_detectable(aa: &[f64], stopping: Stopping) -> Option<f64> {
    let half = half(aa, stopping).filter(|&half| half > 0.0)?;
    Some((factor(aa.len(), stopping) * half).exp_m1())
}

fn half(aa: &[f64], stopping: Stopping) -> Option<f64> {
    location(aa, stopping).as_ref().map(|interval| Interval::width(interval) / 2.0)
}

/// By simulation: see SIMULATION.md.
fn factor(rounds: usize, stopping: Stopping) -> f64 {
    let rounds = rounds as f64;
    match stopping {
        Stopping::Fixed => 1.65 + 5.0 / rounds,
        Stopping::Auto => 1.65 + 5.0 / rounds,
    }
}
