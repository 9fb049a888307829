//! The delay server as the driver sees it: a child process, or one that runs elsewhere; and its ledger over HTTP.

mod around;
mod link;
mod remote;

use std::io::{self, Write as _};
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use inflight_record::hosts::host;
use inflight_record::{Ledger, OpenBatch, Placement, TokenKey};

use crate::child::{Child, Program, Silence};
use crate::plan::Cpus;

pub use around::Across;
pub use remote::Remote;

/// How long the server may take to start, or to answer about its ledger.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a process that is killed may take from the end of its connections to its own.
const DYING: Duration = Duration::from_millis(200);

/// Why the server is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// It cannot be started.
    #[error("the server cannot be started: {0}")]
    Start(#[from] io::Error),
    /// It is gone.
    #[error("the server {0}")]
    Gone(String),
    /// It did not say its address.
    #[error("the server did not say its address within {} s", PATIENCE.as_secs())]
    Silent,
    /// Its first line is not what it should be.
    #[error("the server's first line should end in its address, but is {0:?}")]
    Address(String),
    /// Its address has no others after it.
    #[error("the server listens on {url}, which is not the first of {count} hosts: bind it to 127.0.0.1")]
    Hosts {
        /// Its base URL.
        url: String,
        /// How many hosts were wanted.
        count: u64,
    },
    /// It does not answer about its ledger.
    #[error("the server's ledger cannot be read: {0}")]
    Ledger(#[from] Box<ureq::Error>),
    /// It answers that it will not.
    #[error("the server's ledger refuses, status {status}: {text}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it says.
        text: String,
    },
    /// The address of one elsewhere is none.
    #[error("a server's address is http://HOST:PORT, and not {given:?}: {why}")]
    Url {
        /// As given.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// One elsewhere does not answer any more.
    #[error("the server at {url} is lost: {why}")]
    Lost {
        /// Its base URL.
        url: String,
        /// What was heard instead.
        why: Box<ureq::Error>,
    },
    /// One elsewhere was waited for in vain.
    #[error(
        "the server at {url} did not answer within {patience_s} s ({why}): start it there by `inflight serve --bind ADDR \
         --token-file F`, or wait for longer by --wait-for-server"
    )]
    Away {
        /// Its base URL.
        url: String,
        /// For how long it was waited for, seconds.
        patience_s: f64,
        /// What was heard last.
        why: Box<ureq::Error>,
    },
    /// The token is not that of the server.
    #[error("the server at {0} does not take the token: both sides need a --token-file with the same line")]
    Token(String),
    /// It is not the one that it was.
    #[error("the server at {0} is on another machine, of another build, or under other limits than when this began")]
    Another(String),
    /// It does not say what machine it is on.
    #[error(
        "the server at {url} does not say what machine it is on ({why}): start it with --token-file, of this build"
    )]
    Report {
        /// Its base URL.
        url: String,
        /// What it says instead.
        why: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Where the server of a run is.
#[derive(Debug, Clone)]
pub enum ServerAt {
    /// On this machine: this program, started anew for each batch.
    Here(Program),
    /// Elsewhere: one for all batches.
    Elsewhere(Arc<Remote>),
}

impl ServerAt {
    /// The one that is elsewhere, if it is.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&Remote> {
        match self {
            Self::Here(_) => None,
            Self::Elsewhere(remote) => Some(remote),
        }
    }

    /// The CPUs of a run with it, of those that this process may use; `placement` is for one that is started here.
    #[must_use]
    pub fn cpus(&self, placement: Placement, allowed: &[u32]) -> Cpus {
        self.elsewhere().map_or_else(|| Cpus::dealt(placement, allowed), |remote| remote.cpus(allowed))
    }

    /// The server for one batch, on these CPUs if it is started for it.
    pub(crate) fn server(
        &self,
        hosts: u64,
        cpus: &[u32],
        key: &TokenKey,
        stop: Arc<AtomicBool>,
    ) -> Result<Server, ServerError> {
        match self {
            Self::Here(program) => Server::start(&for_hosts(program, hosts), cpus, key, stop),
            Self::Elsewhere(remote) => Ok(remote.server()),
        }
    }
}

/// The server's program, told of its hosts where there is more than one.
fn for_hosts(server: &Program, hosts: u64) -> Program {
    let mut server = server.clone();
    if hosts > 1 {
        server.args.extend(["--hosts".to_owned(), hosts.to_string()]);
    }
    server
}

/// A client that waits for so long for each answer, and goes through no proxy.
fn agent(patience: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(patience)).proxy(None).http_status_as_error(false);
    config.build().into()
}

/// A delay server, for one batch or more.
#[derive(Debug)]
pub struct Server {
    /// Its process, where it is our own.
    child: Option<Child>,
    url: String,
    agent: ureq::Agent,
    /// The header that lets it open batches.
    word: String,
}

