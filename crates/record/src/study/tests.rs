//! Study files, right and wrong.

use super::*;
use crate::Workload;

const LEAST: &str = "question = \"Why?\"\n[[workload]]\nrequests = 100\nconcurrency = 10\ndelay = \"50ms\"\n";

#[track_caller]
fn refused(text: &str, says: &str) {
    let error = Study::parse("mine", text).unwrap_err().to_string();
    assert!(error.contains(says), "{error:?} does not say {says:?}");
}

#[test]
fn what_is_left_out_has_its_default() {
    let study = Study::parse("mine", LEAST).unwrap();
    assert_eq!((study.name.as_str(), study.question.as_str(), study.seed), ("mine", "Why?", 1));
    assert_eq!((study.rounds, study.models, study.time_limit_ns), (RoundsRule::Fixed(12), None, None));
    assert_eq!(study.baseline.value, "tokio-reqwest");
    assert_eq!(study.controls, Controls { delay_ns: 2_000_000, work_ns: 20_000 });
    let [only] = &study.workloads[..] else { panic!("{:?}", study.workloads) };
    assert_eq!((only.id.as_str(), &only.workload), ("n100-c10-d50ms-b1024-cold", &Workload::new(100, 10, 50_000_000)));
}

#[test]
fn lists_stand_for_every_combination() {
    let text = "question = \"?\"\nseed = 7\n[[workload]]\nname = \"a\"\nwaves = 2\nconcurrency = [1, 10]\n\
                delay = [\"50ms\", \"lognormal:50ms:0.6\"]\nhosts = 16\n";
    let study = Study::parse("mine", text).unwrap();
    let ids: Vec<&str> = study.workloads.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["a-d50ms-c1", "a-d50ms-c10", "a-dln50ms-0.6-c1", "a-dln50ms-0.6-c10"]);
    let last = &study.workloads[3].workload;
    assert_eq!((last.requests, last.hosts, last.lognormal.unwrap().seed), (20, 16, 7));
}

#[test]
fn every_key_is_read() {
    let text = "question = \"?\"\nrounds = \"auto\"\nprecision = \"5%\"\nbudget = \"90s\"\nmodels = [\"a\", \"b\"]\n\
                baseline = \"b\"\nplacement = \"shared\"\ntime_limit = \"2m\"\ncontrols = { delay = \"5ms\", work = \"1us\" }\n\
                [[workload]]\nrequests = 9\nconcurrency = 3\ndelay = \"1s\"\nbody = \"1MiB\"\nconnections = \"warm\"\n\
                capacity = 2\n";
    let study = Study::parse("mine", text).unwrap();
    assert_eq!(study.rounds, RoundsRule::Auto { precision: 0.05, budget_ns: 90_000_000_000 });
    assert_eq!(study.models.unwrap()[1], Placed { value: "b".into(), place: Place { line: 5, column: 16 } });
    assert_eq!((study.placement, study.time_limit_ns), (Placement::Shared, Some(120_000_000_000)));
    assert_eq!(study.controls, Controls { delay_ns: 5_000_000, work_ns: 1_000 });
    assert_eq!(study.workloads[0].slug, "n9-c3-d1s-b1048576-warm-k2");
}

