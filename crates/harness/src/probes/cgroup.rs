//! This process's control groups, version 2 or 1: where each controller's files are.

use std::fs;

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
}
