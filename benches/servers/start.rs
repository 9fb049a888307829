//! The servers: where each is looked for, how it is started, and which paths of it hold an answer.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inflight::comparison;
use inflight_harness::child::{Child, Program};
use inflight_harness::{probes::tree, server};
use inflight_record::{OpenBatch, TokenKey};

use crate::client::{self, Load};
use crate::{BODY_BYTES, DELAY, Outcome};

/// Where scripts/yardsticks.sh puts what it installs.
const BUILD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/servers/.build");

/// A server that listens.
pub struct Server {
    /// What it is called.
    pub name: &'static str,
    /// As it says itself.
    pub version: String,
    running: Running,
    base: String,
    /// Path and query of an answer that is held for [`DELAY`], and of one that is not.
    held: String,
    at_once: String,
}

enum Running {
    /// The delay server, and how many batches it was told of.
    Ours(server::Server, u64),
    /// Another one, with the folder that its files are in.
    Theirs(Child, #[expect(dead_code, reason = "kept until the server has ended")] Option<tempfile::TempDir>),
}

/// Starts every server that is installed, the delay server first.
pub fn all(cpus: &[u32]) -> Outcome<Vec<Server>> {
    let mut servers = vec![ours(cpus)?];
    match (find("nginx"), echo_module()) {
        (Some(nginx), Some(module)) => push(&mut servers, "nginx", start_nginx(&nginx, &module, cpus)),
        _ => skipped("nginx with echo_sleep", "apt-get install nginx-light libnginx-mod-http-echo"),
    }
    match start_httpbin(cpus).transpose() {
        Some(httpbin) => push(&mut servers, "httpbin", httpbin),
        None => skipped("httpbin under gunicorn and gevent", "scripts/yardsticks.sh makes a venv of it, with python3"),
    }
    match find("go-httpbin") {
        Some(go_httpbin) => push(&mut servers, "go-httpbin", start_go_httpbin(&go_httpbin, cpus)),
        None => skipped("go-httpbin", "scripts/yardsticks.sh installs it, with go"),
    }
    Ok(servers)
}

/// One that is installed and does not start is left out, and says why.
fn push(servers: &mut Vec<Server>, name: &str, started: Outcome<Server>) {
    match started {
        Ok(server) => servers.push(server),
        Err(error) => println!("skipped: {name} does not start: {error}"),
    }
}

impl Server {
    /// So many requests, held for `delay`: [`DELAY`] or nothing.
    pub fn load(&mut self, requests: u64, concurrency: u64, delay: Duration, cpus: &[u32]) -> Outcome<Load> {
        let mut url = format!("{}{}", self.base, if delay.is_zero() { &self.at_once } else { &self.held });
        if let Running::Ours(server, batch) = &mut self.running {
            // Its ledger is open, as in every batch of a study.
            *batch += 1;
            server.open(&OpenBatch::new(*batch, requests, concurrency))?;
            url = format!("{url}&batch={batch}");
        }
        // Held, so that every connection exists before the clock starts: early answers would free some for later requests.
        let warm = format!("{}{}", self.base, self.held);
        let before = self.cpu_ns();
        let ran = client::ask(cpus, &warm, &url, requests, concurrency)?;
        Ok(Load { ran, cpu_ns: self.cpu_ns().saturating_sub(before) })
    }

    fn cpu_ns(&self) -> u64 {
        let pid = match &self.running {
            Running::Ours(server, _) => server.pid().unwrap_or_default(),
            Running::Theirs(child, _) => child.pid(),
        };
        tree::TreeCpu::now(&tree::all(), pid).total_ns
    }

