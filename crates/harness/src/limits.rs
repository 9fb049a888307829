//! The limits of this machine that bear on C: read once, for guards, `doctor` and the environment alike.

use std::fs;
use std::path::Path;

use inflight_record::{Limits, Workload};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::probes::cgroup;

/// Open files that a worker or server needs beside one a connection: pipes, epoll, libraries, the driver's connection.
pub const SPARE_FILES: u64 = 32;
/// Ephemeral ports that the driver needs for itself.
pub const SPARE_PORTS: u64 = 8;
/// Memory maps that a process has before its first thread.
pub const SPARE_MAPS: u64 = 512;
/// Memory maps of one thread with a blocking client: stack, signal stack and a guard page of each, and two buffers that
/// are large enough for glibc to map them by themselves.
pub const MAPS_OF_A_THREAD: u64 = 6;
/// Threads that must stay free for everything else.
pub const SPARE_THREADS: u64 = 64;

/// Raises the soft limit of open files to the hard one; children inherit it. Returns the soft limit then in force.
#[must_use]
pub fn raise_nofile() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft }
}

/// Reads the limits now in force.
#[must_use]
pub fn read() -> Limits {
    let number = |path: &str| word(path).and_then(|text| text.parse().ok()).unwrap_or(0);
    let ports = word_pair("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or((32_768, 60_999));
    Limits {
        nofile: getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft),
        somaxconn: number("/proc/sys/net/core/somaxconn"),
        ephemeral_ports: ports,
        tcp_tw_reuse: number("/proc/sys/net/ipv4/tcp_tw_reuse"),
        tcp_congestion_control: word("/proc/sys/net/ipv4/tcp_congestion_control").unwrap_or_default(),
        threads_max: number("/proc/sys/kernel/threads-max"),
        max_map_count: number("/proc/sys/vm/max_map_count"),
        pids_max: pids_max(),
    }
}

/// The most requests in flight that each limit allows, with what it is called and how to raise it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// Which limit.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
    /// The largest C that it allows.
    pub concurrency: u64,
    /// Whether it bounds connections, of which a client of several hosts keeps more than it has requests in flight.
    pub connections: bool,
    /// Whether it bounds only models that need a thread for each request in flight.
    pub threads_only: bool,
    /// How to raise it.
    pub raise: &'static str,
}

/// How many ephemeral ports there are.
#[must_use]
pub fn ports(limits: &Limits) -> u64 {
    let (first, last) = limits.ephemeral_ports;
    u64::from(last.saturating_sub(first)) + 1
}

/// What each limit comes to.
#[must_use]
pub fn ceilings(limits: &Limits) -> Vec<Ceiling> {
    let ports = ports(limits);
    let mut ceilings = vec![
        Ceiling {
            name: "open files (nofile)",
            value: limits.nofile,
            concurrency: limits.nofile.saturating_sub(SPARE_FILES),
            connections: true,
            threads_only: false,
            raise: "ulimit -n 65536, or LimitNOFILE= in systemd, or /etc/security/limits.conf",
        },
        Ceiling {
            name: "ephemeral ports",
            value: ports,
            concurrency: ports.saturating_sub(SPARE_PORTS),
            connections: false,
            threads_only: false,
            raise: "sysctl net.ipv4.ip_local_port_range=\"1024 65535\"",
        },
        Ceiling {
            name: "threads (threads-max)",
            value: limits.threads_max,
            concurrency: limits.threads_max.saturating_sub(SPARE_THREADS),
            connections: false,
            threads_only: true,
            raise: "sysctl kernel.threads-max=200000",
        },
        Ceiling {
            name: "memory maps (max_map_count)",
            value: limits.max_map_count,
            concurrency: limits.max_map_count.saturating_sub(SPARE_MAPS) / MAPS_OF_A_THREAD,
            connections: false,
            threads_only: true,
            raise: "sysctl vm.max_map_count=262144",
        },
    ];
    if let Some(pids) = limits.pids_max {
        ceilings.push(Ceiling {
            name: "threads of the control group (pids.max)",
            value: pids,
            concurrency: pids.saturating_sub(SPARE_THREADS),
            connections: false,
            threads_only: true,
            raise: "TasksMax= in systemd, or --pids-limit of the container",
        });
    }
    ceilings
}

/// What a batch needs of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Requests in flight.
    pub in_flight: u64,
    /// Connections that the client may keep for them.
    pub connections: u64,
    /// Whether each request in flight needs a thread.
    pub threads: bool,
}

impl Needs {
    /// Of a workload with so many in flight.
    #[must_use]
    pub fn new(workload: &Workload, in_flight: u64, threads: bool) -> Self {
        Self { in_flight, connections: connections(workload, in_flight), threads }
    }
}

