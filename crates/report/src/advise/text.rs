//! Advice in sentences and a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use inflight_record::Label;

use super::crossings::{Direction, ModelCrossing};
use super::ground::is_choice;
use super::refusal::{Refusal, shown};
use super::{Advice, Answer, Axis, Basis, Estimate, MachineAdvice, ModelAdvice, Reply, Standing};
use crate::metric::{Metric, number};
use crate::style::{Style, describe, ideal_formula, machine};
use crate::summary::{NONE, counted, with_limits};
use crate::units::{duration, percent};

/// The advice for a terminal or a README: the question, then what each machine says.
#[must_use]
pub fn text(advice: &Advice, style: Style) -> String {
    let workload = &advice.workload;
    // Figures are of the draw that was measured, whose seed is on the records.
    let seed = workload.lognormal.map_or_else(String::new, |lognormal| format!("; seed {}", lognormal.seed));
    let mut text = describe(workload).replacen(&seed, "", 1);
    text.push('\n');
    let _ = match advice.ideal_ns {
        Some(ideal) => writeln!(text, "ideal {} ({})", duration(number(ideal)), ideal_formula(&advice.workload)),
        None if workload.lognormal.is_some() => writeln!(text, "the ideal depends on the draw of delays"),
        None => writeln!(text, "no ideal at D = 0"),
    };
    let mut text = style.lines(&text);
    for machine in &advice.machines {
        let _ = write!(text, "\n{}", style.lines(&above(machine)));
        match &machine.reply {
            Reply::Answer(answer) => text.push_str(&answered(answer, style)),
            Reply::Refusal(refusal) => text.push_str(&refused(refusal, style)),
        }
    }
    text
}

fn above(advice: &MachineAdvice) -> String {
    let mut text = machine(&advice.machine, &advice.software);
    if let Some(placed) = &advice.placed {
        text.push_str(&placed.text());
    }
    text + "\n"
}

fn answered(answer: &Answer, style: Style) -> String {
    let mut text = format!("\n{}\n", style.lines(&(within(answer) + &basis(answer))));
    let mut table = style.table(&columns(answer), 1);
    for model in &answer.models {
        table.add_row(row(model, answer));
    }
    text.push_str(&style.text(&table));
    text + &style.lines(&(notes(answer) + &crossings(answer)))
}

/// Who is within the best, in sentences.
fn within(answer: &Answer) -> String {
    let of = |standing| answer.models.iter().filter(move |it| is_choice(it.label) && it.standing == standing);
    let names = |standing| of(standing).map(|model| model.model.as_str()).collect::<Vec<_>>().join(", ");
    let Some(best) = of(Standing::Best).next() else {
        return "No model that is a choice has a figure here: who is best cannot be said.\n".to_owned();
    };
    let by = if answer.by == Metric::Excess { "makespan" } else { "CPU time per request" };
    let figure = if answer.by == Metric::Excess { best.makespan.as_ref() } else { best.cpu_per_request.as_ref() };
    let mut text = match figure {
        Some(figure) if figure.limits().is_none() => format!(
            "The least estimate by {by}: {}, {}; it has no interval, because {}.\n",
            best.model,
            shown_or_none(Some(figure)),
            if unchecked(answer) {
                "nothing measured checks the steps that are borrowed"
            } else {
                "too few of its rounds may be used"
            }
        ),
        figure => format!("Best by {by}: {}, {}.\n", best.model, shown_or_none(figure)),
    };
    let (within, unknown) = (names(Standing::Within), names(Standing::Unknown));
    if !within.is_empty() {
        let _ = writeln!(text, "Not told apart from it: {within}.");
    }
    if !unknown.is_empty() {
        let _ = writeln!(text, "Cannot be said of: {unknown}.");
    }
    let level: Vec<&ModelAdvice> = of(Standing::Best).chain(of(Standing::Within)).collect();
    if level.len() > 1 {
        text += &cheapest(&level, "CPU time", |model| model.cpu_total.as_ref());
        text += &cheapest(&level, "memory", |model| model.peak_memory.as_ref());
    }
    text
}

/// Whether the answer has steps from elsewhere of which no prediction says how far such steps are off.
fn unchecked(answer: &Answer) -> bool {
    let Basis { steps, checks, .. } = &answer.basis;
    !steps.is_empty() && checks.iter().all(|check| check.workloads == 0)
}

