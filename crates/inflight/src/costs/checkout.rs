//! The checkout: where its crates are, what they name, and that this program was built from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand};
use inflight_harness::environment::sha256_hex;
use inflight_record::Card;

/// What is needed of a checkout.
#[derive(Debug)]
pub struct Checkout {
    /// The workspace's directory.
    pub root: PathBuf,
    /// Text of its Cargo.lock.
    pub lockfile: String,
    /// What rustc calls this platform, such as `x86_64-unknown-linux-gnu`.
    pub platform: String,
    /// Edition of its crates.
    pub edition: String,
    metadata: Metadata,
}

/// A crate of models.
#[derive(Debug)]
pub struct ModelCrate {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub directory: PathBuf,
    /// Ids of its models, in the order of the line-up.
    pub models: Vec<String>,
    /// The first crate on the card of the first.
    pub client: String,
    /// What it names itself, ours and those for tests left out.
    pub dependencies: Vec<Dependency>,
}

impl Checkout {
    /// The checkout around a directory.
    ///
    /// # Errors
    /// There is none, or another one than the lockfile with this hash belongs to.
    pub fn open(directory: &Path, lockfile_sha256: &str) -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .current_dir(directory)
            .no_deps()
            .exec()
            .with_context(|| format!("{}: `inflight costs` needs a checkout of inflight", directory.display()))?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let Some(harness) = metadata.packages.iter().find(|package| *package.name == "inflight-harness") else {
            bail!("{} is no checkout of inflight: there is no inflight-harness in it", root.display());
        };
        let path = root.join("Cargo.lock");
        let lockfile = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        if sha256_hex(lockfile.as_bytes()) != lockfile_sha256 {
            bail!(
                "this inflight was built with another Cargo.lock than {}: run scripts/costs.sh there, which builds it",
                path.display()
            );
        }
        let platform = platform(&root)?;
        Ok(Self { lockfile, platform, edition: harness.edition.to_string(), root, metadata })
    }

    /// The crates of these models, in the order of the cards.
    ///
    /// # Errors
    /// A model has no crate: `inflight-model-` and its id up to the first slash.
    pub fn models(&self, cards: &[Card]) -> anyhow::Result<Vec<ModelCrate>> {
        let ours: BTreeSet<&str> = self.metadata.packages.iter().map(|package| package.name.as_str()).collect();
        let mut crates: Vec<ModelCrate> = Vec::new();
        for card in cards {
            let family = card.id.split('/').next().unwrap_or_default();
            let name = format!("inflight-model-{family}");
            if let Some(known) = crates.iter_mut().find(|known| known.name == name) {
                known.models.push(card.id.clone());
                continue;
            }
            let package = self.metadata.packages.iter().find(|package| *package.name == name);
            let package = package.with_context(|| format!("{}: there is no crate {name}", self.root.display()))?;
            let named = package
                .dependencies
                .iter()
                .filter(|it| it.kind == DependencyKind::Normal && !it.optional && !ours.contains(it.name.as_str()));
            crates.push(ModelCrate {
                directory: package.manifest_path.parent().map(|path| path.as_std_path().to_owned()).unwrap_or_default(),
                models: vec![card.id.clone()],
                client: card
                    .crates
                    .first()
                    .cloned()
                    .with_context(|| format!("{}: its card names no crate", card.id))?,
                dependencies: named.cloned().collect(),
                name,
            });
        }
        Ok(crates)
    }

    /// The directory of one of our crates.
    pub fn directory(&self, name: &str) -> anyhow::Result<&Path> {
        let package = self.metadata.packages.iter().find(|package| *package.name == name);
        let manifest = package.with_context(|| format!("{}: there is no crate {name}", self.root.display()))?;
        Ok(manifest.manifest_path.parent().map(cargo_metadata::camino::Utf8Path::as_std_path).unwrap_or(&self.root))
    }
}

/// What rustc says of its host.
fn platform(root: &Path) -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(root).output().context("rustc cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV does not say its host")?.to_owned())
}
