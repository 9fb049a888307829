//! A child process on given CPUs, in a process group of its own, heard line by line with a deadline.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// How much of a child's stderr is kept to quote, in bytes.
const STDERR_KEPT: usize = 2_000;
/// Longest line that a child may print, in bytes.
const LONGEST_LINE: u64 = 16 << 20;
/// How long a child may take to end when it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How long what an ended child has written may take to be read. It is all there when its pipes end; but a grandchild may
/// keep them open for as long as it likes.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Set in somebody's profile, these change what runtimes and clients do by themselves, which cards say is left alone.
const TUNING: [&str; 17] = [
    "TOKIO_WORKER_THREADS",
    "SMOL_THREADS",
    "ASYNC_STD_THREAD_COUNT",
    "BLOCKING_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "MALLOC_ARENA_MAX",
    "GOMAXPROCS",
    "GOGC",
    "GOMEMLIMIT",
    "GODEBUG",
    "NODE_OPTIONS",
    "NODE_USE_ENV_PROXY",
    "UV_THREADPOOL_SIZE",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "PYTHONASYNCIODEBUG",
    "PYTHONDEVMODE",
];

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The file.
    pub path: std::path::PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

impl Program {
    /// A program with its arguments.
    pub fn new(path: impl Into<std::path::PathBuf>, args: &[&str]) -> Self {
        Self { path: path.into(), args: args.iter().map(|arg| (*arg).to_owned()).collect() }
    }
}

/// The CPUs that the calling thread may use, ascending.
#[must_use]
pub fn allowed_cpus() -> Vec<u32> {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else { return vec![0] };
    (0..CpuSet::count())
        .filter(|cpu| set.is_set(*cpu).unwrap_or(false))
        .filter_map(|cpu| u32::try_from(cpu).ok())
        .collect()
}

/// Pins the calling thread, and the children that it starts from then on, to these CPUs.
///
/// # Errors
/// A CPU does not exist or may not be used.
pub fn pin(cpus: &[u32]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu as usize)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Why no line came.
#[derive(Debug)]
pub enum Silence {
    /// The process has ended.
    Ended(String),
    /// The deadline passed.
    Deadline,
    /// The user asked to stop.
    Interrupted,
}

type Write1 = Box<dyn FnOnce(&mut ChildStdin) -> io::Result<()> + Send>;

/// A running child. Dropped, its whole process group is killed and waited for.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    lines: Receiver<String>,
    stdin: Option<Sender<Write1>>,
    stderr: Tail,
    stop: Arc<AtomicBool>,
    exit: Option<Exit>,
}

/// How a process ended, and until when its last words are waited for.
#[derive(Debug, Clone, Copy)]
struct Exit {
    status: ExitStatus,
    heard_by: Instant,
}

/// The last that a child wrote to its stderr.
#[derive(Debug)]
struct Tail {
    text: Arc<Mutex<Vec<u8>>>,
    /// Disconnected when stderr ends.
    end: Receiver<Infallible>,
}