#[test]
fn wrong_files_are_refused_with_line_and_column() {
    refused("question = \"?\"\n", "1:1: a study needs workload");
    refused("quetsion = \"?\"\n", "1:1: a study needs question");
    refused(&LEAST.replace("[[work", "roundz = 3\n[[work"), "2:1: a study has no key \"roundz\"; did you mean rounds?");
    refused(
        &format!("{LEAST}concurency = 3\n"),
        "6:1: a workload has no key \"concurency\"; did you mean concurrency?",
    );
    refused(&format!("{LEAST}zzz = 3\n"), "there are body, capacity, concurrency,");
    refused(&LEAST.replace("10\n", "0\n"), "4:15: concurrency must be 1 to 60000, not 0");
    refused(&LEAST.replace("10\n", "\"ten\"\n"), "4:15: concurrency must be a whole number, not a string");
    refused(&LEAST.replace("10\n", "101\n"), "4:15: concurrency 101 is above the 100 requests");
    refused(&LEAST.replace("50ms", "61s"), "5:9: delay must be at most 60s");
    refused(
        &LEAST.replace("50ms", "fast"),
        "5:9: delay is \"fast\": not a duration; write it with a unit, such as 50ms",
    );
    refused(&LEAST.replace("50ms", "lognormal:0:1"), "5:9: lognormal needs a delay above 0");
    refused(&format!("{LEAST}waves = 2\n"), "needs requests or waves, and not both");
    refused(&format!("{LEAST}capacity = [5, 5]\n"), "2:1: the workload n100-c10-d50ms-b1024-cold-k5 stands twice");
    let twice = format!("{LEAST}{}", &LEAST[LEAST.find("[[").unwrap()..]);
    refused(&twice, "6:1: the workload n100-c10-d50ms-b1024-cold stands twice, first in the table of line 2");
    let alike = format!(
        "{}[[workload]]\nname = \"x\"\nrequests = 5\nconcurrency = 1\ndelay = \"0\"\n",
        LEAST.replace("delay", "name = \"x\"\ndelay")
    );
    refused(&alike, "two workloads would be called \"x\"");
    refused(&format!("rounds = 0\n{LEAST}"), "1:10: rounds must be 1 to 10000, not 0");
    refused(&format!("rounds = \"some\"\n{LEAST}"), "or \"auto\", not \"some\"");
    refused(&format!("precision = \"2%\"\n{LEAST}"), "1:13: precision and budget belong to rounds = \"auto\"");
    refused(&format!("models = [\"a\", \"a\"]\n{LEAST}"), "1:16: \"a\" stands twice");
    refused(&format!("controls = {{ delay = \"0\" }}\n{LEAST}"), "controls.delay must be above 0");
    refused("question = \n", "1:12: ");
    refused(&format!("{LEAST}name = \"Ä b\"\n"), "lower-case letters");
    assert!(Study::parse("No Name", LEAST).unwrap_err().message.contains("lower-case letters"));
}

#[test]
fn a_list_of_lists_cannot_grow_without_bound() {
    let list = |from: u32| (from..from + 40).map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
    let text = format!(
        "question = \"?\"\n[[workload]]\nrequests = [{}]\nconcurrency = [{}]\ndelay = \"1ms\"\n",
        list(100),
        list(1)
    );
    refused(&text, "at most 1000 workloads");
}

