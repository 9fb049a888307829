//! The probes: what the kernel says of this process, of other processes, and of the machine.

pub mod cgroup;
pub mod machine;
pub mod own;
pub mod shared;
pub mod tree;
