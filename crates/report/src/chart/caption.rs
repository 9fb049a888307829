//! What a caption says: figures and intervals, machine and commit, and what is left out and why.

use std::fmt::Write as _;

use super::gallery::Site;
use crate::metric::Metric;
use crate::style::machine;
use crate::summary::{Figure, Flagged, ModelSummary, WorkloadSummary, in_percent};

/// More names than this are only counted.
const NAMES: usize = 6;
/// More models than this are only counted where batches are left out.
const MOST: usize = 4;
/// More of a reason than this is not printed, in letters.
const REASON: usize = 90;

/// What the figures of a metric are: how many rounds, which interval, and how it is drawn.
pub(super) fn figures(site: Site<'_>, workloads: &[&WorkloadSummary], metric: Metric, how: &str) -> String {
    let rounds = || workloads.iter().map(|it| it.rounds);
    let rounds = match (rounds().min().unwrap_or(0), rounds().max().unwrap_or(0)) {
        (1, 1) => "1 round".to_owned(),
        (least, most) if least == most => format!("{most} rounds"),
        (least, most) => format!("{least} to {most} rounds"),
    };
    if any_interval(workloads, metric) {
        format!("Medians over {rounds} with {} % intervals ({how}).", in_percent(site.summary.level))
    } else {
        format!("Medians over {rounds}: too few for intervals.")
    }
}

fn any_interval(workloads: &[&WorkloadSummary], metric: Metric) -> bool {
    let figures = workloads.iter().flat_map(|it| &it.models).filter_map(|model| model.figure(metric));
    figures.into_iter().any(|figure| figure.limits().is_some())
}

/// What is left out of a metric under these workloads, and which figures there are not; empty where all is there.
pub(super) fn left_out(workloads: &[&WorkloadSummary], metric: Metric) -> String {
    let mut text = excluded(workloads, metric);
    let absent: Vec<&&WorkloadSummary> = workloads.iter().filter(|it| metric.absent(&it.workload).is_some()).collect();
    if let Some(reason) = absent.first().and_then(|it| metric.absent(&it.workload)) {
        let ids: Vec<&str> = absent.iter().map(|it| it.id.as_str()).collect();
        let _ = write!(text, " Not shown: {} ({reason}).", listed(&ids));
    }
    let there: Vec<&&WorkloadSummary> = workloads.iter().filter(|it| metric.absent(&it.workload).is_none()).collect();
    let (mut missing, mut alone) = (Said::default(), Said::default());
    let intervals = any_interval(workloads, metric);
    for workload in &there {
        for model in &workload.models {
            let Some(figure) = model.figure(metric) else { continue };
            if figure.estimate.is_none() {
                missing.add(&model.model, format!(" ({})", why(model, figure)), &workload.id);
            } else if figure.low.is_none() && intervals {
                alone.add(&model.model, String::new(), &workload.id);
            }
        }
    }
    for (sentence, said) in [("No figure", missing), ("Too few rounds for an interval", alone)] {
        if !said.0.is_empty() {
            let _ = write!(text, " {sentence}: {}.", said.text(there.len()));
        }
    }
    text.trim_start().to_owned()
}

/// What is said of models, each with the workloads under which it is.
#[derive(Default)]
struct Said(Vec<(String, String, Vec<String>)>);

impl Said {
    fn add(&mut self, model: &str, said: String, workload: &str) {
        match self.0.iter_mut().find(|(known, words, _)| known == model && *words == said) {
            Some((_, _, workloads)) => workloads.push(workload.to_owned()),
            None => self.0.push((model.to_owned(), said, vec![workload.to_owned()])),
        }
    }

    /// Models of which the same is said together, and workloads only where it is not all of them.
    fn text(self, all: usize) -> String {
        let mut together: Vec<(String, Vec<String>)> = Vec::new();
        for (model, said, workloads) in self.0 {
            let at = if workloads.len() == all { String::new() } else { format!(" at {}", joined(&workloads, ", ")) };
            let said = at + &said;
            match together.iter_mut().find(|(known, _)| *known == said) {
                Some((_, models)) => models.push(model),
                None => together.push((said, vec![model])),
            }
        }
        let each: Vec<String> =
            together.iter().map(|(said, models)| format!("{}{said}", joined(models, ", "))).collect();
        joined(&each, "; ")
    }
}

/// How the batches of a model without figures ended, in two words.
pub(super) fn briefly(model: &ModelSummary) -> String {
    match model.batches.ended.first() {
        Some(ended) if model.batches.ok == 0 => {
            let count: usize =
                model.batches.ended.iter().filter(|it| it.outcome == ended.outcome).map(|it| it.count).sum();
            format!("{count} {}", ended.outcome.as_str())
        }
        _ if model.batches.all == 0 => "not run".to_owned(),
        _ => "no figure".to_owned(),
    }
}

