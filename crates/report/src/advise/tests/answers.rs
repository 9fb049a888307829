//! Answers where the truth is known: measured, interpolated, crossing, capped, failed.

use inflight_record::{Outcome, Workload};

use super::super::{Axis, Direction, Question, Reply, Standing, Study, advise, text};
use super::{D, MS, Made, Truth, answer, ask, ladder, linear, near, of, standing};
use crate::fixture::named;
use crate::metric::Metric;
use crate::style::Style;

/// `one` starts fast and pays for each request, `two` the other way round: they cross at C = 137.
fn crossing(model: &str, workload: &Workload) -> Option<Truth> {
    Some(match model {
        "one" => linear(workload, 1.0, 50.0),
        "two" => linear(workload, 1.0 + 0.03 * 137.0, 20.0),
        _ => linear(workload, 0.5, 5.0),
    })
}

#[test]
fn the_crossing_of_two_models_is_found_between_the_workloads_that_bracket_it() {
    let made = Made { models: &["one", "two", "floor"], workloads: ladder(&[1, 10, 100, 1_000]), ..Made::default() };
    let studies = [made.study(crossing)];
    for (c, model, direction) in [(100, "one", Direction::Up), (1_000, "two", Direction::Down)] {
        let answer = answer(Workload::new(2 * c, c, D), &studies);
        assert!(answer.basis.measured && answer.basis.from == [format!("ladder/c{c}")]);
        assert_eq!((answer.models[0].model.as_str(), answer.models[0].standing), (model, Standing::Best));
        let [found] = &answer.crossings[..] else { panic!("{:?}", answer.crossings) };
        assert_eq!((found.model.as_str(), found.direction), (model, direction));
        assert!(found.rival.is_some() && found.between == ["ladder/c100", "ladder/c1000"]);
        near(found.estimate.unwrap(), 137.0, 0.02);
        assert!(found.low >= 100.0 && found.low < 137.0 && found.high > 137.0 && found.high < 200.0, "{found:?}");
    }
    // Around the crossing neither is told from the other; well above it one is behind.
    let at = answer(Workload::new(276, 138, D), &studies);
    assert_eq!((at.models[0].standing, at.models[1].standing), (Standing::Best, Standing::Within));
    let above = answer(Workload::new(1_000, 500, D), &studies);
    assert_eq!((standing(&above, "two"), standing(&above, "one")), (Standing::Best, Standing::Behind));
    assert!(!above.basis.measured && above.basis.steps.is_empty());
    assert_eq!(above.basis.from, ["ladder/c100", "ladder/c1000"]);
    // Lines on which the truth lies are met, and known to be.
    let two = of(&above, "two");
    let excess = two.excess.as_ref().unwrap();
    near(excess.estimate, linear(&Workload::new(1_000, 500, D), 5.11, 20.0).excess, 0.01);
    assert!(excess.low.unwrap() < excess.estimate && excess.estimate < excess.high.unwrap());
    assert!(!excess.measured && excess.ids == ["ladder/c100/two/excess", "ladder/c1000/two/excess"]);
    near(two.makespan.as_ref().unwrap().estimate, 100.0 * MS + excess.estimate, 1e-9);
    near(two.cpu_total.as_ref().unwrap().estimate, 1_000.0 * two.cpu_per_request.as_ref().unwrap().estimate, 1e-9);
    let checked = above.basis.checks.iter().find(|check| check.metric == Metric::Excess).unwrap();
    assert!(checked.workloads == 2 && checked.typical_error.unwrap() < 0.02, "{checked:?}");
}

