//! Each liar is caught, with a reason that names what was seen and what was owed; the honest one is not.

use inflight_record::{Connections, Outcome, Record, Workload};
use libtest_mimic::Trial;

use crate::stage::{SECOND, contender, run_one, workload};

pub fn tests() -> Vec<Trial> {
    let half = half_second();
    // Name, workload, and what its reason has to name: what was seen, what was owed.
    let liars: [(&str, Workload, &[&str]); 12] = [
        ("skips-one-percent", workload(200, 20, half / 5), &["199 requests", "1 indices missing", "each of 200 once"]),
        ("answers-from-a-cache", workload(50, 10, half / 5), &["1 requests", "49 indices missing", "each of 50 once"]),
        ("awaits-in-a-loop", workload(6, 3, half), &["at most 1 requests were in flight", "declared: 3"]),
        ("runs-twice-c", workload(80, 20, half), &["requests were in flight at once", "declared: at most 20"]),
        ("caps-at-50", workload(200, 100, half), &["at most 50 requests were in flight", "declared: 100"]),
        (
            "never-reads-the-body",
            workload(40, 20, half / 5),
            &["40 of 40 answers carry a wrong token", "40 of them none"],
        ),
        ("returns-early", workload(40, 20, half), &["1 of 40 answers outstanding"]),
        ("asks-twice", workload(40, 20, half / 5), &["41 requests", "1 doubled", "each of 40 once"]),
        ("asks-for-less-delay", workload(40, 20, half / 5), &["in all; owed: 4000.000 ms", "shorter delays"]),
        ("staggers-50", workload(300, 100, half), &["at most 50 requests were in flight", "declared: 100"]),
        ("claims-to-be-cheap", workload(100, 20, half / 5), &["used 0.000 ms of CPU time, the kernel"]),
        ("shortens-its-makespan", workload(40, 20, half), &["is below the server's span"]),
    ];
    let mut tests: Vec<Trial> = liars
        .into_iter()
        .map(|(name, workload, reason)| {
            Trial::test(format!("witness::{name}_is_invalid"), move || {
                caught(&run_one(&workload, contender(name)), reason);
                Ok(())
            })
        })
        .collect();
    tests.extend([Connections::Cold, Connections::Warm].map(|connections| {
        Trial::test(format!("witness::honest_{}_is_ok", connections.as_str()), move || {
            let record = run_one(&Workload { connections, ..workload(200, 50, half / 5) }, contender("honest"));
            honest(&record, connections);
            Ok(())
        })
    }));
    tests.push(Trial::test("witness::a_model_cannot_open_batches", || {
        let record = run_one(&workload(40, 20, half_second() / 5), contender("opens-batches"));
        assert_eq!(record.outcome, Outcome::Ok, "{:?}", record.reason);
        Ok(())
    }));
    tests.push(
        Trial::test("witness::a_cap_of_50_is_caught_100_times_at_50_ms", || {
            // The hardest case: one wave at the cap. Not under load, where such short waits prove nothing: hence ignored.
            for _ in 0..100 {
                let record = run_one(&workload(100, 100, SECOND / 20), contender("caps-at-50"));
                caught(&record, &["at most 50 requests were in flight", "declared: 100"]);
            }
            Ok(())
        })
        .with_ignored_flag(true),
    );
    tests
}

fn half_second() -> u64 {
    SECOND / 2
}

fn caught(record: &Record, reason: &[&str]) {
    assert_eq!(record.outcome, Outcome::Invalid, "{record:#?}");
    let got = record.reason.as_deref().unwrap();
    for part in reason {
        assert!(got.contains(part), "{got:?} does not name {part:?}");
    }
}

fn honest(record: &Record, connections: Connections) {
    assert_eq!(record.outcome, Outcome::Ok, "{:?}", record.reason);
    let ledger = record.ledger.unwrap();
    assert_eq!((ledger.requests, ledger.completed, ledger.missing, ledger.doubled), (200, 200, 0, 0));
    assert!(ledger.peak_in_flight <= 50);
    if connections == Connections::Warm {
        // A cold batch opens what it uses; a warm one may open none, else it is flagged.
        let flagged = record.flags.contains(&inflight_record::Flag::WarmOpened);
        assert_eq!(flagged, ledger.connections_opened > 0);
    } else {
        assert_eq!(ledger.connections, ledger.connections_opened);
    }
    assert!(record.makespan_ns.unwrap() >= record.ideal_ns);
    assert!(record.outside.unwrap().wall_ns >= record.makespan_ns.unwrap());
    assert!(record.cpu.unwrap().total_ns() > 0);
    assert!(record.threads_peak.unwrap() >= 1);
}
