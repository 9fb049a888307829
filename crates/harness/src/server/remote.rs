//! A server elsewhere: found, waited for, and asked what machine it is on.
//!
//! It serves one batch after the other, for longer than this process lives. What models need to be let in stands in their
//! URLs as the number of the batch; the token is the driver's own, and no worker hears it.

use std::net::ToSocketAddrs as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use inflight_record::{AccessToken, Environment, Limits, ServerReport, TokenKey};
use ureq::http::StatusCode;

use super::{PATIENCE, Server, ServerError, agent, link};
use crate::limits::{self, SPARE_PORTS};
use crate::plan::Cpus;
use crate::probes::machine::time_wait;

/// How long one try may take, while the server is waited for.
const TRY: Duration = Duration::from_secs(5);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(250);
/// For how long Linux keeps the port of a connection that this side has closed (`TCP_TIMEWAIT_LEN`), and a little more.
const PORT_KEPT: Duration = Duration::from_secs(65);

/// A server that was started elsewhere, by `inflight serve --token-file`.
#[derive(Debug)]
pub struct Remote {
    /// By its address: no model looks up a name.
    url: String,
    token: AccessToken,
    patience: Duration,
    environment: Environment,
    link_bytes_per_s: u64,
}

impl Remote {
    /// Finds the server at `http://HOST:PORT`, waits for it up to `patience`, asks for its machine, and measures the way from
    /// it, which takes a second, and forty round trips where that is longer. `on_wait` hears when the first try has failed.
    ///
    /// # Errors
    /// The address is none, nobody answers there, the token is not the server's, or `stop` was set.
    pub fn connect(
        address: &str,
        token: AccessToken,
        patience: Duration,
        stop: &AtomicBool,
        on_wait: impl FnOnce(),
    ) -> Result<Self, ServerError> {
        let url = base_url(address)?;
        let environment = ask(&url, &token, patience, stop, on_wait)?.environment;
        let link_bytes_per_s = link::bytes_per_s(&mut Server::elsewhere(&url, &token, PATIENCE))?;
        Ok(Self { url, token, patience, environment, link_bytes_per_s })
    }

    /// Its base URL, such as `http://192.0.2.7:8080`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where and of what build it runs.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What the way from it carries at most, bytes of bodies a second.
    #[must_use]
    pub fn link_bytes_per_s(&self) -> u64 {
        self.link_bytes_per_s
    }

    /// The key of its answers.
    #[must_use]
    pub fn key(&self) -> TokenKey {
        self.token.answer_key()
    }

    /// The CPUs of a run with it: workers may use all of this machine's.
    #[must_use]
    pub fn cpus(&self, allowed: &[u32]) -> Cpus {
        Cpus { placement: "remote", server: self.environment.machine.cpus.clone(), worker: allowed.to_vec() }
    }

    /// Waits until it answers, up to the patience that it was found with. `on_wait` hears when the first try has failed.
    ///
    /// # Errors
    /// It stays away, another one answers in its place, or `stop` was set.
    pub fn wait(&self, stop: &AtomicBool, on_wait: impl FnOnce()) -> Result<(), ServerError> {
        let report = ask(&self.url, &self.token, self.patience, stop, on_wait)?;
        if report.environment.environment_id == self.environment.environment_id {
            Ok(())
        } else {
            Err(ServerError::Another(self.url.clone()))
        }
    }

    /// The server for one batch, with connections of its own: those of an earlier batch may lead to a server that is gone.
    pub(crate) fn server(&self) -> Server {
        Server::elsewhere(&self.url, &self.token, PATIENCE)
    }