impl Child {
    /// Starts a program on these CPUs. It inherits the placement of the calling thread, which is put back afterwards.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(program: &Program, cpus: &[u32], stop: Arc<AtomicBool>) -> io::Result<Self> {
        use std::os::unix::process::CommandExt as _;
        let home = allowed_cpus();
        pin(cpus)?;
        let mut command = Command::new(&program.path);
        for name in TUNING {
            command.env_remove(name);
        }
        let spawned = command
            .args(&program.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C reaches the driver alone, which then ends its children in order.
            .process_group(0)
            .spawn();
        pin(&home)?;
        let mut process = spawned?;
        let lines = process.stdout.take().map(read_lines);
        let stdin = process.stdin.take().map(write_all);
        let stderr = process.stderr.take().map(keep_tail);
        let lines = lines.ok_or_else(|| io::Error::other("the child has no stdout"))?;
        let stderr = stderr.ok_or_else(|| io::Error::other("the child has no stderr"))?;
        Ok(Self { process, lines, stdin, stderr, stop, exit: None })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Writes to its stdin from another thread, so that a child that does not read cannot hold up the driver.
    pub fn write(&self, write: impl FnOnce(&mut ChildStdin) -> io::Result<()> + Send + 'static) {
        if let Some(stdin) = &self.stdin {
            // A broken pipe shows as the child's end when the next line is awaited.
            let _ = stdin.send(Box::new(write));
        }
    }

    /// Waits for its next line; calls `look` every `interval` meanwhile. All that it printed is heard before its end.
    ///
    /// # Errors
    /// Why no line came.
    pub fn line(&mut self, deadline: Instant, interval: Duration, mut look: impl FnMut()) -> Result<String, Silence> {
        loop {
            let until = self.exit.map_or(deadline, |exit| exit.heard_by);
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(interval.min(left)) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended(self.end())),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Silence::Interrupted);
            }
            if let Some(exit) = self.exit {
                // Until its stdout ends, or long enough: a grandchild may hold that.
                if left.is_zero() {
                    return Err(Silence::Ended(self.describe(exit)));
                }
            } else if left.is_zero() {
                return Err(Silence::Deadline);
            } else if self.exit().is_none() {
                look();
            }
        }
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<String> {
        let exit = self.exit()?;
        Some(self.describe(exit))
    }

    /// The same, of one that may be just about to end: it is waited for, but not for longer than `patience`.
    pub fn ended_within(&mut self, patience: Duration) -> Option<String> {
        let deadline = Instant::now() + patience;
        loop {
            let ended = self.ended();
            if ended.is_some() || Instant::now() >= deadline {
                return ended;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether it has ended, and well.
    pub fn succeeded(&mut self) -> bool {
        self.exit().is_some_and(|exit| exit.status.success())
    }

    /// Waits for its end, which its closed stdout announced.
    fn end(&mut self) -> String {
        self.ended_within(GRACE).unwrap_or_else(|| "closed its stdout, but did not end".to_owned())
    }

    /// How it ended, if it has; the time for its last words begins when that is first seen.
    fn exit(&mut self) -> Option<Exit> {
        if self.exit.is_none() {
            let status = self.process.try_wait().ok()?;
            self.exit = status.map(|status| Exit { status, heard_by: Instant::now() + LAST_WORDS });
        }
        self.exit
    }

    fn describe(&self, exit: Exit) -> String {
        use std::os::unix::process::ExitStatusExt as _;
        let how = match (exit.status.code(), exit.status.signal()) {
            (Some(code), _) => format!("exited with code {code}"),
            (None, Some(signal)) => {
                let name = Signal::try_from(signal).map_or_else(|_| signal.to_string(), |signal| signal.to_string());
                format!("was ended by {name}")
            }
            (None, None) => "ended".to_owned(),
        };
        match self.stderr.read_by(exit.heard_by).as_str() {
            "" => how,
            text => format!("{how}; its last words: {text}"),
        }
    }

    /// Asks it to end with SIGTERM, waits a little, then lets drop kill it.
    pub fn terminate(mut self) {
        let _ = kill(pid(self.pid()), Signal::SIGTERM);
        self.stdin = None;
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The group first, which keeps the id while anybody is in it; so does the child until it is waited for.
        let _ = killpg(pid(self.pid()), Signal::SIGKILL);
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap_or(i32::MAX))
}

fn read_lines(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::with_capacity(1 << 16, stdout);
        loop {
            let mut line = Vec::new();
            match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() => return,
                Ok(_) => {}
            }
        }
    });
    receiver
}

fn write_all(mut stdin: ChildStdin) -> Sender<Write1> {
    let (sender, receiver) = mpsc::channel::<Write1>();
    thread::spawn(move || {
        while let Ok(write) = receiver.recv() {
            if write(&mut stdin).and_then(|()| stdin.flush()).is_err() {
                return;
            }
        }
    });
    sender
}

fn keep_tail(mut source: impl Read + Send + 'static) -> Tail {
    let text = Arc::new(Mutex::new(Vec::new()));
    let (reading, end) = mpsc::channel();
    let tail = Tail { text: Arc::clone(&text), end };
    thread::spawn(move || {
        let _reading = reading;
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = source.read(&mut buffer) {
            let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
            text.extend_from_slice(&buffer[..count]);
            let excess = text.len().saturating_sub(STDERR_KEPT);
            text.drain(..excess);
        }
    });
    tail
}

impl Tail {
    /// What it is when stderr has ended, or at the deadline.
    fn read_by(&self, deadline: Instant) -> String {
        // Nothing is ever sent: this ends with stderr.
        let _ = self.end.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).trim().to_owned()
    }
}

#[cfg(test)]
mod tests;
