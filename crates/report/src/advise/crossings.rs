//! Where models that are within the best no longer are: the nearest such C above the one asked for, and below.

use inflight_stats::{Interval, crossing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ground::is_choice;
use super::path::{self, Home, Ladder, Path};
use super::view::View;
use super::{Axis, Standing};
use crate::metric::Metric;
use crate::summary::twelve;

/// Which way C changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To more requests in flight.
    Up,
    /// To fewer.
    Down,
}

/// Where a model that is within the best falls behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCrossing {
    /// The model.
    pub model: String,
    /// The best there; null where the model does not finish.
    pub rival: Option<String>,
    /// Which way C changes, the number of waves (N / C) staying as it is.
    pub direction: Direction,
    /// The C at which the two have the same figure; null where the estimates do not cross between the limits, or nothing checks the line between them.
    pub estimate: Option<f64>,
    /// Lower limit of that C.
    pub low: f64,
    /// Upper limit of that C.
    pub high: f64,
    /// The measured workloads on either side, as `study/workload`.
    pub between: Vec<String>,
    /// What happens there, where it is not that the other one is better.
    pub reason: Option<String>,
}

/// The nearest crossings of every model that is within the best, and why there are no more.
pub(super) fn crossings(view: &View<'_>, path: &Path) -> (Vec<ModelCrossing>, Vec<String>) {
    if view.by() != Metric::Excess {
        return (Vec::new(), vec!["at D = 0 the server may be what is measured".to_owned()]);
    }
    let Some(ladder) = ladder(view, path) else {
        return (Vec::new(), vec!["concurrency alone was not varied around this workload".to_owned()]);
    };
    let mut found = Vec::new();
    let mut ended = Vec::new();
    let mut lost: Vec<((f64, String), Vec<&str>)> = Vec::new();
    let stands = view.stands();
    for direction in [Direction::Up, Direction::Down] {
        let way = way(view, &ladder, direction);
        let mut through = Vec::new();
        for ((model, label), stand) in view.like.models.iter().zip(&stands) {
            if !is_choice(*label) || !matches!(stand.standing, Standing::Best | Standing::Within) {
                continue;
            }
            match first(view, &ladder, &way, model, direction) {
                Walked::Behind(crossing) => found.push(*crossing),
                Walked::Unknown(at, reason) => match lost.iter_mut().find(|(why, _)| *why == (at, reason.clone())) {
                    Some((_, models)) => models.push(model),
                    None => lost.push(((at, reason), vec![model])),
                },
                Walked::Through => through.push(*model),
            }
        }
        if let Some((_, end)) = way.last().filter(|_| !through.is_empty()) {
            let to = if direction == Direction::Up { "up" } else { "down" };
            ended.push(format!(
                "{} not told apart from the best {to} to C = {}",
                through.join(", "),
                end.concurrency()
            ));
        }
    }
    ended.extend(
        lost.into_iter()
            .map(|((at, reason), models)| format!("{} cannot be followed to C = {at} ({reason})", models.join(", "))),
    );
    let ends = [ladder.knots.first(), ladder.knots.last()]
        .map(|knot| knot.map_or(0.0, |knot| view.like.points[*knot].place.on(Axis::Concurrency)));
    ended.push(format!("nothing is said of C below {} or above {}, where the measured ladder ends", ends[0], ends[1]));
    let key = |crossing: &ModelCrossing| crossing.estimate.unwrap_or(f64::midpoint(crossing.low, crossing.high));
    found.sort_by(|a, b| {
        let nearness = if a.direction == Direction::Up { key(a).total_cmp(&key(b)) } else { key(b).total_cmp(&key(a)) };
        a.direction.cmp(&b.direction).then(nearness).then(a.model.cmp(&b.model))
    });
    (found, ended)
}

/// The ladder along concurrency that the path uses, or else the nearest around the place.
fn ladder(view: &View<'_>, path: &Path) -> Option<Ladder> {
    if let Home::Ladder(ladder) = &path.home
        && ladder.axis == Axis::Concurrency
    {
        return Some(ladder.clone());
    }
    if let Some(step) = path.steps.iter().find(|step| step.ladder.axis == Axis::Concurrency) {
        return Some(step.ladder.clone());
    }
    if !view.like.sort.interpolates() || path.place.delay_ns == 0 {
        return None;
    }
    let at = path.place.on(Axis::Concurrency);
    let (mut ladders, begins) = (path::ladders(view.like, None), path.begins(view.like));
    let alone = |ladders: &[Ladder]| {
        path::step(view.like, ladders, Axis::Concurrency, (at, at), (path.place, &begins)).map(|step| step.ladder)
    };
    // Of those that can be used the one that reaches furthest.
    ladders.sort_by_key(|ladder| std::cmp::Reverse(ladder.knots.len()));
    ladders.iter().find_map(|ladder| alone(std::slice::from_ref(ladder)))
}

