//! What a process tree used, seen from outside through `/proc`.

use std::collections::BTreeMap;
use std::fs;

/// The fields of `/proc/<pid>/stat` that bear on CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Parent.
    pub parent: u32,
    /// Whether it is a thread of the kernel.
    pub kernel: bool,
    /// CPU time of its own, ended threads included, nanoseconds in steps of the tick.
    pub own_ns: u64,
    /// CPU time of children that it has waited for, nanoseconds in steps of the tick.
    pub waited_ns: u64,
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
        own_ns: (field(14)? + field(15)?) * TICK_NS,
        waited_ns: (field(16)? + field(17)?) * TICK_NS,
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

/// CPU time of a tree in nanoseconds: its living members and what they have waited for.
#[must_use]
pub fn tree_cpu_ns(processes: &BTreeMap<u32, Stat>, root: u32) -> u64 {
    processes
        .iter()
        .filter(|(pid, _)| descends(processes, **pid, root))
        .map(|(_, stat)| stat.own_ns + stat.waited_ns)
        .sum()
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
        .map(|(_, stat)| stat.own_ns + stat.waited_ns)
        .sum()
}

/// What one look at a worker's tree shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Sum of each process's highest resident memory, bytes.
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
        look.threads += threads;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_a_wicked_name_is_read() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 100 50 20 10 20 0 1 0 5 6 7";
        assert_eq!(
            parse_stat(line),
            Some(Stat { parent: 7, kernel: false, own_ns: 150 * TICK_NS, waited_ns: 30 * TICK_NS })
        );
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
}
