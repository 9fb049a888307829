//! What has to hold for any numbers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use inflight_stats::{
    Interval, Stopping, auto, crossing, half_width, holm, least_p, least_rounds, littles_law, location, log_ratios,
    median, median_interval, reach, rounds_for_ranks, rounds_for_shift, shift, sign_flip, slope, smallest_detectable,
    tie_groups,
};
use proptest::collection::vec;
use proptest::prelude::*;

const BOTH: [Stopping; 2] = [Stopping::Fixed, Stopping::Auto];

fn near(x: f64, y: f64) -> bool {
    (x - y).abs() <= 1e-9 * x.abs().max(y.abs()).max(1.0)
}

/// Differences as they come: any, or in few sizes, so that there are ties and zeros.
fn differences(rounds: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let ticks = (-4..=4_i8).prop_map(|tick| f64::from(tick) * 0.25);
    prop_oneof![vec(-10.0..10.0, rounds.clone()), vec(ticks, rounds)]
}

fn negated(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| -value).collect()
}

/// An estimate with limits around it.
fn interval() -> impl Strategy<Value = Interval> {
    (-10.0..10.0, 0.0..5.0, 0.0..5.0).prop_map(|(estimate, down, up): (f64, f64, f64)| Interval {
        low: estimate - down,
        estimate,
        high: estimate + up,
    })
}

/// The line from (x0, y0) to (x1, y1) at x.
fn line((x0, y0): (f64, f64), (x1, y1): (f64, f64), x: f64) -> f64 {
    y0 + (y1 - y0) * (x - x0) / (x1 - x0)
}