    /// Asks it to end.
    pub fn stop(self) {
        match self.running {
            Running::Ours(server, _) => server.stop(),
            Running::Theirs(child, _) => child.terminate(),
        }
    }
}

fn ours(cpus: &[u32]) -> Outcome<Server> {
    let program = comparison::server(Path::new(env!("CARGO_BIN_EXE_inflight")));
    let server = server::Server::start(&program, cpus, &TokenKey::new([7; 16]), Arc::default())?;
    Ok(Server {
        name: "delay server",
        version: env!("CARGO_PKG_VERSION").to_owned(),
        base: server.url().to_owned(),
        running: Running::Ours(server, 1),
        held: format!("/delay/{}?bytes={BODY_BYTES}", DELAY.as_secs_f64()),
        at_once: format!("/delay/0?bytes={BODY_BYTES}"),
    })
}

/// nginx with one worker. An answer of `echo` itself would be chunked, which raw-epoll does not read: after the sleep it
/// leads to a location that returns one with its length.
fn start_nginx(nginx: &Path, module: &Path, cpus: &[u32]) -> Outcome<Server> {
    let directory = tempfile::tempdir()?;
    let (place, module) = (directory.path().display(), module.display());
    let (port, held) = (free_port()?, DELAY.as_secs_f64());
    let body = "x".repeat(usize::try_from(BODY_BYTES)?);
    let configuration = format!(
        "load_module {module}; daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;
         events {{ worker_connections 1024; }}
         http {{ access_log off; keepalive_requests 100000000; default_type application/json;
           client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
           uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
           server {{ listen 127.0.0.1:{port} backlog=4096;
             location = /held {{ echo_sleep {held}; echo_exec @answer; }}
             location = /at-once {{ echo_exec @answer; }}
             location @answer {{ return 200 '{body}'; }} }} }}"
    );
    let file = directory.path().join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let program = Program::new(nginx, &["-e", &format!("{place}/error.log"), "-c", &file.display().to_string()]);
    let version = said(Command::new(nginx).arg("-v"));
    let version = version.rsplit('/').next().unwrap_or_default().to_owned();
    let paths = ["/held?x", "/at-once?x"].map(str::to_owned);
    theirs("nginx, echo_sleep", version, &program, cpus, port, paths, Some(directory))
}

/// httpbin, one worker; none where the venv is not there.
fn start_httpbin(cpus: &[u32]) -> Outcome<Option<Server>> {
    let programs = Path::new(BUILD).join("venv/bin");
    let versions = "from importlib.metadata import version as v\n\
                    print(v('httpbin') + ', gunicorn ' + v('gunicorn') + ', gevent ' + v('gevent'))";
    let version = said(Command::new(programs.join("python")).args(["-c", versions]));
    if !version.contains("gevent") {
        return Ok(None);
    }
    let port = free_port()?;
    let address = format!("127.0.0.1:{port}");
    // Connections stay: by default gunicorn closes one that was idle for two seconds.
    let options =
        ["--bind", &address, "--worker-class", "gevent", "--workers", "1", "--keep-alive", "60", "httpbin:app"];
    let program = Program::new(programs.join("gunicorn"), &options);
    theirs("httpbin", version, &program, cpus, port, delays(), None).map(Some)
}

fn start_go_httpbin(go_httpbin: &Path, cpus: &[u32]) -> Outcome<Server> {
    let port = free_port()?;
    let options = ["-host", "127.0.0.1", "-port", &port.to_string(), "-log-level", "OFF"];
    let version = said(Command::new("go").arg("version").arg("-m").arg(go_httpbin));
    let version = version.lines().find_map(|line| line.trim().strip_prefix("mod\t")?.split('\t').nth(1));
    let version = version.unwrap_or("of unknown version").to_owned();
    theirs("go-httpbin", version, &Program::new(go_httpbin, &options), cpus, port, delays(), None)
}

/// The paths of both httpbins.
fn delays() -> [String; 2] {
    [format!("/delay/{}?x=1", DELAY.as_secs_f64()), "/delay/0?x=1".to_owned()]
}

fn theirs(
    name: &'static str,
    version: String,
    program: &Program,
    cpus: &[u32],
    port: u16,
    [held, at_once]: [String; 2],
    directory: Option<tempfile::TempDir>,
) -> Outcome<Server> {
    let mut child = Child::start(program, cpus, Arc::default())?;
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(how) = child.ended().or_else(|| (Instant::now() > deadline).then(|| "does not listen".to_owned())) {
            return Err(format!("{name} {how}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let base = format!("http://127.0.0.1:{port}");
    Ok(Server { name, version, running: Running::Theirs(child, directory), base, held, at_once })
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A program of the system's, or one that the script has put there.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = [Path::new(BUILD).join("bin"), PathBuf::from("/usr/sbin")];
    own.into_iter().chain(std::env::split_paths(&path)).map(|place| place.join(name)).find(|file| file.is_file())
}

fn echo_module() -> Option<PathBuf> {
    let places = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules"];
    places.iter().map(|place| Path::new(place).join("ngx_http_echo_module.so")).find(|file| file.is_file())
}

/// What a command prints on either stream; nothing where it cannot be started.
fn said(command: &mut Command) -> String {
    let both = command.output().map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&both).trim().to_owned()
}

fn skipped(server: &str, how: &str) {
    println!("skipped: {server} is not installed ({how})");
}
