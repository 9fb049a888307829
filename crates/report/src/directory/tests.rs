//! Directories of studies: what loads, and which line is named where one does not.

use std::fs;
use std::path::Path;

use inflight_record::{Label, LogNormal, Manifest, Record, jsonl};
use serde::Serialize;

use super::{SUMMARY, load, write_summary};
use crate::fixture::{environment, manifest, named};
use crate::summary::Summary;
use crate::table::tests::record;

const MODELS: [&str; 2] = ["base", "other"];

fn the_manifest() -> Manifest {
    let record = record("base", Label::Tuned, 0, 60_000_000);
    let mut manifest = manifest(&MODELS, &[named("c500", &record.workload.workload())]);
    manifest.study_id = "s".to_owned();
    manifest
}

fn records() -> Vec<Record> {
    let batch = |arm, round| record(arm, Label::Tuned, round, 60_000_000 + u64::from(round));
    (0..3).flat_map(|round| MODELS.map(|arm| batch(arm, round))).collect()
}

fn write<T: Serialize>(dir: &Path, file: &str, lines: &[T]) {
    let text: String = lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    fs::write(dir.join(file), text).unwrap();
}

fn directory(manifests: &[Manifest], records: &[Record]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "study.jsonl", manifests);
    write(dir.path(), "records.jsonl", records);
    write(dir.path(), "environments.jsonl", &[environment("e")]);
    dir
}

#[track_caller]
fn refused(manifests: &[Manifest], records: &[Record], says: &[&str]) {
    let dir = directory(manifests, records);
    let error = load(dir.path()).unwrap_err().to_string();
    for word in says {
        assert!(error.contains(word), "{error:?} does not say {word:?}");
    }
    assert!(error.contains(dir.path().to_str().unwrap()), "{error}");
}

#[test]
fn a_study_is_loaded_and_its_summary_written_whole() {
    let dir = directory(&[the_manifest()], &records());
    let study = load(dir.path()).unwrap();
    assert_eq!((study.rows().len(), study.workloads().len(), study.arms().len()), (6, 1, 5));
    let placed = study.placed_in("e").unwrap();
    assert_eq!((placed.placement.as_str(), &*placed.server_cpus, &*placed.worker_cpus), ("split", &[0][..], &[1][..]));
    let summary = Summary::of(&study);
    write_summary(dir.path(), &summary).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join(SUMMARY)).unwrap(), summary.to_json());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4, "nothing unfinished is left");
    let text = crate::summary::tables(&summary, crate::Style::Terminal);
    assert!(text.contains("placement split: server on CPU 0, worker on CPU 1"), "{text}");
}

#[test]
fn packed_records_are_loaded_as_they_are_and_named_where_they_are_wrong() {
    let dir = directory(&[the_manifest()], &records());
    let plain = load(dir.path()).unwrap();
    jsonl::pack(dir.path()).unwrap();
    let packed = load(dir.path()).unwrap();
    assert_eq!(packed.rows(), plain.rows());
    assert_eq!(packed.placed_in("e"), plain.placed_in("e"));
    assert_eq!(Summary::of(&packed).to_json(), Summary::of(&plain).to_json());

    let path = dir.path().join("records.jsonl.zst");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("records.jsonl.zst: damaged or cut off"), "{error}");
    fs::write(&path, &whole).unwrap();
    write(dir.path(), "records.jsonl", &records());
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("holds both records.jsonl and records.jsonl.zst"), "{error}");

    let mut strange = records();
    strange[4].arm = "third".to_owned();
    let dir = directory(&[the_manifest()], &strange);
    jsonl::pack(dir.path()).unwrap();
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("records.jsonl.zst:5: arm \"third\""), "{error}");
}

#[test]
fn where_it_ran_is_read_no_further_than_needed() {
    // The environment of the records, and one without any; behind the first record stands what cannot be read.
    let dir = directory(&[the_manifest()], &records());
    write(dir.path(), "environments.jsonl", &[environment("e"), environment("without-records")]);
    let study = load(dir.path()).unwrap();
    assert!(study.placed_in("e").is_some() && study.placed_in("without-records").is_none());
    let first = serde_json::to_string(&records()[0]).unwrap() + "\n";
    let unreadable = [first.as_bytes(), &[0xff, b'\n']].concat();
    assert_eq!(super::placed(&unreadable[..], study.rows()).unwrap().len(), 1);
}

#[test]
fn what_is_no_study_is_refused_with_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("no study.jsonl and no records.jsonl and no environments.jsonl"), "{error}");
    assert!(error.contains("`inflight study` makes one"), "{error}");
    refused(&[], &records(), &["study.jsonl:1", "no manifest"]);
}

#[test]
fn records_that_nobody_announced_are_refused_with_their_line() {
    let with = |edit: fn(&mut Record)| {
        let mut records = records();
        edit(&mut records[4]);
        records
    };
    let known = [the_manifest()];
    refused(&known, &with(|it| it.study_id = "q".to_owned()), &["records.jsonl:5", "\"q\"", "study.jsonl"]);
    refused(&known, &with(|it| it.arm = "third".to_owned()), &["records.jsonl:5", "arm \"third\""]);
    refused(&known, &with(|it| it.workload.slug = "n1".to_owned()), &["records.jsonl:5", "workload \"n1\""]);
    refused(
        &known,
        &with(|it| it.environment_id = "z".to_owned()),
        &["records.jsonl:5", "\"z\"", "environments.jsonl"],
    );
    refused(&known, &with(|it| it.round = 1), &["records.jsonl:5", "line 3", "round 1"]);
    refused(&known, &with(|it| it.schema_version = 9), &["records.jsonl:5", "version 9"]);
}

#[test]
fn manifests_that_do_not_belong_together_are_refused_with_their_line() {
    let with = |edit: fn(&mut Manifest)| {
        let mut second = the_manifest();
        second.study_id = "s-2".to_owned();
        edit(&mut second);
        [the_manifest(), second]
    };
    assert!(load(directory(&with(|_| ()), &records()).path()).is_ok());
    refused(&with(|it| it.study_sha256 = "zz".to_owned()), &records(), &["study.jsonl:2", "another study", "zz", "aa"]);
    refused(&with(|it| it.study_id = "s".to_owned()), &records(), &["study.jsonl:2", "line above"]);
    refused(&with(|it| it.baseline = "other".to_owned()), &records(), &["study.jsonl:2", "baseline"]);
    refused(&with(|it| it.baseline = "third".to_owned()), &records(), &["study.jsonl:2", "none of the models"]);
    refused(&with(|it| it.workloads[0].slug = "n1".to_owned()), &records(), &["study.jsonl:2", "workload \"c500\""]);
    refused(
        &with(|it| it.workloads[0].workload.lognormal = Some(LogNormal { sigma_milli: 600, seed: 9 })),
        &records(),
        &["study.jsonl:2", "workload \"c500\""],
    );
    refused(&with(|it| it.arms[1].label = Label::Floor), &records(), &["study.jsonl:2", "arm \"other\""]);
    refused(&with(|it| it.arms.push(it.arms[0].clone())), &records(), &["study.jsonl:2", "arm \"base\"", "twice"]);
    refused(&with(|it| it.workloads[0].id = "a/b".to_owned()), &records(), &["study.jsonl:2", "a /"]);
}
