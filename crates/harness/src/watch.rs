//! The watch: what the driver sees of a batch from outside, by looking at the worker's process tree and the machine.

use std::time::Instant;

use inflight_record::Outside;

use crate::probes::machine::{self, Reading};
use crate::probes::tree;

/// The driver's own look at the worker while the batch runs.
pub(crate) struct Watch {
    worker: u32,
    clock: Instant,
    machine: Reading,
    worker_cpu_ns: u64,
    foreign_ns: u64,
    socket_bytes: u64,
    outside: Outside,
    threads_peak: u64,
}

/// What it came to.
pub(crate) struct Watched {
    pub(crate) outside: Outside,
    pub(crate) threads_peak: u64,
    pub(crate) machine: Reading,
    pub(crate) foreign_ns: u64,
}

impl Watch {
    /// Takes the first readings and the first look.
    pub(crate) fn start(worker: u32) -> Self {
        let processes = tree::all();
        let mut watch = Self {
            worker,
            machine: Reading::now(),
            worker_cpu_ns: tree::tree_cpu_ns(&processes, worker),
            foreign_ns: tree::foreign_cpu_ns(&processes, std::process::id()),
            socket_bytes: machine::socket_memory_bytes(),
            outside: Outside::default(),
            threads_peak: 0,
            clock: Instant::now(),
        };
        watch.look();
        watch.clock = Instant::now();
        watch
    }

    /// One look; between two of them nothing is seen.
    pub(crate) fn look(&mut self) {
        let look = tree::look(self.worker);
        self.outside.polls += 1;
        self.outside.peak_bytes = self.outside.peak_bytes.max(look.peak_bytes);
        self.outside.page_tables_bytes = self.outside.page_tables_bytes.max(look.page_tables_bytes);
        let sockets = machine::socket_memory_bytes().saturating_sub(self.socket_bytes);
        self.outside.socket_bytes = self.outside.socket_bytes.max(sockets);
        self.threads_peak = self.threads_peak.max(look.threads);
    }

    /// Takes the last look and the last readings.
    pub(crate) fn stop(mut self) -> Watched {
        self.outside.wall_ns = u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.look();
        let machine = Reading::now().since(self.machine);
        let processes = tree::all();
        self.outside.cpu_ns = tree::tree_cpu_ns(&processes, self.worker).saturating_sub(self.worker_cpu_ns);
        let foreign = tree::foreign_cpu_ns(&processes, std::process::id());
        Watched {
            outside: self.outside,
            threads_peak: self.threads_peak,
            machine,
            foreign_ns: foreign.saturating_sub(self.foreign_ns),
        }
    }
}
