//! The way between the two hosts: away for three seconds, and narrow.

use std::time::Duration;

use inflight_record::{Flag, Outcome};

use crate::stage::{Stage, records};

#[test]
fn a_link_that_is_down_for_three_seconds_costs_time_or_a_batch_and_no_more() {
    let Some(stage) = Stage::new("down") else { return };
    let _server = stage.serve();
    let arguments = "run --requests 40 --concurrency 4 --delay 200ms --rounds 3 --models raw-epoll,tokio-reqwest \
                     --seed 1 --json --wait-for-server 60s";
    let running = stage.start_with_server(arguments);
    stage.until("a batch is under way", || stage.arrived() > 0);
    // The server's end: what the client sends is lost without a word, as on a cable that was pulled.
    stage.link_down();
    std::thread::sleep(Duration::from_secs(3));
    stage.link_up();
    let output = running.wait();
    let records = records(&output);
    assert_eq!(records.len(), 6, "every batch has its record: {}", String::from_utf8_lossy(&output.stderr));
    let (struck, others) = records.split_first().unwrap();
    match struck.outcome {
        Outcome::Ok => assert!(struck.makespan_ns.unwrap() >= 3_000_000_000, "{struck:?}"),
        Outcome::Failed => assert!(struck.reason.as_deref().is_some_and(|reason| !reason.is_empty())),
        other => panic!("{other:?}: {:?}", struck.reason),
    }
    for record in others {
        assert_eq!(record.outcome, Outcome::Ok, "{}: {:?}", record.arm, record.reason);
    }
    let all_ok = struck.outcome == Outcome::Ok;
    assert_eq!(output.status.code(), Some(i32::from(!all_ok)));
}

#[test]
fn a_narrow_link_is_flagged_where_it_is_what_a_batch_waits_for() {
    let Some(stage) = Stage::new("narrow") else { return };
    let _server = stage.serve();
    if !stage.narrow_link("100mbit") {
        return;
    }
    let run = |models: &str, body: &str, delay: &str| {
        let arguments = format!(
            "run --requests 64 --concurrency 16 --delay {delay} --body {body} --rounds 1 \
             --models {models} --seed 1 --json"
        );
        let output = stage.with_server(&arguments);
        let records = records(&output);
        let (all, said) = (models.split(',').count(), String::from_utf8_lossy(&output.stderr));
        assert_eq!((output.status.code(), records.len()), (Some(0), all), "{said}");
        records
    };
    // One at a time waits 5 ms of each 25 ms for 64 KiB, which a busy machine outweighs: it gets more to wait for.
    for record in run("raw-epoll,tokio-reqwest", "64KiB", "20ms").into_iter().chain(run("sequential", "256KiB", "20ms"))
    {
        assert_eq!(record.outcome, Outcome::Ok, "{}: {:?}", record.arm, record.reason);
        let link = record.server_side.unwrap().link_bytes_per_s;
        assert!((4_000_000..14_000_000).contains(&link), "100 Mbit/s carry 12.5 MB/s at most, not {link}");
        assert!(record.flags.contains(&Flag::LinkSaturated), "{}: {:?}", record.arm, record);
        assert!(!record.times_count());
    }
    // 78 kB in all: 6 ms of a batch of 400 ms and more.
    for record in run("raw-epoll,tokio-reqwest,sequential", "1KiB", "100ms") {
        assert!(!record.flags.contains(&Flag::LinkSaturated), "{}: {:?}", record.arm, record);
    }
}