/// The knots beyond the place in one direction, the nearest first.
fn way<'a>(view: &View<'a>, ladder: &Ladder, direction: Direction) -> Vec<(usize, View<'a>)> {
    let beyond = |knot: &&usize| {
        let on = view.like.points[**knot].place.on(Axis::Concurrency);
        if direction == Direction::Up { on > view.concurrency() } else { on < view.concurrency() }
    };
    let knots = ladder.knots.iter().filter(beyond);
    let mut way: Vec<(usize, View<'a>)> =
        knots.map(|knot| (*knot, view.moved(ladder, view.like.points[*knot].place))).collect();
    if direction == Direction::Down {
        way.reverse();
    }
    way
}

/// What a walk along the ladder came to.
enum Walked {
    Behind(Box<ModelCrossing>),
    /// At which C, and why.
    Unknown(f64, String),
    /// Never behind, to the end.
    Through,
}

/// The first place on the way at which the model is behind, and where between there and the place before it fell behind.
fn first(view: &View<'_>, ladder: &Ladder, way: &[(usize, View<'_>)], model: &str, direction: Direction) -> Walked {
    let mut before = view;
    for (knot, here) in way {
        let best = here.best();
        let stand = here.stand(model, best);
        match stand.standing {
            Standing::Best | Standing::Within => before = here,
            Standing::Unknown => {
                return Walked::Unknown(here.concurrency(), stand.reason.unwrap_or_default());
            }
            Standing::Behind => {
                let rival = best.filter(|_| !stand.fell);
                let ends = [before.concurrency(), here.concurrency()];
                let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let crossed = rival.and_then(|rival| {
                    crossing((ends[0], difference(before, model, rival)?), (ends[1], difference(here, model, rival)?))
                });
                let (first, last) = crossed.map_or((low, high), |it| (it.first.min(it.last), it.first.max(it.last)));
                return Walked::Behind(Box::new(ModelCrossing {
                    model: model.to_owned(),
                    rival: rival.map(str::to_owned),
                    direction,
                    estimate: crossed.and_then(|it| it.at).map(twelve),
                    low: twelve(first),
                    high: twelve(last),
                    between: sides(view, ladder, *knot, direction),
                    reason: if stand.ratio.is_some() { None } else { stand.reason },
                }));
            }
        }
    }
    Walked::Through
}

/// The model's figure less its rival's, with limits: those of their ratio, as wide as between measured places.
fn difference(view: &View<'_>, model: &str, rival: &str) -> Option<Interval> {
    let theirs = view.figure(rival, view.by()).ok()?.estimate;
    if model == rival {
        return Some(Interval { low: 0.0, estimate: 0.0, high: 0.0 });
    }
    let ratio = view.ratio(model, rival)?;
    let (low, high) = ratio.limits()?;
    // On the way between two measured places it is no better known than such a place can be predicted, and where that is not
    // known there is no line to cross.
    let error = if view.measured().is_some() { view.error_between(model, rival)? } else { 0.0 };
    let less = |ratio: f64| theirs * (ratio - 1.0);
    Some(Interval { low: less(low / error.exp()), estimate: less(ratio.estimate), high: less(high * error.exp()) })
}

/// The measured workloads on either side of the crossing.
fn sides(view: &View<'_>, ladder: &Ladder, knot: usize, direction: Direction) -> Vec<String> {
    let place = ladder.knots.iter().position(|other| *other == knot).unwrap_or_default();
    let other = match direction {
        Direction::Up => place.checked_sub(1),
        Direction::Down => Some(place + 1),
    };
    let other = other.and_then(|other| ladder.knots.get(other)).copied();
    let mut sides: Vec<usize> = other.into_iter().chain([knot]).collect();
    if direction == Direction::Down {
        sides.reverse();
    }
    sides.into_iter().map(|side| view.like.points[side].id()).collect()
}
