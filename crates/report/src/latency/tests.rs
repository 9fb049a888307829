//! Percentiles against samples that are known.

use std::fs;

use inflight_record::files::RECORDS;
use inflight_record::histogram::{encode, from_values};
use inflight_record::{Arm, ArmKind, Manifest, Record, Row};
use serde_json::json;

use super::*;
use crate::fixture::{environment, manifest, plain};

/// The nearest rank among sorted values: the smallest that the share of them stays at or below.
fn nearest(sorted: &[u64], percentile: f64) -> u64 {
    let wanted = percentile / 100.0;
    let reached = |place: usize| (place + 1) as f64 / sorted.len() as f64 >= wanted - 1e-12;
    sorted[(0..sorted.len()).find(|place| reached(*place)).unwrap()]
}

fn percentiles(points: &[Point]) -> Vec<f64> {
    points.iter().map(|point| point.percentile).collect()
}

#[test]
fn percentiles_are_those_of_the_samples() {
    for requests in [1_u64, 2, 7, 10, 60, 99, 100, 1_000, 20_000] {
        let mut values: Vec<u64> =
            (0..requests).map(|index| 50_000_000 + (index * 7_919 % requests) * 10_007).collect();
        let mut counts = inflight_record::histogram::Counts::default();
        let mut buckets = merge::Buckets::default();
        let text = encode(&from_values(values.iter().copied()).unwrap()).unwrap();
        counts.each(&text, |bucket, count| buckets.add(bucket, count)).unwrap();
        values.sort_unstable();
        assert_eq!(buckets.total(), requests);
        for point in points(requests, |rank| buckets.at_rank(rank)) {
            let exact = nearest(&values, point.percentile);
            assert!((exact..=exact + exact / 1_000 + 1).contains(&point.ns), "{requests}: {point:?}, not {exact}");
        }
    }
}

#[test]
fn a_percentile_needs_a_request_beyond_it() {
    let grid = |requests| percentiles(&points(requests, |rank| (rank <= requests).then_some(rank)));
    assert!(grid(0).is_empty());
    assert_eq!(grid(1), [0.0, 100.0]);
    assert_eq!(grid(2), [0.0, 50.0, 100.0]);
    assert_eq!(grid(100), [0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 100.0]);
    assert_eq!(grid(9_999).last_chunk(), Some(&[99.9, 100.0]));
    assert_eq!(grid(10_000).len(), GRID.len());
    // The slowest but one of a thousand.
    let slow = points(1_000, Some);
    assert_eq!((slow[slow.len() - 2].percentile, slow[slow.len() - 2].ns), (99.9, 999));
}

/// What a line needs to be read here, and what it does not need.
fn line(manifest: &Manifest, arm: &Arm, round: u32, values: &[u64], edit: impl Fn(&mut serde_json::Value)) -> String {
    let text = encode(&from_values(values.iter().copied()).unwrap()).unwrap();
    let mut line = json!({
        "environment_id": manifest.environment_id, "arm": arm.arm, "round": round, "outcome": "ok", "flags": [],
        "workload": { "slug": manifest.workloads[0].slug, "requests": values.len() },
        "histograms": { "from_start_ns": text, "from_send_ns": text, "overhead_ns": "not looked at" },
    });
    edit(&mut line);
    format!("{line}\n")
}

fn read(lines: &[String]) -> Result<Vec<Latencies>, DirectoryError> {
    let manifest = manifest(&["floor", "other"], &[plain()]);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(RECORDS), lines.concat()).unwrap();
    let rows: Vec<Row> = crate::fixture::rows(&manifest, 1, |_| true);
    latencies(dir.path(), &StudyRecords::new(vec![manifest], vec![environment("e")], rows).unwrap())
}

#[test]
fn batches_whose_times_count_are_merged_and_no_others() {
    let manifest = manifest(&["floor", "other"], &[plain()]);
    let [floor, other] = [&manifest.arms[0], &manifest.arms[1]];
    let again = manifest.arms.iter().find(|arm| arm.kind == ArmKind::Again).unwrap();
    let plainly = |_: &mut serde_json::Value| {};
    let read = read(&[
        line(&manifest, other, 0, &[1_000; 100], plainly),
        line(&manifest, floor, 0, &[2_000; 50], plainly),
        line(&manifest, floor, 1, &[1_000; 50], plainly),
        line(&manifest, floor, 2, &[9_000; 50], |line| line["flags"] = json!(["steal"])),
        line(&manifest, floor, 3, &[500; 50], |line| line["flags"] = json!(["underfilled"])),
        line(&manifest, floor, 4, &[9_000; 50], |line| line["outcome"] = json!("failed")),
        line(&manifest, floor, 5, &[9_000; 50], |line| line["histograms"] = json!(null)),
        line(&manifest, again, 0, &[9_000; 50], plainly),
        line(&manifest, other, 1, &[9_000; 50], |line| line["workload"]["slug"] = json!("none of ours")),
    ])
    .unwrap();
    assert_eq!(
        read.iter().map(|it| (it.model.as_str(), it.requests)).collect::<Vec<_>>(),
        [("floor", 150), ("other", 100)]
    );
    let Latencies { environment_id, workload, from_send, from_start, .. } = &read[0];
    assert_eq!((environment_id.as_str(), workload.as_str()), ("e", "c100"));
    let at = |wanted: f64| from_send.iter().find(|point| point.percentile == wanted).unwrap().ns;
    assert_eq!((at(0.0), at(25.0), at(50.0), at(75.0), at(100.0)), (500, 500, 1_000, 2_000, 2_000));
    assert_eq!(from_send, from_start);
}

#[test]
fn a_wrong_histogram_is_refused_with_its_line() {
    let manifest = manifest(&["floor", "other"], &[plain()]);
    let good = line(&manifest, &manifest.arms[0], 0, &[1_000], |_| {});
    let bad = line(&manifest, &manifest.arms[0], 1, &[1_000], |line| line["histograms"]["from_send_ns"] = json!("?"));
    let error = read(&[good, bad]).unwrap_err().to_string();
    assert!(error.contains("records.jsonl:2"), "{error}");
}

#[test]
fn whole_records_are_read() {
    let text = include_str!("../../../../results/2026-11-21-2-cpu-vm/quick/records.jsonl");
    let record: Record = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let key = (record.environment_id.as_str(), record.workload.slug.as_str(), record.arm.as_str());
    let cells = Cells::new([key]);
    let mut parser = cells.parser();
    parser(text.lines().next().unwrap()).unwrap();
    drop(parser);
    let merged = cells.merged().remove(&0).unwrap();
    let latency = record.latency.unwrap();
    assert_eq!(merged.from_send.total(), record.workload.requests);
    let slowest = merged.from_send.at_rank(record.workload.requests).unwrap();
    let exact = latency.from_send_ns.max;
    assert!((exact..=exact + exact / 1_000).contains(&slowest), "{slowest}, not {exact}");
}
