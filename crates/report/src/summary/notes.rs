//! What stands under a table: rounds, level, noise, known effects found back, ranks, and what was left out.

use std::fmt::Write as _;

use inflight_record::{Outcome, RoundsRule};
use inflight_stats::{Stopping, least_rounds};

use super::batches::Batches;
use super::controls::{Again, FoundBack};
use super::figure::{Figure, NO_RATIO};
use super::ranking::Ranking;
use super::text::{counted, standing};
use super::{Summary, WorkloadSummary};
use crate::metric::{MEMORY_RESOLUTION_BYTES, Metric, number};
use crate::study::stopping;
use crate::units::{bytes, duration, percent};

/// More reasons of one arm than this are only counted.
const REASONS: usize = 3;

/// The lines under the table of a workload.
pub(crate) fn notes(workload: &WorkloadSummary, summary: &Summary) -> String {
    let mut all = String::new();
    let text = &mut all;
    rounds(text, workload, summary);
    if workload.ideal_ns.is_none() {
        text.push_str("At D = 0 there is no ideal, how many were in flight cannot be seen and was not checked, and either side may be the bottleneck: only CPU/request is ranked.\n");
    }
    noise(text, &workload.controls.again, summary);
    found(text, "@delay", "each batch waits", workload.controls.delay.as_ref());
    found(text, "@work", "each request spins", workload.controls.work.as_ref());
    ranks(text, &workload.rankings, summary.alpha);
    without_ratio(text, workload, summary);
    left_out(text, workload);
    all
}

fn rounds(text: &mut String, workload: &WorkloadSummary, summary: &Summary) {
    let how = match summary.rounds {
        RoundsRule::Fixed(_) => "their number set beforehand".to_owned(),
        RoundsRule::Auto { precision, .. } => {
            format!("added until ratios were known to {} or the budget was spent", percent(precision))
        }
    };
    let _ = writeln!(
        text,
        "{}, {how}. Medians over the rounds, ratios to {} paired by round, each with its limits at the {} % level. Latency counts from the batch's start, memory above the harness's own.",
        counted(workload.rounds, "round", "rounds"),
        summary.baseline,
        in_percent(summary.level),
    );
    let figures = workload.models.iter().flat_map(|model| &model.figures);
    if figures.clone().any(|figure| figure.estimate.is_some() && figure.low.is_none()) {
        let needed = least_rounds(stopping(summary.rounds));
        let _ = writeln!(text, "Figures without limits have fewer than the {needed} rounds that limits need.");
    }
}

/// A level in percent, as short as it is: 95, 97.5.
pub(crate) fn in_percent(level: f64) -> f64 {
    (level * 1e5).round() / 1e3
}

fn noise(text: &mut String, again: &[Again], summary: &Summary) {
    if again.is_empty() {
        text.push_str("No A/A arm: what is noise is not known.\n");
        return;
    }
    let each = |what: &dyn Fn(&Again) -> String| {
        again.iter().map(|again| format!("{} {}", again.metric.title(), what(again))).collect::<Vec<_>>().join(", ")
    };
    let share = |share: Option<f64>| share.map_or_else(|| "unknown".to_owned(), percent);
    let _ = writeln!(text, "A/A, the baseline against itself: {}.", each(&|it| it.ratio.text()));
    if again.iter().all(|it| it.reach.is_none()) {
        text.push_str("Too few rounds may be used to say what is noise: no difference is claimed.\n");
        return;
    }
    let _ = writeln!(
        text,
        "How far that interval reaches from 1, and no smaller difference is claimed: {}. Smallest effect found 9 times of 10 in one comparison planned beforehand (sign-flip p at most {} %) of models as noisy as the baseline: {}; ranks over all pairs need more.",
        each(&|it| share(it.reach)),
        in_percent(summary.alpha),
        each(&|it| share(it.smallest_detectable)),
    );
    let off: Vec<&str> = again.iter().filter(|it| leaves_out_1(&it.ratio)).map(|it| it.metric.title()).collect();
    if !off.is_empty() {
        let _ = writeln!(
            text,
            "The baseline differs from itself in {}: the interval leaves out 1, as {} % do by chance{}; read small differences with doubt.",
            off.join(", "),
            in_percent(1.0 - summary.level),
            match stopping(summary.rounds) {
                Stopping::Fixed => "",
                Stopping::Auto => ", and up to about 5 % where rounds stop at a precision",
            },
        );
    }
}

fn leaves_out_1(figure: &Figure) -> bool {
    figure.limits().is_some_and(|(low, high)| low > 1.0 || high < 1.0)
}

