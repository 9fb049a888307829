//! The witness on evidence made by hand: one thing wrong at a time.

use inflight_record::{Ledger, Network, Outside, Sample, SampleError, TokenKey, Workload};

use crate::protocol::Usage;

use super::{Evidence, Verdict, examine};

mod capacity;
mod crawl;
mod elsewhere;
mod varying;

const MS: u64 = 1_000_000;

/// An honest batch of 10 requests, 5 in flight, 50 ms each.
struct Case {
    workload: Workload,
    key: TokenKey,
    samples: Vec<Sample>,
    ledger: Ledger,
    makespan_ns: u64,
    declared_peak: u64,
    most_in_flight: u64,
    http2: bool,
    usage: Usage,
    seen_cpu_ns: u64,
    disturbed_ns: u64,
    network: Network,
    round_trip_ns: Option<u64>,
}

impl Case {
    fn honest() -> Self {
        let workload = Workload { body_bytes: 100, ..Workload::new(10, 5, 50 * MS) };
        let key = TokenKey::new([9; 16]);
        let samples = (0..10)
            .map(|index| {
                let start_ns = if index < 5 { MS } else { 53 * MS };
                Sample {
                    index,
                    start_ns,
                    end_ns: start_ns + 51 * MS,
                    hold_ns: 50 * MS,
                    status: 200,
                    bytes: 100,
                    token: Some(key.token(7, index)),
                    error: None,
                }
            })
            .collect();
        let ledger = Ledger {
            batch: 7,
            requests: 10,
            completed: 10,
            bytes: 1000,
            peak_in_flight: 5,
            connections: 5,
            connections_opened: 5,
            span_ns: 102 * MS,
            held_sum_ns: 500 * MS,
            asked_mark: workload.asked_mark(),
            ..Ledger::default()
        };
        Self {
            workload,
            key,
            samples,
            ledger,
            makespan_ns: 105 * MS,
            declared_peak: 5,
            most_in_flight: 5,
            http2: false,
            usage: Usage { user_ns: 2 * MS, peak_bytes: 20 << 20, ..Usage::default() },
            seen_cpu_ns: 0,
            disturbed_ns: 0,
            network: Network::default(),
            round_trip_ns: None,
        }
    }

    fn verdict(&self) -> Verdict {
        examine(&Evidence {
            workload: &self.workload,
            batch: 7,
            key: &self.key,
            declared_peak: self.declared_peak,
            most_in_flight: self.most_in_flight,
            http2: self.http2,
            makespan_ns: self.makespan_ns,
            samples: &self.samples,
            texts: &["request 3: reset".to_owned()],
            ledger: &self.ledger,
            usage: Some(self.usage),
            outside: &Outside {
                wall_ns: self.makespan_ns.max(105 * MS) + MS,
                cpu_ns: self.seen_cpu_ns,
                peak_bytes: 20 << 20,
                ..Outside::default()
            },
            disturbed_ns: self.disturbed_ns,
            network: self.network,
            round_trip_ns: self.round_trip_ns,
            crawl: None,
        })
    }

    fn invalid(change: impl FnOnce(&mut Self)) -> String {
        let mut case = Self::honest();
        change(&mut case);
        match case.verdict() {
            Verdict::Invalid(reason) => reason,
            other => panic!("expected invalid, got {other:?}"),
        }
    }

    fn ok(change: impl FnOnce(&mut Self)) -> bool {
        let mut case = Self::honest();
        change(&mut case);
        match case.verdict() {
            Verdict::Ok { underfilled } => underfilled,
            other => panic!("expected ok, got {other:?}"),
        }
    }
}

/// A client capped at 2 of 5: it waits for most of each delay.
fn capped(case: &mut Case) {
    case.ledger.peak_in_flight = 2;
    case.ledger.span_ns = 251 * MS;
    case.makespan_ns = 255 * MS;
    case.ledger.quiet_longest_ns = 47 * MS;
    case.ledger.quiet_sum_ns = 190 * MS;
}

#[test]
fn an_honest_batch_is_ok() {
    assert!(!Case::ok(|_| {}));
}

#[test]
fn skipped_requests_are_named() {
    let reason = Case::invalid(|case| {
        case.ledger.requests = 9;
        case.ledger.missing = 1;
    });
    assert!(reason.contains("9 requests") && reason.contains("1 indices missing") && reason.contains("each of 10"));
}

