//! The path from measured places to the one asked for: where it begins, and which steps are added from elsewhere.

use std::collections::BTreeSet;

use super::Axis;
use super::ground::{Like, Place, Point, is_choice};

/// Bodies up to this size, in bytes, are read in one piece with their headers: between two such, a step in C, N or D is
/// taken to be worth the same.
const SMALL_BODY: u64 = 4_096;
/// How many times the waves of where it is from a step may be taken at, and how many times as many waves it may lead to: what
/// C or D change of each wave does not show in a few of them.
const REACH_WAVES: f64 = 10.0;

/// Measured places that differ on one axis only, in its order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ladder {
    pub(super) axis: Axis,
    /// Indices of its points, two or more.
    pub(super) knots: Vec<usize>,
}

impl Ladder {
    /// The knots on either side of a coordinate, or the one that is there twice; none outside.
    pub(super) fn around(&self, like: &Like<'_>, coordinate: f64) -> Option<(usize, usize)> {
        let on = |knot: &usize| like.points[*knot].place.on(self.axis);
        let above = self.knots.iter().position(|knot| on(knot) >= coordinate)?;
        let upper = self.knots[above];
        if on(&upper).total_cmp(&coordinate).is_eq() {
            return Some((upper, upper));
        }
        Some((self.knots[above.checked_sub(1)?], upper))
    }

    fn first(&self) -> usize {
        self.knots[0]
    }
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Home {
    /// At a measured place.
    Point(usize),
    /// Between two knots of a ladder.
    Ladder(Ladder),
}

/// What is added: the difference between two coordinates of a ladder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) ladder: Ladder,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A path to a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    pub(super) place: Place,
    pub(super) home: Home,
    pub(super) steps: Vec<Step>,
}

/// The axes on which something is interpolated.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Axes {
    pub(super) all: BTreeSet<Axis>,
    /// Those of them along which a step is borrowed from elsewhere.
    pub(super) stepped: BTreeSet<Axis>,
}

impl Path {
    pub(super) fn axes(&self) -> Axes {
        let home = match &self.home {
            Home::Point(_) => None,
            Home::Ladder(ladder) => Some(ladder.axis),
        };
        let stepped: BTreeSet<Axis> = self.steps.iter().map(|step| step.ladder.axis).collect();
        Axes { all: stepped.iter().copied().chain(home).collect(), stepped }
    }

    /// The points that it begins with.
    pub(super) fn begins(&self, like: &Like<'_>) -> BTreeSet<usize> {
        match &self.home {
            Home::Point(point) => BTreeSet::from([*point]),
            Home::Ladder(ladder) => both(ladder.around(like, self.place.on(ladder.axis))).collect(),
        }
    }

    /// All points that it uses.
    pub(super) fn uses(&self, like: &Like<'_>) -> BTreeSet<usize> {
        let mut points = self.begins(like);
        points.extend(self.steps.iter().flat_map(|step| step.uses(like)));
        points
    }

    /// What it is chosen by, the least first: few axes, few steps from elsewhere, few models that are missing on it, and
    /// short in orders of magnitude.
    fn cost(&self, like: &Like<'_>) -> (usize, usize, usize, f64) {
        let missing = lacking(like, &BTreeSet::new(), &self.uses(like));
        let begin = match &self.home {
            Home::Point(point) => *point,
            Home::Ladder(ladder) => ladder.first(),
        };
        let stepped: Vec<Axis> = self.steps.iter().map(|step| step.ladder.axis).collect();
        let home = far(like.points[begin].place, self.place, &stepped);
        let steps: f64 = self.steps.iter().map(|step| step.ladder.far(like, self.place)).sum();
        (self.axes().all.len(), self.steps.len(), missing, home + steps)
    }
}

/// How many choices lack a figure at these points, and not at those that they are added to.
fn lacking(like: &Like<'_>, home: &BTreeSet<usize>, points: &BTreeSet<usize>) -> usize {
    let lacks = |model: &str, points: &BTreeSet<usize>| points.iter().any(|point| like.points[*point].lacks(model));
    let choices = like.models.iter().filter(|(_, label)| is_choice(*label));
    choices.filter(|(model, _)| !lacks(model, home) && lacks(model, points)).count()
}

impl Step {
    /// The points that it uses.
    pub(super) fn uses(&self, like: &Like<'_>) -> BTreeSet<usize> {
        [self.from, self.to].into_iter().flat_map(|at| both(self.ladder.around(like, at))).collect()
    }
}

impl Ladder {
    /// How far its places are from this one on the other axes, in orders of magnitude.
    fn far(&self, like: &Like<'_>, place: Place) -> f64 {
        let others: Vec<Axis> = Axis::ALL.into_iter().filter(|axis| *axis != self.axis).collect();
        far(like.points[self.first()].place, place, &others)
    }
}

fn both(knots: Option<(usize, usize)>) -> impl Iterator<Item = usize> {
    knots.into_iter().flat_map(|(lower, upper)| [lower, upper])
}

