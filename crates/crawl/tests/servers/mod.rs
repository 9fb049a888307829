//! The stores that are there: files always; servers where they are built in, and are named or can be started.
//!
//! | store | built in with | tested where |
//! | --- | --- | --- |
//! | Redis | `--features redis` | `REDIS_URL` names one, or `redis-server` is installed |
//! | `MongoDB` | `--features mongodb` | `MONGODB_URL` names a database, or `FERRETDB` a `FerretDB` |
//!
//! Such as `redis://127.0.0.1:6379/9` and `mongodb://127.0.0.1:27017/inflight_test`; a `FerretDB` is what
//! `scripts/ferretdb.sh` prints. A server that is named is for tests: what crawls keep there is emptied.

use tempfile::TempDir;

#[cfg(any(feature = "redis", feature = "mongodb"))]
pub use server::Server;
#[cfg(feature = "mongodb")]
pub use server::ask_mongodb;

/// A store, empty and of no site.
pub struct Place {
    /// What a crawl calls it.
    pub store: String,
    /// Whatever goes with it.
    _held: Box<dyn std::any::Any>,
}

impl Place {
    /// What stands before the colon.
    pub fn kind(&self) -> &str {
        self.store.split(':').next().unwrap()
    }

    /// The file, where it is one.
    pub fn file(&self) -> Option<&std::path::Path> {
        let (kind, rest) = self.store.split_once(':').unwrap();
        matches!(kind, "sqlite" | "jsonl").then(|| rest.as_ref())
    }
}

/// Every store that is there, each in a place of its own. Says on stderr which are left out, and what they need.
pub fn places() -> Vec<Place> {
    [Some(file("sqlite")), Some(file("jsonl")), redis(), mongodb()].into_iter().flatten().collect()
}

fn file(kind: &str) -> Place {
    let folder: TempDir = tempfile::tempdir().unwrap();
    Place { store: format!("{kind}:{}", folder.path().join("rows").display()), _held: Box::new(folder) }
}

#[cfg(not(feature = "redis"))]
fn redis() -> Option<Place> {
    eprintln!("left out: redis is not built in: cargo test -p inflight-crawl --features redis");
    None
}

#[cfg(not(feature = "mongodb"))]
fn mongodb() -> Option<Place> {
    eprintln!("left out: mongodb is not built in: cargo test -p inflight-crawl --features mongodb");
    None
}

#[cfg(feature = "redis")]
fn redis() -> Option<Place> {
    if let Ok(store) = std::env::var("REDIS_URL") {
        let alone = server::alone();
        let mut connection = ::redis::Client::open(store.as_str()).unwrap().get_connection().unwrap();
        let names = ["inflight:books", "inflight:books:lists", "inflight:books:details", "inflight:films"];
        let more = ["inflight:films:lists", "inflight:films:details"];
        ::redis::cmd("DEL").arg(&names).arg(&more).query::<u64>(&mut connection).unwrap();
        return Some(Place { store, _held: Box::new(alone) });
    }
    let server = Server::redis()?;
    Some(Place { store: format!("redis://{}/3", server.address), _held: Box::new(server) })
}

#[cfg(feature = "mongodb")]
fn mongodb() -> Option<Place> {
    if let Ok(store) = std::env::var("MONGODB_URL") {
        let alone = server::alone();
        let name = store.rsplit_once('/').unwrap().1.to_owned();
        let url = store.clone();
        ask_mongodb(async move {
            ::mongodb::Client::with_uri_str(url).await.unwrap().database(&name).drop().await.unwrap();
        });
        return Some(Place { store, _held: Box::new(alone) });
    }
    let server = Server::ferretdb()?;
    Some(Place { store: format!("mongodb://{}/inflight", server.address), _held: Box::new(server) })
}

#[cfg(any(feature = "redis", feature = "mongodb"))]
mod server {
    //! Servers of the tests' own: started on a free port of this machine, ended by their handle.

    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::Duration;

    use tempfile::TempDir;

    /// A server that was started here.
    pub struct Server {
        /// `127.0.0.1:PORT`.
        pub address: String,
        child: Child,
        _folder: TempDir,
    }

    /// Tests that share a server take turns.
    pub fn alone() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs what a test asks of a `MongoDB` server itself.
    #[cfg(feature = "mongodb")]
    pub fn ask_mongodb<T>(asked: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(asked)
    }

    impl Server {
        /// Redis, without a file of its own.
        #[cfg(feature = "redis")]
        pub fn redis() -> Option<Self> {
            let start = |port: &str, folder: &str| {
                let mut command = Command::new("redis-server");
                command.args(["--bind", "127.0.0.1", "--port", port, "--dir", folder]);
                command.args(["--save", "", "--appendonly", "no"]);
                command
            };
            Self::start(start, "redis-server is not installed: apt-get install redis-server, or set REDIS_URL")
        }

        /// `FerretDB`, over `SQLite`.
        #[cfg(feature = "mongodb")]
        pub fn ferretdb() -> Option<Self> {
            let advice = "FERRETDB names no program: FERRETDB=$(scripts/ferretdb.sh), or set MONGODB_URL";
            let Some(program) = std::env::var_os("FERRETDB").filter(|program| !program.is_empty()) else {
                eprintln!("left out: {advice}");
                return None;
            };
            let start = |port: &str, folder: &str| {
                let mut command = Command::new(&program);
                command.args(["--handler=sqlite", "--debug-addr=-", "--telemetry=disable", "--log-level=ERROR"]);
                command.arg(format!("--sqlite-url=file:{folder}/?_pragma=synchronous(off)"));
                command.args([format!("--listen-addr=127.0.0.1:{port}"), format!("--state-dir={folder}")]);
                command
            };
            Self::start(start, advice)
        }

        fn start(command: impl Fn(&str, &str) -> Command, advice: &str) -> Option<Self> {
            // A port that is free now may be another's when the server binds it: then it ends, and gets another one.
            for _ in 0..3 {
                let folder = tempfile::tempdir().unwrap();
                let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
                let mut command = command(&address.port().to_string(), folder.path().to_str().unwrap());
                let child = match command.stdin(Stdio::null()).stdout(Stdio::null()).spawn() {
                    Ok(child) => child,
                    Err(error) => {
                        eprintln!("left out: {advice} ({error})");
                        return None;
                    }
                };
                let mut server = Self { address: address.to_string(), child, _folder: folder };
                if server.listens(address) {
                    return Some(server);
                }
            }
            panic!("three servers in a row ended before they listened");
        }

        /// Waits until it listens; false where it ends before.
        fn listens(&mut self, address: SocketAddr) -> bool {
            for _ in 0..1_500 {
                let answered = TcpStream::connect(address).is_ok();
                if answered {
                    // Where another has the port, it is that one that answers, and this one ends for it.
                    std::thread::sleep(Duration::from_millis(200));
                }
                if self.child.try_wait().unwrap().is_some() {
                    return false;
                }
                if answered {
                    return true;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            panic!("no server listens on {address} after 30 s");
        }

        /// Stops it, or lets it go on.
        #[cfg(feature = "redis")]
        pub fn signal(&self, signal: nix::sys::signal::Signal) {
            let child = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
            nix::sys::signal::kill(child, signal).unwrap();
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            // Where it has ended already, there is nothing to be done.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
