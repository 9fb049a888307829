//! What each model costs before it runs, as a table: one row a crate, with what it adds to the harness.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use inflight_record::Costs;
use inflight_record::costs::{Advisory, CrateCosts, Known};

use crate::style::{Style, machine};
use crate::units::{bytes, duration};

/// The title of the section that holds the table.
pub(crate) const TITLE: &str = "What a model costs before it runs";

/// Titles of the columns behind that of the models.
pub const COLUMNS: [&str; 7] = [
    "crates: direct · all",
    "building them: wall · CPU",
    "worker: wall · CPU",
    "worker's binary",
    "lines",
    "client · its last release",
    "open advisories: client · all",
];

/// What is not known.
const NOT_KNOWN: &str = "not known";

/// The cells of a crate, one for each of [`COLUMNS`].
#[must_use]
pub fn cells(costs: &Costs, of: &CrateCosts) -> [String; 7] {
    let harness = &costs.harness;
    let client = &of.client;
    let alone = known(&of.crates_alone, |build| times(build.wall_ns, build.cpu_ns));
    let worker = known(&of.worker, |it| {
        let build = it.build;
        let more =
            (more(build.wall_ns, harness.build.wall_ns, duration), more(build.cpu_ns, harness.build.cpu_ns, duration));
        format!("{} ({} · {})", times(build.wall_ns, build.cpu_ns), more.0, more.1)
    });
    let binary = known(&of.worker, |it| {
        format!("{} ({})", bytes(real(it.binary_bytes)), more(it.binary_bytes, harness.binary_bytes, bytes))
    });
    let last = known(&client.last_release, |release| match release.version == client.version {
        true => release.date.clone(),
        false => format!("{} on {}", release.version, release.date),
    });
    let advisories = known(&of.advisories, |all| {
        format!("{} · {}", named(&of.of_client().unwrap_or_default()), named(&all.iter().collect::<Vec<_>>()))
    });
    [
        format!("{} · {}", of.direct.len(), of.all.len()),
        alone,
        worker,
        binary,
        of.code_lines.to_string(),
        format!("{} {} · {last}", client.name, client.version),
        advisories,
    ]
}

/// The table of all crates with the notes beneath it.
#[must_use]
pub fn table(costs: &Costs, style: Style) -> String {
    let titles: Vec<&str> = std::iter::once("model").chain(COLUMNS).collect();
    let mut table = style.table(&titles, titles.len() - 1);
    for of in &costs.crates {
        let variants = match of.models.len() {
            1 => String::new(),
            count => format!(" ({count} variants)"),
        };
        let family = of.models.first().and_then(|id| id.split('/').next()).unwrap_or(&of.name);
        let model = format!("{}{variants}", style.name(family));
        table.add_row(std::iter::once(model).chain(cells(costs, of).iter().map(|cell| style.name(cell))));
    }
    format!("{}{}", style.text(&table), style.lines(&notes(costs)))
}

/// What the columns are, where they were measured, and why something is not known.
#[must_use]
pub fn notes(costs: &Costs) -> String {
    let environment = &costs.environment;
    let harness = &costs.harness;
    let mut text = format!(
        "Crates: those that the model's crate names, and all that they pull in on this platform. Building them: from nothing, \
         in release mode, behind an empty main. Worker: the same with the harness and the model; in brackets what it has more \
         than the harness with no model, which takes {} and {} of binary. What the harness needs too (ureq, for one) is not \
         in that difference.\n\
         Wall time is that of all CPUs; each was built once. Binaries are stripped. Lines: of the model's crate, without \
         blanks, comments and tests. Client: the first crate of the card, in the version of Cargo.lock.\n",
        times(harness.build.wall_ns, harness.build.cpu_ns),
        bytes(real(harness.binary_bytes)),
    );
    let mut reasons: Vec<&str> = Vec::new();
    for of in &costs.crates {
        let all = [&of.crates_alone.reason, &of.worker.reason, &of.client.last_release.reason, &of.advisories.reason];
        reasons.extend(all.into_iter().filter_map(|reason| reason.as_deref()?.lines().next()));
    }
    reasons.sort_unstable();
    reasons.dedup();
    if !reasons.is_empty() {
        let _ = writeln!(text, "Not known: {}.", reasons.join("; "));
    }
    if let Some(commit) = &costs.advisory_database.value {
        let _ = writeln!(text, "RustSec's database at {commit}.");
    }
    let _ = writeln!(
        text,
        "{} · {} · {} · environment {}",
        machine(&environment.machine, &environment.software),
        costs.measured_at.get(..10).unwrap_or(&costs.measured_at),
        environment.software.rustc,
        environment.environment_id
    );
    text
}

fn known<T>(it: &Known<T>, write: impl FnOnce(&T) -> String) -> String {
    it.value.as_ref().map_or_else(|| NOT_KNOWN.to_owned(), write)
}

fn times(wall_ns: u64, cpu_ns: u64) -> String {
    format!("{} · {}", duration(real(wall_ns)), duration(real(cpu_ns)))
}

/// How much more than the harness alone.
fn more(it: u64, harness: u64, write: fn(f64) -> String) -> String {
    let sign = if it < harness { "−" } else { "+" };
    format!("{sign}{}", write(real(it.abs_diff(harness))))
}

/// None, or their ids; what is no vulnerability is said to be none.
fn named(advisories: &[&Advisory]) -> String {
    let name = |it: &&Advisory| match &it.informational {
        Some(kind) => format!("{} ({}: {kind})", it.id, it.package),
        None => format!("{} ({})", it.id, it.package),
    };
    match advisories {
        [] => "none".to_owned(),
        some => some.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

#[expect(clippy::cast_precision_loss, reason = "builds and binaries stay far below 2^53 ns and bytes")]
fn real(number: u64) -> f64 {
    number as f64
}
