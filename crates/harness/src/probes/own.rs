//! What this process used: CPU time, context switches, highest resident memory.

use std::fs;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// CPU time and context switches so far, of this process and of children that it has waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnUsage {
    /// In user mode, nanoseconds.
    pub user_ns: u64,
    /// In the kernel, nanoseconds.
    pub system_ns: u64,
    /// Because it waited.
    pub voluntary: u64,
    /// Because it was made to.
    pub involuntary: u64,
}

impl OwnUsage {
    /// What was used since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(before.user_ns),
            system_ns: self.system_ns.saturating_sub(before.system_ns),
            voluntary: self.voluntary.saturating_sub(before.voluntary),
            involuntary: self.involuntary.saturating_sub(before.involuntary),
        }
    }
}

/// `getrusage(2)` of this process and its children. The sum of user and system time is exact; where the kernel counts
/// by ticks, their split is an estimate.
#[must_use]
pub fn usage() -> OwnUsage {
    let mut total = OwnUsage::default();
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        // getrusage fails only for an unknown `who`.
        let Ok(usage) = getrusage(who) else { continue };
        total.user_ns += nanoseconds(usage.user_time());
        total.system_ns += nanoseconds(usage.system_time());
        total.voluntary += u64::try_from(usage.voluntary_context_switches()).unwrap_or(0);
        total.involuntary += u64::try_from(usage.involuntary_context_switches()).unwrap_or(0);
    }
    total
}

fn nanoseconds(time: TimeVal) -> u64 {
    let microseconds = time.tv_sec() * 1_000_000 + time.tv_usec();
    u64::try_from(microseconds).unwrap_or(0) * 1_000
}

/// Gives freed heap memory back to the kernel, so that a client cannot reuse unseen what the harness has freed.
pub fn release_free_memory() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "glibc offers no safe form")]
    // SAFETY: malloc_trim takes a plain number, may be called at any time from any thread, and moves no live object.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}

/// Sets the kernel's mark of highest resident memory to what is resident now, and returns that in bytes; `None` where
/// the kernel does not let it.
///
/// Both this and [`peak_memory`] read the same counter, which the kernel keeps per CPU and adds up loosely: each figure
/// may be off by a few hundred KiB.
#[must_use]
pub fn reset_peak_memory() -> Option<u64> {
    // 5: see clear_refs in proc_pid_clear_refs(5).
    fs::write("/proc/self/clear_refs", "5").ok()?;
    peak_memory()
}

/// The highest resident memory since [`reset_peak_memory`], in bytes.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    super::tree::status_kib(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:").map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_as_user_time() {
        let before = usage();
        let mut value = 1_u64;
        while usage().since(before).user_ns < 20_000_000 {
            value = std::hint::black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        assert!(usage().since(before).user_ns >= 20_000_000);
    }

    #[test]
    fn touched_memory_shows_as_peak() {
        let Some(baseline) = reset_peak_memory() else { return };
        drop(std::hint::black_box(vec![1_u8; 64 << 20]));
        let peak = peak_memory().unwrap();
        assert!(peak >= baseline + (56 << 20), "{baseline} -> {peak}");
    }
}
