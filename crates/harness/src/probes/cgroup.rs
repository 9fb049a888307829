//! This process's control groups, version 2 or 1: where each controller's files are.

use std::fs;
use std::path::Path;

/// One line of `/proc/self/cgroup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The controllers of a version 1 hierarchy; empty for version 2, which has them all.
    pub controllers: Vec<String>,
    /// The group's path below the hierarchy's root.
    pub path: String,
}

/// The groups that this process is in; none where they cannot be read.
#[must_use]
pub fn own() -> Vec<Group> {
    fs::read_to_string("/proc/self/cgroup").unwrap_or_default().lines().filter_map(parse).collect()
}

fn parse(line: &str) -> Option<Group> {
    let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
    let controllers = controllers.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Some(Group { controllers, path: path.to_owned() })
}

impl Group {
    /// Where version 2 is mounted, if this is its group.
    #[must_use]
    pub fn unified_roots(&self) -> &'static [&'static str] {
        if self.controllers.is_empty() { &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] } else { &[] }
    }

    /// Whether this is the version 1 hierarchy of a controller.
    #[must_use]
    pub fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|name| name == controller)
    }
}

/// CPU time that the groups around this process allow, in thousandths of a CPU: the least of its own group and of all above
/// it. None where none of them has a limit, or none can be read.
#[must_use]
pub fn quota_milli_cpus() -> Option<u64> {
    own().iter().flat_map(Group::quotas).min()
}

impl Group {
    /// The quota of each group from this one up to the hierarchy's root.
    fn quotas(&self) -> Vec<u64> {
        let roots: &[&str] =
            if self.has("cpu") { &["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"] } else { self.unified_roots() };
        let paths =
            Path::new(&self.path).ancestors().map(|path| path.to_string_lossy().trim_end_matches('/').to_owned());
        let directories = paths.flat_map(|path| roots.iter().map(move |root| format!("{root}{path}")));
        directories.filter_map(|directory| quota_in(Path::new(&directory))).collect()
    }
}

/// The quota of the group that has this directory, by the files of version 2, else of version 1.
fn quota_in(directory: &Path) -> Option<u64> {
    let read = |file: &str| fs::read_to_string(directory.join(file)).ok();
    let text =
        read("cpu.max").or_else(|| Some(format!("{} {}", read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?)))?;
    quota(&text)
}

/// `150000 100000` is 1,500 thousandths of a CPU; `max`, or −1 in version 1, is no quota.
fn quota(text: &str) -> Option<u64> {
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>().ok());
    let (quota, period) = (numbers.next()??, numbers.next()??);
    quota.checked_mul(1_000)?.checked_div(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_told_apart() {
        let unified = parse("0::/user.slice").unwrap();
        assert_eq!((unified.path.as_str(), unified.unified_roots().len()), ("/user.slice", 2));
        let version_1 = parse("4:cpu,cpuacct:/a:b").unwrap();
        assert!(version_1.has("cpu") && !version_1.has("cpuset") && version_1.unified_roots().is_empty());
        assert_eq!(version_1.path, "/a:b");
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn quotas_are_parts_of_a_cpu() {
        let texts = ["150000 100000\n", "max 100000", "-1\n 100000\n", "50000\n 100000\n", "1000 0", "", "7"];
        assert_eq!(texts.map(quota), [Some(1_500), None, None, Some(500), None, None, None]);
    }

    #[test]
    fn the_quota_of_a_group_is_in_its_files() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(quota_in(directory.path()), None);
        fs::write(directory.path().join("cpu.cfs_quota_us"), "25000\n").unwrap();
        fs::write(directory.path().join("cpu.cfs_period_us"), "100000\n").unwrap();
        assert_eq!(quota_in(directory.path()), Some(250));
        fs::write(directory.path().join("cpu.max"), "max 100000\n").unwrap();
        assert_eq!(quota_in(directory.path()), None);
    }
}
