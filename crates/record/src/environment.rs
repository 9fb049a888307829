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
    /// What it was called, where it is to be told from others that are equal in all that can be seen; absent where it was
    /// given no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
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
    /// What keeps this process from using all of it; absent where nothing does, and in records from before this was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restricted>,
}

/// A machine of which only a part may be used: pinned to fewer CPUs than it has, or under a quota of CPU time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restricted {
    /// How many CPUs are online, whether they may be used or not.
    pub online_cpus: u32,
    /// CPU time that the control groups around this process allow, in thousandths of a CPU: 1500 is one and a half. Absent
    /// where they allow all the CPUs that may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_milli_cpus: Option<u64>,
}

impl Machine {
    /// The CPU's name, behind the machine's own where it was given one: `n1: AMD EPYC`.
    #[must_use]
    pub fn title(&self) -> String {
        self.node.as_ref().map_or_else(|| self.cpu_model.clone(), |node| format!("{node}: {}", self.cpu_model))
    }

    /// The CPUs that may be used, in words: `2 CPUs`, or `2 CPUs, restricted: 2 of 8 online, quota of 1.5`.
    #[must_use]
    pub fn cpus_text(&self) -> String {
        let cpus = self.cpus.len();
        let count = format!("{cpus} CPU{}", if cpus == 1 { "" } else { "s" });
        self.restriction().map_or_else(|| count.clone(), |restriction| format!("{count}, {restriction}"))
    }

    /// What keeps this process from using all of the machine, in words: `restricted: 2 of 8 online, quota of 1.5`. None
    /// where nothing does.
    #[must_use]
    pub fn restriction(&self) -> Option<String> {
        let restricted = self.restricted.as_ref()?;
        let cpus = self.cpus.len();
        let pinned = (u64::from(restricted.online_cpus) > cpus as u64)
            .then(|| format!("{cpus} of {} online", restricted.online_cpus));
        let quota = restricted.quota_milli_cpus.map(|quota| format!("quota of {}", thousandths(quota)));
        let parts: Vec<String> = pinned.into_iter().chain(quota).collect();
        Some(format!("restricted: {}", parts.join(", ")))
    }
}

/// A number of thousandths without zeros at its end: `1.5`.
fn thousandths(number: u64) -> String {
    let text = format!("{}.{:03}", number / 1_000, number % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(cpus: u32, restricted: Option<Restricted>) -> Machine {
        Machine {
            node: None,
            cpu_model: "A CPU".to_owned(),
            cpus: (0..cpus).collect(),
            memory_bytes: 1 << 32,
            kernel: "6.1".to_owned(),
            os: "Debian".to_owned(),
            arch: "x86_64".to_owned(),
            clock_source: "tsc".to_owned(),
            governor: None,
            restricted,
        }
    }

    #[test]
    fn restrictions_are_named() {
        let restricted = |online_cpus, quota_milli_cpus| Some(Restricted { online_cpus, quota_milli_cpus });
        assert_eq!(machine(2, None).cpus_text(), "2 CPUs");
        assert_eq!(machine(1, restricted(2, None)).cpus_text(), "1 CPU, restricted: 1 of 2 online");
        assert_eq!(machine(2, restricted(2, Some(1_000))).cpus_text(), "2 CPUs, restricted: quota of 1");
        let both = machine(2, restricted(8, Some(1_500))).cpus_text();
        assert_eq!(both, "2 CPUs, restricted: 2 of 8 online, quota of 1.5");
    }

    #[test]
    fn a_name_stands_before_the_cpu() {
        let named = Machine { node: Some("n1".to_owned()), ..machine(2, None) };
        assert_eq!((machine(2, None).title(), named.title()), ("A CPU".to_owned(), "n1: A CPU".to_owned()));
    }

    #[test]
    fn lines_of_whole_machines_are_as_they_were() {
        let text = serde_json::to_string(&machine(2, None)).unwrap();
        assert!(!text.contains("restricted") && !text.contains("node"), "{text}");
        assert_eq!(serde_json::from_str::<Machine>(&text).unwrap(), machine(2, None));
    }
}
