//! `table STUDY/WORKLOAD [columns=…]`: the short table of one workload, for a README.

use std::fmt::Write as _;

use crate::form::Form;
use crate::library::{Library, nearest};
use crate::style::Style;
use crate::summary::{
    Metric, ModelSummary, NONE, Summary, WorkloadSummary, above, counted, in_order, in_percent, letters, standing, time,
};
use crate::units::percent;

/// The columns, unless the marker names others; at D = 0 those that need an ideal or see what is in flight fall away.
const COLUMNS: &str = "makespan:interval,excess,efficiency,cpu_per_request,peak_memory,ties";

/// A column behind that of the models.
#[derive(Debug, Clone, Copy)]
enum Column {
    Figure(Metric, Form),
    Ratio(Metric, Form),
    Ties,
    Batches,
}

/// The table with its workload and machine above it, noise and what was left out beneath it.
pub(super) fn write(library: &Library, workload: &str, options: &[&str]) -> Result<String, String> {
    let columns = match options {
        [] => COLUMNS,
        [one] => one
            .strip_prefix("columns=")
            .ok_or_else(|| format!("there is no option {one:?}; there is columns={COLUMNS}"))?,
        _ => return Err("a table has one option, columns=…, without spaces".to_owned()),
    };
    let columns: Vec<Column> = columns.split(',').map(Column::parse).collect::<Result<_, _>>()?;
    let found = library.workload(workload).map_err(|error| error.to_string())?;
    let (machine, workload) = found.it;
    let default = options.is_empty();
    let columns: Vec<Column> = columns.into_iter().filter(|it| !default || it.says_something(workload)).collect();

    let style = Style::Markdown;
    let mut text = format!("{}\n", style.lines(&above(workload, machine)));
    let titles: Vec<String> = columns.iter().map(Column::title).collect();
    let titles: Vec<&str> = std::iter::once("model").chain(titles.iter().map(String::as_str)).collect();
    let mut table = style.table(&titles, 1);
    for model in in_order(workload, time(workload)) {
        let cells = columns.iter().map(|column| column.cell(model, workload, found.summary));
        table.add_row(std::iter::once(style.name(&model.model)).chain(cells));
    }
    text.push_str(&style.text(&table));
    text.push_str(&style.lines(&notes(workload, found.summary, &columns)));
    Ok(text)
}

impl Column {
    /// `ties`, `batches`, or a metric and the words of its form: `makespan:interval`, `excess_ratio:times`.
    fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split(':');
        let name = words.next().unwrap_or_default();
        let form = Form::parse(words)?;
        let metric = |name: &str| Metric::ALL.into_iter().find(|metric| metric.as_str() == name);
        let compared = |name| metric(name).filter(|metric| Metric::COMPARED.contains(metric));
        match name {
            "ties" => Ok(Self::Ties),
            "batches" => Ok(Self::Batches),
            _ => match (metric(name), name.strip_suffix("_ratio").and_then(compared)) {
                (Some(metric), _) => form.suits(metric.unit(), name).map(|()| Self::Figure(metric, form)),
                (None, Some(metric)) => Ok(Self::Ratio(metric, form)),
                (None, None) => Err(unknown(name)),
            },
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Figure(metric, _) => metric.title().to_owned(),
            Self::Ratio(metric, _) => format!("{} / baseline", metric.title()),
            Self::Ties => "tied: time · CPU · memory".to_owned(),
            Self::Batches => "batches and flags".to_owned(),
        }
    }

    fn cell(&self, model: &ModelSummary, workload: &WorkloadSummary, summary: &Summary) -> String {
        match self {
            Self::Figure(metric, form) => model.figure(*metric).map_or_else(|| NONE.to_owned(), |it| form.cell(it)),
            Self::Ratio(..) if model.model == summary.baseline => "1 (baseline)".to_owned(),
            Self::Ratio(metric, form) => model.ratio(*metric).map_or_else(|| NONE.to_owned(), |it| form.cell(it)),
            Self::Ties => letters(model, workload),
            Self::Batches => standing(&model.batches),
        }
    }

    /// Whether any model has something in it.
    fn says_something(&self, workload: &WorkloadSummary) -> bool {
        match self {
            Self::Figure(metric, _) | Self::Ratio(metric, _) => metric.absent(&workload.workload).is_none(),
            Self::Ties | Self::Batches => true,
        }
    }
}

