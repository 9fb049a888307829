//! What a server is started with, when it ends, and why it may fail to start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use inflight_record::workload::MAX_HOSTS;
use inflight_record::{AccessToken, ServerReport, TokenKey};

/// How many batches are kept; opening one more forgets the oldest. One of 10 million requests takes 1.25 MB and some
/// 0.3 MB of histogram.
pub(crate) const BATCHES_KEPT: usize = 16;

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one. 127.0.0.1:0 unless told.
    pub bind: SocketAddr,
    /// On how many addresses to listen: `bind` and those after it, all with one port; 1 to
    /// [`MAX_HOSTS`](inflight_record::workload::MAX_HOSTS). More than 1 need an IPv4 loopback address. 1 unless told.
    pub hosts: u64,
    /// The key of the answers' tokens.
    pub key: TokenKey,
    /// Whether `POST /ledger` needs the header `Authorization: Bearer` with the key's
    /// [`ledger_word`](TokenKey::ledger_word), so that a client cannot open or push out batches. Not unless told.
    pub guarded: bool,
    /// The token without which nothing but `/health` is answered, where others can reach the server; requests of an open
    /// batch need none. None unless told.
    pub token: Option<AccessToken>,
    /// What `GET /machine` is answered with, made from how many requests have arrived so far. It runs on the server's thread.
    /// No such route unless told.
    pub machine: Option<fn(u64) -> ServerReport>,
    /// How many connections may wait to be accepted. The kernel cuts it to `net.core.somaxconn`, which is also what
    /// `None` takes: a shorter queue drops SYNs of a burst, and each dropped SYN costs the client a second.
    pub backlog: Option<u32>,
    /// Fault for tests: after the first `POST /ledger`, accept nothing for so long.
    pub pause_accept: Option<Duration>,
    /// Fault for tests: panic when a request for this index arrives.
    pub panic_at_index: Option<u64>,
}

impl Options {
    /// The options for a server on a free port of 127.0.0.1, with no faults.
    #[must_use]
    pub fn new(key: TokenKey) -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            hosts: 1,
            key,
            guarded: false,
            token: None,
            machine: None,
            backlog: None,
            pause_accept: None,
            panic_at_index: None,
        }
    }
}

/// What ends [`run`](crate::run).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// SIGTERM or SIGINT ends it.
    pub on_signal: bool,
    /// The death of the parent process ends it. The value is the parent's process id, as the parent told it: a parent
    /// that died before the server could ask the kernel to be told of it (`PR_SET_PDEATHSIG`) is noticed by it.
    /// Linux sends that signal when the *thread* that started the process ends; start it from one that stays.
    pub with_parent: Option<u32>,
}

/// Why a server did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address could not be listened on.
    #[error("cannot listen on {bind}: {source}; choose an address of this machine and a free port, or port 0 for any")]
    Listen {
        /// The address as asked.
        bind: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// There are not so many loopback addresses from that one on.
    #[error(
        "cannot listen on {hosts} hosts from {bind}: that takes 1 to {MAX_HOSTS} addresses of 127.0.0.0/8, such as \
         127.0.0.1 and those after it"
    )]
    Hosts {
        /// The address as asked.
        bind: SocketAddr,
        /// How many as asked.
        hosts: u64,
    },
    /// Each port that the kernel offered was taken on one of the other hosts.
    #[error(
        "found no port that is free on all of {hosts} hosts in {tries} tries; choose one yourself, or end what listens on \
         127.0.0.0/8"
    )]
    NoPort {
        /// How many hosts.
        hosts: u64,
        /// How many ports were tried.
        tries: usize,
    },
    /// No event loop, timer or thread could be made.
    #[error(
        "cannot make the server's {what}: {source}; check the limits on open files (ulimit -n) and threads (ulimit -u)"
    )]
    Setup {
        /// What could not be made.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl ServerError {
    /// Wraps what the kernel said when `what` could not be made.
    pub(crate) fn setup(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Setup { what, source }
    }
}
