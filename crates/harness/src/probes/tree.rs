//! What a process tree used, seen from outside through `/proc`.

use std::collections::BTreeMap;
use std::fs;

use nix::time::ClockId;
use nix::unistd::Pid;

/// The fields of `/proc/<pid>/stat` that bear on CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Parent.
    pub parent: u32,
    /// Whether it is a thread of the kernel.
    pub kernel: bool,
    /// CPU time of its own, ended threads included.
    pub own: Ticks,
    /// CPU time of children that it has waited for.
    pub waited: Ticks,
}

/// CPU time in ticks of [`TICK_NS`], each part cut down to whole ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticks {
    /// In user mode.
    pub user: u64,
    /// In the kernel.
    pub system: u64,
}

impl Ticks {
    /// Both together, nanoseconds in steps of the tick.
    #[must_use]
    pub fn total_ns(self) -> u64 {
        (self.user + self.system) * TICK_NS
    }
}

/// `/proc/<pid>/stat` counts in ticks of 1/100 s on every Linux that Rust runs on (`sysconf(_SC_CLK_TCK)`).
pub const TICK_NS: u64 = 10_000_000;

/// Reads one process's CPU time; `None` once it is gone.
#[must_use]
pub fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The flag of kernel threads in field 9 (`include/linux/sched.h`).
const PF_KTHREAD: u64 = 0x0020_0000;

fn parse_stat(text: &str) -> Option<Stat> {
    // The command's name stands in parentheses and may hold anything, parentheses too: fields count from the last one.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    // Field numbers of proc_pid_stat(5), less the pid and the name.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(field(4)?).ok()?,
        kernel: field(9)? & PF_KTHREAD != 0,
        own: Ticks { user: field(14)?, system: field(15)? },
        waited: Ticks { user: field(16)?, system: field(17)? },
    })
}

/// The value in KiB of one line of `/proc/<pid>/status`, such as `VmHWM:`.
#[must_use]
pub fn status_kib(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Every process with its CPU time.
#[must_use]
pub fn all() -> BTreeMap<u32, Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeMap::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| Some((pid, stat(pid)?)))
        .collect()
}

/// Whether `pid` is `root` or descends from it.
#[must_use]
pub fn descends(processes: &BTreeMap<u32, Stat>, mut pid: u32, root: u32) -> bool {
    // A parent has to be older; the bound only guards against a tree that changed while it was read.
    for _ in 0..64 {
        if pid == root {
            return true;
        }
        match processes.get(&pid) {
            Some(stat) if stat.parent != 0 => pid = stat.parent,
            _ => return false,
        }
    }
    false
}

/// CPU time of a tree: its living members and what they have waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TreeCpu {
    /// Nanoseconds, of living members exact; what they have waited for counts in ticks.
    pub total_ns: u64,
    /// The same in ticks, which know user from system.
    pub ticks: Ticks,
}

impl TreeCpu {
    /// Of the tree of `root`, now.
    #[must_use]
    pub fn now(processes: &BTreeMap<u32, Stat>, root: u32) -> Self {
        let mut cpu = Self::default();
        for (pid, stat) in processes.iter().filter(|(pid, _)| descends(processes, **pid, root)) {
            cpu.total_ns += clock_ns(*pid).unwrap_or(stat.own.total_ns()) + stat.waited.total_ns();
            cpu.ticks.user += stat.own.user + stat.waited.user;
            cpu.ticks.system += stat.own.system + stat.waited.system;
        }
        cpu
    }

    /// What was used since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            total_ns: self.total_ns.saturating_sub(before.total_ns),
            ticks: Ticks {
                user: self.ticks.user.saturating_sub(before.ticks.user),
                system: self.ticks.system.saturating_sub(before.ticks.system),
            },
        }
    }

    /// The total as user and system time, nanoseconds, in the ratio of their ticks; half a tick more counts for each,
    /// because a count of 0 does not say that there was nothing.
    #[must_use]
    pub fn split_ns(self) -> (u64, u64) {
        let (user, both) = (2 * self.ticks.user + 1, 2 * (self.ticks.user + self.ticks.system) + 2);
        let user_ns = u128::from(self.total_ns) * u128::from(user) / u128::from(both);
        let user_ns = u64::try_from(user_ns).unwrap_or(self.total_ns);
        (user_ns, self.total_ns - user_ns)
    }
}

/// CPU time of all threads of a process, nanoseconds: the clock of `clock_getcpuclockid(3)`, which another process may
/// read too. `None` once it is gone.
fn clock_ns(pid: u32) -> Option<u64> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(i32::try_from(pid).ok()?)).ok()?;
    u64::try_from(std::time::Duration::from(clock.now().ok()?).as_nanos()).ok()
}

