//! Libraries on disk: what ids mean, and what is said where they mean nothing or too much.

use std::fs;
use std::path::Path;

use inflight_record::{Label, Manifest, Outcome, Record};
use serde::Serialize;
use tempfile::TempDir;

use super::Library;
use crate::directory::write_summary;
use crate::fixture::{environment, manifest, named};
use crate::summary::Of;
use crate::table::tests::record;

fn lines<T: Serialize>(path: &Path, lines: &[T]) {
    let text: String = lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    fs::write(path, text).unwrap();
}

/// Writes a study of 12 rounds, its excess 10 ms for `base`, 30 ms for `other`, and a little for each round.
pub(crate) fn study(results: &Path, relative: &str, edit: impl Fn(&mut Manifest, &mut Vec<Record>)) {
    let arms = ["base", "other", "base@again", "base@delay", "base@work"];
    let batch = |arm: &str, round: u32| {
        let excess_ms = if arm == "other" { 30 } else { 10 };
        let delayed = if arm == "base@delay" { 2_000_000 } else { 0 };
        let makespan_ns = 50_000_000 + excess_ms * (1_000_000 + u64::from(round) * 100) + delayed;
        record(arm, Label::Tuned, round, makespan_ns)
    };
    let mut records: Vec<Record> = (0..12).flat_map(|round| arms.map(|arm| batch(arm, round))).collect();
    let workload = records[0].workload.workload();
    let mut manifest = manifest(&["base", "other"], &[named("c500", &workload)]);
    manifest.study_id = "s".to_owned();
    edit(&mut manifest, &mut records);
    let directory = results.join(relative);
    fs::create_dir_all(&directory).unwrap();
    let environments: Vec<_> = ["e", "f"].map(environment).into();
    lines(&directory.join("study.jsonl"), &[manifest]);
    lines(&directory.join("environments.jsonl"), &environments);
    lines(&directory.join("records.jsonl"), &records);
}

/// A directory of results with one study, `s`.
pub(crate) fn one(edit: impl Fn(&mut Manifest, &mut Vec<Record>)) -> TempDir {
    let results = tempfile::tempdir().unwrap();
    study(results.path(), "2026-01-02-box/s", edit);
    results
}

pub(crate) fn as_it_is(_: &mut Manifest, _: &mut Vec<Record>) {}

#[track_caller]
fn refused(library: &Library, id: &str, says: &[&str]) {
    let error = library.figure(id).unwrap_err().to_string();
    for word in says {
        assert!(error.contains(word), "{id}: {error:?} does not say {word:?}");
    }
}

#[test]
fn a_figure_is_found_with_all_that_it_is_of() {
    let results = one(as_it_is);
    let library = Library::open(results.path()).unwrap();
    let found = library.figure("s/c500/other/excess").unwrap();
    assert_eq!((found.it.arm, found.it.figure.rounds), ("other", 12));
    assert!(matches!(found.it.of, Of::Workload(workload) if workload.id == "c500"));
    let dates = &found.it.machine.dates;
    assert_eq!((dates.first.as_str(), dates.last.as_str()), ("2026-01-02", "2026-01-02"));
    assert_eq!(found.it.machine.software.commit, "abc");
    assert_eq!(found.directory.path(), results.path().join("2026-01-02-box/s"));
    assert_eq!(found.directory.records(), results.path().join("2026-01-02-box/s/records.jsonl"));
    assert_eq!(library.figure("s/c500/base@again/excess_ratio").unwrap().it.arm, "base@again");
    assert_eq!(library.figure("s/c500/base@delay/makespan_difference").unwrap().it.arm, "base@delay");
    // What need not be said may be said.
    for id in ["s/c500/other/excess@e", "2026-01-02-box:s/c500/other/excess", "2026-01-02-box/s:s/c500/other/excess@e"]
    {
        assert_eq!(library.figure(id).unwrap().it.figure.id, "s/c500/other/excess", "{id}");
    }
    assert_eq!(library.workload("s/c500").unwrap().it.1.id, "c500");
    assert_eq!(library.study("2026-01-02-box:s@e").unwrap().it.environment_id, "e");
    // The study's own directory is a library of one.
    let alone = Library::open(&results.path().join("2026-01-02-box/s")).unwrap();
    assert_eq!(alone.figure("s/c500/other/excess").unwrap().it.arm, "other");
}

