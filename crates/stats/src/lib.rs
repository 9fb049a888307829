//! Pure functions on numbers: no I/O, no clock, no randomness, nothing of ours.
//!
//! | step | functions |
//! | --- | --- |
//! | rounds to one figure | [`median()`], [`nearest_rank`], [`littles_law()`] |
//! | two models, round by round | [`log_ratios`], [`location()`], [`sign_flip()`] |
//! | one model by itself | [`median_interval`], [`slope()`] |
//! | all pairs at once | [`holm()`], [`tie_groups()`], [`rounds_for_ranks`], [`least_p`], [`least_rounds`] |
//! | what could have been seen | [`reach`], [`half_width`], [`smallest_detectable`] |
//! | two studies | [`shift()`], [`rounds_for_shift`] |
//! | where two models change places | [`crossing()`] |
//! | several machines | [`Effect`], [`random_effects()`] |
//! | how many rounds | [`auto`], [`Stopping`] |
//!
//! The choices: differences are paired by round and logarithmic, since noise comes in proportion and drift hits a whole
//! round. Their middle is the Hodges–Lehmann estimate with the signed-rank interval, and their test is the sign-flip
//! test on signed ranks: the two are one method seen from two sides, exact up to 100 rounds, and neither an outlier nor
//! a tick of the clock spoils them. Figures of one model alone need no symmetry: they get the order-statistic interval
//! of the median. Rounds that stop when intervals are narrow spoil both, so under [`Stopping::Auto`] intervals are held
//! to 97.5 % and differences to 3.5 %, which gives about 95 % and 5 %. SIMULATION.md beside this crate
//! has the coverage and width of each candidate, and how to print them again.

pub mod auto;
mod crossing;
mod detect;
mod effects;
mod holm;
mod interval;
mod littles_law;
mod location;
mod median;
mod null;
mod posterior;
mod random_effects;
mod ratios;
mod shift;
mod sign_flip;
mod slope;
mod sums;
mod tie_groups;

pub use crossing::{Crossing, crossing};
pub use detect::{half_width, reach, smallest_detectable};
pub use effects::Effect;
pub use holm::holm;
pub use interval::{Interval, Stopping};
pub use littles_law::littles_law;
pub use location::{least_rounds, location, median_interval};
pub use median::{median, nearest_rank};
pub use random_effects::{LEAST_EFFECTS, RandomEffects, random_effects};
pub use ratios::log_ratios;
pub use shift::{rounds_for_shift, shift};
pub use sign_flip::{least_p, rounds_for_ranks, sign_flip};
pub use slope::{Slope, slope};
pub use tie_groups::tie_groups;