/// Which of these models takes the least, and which cannot be told from it by their intervals.
fn cheapest(models: &[&ModelAdvice], of: &str, cost: fn(&ModelAdvice) -> Option<&Estimate>) -> String {
    let mut costs: Vec<(&str, &Estimate)> =
        models.iter().filter_map(|it| Some((it.model.as_str(), cost(it)?))).collect();
    costs.sort_by(|a, b| a.1.estimate.total_cmp(&b.1.estimate).then(a.0.cmp(b.0)));
    let Some(((model, least), others)) = costs.split_first() else { return String::new() };
    let overlaps = |other: &Estimate| match (least.limits(), other.limits()) {
        (Some((_, high)), Some((low, _))) => low <= high,
        _ => true,
    };
    let level: Vec<&str> = others.iter().filter(|(_, other)| overlaps(other)).map(|(model, _)| *model).collect();
    let also = if level.is_empty() { String::new() } else { format!("; intervals overlap with {}", level.join(", ")) };
    format!("Of these, {model} takes the least {of}, {}{also}.\n", figure(least))
}

/// What was measured, and what was not.
fn basis(answer: &Answer) -> String {
    let basis = &answer.basis;
    let ids = |ids: &[String]| ids.join(", ");
    if basis.measured {
        let also = if basis.also.is_empty() {
            String::new()
        } else {
            format!(" Measured too, and not used here: {}.", ids(&basis.also))
        };
        return format!("Measured as it is: {}.{also}\n", ids(&basis.from));
    }
    let mut text = format!("Not measured itself; interpolated. It begins with {}", ids(&basis.from));
    for step in &basis.steps {
        let what = match step.axis {
            Axis::Concurrency => "requests in flight",
            Axis::Waves => "waves (N / C)",
            Axis::Delay => "delay",
            Axis::Body => "body",
        };
        let [from, to] = [step.from, step.to].map(|value| shown(step.axis, value));
        let _ = write!(text, "; {what} from {from} to {to} as along {}", ids(&step.along));
    }
    text.push_str(".\n");
    let off = basis
        .checks
        .iter()
        .filter_map(|check| Some(format!("{} in {}", percent(check.typical_error?), check.metric.title())));
    let off: Vec<String> = off.collect();
    if unchecked(answer) {
        text.push_str(
            "It was not checked: no measured workload could be predicted from the others with such steps. So figures have no \
             limits, and no model is told from the best by them.\n",
        );
    } else if off.is_empty() {
        text.push_str(
            "No measured workload checks such an interpolation: limits are those of the workloads around it, if any.\n",
        );
    } else {
        let count = basis.checks.first().map_or(0, |check| check.workloads);
        let workloads = counted(count, "measured workload", "measured workloads");
        let _ = writeln!(
            text,
            "Checked by predicting {workloads} from the others: the median model was off by at most {}. Each interval is widened by \
             what its own model was off by at most, or by that where it is more.",
            off.join(", ")
        );
    }
    text
}

fn columns(answer: &Answer) -> Vec<&'static str> {
    let mut columns = vec!["model", "makespan"];
    if answer.by == Metric::Excess {
        columns.push("excess");
    }
    columns.extend([
        "× the best",
        "CPU/request",
        "CPU in all",
        "peak memory",
        "memory/request more in flight",
        "standing",
    ]);
    columns
}

fn row(model: &ModelAdvice, answer: &Answer) -> Vec<String> {
    let mut row = vec![model.model.clone(), shown_or_none(model.makespan.as_ref())];
    if answer.by == Metric::Excess {
        row.push(shown_or_none(model.excess.as_ref()));
    }
    let costs =
        [&model.times_the_best, &model.cpu_per_request, &model.cpu_total, &model.peak_memory, &model.marginal_memory];
    row.extend(costs.map(|cost| shown_or_none(cost.as_ref())));
    row.push(match (model.label, model.standing) {
        (Label::Yardstick, _) => "yardstick".to_owned(),
        (Label::Floor, _) => "floor".to_owned(),
        (Label::Historical, _) => "historical".to_owned(),
        (Label::Pitfall, _) => "pitfall".to_owned(),
        (_, Standing::Best) => "best".to_owned(),
        (_, Standing::Within) => "within".to_owned(),
        (_, Standing::Unknown) => "cannot be said".to_owned(),
        (_, Standing::Behind) => "behind".to_owned(),
    });
    row
}