#[test]
fn the_newest_directory_is_meant_unless_another_is_named() {
    let results = tempfile::tempdir().unwrap();
    let with_base_at = |ms: u64| {
        move |_: &mut Manifest, records: &mut Vec<Record>| {
            records.iter_mut().for_each(|it| it.makespan_ns = Some(ms * 1_000_000));
        }
    };
    for (directory, ms) in [("2026-01-02-box/s", 60), ("2026-03-01-box/s", 70), ("2026-02-02-box/s", 80), ("old/s", 90)]
    {
        study(results.path(), directory, with_base_at(ms));
    }
    let library = Library::open(results.path()).unwrap();
    let makespan = |id: &str| library.figure(id).unwrap().it.figure.estimate.unwrap() / 1e6;
    let id = "s/c500/base/makespan";
    assert!((makespan(id) - 70.0).abs() < 1e-9);
    assert!((makespan(&format!("2026-02-02-box:{id}")) - 80.0).abs() < 1e-9);
    assert!((makespan(&format!("old:{id}")) - 90.0).abs() < 1e-9);
    let days: Vec<&str> = library.studies().iter().map(super::StudyDirectory::date).collect();
    assert_eq!(days, ["", "2026-01-02", "2026-02-02", "2026-03-01"]);

    let ids = library.ids("").unwrap();
    let (pinned, plain): (Vec<&String>, Vec<&String>) = ids.iter().partition(|id| id.contains(':'));
    assert_eq!(pinned.len(), 3 * plain.len());
    assert!(ids.iter().all(|id| library.figure(id).is_ok()));
    assert_eq!(library.ids("old:s/c500/base/makespan").unwrap(), ["old:s/c500/base/makespan"]);
    assert_eq!(library.ids("2026-03-01-box:s/c500/base/makes").unwrap(), ["2026-03-01-box:s/c500/base/makespan"]);
    assert!(library.ids("s/c500/other/").unwrap().iter().all(|id| id.starts_with("s/c500/other/")));
    assert_eq!(library.ids("t/").unwrap(), [] as [String; 0]);
}

#[test]
fn the_nodes_of_a_fleet_are_meant_by_their_names_only() {
    let results = tempfile::tempdir().unwrap();
    for directory in ["2026-01-02-box/s", "2026-02-02-fleet/node1", "2026-02-02-fleet/node2"] {
        study(results.path(), directory, as_it_is);
    }
    let id = "s/c500/base/makespan";
    let library = Library::open(results.path()).unwrap();
    assert!(library.figure(id).unwrap().directory.path().ends_with("2026-01-02-box/s"));
    let node = library.figure(&format!("2026-02-02-fleet/node2:{id}")).unwrap();
    assert!(node.directory.path().ends_with("2026-02-02-fleet/node2"));
}

#[test]
fn two_of_the_same_day_are_told_apart_by_the_writer_alone() {
    let results = tempfile::tempdir().unwrap();
    for directory in ["2026-01-02-box/s", "2026-01-02-other/s", "2026-01-01-box/s"] {
        study(results.path(), directory, as_it_is);
    }
    let id = "s/c500/base/excess";
    let library = Library::open(results.path()).unwrap();
    refused(&library, id, &["2026-01-02-box:s/c500/base/excess or 2026-01-02-other:s/c500/base/excess"]);
    assert!(library.figure(&format!("2026-01-02-other:{id}")).is_ok());
    assert!(library.ids("s/").unwrap().is_empty() && !library.ids("2026-01-02-box:s/").unwrap().is_empty());

    // Of one machine, the later one is meant.
    let begun = |hour: u32| {
        move |manifest: &mut Manifest, records: &mut Vec<Record>| {
            manifest.study_id = format!("s-20260102T{hour}0000Z-ab");
            records.iter_mut().for_each(|it| it.study_id.clone_from(&manifest.study_id));
        }
    };
    let one_machine = tempfile::tempdir().unwrap();
    study(one_machine.path(), "2026-01-02-box-later/s", begun(12));
    study(one_machine.path(), "2026-01-02-box/s", begun(11));
    let library = Library::open(one_machine.path()).unwrap();
    assert_eq!(library.study("s").unwrap().directory.dated(), "2026-01-02-box-later");
    assert!(library.ids("2026-01-02-box:s/").is_ok_and(|ids| !ids.is_empty()));

    // Two parts beside each other: the day's directory does not say which.
    study(results.path(), "2026-01-03-box/part1", as_it_is);
    study(results.path(), "2026-01-03-box/part2", as_it_is);
    let library = Library::open(results.path()).unwrap();
    refused(&library, &format!("2026-01-03-box:{id}"), &["2026-01-03-box/part1:s/", " or 2026-01-03-box/part2:s/"]);
    assert!(library.figure(&format!("2026-01-03-box/part2:{id}")).is_ok());
}

