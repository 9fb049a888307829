//! HTTP/2 by prior knowledge, on the port of HTTP/1.1, in the same ledger.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use common::h2::{PREFACE, Streams};
use common::{Client, PATIENCE, key, start};
use inflight_record::{Ledger, Token};

/// Larger than any body of these tests.
const WINDOW: u32 = 1 << 20;

#[test]
fn both_protocols_are_served_on_one_port_and_counted_in_one_ledger() {
    let server = start();
    let mut old = Client::connect(server.addr());
    let mut new = Streams::connect(server.addr(), WINDOW);
    let opening = new.ask("POST", "/ledger", r#"{"batch":7,"requests":4,"slots":4}"#);
    assert!(!new.answer(opening).ok, "it is 201");
    assert_eq!(old.get("/delay/0?batch=7&index=0").status, 200);
    let streams = [1, 2, 3].map(|index| new.ask("GET", &format!("/delay/0.01?batch=7&index={index}&bytes=1000"), ""));
    for (index, stream) in (1..).zip(streams) {
        let answer = new.answer(stream);
        assert!(answer.ok);
        assert_eq!((answer.body.len(), Token::from_body(&answer.body)), (1000, Some(key().token(7, index))));
    }
    let ledger = old.ledger(7);
    assert_eq!((ledger.requests, ledger.completed, ledger.streams, ledger.connections), (4, 4, 3, 2));
    let looking = new.ask("GET", "/ledger?batch=7", "");
    assert_eq!(serde_json::from_slice::<Ledger>(&new.answer(looking).body).unwrap(), ledger);
}

#[test]
fn a_batch_of_http1_has_no_word_of_streams() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open(7, 1, 1);
    client.get("/delay/0?batch=7&index=0");
    assert!(client.get("/ledger?batch=7").json().get("streams").is_none());
}

#[test]
fn a_preface_may_come_byte_by_byte() {
    let server = start();
    let mut client = Streams::silent(server.addr());
    let mut other = Client::connect(server.addr());
    for byte in PREFACE {
        client.write(&[*byte]);
        // The server has had its turn, and has seen this much and no more.
        assert_eq!(other.get("/health").status, 200);
    }
    client.begin(WINDOW);
    let stream = client.ask("GET", "/health", "");
    assert!(client.answer(stream).ok);
}

#[test]
fn methods_that_begin_like_the_preface_are_http1() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    let mut client = TcpStream::connect(server.addr()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    for byte in b"POST / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n" {
        client.write_all(&[*byte]).unwrap();
        driver.get("/health");
    }
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn garbage_ends_its_own_connection_only() {
    let server = start();
    let mut bystander = Streams::connect(server.addr(), WINDOW);
    for garbage in [&b"PRI * HTTP/1.1\r\n\r\n"[..], b"PROPFIND / HTTP/1.1\r\n\r\n", b"\0\0\0\0", b"P", b""] {
        let mut client = TcpStream::connect(server.addr()).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(garbage).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        // What it says before it closes is its own affair; a reset is an end too.
        let ended = client.read_to_end(&mut Vec::new());
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
    }
    let mut frames = Streams::connect(server.addr(), WINDOW);
    frames.write(&[0xff; 64]);
    assert!(frames.is_closed());
    let stream = bystander.ask("GET", "/health", "");
    assert!(bystander.answer(stream).ok);
}

#[test]
fn a_thousand_streams_at_once_share_one_connection() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    let mut client = Streams::connect(server.addr(), WINDOW);
    // Held until all of them are there, however long the server takes over that.
    driver.open(7, 1000, 1000);
    let held: Vec<u32> =
        (0..1000).map(|index| client.ask("GET", &format!("/delay/60?batch=7&index={index}"), "")).collect();
    let ledger = driver.ledger_when(7, |ledger| ledger.requests == 1000);
    assert_eq!((ledger.peak_in_flight, ledger.connections, ledger.streams), (1000, 1, 1000));
    for stream in held {
        client.reset(stream);
    }
    driver.ledger_when(7, |ledger| ledger.aborted == 1000);
    driver.open(8, 1000, 1000);
    let streams: Vec<u32> =
        (0..1000).map(|index| client.ask("GET", &format!("/delay/0?batch=8&index={index}&bytes=1024"), "")).collect();
    for stream in streams {
        let answer = client.answer(stream);
        assert!(answer.ok && answer.body.len() == 1024);
    }
    let ledger = driver.ledger(8);
    assert_eq!((ledger.requests, ledger.completed, ledger.streams), (1000, 1000, 1000));
    assert_eq!((ledger.connections, ledger.missing, ledger.doubled, ledger.bytes), (1, 0, 0, 1_024_000));
}