#[test]
fn claims_name_a_workload_and_two_models() {
    let base = "question = \"q\"\n[[workload]]\nname = \"five\"\nrequests = 5\nconcurrency = 5\ndelay = \"5ms\"\n";
    let claim =
        "[[claim]]\nsays = \"s\"\ntheirs = \"t\"\ntimes = 21.8\nworkload = \"five\"\nslow = \"a\"\nfast = \"b\"\n";
    let study = Study::parse("s", &format!("{base}{claim}")).unwrap();
    let [claim_read] = &study.claims[..] else { panic!("{:?}", study.claims) };
    assert_eq!((claim_read.place.line, claim_read.value.times), (7, Some(21.8)));
    for (from, to, says) in [
        ("workload = \"five\"", "workload = \"six\"", "11:12: no workload is called \"six\"; there are five"),
        ("fast = \"b\"", "fast = \"a\"", "slow and fast are the same"),
        ("times = 21.8", "times = 0", "times must be above 0, not 0"),
        ("times = 21.8", "times = \"21.8\"", "times must be a number"),
        ("says = \"s\"\n", "", "a claim needs says"),
        ("slow", "slowest", "a claim needs slow"),
    ] {
        let error = Study::parse("s", &format!("{base}{}", claim.replacen(from, to, 1))).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let error = Study::parse("s", &format!("{base}{claim}{claim}")).unwrap_err().to_string();
    assert!(error.contains("14:1: the claim of line 7 compares the same two"), "{error}");
}

const CRAWL: &str =
    "question = \"?\"\nseed = 7\n[[workload]]\ncrawl = \"books\"\nconcurrency = 100\ndelay = \"50ms\"\n";

#[test]
fn a_crawl_has_its_own_keys_and_defaults() {
    let [only] = &Study::parse("mine", CRAWL).unwrap().workloads[..] else { panic!("one workload") };
    let crawl = only.workload.crawl.clone().unwrap();
    assert_eq!((crawl.site.lists, crawl.site.seed, crawl.site.faults_per_mille, crawl.retries), (100, 7, 0, 0));
    assert_eq!((crawl.phases.as_str(), crawl.store.as_str()), ("barrier", "sqlite:"));
    assert_eq!(only.id, "crawl-books-l100-barrier-sqlite-c100-d50ms-cold");
    assert_eq!((only.workload.requests, only.workload.body_bytes), (1_900, 0));
    let films = Study::parse("mine", &CRAWL.replace("books", "films")).unwrap();
    assert_eq!(films.workloads[0].workload.requests, 260);

    let all = "name = \"a\"\npages = [1, 2]\nphases = [\"barrier\", \"pipelined\"]\nstore = [\"none:\", \"jsonl:x\"]\n\
               faults = \"2.5%\"\nretries = 3\nconnections = \"warm\"\n";
    let listed = CRAWL.replace("concurrency = 100", "concurrency = [5, 10]") + all;
    let workloads = Study::parse("mine", &listed).unwrap().workloads;
    assert_eq!(workloads.len(), 16);
    let ids: Vec<&str> = workloads.iter().take(5).map(|it| it.id.as_str()).collect();
    let wanted = ["a-l1-barrier-none-c5", "a-l1-barrier-none-c10", "a-l1-barrier-jsonl-c5", "a-l1-barrier-jsonl-c10"];
    assert_eq!((&ids[..4], ids[4]), (&wanted[..], "a-l1-pipelined-none-c5"));
    assert_eq!(workloads[15].slug, "crawl-books-l2-pipelined-jsonl-f25-r3-c10-d50ms-warm");
}

#[test]
fn what_a_crawl_cannot_have_is_refused_at_its_place() {
    let with = |line: &str| format!("{CRAWL}{line}\n");
    refused(&CRAWL.replace("\"books\"", "\"songs\""), "4:9: crawl is \"songs\": crawl must be \"books\" or \"films\"");
    refused(&CRAWL.replace("\"books\"", "[\"books\"]"), "4:9: crawl must be a text in quotes");
    refused(&with("requests = 9"), "7:12: requests: those of a crawl follow from its pages: leave it out");
    refused(&with("waves = 2"), "follow from its pages");
    refused(&with("body = \"1KiB\""), "7:8: body: the bodies of a crawl have the size of its pages");
    refused(&with("hosts = 2"), "a crawl has one host");
    refused(&with("capacity = 2"), "a server without a limit");
    refused(&with("pages = 0"), "7:9: pages must be 1 to 100000, not 0");
    refused(&with("phases = \"both\""), "phases must be \"barrier\" or \"pipelined\"");
    refused(&with("store = \"books.db\""), "7:9: store is \"books.db\": a store begins with its kind and a colon");
    refused(&with("faults = \"51%\""), "7:10: faults must be at most 50 %, not 51 %");
    refused(&with("faults = \"0.25%\""), "whole tenths of a percent");
    refused(&with("retries = 11"), "7:11: retries must be 0 to 10, not 11");
    refused(&with("pages = 100_000\nretries = 10"), "8:11: 1900000 pages with 10 retries may take 20900000 requests");
    refused(&CRAWL.replace("50ms", "lognormal:50ms:0.6"), "6:9: a crawl has a fixed delay, such as 50ms");
    refused(&CRAWL.replace("100\n", "2000\n"), "5:15: concurrency 2000 is above the 1900 requests");
    refused(&with("store = [\"jsonl:a\", \"jsonl:b\"]"), "crawl-books-l100-barrier-jsonl-c100-d50ms-cold stands twice");
    for key in ["pages = 3", "phases = \"barrier\"", "store = \"none:\"", "faults = \"1%\"", "retries = 1"] {
        refused(&format!("{LEAST}{key}\n"), "this belongs to a crawl: add crawl = \"books\" or crawl = \"films\"");
    }
}
