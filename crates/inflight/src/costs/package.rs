//! A package made for measuring, in a temporary directory: written, its crates fetched, built from nothing.

use std::cell::OnceCell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use cargo_metadata::{Dependency, MetadataCommand};
use inflight_harness::environment::locked_versions;
use inflight_harness::probes::own;
use inflight_record::costs::{self, Build, Program};
use tempfile::TempDir;

use super::checkout::{Checkout, ModelCrate};

/// What the package and its binary are called.
const NAME: &str = "measured";

/// Set from outside, these would change what is built, or where.
const MEDDLING: [&str; 7] = [
    "CARGO_INCREMENTAL",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CFLAGS",
];
/// And so would all that begin with these.
const MEDDLING_KINDS: [&str; 3] = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_"];

/// A package whose crates are on this machine.
#[derive(Debug)]
pub struct Package {
    directory: TempDir,
    platform: String,
    lockfile: String,
    target: OnceCell<TempDir>,
}

/// What a build took, and what came of it.
#[derive(Debug)]
pub struct Built {
    /// The build.
    pub build: Build,
    /// The stripped binary, bytes.
    pub binary_bytes: u64,
}

impl Built {
    /// The same for the record.
    pub fn program(&self) -> Program {
        Program { build: self.build, binary_bytes: self.binary_bytes }
    }
}

/// The crates of a model and nothing else.
pub fn alone(checkout: &Checkout, model: &ModelCrate) -> anyhow::Result<Package> {
    let dependencies: String = model.dependencies.iter().map(entry).collect();
    Package::write(checkout, &dependencies, "fn main() {}\n")
}

/// A worker that knows the models of this crate, or none.
pub fn worker(checkout: &Checkout, model: Option<&ModelCrate>) -> anyhow::Result<Package> {
    let harness = checkout.directory("inflight-harness")?;
    let mut dependencies = format!("[dependencies]\ninflight-harness.path = {:?}\n", harness.display().to_string());
    let mut models = "&[]".to_owned();
    if let Some(model) = model {
        dependencies += &format!("{}.path = {:?}\n", model.name, model.directory.display().to_string());
        models = format!("{}::VARIANTS", model.name.replace('-', "_"));
    }
    let main = format!(
        "use inflight_harness::worker;

static MODELS: &[&dyn inflight_harness::Model] = {models};

fn main() {{
    let asked = std::env::args().nth(1).unwrap_or_default();
    let find = |id: &str| MODELS.iter().find(|model| model.card().id == id).map(|model| (*model, None));
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let ran = worker::run(find, worker::no_crawl, &asked, input, output);
    std::process::exit(i32::from(ran.is_err()));
}}
"
    );
    Package::write(checkout, &dependencies, &main)
}

/// A dependency as a manifest names it, in a table of its own.
fn entry(dependency: &Dependency) -> String {
    let table = match &dependency.target {
        None => "dependencies".to_owned(),
        Some(target) => format!("target.'{target}'.dependencies"),
    };
    let features: Vec<String> = dependency.features.iter().map(|feature| format!("{feature:?}")).collect();
    format!(
        "[{table}.{}]\npackage = {:?}\nversion = {:?}\ndefault-features = {}\nfeatures = [{}]\n",
        dependency.rename.as_ref().unwrap_or(&dependency.name),
        dependency.name,
        dependency.req.to_string(),
        dependency.uses_default_features,
        features.join(", ")
    )
}