impl Server {
    /// Starts it on these CPUs, hands it the run's secret as the first line of its stdin, and waits for its address: the
    /// last word of its first line.
    ///
    /// # Errors
    /// It does not start, or does not say where it listens.
    pub fn start(program: &Program, cpus: &[u32], key: &TokenKey, stop: Arc<AtomicBool>) -> Result<Self, ServerError> {
        let mut child = Child::start(program, cpus, stop)?;
        let secret = key.to_hex();
        child.write(move |stdin| writeln!(stdin, "{secret}"));
        let line =
            child.line(Instant::now() + PATIENCE, Duration::from_millis(5), || {}).map_err(
                |silence| match silence {
                    Silence::Ended(how) => ServerError::Gone(how),
                    Silence::Deadline => ServerError::Silent,
                    Silence::Interrupted => ServerError::Interrupted,
                },
            )?;
        let url = line.split_whitespace().last().filter(|word| word.starts_with("http://"));
        let url = url.ok_or_else(|| ServerError::Address(line.clone()))?.to_owned();
        let word = format!("Bearer {}", key.ledger_word().to_hex());
        Ok(Self { child: Some(child), url, agent: agent(PATIENCE), word })
    }

    /// Its base URL, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URLs of its first `count` hosts: its own, and the same port on the addresses after it.
    ///
    /// # Errors
    /// It has no address with so many loopback addresses after it.
    pub fn hosts(&self, count: u64) -> Result<Vec<String>, ServerError> {
        hosts(&self.url, count).ok_or_else(|| ServerError::Hosts { url: self.url.clone(), count })
    }

    /// Its process id, where it is our own.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::pid)
    }

    /// Tells it what is owed.
    ///
    /// # Errors
    /// It is gone, or refuses.
    pub fn open(&mut self, batch: &OpenBatch) -> Result<(), ServerError> {
        // Writing plain numbers as JSON cannot fail; an empty body would be refused.
        let body = serde_json::to_string(batch).unwrap_or_default();
        let sent = self
            .agent
            .post(format!("{}/ledger", self.url))
            .header("authorization", &self.word)
            .content_type("application/json")
            .send(body);
        self.text(sent).map(|_| ())
    }

    /// Asks for its account of a batch.
    ///
    /// # Errors
    /// It is gone, refuses, or its answer is no ledger.
    pub fn ledger(&mut self, batch: u64) -> Result<Ledger, ServerError> {
        let request = self.agent.get(format!("{}/ledger?batch={batch}", self.url));
        let answer = request.header("authorization", &self.word).call();
        let text = self.text(answer)?;
        serde_json::from_str(&text)
            .map_err(|error| ServerError::Ledger(Box::new(ureq::Error::Io(io::Error::other(error)))))
    }

    /// The text of a 2xx answer, read to its end, so that the connection is kept: the ledger has to be readable when
    /// the accept queue is full.
    fn text(&mut self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<String, ServerError> {
        let read = answer.and_then(|mut answer| Ok((answer.status(), answer.body_mut().read_to_string()?)));
        match read {
            Ok((status, text)) if status.is_success() => Ok(text),
            Ok((status, text)) => Err(ServerError::Refused { status: status.as_u16(), text }),
            Err(error) => Err(match self.child.as_mut().map(|child| child.ended_within(DYING)) {
                Some(Some(how)) => ServerError::Gone(how),
                Some(None) => ServerError::Ledger(Box::new(error)),
                None => ServerError::Lost { url: self.url.clone(), why: Box::new(error) },
            }),
        }
    }

    /// How it ended, if it has and is our own.
    pub fn ended(&mut self) -> Option<String> {
        self.child.as_mut()?.ended()
    }

    /// Ends it, if it is our own.
    pub fn stop(self) {
        if let Some(child) = self.child {
            child.terminate();
        }
    }
}

fn hosts(url: &str, count: u64) -> Option<Vec<String>> {
    if count <= 1 {
        return Some(vec![url.to_owned()]);
    }
    let first: SocketAddrV4 = url.strip_prefix("http://")?.parse().ok()?;
    (0..count).map(|number| Some(format!("http://{}:{}", host(*first.ip(), number)?, first.port()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_for_several_hosts_is_told_so() {
        let program = Program::new("inflight", &["serve"]);
        assert_eq!(for_hosts(&program, 1), program);
        assert_eq!(for_hosts(&program, 16).args, ["serve", "--hosts", "16"]);
    }

    #[test]
    fn hosts_follow_the_servers_own() {
        assert_eq!(hosts("http://[::1]:80", 1).unwrap(), ["http://[::1]:80"]);
        assert_eq!(hosts("http://127.0.0.1:80", 2).unwrap(), ["http://127.0.0.1:80", "http://127.0.0.2:80"]);
        assert_eq!(hosts("http://[::1]:80", 2), None);
        assert_eq!(hosts("http://192.0.2.1:80", 2), None);
    }
}
