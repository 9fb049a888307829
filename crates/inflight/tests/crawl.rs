//! Crawls from outside: refused before anything starts, run by every model, with faults, killed and gone on with, in studies.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "crawl/resume.rs"]
mod resume;
#[path = "crawl/stage.rs"]
mod stage;

use inflight_record::{Outcome, Record, jsonl};
use stage::{crawl, inflight, records, refused};

#[test]
fn bad_input_is_refused_before_anything_starts() {
    let books = "crawl --catalogue books --delay 5ms";
    refused("crawl --catalogue songs --delay 5ms", "[possible values: books, films]");
    refused("crawl --catalogue books", "--delay");
    for (flags, says) in [
        ("--pages 0", "1..=100000"),
        ("--pages 100001", "1..=100000"),
        ("--concurrency 0", "at least 1"),
        ("--pages 1 --concurrency 20", "concurrency 20 is above the 19 requests"),
        ("--faults 51%", "faults must be at most 50 %, not 51 %"),
        ("--faults 2", "write it as 2% or 0.5%"),
        ("--faults 0.25%", "whole tenths of a percent"),
        ("--retries 11", "retries must be at most 10, not 11"),
        ("--pages 100000 --retries 10", "may take 20900000 requests"),
        ("--phases both", "[possible values: barrier, pipelined]"),
        ("--rounds 0", "1..=10000"),
        ("--models tokio-request", "did you mean \"tokio-reqwest\"?"),
        ("--peers all", "unexpected argument '--peers'"),
        ("--resume --models sequential", "--resume needs a store that lasts"),
        ("--resume --models sequential --store none:", "--resume needs a store that lasts"),
        ("--resume --store jsonl:/tmp/never-made.jsonl", "name it by --models"),
        ("--resume --store jsonl:/tmp/never-made.jsonl --models sequential --rounds 2", "leave --rounds out"),
        ("--store floppy:a", "--store: there is no store \"floppy:a\""),
        ("--store books.db", "--store: there is no store \"books.db\""),
        ("--store redis:127.0.0.1", "--store: "),
    ] {
        refused(&format!("{books} {flags}"), says);
    }
    refused("crawl --catalogue books --delay lognormal:50ms:0.6", "a crawl has a fixed delay, such as 50ms");
}

#[test]
#[cfg(not(any(feature = "redis", feature = "mongodb")))]
fn a_store_that_is_not_built_in_is_refused_with_the_feature_that_builds_it() {
    for (kind, store) in [("redis", "redis://127.0.0.1:1"), ("mongodb", "mongodb://127.0.0.1:1/inflight")] {
        let asked = format!("crawl --catalogue books --pages 1 --concurrency 1 --delay 0 --store {store}");
        refused(&asked, &format!("--features {kind}"));
    }
}

#[test]
fn a_store_that_cannot_be_opened_is_named_and_what_is_not_a_crawls_stays() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = "dear diary\n";
    let diary = directory.path().join("diary");
    std::fs::write(&diary, foreign).unwrap();
    for place in [diary.to_str().unwrap(), "/nonexistent/books"] {
        for kind in ["sqlite", "jsonl"] {
            let store = format!("{kind}:{place}");
            let asked = "crawl --catalogue books --pages 1 --concurrency 1 --delay 0 --models sequential";
            refused(&format!("{asked} --store {store}"), place);
            assert_eq!(std::fs::read_to_string(&diary).unwrap(), foreign, "{store}");
        }
    }
}

/// Each detail of the site was served and stored once, and nothing else.
#[track_caller]
fn whole(record: &Record, lists: u64, details: u64) {
    assert_eq!(record.outcome, Outcome::Ok, "{}: {:?}", record.arm, record.reason);
    let (crawl, site) = (record.crawl.as_ref().unwrap(), record.ledger.unwrap().crawl.unwrap());
    assert_eq!((crawl.lists, crawl.lists_failed, crawl.failed), (lists, 0, 0), "{}", record.arm);
    assert_eq!((crawl.named, crawl.stored), (details, details), "{}", record.arm);
    assert_eq!((site.lists, site.details), (lists, details), "{}", record.arm);
    if record.workload.crawl.as_ref().unwrap().store_kind() != "none" {
        assert_eq!((crawl.rows, crawl.rows_mark), (details, site.details_mark), "{}", record.arm);
    }
}

#[test]
fn every_model_crawls_both_sites_in_both_ways() {
    let models = inflight::lineup::models().len();
    for flags in [
        "--catalogue books --pages 3 --phases barrier",
        "--catalogue films --pages 2 --phases pipelined --store none:",
        "--catalogue books --pages 2 --phases pipelined --store jsonl: --connections warm",
    ] {
        let records = records(&format!("{flags} --concurrency 8 --delay 5ms"));
        assert_eq!(records.len(), models);
        let warm = flags.contains("warm");
        for record in records.iter().filter(|record| !warm || record.model.card.keeps_connections) {
            let site = record.workload.crawl.as_ref().unwrap().site;
            whole(record, site.lists, site.details());
            assert_eq!(record.ledger.unwrap().requests, site.lists + site.details(), "{}", record.arm);
        }
    }
}