#[test]
fn a_measured_workload_gives_the_figures_of_its_summary() {
    let made = Made { models: &["one", "two", "floor"], workloads: ladder(&[10, 100, 1_000]), ..Made::default() };
    let studies = [made.study(crossing)];
    let answer = answer(Workload::new(200, 100, D), &studies);
    let summary = &studies[0];
    for model in &answer.models {
        for (estimate, metric) in [
            (&model.makespan, "makespan"),
            (&model.excess, "excess"),
            (&model.cpu_per_request, "cpu_per_request"),
            (&model.peak_memory, "peak_memory"),
        ] {
            let estimate = estimate.as_ref().unwrap();
            let [id] = &estimate.ids[..] else { panic!("{:?}", estimate.ids) };
            assert_eq!(*id, format!("ladder/c100/{}/{metric}", model.model));
            let figure = summary.figure(id).unwrap();
            assert!(estimate.measured && Some(estimate.estimate) == figure.estimate);
            near(estimate.low.unwrap(), figure.low.unwrap(), 1e-9);
            near(estimate.high.unwrap(), figure.high.unwrap(), 1e-9);
        }
        let slope = model.marginal_memory.as_ref().unwrap();
        assert_eq!(slope.ids, [format!("ladder/d50ms-b1024-cold/{}/marginal_memory", model.model)]);
    }
    assert!(answer.basis.checks.is_empty());
    assert_eq!(answer.models.last().unwrap().model, "floor", "a floor is no choice, however good");
    assert_eq!(answer, super::answer(Workload::new(200, 100, D), &studies));
}

#[test]
fn models_that_are_alike_are_within_the_best_and_never_cross() {
    let models = &["one", "twin", "old", "trap"];
    let made = Made { models, workloads: ladder(&[10, 100, 1_000]), ..Made::default() };
    let no_choice = |model: &str| model == "old" || model == "trap";
    let studies =
        [made.study(|model, workload| Some(linear(workload, if no_choice(model) { 0.5 } else { 2.0 }, 40.0)))];
    for c in [100, 300] {
        let answer = answer(Workload::new(2 * c, c, D), &studies);
        let mut standings = [standing(&answer, "one"), standing(&answer, "twin")];
        standings.sort();
        assert_eq!(standings, [Standing::Best, Standing::Within]);
        assert!(answer.crossings.is_empty(), "{:?}", answer.crossings);
        let text = text(&super::ask(Workload::new(2 * c, c, D), &studies), Style::Terminal);
        assert!(text.contains("one, twin not told apart from the best up to C = 1000"), "{text}");
        assert!(text.contains("pitfalls and historical models are no choice"), "{text}");
    }
}

#[test]
fn whoever_does_not_finish_has_fallen_behind() {
    let made = Made { workloads: ladder(&[10, 100, 1_000]), ..Made::default() };
    let truth = |model: &str, workload: &Workload| {
        let slow = model == "two" && workload.concurrency > 100;
        Some(Truth { outcome: if slow { Outcome::Timeout } else { Outcome::Ok }, ..linear(workload, 1.0, 40.0) })
    };
    let studies = [made.study(truth)];
    let below = answer(Workload::new(200, 100, D), &studies);
    let [found] = &below.crossings[..] else { panic!("{:?}", below.crossings) };
    assert_eq!((found.model.as_str(), found.rival.as_deref(), found.estimate), ("two", None, None));
    assert_eq!((found.low, found.high), (100.0, 1_000.0));
    assert!(found.reason.as_ref().unwrap().contains("12 of 12 batches of ladder/c1000 timeout: it took too long"));

    let there = answer(Workload::new(2_000, 1_000, D), &studies);
    let two = of(&there, "two");
    assert!(two.standing == Standing::Behind && two.excess.is_none() && two.cpu_per_request.is_none());
    assert!(two.reason.as_ref().unwrap().contains("timeout"));
    // In between nothing is known of it, and nothing is made up.
    let between = answer(Workload::new(600, 300, D), &studies);
    assert_eq!((standing(&between, "one"), standing(&between, "two")), (Standing::Best, Standing::Unknown));
}

