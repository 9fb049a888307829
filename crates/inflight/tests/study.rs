//! Studies from outside: begun, interrupted, gone on with, split, merged, refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "study/bad_input.rs"]
mod bad_input;
#[path = "study/faults.rs"]
mod faults;
#[path = "study/fleet.rs"]
mod fleet;
#[path = "study/packed.rs"]
mod packed;
#[path = "study/parts.rs"]
mod parts;
#[path = "study/stage.rs"]
mod stage;
#[path = "study/truth.rs"]
mod truth;

use inflight_record::{Cpu, Memory, Outcome, Record, RoundsRule};
use stage::Stage;

#[test]
fn a_study_runs_every_arm_in_every_round_and_its_controls_cost_what_they_should() {
    let stage = Stage::new("");
    let output = stage.run("--rounds 2");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stage.keys(), stage.all_keys(0..2));
    let [manifest] = &stage.manifests()[..] else { panic!("one manifest") };
    assert_eq!((manifest.rounds, manifest.name.as_str()), (RoundsRule::Fixed(2), "tiny"));
    let records = stage.records();
    let of = |arm: &str, round| records.iter().find(|it| it.arm == arm && it.round == round).unwrap();
    for round in 0..2 {
        // 20 ms of waiting, and 500 µs of work for each of 4 requests: more than any noise of a batch of 4.
        let delayed = of("raw-epoll@delay", round).makespan_ns.unwrap();
        assert!(delayed >= of("raw-epoll@delay", round).ideal_ns + 20_000_000, "{delayed}");
        assert!(of("raw-epoll@work", round).cpu.unwrap().total_ns() >= 4 * 500_000);
        assert_eq!(of("raw-epoll@again", round).model.card.id, "raw-epoll");
    }
    let orders: Vec<Vec<&str>> = (0..2)
        .map(|round| {
            let mut arms: Vec<_> =
                records.iter().filter(|it| it.round == round && it.workload.concurrency == 2).collect();
            arms.sort_by_key(|record| record.position);
            arms.iter().map(|record| record.arm.as_str()).collect()
        })
        .collect();
    assert_eq!(orders[0].len(), 5, "{orders:?}");
    let kept = std::fs::read_dir(stage.out().join("samples")).unwrap().count();
    assert_eq!(kept, 10, "samples of one batch of each cell");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("2 workloads × 5 arms × 2 rounds = 20 batches; about"), "{error}");
}

#[test]
fn what_overran_at_one_concurrency_is_skipped_above_it() {
    // Without a delay no ideal is above the limit, and nobody makes thousands of requests within it.
    let stage = Stage::with(
        "time_limit = \"1ms\"\n",
        "[[workload]]\nwaves = 2000\nconcurrency = [1, 2]\ndelay = \"0\"\n\n[[workload]]\nname = \"other\"\nwaves = 1000\nconcurrency = 4\ndelay = \"0\"\nbody = \"64\"\n",
    );
    assert!(stage.run("--rounds 1").status.success(), "an overrun limit is an answer");
    let records = stage.records();
    let outcomes = |concurrency| -> Vec<Outcome> {
        let of = records.iter().filter(|record| record.workload.concurrency == concurrency);
        of.map(|record| record.outcome).collect()
    };
    assert_eq!(outcomes(1), vec![Outcome::Timeout; 5]);
    assert_eq!(outcomes(2), vec![Outcome::Skipped; 5]);
    let skipped = records.iter().find(|record| record.outcome == Outcome::Skipped).unwrap();
    assert!(skipped.reason.as_deref().unwrap().contains("at C = 1 of the same study"), "{skipped:?}");
    assert!(!outcomes(4).contains(&Outcome::Skipped), "another body is another matter");
}

#[test]
fn rounds_go_on_until_the_budget_is_spent_and_it_says_so() {
    let stage = Stage::new("");
    let output = stage.run("--rounds auto --precision 0.001% --budget 1s");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("the budget is spent after 1 round; no ratio to the baseline has an interval"), "{error}");
    let rounds = stage.records().iter().map(|record| record.round).max().unwrap() + 1;
    assert_eq!(stage.keys(), stage.all_keys(0..rounds), "whole rounds only");
    assert!(matches!(stage.manifests()[0].rounds, RoundsRule::Auto { .. }));
}

#[test]
fn rounds_stop_when_every_interval_is_narrow_enough() {
    // Records of twelve rounds on a machine without noise, made from those of one round here.
    let stage = Stage::new("");
    let auto = "--rounds auto --precision 1% --budget 1ms";
    stage.run(auto);
    let mut lines = String::new();
    for round in 0..12 {
        for mut record in stage.records().into_iter().filter(|record| record.round == 0) {
            record.round = round;
            record.record_id = Record::id(&record.study_id, &record.workload.slug, round, &record.arm);
            record.outcome = Outcome::Ok;
            record.flags.clear();
            record.makespan_ns = Some(record.ideal_ns + 1_000_000);
            record.cpu = Some(Cpu { user_ns: 400_000, system_ns: 0 });
            record.memory = Some(Memory { baseline_bytes: 0, peak_bytes: 1 << 20 });
            lines += &format!("{}\n", serde_json::to_string(&record).unwrap());
        }
    }
    std::fs::write(stage.out().join("records.jsonl"), lines).unwrap();
    let output = stage.run(&format!("{auto} --resume"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("after 12 rounds every interval is narrower than the precision"), "{error}");
    assert_eq!(stage.keys(), stage.all_keys(0..12), "nothing was run");
}

#[test]
fn a_study_that_is_complete_is_not_run_again() {
    let stage = Stage::new("");
    assert!(stage.run("--rounds 1").status.success());
    let before = stage.records().len();
    assert!(stage.run("--rounds 1 --resume").status.success());
    assert_eq!(stage.records().len(), before);
}
