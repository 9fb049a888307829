//! The last release of a crate, from the registry's index as cargo keeps it on this machine.
//!
//! Cargo asks for the index, so that whatever registry it is set up for is the one that answers. How it keeps the answers
//! is its own affair: what is not understood is said, not guessed.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use cargo_metadata::semver::Version;
use inflight_record::costs::Release;
use serde::Deserialize;

use super::package::Package;

/// A version of a crate as an index lists it; what else it says is passed by.
#[derive(Debug, Deserialize)]
struct Listed {
    vers: Version,
    yanked: bool,
    /// When it was published; older indices do not say.
    pubtime: Option<String>,
}

/// The newest release that is neither yanked nor a pre-release.
pub fn last_release(name: &str, package: &Package) -> anyhow::Result<Release> {
    // Cargo reads the index again: what it kept from before is no answer of today.
    package.cargo(&["info", "--quiet", name]).with_context(|| format!("{name}: the registry does not answer"))?;
    let caches = caches().with_context(|| format!("{name}: cargo's cache of the registry's index cannot be read"))?;
    let entries = caches.iter().filter_map(|cache| fs::read(cache.join(place(name))).ok());
    newest(entries.flat_map(|entry| listed(&entry)))
        .with_context(|| format!("{name}: cargo's cache of the registry's index does not say when it was released"))
}

/// Where cargo keeps the indices of registries.
fn caches() -> anyhow::Result<Vec<PathBuf>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).context("there is no home directory")?;
    let entries = fs::read_dir(home.join("registry/index"))?;
    entries.map(|entry| Ok(entry?.path().join(".cache"))).collect()
}

/// The path of a crate in an index, as the registries' format has it.
fn place(name: &str) -> String {
    let name = name.to_lowercase();
    match name.len() {
        0..=2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

/// The versions in an entry of the cache: JSON between zero bytes.
fn listed(entry: &[u8]) -> Vec<Listed> {
    entry.split(|byte| *byte == 0).filter_map(|part| serde_json::from_slice(part).ok()).collect()
}

fn newest(listed: impl IntoIterator<Item = Listed>) -> Option<Release> {
    let released = listed.into_iter().filter(|it| !it.yanked && it.vers.pre.is_empty());
    let newest = released.max_by(|a, b| a.vers.cmp(&b.vers))?;
    Some(Release { version: newest.vers.to_string(), date: newest.pubtime?.get(..10)?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_is_neither_yanked_nor_a_preview() {
        let line = |version: &str, yanked: bool, time: &str| {
            format!("{version}\0{{\"name\":\"x\",\"vers\":\"{version}\",\"yanked\":{yanked}{time},\"deps\":[]}}\0")
        };
        let at = |day: &str| format!(",\"pubtime\":\"{day}T01:02:03Z\"");
        let entry = [
            "\u{3}\u{2}\0\0\0etag: \"x\"\0".to_owned(),
            line("1.9.0", false, &at("2026-01-02")),
            line("1.10.0", false, &at("2026-02-03")),
            line("1.11.0", true, &at("2026-03-04")),
            line("2.0.0-rc.1", false, &at("2026-04-05")),
        ]
        .concat();
        let release = newest(listed(entry.as_bytes())).unwrap();
        assert_eq!((release.version.as_str(), release.date.as_str()), ("1.10.0", "2026-02-03"));
        assert!(newest(listed(line("1.0.0", false, "").as_bytes())).is_none(), "an index without dates says nothing");
        assert!(newest(listed(b"something else")).is_none());
    }

    #[test]
    fn crates_have_their_places() {
        for (name, says) in [("ab", "2/ab"), ("mio", "3/m/mio"), ("ureq", "ur/eq/ureq"), ("Io-uring", "io/-u/io-uring")]
        {
            assert_eq!(place(name), says);
        }
    }
}