#[test]
fn what_is_unknown_is_answered_with_the_nearest() {
    let results = one(as_it_is);
    study(results.path(), "2026-01-02-box/concurrency", |manifest, _| manifest.name = "concurrency".to_owned());
    let library = Library::open(results.path()).unwrap();
    refused(&library, "s/c500/other/exces", &["no figure \"s/c500/other/exces\"", "did you mean s/c500/other/excess"]);
    refused(&library, "2026-01-02-box:s/c500/othr/excess", &["did you mean 2026-01-02-box:s/c500/other/excess"]);
    refused(&library, "concurency/c500/base/excess", &["no study \"concurency\"", "did you mean concurrency"]);
    refused(&library, "2026-01-02-bx:concurrency/c500/base/excess", &["did you mean 2026-01-02-box:concurrency"]);
    refused(&library, "", &["no study \"\"", "cite --list"]);
    refused(&library, "qqqqqqqq", &["cite --list"]);
    let near = library.workload("s/c50").unwrap_err().to_string();
    assert!(near.contains("no workload \"s/c50\"; did you mean s/c500?"), "{near}");
}

#[test]
fn a_study_in_several_environments_asks_for_one() {
    let results = one(|_, records| {
        for record in records.iter_mut().filter(|record| record.round >= 6) {
            record.environment_id = "f".to_owned();
            record.started_at = "2026-01-03T00:00:01Z".to_owned();
        }
    });
    let library = Library::open(results.path()).unwrap();
    refused(&library, "s/c500/base/excess", &["s/c500/base/excess@e or s/c500/base/excess@f"]);
    let found = library.figure("s/c500/base/excess@f").unwrap();
    assert_eq!((found.it.figure.rounds, found.it.machine.dates.first.as_str()), (6, "2026-01-03"));
    assert!(library.workload("s/c500").unwrap_err().to_string().contains("s/c500@e or s/c500@f"));
    assert!(library.study("s").unwrap_err().to_string().contains("s@e or s@f"));
    assert_eq!(library.study("s@f").unwrap().it.environment_id, "f");
}

#[test]
fn unusual_names_are_names() {
    let results = tempfile::tempdir().unwrap();
    study(results.path(), "2026-01-02-box/odd", |manifest, _| manifest.name = "a: \"b\" @ü|*".to_owned());
    study(results.path(), "ünüsüäl: box/s", as_it_is);
    let library = Library::open(results.path()).unwrap();
    for id in [
        "a: \"b\" @ü|*/c500/base/excess",
        "ünüsüäl: box:s/c500/base/excess",
        "2026-01-02-box:a: \"b\" @ü|*/c500/base/excess",
    ] {
        assert!(library.figure(id).is_ok(), "{id}");
    }
    assert!(library.ids("").unwrap().iter().all(|id| library.figure(id).is_ok()));
}

#[test]
fn bad_results_are_refused_with_what_is_wrong() {
    let results = tempfile::tempdir().unwrap();
    let error = |path: &Path| Library::open(path).unwrap_err().to_string();
    assert!(error(&results.path().join("none")).contains("none: No such file"));
    assert!(error(results.path()).contains("holds no study"));
    study(results.path(), "2026-01-02-box/s", |_, records| records[7].schema_version = 9);
    study(results.path(), "2026-01-02-box/empty", |manifest, records| {
        manifest.name = "empty".to_owned();
        records.clear();
    });
    study(results.path(), "2026-01-02-box/failed", |manifest, records| {
        manifest.name = "failed".to_owned();
        records.iter_mut().for_each(|it| it.outcome = Outcome::Failed);
    });
    // What is wrong with one study is no hindrance to the others.
    let library = Library::open(results.path()).unwrap();
    refused(&library, "s/c500/base/excess", &["records.jsonl:8: schema version 9"]);
    refused(&library, "empty/c500/base/excess", &["no batch has been recorded yet"]);
    let failed = library.figure("failed/c500/base/excess").unwrap();
    assert_eq!(
        (failed.it.figure.estimate, failed.it.figure.reason.as_deref()),
        (None, Some("no batch of it may be used"))
    );

    let manifests = results.path().join("2026-01-02-box/s/study.jsonl");
    fs::write(&manifests, "").unwrap();
    assert!(error(results.path()).contains("study.jsonl:1: there is no manifest"));
    fs::write(&manifests, "{\"schema_version\":9}\n").unwrap();
    assert!(error(results.path()).contains("study.jsonl:1: schema version 9"));
}

#[test]
fn a_summary_that_is_not_what_the_records_give_is_known() {
    let results = one(as_it_is);
    let library = Library::open(results.path()).unwrap();
    let directory = &library.studies()[0];
    assert!(!directory.stale().unwrap(), "where there is none, none is stale");
    write_summary(directory.path(), directory.summary().unwrap()).unwrap();
    assert!(!directory.stale().unwrap());
    let path = directory.path().join("summary.json");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("\"rounds\": 12", "\"rounds\": 13")).unwrap();
    assert!(directory.stale().unwrap());
    assert_eq!(directory.summary().unwrap().machines[0].workloads[0].rounds, 12, "figures come from the records");
}
