//! What can be checked of a load generator: that its sums are the server's. Pure.

use inflight_record::Reported;

use super::{Evidence, Verdict, at_least, costs, ms};

/// Holds what a yardstick reports against the server's count. It makes requests of its own number, all with one index, and
/// tells of them in sums: C of them may be on their way when it stops.
#[must_use]
pub fn examine(reported: Option<&Reported>, evidence: &Evidence<'_>) -> Verdict {
    let Some(reported) = reported else {
        return Verdict::Failed("a yardstick owes a report of its requests, and gave none".to_owned());
    };
    if reported.errors > 0 {
        return Verdict::Failed(format!("{} requests failed, as the yardstick reports", reported.errors));
    }
    if reported.requests == 0 {
        return Verdict::Failed("the yardstick reports no request".to_owned());
    }
    match sums(reported.requests, evidence).or_else(|| costs(evidence)) {
        Some(reason) => Verdict::Invalid(reason),
        None => Verdict::Counted,
    }
}

/// What does not add up.
fn sums(requests: u64, evidence: &Evidence<'_>) -> Option<String> {
    let Evidence { workload, ledger, makespan_ns, outside, .. } = *evidence;
    if requests > ledger.completed {
        return Some(format!("the yardstick reports {requests} answers, the server completed {}", ledger.completed));
    }
    let concurrency = workload.concurrency;
    if ledger.requests > requests + concurrency {
        return Some(format!(
            "the server saw {} requests; the yardstick reports {requests}, and at most {concurrency} may have been on their way when it stopped",
            ledger.requests
        ));
    }
    if ledger.peak_in_flight > concurrency {
        return Some(format!(
            "{} requests were in flight at once; asked: at most {concurrency}",
            ledger.peak_in_flight
        ));
    }
    let (served, owed) =
        (ledger.held_sum_ns.saturating_sub(ledger.queued_sum_ns), requests.saturating_mul(workload.delay_ns));
    if served < owed {
        return Some(format!(
            "the server held {} in all; owed for {requests} requests: {}: shorter delays were asked for",
            ms(served),
            ms(owed)
        ));
    }
    if makespan_ns > outside.wall_ns {
        return Some(format!("makespan {} is above the driver's wall time {}", ms(makespan_ns), ms(outside.wall_ns)));
    }
    if makespan_ns < at_least(evidence, ledger.span_ns) {
        return Some(format!(
            "makespan {} is below the server's span {} from first arrival to last answer",
            ms(makespan_ns),
            ms(ledger.span_ns)
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Usage;
    use inflight_record::{Ledger, Network, Outside, TokenKey, Workload};

    const MS: u64 = 1_000_000;

    /// 100 requests of 5 ms, ten at a time, in 60 ms of wall time, with 20 ms of CPU.
    fn verdict(reported: Reported, edit: impl Fn(&mut Ledger, &mut Evidence<'_>)) -> Verdict {
        let workload = Workload::new(100, 10, 5 * MS);
        let mut ledger = Ledger {
            requests: 100,
            completed: 100,
            peak_in_flight: 10,
            held_sum_ns: 500 * MS,
            span_ns: 50 * MS,
            ..Ledger::default()
        };
        let outside = Outside { wall_ns: 60 * MS, cpu_ns: 20 * MS, ..Outside::default() };
        let key = TokenKey::new([7; 16]);
        let blank = Ledger::default();
        let mut evidence = Evidence {
            workload: &workload,
            batch: 2,
            key: &key,
            declared_peak: 10,
            most_in_flight: 10,
            http2: false,
            makespan_ns: 55 * MS,
            samples: &[],
            texts: &[],
            ledger: &blank,
            usage: Some(Usage { user_ns: 20 * MS, ..Usage::default() }),
            outside: &outside,
            disturbed_ns: 0,
            network: Network::default(),
            round_trip_ns: None,
            crawl: None,
        };
        edit(&mut ledger, &mut evidence);
        examine(Some(&reported), &Evidence { ledger: &ledger, ..evidence })
    }

    const HUNDRED: Reported = Reported { requests: 100, errors: 0, latency_p50_ns: None, latency_p99_ns: None };

    #[test]
    fn sums_that_agree_are_counted_and_those_on_their_way_are_forgiven() {
        assert_eq!(verdict(HUNDRED, |_, _| {}), Verdict::Counted);
        assert_eq!(verdict(HUNDRED, |ledger, _| (ledger.requests, ledger.completed) = (110, 103)), Verdict::Counted);
    }

    #[test]
    fn each_lie_is_named() {
        let more = Reported { requests: 101, ..HUNDRED };
        for (found, says) in [
            (verdict(more, |_, _| {}), "reports 101 answers, the server completed 100"),
            (verdict(HUNDRED, |ledger, _| ledger.requests = 111), "the server saw 111 requests"),
            (verdict(HUNDRED, |ledger, _| ledger.peak_in_flight = 11), "11 requests were in flight"),
            (verdict(HUNDRED, |ledger, _| ledger.held_sum_ns -= 1), "shorter delays were asked for"),
            (verdict(HUNDRED, |_, evidence| evidence.makespan_ns = 61 * MS), "above the driver's wall time"),
            (verdict(HUNDRED, |_, evidence| evidence.makespan_ns = 1), "below the server's span"),
            (
                verdict(HUNDRED, |_, evidence| evidence.usage = Some(Usage { user_ns: 400 * MS, ..Usage::default() })),
                "CPU time",
            ),
        ] {
            assert!(matches!(&found, Verdict::Invalid(text) if text.contains(says)), "{says}: {found:?}");
        }
        assert!(matches!(verdict(Reported { errors: 1, ..HUNDRED }, |_, _| {}), Verdict::Failed(_)));
        assert!(matches!(verdict(Reported { requests: 0, ..HUNDRED }, |_, _| {}), Verdict::Failed(_)));
    }
}
