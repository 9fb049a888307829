//! Every route and every refusal, as a client sees them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::time::{Duration, Instant};

use common::{Client, key, start};
use inflight_record::Token;

#[test]
fn a_delay_is_held_and_its_answer_carries_the_token() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open(7, 10, 10);
    let begin = Instant::now();
    let answer = client.get("/delay/0.05?batch=7&index=3");
    let latency = begin.elapsed();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(Token::from_body(&answer.body), Some(key().token(7, 3)));
    let json = answer.json();
    assert_eq!((&json["batch"], &json["index"], &json["pad"]), (&7.into(), &3.into(), &"".into()));
    let hold = Duration::from_nanos(answer.hold_ns());
    assert!(hold >= Duration::from_millis(50) && hold <= latency, "held {hold:?}, latency {latency:?}");
}

#[test]
fn bodies_have_exactly_the_size_asked_for_and_never_less_than_the_answer() {
    let server = start();
    let mut client = Client::connect(server.addr());
    let natural = client.get("/delay/0").body.len();
    for bytes in
        [0, 1, natural - 1, natural, natural + 1, 128, 1024, 65_535, 65_536, 65_700, 200_000, 3_000_000, 64 << 20]
    {
        let answer = client.get(&format!("/delay/0?bytes={bytes}"));
        assert_eq!(answer.body.len(), bytes.max(natural));
        assert_eq!(Token::from_body(&answer.body), Some(key().token(0, 0)));
        assert!(answer.json()["pad"].as_str().unwrap().bytes().all(|byte| byte == b'x'));
    }
}

#[test]
fn health_says_ok_and_the_version() {
    let server = start();
    let answer = Client::connect(server.addr()).get("/health");
    assert_eq!((answer.status, &answer.json()["status"]), (200, &"ok".into()));
    assert_eq!(answer.json()["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn refusals_have_a_status_and_say_what_would_be_right() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open(7, 10, 10);
    for (method, path, body, status, says) in [
        ("GET", "/", "", 404, "/delay/{seconds}"),
        ("GET", "/delay", "", 404, "/delay/{seconds}"),
        ("POST", "/delay/0", "", 405, "GET only"),
        ("DELETE", "/ledger", "", 405, "GET, POST only"),
        ("POST", "/health", "", 405, "GET only"),
        ("GET", "/delay/", "", 400, "from 0 to 60"),
        ("GET", "/delay/nan", "", 400, "from 0 to 60"),
        ("GET", "/delay/inf", "", 400, "from 0 to 60"),
        ("GET", "/delay/-1", "", 400, "from 0 to 60"),
        ("GET", "/delay/1e-3", "", 400, "from 0 to 60"),
        ("GET", "/delay/60.1", "", 400, "from 0 to 60"),
        ("GET", "/delay/0?bytes=67108865", "", 400, "bytes must be a whole number from 0 to 67108864"),
        ("GET", "/delay/0?batch=x&index=1", "", 400, "batch must be a whole number"),
        ("GET", "/delay/0?batch=7", "", 400, "must name its index"),
        ("GET", "/delay/0?size=7", "", 400, "batch, index and bytes"),
        ("GET", "/delay/0?batch=7&index=10", "", 400, "below the 10 requests of batch 7"),
        ("GET", "/delay/0?batch=8&index=0", "", 404, "batch 8 is not open"),
        ("GET", "/ledger?batch=8", "", 404, "batch 8 is not open"),
        ("GET", "/ledger?batch=", "", 400, "batch must be a whole number"),
        ("POST", "/ledger", r#"{"batch":7,"requests":1,"slots":1}"#, 409, "open already"),
        ("POST", "/ledger", r#"{"batch":0,"requests":1,"slots":1}"#, 400, "batch must be at least 1"),
        ("POST", "/ledger", r#"{"batch":9,"requests":0,"slots":1}"#, 400, "requests must be 1 to 10000000"),
        ("POST", "/ledger", r#"{"batch":9,"requests":10000001,"slots":1}"#, 400, "requests must be 1 to 10000000"),
        ("POST", "/ledger", r#"{"batch":9,"requests":1,"slots":0}"#, 400, "slots must be 1 to 60000"),
        ("POST", "/ledger", r#"{"batch":9,"requests":1}"#, 400, "missing field `slots`"),
        ("POST", "/ledger", r#"{"batch":9,"requests":1,"slots":1,"x":1}"#, 400, "unknown field `x`"),
        ("POST", "/ledger", "", 400, "POST /ledger takes"),
    ] {
        let answer = client.ask(method, path, body);
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status, "{method} {path} {body}: {error}");
        assert!(error.contains(says), "{method} {path} {body}: {error}");
        let allow = (status == 405).then_some(if path == "/ledger" { "GET, POST" } else { "GET" });
        assert_eq!(answer.header("allow"), allow);
    }
    assert_eq!(client.get("/ledger").json()["refused"], 27);
    assert_eq!(client.ledger(7).requests, 0, "a refused request arrived at no batch");
}

#[test]
fn a_head_is_refused_and_so_is_a_body_beyond_reason() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.send("HEAD", "/delay/0", "");
    let answer = client.receive_head().unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")));
    let answer = client.ask("POST", "/ledger", &" ".repeat(5000));
    assert_eq!(answer.status, 400);
    assert!(answer.json()["error"].as_str().unwrap().contains("limit"));
}

#[test]
fn the_overview_counts_requests_without_a_batch_apart() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open(7, 10, 5);
    client.get("/delay/0?batch=7&index=0");
    for _ in 0..3 {
        assert_eq!(Token::from_body(&client.get("/delay/0").body), Some(key().token(0, 0)));
    }
    let answer = client.get("/delay/0.001?index=5");
    assert_eq!(Token::from_body(&answer.body), Some(key().token(0, 5)));
    let overview = client.get("/ledger").json();
    assert_eq!(overview["unnamed"], serde_json::json!({ "requests": 4, "completed": 4, "aborted": 0 }));
    assert_eq!(overview["batches"], serde_json::json!([{ "batch": 7, "requests": 10, "slots": 5, "arrived": 1 }]));
    assert_eq!(client.ledger(7).requests, 1);
}

#[test]
fn requests_sent_at_once_on_one_connection_are_answered_in_order() {
    let server = start();
    let mut client = Client::connect(server.addr());
    for index in [4, 5, 6] {
        client.send("GET", &format!("/delay/0.01?index={index}"), "");
    }
    for index in [4, 5, 6] {
        assert_eq!(client.receive().unwrap().json()["index"], index);
    }
}
