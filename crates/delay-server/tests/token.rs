//! A server with a token: who may ask for what, and what is counted.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use common::{Answer, Client};
use inflight_delay_server::{DelayServer, Options};
use inflight_record::ledger::pass;
use inflight_record::{
    AccessToken, Environment, Limits, Machine, SCHEMA_VERSION, ServerCounters, ServerReport, Software, Token,
};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn token() -> AccessToken {
    AccessToken::parse(TOKEN).unwrap()
}

fn start() -> DelayServer {
    let options = Options { token: Some(token()), machine: Some(report), ..Options::new(token().answer_key()) };
    DelayServer::start(options).unwrap()
}

fn report(arrived: u64) -> ServerReport {
    let text = String::new;
    let environment = Environment {
        schema_version: SCHEMA_VERSION,
        environment_id: "there".to_owned(),
        machine: Machine {
            node: None,
            cpu_model: text(),
            cpus: vec![3],
            memory_bytes: 1,
            kernel: text(),
            os: text(),
            arch: text(),
            clock_source: text(),
            governor: None,
            restricted: None,
        },
        software: Software {
            inflight: text(),
            commit: text(),
            lockfile_sha256: text(),
            rustc: text(),
            profile: text(),
            crates: std::collections::BTreeMap::new(),
        },
        limits: Limits {
            nofile: 1,
            somaxconn: 1,
            ephemeral_ports: (1, 2),
            tcp_tw_reuse: 0,
            tcp_congestion_control: text(),
            threads_max: 1,
            max_map_count: 1,
            pids_max: None,
        },
        server: None,
    };
    ServerReport { environment, counters: ServerCounters { steal_ns: 7, ..ServerCounters::default() }, arrived }
}

fn ask(client: &mut Client, bearer: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
    let header = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    client.send_with(&header, method, path, body);
    client.receive().unwrap()
}

#[test]
fn without_the_token_there_is_health_and_nothing_else() {
    let server = start();
    let mut client = Client::connect(server.addr());
    let wrong = TOKEN.replace('f', "e");
    let mut refused = 0;
    for bearer in [None, Some(wrong.as_str()), Some(&TOKEN[1..]), Some("")] {
        assert_eq!(ask(&mut client, bearer, "GET", "/health", "").status, 200);
        for (method, path) in [
            ("GET", "/delay/0"),
            ("GET", "/delay/0?batch=7&index=0"),
            ("GET", "/api/book/"),
            ("GET", "/subject/1/?batch=7&index=0"),
            ("GET", "/ledger"),
            ("GET", "/ledger?batch=7"),
            ("POST", "/ledger"),
            ("GET", "/machine"),
            ("GET", "/no/such/path"),
            ("DELETE", "/delay/0"),
            ("GET", "/delay/x"),
        ] {
            let answer = ask(&mut client, bearer, method, path, "");
            assert_eq!(answer.status, 401, "{bearer:?} {method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            let error = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(error.contains("--token-file") && !error.contains(TOKEN), "{error}");
            refused += 1;
        }
    }
    let overview = ask(&mut client, Some(TOKEN), "GET", "/ledger", "").json();
    assert_eq!((&overview["unauthorized"], &overview["refused"]), (&refused.into(), &refused.into()));
    assert_eq!(overview["unnamed"]["requests"], 0, "nobody was served");
}

#[test]
fn with_the_token_everything_is_as_without_one() {
    let server = start();
    let mut client = Client::connect(server.addr());
    let mut with = |method: &str, path: &str, body: &str| ask(&mut client, Some(TOKEN), method, path, body);
    assert_eq!(with("GET", "/delay/0", "").status, 200);
    assert_eq!(with("GET", "/no/such/path", "").status, 404);
    assert_eq!(with("POST", "/ledger", r#"{"batch":7,"requests":1,"slots":1}"#).status, 201);
    assert_eq!(with("GET", "/ledger?batch=7", "").status, 200);
    let report: ServerReport = serde_json::from_slice(&with("GET", "/machine", "").body).unwrap();
    assert_eq!((report.environment.machine.cpus, report.counters.steal_ns, report.arrived), (vec![3], 7, 1));
    assert_eq!(with("POST", "/machine", "").status, 405);
    assert_eq!(with("GET", "/ledger", "").json()["unauthorized"], 0);
}

#[test]
fn the_number_of_an_open_batch_is_all_that_its_requests_need() {
    let server = start();
    let mut client = Client::connect(server.addr());
    let number = pass(0x0123_4567_89ab_cdef);
    let open = format!(r#"{{"batch":{number},"requests":2,"slots":2}}"#);
    // On a connection of its own: whether a server reads on behind a body that it did not want is its own affair.
    assert_eq!(ask(&mut Client::connect(server.addr()), None, "POST", "/ledger", &open).status, 401);
    assert_eq!(client.get(&format!("/delay/0?batch={number}&index=0")).status, 401, "it is not open");
    assert_eq!(ask(&mut client, Some(TOKEN), "POST", "/ledger", &open).status, 201);
    for index in [0, 1] {
        let answer = client.get(&format!("/delay/0.001?batch={number}&index={index}"));
        assert_eq!(answer.status, 200);
        assert_eq!(Token::from_body(&answer.body), Some(token().answer_key().token(number, index)));
    }
    // A wrong header does not matter: the batch speaks for itself, and is refused what it does not owe.
    assert_eq!(ask(&mut client, Some("x"), "GET", &format!("/delay/0?batch={number}&index=0"), "").status, 200);
    assert_eq!(client.get(&format!("/delay/0?batch={number}&index=2")).status, 400);
    assert_eq!(client.get(&format!("/top250?batch={number}&index=0")).status, 400, "it is no crawl");
    assert_eq!(client.get(&format!("/delay/0?batch={}&index=0", number + 2)).status, 401);
    assert_eq!(client.get(&format!("/ledger?batch={number}")).status, 401, "the ledger is for who opened it");
    let ledger = ask(&mut client, Some(TOKEN), "GET", &format!("/ledger?batch={number}"), "").json();
    assert_eq!((&ledger["requests"], &ledger["doubled"], &ledger["missing"]), (&3.into(), &1.into(), &0.into()));
}

#[test]
fn a_server_serves_one_batch_after_the_other_and_forgets_the_oldest() {
    let server = start();
    let mut client = Client::connect(server.addr());
    let url = |number: u64| format!("/delay/0?batch={number}&index=0");
    for number in 1..=40 {
        let open = format!(r#"{{"batch":{number},"requests":1,"slots":1}}"#);
        assert_eq!(ask(&mut client, Some(TOKEN), "POST", "/ledger", &open).status, 201);
        assert_eq!(client.get(&url(number)).status, 200);
        let ledger = ask(&mut client, Some(TOKEN), "GET", &format!("/ledger?batch={number}"), "").json();
        assert_eq!((&ledger["requests"], &ledger["connections_opened"]), (&1.into(), &0.into()), "batch {number}");
    }
    assert_eq!(client.get(&url(1)).status, 401, "its pass has gone with it");
    let report: ServerReport =
        serde_json::from_slice(&ask(&mut client, Some(TOKEN), "GET", "/machine", "").body).unwrap();
    assert_eq!(report.arrived, 40, "forgotten ones are counted");
}

#[test]
fn a_server_without_a_token_has_no_machine_to_show() {
    let server = common::start();
    let answer = Client::connect(server.addr()).get("/machine");
    assert_eq!(answer.status, 404);
    assert!(answer.json()["error"].as_str().unwrap().contains("--token-file"));
}
