//! `RustSec`'s advisory database, from a directory: `crates/<name>/RUSTSEC-*.md`, each with its facts in TOML at its head.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use cargo_metadata::semver::{Version, VersionReq};
use inflight_record::costs::{Advisory, Package};
use serde::Deserialize;

/// A copy of the database.
#[derive(Debug)]
pub struct Database {
    directory: PathBuf,
}

/// What an advisory says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Facts {
    advisory: About,
    #[serde(default)]
    versions: Versions,
}

#[derive(Debug, Deserialize)]
struct About {
    id: String,
    informational: Option<String>,
    withdrawn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

impl Database {
    /// The database in a directory.
    ///
    /// # Errors
    /// It is none.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        if !directory.join("crates").is_dir() {
            bail!(
                "{} is no copy of RustSec's database, which has a directory `crates`: git clone \
                 https://github.com/RustSec/advisory-db makes one",
                directory.display()
            );
        }
        Ok(Self { directory: directory.to_owned() })
    }

    /// The commit that it is at.
    pub fn commit(&self) -> anyhow::Result<String> {
        let output = Command::new("git").arg("-C").arg(&self.directory).args(["rev-parse", "HEAD"]).output()?;
        if !output.status.success() {
            bail!("{} is no git checkout, so its commit is not known", self.directory.display());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The advisories that are open against these packages, by id.
    ///
    /// # Errors
    /// An advisory on one of them cannot be read or understood: it might be open.
    pub fn open_against(&self, packages: &[Package]) -> anyhow::Result<Vec<Advisory>> {
        let mut open = Vec::new();
        for package in packages {
            let directory = self.directory.join("crates").join(&package.name);
            if !directory.is_dir() {
                continue;
            }
            for entry in fs::read_dir(&directory)? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "md") {
                    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                    open.extend(read(&text, package).with_context(|| path.display().to_string())?);
                }
            }
        }
        open.sort();
        Ok(open)
    }
}

/// The advisory in this text, where it is open against the package.
fn read(text: &str, package: &Package) -> anyhow::Result<Option<Advisory>> {
    let (facts, prose) = text
        .trim_start()
        .strip_prefix("```toml")
        .and_then(|rest| rest.split_once("\n```"))
        .context("it does not begin with its facts in TOML")?;
    let Facts { advisory, versions } = toml::from_str(facts)?;
    let version = Version::parse(&package.version)?;
    let fixed = versions.patched.iter().chain(&versions.unaffected).any(|versions| versions.matches(&version));
    let title = prose.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    Ok((advisory.withdrawn.is_none() && !fixed).then(|| Advisory {
        id: advisory.id,
        package: package.name.clone(),
        informational: advisory.informational,
        title: title.trim().to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"x\"\ndate = \"2026-01-02\"\n\
                        keywords = [\"a\"]\n\n[versions]\npatched = [\">= 1.2.3\", \"^0.9.4\"]\nunaffected = [\"< 0.5\"]\n```\n\n\
                        # Reads too far\n\nMore.\n";

    fn package(version: &str) -> Package {
        Package { name: "x".to_owned(), version: version.to_owned() }
    }

    #[test]
    fn an_advisory_is_open_unless_patched_unaffected_or_withdrawn() {
        for (version, open) in [("1.2.2", true), ("1.2.3", false), ("0.9.5", false), ("0.9.3", true), ("0.4.9", false)]
        {
            assert_eq!(read(TEXT, &package(version)).unwrap().is_some(), open, "{version}");
        }
        let advisory = read(TEXT, &package("1.0.0")).unwrap().unwrap();
        assert_eq!((advisory.id.as_str(), advisory.title.as_str()), ("RUSTSEC-2026-0001", "Reads too far"));
        let withdrawn = TEXT.replace("keywords", "withdrawn = \"2026-02-03\"\nkeywords");
        assert!(read(&withdrawn, &package("1.0.0")).unwrap().is_none());
        let unmaintained = TEXT.replace("keywords", "informational = \"unmaintained\"\nkeywords");
        let advisory = read(&unmaintained, &package("1.0.0")).unwrap().unwrap();
        assert_eq!(advisory.informational.as_deref(), Some("unmaintained"));
        assert!(read("no facts", &package("1.0.0")).is_err());
    }

    #[test]
    fn a_directory_is_looked_through() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Database::open(directory.path()).unwrap_err().to_string().contains("git clone"));
        let of_x = directory.path().join("crates/x");
        fs::create_dir_all(&of_x).unwrap();
        fs::write(of_x.join("RUSTSEC-2026-0001.md"), TEXT).unwrap();
        let database = Database::open(directory.path()).unwrap();
        let other = Package { name: "other".to_owned(), version: "1.0.0".to_owned() };
        assert_eq!(database.open_against(&[other.clone(), package("1.0.0")]).unwrap().len(), 1);
        assert_eq!(database.open_against(&[other, package("1.3.0")]).unwrap(), []);
        fs::write(of_x.join("RUSTSEC-2026-0002.md"), "```toml\n[advisory]\n```\n").unwrap();
        assert!(database.open_against(&[package("1.3.0")]).is_err());
    }
}
