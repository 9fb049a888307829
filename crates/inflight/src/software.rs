//! What this binary was built from: commit, compiler, and the versions in Cargo.lock.

use std::collections::BTreeSet;

use inflight_harness::environment::{locked_versions, sha256_hex};
use inflight_record::{Environment, Software};

use crate::lineup;

const LOCKFILE: &str = include_str!("../../../Cargo.lock");

/// Name and version of each crate: `ureq 3.5.1, rayon 1.12.0`.
#[must_use]
pub fn versions(crates: &[String]) -> String {
    let locked = locked_versions(LOCKFILE, crates);
    let named = crates.iter().map(|name| {
        let version = locked.get(name).map_or("unknown", String::as_str);
        format!("{name} {version}")
    });
    named.collect::<Vec<_>>().join(", ")
}

/// What was built.
#[must_use]
pub fn software() -> Software {
    let mut names: BTreeSet<String> = lineup::models().iter().flat_map(|model| model.card().crates).collect();
    // The server's parts bear on every figure.
    names.extend(["hyper", "hyper-util", "tokio"].map(str::to_owned));
    let names: Vec<String> = names.into_iter().collect();
    Software {
        inflight: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("INFLIGHT_COMMIT").to_owned(),
        lockfile_sha256: sha256_hex(LOCKFILE.as_bytes()),
        rustc: env!("INFLIGHT_RUSTC").to_owned(),
        profile: env!("INFLIGHT_PROFILE").to_owned(),
        crates: locked_versions(LOCKFILE, &names),
    }
}

/// Machine, limits and software, under one id.
#[must_use]
pub fn environment() -> Environment {
    inflight_harness::environment::read(software())
}
