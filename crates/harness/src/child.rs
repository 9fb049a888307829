//! A child process on given CPUs, in a process group of its own, heard line by line with a deadline.

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
    stderr: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
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
        let stderr = Arc::new(Mutex::new(Vec::new()));
        if let Some(source) = process.stderr.take() {
            keep_tail(source, Arc::clone(&stderr));
        }
        let lines = lines.ok_or_else(|| io::Error::other("the child has no stdout"))?;
        Ok(Self { process, lines, stdin, stderr, stop })
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

    /// Waits for its next line; calls `look` every `interval` meanwhile.
    ///
    /// # Errors
    /// Why no line came.
    pub fn line(&mut self, deadline: Instant, interval: Duration, mut look: impl FnMut()) -> Result<String, Silence> {
        let mut ended = None;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(interval.min(left)) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended(self.end())),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Silence::Interrupted);
            }
            if left.is_zero() {
                return Err(Silence::Deadline);
            }
            // A grandchild may keep the pipe open; what the child itself printed is read within one more interval.
            match (ended, self.process.try_wait()) {
                (None, Ok(Some(status))) => ended = Some(status),
                (Some(_), _) => return Err(Silence::Ended(self.end())),
                _ => look(),
            }
        }
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.process.try_wait().ok()??;
        Some(describe(status, &self.stderr))
    }

    /// Whether it has ended, and well.
    pub fn succeeded(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(Some(status)) if status.success())
    }

    /// Waits for its end, which its closed stdout announced.
    fn end(&mut self) -> String {
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if let Some(text) = self.ended() {
                return text;
            }
            thread::sleep(Duration::from_millis(1));
        }
        "closed its stdout, but did not end".to_owned()
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
        // The group first: the child itself has not been waited for, so its id cannot have been given to another.
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

fn keep_tail(mut source: impl Read + Send + 'static, tail: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = source.read(&mut buffer) {
            let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.extend_from_slice(&buffer[..count]);
            let excess = tail.len().saturating_sub(STDERR_KEPT);
            tail.drain(..excess);
        }
    });
}

fn describe(status: ExitStatus, stderr: &Mutex<Vec<u8>>) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    // What it wrote last may still be on its way through the pipe.
    thread::sleep(Duration::from_millis(20));
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map_or_else(|_| signal.to_string(), |signal| signal.to_string());
            format!("was ended by {name}")
        }
        (None, None) => "ended".to_owned(),
    };
    let tail = stderr.lock().unwrap_or_else(PoisonError::into_inner);
    match String::from_utf8_lossy(&tail).trim() {
        "" => how,
        text => format!("{how}; its last words: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Child {
        let cpus = allowed_cpus();
        Child::start(&Program::new("/bin/sh", &["-c", script]), &cpus, Arc::default()).unwrap()
    }

    fn line(child: &mut Child, seconds: u64) -> Result<String, Silence> {
        child.line(Instant::now() + Duration::from_secs(seconds), Duration::from_millis(5), || {})
    }

    #[test]
    fn lines_are_heard_and_the_end_is_told() {
        let mut child = start("echo one; echo two; echo why >&2; exit 3");
        assert_eq!(line(&mut child, 30).unwrap(), "one");
        assert_eq!(line(&mut child, 30).unwrap(), "two");
        match line(&mut child, 30) {
            Err(Silence::Ended(text)) => assert_eq!(text, "exited with code 3; its last words: why"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_silent_child_meets_its_deadline() {
        let mut child = start("sleep 60");
        assert!(matches!(line(&mut child, 0), Err(Silence::Deadline)));
    }

    #[test]
    fn a_dropped_child_takes_its_children_along() {
        let mut child = start("sleep 60 & echo $!; wait");
        let grandchild: u32 = line(&mut child, 30).unwrap().parse().unwrap();
        drop(child);
        for _ in 0..1000 {
            let status = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            if status.is_empty() || status.contains(") Z") {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the grandchild lives on");
    }

    #[test]
    fn a_child_that_does_not_read_holds_nobody_up() {
        let mut child = start("sleep 60");
        child.write(|stdin| stdin.write_all(&vec![b'x'; 10 << 20]));
        assert!(matches!(line(&mut child, 0), Err(Silence::Deadline)));
    }

    #[test]
    fn children_run_where_they_are_put() {
        let cpu = allowed_cpus()[0];
        let program = Program::new("/bin/sh", &["-c", "grep Cpus_allowed_list /proc/self/status"]);
        let mut child = Child::start(&program, &[cpu], Arc::default()).unwrap();
        assert_eq!(line(&mut child, 30).unwrap().split_whitespace().last(), Some(cpu.to_string().as_str()));
    }
}
