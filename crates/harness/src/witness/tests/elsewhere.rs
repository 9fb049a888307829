//! Evidence with a server elsewhere: two clocks, and a way between them.

use super::{Case, MS, Verdict, capped};

/// The honest batch in `makespan_us`, every other duration of the client as much shorter than the server's.
fn verdict(makespan_us: u64, round_trip_ns: Option<u64>) -> Verdict {
    let mut case = Case::honest();
    case.round_trip_ns = round_trip_ns;
    case.makespan_ns = makespan_us * 1_000;
    case.ledger.span_ns = 100 * MS;
    let half_ns = case.makespan_ns / 2;
    for sample in &mut case.samples {
        sample.start_ns = if sample.index < 5 { 0 } else { half_ns };
        sample.end_ns = sample.start_ns + half_ns;
    }
    case.verdict()
}

#[test]
fn two_clocks_may_drift_apart_by_a_thousandth_and_no_further() {
    // Two waves of 50 ms.
    for (makespan_us, here, elsewhere) in
        [(100_000, true, true), (99_998, false, true), (99_900, false, true), (99_898, false, false)]
    {
        let is_ok = |round_trip_ns| matches!(verdict(makespan_us, round_trip_ns), Verdict::Ok { underfilled: false });
        assert_eq!((is_ok(None), is_ok(Some(MS))), (here, elsewhere), "{makespan_us} µs");
    }
}

#[test]
fn the_bound_is_neither_raised_nor_lowered_by_a_round_trip() {
    // Each request took 51 ms: a round trip may dip below what was seen of others.
    assert!(!Case::ok(|case| case.round_trip_ns = Some(40 * MS)));
    assert!(
        matches!(verdict(99_898, Some(40 * MS)), Verdict::Invalid(reason) if reason.contains("is below the server's span"))
    );
}

#[test]
fn a_slot_may_lie_idle_for_its_round_trips() {
    let quiet = |case: &mut Case| {
        case.ledger.peak_in_flight = 4;
        case.ledger.quiet_longest_ns = 30 * MS;
        case.ledger.quiet_sum_ns = 40 * MS;
        case.ledger.span_ns = 140 * MS;
        case.makespan_ns = 145 * MS;
    };
    assert!(Case::invalid(quiet).contains("hidden cap"));
    assert!(Case::ok(|case| {
        quiet(case);
        case.round_trip_ns = Some(10 * MS);
    }));
}

#[test]
fn a_hidden_cap_shows_from_afar_too() {
    let reason = Case::invalid(|case| {
        capped(case);
        case.round_trip_ns = Some(MS);
    });
    assert!(reason.contains("hidden cap"), "{reason}");
}