/// How many connections a client may keep that never closes one. With one host as many as requests in flight. With
/// several, an idle connection is of no use to another host, so each host's pool grows to the most that it ever had in
/// flight: by turns a host has `in_flight` / H of them, where delays vary give or take a few standard deviations of its
/// own (the root of that share), of which four are allowed for; and the server listens on H. Never more than one a
/// request.
fn connections(workload: &Workload, in_flight: u64) -> u64 {
    let hosts = workload.hosts;
    if hosts <= 1 {
        return in_flight;
    }
    let most = (in_flight.saturating_mul(hosts)).min(workload.requests);
    (in_flight + 4 * in_flight.saturating_mul(hosts).isqrt()).min(most).max(in_flight) + hosts
}

/// The first ceiling that these needs break.
#[must_use]
pub fn broken(limits: &Limits, needs: Needs) -> Option<Ceiling> {
    ceilings(limits)
        .into_iter()
        .find(|ceiling| (needs.threads || !ceiling.threads_only) && ceiling.concurrency < ceiling.counts(needs))
}

/// The first ceiling that these needs break on a machine that runs nothing but the server: what bounds its connections.
#[must_use]
pub fn broken_elsewhere(limits: &Limits, needs: Needs) -> Option<Ceiling> {
    ceilings(limits).into_iter().find(|ceiling| ceiling.connections && ceiling.concurrency < ceiling.counts(needs))
}

impl Ceiling {
    /// What it counts of these needs.
    #[must_use]
    pub fn counts(&self, needs: Needs) -> u64 {
        if self.connections { needs.connections } else { needs.in_flight }
    }
}

fn word(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

fn word_pair(path: &str) -> Option<(u16, u16)> {
    let text = word(path)?;
    let mut words = text.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// The least `pids.max` of this process's control group and those above it, version 2 or 1; `None` where none is set or
/// can be seen.
fn pids_max() -> Option<u64> {
    let limits = cgroup::own().into_iter().flat_map(|group| {
        let roots = if group.has("pids") { &["/sys/fs/cgroup/pids"] } else { group.unified_roots() };
        let places = roots.iter().flat_map(|root| {
            Path::new(&group.path).ancestors().map(move |group| format!("{root}{}/pids.max", group.display()))
        });
        places.filter_map(|place| word(&place)?.parse::<u64>().ok()).collect::<Vec<_>>()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::workload::MAX_REQUESTS;

    fn limits() -> Limits {
        Limits {
            nofile: 1024,
            somaxconn: 4096,
            ephemeral_ports: (32_768, 60_999),
            tcp_tw_reuse: 2,
            tcp_congestion_control: "cubic".into(),
            threads_max: 500,
            max_map_count: 65_530,
            pids_max: None,
        }
    }

    #[test]
    fn the_limit_that_breaks_is_named() {
        let needs = |in_flight, threads| Needs::new(&Workload::new(MAX_REQUESTS, in_flight, 0), in_flight, threads);
        assert_eq!(broken(&limits(), needs(100, true)), None);
        assert_eq!(broken(&limits(), needs(1000, false)).unwrap().name, "open files (nofile)");
        assert_eq!(broken(&limits(), needs(800, false)), None);
        assert_eq!(broken(&limits(), needs(800, true)).unwrap().name, "threads (threads-max)");
        assert_eq!(broken_elsewhere(&limits(), needs(1000, true)).unwrap().name, "open files (nofile)");
        assert_eq!(broken_elsewhere(&limits(), needs(800, true)), None, "it makes no threads");
        let few = Limits { ephemeral_ports: (40_000, 40_009), ..limits() };
        assert_eq!(broken(&few, needs(100, false)).unwrap().name, "ephemeral ports");
        assert_eq!((ports(&few), broken_elsewhere(&few, needs(100, false))), (10, None), "nor does it connect");
    }

    #[test]
    fn several_hosts_need_more_connections_than_requests_in_flight() {
        let on = |hosts, requests, in_flight| {
            connections(&Workload { hosts, ..Workload::new(requests, in_flight, 0) }, in_flight)
        };
        assert_eq!(on(1, 10_000, 200), 200);
        // 12 or 13 a host, and four roots of that more: 14.
        assert_eq!(on(16, 10_000, 200), 200 + 4 * 56 + 16);
        assert_eq!(on(16, 10_000, 1), 1 + 4 * 4 - 1 + 16, "at most one a host where one is in flight");
        assert_eq!(on(16, 210, 200), 210 + 16, "at most one a request");
        let workload = Workload { hosts: 128, ..Workload::new(10_000, 800, 0) };
        let broken = broken(&limits(), Needs::new(&workload, 800, false)).unwrap();
        assert_eq!(broken.name, "open files (nofile)");
    }

    #[test]
    fn this_machine_can_be_read() {
        let limits = read();
        assert!(limits.nofile > 0 && limits.somaxconn > 0);
    }
}
