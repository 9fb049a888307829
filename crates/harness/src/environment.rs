//! The environment: what machine this is and what was built, read once a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use inflight_record::{Environment, Limits, Machine, Restricted, SCHEMA_VERSION, ServerHost, Software};
use sha2::{Digest as _, Sha256};

use crate::child::allowed_cpus;
use crate::limits;
use crate::probes::cgroup;
use crate::probes::machine::online_cpus;

/// Reads the machine and its limits, and seals them with what was built under one id.
#[must_use]
pub fn read(software: Software) -> Environment {
    // Raised first, because batches run with what is in force then.
    let _ = limits::raise_nofile();
    let (machine, limits) = (machine(), limits::read());
    let environment_id = seal(&steady(&machine, &software, &limits));
    Environment { schema_version: SCHEMA_VERSION, environment_id, machine, software, limits, server: None }
}

/// The same machine under a name: two that are equal in all that can be seen are two environments then.
#[must_use]
pub fn named(environment: Environment, node: &str) -> Environment {
    let Environment { machine, software, limits, .. } = &environment;
    let machine = Machine { node: Some(node.to_owned()), ..machine.clone() };
    let environment_id = seal(&steady(&machine, software, limits));
    Environment { environment_id, machine, ..environment }
}

/// The environment of batches whose server ran in another: both machines under one id.
#[must_use]
pub fn with_server(here: Environment, there: &Environment) -> Environment {
    let Environment { machine, software, limits, .. } = there.clone();
    let both =
        (steady(&here.machine, &here.software, &here.limits), steady(&there.machine, &there.software, &there.limits));
    let server = Some(Box::new(ServerHost { machine, software, limits }));
    Environment { environment_id: seal(&both), server, ..here }
}

/// The id of what an environment is known by.
fn seal(known: &impl serde::Serialize) -> String {
    // Plain structs of text and numbers: writing them as JSON cannot fail.
    let text = serde_json::to_vec(known).unwrap_or_default();
    sha256_hex(&text)[..16].to_owned()
}

/// What an environment is known by. The kernel sizes itself by the memory that is left after boot, which differs by some
/// pages from one boot to the next: that is the same machine.
#[must_use]
pub fn steady(machine: &Machine, software: &Software, limits: &Limits) -> (Machine, Software, Limits) {
    const STEP: u64 = 256 << 20;
    let memory_bytes = (machine.memory_bytes + STEP / 2) / STEP * STEP;
    let machine = Machine { memory_bytes, ..machine.clone() };
    (machine, software.clone(), Limits { threads_max: 0, ..limits.clone() })
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn machine() -> Machine {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = text("/proc/cpuinfo");
    let model = after(&cpuinfo, "model name", ':').unwrap_or("unknown");
    let os = text("/etc/os-release");
    let cpus = allowed_cpus();
    let memory_kib = after(&text("/proc/meminfo"), "MemTotal", ':')
        .and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0);
    Machine {
        node: None,
        cpu_model: model.to_owned(),
        restricted: restricted(&cpus, online_cpus(), cgroup::quota_milli_cpus()),
        cpus,
        memory_bytes: memory_kib * 1024,
        kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
        os: after(&os, "PRETTY_NAME", '=').unwrap_or("unknown").trim_matches('"').to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        clock_source: text("/sys/devices/system/clocksource/clocksource0/current_clocksource").trim().to_owned(),
        governor: governor(),
    }
}

/// What of the machine may not be used: CPUs that are online and not ours, and CPU time where the quota is below what our
/// CPUs give.
fn restricted(cpus: &[u32], online_cpus: u32, quota_milli_cpus: Option<u64>) -> Option<Restricted> {
    let ours = u32::try_from(cpus.len()).unwrap_or(u32::MAX);
    // A CPU may have gone offline since: what we may use is there.
    let online_cpus = online_cpus.max(ours);
    let quota_milli_cpus = quota_milli_cpus.filter(|quota| *quota < u64::from(ours) * 1_000);
    (ours < online_cpus || quota_milli_cpus.is_some()).then_some(Restricted { online_cpus, quota_milli_cpus })
}

/// The frequency governor of the first CPU, where the machine shows one.
#[must_use]
pub fn governor() -> Option<String> {
    let path = Path::new("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

fn after<'a>(text: &'a str, name: &str, separator: char) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(separator)?.1.trim())
}

/// Versions of crates by name, from the text of a Cargo.lock.
#[must_use]
pub fn locked_versions(lockfile: &str, names: &[String]) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    for package in lockfile.split("[[package]]").skip(1) {
        let field = |name: &str| after(package, name, '=').map(|value| value.trim_matches('"'));
        if let (Some(name), Some(version)) = (field("name"), field("version"))
            && names.iter().any(|wanted| wanted == name)
        {
            versions.insert(name.to_owned(), version.to_owned());
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn software(commit: &str) -> Software {
        Software {
            inflight: "0".into(),
            commit: commit.into(),
            lockfile_sha256: String::new(),
            rustc: String::new(),
            profile: "release".into(),
            crates: BTreeMap::new(),
        }
    }

    #[test]
    fn the_same_environment_has_the_same_id() {
        assert_eq!(read(software("a")).environment_id, read(software("a")).environment_id);
        assert_ne!(read(software("a")).environment_id, read(software("b")).environment_id);
    }

    #[test]
    fn equal_machines_are_told_apart_by_their_names() {
        let machine = read(software("a"));
        let [one, same, other] = ["n1", "n1", "n2"].map(|node| named(machine.clone(), node).environment_id);
        assert_eq!(one, same);
        assert!(one != other && one != machine.environment_id);
    }

    #[test]
    fn a_part_of_a_machine_is_restricted() {
        assert_eq!(restricted(&[0, 1], 2, None), None);
        assert_eq!(restricted(&[0, 1], 2, Some(2_000)), None);
        let part = |online_cpus, quota_milli_cpus| Some(Restricted { online_cpus, quota_milli_cpus });
        assert_eq!(restricted(&[1], 2, None), part(2, None));
        assert_eq!(restricted(&[0, 1], 2, Some(1_000)), part(2, Some(1_000)));
        assert_eq!(restricted(&[0, 1], 8, Some(1_500)), part(8, Some(1_500)));
        // Where the number of CPUs cannot be read, those that may be used are all that is known of.
        assert_eq!(restricted(&[0, 1], 0, None), None);
    }

    #[test]
    fn a_server_elsewhere_is_part_of_the_environment() {
        let (here, there) = (read(software("a")), read(software("b")));
        let both = with_server(here.clone(), &there);
        assert_ne!(both.environment_id, here.environment_id);
        assert_eq!(both.environment_id, with_server(here.clone(), &there).environment_id);
        assert_ne!(both.environment_id, with_server(there, &here).environment_id, "who serves whom is not the same");
        assert_eq!((both.machine, both.server.unwrap().software.commit), (here.machine, "b".to_owned()));
    }

    #[test]
    fn versions_come_from_the_lockfile() {
        let lock = "version = 4\n\n[[package]]\nname = \"ureq\"\nversion = \"3.5.1\"\n\n[[package]]\nname = \"ureq-proto\"\nversion = \"0.6.0\"\n";
        let versions = locked_versions(lock, &["ureq".to_owned(), "absent".to_owned()]);
        assert_eq!(versions.into_iter().collect::<Vec<_>>(), [("ureq".to_owned(), "3.5.1".to_owned())]);
    }
}
