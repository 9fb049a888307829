//! What can be checked of a load generator: that the server counted as many requests as it reports. Pure.

use inflight_record::{Ledger, Reported};

use super::Verdict;

/// Holds what a yardstick reports against the server's count. It makes requests of its own number, all with one index, and
/// tells of them in sums: `concurrency` of them may be on their way when it stops.
#[must_use]
pub fn examine(reported: Option<&Reported>, ledger: &Ledger, concurrency: u64) -> Verdict {
    let Some(reported) = reported else {
        return Verdict::Failed("a yardstick owes a report of its requests, and gave none".to_owned());
    };
    let Reported { requests, errors, .. } = *reported;
    if errors > 0 {
        return Verdict::Failed(format!("{errors} requests failed, as the yardstick reports"));
    }
    if requests == 0 {
        return Verdict::Failed("the yardstick reports no request".to_owned());
    }
    let invalid = |text: String| Verdict::Invalid(text);
    if requests > ledger.completed {
        return invalid(format!("the yardstick reports {requests} answers, the server completed {}", ledger.completed));
    }
    if ledger.requests > requests + concurrency {
        return invalid(format!(
            "the server saw {} requests; the yardstick reports {requests}, and at most {concurrency} may have been on their way when it stopped",
            ledger.requests
        ));
    }
    if ledger.peak_in_flight > concurrency {
        return invalid(format!(
            "{} requests were in flight at once; asked: at most {concurrency}",
            ledger.peak_in_flight
        ));
    }
    Verdict::Counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(requests: u64, errors: u64, ledger: (u64, u64, u64)) -> Verdict {
        let (requests_seen, completed, peak_in_flight) = ledger;
        let ledger = Ledger { requests: requests_seen, completed, peak_in_flight, ..Ledger::default() };
        examine(Some(&Reported { requests, errors, ..Reported::default() }), &ledger, 10)
    }

    #[test]
    fn counts_that_agree_are_counted_and_those_on_their_way_are_forgiven() {
        assert_eq!(verdict(100, 0, (100, 100, 10)), Verdict::Counted);
        assert_eq!(verdict(100, 0, (110, 103, 10)), Verdict::Counted);
    }

    #[test]
    fn each_lie_is_named() {
        for (found, says) in [
            (verdict(101, 0, (101, 100, 10)), "reports 101 answers, the server completed 100"),
            (verdict(100, 0, (111, 111, 10)), "the server saw 111 requests"),
            (verdict(100, 0, (100, 100, 11)), "11 requests were in flight"),
        ] {
            assert!(matches!(&found, Verdict::Invalid(text) if text.contains(says)), "{found:?}");
        }
        assert!(matches!(verdict(100, 1, (100, 100, 10)), Verdict::Failed(_)));
        assert!(matches!(verdict(0, 0, (0, 0, 0)), Verdict::Failed(_)));
        assert!(matches!(examine(None, &Ledger::default(), 10), Verdict::Failed(_)));
    }
}
