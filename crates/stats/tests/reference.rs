//! Our numbers against those of scipy and statsmodels: `reference/generate.py` wrote them down.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use inflight_stats::{Interval, Stopping, holm, location, median_interval, shift, sign_flip, slope};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    sign_flip: Vec<SignFlip>,
    location_fixed: Vec<Limits>,
    location_auto: Vec<Limits>,
    median_interval_fixed: Vec<Limits>,
    median_interval_auto: Vec<Limits>,
    holm: Vec<Adjusted>,
    slope: Vec<Line>,
    shift: Vec<Shift>,
}

#[derive(Deserialize)]
struct SignFlip {
    name: String,
    values: Vec<f64>,
    p: f64,
}

#[derive(Deserialize)]
struct Limits {
    values: Vec<f64>,
    interval: (f64, f64, f64),
}

#[derive(Deserialize)]
struct Adjusted {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Line {
    points: Vec<(f64, f64)>,
    per_x: f64,
    intercept: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Shift {
    a: Vec<f64>,
    b: Vec<f64>,
    level: f64,
    interval: (f64, f64, f64),
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/reference.json")).unwrap()
}

/// Equal but for the rounding of sums in another order.
#[track_caller]
fn same(ours: f64, theirs: f64, what: &str) {
    let near = (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-6);
    assert!(near, "{what}: {ours} here, {theirs} there");
}

#[track_caller]
fn same_interval(ours: Option<Interval>, theirs: (f64, f64, f64), what: &str) {
    let ours = ours.unwrap();
    same(ours.low, theirs.0, what);
    same(ours.estimate, theirs.1, what);
    same(ours.high, theirs.2, what);
}

#[test]
fn sign_flip_is_the_permutation_test_and_wilcoxon() {
    for case in reference().sign_flip {
        same(sign_flip(&case.values).unwrap(), case.p, &case.name);
    }
}

#[test]
fn location_is_the_inverted_signed_rank_test() {
    let reference = reference();
    for (cases, stopping) in [(reference.location_fixed, Stopping::Fixed), (reference.location_auto, Stopping::Auto)] {
        for case in cases {
            let what = format!("{stopping:?} {}", case.values.len());
            same_interval(location(&case.values, stopping), case.interval, &what);
        }
    }
}

#[test]
fn median_interval_has_the_binomial_ranks() {
    let reference = reference();
    for (cases, stopping) in
        [(reference.median_interval_fixed, Stopping::Fixed), (reference.median_interval_auto, Stopping::Auto)]
    {
        for case in cases {
            let what = format!("{stopping:?} {}", case.values.len());
            same_interval(median_interval(&case.values, stopping), case.interval, &what);
        }
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for case in reference().holm {
        let ours = holm(&case.p);
        assert_eq!(ours.len(), case.adjusted.len());
        for (ours, theirs) in ours.into_iter().zip(case.adjusted) {
            same(ours, theirs, &format!("{} p values", case.p.len()));
        }
    }
}

#[test]
fn slope_is_linregress() {
    for case in reference().slope {
        let ours = slope(&case.points).unwrap();
        let what = format!("{} points", case.points.len());
        same(ours.per_x, case.per_x, &what);
        same(ours.intercept, case.intercept, &what);
        same(ours.low, case.low, &what);
        same(ours.high, case.high, &what);
    }
}

#[test]
fn shift_is_the_inverted_mann_whitney_test() {
    for case in reference().shift {
        let what = format!("{} against {} at {}", case.a.len(), case.b.len(), case.level);
        same_interval(shift(&case.a, &case.b, case.level), case.interval, &what);
    }
}