/// Why a model has no figure.
pub(super) fn why(model: &ModelSummary, figure: &Figure) -> String {
    let batches = &model.batches;
    if batches.all == 0 {
        return "not run".to_owned();
    }
    if batches.ok > 0 {
        return figure.reason.clone().unwrap_or_else(|| "no figure".to_owned());
    }
    let mut ended: Vec<String> = Vec::new();
    for kind in batches.ended.chunk_by(|a, b| a.outcome == b.outcome) {
        let count: usize = kind.iter().map(|it| it.count).sum();
        let Some(first) = kind.first() else { continue };
        let reason = first.reason.as_deref().map_or_else(String::new, |reason| format!(": {}", cut(reason)));
        ended.push(format!("{count} {}{reason}", first.outcome.as_str()));
    }
    ended.join(", ")
}

fn cut(reason: &str) -> String {
    if reason.chars().count() <= REASON {
        return reason.to_owned();
    }
    reason.chars().take(REASON - 1).chain(['…']).collect()
}

/// How many batches are left out, by reason, and of which models most.
fn excluded(workloads: &[&WorkloadSummary], metric: Metric) -> String {
    let mut models: Vec<(&str, usize)> = Vec::new();
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let (mut all, mut out) = (0, 0);
    for model in workloads.iter().flat_map(|it| &it.models) {
        let batches = &model.batches;
        let used = if metric.is_time() { batches.times } else { batches.costs };
        let without = batches.all.saturating_sub(used);
        all += batches.all;
        out += without;
        count(&mut models, &model.model, without);
        batches.ended.iter().for_each(|ended| count(&mut counts, ended.outcome.as_str(), ended.count));
        let excludes = |it: &&Flagged| if metric.is_time() { it.excludes_time } else { it.excludes_cost };
        batches.flagged.iter().filter(excludes).for_each(|it| count(&mut counts, it.flag.as_str(), it.count));
    }
    if out == 0 {
        return "No batch is left out.".to_owned();
    }
    let reasons: usize = counts.iter().map(|(_, number)| number).sum();
    let twice = if reasons > out { "; some for two reasons or more" } else { "" };
    let counts: Vec<String> = counts.iter().map(|(word, number)| format!("{word} {number}")).collect();
    models.retain(|(_, without)| *without > 0);
    models.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let most: Vec<String> = models.iter().take(MOST).map(|(model, without)| format!("{model} {without}")).collect();
    let rest = if models.len() > MOST { format!(", {} other models", models.len() - MOST) } else { String::new() };
    format!(
        "Left out by outcome or flag are {out} of {all} batches ({}{twice}): {}{rest}.",
        counts.join(", "),
        most.join(", ")
    )
}

fn count<'a>(counts: &mut Vec<(&'a str, usize)>, word: &'a str, number: usize) {
    match counts.iter_mut().find(|(known, _)| *known == word) {
        Some((_, sum)) => *sum += number,
        None => counts.push((word, number)),
    }
}

/// Some of many, and how many more there are.
fn joined(texts: &[String], between: &str) -> String {
    let shown = texts.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(between);
    match texts.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown}{between}and {more} more"),
    }
}

/// Names, separated by commas; of many only how many more there are.
pub(super) fn listed(names: &[&str]) -> String {
    joined(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), ", ")
}

/// Study, machine, build and placement.
pub(super) fn site(site: Site<'_>) -> String {
    let on = site.machine;
    let mut text = format!("Study {}. {}", site.summary.study, machine(&on.machine, &on.software));
    if let Some(placed) = &on.placed {
        text.push_str(&placed.text());
    }
    text + "."
}

/// Sentences as one text; empty ones are none.
pub(super) fn of(sentences: &[&str]) -> String {
    sentences.iter().filter(|sentence| !sentence.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// The least and the greatest of some figures, in words, for those who do not see the picture.
pub(super) fn extremes(figures: &[(String, f64, String)]) -> String {
    let by_value = |a: &&(String, f64, String), b: &&(String, f64, String)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
    let (Some(least), Some(most)) = (figures.iter().min_by(by_value), figures.iter().max_by(by_value)) else {
        return String::new();
    };
    if figures.len() == 1 {
        return format!("{} {}", least.0, least.2);
    }
    format!("from {} ({}) to {} ({})", least.2, least.0, most.2, most.0)
}