#[test]
fn a_body_of_the_largest_size_comes_whole() {
    let server = start();
    let mut client = Streams::connect(server.addr(), 128 << 20);
    let stream = client.ask("GET", "/delay/0?bytes=67108864", "");
    let answer = client.answer(stream);
    assert_eq!((answer.body.len(), Token::from_body(&answer.body)), (64 << 20, Some(key().token(0, 0))));
}

#[test]
fn streams_that_are_reset_are_aborted_and_their_connection_goes_on() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 200, 200);
    let mut client = Streams::connect(server.addr(), WINDOW);
    let streams: Vec<u32> =
        (0..100).map(|index| client.ask("GET", &format!("/delay/60?batch=7&index={index}"), "")).collect();
    driver.ledger_when(7, |ledger| ledger.requests == 100);
    for stream in streams {
        client.reset(stream);
    }
    driver.ledger_when(7, |ledger| ledger.aborted == 100);
    // And those that are given up before the server has seen them.
    for index in 100..200 {
        let stream = client.ask("GET", &format!("/delay/60?batch=7&index={index}"), "");
        client.reset(stream);
    }
    let stream = client.ask("GET", "/delay/0?batch=7&index=0", "");
    assert!(client.answer(stream).ok);
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 1 && ledger.aborted + 1 == ledger.requests);
    assert_eq!((ledger.bytes > 0, ledger.connections), (true, 1));
}

#[test]
fn a_client_that_goes_away_aborts_all_its_streams() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 10, 10);
    let mut client = Streams::connect(server.addr(), WINDOW);
    for index in 0..10 {
        client.ask("GET", &format!("/delay/60?batch=7&index={index}"), "");
    }
    driver.ledger_when(7, |ledger| ledger.requests == 10);
    drop(client);
    let ledger = driver.ledger_when(7, |ledger| ledger.aborted == 10);
    assert_eq!((ledger.completed, ledger.bytes, ledger.streams), (0, 0, 10));
}

#[test]
fn a_body_that_the_windows_keep_back_is_completed_only_when_it_has_gone_out() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open(7, 3, 3);
    // Bodies of one piece, of which the server may send 100 bytes.
    let mut client = Streams::connect(server.addr(), 100);
    let streams = [0, 1, 2].map(|index| client.ask("GET", &format!("/delay/0?batch=7&index={index}&bytes=1000"), ""));
    for stream in streams {
        client.read_bytes(stream, 100);
    }
    let ledger = driver.ledger(7);
    assert_eq!((ledger.requests, ledger.completed, ledger.aborted), (3, 0, 0));
    client.allow(streams[0], 900);
    assert_eq!(client.answer(streams[0]).body.len(), 1000);
    client.reset(streams[1]);
    let ledger = driver.ledger_when(7, |ledger| ledger.aborted == 1);
    assert_eq!((ledger.completed, ledger.bytes), (1, 1000));
    drop(client);
    let ledger = driver.ledger_when(7, |ledger| ledger.aborted == 2);
    assert_eq!((ledger.completed, ledger.bytes), (1, 1000));
}
