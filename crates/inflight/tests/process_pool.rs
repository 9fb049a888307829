//! What becomes of the pool's processes: one that is killed in mid-batch fails its request alone, and none outlives the
//! worker that started it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use inflight::lineup;
use inflight_harness::{Batch, Model, Setup};
use inflight_record::SampleError;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, gettid};

/// A server that holds its answers until it is told otherwise.
#[derive(Default)]
struct Gate {
    /// Requests that arrived, and whether they are answered.
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    fn serve() -> (Arc<Self>, SocketAddr) {
        let (gate, listener) = (Arc::new(Self::default()), TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&gate);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let gate = Arc::clone(&serving);
                thread::spawn(move || gate.answer(&connection.unwrap()));
            }
        });
        (gate, address)
    }

    /// Answers the requests of one connection, until its client goes away.
    fn answer(&self, mut connection: &TcpStream) {
        let mut lines = BufReader::new(connection).lines();
        while let Some(Ok(line)) = lines.next() {
            if !line.is_empty() {
                continue;
            }
            let mut state = self.state.lock().unwrap();
            state.0 += 1;
            self.changed.notify_all();
            drop(self.changed.wait_while(state, |(_, open)| !*open).unwrap());
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"); // it may be gone
        }
    }

    fn wait_for(&self, requests: usize) {
        drop(self.changed.wait_while(self.state.lock().unwrap(), |(seen, _)| *seen < requests).unwrap());
    }

    fn open(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

/// What one thread of a process has started.
fn children(pid: u32, thread: impl std::fmt::Display) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{thread}/children")).unwrap();
    list.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn end(pid: u32) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
}

#[test]
fn a_process_that_is_killed_fails_its_request_alone_and_is_replaced() {
    lineup::pool::set_program(env!("CARGO_BIN_EXE_inflight").into());
    let (gate, address) = Gate::serve();
    let urls: Vec<_> = (0..20).map(|index| format!("http://{address}/{index}")).collect();
    let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), 4));
    let thread = gettid();
    let mut client = lineup::pool::ProcessPool.client(&Setup { concurrency: 4 }).unwrap();
    thread::scope(|scope| {
        let killed = scope.spawn(|| {
            gate.wait_for(4); // each of the four is in the middle of one
            let pool = children(std::process::id(), thread);
            assert_eq!(pool.len(), 4);
            end(pool[2]);
            gate.open();
        });
        client.fetch(&batch).unwrap();
        killed.join().unwrap();
    });
    let failed = (0..20).filter(|index| batch.log().sample(*index).error == Some(SampleError::Client)).count();
    assert_eq!(failed, 1);
    assert_eq!((0..20).filter(|index| batch.log().sample(*index).status == 200).count(), 19);
    assert!(batch.log().texts()[0].contains("the process that fetched it ended, signal: 9 (SIGKILL)"), "{batch:?}");
}

#[test]
fn no_process_outlives_a_worker_that_is_killed() {
    let (gate, address) = Gate::serve();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_inflight"))
        .args(["worker", "process-pool"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = worker.stdin.take().unwrap();
    let workload = inflight_record::Workload::new(3, 3, 0);
    let workload = serde_json::to_string(&workload).unwrap();
    let urls: Vec<_> = (0..3).map(|index| format!("http://{address}/{index}")).collect();
    writeln!(stdin, r#"{{"type":"job","protocol":1,"model":"process-pool","workload":{workload}}}"#).unwrap();
    writeln!(stdin, r#"{{"type":"urls","part":"timed","urls":{}}}"#, serde_json::to_string(&urls).unwrap()).unwrap();
    writeln!(stdin, "{{\"type\":\"prepare\"}}\n{{\"type\":\"start\"}}").unwrap();
    gate.wait_for(3);
    let pool = children(worker.id(), worker.id());
    assert_eq!(pool.len(), 3);
    worker.kill().unwrap();
    worker.wait().unwrap();
    // They are nobody's children now: whoever adopts them may not have waited for them yet.
    let lives = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"));
    for _ in 0..1_000 {
        if !pool.iter().any(lives) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("they live on: {pool:?}");
}

#[test]
fn a_process_ends_when_its_pipe_does() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let program = env!("CARGO_BIN_EXE_inflight");
    let theirs = std::os::fd::OwnedFd::from(theirs);
    let mut process = Command::new(program).arg("pool-process").stdin(theirs).spawn().unwrap();
    drop(ours);
    assert!(process.wait().unwrap().success());
}
