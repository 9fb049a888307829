//! What a batch cost as the driver saw it from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Cpu, Memory};

/// What the driver saw of the worker's process tree from outside, by polling: it rests on no worker's word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outside {
    /// Driver's wall time from the word "start" to the word "done", nanoseconds.
    pub wall_ns: u64,
    /// CPU time of the tree over that time, nanoseconds. What ended within it, and was waited for, counts in steps of the
    /// kernel's tick (10 ms); in records without `user_ns` all of it does.
    pub cpu_ns: u64,
    /// The part of it in user mode, nanoseconds: an estimate by ticks, half a tick added to either part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ns: Option<u64>,
    /// The rest, in the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_ns: Option<u64>,
    /// Resident memory of the tree, bytes, shared pages counted once: just before the span of a `cold` batch, and before
    /// the job was sent for a `warm` one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_bytes: Option<u64>,
    /// Highest resident memory of the tree, bytes: sum of each process's peak.
    pub peak_bytes: u64,
    /// By how much that sum counts pages more than once, bytes, which processes of the tree shared at the end of the span;
    /// only where there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_bytes: Option<u64>,
    /// Most page tables seen, bytes.
    pub page_tables_bytes: u64,
    /// Most kernel memory of TCP sockets seen, above that before the batch, bytes; with those of a server on
    /// this machine.
    pub socket_bytes: u64,
    /// How often it looked.
    pub polls: u64,
}

impl Outside {
    /// CPU time; `None` where its parts are not known.
    #[must_use]
    pub fn cpu(&self) -> Option<Cpu> {
        Some(Cpu { user_ns: self.user_ns?, system_ns: self.system_ns? })
    }

    /// Memory of the tree, shared pages counted once; `None` where its baseline was not seen.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        let peak_bytes = self.peak_bytes.saturating_sub(self.shared_bytes.unwrap_or(0));
        self.baseline_bytes.map(|baseline_bytes| Memory { baseline_bytes, peak_bytes: peak_bytes.max(baseline_bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_from_before_the_new_fields_load_and_are_written_as_they_were() {
        let line = r#"{"wall_ns":9,"cpu_ns":10000000,"peak_bytes":3,"page_tables_bytes":4,"socket_bytes":5,"polls":6}"#;
        let outside: Outside = serde_json::from_str(line).unwrap();
        assert_eq!((outside.cpu(), outside.memory()), (None, None));
        assert_eq!(serde_json::to_string(&outside).unwrap(), line);
    }

    #[test]
    fn shared_pages_count_once_and_a_peak_is_no_less_than_its_baseline() {
        let outside =
            Outside { baseline_bytes: Some(10), peak_bytes: 50, shared_bytes: Some(15), ..Outside::default() };
        assert_eq!(outside.memory(), Some(Memory { baseline_bytes: 10, peak_bytes: 35 }));
        let shrunk = Outside { shared_bytes: Some(45), ..outside };
        assert_eq!(shrunk.memory().map(Memory::model_bytes), Some(0));
    }
}