fn far(a: Place, b: Place, axes: &[Axis]) -> f64 {
    // A body of no bytes is as good as one of one byte.
    axes.iter().map(|axis| (a.on(*axis).max(1.0).log10() - b.on(*axis).max(1.0).log10()).abs()).sum()
}

/// All ladders among the points with a delay, one left out if so asked.
pub(super) fn ladders(like: &Like<'_>, left_out: Option<usize>) -> Vec<Ladder> {
    let mut ladders: Vec<Ladder> = Vec::new();
    for axis in Axis::ALL {
        let mut of_axis: Vec<Ladder> = Vec::new();
        for (index, point) in usable(like, left_out) {
            let fits = |ladder: &&mut Ladder| {
                like.points[ladder.first()].place.differs(point.place).into_iter().all(|other| other == axis)
            };
            match of_axis.iter_mut().find(fits) {
                Some(ladder) => ladder.knots.push(index),
                None => of_axis.push(Ladder { axis, knots: vec![index] }),
            }
        }
        of_axis.retain(|ladder| ladder.knots.len() > 1);
        for ladder in &mut of_axis {
            ladder.knots.sort_by(|a, b| like.points[*a].place.on(axis).total_cmp(&like.points[*b].place.on(axis)));
        }
        ladders.append(&mut of_axis);
    }
    ladders
}

/// At D = 0 either side may be the bottleneck: nothing leads from there to anywhere.
fn usable<'a, 'b>(like: &'b Like<'a>, left_out: Option<usize>) -> impl Iterator<Item = (usize, &'b Point<'a>)> {
    let points = like.points.iter().enumerate();
    points.filter(move |(index, point)| Some(*index) != left_out && point.place.delay_ns > 0)
}

/// The step along an axis from one coordinate to another, by the ladder that holds both: by one on which few models are
/// missing that are not at home, then by the nearest. Bodies are of the same size, or both small, and waves not many more.
pub(super) fn step(
    like: &Like<'_>,
    ladders: &[Ladder],
    axis: Axis,
    (from, to): (f64, f64),
    (place, home): (Place, &BTreeSet<usize>),
) -> Option<Step> {
    let holds = |ladder: &&Ladder| {
        let body = like.points[ladder.first()].place.body_bytes;
        let bodies = body == place.body_bytes || body.max(place.body_bytes) <= SMALL_BODY;
        let waves = match axis {
            Axis::Waves => from / to,
            _ => place.on(Axis::Waves) / like.points[ladder.first()].place.on(Axis::Waves),
        };
        let reached = (1.0 / REACH_WAVES..=REACH_WAVES).contains(&waves);
        ladder.axis == axis && bodies && reached && [from, to].into_iter().all(|at| ladder.around(like, at).is_some())
    };
    let steps = ladders.iter().filter(holds).map(|ladder| Step { ladder: ladder.clone(), from, to });
    let costed = steps.map(|step| (lacking(like, home, &step.uses(like)), step.ladder.far(like, place), step));
    costed.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map(|(_, _, step)| step)
}

/// The path to a place, one point left out if so asked; none where what was measured does not reach around it.
pub(super) fn find(like: &Like<'_>, place: Place, left_out: Option<usize>) -> Option<Path> {
    let there = |(index, point): &(usize, &Point<'_>)| Some(*index) != left_out && point.place == place;
    if let Some((index, _)) = like.points.iter().enumerate().find(there) {
        return Some(Path { place, home: Home::Point(index), steps: Vec::new() });
    }
    if !like.sort.interpolates() || place.delay_ns == 0 {
        return None;
    }
    let ladders = ladders(like, left_out);
    let between =
        |ladder: &&Ladder| ladder.around(like, place.on(ladder.axis)).is_some_and(|(lower, upper)| lower != upper);
    let points = usable(like, left_out).map(|(index, _)| Home::Point(index));
    let homes = points.chain(ladders.iter().filter(between).cloned().map(Home::Ladder));
    let paths = homes.filter_map(|home| from_home(like, &ladders, home, place));
    let costed = paths.map(|path| (path.cost(like), path));
    let less = |a: &(usize, usize, usize, f64), b: &(usize, usize, usize, f64)| {
        (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)).then(a.3.total_cmp(&b.3))
    };
    costed.min_by(|a, b| less(&a.0, &b.0)).map(|(_, path)| path)
}

fn from_home(like: &Like<'_>, ladders: &[Ladder], home: Home, place: Place) -> Option<Path> {
    let (begin, axis) = match &home {
        Home::Point(point) => (like.points[*point].place, None),
        Home::Ladder(ladder) => (like.points[ladder.first()].place, Some(ladder.axis)),
    };
    let mut path = Path { place, home, steps: Vec::new() };
    let begins = path.begins(like);
    for axis in begin.differs(place).into_iter().filter(|it| Some(*it) != axis) {
        // What a byte costs grows with the number of requests that carry it: no step in size is worth the same elsewhere.
        if axis == Axis::Body {
            return None;
        }
        // In the order of the axes: what a step in C changes is counted at the waves that it is taken at.
        path.steps.push(step(like, ladders, axis, (begin.on(axis), place.on(axis)), (place, &begins))?);
    }
    Some(path)
}
