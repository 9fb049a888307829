//! Why the kernel refuses `io_uring`, and what would be right.

use std::fs::read_to_string;
use std::io;

use nix::errno::Errno;

/// Why there is no ring.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `ENOSYS`
    #[error(
        "the kernel ({kernel}) has no io_uring, or a seccomp filter such as a container's hides it: it needs Linux 6.1 or \
         later with CONFIG_IO_URING, outside such a filter (docker run --security-opt seccomp=unconfined)"
    )]
    Absent {
        /// Its release.
        kernel: String,
    },
    /// `EPERM` and the switch is at 2.
    #[error("io_uring is switched off for everybody (kernel.io_uring_disabled = 2): sysctl kernel.io_uring_disabled=0")]
    SwitchedOff,
    /// `EPERM` and the switch is at 1.
    #[error(
        "io_uring is kept for a group (kernel.io_uring_disabled = 1): run this with CAP_SYS_ADMIN or in the group \
         kernel.io_uring_group, or sysctl kernel.io_uring_disabled=0"
    )]
    KeptForGroup,
    /// `EPERM` or `EACCES` otherwise.
    #[error(
        "a policy forbids io_uring, most likely a container's seccomp filter: run this outside it, or with \
         docker run --security-opt seccomp=unconfined"
    )]
    Forbidden,
    /// `EINVAL`
    #[error(
        "the kernel ({kernel}) is too old for deferred task running with a single issuer: it needs Linux 6.1 or later"
    )]
    TooOld {
        /// Its release.
        kernel: String,
    },
    /// `ENOMEM`
    #[error("no memory may be locked for the ring: raise the limit (ulimit -l), or run this with CAP_IPC_LOCK")]
    Memory,
    /// `EMFILE` and whatever else.
    #[error("io_uring cannot be set up: {0}")]
    Other(Errno),
}

impl Refusal {
    /// What an error of setting up a ring means on this machine.
    pub fn of(error: &io::Error) -> Self {
        let read = |name| read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default().trim().to_owned();
        let errno = error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw);
        Self::from_parts(errno, &read("io_uring_disabled"), read("osrelease"))
    }

    fn from_parts(errno: Errno, disabled: &str, kernel: String) -> Self {
        match (errno, disabled) {
            (Errno::ENOSYS, _) => Self::Absent { kernel },
            (Errno::EPERM, "2") => Self::SwitchedOff,
            (Errno::EPERM, "1") => Self::KeptForGroup,
            (Errno::EPERM | Errno::EACCES, _) => Self::Forbidden,
            (Errno::EINVAL, _) => Self::TooOld { kernel },
            (Errno::ENOMEM, _) => Self::Memory,
            _ => Self::Other(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_would_be_right() {
        for (errno, disabled, words) in [
            (Errno::ENOSYS, "", "Linux 6.1 or later with CONFIG_IO_URING"),
            (Errno::EPERM, "2", "sysctl kernel.io_uring_disabled=0"),
            (Errno::EPERM, "1", "kernel.io_uring_group"),
            (Errno::EPERM, "0", "seccomp=unconfined"),
            (Errno::EACCES, "", "seccomp=unconfined"),
            (Errno::EINVAL, "0", "(5.15.0) is too old"),
            (Errno::ENOMEM, "0", "ulimit -l"),
            (Errno::EMFILE, "0", "EMFILE"),
        ] {
            let text = Refusal::from_parts(errno, disabled, "5.15.0".to_owned()).to_string();
            assert!(text.contains(words), "{errno}: {text}");
        }
    }
}
