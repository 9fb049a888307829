//! Starting, stopping, panicking, pausing; and running as a process of its own, short of open files or orphaned.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{Client, PATIENCE, key, start};
use inflight_delay_server::{DelayServer, Options, ServerError, Shutdown, run};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PARENT: &str = "INFLIGHT_TEST_PARENT";
const OPEN_FILES: &str = "INFLIGHT_TEST_OPEN_FILES";

#[test]
fn a_dropped_server_is_gone_with_its_connections() {
    let server = start();
    let address = server.addr();
    assert_eq!(server.url("/health"), format!("http://{address}/health"));
    let mut held = Client::connect(address);
    held.get("/health");
    held.send("GET", "/delay/60", "");
    drop(server);
    assert!(held.receive().is_none());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let server = start();
    let error = DelayServer::start(Options { bind: server.addr(), ..Options::new(key()) }).unwrap_err();
    assert!(matches!(error, ServerError::Listen { bind, .. } if bind == server.addr()));
    assert!(error.to_string().contains("choose"), "{error}");
}

#[test]
fn a_panic_of_the_server_reaches_who_drops_it() {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(panicked())));
    let message = dropped.unwrap_err();
    assert!(message.downcast_ref::<&str>().unwrap().contains("connection's task panicked"));
}

#[test]
fn a_panic_of_the_test_is_not_covered_by_one_of_the_server() {
    let message = catch_unwind(AssertUnwindSafe(|| {
        let _server = panicked();
        panic!("the test's own");
    }));
    assert_eq!(*message.unwrap_err().downcast_ref::<&str>().unwrap(), "the test's own");
}

/// A server of which a connection's task panicked.
fn panicked() -> DelayServer {
    let server = DelayServer::start(Options { panic_at_index: Some(3), ..Options::new(key()) }).unwrap();
    let mut client = Client::connect(server.addr());
    assert_eq!(client.get("/delay/0?index=2").status, 200);
    client.send("GET", "/delay/0?index=3", "");
    assert!(client.receive().is_none());
    server
}

#[test]
fn a_pause_of_accepting_holds_back_new_connections_only_and_comes_once() {
    let pause = Duration::from_secs(2);
    let server = DelayServer::start(Options { pause_accept: Some(pause), ..Options::new(key()) }).unwrap();
    let mut early = Client::connect(server.addr());
    early.get("/health");
    let begin = Instant::now();
    early.open(7, 1, 1);
    let mut late = Client::connect(server.addr());
    late.send("GET", "/health", "");
    assert_eq!(early.get("/delay/0").status, 200);
    // Unless this thread was held up for as long.
    assert!(late.is_waiting() || begin.elapsed() >= pause);
    assert_eq!(late.receive().unwrap().status, 200);
    assert!(begin.elapsed() >= pause);
    early.open(8, 1, 1);
    assert_eq!(Client::connect(server.addr()).get("/health").status, 200);
}

#[test]
fn running_out_of_open_files_is_survived() {
    let (mut child, address) = Serving::start(&[(OPEN_FILES, "40".to_owned())]);
    // Twice as many connections as it may have files: the rest wait in the kernel's queue until others are closed.
    let mut clients: Vec<_> = (0..80).map(|_| Client::connect(address)).collect();
    for client in &mut clients {
        client.send("GET", "/delay/0", "");
    }
    for mut client in clients {
        assert_eq!(client.receive().unwrap().status, 200);
    }
    assert_eq!(Client::connect(address).get("/health").status, 200);
    child.stop(Signal::SIGTERM);
}

#[test]
fn signals_end_it_in_good_order() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (mut child, address) = Serving::start(&[]);
        let mut held = Client::connect(address);
        held.send("GET", "/delay/60", "");
        child.stop(signal);
        assert!(held.receive().is_none());
    }
}

#[test]
fn the_death_of_its_parent_ends_it() {
    let (mut parent, address) = Serving::start_as("child_that_starts_a_server", &[]);
    assert_eq!(Client::connect(address).get("/health").status, 200);
    parent.child.kill().unwrap();
    parent.child.wait().unwrap();
    let begin = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begin.elapsed() < PATIENCE, "the server outlives its parent");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_parent_that_is_dead_already_ends_it() {
    // Process 2 is the kernel's or nobody's, never this child's parent.
    let (mut child, _) = Serving::start(&[(PARENT, "2".to_owned())]);
    assert!(child.child.wait().unwrap().success());
}

/// Another run of this test binary, as a process to end or to starve.
struct Serving {
    child: Child,
    /// Kept open: a test binary that cannot print fails.
    _output: BufReader<ChildStdout>,
}

impl Serving {
    fn start(environment: &[(&str, String)]) -> (Self, SocketAddr) {
        Self::start_as("child_that_serves", environment)
    }

    fn start_as(test: &str, environment: &[(&str, String)]) -> (Self, SocketAddr) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the child ended without an address");
        }
        let address = line.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
        (Self { child, _output: output }, address)
    }

    fn stop(&mut self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "a child of other tests"]
fn child_that_serves() {
    if let Ok(files) = std::env::var(OPEN_FILES) {
        let files = files.parse().unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, files, files).unwrap();
    }
    let with_parent = std::env::var(PARENT).ok().map(|parent| parent.parse().unwrap());
    let shutdown = Shutdown { on_signal: true, with_parent };
    run(&Options::new(key()), shutdown, |address| println!("listening on {address}")).unwrap();
    // Not back to the test harness: it would print, and where the parent is dead nobody reads.
    std::process::exit(0);
}

#[test]
#[ignore = "a child of other tests"]
fn child_that_starts_a_server() {
    let (_server, address) = Serving::start(&[(PARENT, std::process::id().to_string())]);
    println!("listening on {address}");
    // Until the test kills this process, or ends itself.
    let _ = std::io::stdin().read(&mut [0]);
}
