//! Tells the binary what it was built from: commit, compiler, profile, lockfile.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    // Asked at run time: a compiled build script may be kept when a checkout moves.
    let root = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let git = |args: &[&str]| text(Command::new("git").arg("-C").arg(&root).args(args));
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).map_or_else(
        || "unknown".to_owned(),
        |commit| {
            // What is built counts: records and prose may differ.
            let changed = git(&["status", "--porcelain", "--", "crates", "benches", "Cargo.toml", "Cargo.lock"]);
            if changed.is_some_and(|files| files.is_empty()) { commit } else { format!("{commit}-dirty") }
        },
    );
    println!("cargo::rustc-env=INFLIGHT_COMMIT={commit}");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!(
        "cargo::rustc-env=INFLIGHT_RUSTC={}",
        text(Command::new(rustc).arg("--version")).unwrap_or_else(|| "unknown".to_owned())
    );
    let profile = env::var("PROFILE").unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo::rustc-env=INFLIGHT_PROFILE={profile}");
    for path in ["crates", "benches", "Cargo.toml", "Cargo.lock", ".git/HEAD", ".git/index"] {
        let path = root.join(path);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}

/// What a command printed, trimmed; `None` where it failed.
fn text(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