#[test]
fn a_cap_is_not_interpolated_across() {
    // `two` keeps 50 in flight at most, and waits.
    let made = Made { workloads: ladder(&[10, 100, 1_000]), ..Made::default() };
    let truth = |model: &str, workload: &Workload| {
        let plain = linear(workload, 1.0, 40.0);
        let capped = model == "two" && workload.concurrency > 50;
        let waves = workload.requests.div_ceil(50) as f64 - 2.0;
        Some(if capped { Truth { excess: waves * D as f64, peak: 50, memory: 3e6, ..plain } } else { plain })
    };
    let studies = [made.study(truth)];
    let between = answer(Workload::new(60, 30, D), &studies);
    let two = of(&between, "two");
    assert_eq!((two.standing, &two.excess), (Standing::Unknown, &None));
    assert!(two.reason.as_ref().unwrap().contains("in ladder/c100 it waits with fewer than 100 in flight"), "{two:?}");
    // Where the cap binds on both sides, its cost is on a line too.
    let above = answer(Workload::new(800, 400, D), &studies);
    assert_eq!(standing(&above, "two"), Standing::Behind);
    near(of(&above, "two").excess.as_ref().unwrap().estimate, 14.0 * D as f64, 0.02);
    // From elsewhere nothing is added to it, but it is behind wherever it was seen.
    let more = [made.study(truth), waves().study(truth)];
    let stepped = answer(Workload::new(2_000, 400, D), &more);
    assert_eq!((standing(&stepped, "two"), &of(&stepped, "two").excess), (Standing::Unknown, &None));
}

/// One to 100 waves of 10.
fn waves() -> Made<'static> {
    let workloads = [1, 10, 100].map(|waves| named(&format!("w{waves}"), &Workload::new(10 * waves, 10, D)));
    Made { name: "waves", workloads: workloads.to_vec(), ..Made::default() }
}

