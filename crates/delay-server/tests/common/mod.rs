//! A raw HTTP/1.1 client over loopback, and a server to point it at.
#![allow(dead_code, reason = "each test binary takes what it needs")]

pub mod h2;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use inflight_delay_server::{DelayServer, Options};
use inflight_record::{Ledger, OpenBatch, OpenCrawl, Site, TokenKey};
use serde_json::Value;

/// Far longer than anything takes on a noisy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn key() -> TokenKey {
    TokenKey::new([7; 16])
}

pub fn start() -> DelayServer {
    DelayServer::start(Options::new(key())).unwrap()
}

/// One connection, kept alive.
pub struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// What `Server-Timing` says of the hold, in nanoseconds.
    pub fn hold_ns(&self) -> u64 {
        let ms = self.header("server-timing").unwrap().strip_prefix("hold;dur=").unwrap();
        let (whole, fraction) = ms.split_once('.').unwrap();
        assert_eq!(fraction.len(), 6);
        whole.parse::<u64>().unwrap() * 1_000_000 + fraction.parse::<u64>().unwrap()
    }
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub fn send(&mut self, method: &str, path: &str, body: &str) {
        self.send_with("", method, path, body);
    }

    /// The same with more headers, each with its line's end.
    pub fn send_with(&mut self, headers: &str, method: &str, path: &str, body: &str) {
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{headers}content-length: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).unwrap();
    }

    /// The next answer; `None` where the server closed the connection.
    pub fn receive(&mut self) -> Option<Answer> {
        let mut answer = self.receive_head()?;
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert!(self.fill(), "the server closed the connection within a body");
        }
        answer.body = self.read.drain(..length).collect();
        Some(answer)
    }

    /// The next answer without its body.
    pub fn receive_head(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if !self.fill() {
                return None;
            }
        };
        let head = String::from_utf8(self.read[..end].to_vec()).unwrap();
        self.read.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Some(Answer { status, headers, body: Vec::new() })
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "");
        self.receive().unwrap()
    }

    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, body);
        self.receive().unwrap()
    }

    pub fn open(&mut self, batch: u64, requests: u64, slots: u64) {
        self.open_as(&OpenBatch::new(batch, requests, slots));
    }

    /// Opens a crawl of this site that may make so many attempts, each held for `delay_ns`.
    pub fn open_crawl(&mut self, batch: u64, requests: u64, site: Site, delay_ns: u64) {
        self.open_as(&OpenBatch { crawl: Some(OpenCrawl { site, delay_ns }), ..OpenBatch::new(batch, requests, 10) });
    }

    fn open_as(&mut self, owed: &OpenBatch) {
        let answer = self.ask("POST", "/ledger", &serde_json::to_string(owed).unwrap());
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }

    pub fn ledger(&mut self, batch: u64) -> Ledger {
        let answer = self.get(&format!("/ledger?batch={batch}"));
        assert_eq!(answer.status, 200);
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The ledger once it is as wanted: what a client did takes a moment to show at the server.
    pub fn ledger_when(&mut self, batch: u64, wanted: impl Fn(&Ledger) -> bool) -> Ledger {
        let begin = Instant::now();
        loop {
            let ledger = self.ledger(batch);
            if wanted(&ledger) {
                return ledger;
            }
            assert!(begin.elapsed() < PATIENCE, "the ledger stays {ledger:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether no byte of an answer has come yet.
    pub fn is_waiting(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let waiting =
            matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).unwrap();
        waiting
    }

    fn fill(&mut self) -> bool {
        let mut buffer = [0; 64 << 10];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}