/// CPU time in nanoseconds of all processes outside the tree of `root`; kernel threads left out, because they do the
/// tree's network work too.
///
/// A process that ends and is waited for moves its time to its parent, so the sum of all grows with what is used. Not
/// seen: processes outside this one's PID namespace, and the time of processes whose end nobody waits for.
#[must_use]
pub fn foreign_cpu_ns(processes: &BTreeMap<u32, Stat>, root: u32) -> u64 {
    processes
        .iter()
        .filter(|(pid, stat)| !stat.kernel && !descends(processes, **pid, root))
        .map(|(_, stat)| stat.own.total_ns() + stat.waited.total_ns())
        .sum()
}

/// What one look at a worker's tree shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Its members, the root first.
    pub members: Vec<u32>,
    /// Sum of each member's resident memory, bytes.
    pub resident_bytes: u64,
    /// Sum of each member's highest resident memory, bytes.
    pub peak_bytes: u64,
    /// Page tables, bytes.
    pub page_tables_bytes: u64,
    /// Threads.
    pub threads: u64,
}

/// Looks at a process and its children. With more than 64 threads only the first thread's children are looked for,
/// because the kernel keeps them in one file a thread.
#[must_use]
pub fn look(root: u32) -> Look {
    let mut look = Look::default();
    let mut waiting = vec![root];
    while let Some(pid) = waiting.pop() {
        let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { continue };
        let threads = status_kib(&status, "Threads:").unwrap_or(0);
        look.members.push(pid);
        look.threads += threads;
        look.resident_bytes += status_kib(&status, "VmRSS:").unwrap_or(0) * 1024;
        look.peak_bytes += status_kib(&status, "VmHWM:").unwrap_or(0) * 1024;
        look.page_tables_bytes += status_kib(&status, "VmPTE:").unwrap_or(0) * 1024;
        let tasks: Vec<String> = if threads > 64 {
            vec![pid.to_string()]
        } else {
            fs::read_dir(format!("/proc/{pid}/task"))
                .map(|tasks| tasks.filter_map(|task| task.ok()?.file_name().into_string().ok()).collect())
                .unwrap_or_default()
        };
        for task in tasks {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{task}/children")).unwrap_or_default();
            waiting.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    look
}

/// Sets each member's mark of highest resident memory to what is resident now. Best effort: where the kernel does not
/// let it, the mark stands since the process began.
pub fn reset_peaks(members: &[u32]) {
    for pid in members {
        // 5: see clear_refs in proc_pid_clear_refs(5).
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_stat_line_with_a_wicked_name_is_read() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 100 50 20 10 20 0 1 0 5 6 7";
        let stat = Stat {
            parent: 7,
            kernel: false,
            own: Ticks { user: 100, system: 50 },
            waited: Ticks { user: 20, system: 10 },
        };
        assert_eq!(parse_stat(line), Some(stat));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn this_process_is_in_its_own_tree_and_foreign_to_a_child() {
        let processes = all();
        let me = std::process::id();
        assert!(descends(&processes, me, me));
        assert!(processes[&me].parent == 0 || !descends(&processes, processes[&me].parent, me));
        assert!(look(me).threads >= 1);
        assert!(look(me).peak_bytes > 0);
    }

    #[test]
    fn a_split_never_says_nothing_where_it_does_not_know() {
        let split = |total_ns, user, system| TreeCpu { total_ns, ticks: Ticks { user, system } }.split_ns();
        assert_eq!(split(8_000_000, 0, 0), (4_000_000, 4_000_000));
        assert_eq!(split(8_000_000, 1, 0), (6_000_000, 2_000_000));
        assert_eq!(split(2_000, 999, 0), (1_999, 1));
        assert_eq!(split(u64::MAX, 1, 1), (u64::MAX / 2, u64::MAX / 2 + 1));
    }

    #[test]
    fn the_time_of_a_living_child_is_seen_below_the_tick() {
        let mut child = Command::new("/bin/sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let used = || clock_ns(child.id()).unwrap();
        let first = used();
        while used() < first + TICK_NS {}
        let cpu = TreeCpu::now(&all(), std::process::id());
        assert!(cpu.total_ns >= first + TICK_NS);
        assert!(!cpu.total_ns.is_multiple_of(TICK_NS), "{cpu:?} came from ticks alone");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(clock_ns(child.id()), None);
    }

    #[test]
    fn a_tree_has_its_children_and_their_marks_can_be_reset() {
        let mut child = Command::new("/bin/cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(look(std::process::id()).members.contains(&child.id()));
        reset_peaks(&[child.id()]);
        assert_eq!(look(child.id()).members, [child.id()]);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
