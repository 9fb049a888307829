//! The parts of the yardstick benches, along the data's way: servers are started, clients run against them, in pairs.
#![allow(dead_code, reason = "each bench uses the parts that it needs")]

pub mod clients;
pub mod pairs;
pub mod servers;

use std::path::PathBuf;

use inflight_harness::ModelError;

/// What comes of a step that may fail.
pub type Outcome<T> = Result<T, ModelError>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Adjacent pairs of each comparison.
    pub pairs: usize,
    /// Requests of each client that takes a number of them.
    pub requests: u64,
    /// Seconds of each client that takes a time instead.
    pub seconds: u64,
}

impl Size {
    /// To be quoted.
    pub const FULL: Self = Self { pairs: 9, requests: 200_000, seconds: 2 };
    /// To see that all still runs.
    pub const TEST: Self = Self { pairs: 1, requests: 2_000, seconds: 1 };

    /// What `cargo bench` asks a bench of this name for, if anything: it hands the same words to every bench, criterion's
    /// options and perhaps a filter.
    pub fn asked(bench: &str, arguments: &[String]) -> Option<Self> {
        let filter = arguments.iter().find(|word| !word.starts_with('-'));
        if arguments.iter().any(|word| word == "--list")
            || filter.is_some_and(|filter| !bench.contains(filter.as_str()))
        {
            return None;
        }
        Some(if arguments.iter().any(|word| word == "--test") { Self::TEST } else { Self::FULL })
    }
}

/// A program from outside.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its file's name.
    pub name: &'static str,
    /// How to get it.
    pub how: &'static str,
}

impl Tool {
    /// Where it is, or `None` after a line that says how to get it.
    pub fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let cargo = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo/bin"));
        // Where scripts/peers.sh puts what it gets, at its pinned version.
        let ours = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/peers/.build/bin"));
        let places =
            std::iter::once(ours).chain(std::env::split_paths(&path)).chain([PathBuf::from("/usr/sbin")]).chain(cargo);
        let found = places.map(|place| place.join(self.name)).find(|file| file.is_file());
        if found.is_none() {
            println!("\nskipped: {} is not installed ({})", self.name, self.how);
        }
        found
    }
}
