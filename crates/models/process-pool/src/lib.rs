//! A pool of processes: blocking code, made concurrent without threads, as Python's `multiprocessing` does it.
//!
//! Up to C processes, at most 64, each fetch one URL at a time. The parent hands a URL to a process that is free and waits
//! for all pipes at once with `poll(2)`, on one thread; the process fetches with [ureq](https://docs.rs/ureq) and sends
//! status, `Server-Timing` and the whole body back. What one learns: where an interpreter's lock keeps threads from running
//! at once, processes are the way out; Rust has no such lock, and pays twice for nothing: each process takes its own
//! memory and a start of its own, and each answer crosses one more pipe.
//!
//! Each process is this very program, started anew with the argument `pool-process`, which calls [`serve`]. It ends when
//! its pipe does, and with the thread that started it, even where that is killed. A process that ends in mid-request fails
//! that request and is replaced, so the batch goes on. The pipe is a pair of sockets, as `multiprocessing.Pipe()` is:
//! one open file a process, and it goes both ways.
//!
//! Caps: 64 processes, the model's own: above that C waits. Each process has the caps of ureq: 3 idle connections a host
//! and 10 in all, of which it uses one a host, so more than 10 hosts in turn connect anew; `read_to_vec` of a body stops
//! at 10 MB, and is lifted. Processes count against the limits on threads (`ulimit -u`, the cgroup's `pids.max`).

mod frame;
mod process;
mod serve;

use std::collections::VecDeque;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub use process::PoolError;
use process::Process;
pub use serve::serve;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&ProcessPool];

/// The most processes that the pool has: each takes some MiB, and the tutorials use a few times the number of CPUs.
pub const MOST_PROCESSES: u64 = 64;

/// `process-pool`: up to 64 processes, each with blocking ureq.
#[derive(Debug, Clone, Copy)]
pub struct ProcessPool;

impl Model for ProcessPool {
    fn card(&self) -> Card {
        Card {
            id: "process-pool".to_owned(),
            idea: "Hand each URL to one of C processes that is free, at most 64.".to_owned(),
            label: Label::Idiomatic,
            client: "ureq in worker processes, poll in their parent".to_owned(),
            crates: vec!["ureq".to_owned()],
            declared_peak: DeclaredPeak::AtMost(MOST_PROCESSES),
            thread_per_request: true,
            child_processes: true,
            keeps_connections: true,
            http2: false,
            hidden_caps: vec![
                HiddenCap::new("processes: 64", "that is the model; above that C waits"),
                HiddenCap::new(
                    "idle connections kept by each process: 3 a host, 10 in all, for 15 s",
                    "left at the default: one host needs one, more than 10 hosts in turn connect anew",
                ),
                HiddenCap::new("buffers of a connection: 2 of 128 KiB, written on first use", "left at the default"),
                HiddenCap::new("read_to_vec of a body: 10 MB", "lifted: the body is read without a limit"),
            ],
            historical: None,
        }
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let program = match PROGRAM.get() {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        };
        let count = usize::try_from(MOST_PROCESSES)?.min(setup.concurrency);
        let processes = (0..count).map(|_| Process::start(&program)).collect::<Result<_, _>>()?;
        Ok(Box::new(Pool { program, processes }))
    }
}

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Lets the pool start this program, with the argument `pool-process`, in place of the running one. For tests, whose
/// program knows nothing of that argument. The first call counts.
pub fn set_program(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

struct Pool {
    program: PathBuf,
    processes: Vec<Process>,
}

impl Client for Pool {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let mut asked = 0;
        // What each process is at.
        let mut requests: Vec<_> = self.processes.iter().map(|_| None).collect();
        let mut free: VecDeque<usize> = (0..self.processes.len()).collect();
        loop {
            // In the order in which they became free.
            while let Some(place) = free.front().copied() {
                let Some(ticket) = batch.try_admit(asked) else { break };
                asked += 1;
                let request = batch.send(ticket);
                match self.processes[place].ask(request.url()) {
                    Ok(()) => {
                        requests[place] = Some(request);
                        free.pop_front();
                    }
                    Err(error) => request.fail(&self.replace(place, &error)?),
                }
            }
            let busy: Vec<usize> = (0..requests.len()).filter(|place| requests[*place].is_some()).collect();
            if busy.is_empty() {
                return Ok(());
            }
            for place in self.answered(&busy)? {
                let Some(request) = requests[place].take() else { continue };
                match self.processes[place].answer() {
                    Ok(Ok(answer)) => request.finish(answer.status, answer.timing.as_deref(), &answer.body),
                    Ok(Err(why)) => request.fail(&why),
                    Err(error) => request.fail(&self.replace(place, &error)?),
                }
                free.push_back(place);
            }
        }
    }
}

impl Pool {
    /// Waits until one of these processes has answered or ended; returns which.
    fn answered(&self, busy: &[usize]) -> Result<Vec<usize>, Errno> {
        let mut pipes: Vec<PollFd<'_>> =
            busy.iter().map(|place| PollFd::new(self.processes[*place].as_fd(), PollFlags::POLLIN)).collect();
        while let Err(error) = poll(&mut pipes, PollTimeout::NONE) {
            if error != Errno::EINTR {
                return Err(error);
            }
        }
        Ok(busy.iter().zip(&pipes).filter(|(_, pipe)| pipe.any() == Some(true)).map(|(place, _)| *place).collect())
    }

    /// Starts a process in the place of one that has ended; says how it ended.
    fn replace(&mut self, place: usize, error: &std::io::Error) -> Result<String, PoolError> {
        let ended = std::mem::replace(&mut self.processes[place], Process::start(&self.program)?);
        Ok(format!("the process that fetched it ended, {}: {error}", ended.wait()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_declares_c_up_to_64_and_leaves_its_costs_to_the_driver() {
        let card = ProcessPool.card();
        assert_eq!([10, 64, 1_000].map(|c| card.declared_peak.resolve(c, 1, 2)), [10, 64, 64]);
        assert!(card.child_processes);
    }
}