proptest! {
    #[test]
    fn a_crossing_lies_on_the_way_between_its_limits(from in interval(), to in interval(), start in -5.0..5.0, way in 0.1..9.0, back: bool) {
        let end = if back { start - way } else { start + way };
        let found = crossing((start, from), (end, to));
        prop_assert_eq!(found.is_none(), from.low > 0.0 || to.high < 0.0);
        let Some(found) = found else { return Ok(()) };
        let on_the_way = |x: f64| (x - start) / (end - start);
        let at = found.at.unwrap_or(found.first);
        for x in [found.first, at, found.last] {
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&on_the_way(x)));
        }
        prop_assert!(on_the_way(found.first) <= on_the_way(at) + 1e-9 && on_the_way(at) <= on_the_way(found.last) + 1e-9);
        if let Some(at) = found.at {
            prop_assert!(line((start, from.estimate), (end, to.estimate), at).abs() < 1e-6);
        }
    }

    #[test]
    fn crossings_move_and_stretch_with_the_places_and_not_with_the_unit(from in interval(), to in interval(), by in -5.0..5.0, times in 0.1..10.0) {
        let plain = crossing((1.0, from), (4.0, to));
        let moved = crossing((1.0 * times + by, from.map(|y| 3.0 * y)), (4.0 * times + by, to.map(|y| 3.0 * y)));
        prop_assert_eq!(plain.is_some(), moved.is_some());
        if let (Some(plain), Some(moved)) = (plain, moved) {
            prop_assert!(near(plain.first * times + by, moved.first) && near(plain.last * times + by, moved.last));
            prop_assert_eq!(plain.at.is_some(), moved.at.is_some());
            prop_assert!(plain.at.zip(moved.at).is_none_or(|(plain, moved)| near(plain * times + by, moved)));
        }
    }

    #[test]
    fn wider_limits_never_narrow_a_crossing(from in interval(), to in interval(), more in 0.0..3.0) {
        let wider = |it: Interval| Interval { low: it.low - more, high: it.high + more, ..it };
        if let Some(narrow) = crossing((0.0, from), (1.0, to)) {
            let wide = crossing((0.0, wider(from)), (1.0, wider(to))).unwrap();
            prop_assert!(wide.first <= narrow.first + 1e-9 && narrow.last <= wide.last + 1e-9);
        }
    }

    #[test]
    fn order_does_not_matter((values, mixed) in differences(0..30).prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle()))) {
        for stopping in BOTH {
            prop_assert_eq!(location(&values, stopping), location(&mixed, stopping));
            prop_assert_eq!(median_interval(&values, stopping), median_interval(&mixed, stopping));
            prop_assert_eq!(smallest_detectable(&values, stopping), smallest_detectable(&mixed, stopping));
        }
        prop_assert_eq!(sign_flip(&values), sign_flip(&mixed));
        prop_assert_eq!(median(&values), median(&mixed));
    }

    #[test]
    fn intervals_hold_their_estimate_and_exist_from_the_least_rounds(values in differences(0..30)) {
        for stopping in BOTH {
            for interval in [location(&values, stopping), median_interval(&values, stopping)] {
                prop_assert_eq!(interval.is_some(), values.len() >= least_rounds(stopping));
                prop_assert!(interval.is_none_or(|interval| interval.contains(interval.estimate)));
            }
        }
    }

    #[test]
    fn a_higher_level_is_no_narrower(values in differences(7..30), other in vec(-10.0..10.0, 8..20)) {
        for make in [location, median_interval] {
            let (fixed, auto) = (make(&values, Stopping::Fixed).unwrap(), make(&values, Stopping::Auto).unwrap());
            prop_assert!(auto.low <= fixed.low && fixed.high <= auto.high);
            prop_assert_eq!(auto.estimate, fixed.estimate);
        }
        let (narrow, wide) = (shift(&values, &other, 0.9).unwrap(), shift(&values, &other, 0.99).unwrap());
        prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
    }

    #[test]
    fn intervals_move_and_stretch_with_the_values(values in differences(7..30), by in -5.0..5.0, times in 0.1..10.0) {
        let changed: Vec<f64> = values.iter().map(|value| times * value + by).collect();
        for make in [location, median_interval] {
            let expected = make(&values, Stopping::Fixed).unwrap().map(|x| times * x + by);
            let interval = make(&changed, Stopping::Fixed).unwrap();
            prop_assert!(near(interval.low, expected.low) && near(interval.high, expected.high));
            prop_assert!(near(interval.estimate, expected.estimate));
        }
    }

    #[test]
    fn arms_that_change_places_negate(a in vec(0.1..10.0, 7..30), b in vec(0.1..10.0, 7..30)) {
        let (there, back) = (log_ratios(&a, &b), log_ratios(&b, &a));
        prop_assert_eq!(&back, &negated(&there));
        prop_assert_eq!(sign_flip(&there), sign_flip(&back));
        prop_assert_eq!(half_width(&there, Stopping::Fixed), half_width(&back, Stopping::Fixed));
        for stopping in BOTH {
            let turned = location(&back, stopping).unwrap().map(|x| -x);
            prop_assert_eq!(location(&there, stopping).unwrap(), turned);
        }
        let turned = shift(&b, &a, 0.95).unwrap().map(|x| -x);
        prop_assert_eq!(shift(&a, &b, 0.95).unwrap(), turned);
    }

    #[test]
    fn the_test_and_the_interval_are_one_method(values in vec(-1.0..2.0, 6..30)) {
        let zero_outside = !location(&values, Stopping::Fixed).unwrap().contains(0.0);
        prop_assert_eq!(zero_outside, sign_flip(&values).unwrap() <= 0.05);
    }

    #[test]
    fn p_is_a_probability_and_knows_its_least(values in differences(1..30), size in 0.1..9.0) {
        let p = sign_flip(&values).unwrap();
        prop_assert!(p >= least_p(values.len()) && p <= 1.0);
        prop_assert_eq!(sign_flip(&vec![size; values.len()]).unwrap(), least_p(values.len()));
    }

    #[test]
    fn equal_values_give_a_point(value in -9.0..9.0, rounds in 7..30_usize) {
        let values = vec![value; rounds];
        for stopping in BOTH {
            for interval in [location(&values, stopping).unwrap(), median_interval(&values, stopping).unwrap()] {
                prop_assert_eq!((interval.low, interval.estimate, interval.high), (value, value, value));
            }
            prop_assert_eq!(half_width(&values, stopping), Some(0.0));
            let nothing = vec![0.0; rounds];
            prop_assert_eq!(smallest_detectable(&nothing, stopping), None);
        }
        prop_assert_eq!(sign_flip(&vec![0.0; rounds]), Some(1.0));
    }

    #[test]
    fn what_can_be_found_is_more_than_what_may_be_chance(values in differences(7..30)) {
        for stopping in BOTH {
            if let Some(size) = smallest_detectable(&values, stopping) {
                prop_assert!(size > half_width(&values, stopping).unwrap());
            }
        }
    }

    #[test]
    fn pairs_that_are_no_ratio_are_left_out(a in vec(0.1..10.0, 0..20), at in 0..20_usize, bad in prop_oneof![Just(0.0), Just(-1.0), Just(f64::NAN), Just(f64::INFINITY)]) {
        let mut broken = a.clone();
        let is_in = at < a.len();
        if is_in {
            broken[at] = bad;
        }
        prop_assert_eq!(log_ratios(&a, &broken).len(), a.len() - usize::from(is_in));
        prop_assert!(log_ratios(&broken, &a).iter().all(|&ratio| ratio == 0.0));
    }

    #[test]
    fn holm_is_at_least_p_and_keeps_its_order(p in vec(0.0..=1.0, 0..40)) {
        let adjusted = holm(&p);
        prop_assert_eq!(adjusted.len(), p.len());
        for i in 0..p.len() {
            prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
            prop_assert!(adjusted[i] <= (p.len() as f64 * p[i]).min(1.0) + 1e-12);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
            }
        }
    }

    #[test]
    fn ranks_can_be_reached_from_just_that_many_rounds(pairs in 1..2_000_usize) {
        for stopping in BOTH {
            let rounds = rounds_for_ranks(pairs, stopping);
            let best = |rounds| holm(&vec![least_p(rounds); pairs])[0];
            prop_assert!(best(rounds) <= stopping.alpha() && best(rounds - 1) > stopping.alpha());
        }
    }

    #[test]
    fn a_shift_has_an_interval_from_just_that_many_values(level in 0.5..0.9999) {
        let least = rounds_for_shift(level);
        let values = |count: usize| (0..count).map(|value| value as f64).collect::<Vec<_>>();
        prop_assert!(shift(&values(least), &values(least), level).is_some());
        prop_assert!(least == 1 || shift(&values(least - 1), &values(least - 1), level).is_none());
    }

    #[test]
    fn the_reach_is_where_the_interval_ends(values in differences(7..30)) {
        for stopping in BOTH {
            let (interval, reach) = (location(&values, stopping).unwrap(), reach(&values, stopping).unwrap().ln_1p());
            prop_assert!(near(reach, interval.low.abs().max(interval.high.abs())));
            prop_assert!(reach >= half_width(&values, stopping).unwrap().ln_1p() - 1e-9);
        }
    }

    #[test]
    fn tie_groups_are_the_largest_sets_without_a_difference(count in 0..8_usize, pairs in vec(any::<bool>(), 64)) {
        let different = |i: usize, j: usize| pairs[8 * i.min(j) + i.max(j)];
        let groups = tie_groups(count, different);
        let alike = |set: &[usize]| set.iter().all(|&i| set.iter().all(|&j| i == j || !different(i, j)));
        // Every set of items, largest or not.
        let sets: Vec<Vec<usize>> =
            (1..1_usize << count).map(|bits| (0..count).filter(|item| bits >> item & 1 == 1).collect()).collect();
        let grows = |set: &[usize]| (0..count).any(|item| !set.contains(&item) && alike(&[set, &[item]].concat()));
        let mut expected: Vec<Vec<usize>> = sets.into_iter().filter(|set| alike(set) && !grows(set)).collect();
        expected.sort();
        prop_assert_eq!(groups, expected);
    }

    #[test]
    fn a_line_is_found_on_itself(per_x in -9.0..9.0_f64, start in -9.0..9.0_f64, xs in vec(-100.0..100.0_f64, 3..20)) {
        let points: Vec<(f64, f64)> = xs.iter().map(|&x| (x, start + per_x * x)).collect();
        prop_assume!(xs.iter().any(|x| (x - xs[0]).abs() > 1.0));
        let line = slope(&points).unwrap();
        prop_assert!((line.per_x - per_x).abs() < 1e-9 && (line.intercept - start).abs() < 1e-6);
        prop_assert!(line.low <= line.per_x && line.per_x <= line.high);
    }

    #[test]
    fn a_shift_is_found_where_there_is_one(a in vec(-9.0..9.0, 4..20), by in -9.0..9.0) {
        let b: Vec<f64> = a.iter().map(|value| value + by).collect();
        let found = shift(&a, &b, 0.95).unwrap();
        prop_assert!(found.low <= by + 1e-9 && by - 1e-9 <= found.high);
        prop_assert!(near(found.estimate, by));
    }

    #[test]
    fn looks_follow_each_other(rounds in 0..5_000_usize) {
        let next = auto::next_look(rounds);
        prop_assert!(next > rounds && next >= 12 && auto::is_look(next));
        prop_assert!((rounds + 1..next).all(|between| !auto::is_look(between)));
    }
}

#[test]
fn littles_law_counts_who_is_inside() {
    // One comes every half second and stays three: the one that just came, and five before it.
    assert_eq!(littles_law(2.0, 3.0), 6.0);
}

#[test]
fn large_studies_are_handled() {
    // Above the exact distributions: 150 rounds, and 60 against 60.
    let values: Vec<f64> = (0..150).map(|round| f64::from(round % 11) - 4.0).collect();
    let p = sign_flip(&values).unwrap();
    assert!(p < 0.002, "{p}");
    assert!(location(&values, Stopping::Fixed).unwrap().low > 0.0);
    let zero_out = |count: i32| (0..count).map(f64::from).collect::<Vec<_>>();
    let found = shift(&zero_out(60), &zero_out(60), 0.95).unwrap();
    assert_eq!((found.low, found.estimate, found.high), (-7.0, 0.0, 7.0));
}

#[test]
fn extreme_figures_still_compare() {
    assert!(log_ratios(&[f64::MAX], &[f64::MIN_POSITIVE])[0] > 1_400.0);
    let wide = vec![f64::MAX; 12];
    assert_eq!(location(&wide, Stopping::Fixed).unwrap().estimate, f64::MAX);
}
