//! Servers: the delay server, and programs from outside that answer like it, each on given CPUs.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inflight::comparison;
use inflight_harness::child::{Child, Program};
use inflight_harness::server::Server;
use inflight_record::{TokenKey, token};
use tempfile::TempDir;

use super::Outcome;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

fn key() -> TokenKey {
    TokenKey::new([7; 16])
}

/// The delay server of `inflight`, the binary.
pub fn delay_server(inflight: &Path, cpus: &[u32]) -> Outcome<Server> {
    Ok(Server::start(&comparison::server(inflight), cpus, &key(), Arc::default())?)
}

/// A server from outside. Dropped, it is killed, and its folder is removed.
pub struct Outside {
    /// Its base URL.
    pub url: String,
    child: Child,
    /// What it needs on disk.
    _folder: TempDir,
}

impl Outside {
    /// Starts a program, and waits until it listens on its port of the loopback address.
    pub fn start(program: &Program, cpus: &[u32], port: u16, folder: TempDir) -> Outcome<Self> {
        let mut child = Child::start(program, cpus, Arc::default())?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let silent = || (Instant::now() > deadline).then(|| format!("does not listen on port {port}"));
            if let Some(how) = child.ended().or_else(silent) {
                return Err(format!("{} {how}", program.path.display()).into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self { url: format!("http://127.0.0.1:{port}"), child, _folder: folder })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Asks it to end.
    pub fn stop(self) {
        self.child.terminate();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The delay server's answer to `/delay/0?bytes=…`, with some token.
pub fn answer(bytes: usize) -> Outcome<String> {
    let mut body = br#"{"batch":0,"index":0,"pad":""#.to_vec();
    body.resize(bytes - token::TAIL_BYTES - 2, b'x');
    body.extend_from_slice(b"\",");
    key().token(0, 0).write_tail(&mut body);
    Ok(String::from_utf8(body)?)
}

/// nginx with one worker; `location` is what it does with every request.
pub fn nginx(nginx: &Path, cpus: &[u32], location: &str) -> Outcome<Outside> {
    let folder = tempfile::tempdir()?;
    let place = folder.path().display();
    let port = free_port()?;
    let configuration = format!(
        "daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;
         events {{ worker_connections 1024; }}
         http {{ access_log off; keepalive_requests 100000000; default_type application/json;
           client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
           uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
           server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ {location} }} }} }}"
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let program = Program::new(nginx, &["-e", &format!("{place}/error.log"), "-c", &file.display().to_string()]);
    Outside::start(&program, cpus, port, folder)
}