fn shown_or_none(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(|| NONE.to_owned(), figure)
}

fn figure(estimate: &Estimate) -> String {
    with_limits(estimate.unit, estimate.estimate, estimate.limits())
}

/// What a row cannot hold: ids and reasons.
fn notes(answer: &Answer) -> String {
    let mut text = String::new();
    let ids = patterns(answer);
    if !ids.is_empty() {
        let _ = writeln!(text, "Figures: {}.", ids.join(", "));
    }
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (model, reason) in
        answer.models.iter().filter_map(|model| Some((model.model.as_str(), model.reason.as_deref()?)))
    {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, models)) => models.push(model),
            None => reasons.push((reason, vec![model])),
        }
    }
    for (reason, models) in reasons {
        let _ = writeln!(text, "{}: {reason}.", models.join(", "));
    }
    if answer.models.iter().any(|model| !is_choice(model.label)) {
        text.push_str("Floors, pitfalls and historical models are no choice, and are never called the best.\n");
    }
    text
}

/// The ids of all figures, the model left open and the metrics of one workload together.
fn patterns(answer: &Answer) -> Vec<String> {
    let mut metrics: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for model in &answer.models {
        let ModelAdvice { makespan, excess, cpu_per_request, peak_memory, marginal_memory, .. } = model;
        for id in [makespan, excess, cpu_per_request, peak_memory, marginal_memory]
            .into_iter()
            .flatten()
            .flat_map(|it| &it.ids)
        {
            let Some((workload, metric)) = id.split_once(&format!("/{}/", model.model)) else { continue };
            // With several machines in a study their ids have the machine at the end.
            let (metric, machine) =
                metric.split_once('@').map_or((metric, String::new()), |(metric, it)| (metric, format!("@{it}")));
            metrics.entry((workload.to_owned(), machine)).or_default().insert(metric.to_owned());
        }
    }
    let one = |((workload, machine), metrics): ((String, String), BTreeSet<String>)| {
        let metrics: Vec<String> = metrics.into_iter().collect();
        let metrics = if metrics.len() == 1 { metrics.concat() } else { format!("{{{}}}", metrics.join(",")) };
        format!("{workload}/<model>/{metrics}{machine}")
    };
    metrics.into_iter().map(one).collect()
}

fn crossings(answer: &Answer) -> String {
    let mut text = String::new();
    for (direction, way) in [(Direction::Up, "grows"), (Direction::Down, "falls")] {
        let mut crossings = answer.crossings.iter().filter(|crossing| crossing.direction == direction).peekable();
        if crossings.peek().is_some() {
            let _ = writeln!(text, "As C {way}, with as many waves (N / C):");
        }
        for crossing in crossings {
            let _ = writeln!(text, "  {}", sentence(crossing));
        }
    }
    if !answer.no_crossings.is_empty() {
        let _ = writeln!(text, "No other crossings: {}.", answer.no_crossings.join("; "));
    }
    text
}

fn sentence(crossing: &ModelCrossing) -> String {
    let ModelCrossing { model, rival, estimate, low, high, between, reason, .. } = crossing;
    let falls = rival.as_ref().map_or("is not able to finish".to_owned(), |rival| format!("falls behind {rival}"));
    let place = match estimate {
        Some(estimate) => format!("at C = {estimate:.0} ({low:.0} – {high:.0})"),
        None => format!("at a C of {low:.0} to {high:.0}"),
    };
    let colon = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{model} {falls} {place}, between {}{colon}.", between.join(" and "))
}

fn refused(refusal: &Refusal, style: Style) -> String {
    let mut text = String::from("\nNo answer: it lies outside what was measured, and nothing is guessed.\n");
    for sentence in &refusal.outside {
        let _ = writeln!(text, "{sentence}");
    }
    if !refusal.measured.is_empty() {
        let _ = writeln!(text, "Measured of this sort: {}.", refusal.measured.join(", "));
    }
    let mut text = style.lines(&text);
    let _ = writeln!(text, "For a first look:\n\n    {}\n", refusal.command);
    text.push_str("To have it answered, save this as ask.toml and run `inflight study ask.toml --out results/<date>-<machine>/ask`:\n\n");
    for line in refusal.study.lines() {
        let _ = writeln!(text, "    {line}");
    }
    text
}
