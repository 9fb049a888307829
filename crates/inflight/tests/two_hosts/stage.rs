//! Two network namespaces joined by a veth pair, a server in one and everything else in the other; made and removed here.

use std::fs::{File, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use inflight_record::Record;
use nix::sched::{CloneFlags, setns};

/// Far longer than anything takes on a noisy machine, and no longer than a test may hang.
const PATIENCE: Duration = Duration::from_secs(120);
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SERVER: &str = "10.77.0.1";
const CLIENT: &str = "10.77.0.2";
const PORT: u16 = 8077;

/// The stage; dropped, its namespaces are removed, and with them what joins them.
pub struct Stage {
    server: String,
    client: String,
    directory: tempfile::TempDir,
}

/// A process in a namespace, killed when dropped.
pub struct Running(Option<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    /// Waits for its end, within bounds.
    pub fn wait(mut self) -> Output {
        let child = self.0.take().unwrap();
        let id = child.id();
        let (done, ended) = std::sync::mpsc::channel();
        let guard = thread::spawn(move || {
            if ended.recv_timeout(PATIENCE).is_err() {
                // Not waited for yet: its id is nobody else's.
                let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            }
        });
        let output = child.wait_with_output().unwrap();
        let _ = done.send(());
        guard.join().unwrap();
        output
    }
}

impl Stage {
    /// The two namespaces; `None`, with a line that says so, where they cannot be made. `name` is this test's own.
    pub fn new(name: &str) -> Option<Self> {
        let id = std::process::id();
        let stage = Self {
            server: format!("inflight-{id}-{name}-s"),
            client: format!("inflight-{id}-{name}-c"),
            directory: tempfile::tempdir().unwrap(),
        };
        if let Err(why) = stage.join() {
            eprintln!("not tested: no two network namespaces here ({})", why.trim());
            return None;
        }
        stage.write_token("token", TOKEN);
        Some(stage)
    }

    fn join(&self) -> Result<(), String> {
        let (server, client) = (&self.server, &self.client);
        ip(&format!("netns add {server}"))?;
        ip(&format!("netns add {client}"))?;
        ip(&format!("-n {server} link add veth0 type veth peer name veth0 netns {client}"))?;
        for (namespace, address) in [(server, SERVER), (client, CLIENT)] {
            ip(&format!("-n {namespace} address add {address}/24 dev veth0"))?;
            ip(&format!("-n {namespace} link set lo up"))?;
            ip(&format!("-n {namespace} link set veth0 up"))?;
        }
        Ok(())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write_token(&self, name: &str, token: &str) {
        std::fs::write(self.path(name), format!("{token}\n")).unwrap();
        std::fs::set_permissions(self.path(name), Permissions::from_mode(0o600)).unwrap();
    }

    /// A study of one workload and two models.
    pub fn write_study(&self, top: &str) {
        let text = format!(
            "question = \"Does it work?\"\nmodels = [\"raw-epoll\", \"sequential\"]\nbaseline = \"raw-epoll\"\n{top}\
             controls = {{ delay = \"20ms\", work = \"500us\" }}\n\
             [[workload]]\nrequests = 4\nconcurrency = 2\ndelay = \"5ms\"\n"
        );
        std::fs::write(self.path("tiny.toml"), text).unwrap();
    }

    fn command(&self, namespace: &str, arguments: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace, env!("CARGO_BIN_EXE_inflight")]).args(arguments.split_whitespace());
        command
    }

    /// The server, once it listens.
    pub fn serve(&self) -> Running {
        let token = self.path("token");
        let arguments = format!("serve --bind {SERVER}:{PORT} --token-file {}", token.display());
        let mut child = self.command(&self.server, &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Running(Some(child));
        assert!(line.ends_with(&format!("http://{SERVER}:{PORT}\n")), "{line:?}");
        server
    }

    /// `inflight` in the client's namespace.
    pub fn inflight(&self, arguments: &str) -> Output {
        self.start(arguments).wait()
    }

    fn start(&self, arguments: &str) -> Running {
        let mut command = self.command(&self.client, arguments);
        Running(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    fn elsewhere(&self, arguments: &str, token: &str) -> String {
        format!("{arguments} --server http://{SERVER}:{PORT} --token-file {}", self.path(token).display())
    }

    /// The same with the server.
    pub fn with_server(&self, arguments: &str) -> Output {
        self.with_token(arguments, "token")
    }

    /// The same with the token of another file.
    pub fn with_token(&self, arguments: &str, token: &str) -> Output {
        self.inflight(&self.elsewhere(arguments, token))
    }

    /// The same, not waited for.
    pub fn start_with_server(&self, arguments: &str) -> Running {
        self.start(&self.elsewhere(arguments, "token"))
    }

    /// What `GET /ledger` says, asked for on the server's host.
    pub fn overview(&self) -> serde_json::Value {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect((SERVER, PORT))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let headers = format!("host: x\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n");
            stream.write_all(format!("GET /ledger HTTP/1.1\r\n{headers}\r\n").as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let namespace = format!("/run/netns/{}", self.server);
        let within = || {
            // Of this thread alone.
            setns(File::open(namespace).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
            ask().unwrap()
        };
        let answer = thread::scope(|scope| scope.spawn(within).join()).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// Requests of batches that arrived so far.
    pub fn arrived(&self) -> u64 {
        let overview = self.overview();
        overview["batches"].as_array().unwrap().iter().map(|batch| batch["arrived"].as_u64().unwrap()).sum()
    }

    /// Waits until something is so, within bounds.
    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let begin = Instant::now();
        while !is_so() {
            assert!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn link_down(&self) {
        ip(&format!("-n {} link set veth0 down", self.server)).unwrap();
    }

    pub fn link_up(&self) {
        ip(&format!("-n {} link set veth0 up", self.server)).unwrap();
    }

    /// Has the server's end send no faster; false, with a line that says so, where the kernel cannot.
    pub fn narrow_link(&self, rate: &str) -> bool {
        // A queue for what 16 answers of 64 KiB and four downloads have under way, so that little is lost.
        let queue = format!("qdisc add dev veth0 root tbf rate {rate} burst 64kb limit 4mb");
        let mut command = Command::new("tc");
        command.args(["-n", self.server.as_str()]).args(queue.split_whitespace());
        match run(&mut command) {
            Ok(()) => true,
            Err(why) => {
                eprintln!("not tested: no token bucket here ({})", why.trim());
                false
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for namespace in [&self.server, &self.client] {
            // One that was not made is not there.
            let _ = ip(&format!("netns delete {namespace}"));
        }
    }
}

fn ip(arguments: &str) -> Result<(), String> {
    run(Command::new("ip").args(arguments.split_whitespace()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// `inflight` on this host.
pub fn inflight(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inflight")).args(arguments.split_whitespace()).output().unwrap()
}

pub fn records(output: &Output) -> Vec<Record> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
pub fn refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(says), "{error:?} does not say {says:?}");
}