fn unknown(name: &str) -> String {
    let ratios = Metric::COMPARED.map(|metric| format!("{}_ratio", metric.as_str()));
    let all = Metric::ALL.iter().map(|metric| metric.as_str()).chain(ratios.iter().map(String::as_str));
    let all: Vec<&str> = all.chain(["ties", "batches"]).collect();
    match nearest(name, all.iter().copied()).first() {
        Some(near) => format!("there is no column {name:?}; did you mean {near}?"),
        None => format!("there is no column {name:?}; there are {}", all.join(", ")),
    }
}

/// What the figures are, how much of them is noise, and what was left out.
fn notes(workload: &WorkloadSummary, summary: &Summary, columns: &[Column]) -> String {
    let mut text = "Medians over the rounds".to_owned();
    if columns.iter().any(|it| matches!(it, Column::Figure(_, form) | Column::Ratio(_, form) if form.has_limits())) {
        let _ = write!(text, ", in brackets the limits at the {} % level", in_percent(summary.level));
    }
    let ties = columns.iter().any(|it| matches!(it, Column::Ties));
    text.push_str(if ties { ". Models that share a letter in a metric cannot be told apart.\n" } else { ".\n" });
    noise(&mut text, workload);
    let unranked = workload.rankings.iter().filter(|ranking| ties && ranking.metric == time(workload));
    if let Some((metric, reason)) = unranked.filter_map(|it| Some((it.metric, it.reason.as_ref()?))).next() {
        let _ = writeln!(text, "No ranks by {}: {reason}.", metric.title());
    }
    left_out(&mut text, workload);
    text
}

fn noise(text: &mut String, workload: &WorkloadSummary) {
    let shown = [time(workload), Metric::CpuPerRequest, Metric::MemoryPerRequestInFlight];
    let again: Vec<_> = workload.controls.again.iter().filter(|again| shown.contains(&again.metric)).collect();
    if again.is_empty() {
        text.push_str("No A/A arm: what is noise is not known.\n");
        return;
    }
    let ratios: Vec<String> = again.iter().map(|it| format!("{} {}", it.metric.title(), it.ratio.text())).collect();
    let smallest = again.iter().map(|it| {
        let size = it.smallest_detectable.map_or_else(|| "unknown".to_owned(), percent);
        format!("{} {size}", it.metric.title())
    });
    let _ = writeln!(
        text,
        "A/A, the baseline against itself: {}. Smallest effect found 9 times of 10 in one comparison planned beforehand of models as noisy as the baseline: {}.",
        ratios.join(", "),
        smallest.collect::<Vec<_>>().join(", "),
    );
}

fn left_out(text: &mut String, workload: &WorkloadSummary) {
    let short = workload.models.iter().filter(|it| it.batches.times.min(it.batches.costs) < workload.rounds);
    let short: Vec<String> = short
        .map(|it| match workload.rounds - it.batches.all {
            0 => format!("{}: {}", it.model, standing(&it.batches)),
            missing => format!("{}: {}, {missing} not run", it.model, standing(&it.batches)),
        })
        .collect();
    let rounds = counted(workload.rounds, "round", "rounds");
    let _ = match short.as_slice() {
        [] => writeln!(text, "{rounds}; no batch was left out."),
        _ => writeln!(
            text,
            "{rounds}; not every batch could be used, by the fixed rules of METHODOLOGY.md, \"Flags\": {}.",
            short.join("; ")
        ),
    };
}