#[test]
fn a_doubled_index_is_named() {
    let reason = Case::invalid(|case| {
        case.ledger.requests = 11;
        case.ledger.doubled = 1;
    });
    assert!(reason.contains("1 doubled"), "{reason}");
}

#[test]
fn an_answer_outstanding_is_named() {
    let reason = Case::invalid(|case| case.samples[4].error = Some(SampleError::Unfinished));
    assert!(reason.contains("1 of 10 answers outstanding"), "{reason}");
    let reason = Case::invalid(|case| case.samples[4].end_ns = 200 * MS);
    assert!(reason.contains("1 of 10 answers came after the makespan"), "{reason}");
}

#[test]
fn missing_samples_are_outstanding_answers() {
    let reason = Case::invalid(|case| case.samples.truncate(7));
    assert!(reason.contains("3 of 10 answers outstanding"), "{reason}");
}

#[test]
fn another_answers_token_is_wrong() {
    let reason = Case::invalid(|case| case.samples[4].token = case.samples[3].token);
    assert!(reason.contains("1 of 10 answers carry a wrong token"), "{reason}");
}

#[test]
fn an_unread_body_is_named() {
    let reason = Case::invalid(|case| {
        case.samples[4].token = None;
        case.samples[4].error = Some(SampleError::Body);
    });
    assert!(reason.contains("1 of them none at all"), "{reason}");
}

#[test]
fn bytes_have_to_match() {
    let reason = Case::invalid(|case| case.samples[4].bytes = 99);
    assert!(reason.contains("999 bytes") && reason.contains("1000"), "{reason}");
}

#[test]
fn a_shortened_makespan_is_named() {
    let short = |makespan_ns: u64| {
        move |case: &mut Case| {
            case.makespan_ns = makespan_ns;
            for sample in &mut case.samples {
                sample.end_ns = sample.end_ns.min(makespan_ns);
            }
        }
    };
    assert!(Case::invalid(short(101 * MS)).contains("below the server's span"));
    let reason = Case::invalid(|case| {
        short(99 * MS)(case);
        case.ledger.span_ns = 98 * MS;
    });
    assert!(reason.contains("below the declared ideal"), "{reason}");
}

#[test]
fn a_protocol_other_than_the_cards_is_named() {
    let reason = Case::invalid(|case| case.ledger.streams = 1);
    assert!(
        reason.contains("1 of 10 requests came as streams") && reason.contains("the card says HTTP/1.1"),
        "{reason}"
    );
    for streams in [0, 9] {
        let reason = Case::invalid(|case| {
            case.http2 = true;
            case.ledger.streams = streams;
        });
        assert!(reason.contains("owed: 10, because the card says HTTP/2"), "{reason}");
    }
    assert!(!Case::ok(|case| {
        case.http2 = true;
        case.ledger.streams = 10;
    }));
}

#[test]
fn a_makespan_above_the_wall_time_is_named() {
    let case = Case::honest();
    let verdict = examine(&Evidence {
        workload: &case.workload,
        batch: 7,
        key: &case.key,
        declared_peak: 5,
        most_in_flight: 5,
        http2: false,
        makespan_ns: case.makespan_ns,
        samples: &case.samples,
        texts: &[],
        ledger: &case.ledger,
        usage: None,
        outside: &Outside { wall_ns: case.makespan_ns - 1, ..Outside::default() },
        disturbed_ns: 0,
        network: Network::default(),
        round_trip_ns: None,
        crawl: None,
    });
    assert!(matches!(verdict, Verdict::Invalid(reason) if reason.contains("above the driver's wall time")));
}

#[test]
fn latencies_cannot_be_shorter_than_holds() {
    let reason = Case::invalid(|case| case.samples.iter_mut().for_each(|sample| sample.start_ns += 2 * MS));
    assert!(reason.contains("less than the server's holds"), "{reason}");
}

#[test]
fn holds_have_to_be_those_of_the_server() {
    let reason = Case::invalid(|case| case.samples[0].hold_ns = 40 * MS);
    assert!(reason.contains("holds add up to"), "{reason}");
}