#[test]
fn steps_from_elsewhere_are_named_checked_and_right_where_they_are_independent() {
    let delays = [5, 20, 50, 200].map(|ms| named(&format!("d{ms}"), &Workload::new(200, 100, ms * 1_000_000)));
    let delays = Made { name: "delays", workloads: delays.to_vec(), ..Made::default() };
    let made = Made { workloads: ladder(&[1, 10, 100, 500]), ..Made::default() };
    // What these two come to with a step along C and one along D is known.
    let corners = [Workload::new(500, 50, D), Workload::new(100, 10, 5_000_000)];
    let corners: Vec<_> = ["far", "short"].iter().zip(&corners).map(|(slug, it)| named(slug, it)).collect();
    let corners = Made { name: "corners", workloads: corners, ..Made::default() };
    let made = [made.study(crossing), waves().study(crossing), delays.study(crossing)];
    let studies = [made.as_slice(), &[corners.study(crossing)]].concat();
    let asked = Workload::new(4_000, 400, 100_000_000);
    let answer = answer(asked.clone(), &studies);
    let axes: Vec<Axis> = answer.basis.steps.iter().map(|step| step.axis).collect();
    assert_eq!(
        (axes, answer.basis.from.clone()),
        (vec![Axis::Concurrency, Axis::Delay], vec!["corners/far".to_owned()])
    );
    for (model, start, each) in [("one", 1.0, 50.0), ("two", 5.11, 20.0)] {
        let (model, truth) = (of(&answer, model), linear(&asked, start, each));
        near(model.excess.as_ref().unwrap().estimate, truth.excess, 0.01);
        near(model.makespan.as_ref().unwrap().estimate, 1_000.0 * MS + truth.excess, 0.01);
        near(model.cpu_total.as_ref().unwrap().estimate, truth.cpu, 0.02);
        near(model.peak_memory.as_ref().unwrap().estimate, truth.memory, 0.02);
        for estimate in [&model.excess, &model.cpu_total, &model.peak_memory].into_iter().flatten() {
            assert!(estimate.low.unwrap() <= estimate.estimate && estimate.estimate <= estimate.high.unwrap());
        }
    }
    assert_eq!((standing(&answer, "two"), standing(&answer, "one")), (Standing::Best, Standing::Behind));
    let text = text(&ask(asked.clone(), &studies), Style::Markdown);
    for part in [
        "Not measured itself; interpolated. It begins with corners/far; requests in flight from 50 to 400 as along",
        "delay from 50ms to 100ms as along delays/d50, delays/d200",
        "Checked by predicting",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // Without the two no prediction has a step, and those within a ladder say nothing of one.
    let alone = super::answer(asked.clone(), &made);
    assert!(alone.basis.checks.iter().all(|check| check.workloads == 0 && check.typical_error.is_none()));
    for model in ["one", "two"] {
        let (model, checked) = (of(&alone, model), of(&answer, model));
        near(model.excess.as_ref().unwrap().estimate, checked.excess.as_ref().unwrap().estimate, 0.01);
        for estimate in [&model.excess, &model.cpu_total, &model.peak_memory].into_iter().flatten() {
            assert_eq!(estimate.limits(), None);
        }
    }
    assert_eq!((standing(&alone, "two"), standing(&alone, "one")), (Standing::Best, Standing::Unknown));
    let text = super::super::text(&ask(asked, &made), Style::Markdown);
    for part in ["nothing measured checks the steps that are borrowed", "It was not checked"] {
        assert!(text.contains(part) && !text.contains("Checked by predicting"), "{text}");
    }
    // Whatever the order of the studies.
    let turned: Vec<_> = studies.iter().rev().cloned().collect();
    assert_eq!(ask(Workload::new(4_000, 400, D), &studies), ask(Workload::new(4_000, 400, D), &turned));
}

#[test]
fn no_step_is_borrowed_for_a_model_that_is_busy_where_it_was_measured() {
    let delays = [20, 50, 200].map(|ms| named(&format!("d{ms}"), &Workload::new(200, 100, ms * 1_000_000)));
    let delays = Made { name: "delays", workloads: delays.to_vec(), ..Made::default() };
    let made = Made { workloads: ladder(&[10, 100, 1_000]), ..Made::default() };
    // With 1000 in flight for 50 ms `one` has four fifths of them to do, and of 200 ms one fifth.
    let answer = answer(Workload::new(2_000, 1_000, 4 * D), &[made.study(crossing), delays.study(crossing)]);
    assert_eq!((&answer.basis.from[..], answer.basis.steps.len()), (&["delays/d200".to_owned()][..], 1));
    let (one, two) = (of(&answer, "one"), of(&answer, "two"));
    assert!(one.standing == Standing::Unknown && one.excess.is_none() && two.excess.is_some(), "{one:?}");
    assert!(one.reason.as_ref().unwrap().contains("in ladder/c1000 its CPU time fills D"), "{one:?}");
}

#[test]
fn a_crossing_that_nothing_checks_is_somewhere_in_between() {
    let made = Made { workloads: ladder(&[100, 1_000]), ..Made::default() };
    let answer = answer(Workload::new(200, 100, D), &[made.study(crossing)]);
    let [found] = &answer.crossings[..] else { panic!("{:?}", answer.crossings) };
    assert_eq!((found.estimate, found.low, found.high), (None, 100.0, 1_000.0));
}

#[test]
fn what_interpolates_badly_says_so() {
    // `two` explodes above 100, which no line foresees.
    let made = Made { workloads: ladder(&[1, 10, 100, 1_000]), ..Made::default() };
    let truth = |model: &str, workload: &Workload| {
        let plain = linear(workload, 1.0, 40.0);
        let explodes = model == "two" && workload.concurrency > 100;
        Some(if explodes { Truth { excess: plain.excess * 60.0, ..plain } } else { plain })
    };
    let answer = answer(Workload::new(600, 300, D), &[made.study(truth)]);
    let width = |model: &str| {
        let (low, high) = of(&answer, model).excess.as_ref().unwrap().limits().unwrap();
        high / low
    };
    assert!(width("two") > 20.0 && width("one") < 3.0, "{} {}", width("two"), width("one"));
}

#[test]
fn one_round_and_one_model_say_what_they_can() {
    let made = Made { workloads: ladder(&[10, 100, 1_000]), rounds: 1, ..Made::default() };
    let studies = [made.study(crossing)];
    for c in [100, 300] {
        let answer = answer(Workload::new(2 * c, c, D), &studies);
        let mut standings = [standing(&answer, "one"), standing(&answer, "two")];
        standings.sort();
        assert_eq!(standings, [Standing::Best, Standing::Unknown]);
        assert!(answer.models.iter().all(|model| model.excess.as_ref().unwrap().limits().is_none()));
        let text = text(&ask(Workload::new(2 * c, c, D), &studies), Style::Terminal);
        assert!(text.contains("Cannot be said of: "), "{text}");
    }
    let alone = Made { models: &["one"], workloads: ladder(&[10, 100]), ..Made::default() };
    let studies = [alone.study(crossing)];
    let answer = answer(Workload::new(100, 50, D), &studies);
    assert_eq!((answer.models.len(), standing(&answer, "one")), (1, Standing::Best));
    // With two knots nothing can be left out: the limits are those of the two.
    let excess = of(&answer, "one").excess.as_ref().unwrap();
    assert!(excess.low.unwrap() < 2.0 * MS && excess.high.unwrap() > 6.0 * MS, "{excess:?}");
    let text = text(&ask(Workload::new(100, 50, D), &studies), Style::Terminal);
    assert!(text.contains("No measured workload checks such an interpolation"), "{text}");
}

#[test]
fn only_failed_batches_leave_nothing_to_choose_from() {
    let made = Made { workloads: ladder(&[10, 100]), ..Made::default() };
    let failed = |_: &str, workload: &Workload| Some(Truth { outcome: Outcome::Failed, ..linear(workload, 1.0, 1.0) });
    let studies = [made.study(failed)];
    for c in [100, 50] {
        let answer = answer(Workload::new(2 * c, c, D), &studies);
        assert!(answer.models.iter().all(|model| model.standing == Standing::Behind && model.excess.is_none()));
        let text = text(&ask(Workload::new(2 * c, c, D), &studies), Style::Terminal);
        assert!(text.contains("No model that is a choice has a figure here"), "{text}");
        assert!(text.contains("12 of 12 batches of ladder/c1"), "{text}");
    }
}

#[test]
fn without_a_delay_cpu_time_decides_and_nothing_is_interpolated() {
    let zero = |c: u64| named(&format!("z{c}"), &Workload::new(2 * c, c, 0));
    let made = Made { workloads: vec![zero(10), zero(100)], ..Made::default() };
    let studies = [made.study(crossing)];
    let answer = answer(Workload::new(200, 100, 0), &studies);
    assert_eq!((answer.by, answer.models[0].model.as_str()), (Metric::CpuPerRequest, "two"));
    assert!(answer.models.iter().all(|model| model.excess.is_none() && model.makespan.is_some()));
    assert!(answer.crossings.is_empty());
    let text = text(&ask(Workload::new(200, 100, 0), &studies), Style::Terminal);
    assert!(text.contains("no ideal at D = 0") && text.contains("Best by CPU time per request: two"), "{text}");
}

#[test]
fn an_older_directory_of_a_study_is_named_with_its_pin() {
    let made = Made { workloads: ladder(&[10, 100]), ..Made::default() };
    let (new, old) = (made.study(crossing), Made { rounds: 14, workloads: ladder(&[10, 100]), ..made }.study(crossing));
    let studies = [("", &new), ("2026-01-01-here:", &old)].map(|(pin, summary)| Study { pin: pin.to_owned(), summary });
    let question = Question { workload: Workload::new(200, 100, D), machine: None };
    let advice = advise(&question, &studies).unwrap();
    let Reply::Answer(answer) = &advice.machines[0].reply else { panic!("{advice:?}") };
    // The one with more rounds is used.
    assert_eq!(answer.basis.from, ["2026-01-01-here:ladder/c100"]);
    assert_eq!(answer.basis.also, ["ladder/c100"]);
    let id = &answer.models[0].excess.as_ref().unwrap().ids[0];
    assert!(id.starts_with("2026-01-01-here:ladder/c100/") && id.ends_with("/excess"), "{id}");
    assert!(text(&advice, Style::Terminal).contains("2026-01-01-here:ladder/c100/<model>/{cpu_per_request,excess"));
}