impl Package {
    /// Writes it and fetches its crates: from the network where there is one, else those that are here already.
    fn write(checkout: &Checkout, dependencies: &str, main: &str) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("inflight-costs-").tempdir()?;
        let manifest = format!(
            "[package]\nname = {NAME:?}\nversion = \"0.0.0\"\nedition = {:?}\n\n[workspace]\n\n\
             [profile.release]\nstrip = true\n\n{dependencies}",
            checkout.edition
        );
        let at = directory.path();
        fs::create_dir(at.join("src"))?;
        for (name, text) in
            [("Cargo.toml", manifest.as_str()), ("Cargo.lock", &checkout.lockfile), ("src/main.rs", main)]
        {
            fs::write(at.join(name), text)?;
        }
        let toolchain = "rust-toolchain.toml";
        if checkout.root.join(toolchain).is_file() {
            fs::copy(checkout.root.join(toolchain), at.join(toolchain))?;
        }
        let package = Self {
            directory,
            platform: checkout.platform.clone(),
            lockfile: checkout.lockfile.clone(),
            target: OnceCell::new(),
        };
        let fetch = ["fetch", "--target", package.platform.as_str()];
        let fetched = package.cargo(&fetch).or_else(|_| package.cargo(&[&fetch[..], &["--offline"]].concat()));
        fetched.context("the crates cannot be had, neither from the registry nor from this machine")?;
        Ok(package)
    }

    /// Every crate that it pulls in on this platform, itself and ours left out, by name.
    pub fn crates(&self) -> anyhow::Result<Vec<costs::Package>> {
        let options = ["--locked", "--offline", "--filter-platform", self.platform.as_str()];
        let metadata = MetadataCommand::new()
            .current_dir(self.directory.path())
            .other_options(options.map(str::to_owned).to_vec())
            .exec()?;
        let nodes = metadata.resolve.as_ref().context("cargo metadata resolved nothing")?.nodes.iter();
        let packages = nodes.map(|node| &metadata[&node.id]).filter(|package| package.source.is_some());
        let mut crates: Vec<_> = packages
            .map(|package| costs::Package { name: package.name.to_string(), version: package.version.to_string() })
            .collect();
        crates.sort();
        for package in &crates {
            let entry = format!("name = \"{}\"\nversion = \"{}\"\n", package.name, package.version);
            if !self.lockfile.contains(&entry) {
                let locked = locked_versions(&self.lockfile, std::slice::from_ref(&package.name));
                bail!("{} {} is not what Cargo.lock holds: {locked:?}", package.name, package.version);
            }
        }
        Ok(crates)
    }

    /// Builds it in release mode, into an empty directory.
    pub fn build(&self) -> anyhow::Result<Built> {
        let target = tempfile::Builder::new().prefix("inflight-costs-target-").tempdir()?;
        let (before, start) = (own::usage(), Instant::now());
        let path = target.path().display().to_string();
        self.cargo(&["build", "--quiet", "--release", "--locked", "--offline", "--target-dir", &path])?;
        let (wall, used) = (start.elapsed(), own::usage().since(before));
        let cpu = Duration::from_nanos(used.user_ns + used.system_ns);
        let binary = binary(target.path());
        let binary_bytes = fs::metadata(&binary).with_context(|| binary.display().to_string())?.len();
        // Kept until the package goes: the binary may be started.
        let _ = self.target.set(target);
        Ok(Built { build: Build { wall_ns: whole(wall), cpu_ns: whole(cpu) }, binary_bytes })
    }

    /// Forgets what was built: a release tree takes hundreds of megabytes.
    pub fn clear(&mut self) {
        self.target.take();
    }

    /// Whether the worker that was built knows a model: it says hello before it waits for a job, and none comes.
    pub fn says_hello(&self, model: &str) -> anyhow::Result<()> {
        let target = self.target.get().context("it was not built")?;
        let output = Command::new(binary(target.path())).arg(model).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        if said.contains("hello") { Ok(()) } else { bail!("the worker that was built does not know {model}: {said:?}") }
    }

    /// Runs cargo in it; what cargo said is the error.
    pub fn cargo(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if MEDDLING.contains(&&*text) || MEDDLING_KINDS.iter().any(|kind| text.starts_with(kind)) {
                command.env_remove(&name);
            }
        }
        let output = command.output().context("cargo cannot be started")?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("cargo {}: {}: {}", arguments[0], output.status, said.trim())
    }
}

fn binary(target: &Path) -> PathBuf {
    target.join("release").join(NAME)
}

fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