#[test]
fn more_in_flight_than_declared_is_named() {
    let reason = Case::invalid(|case| case.ledger.peak_in_flight = 10);
    assert!(reason.contains("10 requests were in flight") && reason.contains("at most 5"), "{reason}");
}

#[test]
fn threads_that_race_for_a_pool_may_have_more_in_flight_than_the_peak_and_no_more_than_their_most() {
    let raced = |peak| {
        move |case: &mut Case| {
            (case.workload.concurrency, case.most_in_flight) = (10, 10);
            case.ledger.peak_in_flight = peak;
        }
    };
    assert!(!Case::ok(raced(7)));
    let reason = Case::invalid(raced(11));
    assert!(reason.contains("11 requests were in flight") && reason.contains("at most 10"), "{reason}");
    // All at once: not faster than what they may have in flight.
    Case::ok(|case| {
        raced(10)(case);
        case.samples.iter_mut().for_each(|sample| (sample.start_ns, sample.end_ns) = (MS, 52 * MS));
        (case.makespan_ns, case.ledger.span_ns) = (54 * MS, 51 * MS);
    });
}

#[test]
fn a_client_that_waited_is_capped() {
    let reason = Case::invalid(capped);
    assert!(reason.contains("at most 2 requests were in flight, declared: 5"), "{reason}");
}

#[test]
fn a_capped_client_need_not_move_in_waves() {
    let reason = Case::invalid(|case| {
        capped(case);
        case.ledger.quiet_longest_ns = 2 * MS;
    });
    assert!(reason.contains("190.000 ms in all"), "{reason}");
}

#[test]
fn shorter_delays_and_smaller_bodies_are_named() {
    let reason = Case::invalid(|case| {
        case.ledger.held_sum_ns = 400 * MS;
        case.samples.iter_mut().for_each(|sample| sample.hold_ns = 40 * MS);
    });
    assert!(reason.contains("held 400.000 ms in all; owed: 500.000 ms"), "{reason}");
    let reason = Case::invalid(|case| case.workload.body_bytes = 101);
    assert!(reason.contains("1000 bytes; owed: at least 1010"), "{reason}");
}

#[test]
fn costs_have_to_be_those_that_the_kernel_saw() {
    let reason = Case::invalid(|case| case.seen_cpu_ns = 90 * MS);
    assert!(reason.contains("2.000 ms of CPU time, the kernel 90.000 ms"), "{reason}");
    let reason = Case::invalid(|case| case.usage.peak_bytes = 1);
    assert!(reason.contains("peaked at 1 bytes"), "{reason}");
    assert!(!Case::ok(|case| case.usage.peak_bytes = 0), "a peer that cannot tell");
}

#[test]
fn a_client_that_was_busy_is_underfilled() {
    assert!(Case::ok(|case| {
        capped(case);
        case.usage.user_ns = 240 * MS;
        case.seen_cpu_ns = 240 * MS;
    }));
}

#[test]
fn a_client_that_was_kept_off_its_cpu_is_underfilled() {
    assert!(Case::ok(|case| {
        capped(case);
        case.disturbed_ns = 150 * MS;
        case.usage.user_ns = 40 * MS;
        case.seen_cpu_ns = 40 * MS;
    }));
    assert!(Case::ok(|case| {
        capped(case);
        case.network.syn_retransmits = 1;
    }));
}

#[test]
fn load_does_not_excuse_a_long_wait() {
    let reason = Case::invalid(|case| {
        capped(case);
        case.ledger.quiet_longest_ns = 490 * MS;
        case.disturbed_ns = 10_000 * MS;
    });
    assert!(reason.contains("free slot"), "{reason}");
}

#[test]
fn without_delay_the_fill_is_not_checked() {
    assert!(!Case::ok(|case| {
        case.workload.delay_ns = 0;
        case.ledger.asked_mark = case.workload.asked_mark();
        capped(case);
    }));
}

#[test]
fn a_client_that_says_it_failed_is_believed() {
    let mut case = Case::honest();
    case.samples[3].error = Some(SampleError::Client);
    assert_eq!(case.verdict(), Verdict::Failed("1 of 10 requests failed in the client; request 3: reset".to_owned()));
    case.samples[3].error = Some(SampleError::Status);
    case.samples[3].status = 500;
    assert_eq!(case.verdict(), Verdict::Failed("1 of 10 answers were not 200; request 3: status 500".to_owned()));
}
