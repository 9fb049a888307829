//! Portability in tables, for a terminal, or for a README with its forest plots.

use std::fmt::Write as _;

use super::crossovers::{Crossover, CrossoverOn};
use super::{MachineEntry, OnMachine, Portability, Row, Side, StudyPortability, Together, WorkloadPortability};
use crate::chart::Chart;
use crate::metric::Metric;
use crate::readme::picture;
use crate::style::{Style, describe};
use crate::summary::{NONE, Unit, value, with_limits};
use crate::units::percent;

/// Everything that is said, study by study.
#[must_use]
pub fn text(portability: &Portability, style: Style) -> String {
    let mut text = String::new();
    for study in &portability.studies {
        let _ = writeln!(text, "{}", style.lines(&format!("{}: {}\n", study.study, study.question)));
        text.push_str(&of_study(study, style));
    }
    for few in &portability.left_out {
        let _ = writeln!(text, "Too few machines: {few}.");
    }
    text + &style.lines(NOTES)
}

/// The section of a README on these studies; charts are below `directory`.
#[must_use]
pub fn section(portability: &Portability, charts: &[Chart], directory: &str) -> String {
    let mut text = "## From machine to machine\n\n".to_owned();
    for study in &portability.studies {
        if portability.studies.len() > 1 {
            let _ = writeln!(text, "### {}\n", Style::Markdown.name(&study.study));
        }
        text.push_str(&of_study(study, Style::Markdown));
    }
    for chart in charts {
        let _ = writeln!(text, "{}", picture(directory, chart));
    }
    text + &Style::Markdown.lines(NOTES)
}

const NOTES: &str = "Ratios to the baseline, paired by round, with the interval of each machine; below 1 is less. All: the middle of the machines that these are taken to be drawn from. Next: where the true ratio of one more such machine lies with 95 % (random effects on the logarithm, reference prior). τ: standard deviation between machines; I²: its share in the variance of the ratios seen. A machine is on a side where its interval leaves out 1 and its ratio is further from 1 than its A/A interval reaches. By chance: how often something recorded would set as many machines apart.\n";

fn of_study(study: &StudyPortability, style: Style) -> String {
    let mut text = machines(study, style);
    for workload in &study.workloads {
        let _ = write!(text, "{}", style.lines(&format!("{} · {}\n", workload.id, describe(&workload.workload))));
        text.push('\n');
        for metric in Metric::DECISIVE {
            text.push_str(&table(study, workload, metric, style));
        }
    }
    text + &crossovers(study, style)
}

fn machines(study: &StudyPortability, style: Style) -> String {
    let mut table = style.table(&["machine", "what it is", "days"], 2);
    for machine in &study.machines {
        table.add_row([style.name(&machine.called()), style.name(&machine.described()), machine.dates.to_string()]);
    }
    style.text(&table) + &builds(&study.machines)
}

/// A word on builds, where they are not all one.
fn builds(machines: &[MachineEntry]) -> String {
    let mut commits: Vec<&str> = machines.iter().map(|machine| machine.software.commit.as_str()).collect();
    commits.sort_unstable();
    commits.dedup();
    let mut kinds: Vec<&str> = machines.iter().map(|machine| machine.environment_id.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut text = String::new();
    if commits.len() > 1 {
        let _ = writeln!(text, "Builds differ ({}): a ratio may differ because of that.\n", commits.join(", "));
    }
    if kinds.len() < machines.len() {
        let environments = if kinds.len() == 1 { "environment" } else { "environments" };
        let _ = writeln!(
            text,
            "These {} are {} {environments} of machine and build: the next one is taken to be drawn as these were.\n",
            machines.len(),
            kinds.len()
        );
    }
    text
}

/// The table of one metric; empty where the workload has none.
fn table(study: &StudyPortability, workload: &WorkloadPortability, metric: Metric, style: Style) -> String {
    let rows: Vec<&Row> = workload.rows.iter().filter(|row| row.metric == metric).collect();
    if rows.is_empty() {
        return String::new();
    }
    let title = format!("{} / {}", metric.title(), study.baseline);
    let names: Vec<String> = study.machines.iter().map(|machine| style.name(&machine.called())).collect();
    let first = [style.name(&title)].into_iter().chain(names);
    let columns: Vec<String> = first.chain(["all", "next", "τ", "I²", "verdict"].map(str::to_owned)).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = style.table(&columns, 1);
    for row in rows {
        let seen = row.machines.iter().map(on_machine);
        let cells = [style.name(&row.model)].into_iter().chain(seen).chain(together(row.together.as_ref()));
        table.add_row(cells.chain([style.name(&row.words)]));
    }
    style.text(&table)
}

fn on_machine(on: &OnMachine) -> String {
    on.ratio.map_or_else(|| NONE.to_owned(), |ratio| with_limits(Unit::Ratio, ratio, on.limits()))
}

fn together(together: Option<&Together>) -> [String; 4] {
    let Some(it) = together else { return [NONE; 4].map(str::to_owned) };
    [it.text(), it.next_text(), percent(it.spread), percent(it.i_squared)]
}

fn crossovers(study: &StudyPortability, style: Style) -> String {
    if study.crossovers.is_empty() {
        return String::new();
    }
    let names: Vec<String> = study.machines.iter().map(|machine| style.name(&machine.called())).collect();
    let title = format!("where it changes places with {}", study.baseline);
    let title = [style.name(&title), "metric".to_owned(), "along".to_owned()];
    let columns: Vec<&str> = title.iter().chain(&names).map(String::as_str).collect();
    let mut table = style.table(&columns, columns.len() - 1);
    for crossover in &study.crossovers {
        table.add_row(crossover_row(study, crossover, style));
    }
    style.text(&table)
}

fn crossover_row(study: &StudyPortability, crossover: &Crossover, style: Style) -> Vec<String> {
    let along = format!("{} of {}", crossover.along, crossover.group);
    let mut cells = vec![style.name(&crossover.model), crossover.metric.title().to_owned(), style.name(&along)];
    cells.extend(study.machines.iter().map(|machine| {
        let on = crossover.machines.iter().find(|on| on.machine == machine.name);
        on.map_or_else(|| NONE.to_owned(), |on| changes(crossover, on))
    }));
    cells
}

/// `less, from C = 140 (90 – 300) more`.
fn changes(crossover: &Crossover, on: &CrossoverOn) -> String {
    if on.crossings.is_empty() {
        return match on.begins {
            Side::NotTold => "not told".to_owned(),
            side => format!("{} throughout", side.as_str()),
        };
    }
    let mut text = on.begins.as_str().to_owned();
    for crossed in &on.crossings {
        let unit = crossover.unit;
        let at = match crossed.estimate {
            Some(estimate) => with_limits(unit, estimate, Some((crossed.low, crossed.high))),
            None => format!("{} to {}", value(unit, crossed.low), value(unit, crossed.high)),
        };
        let _ = write!(text, ", from {} = {at} {}", crossover.along, crossed.to.as_str());
    }
    text
}
