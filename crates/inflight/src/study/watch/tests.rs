//! Made manifests and batches: what is seen of them.

use inflight_record::{
    Arm, ArmKind, Controls, Label, Manifest, NamedWorkload, RoundsRule, SCHEMA_VERSION, Shard, Workload,
};

use super::*;

/// Two workloads, two arms, four rounds.
fn manifest() -> Manifest {
    let arm = |name: &str| Arm {
        arm: name.to_owned(),
        model: name.to_owned(),
        label: Label::Idiomatic,
        kind: ArmKind::Model,
        versions: None,
    };
    let workloads = [10, 20].map(|concurrency| {
        let workload = Workload::new(20, concurrency, 50);
        NamedWorkload { id: workload.slug(), slug: workload.slug(), workload }
    });
    Manifest {
        schema_version: SCHEMA_VERSION,
        study_id: "s".into(),
        name: "s".into(),
        question: "?".into(),
        study_sha256: String::new(),
        binary_sha256: String::new(),
        environment_id: "e".into(),
        seed: 1,
        rounds: RoundsRule::Fixed(4),
        shard: None,
        baseline: "a".into(),
        controls: Controls { delay_ns: 1, work_ns: 1 },
        workloads: workloads.to_vec(),
        claims: Vec::new(),
        placement: None,
        arms: vec![arm("a"), arm("b")],
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A batch that began then and took half a second.
fn batch(second: i64, round: u32, place: usize, arm: &str) -> Batch {
    let slug = manifest().workloads[place].slug.clone();
    Batch {
        study_id: "s".into(),
        round,
        arm: arm.into(),
        started_at: at(second),
        workload: BatchWorkload { slug },
        outcome: Outcome::Ok,
        flags: Vec::new(),
        makespan_ns: Some(500_000_000),
    }
}

/// The round in which `a` takes 1 s and `b` takes 3 s, on both workloads.
fn round(part: &mut Part, begins: i64, round: u32) {
    for (second, place, arm) in [(0, 0, "a"), (1, 0, "b"), (4, 1, "a"), (5, 1, "b")] {
        part.note(&batch(begins + second, round, place, arm));
    }
}

#[test]
fn a_part_without_records_says_so() {
    let view = Part::new(manifest()).view(at(0));
    assert_eq!((view.rounds, view.batches), ((0, Some(4)), (0, Some(16))));
    assert_eq!((view.age, view.left, view.is_done()), (None, None, false));
}

#[test]
fn batches_are_counted_by_what_came_of_them() {
    let mut part = Part::new(manifest());
    let kinds = [Outcome::Ok, Outcome::Counted, Outcome::Failed, Outcome::Invalid, Outcome::Timeout, Outcome::Skipped];
    for (number, outcome) in (0..).zip(kinds) {
        let flags = if outcome == Outcome::Ok { vec![Flag::ForeignLoad] } else { Vec::new() };
        part.note(&Batch { outcome, flags, ..batch(i64::from(number), number, 0, "a") });
    }
    let view = part.view(at(100));
    assert_eq!(view.counts, Counts { ok: 2, failed: 2, limited: 2, flagged: 1 });
    assert_eq!((view.rounds.0, view.batches.0), (0, 6), "no round is whole");
}

#[test]
fn what_is_left_takes_what_it_took_so_far() {
    let mut part = Part::new(manifest());
    round(&mut part, 0, 0);
    assert_eq!(part.view(at(9)).left, None, "nobody knows yet how long the last one takes");
    round(&mut part, 8, 1);
    let view = part.view(at(16));
    assert_eq!((view.rounds, view.batches), ((2, Some(4)), (8, Some(16))));
    // Two rounds of 1 + 3 + 1 + 3 s are left.
    assert_eq!(view.left, Some(Duration::from_secs(16)));
    assert_eq!(view.age, Some(Duration::from_millis(2_500)), "the last one began at 13 s");
}

#[test]
fn an_interruption_is_no_part_of_a_batch() {
    let mut part = Part::new(manifest());
    round(&mut part, 0, 0);
    round(&mut part, 8, 1);
    // It was off for an hour.
    round(&mut part, 3_600, 2);
    assert_eq!(part.view(at(3_700)).left, Some(Duration::from_secs(8)));
}

#[test]
fn a_part_of_a_split_study_has_its_own_rounds_only() {
    let mut part = Part::new(Manifest { shard: Some(Shard { index: 2, of: 3 }), ..manifest() });
    round(&mut part, 0, 1);
    let view = part.view(at(9));
    assert_eq!((view.rounds, view.batches), ((1, Some(1)), (4, Some(4))));
    assert!(view.is_done() && view.left == Some(Duration::ZERO));
}

#[test]
fn where_precision_decides_the_end_is_not_known() {
    let rounds = RoundsRule::Auto { precision: 0.02, budget_ns: 1 };
    let mut part = Part::new(Manifest { rounds, ..manifest() });
    round(&mut part, 0, 0);
    let view = part.view(at(9));
    assert_eq!((view.rounds, view.batches, view.left), ((1, None), (4, None), None));
    assert!(!view.is_done());
}

#[test]
fn batches_of_others_and_clocks_that_are_ahead_do_no_harm() {
    let mut part = Part::new(manifest());
    part.note(&Batch { study_id: "other".into(), ..batch(0, 0, 0, "a") });
    part.note(&batch(0, 0, 0, "nobody"));
    assert_eq!(part.view(at(9)).batches.0, 0);
    part.note(&batch(50, 0, 0, "a"));
    assert_eq!(part.view(at(9)).age, Some(Duration::ZERO));
}

mod on_disk {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    fn line(second: i64, arm: &str) -> String {
        let slug = &manifest().workloads[0].slug;
        let started_at = at(second);
        format!(
            "{{\"study_id\":\"s\",\"round\":0,\"arm\":\"{arm}\",\"started_at\":\"{started_at}\",\"workload\":{{\"slug\":\"{slug}\"}},\
             \"outcome\":\"ok\",\"flags\":[],\"makespan_ns\":1,\"cpus\":[0]}}\n"
        )
    }

    fn study(directory: &Path, manifests: &[Manifest]) {
        fs::create_dir_all(directory).unwrap();
        let lines = manifests.iter().map(|manifest| serde_json::to_string(manifest).unwrap() + "\n");
        fs::write(directory.join("study.jsonl"), lines.collect::<String>()).unwrap();
    }

    fn done(places: &mut Places) -> Vec<(String, u64)> {
        let places = places.look().unwrap();
        assert!(places.iter().all(|place| place.fault.is_none()), "{places:?}");
        let done = |place: &&Place| place.parts.iter().map(|part| part.view(at(0)).batches.0).sum();
        places.iter().map(|place| (place.name.clone(), done(place))).collect()
    }

    #[test]
    fn half_a_line_is_waited_for_and_none_is_counted_twice() {
        let root = tempfile::tempdir().unwrap();
        let mut places = Places::new(root.path());
        assert_eq!(done(&mut places), []);
        study(&root.path().join("n1"), &[manifest()]);
        assert_eq!(done(&mut places), [("n1".to_owned(), 0)]);
        let path = root.path().join("n1/records.jsonl");
        let (first, second) = (line(0, "a"), line(1, "b"));
        fs::write(&path, format!("{first}{}", &second[..20])).unwrap();
        assert_eq!(done(&mut places), [("n1".to_owned(), 1)]);
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&second.as_bytes()[20..]).unwrap();
        assert_eq!(done(&mut places), [("n1".to_owned(), 2)]);
        assert_eq!(done(&mut places), [("n1".to_owned(), 2)]);
        // Begun anew.
        fs::write(&path, &first).unwrap();
        assert_eq!(done(&mut places), [("n1".to_owned(), 1)]);
    }

    #[test]
    fn what_was_merged_is_not_shown_beside_its_parts() {
        let root = tempfile::tempdir().unwrap();
        let other = Manifest { study_id: "t".into(), ..manifest() };
        study(&root.path().join("n1"), &[manifest()]);
        study(&root.path().join("n2"), std::slice::from_ref(&other));
        study(&root.path().join("merged"), &[manifest(), other]);
        fs::create_dir_all(root.path().join("n3")).unwrap();
        fs::write(root.path().join("n3/study.toml"), "").unwrap();
        fs::create_dir_all(root.path().join("log")).unwrap();
        let mut places = Places::new(root.path());
        let names = |places: &mut Places| done(places).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&mut places), ["n1", "n2", "n3"]);
        fs::remove_dir_all(root.path().join("n2")).unwrap();
        assert_eq!(names(&mut places), ["merged", "n1", "n3"], "it alone has the second");
    }

    #[test]
    fn what_cannot_be_read_is_said_of_its_place_alone() {
        let root = tempfile::tempdir().unwrap();
        study(&root.path().join("n1"), &[manifest()]);
        study(&root.path().join("n2"), &[Manifest { study_id: "t".into(), ..manifest() }]);
        fs::write(root.path().join("n1/records.jsonl"), format!("{}hello\n", line(0, "a"))).unwrap();
        let mut places = Places::new(root.path());
        let found = places.look().unwrap();
        assert!(found[0].fault.as_deref().unwrap().contains("records.jsonl:2"), "{:?}", found[0].fault);
        assert_eq!(found[1].fault, None);
        assert!(Places::new(&root.path().join("nowhere")).look().is_err());
    }
}
