//! A crawl that is killed in the middle and gone on with ends with the rows of one that was not, and fetches only what is
//! missing.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use inflight_record::{Outcome, Record};

use super::stage::{command, records, refused};

/// 12 lists of 18.
const SITE: &str = "--catalogue books --pages 12 --concurrency 3 --delay 20ms --seed 5 --models tokio-reqwest";

#[test]
fn sqlite_goes_on_where_it_was_killed() {
    killed_and_gone_on_with("sqlite");
}

#[test]
fn jsonl_goes_on_where_it_was_killed() {
    killed_and_gone_on_with("jsonl");
}

/// Kills the crawl once its store holds some details, and not all.
fn killed_and_gone_on_with(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let store = format!("--store {kind}:{}", directory.path().join("books").display());
    let mut first =
        command(&format!("crawl {SITE} {store}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while titles(directory.path()) < 40 {
        assert!(first.try_wait().unwrap().is_none(), "it ended before it was killed");
        thread::sleep(Duration::from_millis(2));
    }
    let children = children(first.id());
    first.kill().unwrap();
    first.wait().unwrap();
    children.into_iter().for_each(gone);

    let [resumed] = &records(&format!("{SITE} {store} --resume"))[..] else { panic!("one record") };
    let [fresh] = &records(SITE)[..] else { panic!("one record") };
    assert_eq!((resumed.outcome, fresh.outcome), (Outcome::Ok, Outcome::Ok), "{:?}", resumed.reason);
    let rows = |record: &Record| record.crawl.as_ref().map(|crawl| (crawl.rows, crawl.rows_mark)).unwrap();
    assert_eq!(rows(resumed), rows(fresh), "the same rows");
    assert_eq!(rows(resumed).0, 216);

    let crawl = resumed.crawl.as_ref().unwrap();
    assert!(crawl.rows_before > 0 && crawl.rows_before < 216, "{crawl:?}");
    let ledger = resumed.ledger.unwrap();
    let site = ledger.crawl.unwrap();
    assert_eq!(site.details, 216 - crawl.rows_before, "only what was missing was fetched");
    assert_eq!((crawl.named, crawl.stored), (site.details, site.details));
    // Before the first detail all lists were in: a barrier parts the two phases.
    assert_eq!((crawl.lists, site.lists), (12, 0), "lists are stored too");
    assert_eq!(ledger.requests, site.details);

    // Once more: nothing is missing.
    let [again] = &records(&format!("{SITE} {store} --resume"))[..] else { panic!("one record") };
    assert_eq!((again.ledger.unwrap().requests, rows(again)), (0, rows(fresh)));
    // Another site in the same store is no crawl to go on with.
    let other = SITE.replace("--seed 5", "--seed 6");
    refused_or_failed(&format!("crawl {other} {store} --resume"));
    // Without --resume it begins anew.
    let [anew] = &records(&format!("{SITE} {store}"))[..] else { panic!("one record") };
    assert_eq!((anew.crawl.as_ref().unwrap().rows_before, rows(anew)), (0, rows(fresh)));
}

/// Whoever says so: nothing of the other site was taken for this one's.
#[track_caller]
fn refused_or_failed(arguments: &str) {
    let output = command(arguments).output().unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments}: {output:?}");
}

#[test]
fn a_crawl_of_nothing_is_nothing_to_go_on_with() {
    refused(&format!("crawl {SITE} --resume"), "--resume needs a store that lasts");
    // A store that is not there yet is an empty one.
    let directory = tempfile::tempdir().unwrap();
    let store = format!("--store jsonl:{}", directory.path().join("books").display());
    let films = format!("--catalogue films --pages 1 --concurrency 9 --delay 0 --models sequential {store} --resume");
    let [first] = &records(&films)[..] else { panic!("one record") };
    assert_eq!(first.crawl.as_ref().map(|crawl| (crawl.rows_before, crawl.rows)), Some((0, 25)));
}

/// How often the files of a directory hold a title: at least once for each detail, and never before the first of them.
fn titles(directory: &Path) -> usize {
    let files = fs::read_dir(directory).unwrap().filter_map(Result::ok);
    let texts = files.filter_map(|file| fs::read(file.path()).ok());
    texts.map(|text| String::from_utf8_lossy(&text).matches("\"title\":").count()).sum()
}

/// What any thread of a process has started: its server and its worker.
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().filter_map(Result::ok);
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>()).collect()
}

/// Waits until a process that nobody waits for has ended: it dies with its parent.
fn gone(pid: u32) {
    for _ in 0..3_000 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z") {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("process {pid} outlives its parent");
}
