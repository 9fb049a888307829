//! Which of too many models or workloads are drawn, and a sentence on the others.

use super::caption::listed;
use super::gallery::Site;
use crate::metric::number_of;

/// A model that could be drawn.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    model: String,
    /// Whether it is drawn in any case: the floor and the baseline.
    always: bool,
    value: f64,
}

impl Candidate {
    /// A model with the figure that it is chosen by; less is better.
    pub(super) fn new(site: Site<'_>, model: &str, value: f64) -> Self {
        let always = site.looks.is_floor(model) || model == site.summary.baseline;
        Self { model: model.to_owned(), always, value }
    }
}

/// The places of those that are drawn, in the order of the input, and a sentence on the others, empty where all are.
pub(super) fn select(candidates: Vec<Candidate>, most: usize) -> (Vec<usize>, String) {
    let all = candidates.len();
    if all <= most {
        return ((0..all).collect(), String::new());
    }
    let mut order: Vec<(usize, Candidate)> = candidates.into_iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| {
        b.always.cmp(&a.always).then(a.value.total_cmp(&b.value)).then_with(|| a.model.cmp(&b.model))
    });
    let names: Vec<&str> = order[most..].iter().map(|(_, it)| it.model.as_str()).collect();
    let sentence = format!(
        "Of {all} models {most} are drawn: the floor, the baseline and those with the least figures; not drawn: {}.",
        listed(&names)
    );
    let mut kept: Vec<usize> = order.iter().take(most).map(|(place, _)| *place).collect();
    kept.sort_unstable();
    (kept, sentence)
}

/// So many places of `all`, evenly spaced and the last always among them: towards the end of a list of workloads there is
/// more to see.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place below `all`")]
pub(super) fn evenly(all: usize, most: usize) -> Vec<usize> {
    if all <= most {
        return (0..all).collect();
    }
    let pitch = number_of(all) / number_of(most);
    let place = |from_end: usize| all - 1 - (number_of(from_end) * pitch).floor() as usize;
    (0..most).rev().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_is_always_drawn() {
        assert_eq!(evenly(3, 3), [0, 1, 2]);
        assert_eq!(evenly(4, 3), [1, 2, 3]);
        assert_eq!(evenly(7, 3), [2, 4, 6]);
        assert_eq!(evenly(10_000, 4), [2_499, 4_999, 7_499, 9_999]);
    }

    #[test]
    fn floor_and_baseline_are_drawn_in_any_case() {
        let candidate =
            |place: usize| Candidate { model: format!("m{place:02}"), always: place == 18, value: number_of(place) };
        let (kept, sentence) = select((0..20).map(candidate).collect(), 3);
        assert_eq!(kept, [0, 1, 18]);
        assert!(sentence.contains("Of 20 models 3 are drawn") && sentence.contains("m02, m03"), "{sentence}");
        assert!(sentence.ends_with("and 11 more."), "{sentence}");
        assert_eq!(select((0..3).map(candidate).collect(), 3), (vec![0, 1, 2], String::new()));
    }
}
