//! The environment of a study, written once beside its records: machine, kernel settings, versions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where and with what a study ran. Its line in `environments.jsonl` is found by `environment_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Version of the record schema that this line follows.
    pub schema_version: u32,
    /// Hash of everything below: the same machine and build give the same id.
    pub environment_id: String,
    /// The hardware, as far as it can be seen.
    pub machine: Machine,
    /// What was built, from what.
    pub software: Software,
    /// Limits and kernel settings that bear on the figures.
    pub limits: Limits,
    /// The other machine, where the server ran elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Box<ServerHost>>,
}

/// The machine of a server that ran elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerHost {
    /// Its hardware, as far as it can be seen.
    pub machine: Machine,
    /// What was built, from what.
    pub software: Software,
    /// Its limits and kernel settings.
    pub limits: Limits,
}

/// The hardware and kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// CPU as the kernel names it.
    pub cpu_model: String,
    /// CPUs that this process may use.
    pub cpus: Vec<u32>,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Kernel release.
    pub kernel: String,
    /// Distribution, from os-release.
    pub os: String,
    /// Architecture, such as `x86_64`.
    pub arch: String,
    /// Where the kernel takes its time from, such as `tsc`.
    pub clock_source: String,
    /// CPU frequency governor, where it can be seen.
    pub governor: Option<String>,
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Software {
    /// Version of inflight.
    pub inflight: String,
    /// Git commit that it was built from; `unknown` outside a checkout; `-dirty` behind it where files differed.
    pub commit: String,
    /// SHA-256 of Cargo.lock.
    pub lockfile_sha256: String,
    /// Compiler.
    pub rustc: String,
    /// Cargo's profile: `release`, or `debug`, whose figures are not to be cited.
    pub profile: String,
    /// Versions of the crates that do the work, from Cargo.lock.
    pub crates: BTreeMap<String, String>,
}

/// Limits and kernel settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Open files a process: the soft limit after it was raised.
    pub nofile: u64,
    /// Longest accept queue.
    pub somaxconn: u64,
    /// First and last ephemeral port.
    pub ephemeral_ports: (u16, u16),
    /// Whether ports in `TIME_WAIT` may be used again: 0 no, 1 yes, 2 on loopback.
    pub tcp_tw_reuse: u64,
    /// TCP congestion control: bbr paces, cubic does not.
    pub tcp_congestion_control: String,
    /// Most threads of the whole system.
    pub threads_max: u64,
    /// Most memory maps of one process; a thread needs two.
    pub max_map_count: u64,
    /// Most processes and threads of the control group, where it is limited.
    pub pids_max: Option<u64>,
}