    /// Waits until this machine has `connections` ephemeral ports that are free, or as many as it ever has. A server that
    /// lasts keeps its address, so each connection to it that was closed here keeps a port for a minute; where each batch has
    /// a server of its own, those ports may be used again at once.
    ///
    /// # Errors
    /// `stop` was set.
    pub fn wait_for_ports(&self, limits: &Limits, connections: u64, stop: &AtomicBool) -> Result<(), ServerError> {
        // 1: the kernel gives such a port to a new connection.
        if limits.tcp_tw_reuse == 1 {
            return Ok(());
        }
        let ports = limits::ports(limits).saturating_sub(SPARE_PORTS);
        let deadline = Instant::now() + PORT_KEPT;
        while time_wait() + connections.min(ports) > ports && Instant::now() < deadline {
            if stop.load(Ordering::Relaxed) {
                return Err(ServerError::Interrupted);
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Server {
    /// The server at this URL, which waits for so long for each answer.
    fn elsewhere(url: &str, token: &AccessToken, patience: Duration) -> Self {
        Self { child: None, url: url.to_owned(), agent: agent(patience), word: token.bearer() }
    }
}

/// What the server says of its side, now.
pub(super) fn report(server: &mut Server) -> Result<ServerReport, ServerError> {
    let answer = server.agent.get(format!("{}/machine", server.url)).header("authorization", &server.word).call();
    let url = server.url.clone();
    match server.text(answer) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| ServerError::Report { url, why: error.to_string() }),
        Err(ServerError::Refused { status, .. }) if status == StatusCode::UNAUTHORIZED => Err(ServerError::Token(url)),
        Err(ServerError::Refused { status, text }) => {
            Err(ServerError::Report { url, why: format!("status {status}: {}", text.trim_end()) })
        }
        Err(error) => Err(error),
    }
}

/// The same, asked again and again until somebody answers.
fn ask(
    url: &str,
    token: &AccessToken,
    patience: Duration,
    stop: &AtomicBool,
    on_wait: impl FnOnce(),
) -> Result<ServerReport, ServerError> {
    let deadline = Instant::now() + patience;
    let mut on_wait = Some(on_wait);
    loop {
        let why = match report(&mut Server::elsewhere(url, token, TRY)) {
            Err(ServerError::Lost { why, .. }) => why,
            answer => return answer,
        };
        if stop.load(Ordering::Relaxed) {
            return Err(ServerError::Interrupted);
        }
        // Also where the first try took all the patience there was; who has none does not wait.
        if !patience.is_zero()
            && let Some(on_wait) = on_wait.take()
        {
            on_wait();
        }
        if Instant::now() >= deadline {
            return Err(ServerError::Away { url: url.to_owned(), patience_s: patience.as_secs_f64(), why });
        }
        thread::sleep(PAUSE);
    }
}

/// The base URL, by address, of `http://HOST:PORT`.
fn base_url(given: &str) -> Result<String, ServerError> {
    let wrong = |why: &str| ServerError::Url { given: given.to_owned(), why: why.to_owned() };
    let rest = given.strip_prefix("http://").ok_or_else(|| wrong("it begins otherwise"))?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '@']) {
        return Err(wrong("it has more than a host and a port"));
    }
    let mut addresses = authority.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?;
    let address = addresses.next().ok_or_else(|| wrong("the name has no address"))?;
    Ok(format!("http://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        assert_eq!(base_url("http://127.0.0.1:80/").unwrap(), "http://127.0.0.1:80");
        assert_eq!(base_url("http://[::1]:8080").unwrap(), "http://[::1]:8080");
        for wrong in [
            "127.0.0.1:80",
            "https://127.0.0.1:80",
            "http://127.0.0.1",
            "http://127.0.0.1:80/x",
            "http://a@127.0.0.1:80",
        ] {
            let error = base_url(wrong).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("http://HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn who_is_not_there_is_waited_for_once_and_named() {
        // Nothing listens on a port that was bound and let go.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let token = AccessToken::parse(&"a".repeat(32)).unwrap();
        let mut waits = 0;
        let server = format!("http://{address}");
        let asked =
            Remote::connect(&server, token.clone(), Duration::from_millis(600), &AtomicBool::new(false), || {
                waits += 1;
            });
        let error = asked.unwrap_err().to_string();
        assert!(error.starts_with(&format!("the server at {server} did not answer within 0.6 s")), "{error}");
        assert_eq!(waits, 1);
        let stopped = Remote::connect(&server, token, Duration::from_secs(60), &AtomicBool::new(true), || {});
        assert!(matches!(stopped, Err(ServerError::Interrupted)));
    }
}
