//! What the machine as a whole shows: network counters, stolen and throttled time, socket memory.

use std::fs;

use inflight_record::{Network, ServerCounters};

use super::cgroup;
use super::tree::{self, TICK_NS};

/// One reading of the machine's counters; figures are differences of two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// `/proc/net/netstat`.
    pub network: Network,
    /// Time that the hypervisor took from all CPUs, nanoseconds in steps of the tick.
    pub steal_ns: u64,
    /// Time for which this control group was throttled, nanoseconds.
    pub throttled_ns: u64,
}

impl Reading {
    /// Reads them now. What cannot be read counts as 0.
    #[must_use]
    pub fn now() -> Self {
        Self {
            network: fs::read_to_string("/proc/net/netstat").map(|text| parse_netstat(&text)).unwrap_or_default(),
            steal_ns: fs::read_to_string("/proc/stat").ok().and_then(|text| parse_steal(&text)).unwrap_or(0) * TICK_NS,
            throttled_ns: throttled_ns(),
        }
    }

    /// What was counted since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            network: self.network.since(before.network),
            steal_ns: self.steal_ns.saturating_sub(before.steal_ns),
            throttled_ns: self.throttled_ns.saturating_sub(before.throttled_ns),
        }
    }
}

/// The counters of the machine that this process, a server, runs on for a driver elsewhere.
#[must_use]
pub fn server_counters() -> ServerCounters {
    let Reading { network, steal_ns, throttled_ns } = Reading::now();
    let foreign_ns = tree::foreign_cpu_ns(&tree::all(), std::process::id());
    ServerCounters { network, steal_ns, throttled_ns, foreign_ns }
}

/// The file holds pairs of lines: names, then values under the same prefix.
fn parse_netstat(text: &str) -> Network {
    let mut lines = text.lines();
    let mut network = Network::default();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            let value = value.parse().unwrap_or(0);
            match name {
                "ListenOverflows" => network.listen_overflows = value,
                "ListenDrops" => network.listen_drops = value,
                "TCPSynRetrans" => network.syn_retransmits = value,
                _ => {}
            }
        }
    }
    network
}

/// The eighth number of the first line is steal, in ticks.
fn parse_steal(text: &str) -> Option<u64> {
    text.lines().next()?.strip_prefix("cpu ")?.split_whitespace().nth(7)?.parse().ok()
}

/// Throttled time of this process's control group, version 2 or 1.
fn throttled_ns() -> u64 {
    for group in cgroup::own() {
        let (roots, name, scale): (&[&str], _, _) = if group.has("cpu") {
            (&["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"], "throttled_time ", 1)
        } else {
            (group.unified_roots(), "throttled_usec ", 1_000)
        };
        for root in roots {
            let Ok(text) = fs::read_to_string(format!("{root}{}/cpu.stat", group.path)) else { continue };
            if let Some(value) = text.lines().find_map(|line| line.strip_prefix(name)) {
                return value.parse().unwrap_or(0) * scale;
            }
        }
    }
    0
}

/// Kernel memory of TCP sockets, bytes.
#[must_use]
pub fn socket_memory_bytes() -> u64 {
    let text = fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    sockstat(&text, "mem").unwrap_or(0) * 4096
}

/// How many CPUs are online, whether this process may use them or not; 0 where that cannot be read.
#[must_use]
pub fn online_cpus() -> u32 {
    ranges(&fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default()).unwrap_or(0)
}

/// How many numbers a list such as `0-3,8,10-11` names.
fn ranges(text: &str) -> Option<u32> {
    text.trim().split(',').try_fold(0_u32, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

/// Connections in `TIME_WAIT`.
#[must_use]
pub fn time_wait() -> u64 {
    sockstat(&fs::read_to_string("/proc/net/sockstat").unwrap_or_default(), "tw").unwrap_or(0)
}

fn sockstat(text: &str, name: &str) -> Option<u64> {
    let mut words = text.lines().find_map(|line| line.strip_prefix("TCP:"))?.split_whitespace();
    words.find(|word| *word == name)?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_name() {
        let text =
            "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPSynRetrans\nTcpExt: 9 1 2 3\nIpExt: A\nIpExt: 4\n";
        assert_eq!(parse_netstat(text), Network { listen_overflows: 1, listen_drops: 2, syn_retransmits: 3 });
        assert_eq!(parse_steal("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 0\n"), Some(8));
        assert_eq!(sockstat("TCP: inuse 3 orphan 0 tw 17 alloc 4 mem 5\n", "tw"), Some(17));
        assert_eq!(sockstat("TCP: inuse 3 orphan 0 tw 17 alloc 4 mem 5\n", "mem"), Some(5));
    }

    #[test]
    fn cpus_are_counted_by_ranges() {
        assert_eq!(["0", "0-3", "0-3,8,10-11\n"].map(ranges), [Some(1), Some(4), Some(7)]);
        assert_eq!(["", "3-0", "a-b"].map(ranges), [None; 3]);
    }

    #[test]
    fn a_difference_never_goes_below_zero() {
        let later = Reading { steal_ns: 5, ..Reading::default() };
        assert_eq!(Reading::default().since(later), Reading::default());
    }
}
