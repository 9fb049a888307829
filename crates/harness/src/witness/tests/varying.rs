//! Evidence with delays that vary.

use inflight_record::LogNormal;

use super::{Case, MS};

/// An honest batch of 200 requests, 20 in flight, around 50 ms each.
fn vary(case: &mut Case) {
    case.workload.requests = 200;
    case.workload.concurrency = 20;
    case.workload.lognormal = Some(LogNormal { sigma_milli: 600, seed: 3 });
    case.declared_peak = 20;
    case.most_in_flight = 20;
    let example = case.samples[0];
    case.samples = case
        .workload
        .delays_ns()
        .zip(0..)
        .map(|(delay_ns, index)| {
            let mut sample = example;
            sample.index = index;
            sample.token = Some(case.key.token(7, index));
            sample.hold_ns = delay_ns;
            sample.end_ns = sample.start_ns + delay_ns + MS;
            sample
        })
        .collect();
    let ideal_ns = case.workload.ideal_ns();
    case.makespan_ns = 3 * ideal_ns;
    case.ledger.requests = 200;
    case.ledger.completed = 200;
    case.ledger.bytes = 20_000;
    case.ledger.peak_in_flight = 20;
    case.ledger.held_sum_ns = case.workload.delay_sum_ns();
    case.ledger.asked_mark = case.workload.asked_mark();
    case.ledger.span_ns = case.makespan_ns - 4 * MS;
    case.ledger.arriving_ns = case.ledger.span_ns - 150 * MS;
    // Answers come one by one: nearly always some slot's next request is on its way.
    case.ledger.quiet_sum_ns = case.ledger.arriving_ns;
}

/// One that is capped at half of its slots; it waits at its cap for a millisecond or two at a stretch.
fn capped_at_half(case: &mut Case) {
    vary(case);
    case.ledger.peak_in_flight = 10;
    case.ledger.quiet_longest_ns = 2 * MS;
}

#[test]
fn an_honest_batch_is_ok_though_it_is_never_quite_full() {
    assert!(!Case::ok(vary));
    assert!(!Case::ok(|case| {
        vary(case);
        case.ledger.peak_in_flight = 18;
    }));
}

#[test]
fn a_cap_at_half_is_caught_by_the_time_in_which_requests_were_owed() {
    let reason = Case::invalid(capped_at_half);
    assert!(reason.contains("at most 10 requests were in flight, declared: 20"), "{reason}");
    // The longest delay of all may come last, and take as long as all others together.
    let reason = Case::invalid(|case| {
        capped_at_half(case);
        case.ledger.arriving_ns = 500 * MS;
        case.ledger.quiet_sum_ns = 390 * MS;
        case.ledger.span_ns = 1_200 * MS;
        case.makespan_ns = 1_210 * MS;
    });
    assert!(reason.contains("390.000 ms in all"), "{reason}");
}

#[test]
fn an_await_in_a_loop_waits_at_its_cap() {
    let reason = Case::invalid(|case| {
        vary(case);
        case.ledger.peak_in_flight = 1;
        case.makespan_ns = 2 * case.workload.delay_sum_ns();
        case.ledger.span_ns = case.makespan_ns - 4 * MS;
        case.ledger.quiet_longest_ns = 60 * MS;
        case.ledger.quiet_sum_ns = 0;
    });
    assert!(reason.contains("60.000 ms at a stretch"), "{reason}");
}

#[test]
fn a_client_that_was_busy_or_kept_off_its_cpu_is_underfilled() {
    assert!(Case::ok(|case| {
        capped_at_half(case);
        case.usage.user_ns = case.ledger.arriving_ns * 6 / 10;
        case.seen_cpu_ns = case.usage.user_ns;
    }));
    assert!(Case::ok(|case| {
        capped_at_half(case);
        case.usage.user_ns = case.ledger.arriving_ns * 2 / 10;
        case.seen_cpu_ns = case.usage.user_ns;
        case.disturbed_ns = case.ledger.arriving_ns;
    }));
    assert!(Case::ok(|case| {
        capped_at_half(case);
        case.ledger.cpu_ns = case.ledger.arriving_ns * 6 / 10;
    }));
}

#[test]
fn a_batch_that_was_all_start_is_underfilled() {
    // One wave: the shortest delays were over before the last request was sent, and the longest took six times as long.
    assert!(Case::ok(|case| {
        vary(case);
        case.ledger.peak_in_flight = 15;
        case.ledger.arriving_ns = 24 * MS;
        case.ledger.quiet_sum_ns = 24 * MS;
    }));
}

#[test]
fn shorter_delays_are_named() {
    let reason = Case::invalid(|case| {
        vary(case);
        case.ledger.held_sum_ns /= 2;
    });
    assert!(reason.contains("shorter delays were asked for"), "{reason}");
}

#[test]
fn evened_out_delays_are_named() {
    let reason = Case::invalid(|case| {
        vary(case);
        // As many nanoseconds in all, but not where they are owed.
        case.ledger.asked_mark = case.ledger.asked_mark.wrapping_add(1);
    });
    assert!(reason.contains("not those of their indices"), "{reason}");
}