#[test]
fn crawling_twice_leaves_the_same_rows_and_the_table_says_what_came_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("records.jsonl");
    let models = "raw-epoll,thread-pool,tokio-reqwest";
    let mut marks = Vec::new();
    for kind in ["sqlite", "jsonl"] {
        let path = directory.path().join(kind);
        for _ in 0..2 {
            let output = inflight(&format!(
                "crawl --catalogue books --pages 3 --concurrency 8 --delay 5ms --models {models} --store {kind}:{} --out {}",
                path.display(),
                out.display()
            ));
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let text = String::from_utf8(output.stdout).unwrap();
            for part in ["a crawl of 3 lists and their 54 books", "ideal 40.0 ms", "details/s", "raw-epoll"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }
    let kept: Vec<Record> = jsonl::load(&out).unwrap();
    assert_eq!(kept.len(), 3 * 4);
    for record in &kept {
        whole(record, 3, 54);
        marks.push(record.crawl.as_ref().unwrap().rows_mark);
    }
    assert!(marks.iter().all(|mark| *mark == marks[0]), "{marks:x?}");
    let table = String::from_utf8(inflight(&format!("table --markdown {}", out.display())).stdout).unwrap();
    assert_eq!(table.matches("a crawl of 3 lists").count(), 2, "one table a store: {table}");
    // Another seed is another site.
    let other = records("--catalogue books --pages 3 --concurrency 8 --delay 0 --models raw-epoll --seed 2");
    assert_ne!(other[0].crawl.as_ref().unwrap().rows_mark, marks[0]);
}

#[test]
fn faults_are_named_retried_and_counted_and_all_models_meet_the_same() {
    let flags = "--catalogue books --pages 4 --concurrency 8 --delay 5ms --faults 20% --retries 3 --seed 7 \
                 --models raw-epoll,tokio-reqwest,thread-pool --json";
    let output = crawl(flags);
    assert_eq!(output.status.code(), Some(0), "pages that are given up are no failure: {output:?}");
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    let records = stage::parsed(&output);
    assert_eq!(records.len(), 3);
    for record in &records {
        assert_eq!(record.outcome, Outcome::Ok, "{}: {:?}", record.arm, record.reason);
        let (crawl, ledger) = (record.crawl.as_ref().unwrap(), record.ledger.unwrap());
        let site = ledger.crawl.unwrap();
        assert_eq!(crawl.stored + crawl.failed, crawl.named, "{}", record.arm);
        assert_eq!(crawl.lists + crawl.lists_failed, 4, "{}", record.arm);
        assert_eq!((crawl.rows, crawl.rows_mark), (site.details, site.details_mark), "{}", record.arm);
        // Each attempt is the first for its page or one more; each that failed was followed by another, or by none.
        let pages = crawl.lists + crawl.lists_failed + crawl.named;
        assert_eq!(ledger.requests - ledger.doubled, pages + crawl.retried, "{}", record.arm);
        let failed = crawl.retried + crawl.failed + crawl.lists_failed;
        assert_eq!(site.faults() - ledger.doubled, failed, "{}", record.arm);
        assert!(crawl.retried > 0 && !crawl.failures.is_empty(), "{}", record.arm);
        for failure in &crawl.failures {
            let line = format!("{}: {} · attempt {}", record.arm, failure.url, failure.attempt);
            assert!(error.contains(&line) && error.contains(&failure.reason), "{line} is not in {error}");
            assert_eq!(failure.last, failure.attempt == 4, "{failure:?}");
        }
        assert_eq!(crawl.failures.iter().filter(|it| it.last).count() as u64, crawl.failed + crawl.lists_failed);
    }
    let met = |record: &Record| {
        let crawl = record.crawl.as_ref().unwrap();
        (crawl.lists, crawl.stored, crawl.failed, crawl.retried, crawl.rows_mark)
    };
    let all: Vec<_> = records.iter().map(met).collect();
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
}

#[test]
fn a_study_crawls_and_skips_peers_and_stores_are_checked_first() {
    let directory = tempfile::tempdir().unwrap();
    let (file, out) = (directory.path().join("tiny.toml"), directory.path().join("out"));
    let study = |store: &str| {
        let text = format!(
            "question = \"Does it crawl?\"\nmodels = [\"raw-epoll\"]\nbaseline = \"raw-epoll\"\npeers = \"all\"\n\
             [[workload]]\ncrawl = \"films\"\npages = 1\nphases = [\"barrier\", \"pipelined\"]\nstore = \"{store}\"\n\
             concurrency = 5\ndelay = \"2ms\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let peers = directory.path().join("peers.toml");
        let peer = "[[peer]]\nid = \"outsider\"\nidea = \"i\"\nlabel = \"tuned\"\nclient = \"c\"\ncommand = [\"false\"]\n\
                    version = [\"echo\", \"outsider 1\"]\ninstall = \"get it\"\n";
        std::fs::write(&peers, peer).unwrap();
        inflight(&format!(
            "study {} --out {} --lock {} --peers-file {} --rounds 1",
            file.display(),
            out.display(),
            directory.path().join("lock").display(),
            peers.display()
        ))
    };
    let output = study("floppy:");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("workload barrier: store \"floppy:\": ") && !out.exists(), "{error}");

    let output = study("jsonl:/nonexistent/films");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("workload barrier: store \"jsonl:/nonexistent/films\": ") && !out.exists(), "{error}");

    let output = study("sqlite:");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let records: Vec<Record> = jsonl::load(&out.join("records.jsonl")).unwrap();
    // The model, its three controls and the peer, in both ways.
    assert_eq!(records.len(), 2 * 5);
    for record in records {
        if record.arm == "outsider" {
            assert_eq!(record.outcome, Outcome::Skipped);
            assert!(record.reason.unwrap().contains("the worker protocol of peers knows plain batches only"));
        } else {
            whole(&record, 1, 25);
        }
    }
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("crawl by").count(), 2, "{text}");
    let report = inflight(&format!("report {}", out.display()));
    assert_eq!(report.status.code(), Some(0), "{report:?}");
    let readme = std::fs::read_to_string(out.join("README.md")).unwrap();
    assert!(readme.contains("a crawl of 1 list and its 25 films"), "{readme}");
}