fn found(text: &mut String, arm: &str, does: &str, found: Option<&FoundBack>) {
    let Some(found) = found else { return };
    let injected = duration(number(found.injected_ns));
    let verdict = match (found.resolved, found.holds_injected) {
        (Some(false), _) => "not resolved: the interval is not above 0",
        (Some(true), Some(false)) => "resolved, and the interval leaves out what was injected",
        (Some(true), _) => "resolved",
        (None, _) => "too few rounds to say",
    };
    let _ = writeln!(text, "{arm}, {does} {injected} more: found back as {} ({verdict}).", found.found.text());
}

fn ranks(text: &mut String, rankings: &[Ranking], alpha: f64) {
    if let Some(ranking) = rankings.iter().find(|ranking| ranking.tie_groups.is_some()) {
        let _ = writeln!(
            text,
            "Models that share a letter in a metric cannot be told apart: sign-flip test, adjusted by Holm over all pairs ({} by {}), at {} %, no difference within the reach of the A/A interval, and none in memory where medians of peak memory are less than {} apart.",
            ranking.pairs.len(),
            ranking.metric.title(),
            in_percent(alpha),
            bytes(MEMORY_RESOLUTION_BYTES),
        );
    }
    let mut without: Vec<(&str, Vec<&str>)> = Vec::new();
    for ranking in rankings {
        let Some(reason) = &ranking.reason else { continue };
        match without.iter_mut().find(|(known, _)| known == reason) {
            Some((_, metrics)) => metrics.push(ranking.metric.title()),
            None => without.push((reason, vec![ranking.metric.title()])),
        }
    }
    for (reason, metrics) in without {
        let _ = writeln!(text, "No ranks by {}: {reason}.", metrics.join(", "));
    }
    // Nobody sees the letters of makespans in the table.
    let shown = rankings.iter().filter(|ranking| ranking.tie_groups.is_some() && ranking.metric != Metric::Makespan);
    shown.for_each(|ranking| short_of_rounds(text, ranking));
}

/// Models that lost so many rounds that the test could hardly have told them from any other.
fn short_of_rounds(text: &mut String, ranking: &Ranking) {
    let most = |model: &&String| {
        let theirs = ranking.pairs.iter().filter(|pair| pair.a == **model || pair.b == **model);
        theirs.map(|pair| pair.rounds).max().unwrap_or(0)
    };
    for model in ranking.order.iter().filter(|model| most(model) < ranking.rounds_for_ranks) {
        let _ = writeln!(
            text,
            "{model} by {}: only {} of the {} paired rounds that a rank needs; its letters say little.",
            ranking.metric.title(),
            most(&model),
            ranking.rounds_for_ranks,
        );
    }
}

/// Ratios that could not take every round in which both batches may be used.
fn without_ratio(text: &mut String, workload: &WorkloadSummary, summary: &Summary) {
    let of_models = workload.models.iter().flat_map(|model| {
        Metric::COMPARED.into_iter().filter_map(|metric| Some((model.model.as_str(), metric, model.ratio(metric)?)))
    });
    let again = workload.controls.again.iter().map(|it| ("@again", it.metric, &it.ratio));
    for (model, metric, figure) in of_models.chain(again) {
        if let Some(reason) = figure.reason.as_ref().filter(|reason| reason.contains(NO_RATIO)) {
            let _ = writeln!(text, "{model} / {} by {}: {reason}.", summary.baseline, metric.title());
        }
    }
}

fn left_out(text: &mut String, workload: &WorkloadSummary) {
    let controls = workload.controls.batches.iter().map(|it| (it.arm.as_str(), &it.batches));
    let arms: Vec<(&str, &Batches)> =
        workload.models.iter().map(|it| (it.model.as_str(), &it.batches)).chain(controls).collect();
    if arms.iter().any(|(_, batches)| batches.times < batches.ok) {
        text.push_str("Batches without times or costs are kept, and left out of these figures by the fixed rules of METHODOLOGY.md, \"Flags\"; a round without one of the two batches is no pair.\n");
    }
    for it in workload.controls.batches.iter().filter(|it| it.batches.times < it.batches.all) {
        let _ = writeln!(text, "{}: {}.", it.arm, standing(&it.batches));
    }
    let yardsticks = workload.yardsticks.iter().map(|it| (it.yardstick.as_str(), &it.batches));
    for (arm, batches) in arms.into_iter().chain(yardsticks) {
        for ended in batches.ended.iter().filter(|ended| ended.outcome != Outcome::Counted).take(REASONS) {
            let reason = ended.reason.as_deref().unwrap_or("no reason");
            let _ = writeln!(text, "{arm} · {} {}: {reason}", ended.count, ended.outcome.as_str());
        }
        if batches.ended.len() > REASONS {
            let _ = writeln!(text, "{arm} · and {} more reasons", batches.ended.len() - REASONS);
        }
    }
}
