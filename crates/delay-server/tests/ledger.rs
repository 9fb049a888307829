//! The ledger counts what clients really did.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::net::SocketAddr;
use std::thread;
use std::time::Instant;

use common::{Client, start};
use inflight_record::Ledger;

const MS: u64 = 1_000_000;

#[test]
fn a_whole_batch_adds_up() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 20, 2);
    let begin = Instant::now();
    run(server.addr(), 7, 20, 2, "0.01", 1000);
    let makespan_ns = u64::try_from(begin.elapsed().as_nanos()).unwrap();
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 20);
    let expected = Ledger {
        batch: 7,
        requests: 20,
        completed: 20,
        bytes: 20_000,
        peak_in_flight: 2,
        connections: 2,
        connections_opened: 2,
        ..ledger.clone()
    };
    assert_eq!(ledger, expected);
    assert_eq!((ledger.aborted, ledger.missing, ledger.doubled), (0, 0, 0));
    assert!(makespan_ns >= ledger.span_ns && ledger.span_ns >= 10 * 10 * MS);
    assert!(ledger.held_sum_ns >= 20 * 10 * MS && ledger.held_sum_ns <= 2 * ledger.span_ns);
    let late = ledger.hold_late_ns;
    assert!(late.p50 <= late.p99 && late.p99 <= late.max && late.max > 0);
    assert!(ledger.cpu_ns > 0);
    assert_eq!(driver.ledger(7), ledger, "CPU time is taken when the last answer is, not when it is asked for");
}

#[test]
fn missing_and_doubled_indices_are_counted() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open(7, 130, 1);
    for index in [0, 64, 64, 129, 64, 0] {
        assert_eq!(client.get(&format!("/delay/0?batch=7&index={index}")).status, 200);
    }
    let ledger = client.ledger(7);
    assert_eq!((ledger.requests, ledger.missing, ledger.doubled), (6, 127, 3));
}

#[test]
fn requests_held_at_once_are_the_peak_and_those_given_up_are_aborted() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 10, 10);
    let mut clients: Vec<_> = (0..10).map(|_| Client::connect(server.addr())).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.send("GET", &format!("/delay/60?batch=7&index={index}"), "");
    }
    let ledger = driver.ledger_when(7, |ledger| ledger.requests == 10);
    assert_eq!((ledger.peak_in_flight, ledger.completed, ledger.aborted, ledger.held_sum_ns), (10, 0, 0, 0));
    clients.truncate(7);
    driver.ledger_when(7, |ledger| ledger.aborted == 3);
    drop(clients);
    let ledger = driver.ledger_when(7, |ledger| ledger.aborted == 10);
    assert_eq!((ledger.peak_in_flight, ledger.completed, ledger.missing, ledger.bytes), (10, 0, 0, 0));
    let overview = driver.get("/ledger").json();
    assert_eq!(overview["unnamed"]["requests"], 0);
}

#[test]
fn a_body_that_is_not_read_to_its_end_is_aborted() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 1, 1);
    let mut client = Client::connect(server.addr());
    client.send("GET", "/delay/0?batch=7&index=0&bytes=67108864", "");
    driver.ledger_when(7, |ledger| ledger.requests == 1);
    while client.is_waiting() {
        thread::yield_now();
    }
    drop(client);
    let ledger = driver.ledger_when(7, |ledger| ledger.aborted == 1);
    assert_eq!((ledger.completed, ledger.bytes, ledger.missing), (0, 0, 0));
}

#[test]
fn connections_are_counted_apart_when_they_are_older_than_the_batch() {
    let server = start();
    let mut old = Client::connect(server.addr());
    let mut idle = Client::connect(server.addr());
    old.get("/health");
    idle.get("/health");
    idle.open(7, 10, 2);
    idle.open(8, 10, 2);
    let mut new = Client::connect(server.addr());
    // Going to and fro between batches counts a connection once for each.
    for index in 0..3 {
        for batch in [7, 8] {
            old.get(&format!("/delay/0?batch={batch}&index={index}"));
        }
    }
    new.get("/delay/0?batch=7&index=9");
    let (seven, eight) = (idle.ledger(7), idle.ledger(8));
    assert_eq!((seven.requests, seven.connections, seven.connections_opened), (4, 2, 1));
    assert_eq!((eight.requests, eight.connections, eight.connections_opened), (3, 1, 0));
}

#[test]
fn the_seventeenth_batch_pushes_out_the_first_even_for_connections_that_carried_it() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open(1, 2, 1);
    assert_eq!(client.get("/delay/0?batch=1&index=0").status, 200);
    for batch in 2..=16 {
        client.open(batch, 10_000_000, 1);
    }
    assert_eq!(client.get("/delay/0?batch=1&index=1").status, 200);
    client.open(17, 1, 1);
    assert_eq!(client.get("/delay/0?batch=1&index=1").status, 404);
    assert_eq!(client.get("/ledger?batch=1").status, 404);
    assert_eq!(client.get("/delay/0?batch=2&index=9999999").status, 200);
}

#[test]
fn a_capped_client_is_quiet_and_a_filled_one_is_not() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    // Both may have 4 in flight; the first takes 2.
    driver.open(7, 12, 4);
    run(server.addr(), 7, 12, 2, "0.1", 0);
    driver.open(8, 12, 4);
    run(server.addr(), 8, 12, 4, "0.1", 0);
    let capped = driver.ledger_when(7, |ledger| ledger.completed == 12);
    let filled = driver.ledger_when(8, |ledger| ledger.completed == 12);
    assert_eq!((capped.peak_in_flight, filled.peak_in_flight), (2, 4));
    assert!(capped.quiet_sum_ns > 2 * filled.quiet_sum_ns, "{capped:?} {filled:?}");
    // Two requests of 100 ms leave a gap of 50 ms at least, however they fall; of which half is enough here.
    assert!(capped.quiet_longest_ns > 25 * MS, "{capped:?}");
}

#[test]
fn a_thousand_connections_at_once_are_all_served() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 1000, 1000);
    let mut clients: Vec<_> = (0..1000).map(|_| Client::connect(server.addr())).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.send("GET", &format!("/delay/1?batch=7&index={index}&bytes=1024"), "");
    }
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().body.len(), 1024);
    }
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 1000);
    assert_eq!((ledger.missing, ledger.doubled, ledger.connections, ledger.bytes), (0, 0, 1000, 1_024_000));
}

/// `requests` over `connections`, each with the next index as soon as its last is answered.
fn run(server: SocketAddr, batch: u64, requests: u64, connections: u64, delay: &str, bytes: u64) {
    thread::scope(|scope| {
        for connection in 0..connections {
            scope.spawn(move || {
                let mut client = Client::connect(server);
                for index in (connection..requests).step_by(usize::try_from(connections).unwrap()) {
                    let path = format!("/delay/{delay}?batch={batch}&index={index}&bytes={bytes}");
                    assert_eq!(client.get(&path).status, 200);
                }
            });
        }
    });
}
