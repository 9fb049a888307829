//! The watch: what the driver sees of a batch from outside, by looking at the worker's process tree and the machine.

use std::time::Instant;

use inflight_record::Outside;

use crate::probes::machine::{self, Reading};
use crate::probes::shared::shared_bytes;
use crate::probes::tree::{self, TreeCpu};

/// The driver's own look at the worker while the batch runs.
pub(crate) struct Watch {
    worker: u32,
    clock: Instant,
    /// When the next look may be.
    next: Instant,
    machine: Reading,
    cpu: TreeCpu,
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

/// Resident memory of a worker's tree now, bytes, pages that its members share counted once.
///
/// Takes the members' marks of highest resident memory back to what is resident: what a worker needed to start, such as
/// an interpreter's reading of its modules, is not its model's.
pub(crate) fn baseline_bytes(worker: u32) -> Option<u64> {
    let look = tree::look(worker);
    tree::reset_peaks(&look.members);
    let bytes = look.resident_bytes.saturating_sub(shared_bytes(&look.members).unwrap_or(0));
    (bytes > 0).then_some(bytes)
}

impl Watch {
    /// Takes the first readings and the first look.
    pub(crate) fn start(worker: u32, baseline_bytes: Option<u64>) -> Self {
        let processes = tree::all();
        let mut watch = Self {
            worker,
            machine: Reading::now(),
            cpu: TreeCpu::now(&processes, worker),
            foreign_ns: tree::foreign_cpu_ns(&processes, std::process::id()),
            socket_bytes: machine::socket_memory_bytes(),
            outside: Outside { baseline_bytes, ..Outside::default() },
            threads_peak: 0,
            clock: Instant::now(),
            next: Instant::now(),
        };
        watch.look();
        watch.clock = Instant::now();
        watch
    }

    /// A look, unless the last one was so dear that this would come too soon: the driver sits on the server's CPU, and a
    /// tree of many processes takes milliseconds to read. Looks take a twentieth of the time at most.
    pub(crate) fn look_if_due(&mut self) {
        const SHARE: u32 = 20;
        let begun = Instant::now();
        if begun >= self.next {
            self.look();
            let ended = Instant::now();
            self.next = ended + (ended - begun) * SHARE;
        }
    }

    /// One look; between two of them nothing is seen. Returns the tree's members.
    pub(crate) fn look(&mut self) -> Vec<u32> {
        let look = tree::look(self.worker);
        self.outside.polls += 1;
        self.outside.peak_bytes = self.outside.peak_bytes.max(look.peak_bytes);
        self.outside.page_tables_bytes = self.outside.page_tables_bytes.max(look.page_tables_bytes);
        let sockets = machine::socket_memory_bytes().saturating_sub(self.socket_bytes);
        self.outside.socket_bytes = self.outside.socket_bytes.max(sockets);
        self.threads_peak = self.threads_peak.max(look.threads);
        look.members
    }

    /// Takes the last look and the last readings.
    pub(crate) fn stop(mut self) -> Watched {
        self.outside.wall_ns = u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // The processor time first: looking longer, at many members, may not count as the worker's.
        let processes = tree::all();
        let cpu = TreeCpu::now(&processes, self.worker).since(self.cpu);
        let (user_ns, system_ns) = cpu.split_ns();
        let members = self.look();
        let machine = Reading::now().since(self.machine);
        self.outside.cpu_ns = cpu.total_ns;
        self.outside.user_ns = Some(user_ns);
        self.outside.system_ns = Some(system_ns);
        self.outside.shared_bytes = shared_bytes(&members);
        let foreign = tree::foreign_cpu_ns(&processes, std::process::id());
        Watched {
            outside: self.outside,
            threads_peak: self.threads_peak,
            machine,
            foreign_ns: foreign.saturating_sub(self.foreign_ns),
        }
    }
}
