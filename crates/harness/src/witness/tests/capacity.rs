//! Evidence with a server of limited capacity.

use super::{Case, MS, capped};

/// The honest batch of 10 requests, 5 in flight, on a server that serves 2 at once: 5 waves of 50 ms.
fn limit(case: &mut Case) {
    case.workload.capacity = Some(2);
    case.makespan_ns = 255 * MS;
    case.ledger.span_ns = 252 * MS;
    case.ledger.peak_served = 2;
    for (sample, place) in case.samples.iter_mut().zip(0..) {
        // In flight from the start for the first five, and from the end of an earlier one for the others.
        let end_ns = (place / 2 + 1) * 50 * MS + 2 * MS;
        sample.start_ns = if place < 5 { MS } else { ((place - 5) / 2 + 1) * 50 * MS + 2 * MS };
        sample.end_ns = end_ns;
        sample.hold_ns = end_ns - sample.start_ns - MS;
    }
    case.ledger.arriving_ns = 151 * MS;
    case.ledger.held_sum_ns = case.samples.iter().map(|sample| sample.hold_ns).sum();
    case.ledger.queued_sum_ns = case.ledger.held_sum_ns - 500 * MS;
}

/// The same for a client that keeps hardly more in flight than are served.
fn limit_with_hardly_a_queue(case: &mut Case) {
    limit(case);
    for sample in &mut case.samples {
        sample.start_ns = sample.end_ns - 52 * MS;
        sample.hold_ns = 51 * MS;
    }
    case.ledger.arriving_ns = 199 * MS;
    case.ledger.held_sum_ns = 510 * MS;
    case.ledger.queued_sum_ns = 10 * MS;
}

#[test]
fn an_honest_batch_is_ok() {
    assert!(!Case::ok(limit));
}

#[test]
fn the_queue_does_not_make_up_for_shorter_delays() {
    let reason = Case::invalid(|case| {
        limit(case);
        case.ledger.queued_sum_ns += 100 * MS;
    });
    assert!(reason.contains("held 400.000 ms in all, its queue left out; owed: 500.000 ms"), "{reason}");
}

#[test]
fn the_ideal_is_that_of_the_capacity() {
    let reason = Case::invalid(|case| {
        limit(case);
        case.makespan_ns = 249 * MS;
        case.ledger.span_ns = 248 * MS;
    });
    assert!(reason.contains("below the declared ideal 250.000 ms"), "{reason}");
}

#[test]
fn a_server_that_served_more_is_no_witness() {
    let reason = Case::invalid(|case| {
        limit(case);
        case.ledger.peak_served = 3;
    });
    assert!(reason.contains("served at most 3 requests at once; owed: 2 with a capacity of 2"), "{reason}");
}

#[test]
fn a_hidden_cap_shows_whether_the_capacity_is_above_or_below_it() {
    // Above: nothing queues, and the cap is all that counts.
    let above = Case::invalid(|case| {
        capped(case);
        case.workload.capacity = Some(3);
        case.ledger.peak_served = 2;
    });
    assert!(above.contains("at most 2 requests were in flight, declared: 5"), "{above}");
    // Below, it waits in shorter steps: there are as many as the capacity in each delay. Its cap costs nothing here, but
    // its card declares what it does not do.
    let below = Case::invalid(|case| {
        limit_with_hardly_a_queue(case);
        case.ledger.peak_in_flight = 3;
        case.ledger.quiet_longest_ns = 14 * MS;
        case.ledger.quiet_sum_ns = 200 * MS;
    });
    assert!(below.contains("at most 3 requests were in flight, declared: 5"), "{below}");
}

#[test]
fn who_still_starts_while_the_first_are_answered_is_underfilled() {
    assert!(Case::ok(|case| {
        limit_with_hardly_a_queue(case);
        case.ledger.peak_in_flight = 4;
        case.ledger.quiet_sum_ns = 60 * MS;
    }));
}
