//! `inflight costs`: what each model's crate costs before it runs, measured by building it.
//!
//! Of each crate two packages are made in a temporary directory: its crates alone behind an empty `main`, and a worker
//! that knows its models only. Each is built from nothing, one after the other, offline and with the checkout's
//! Cargo.lock; the harness with no model is built once, so that what a model adds can be told.

mod advisories;
mod checkout;
mod lines;
mod package;
mod registry;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use inflight_record::costs::{ClientCrate, Known, SCHEMA_VERSION};
use inflight_record::{Card, Costs, CrateCosts, Environment};

use advisories::Database;
use checkout::{Checkout, ModelCrate};
use package::{Built, Package};

/// What is measured, and what for.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// A directory of the checkout.
    pub checkout: &'a Path,
    /// The cards of the models, in the order of the line-up.
    pub cards: &'a [Card],
    /// `RustSec`'s database, where there is a copy of it.
    pub advisory_database: Option<&'a Path>,
    /// Where and from what this program was built: it has to be this checkout.
    pub environment: &'a Environment,
    /// Set from outside to stop: what is measured by then stays.
    pub stop: &'a AtomicBool,
}

/// Measures crate after crate. `after` gets the costs of all that are measured so far, whenever there is one more; `say`
/// gets a line on what is done.
///
/// # Errors
/// There is no checkout, or it is not the one that this program was built from; a package cannot be made or its crates
/// not be had; the database is none; or what `after` says. A build that fails is on the record.
pub fn measure(
    wanted: &Wanted<'_>,
    mut say: impl FnMut(&str),
    mut after: impl FnMut(&Costs) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let checkout = Checkout::open(wanted.checkout, &wanted.environment.software.lockfile_sha256)?;
    let database = wanted.advisory_database.map(Database::open).transpose()?;
    let crates = checkout.models(wanted.cards)?;
    // All that may be wrong is found out before the first of many builds.
    let prepared = crates.iter().map(|model| prepare(&checkout, model)).collect::<anyhow::Result<Vec<_>>>()?;

    let interrupted = || wanted.stop.load(Ordering::Relaxed);
    if interrupted() {
        anyhow::bail!("interrupted");
    }
    let harness = {
        let mut package = package::worker(&checkout, None)?;
        // Twice: the first build also reads compiler and sources from disk, which no later one does.
        package.build().context("the harness with no model")?;
        package.clear();
        package.build().context("the harness with no model")?
    };
    say(&format!("harness with no model: {}", told(&harness)));
    let not_given = || anyhow::anyhow!("RustSec's database was not given: --advisory-db DIR");
    let mut costs = Costs {
        schema_version: SCHEMA_VERSION,
        measured_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        environment: wanted.environment.clone(),
        harness: harness.program(),
        advisory_database: Known::from(database.as_ref().ok_or_else(not_given).and_then(Database::commit)),
        crates: Vec::new(),
    };
    for mut prepared in prepared {
        let one = one(&checkout, &prepared, database.as_ref(), &mut say);
        prepared.alone.clear();
        if interrupted() {
            // The same signal has ended the build: its failure is no record.
            anyhow::bail!("interrupted");
        }
        costs.crates.push(one?);
        after(&costs)?;
    }
    Ok(())
}

/// A model's crate with its crates at hand.
struct Prepared<'a> {
    model: &'a ModelCrate,
    alone: Package,
    all: Vec<inflight_record::costs::Package>,
    client_version: String,
    code_lines: u64,
}

fn prepare<'a>(checkout: &Checkout, model: &'a ModelCrate) -> anyhow::Result<Prepared<'a>> {
    let alone = package::alone(checkout, model).with_context(|| model.name.clone())?;
    let all = alone.crates().with_context(|| model.name.clone())?;
    let client = all.iter().find(|package| package.name == model.client);
    let client = client
        .with_context(|| format!("{}: its card names {} first, which it does not pull in", model.name, model.client))?;
    let client_version = client.version.clone();
    Ok(Prepared { model, client_version, code_lines: lines::in_crate(&model.directory)?, alone, all })
}

/// What one crate costs.
fn one(
    checkout: &Checkout,
    Prepared { model, alone, all, client_version, code_lines }: &Prepared<'_>,
    database: Option<&Database>,
    say: &mut impl FnMut(&str),
) -> anyhow::Result<CrateCosts> {
    let name = &model.name;
    let worker = package::worker(checkout, Some(model))?;
    let mut build = |what: &str, package: &Package| {
        let built = package.build();
        let how = built.as_ref().map_or_else(|error| format!("{error:#}"), told);
        say(&format!("{name}: {what}: {how}"));
        built.map_err(|error| format!("{error:#}"))
    };
    let crates_alone = build("its crates alone", alone).map(|built| built.build);
    let in_worker = build("a worker with it", &worker).and_then(|built| {
        let id = &model.models[0];
        worker.says_hello(id).map_err(|error| format!("{error:#}"))?;
        Ok(built.program())
    });
    let version = |of: &str| all.iter().find(|package| package.name == of).map(|package| package.version.clone());
    let direct = model.dependencies.iter().filter_map(|dependency| {
        let name = dependency.name.clone();
        version(&name).map(|version| inflight_record::costs::Package { name, version })
    });
    let client = ClientCrate {
        name: model.client.clone(),
        version: client_version.clone(),
        last_release: Known::from(registry::last_release(&model.client, alone)),
    };
    let advisories = match database {
        Some(database) => database.open_against(all),
        None => Err(anyhow::anyhow!("RustSec's database was not given: --advisory-db DIR")),
    };
    Ok(CrateCosts {
        name: name.clone(),
        models: model.models.clone(),
        direct: direct.collect(),
        crates_alone: Known::from(crates_alone),
        worker: Known::from(in_worker),
        code_lines: *code_lines,
        client,
        advisories: Known::from(advisories),
        all: all.clone(),
    })
}

fn told(built: &Built) -> String {
    let seconds = |ns: u64| std::time::Duration::from_nanos(ns).as_secs_f64();
    format!("{:.1} s, {:.1} s of CPU time", seconds(built.build.wall_ns), seconds(built.build.cpu_ns))
}
