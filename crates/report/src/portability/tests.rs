//! Fleets made by hand: a study on a few machines with known ratios, and what is said of them.

use inflight_record::{LogNormal, Manifest, Restricted, Row, Workload};

use super::*;
use crate::fixture::{environment, manifest, named, plain, rows};
use crate::study::StudyRecords;
use crate::style::Style;
use crate::summary::{MachineSummary, Summary};

/// A machine: its name, how many thousandths of twice the baseline the other model takes there, and whether it is restricted.
pub(crate) type Node<'a> = (&'a str, u64, bool);

/// Makes the other model take so many thousandths of what it takes in the fixture, which is twice the baseline.
fn slowed(row: &mut Row, thousandths: u64) {
    if &*row.arm == "other" {
        let of = |value: u64| value * thousandths / 1_000;
        row.makespan_ns = row.makespan_ns.map(|makespan| row.ideal_ns + of(makespan - row.ideal_ns));
        row.cpu_ns = row.cpu_ns.map(of);
        row.memory_bytes = row.memory_bytes.map(of);
    }
}

/// What the study of this manifest finds on a machine.
fn ran(manifest: Manifest, restricted: bool, edit: impl Fn(&mut Row)) -> Summary {
    let mut environment = environment("e");
    environment.machine.restricted = restricted.then_some(Restricted { online_cpus: 8, quota_milli_cpus: None });
    let rows = rows(&manifest, 12, |row| {
        edit(row);
        true
    });
    Summary::of(&StudyRecords::new(vec![manifest], vec![environment], rows).unwrap())
}

fn named_study(name: &str) -> Manifest {
    Manifest { study_id: format!("s-{name}"), ..manifest(&["base", "other"], &[plain()]) }
}

fn summaries(nodes: &[Node<'_>]) -> Vec<Summary> {
    let one = |(name, times, restricted): &Node<'_>| ran(named_study(name), *restricted, |row| slowed(row, *times));
    nodes.iter().map(one).collect()
}

fn sources<'a>(nodes: &[Node<'_>], summaries: &'a [Summary]) -> Vec<Source<'a>> {
    let source = |((name, ..), summary): (&Node<'_>, &'a Summary)| Source { path: format!("out/{name}"), summary };
    nodes.iter().zip(summaries).map(source).collect()
}

/// What is said of a study on these machines.
pub(crate) fn fleet(nodes: &[Node<'_>]) -> Portability {
    Portability::of(&sources(nodes, &summaries(nodes))).unwrap()
}

fn refused(nodes: &[Node<'_>], change: impl Fn(usize, &mut Summary)) -> String {
    let mut summaries = summaries(nodes);
    summaries.iter_mut().enumerate().for_each(|(place, summary)| change(place, summary));
    Portability::of(&sources(nodes, &summaries)).unwrap_err().to_string()
}

fn row(portability: &Portability, metric: Metric) -> &super::Row {
    portability.studies[0].workloads[0].rows.iter().find(|row| row.metric == metric).unwrap()
}

fn excess(times: [u64; 4], restricted: [bool; 4]) -> super::Row {
    let names = ["node1", "node2", "node3", "node4"];
    let nodes: Vec<Node<'_>> = (0..4).map(|place| (names[place], times[place], restricted[place])).collect();
    row(&fleet(&nodes), Metric::Excess).clone()
}

const NONE: [bool; 4] = [false; 4];

#[test]
fn a_ratio_that_all_machines_have_holds_everywhere() {
    let row = excess([300, 310, 320, 330], NONE);
    assert_eq!(row.verdict, Verdict::HoldsEverywhere, "{}", row.words);
    assert!(row.words.starts_with("holds everywhere: less on 4 of 4, next 0."), "{}", row.words);
    let together = row.together.unwrap();
    assert_eq!(together.machines, 4);
    assert!((0.6..0.66).contains(&together.ratio), "{together:?}");
    assert!(together.next_low < together.low && together.high < together.next_high && together.next_high < 1.0);
    assert!(together.i_squared > 0.5 && together.spread > 0.0 && together.spread < together.spread_high);
    let sides: Vec<Side> = row.machines.iter().map(|on| on.side).collect();
    assert_eq!(sides, [Side::Less; 4]);
    assert_eq!(row.machines[3].machine, "node4");
    assert_eq!(row.machines[3].rounds, 12);
}

#[test]
fn what_was_merged_from_others_that_are_there_counts_once() {
    let nodes: Vec<Node<'_>> = ["node1", "node2", "node3"].map(|name| (name, 300, false)).into();
    let mut summaries = summaries(&nodes);
    let mut merged = summaries[0].clone();
    merged.study_ids = summaries.iter().flat_map(|summary| summary.study_ids.clone()).collect();
    summaries.push(merged);
    let with_merged: Vec<Node<'_>> = nodes.iter().copied().chain([("merged", 300, false)]).collect();
    let portability = Portability::of(&sources(&with_merged, &summaries)).unwrap();
    let named: Vec<&str> = portability.studies[0].machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(named, ["node1", "node2", "node3"]);
}

#[test]
fn a_ratio_on_the_other_side_somewhere_is_reversed_there() {
    let row = excess([300, 310, 320, 2_700], [false, false, false, true]);
    assert_eq!(row.verdict, Verdict::Reversed);
    // Of four machines one can be chosen in four ways, and one of these is the restricted one.
    let begin =
        "reversed on node4 (restricted), where restricted (by chance 25.0 %): more there, less on node1, node2, node3";
    assert_eq!(row.words, begin);
    let separation = row.separation.unwrap();
    assert_eq!(separation.attributes, ["restricted"]);
    assert!((separation.chance - 0.25).abs() < 1e-9);
}

#[test]
fn a_ratio_that_spreads_may_not_hold_on_the_next() {
    let row = excess([75, 200, 350, 470], NONE);
    assert_eq!(row.verdict, Verdict::HoldsOnAllSeen, "{}", row.words);
    assert!(row.words.starts_with("holds on all 4 seen: less; the next may not be, "), "{}", row.words);
}

#[test]
fn what_holds_on_some_holds_where_something_recorded_says_so() {
    let times = [300, 310, 500, 500];
    let row = excess(times, [false, false, true, true]);
    assert_eq!(row.verdict, Verdict::HoldsWhere, "{}", row.words);
    assert!(row.words.starts_with("holds where not restricted (by chance 33.3 %): less on 2 of 4"), "{}", row.words);
    let row = excess(times, NONE);
    assert_eq!(row.verdict, Verdict::NotTold, "{}", row.words);
    assert!(row.words.contains("nothing recorded sets these apart"), "{}", row.words);
    let row = excess([500; 4], NONE);
    assert_eq!(row.verdict, Verdict::NotTold);
    assert!(row.words.starts_with("not to be told: no difference shown on any of 4; next "), "{}", row.words);
}

#[test]
fn memory_below_what_can_be_measured_is_on_no_side() {
    // 0.3 of 1.6 MB against 0.8 MB: less than half a MiB apart.
    let portability = fleet(&[("a", 300, false), ("b", 310, false), ("c", 320, false)]);
    let memory = row(&portability, Metric::MemoryPerRequestInFlight);
    assert!(memory.machines.iter().all(|on| on.side == Side::NotTold && on.high.unwrap() < 1.0));
    assert_eq!(row(&portability, Metric::CpuPerRequest).machines[0].side, Side::Less);
}

#[test]
fn machines_without_the_figure_are_left_out_with_a_reason() {
    let nodes = [("a", 300, false), ("b", 310, false), ("c", 320, false), ("d", 330, false)];
    let mut summaries = summaries(&nodes);
    let models = &mut summaries[3].machines[0].workloads[0].models;
    models.retain(|model| model.model != "other");
    let portability = Portability::of(&sources(&nodes, &summaries)).unwrap();
    let excess = row(&portability, Metric::Excess);
    assert_eq!(excess.together.as_ref().unwrap().machines, 3);
    assert_eq!(excess.machines[3].reason.as_deref(), Some("not run"));
    summaries[2].machines.clear();
    let portability = Portability::of(&sources(&nodes, &summaries)).unwrap();
    let excess = row(&portability, Metric::Excess);
    assert_eq!((&excess.together, excess.verdict), (&None, Verdict::NotTold));
    assert_eq!(excess.words, "not to be told: 2 of 3 machines have an interval");
}

#[test]
fn what_is_no_fleet_is_refused() {
    let two = [("a", 300, false), ("b", 310, false)];
    let text = refused(&two, |_, _| ());
    assert_eq!(text, "how a ratio carries takes 3 machines or more: there is study s on 2 (a, b)");
    assert!(refused(&two, |_, summary| summary.machines.clear()).starts_with("no study there has records"));
    let three = [("a", 300, false), ("b", 310, false), ("c", 320, false)];
    let text = refused(&three, |_, summary| summary.study_ids = vec!["same".to_owned()]);
    assert_eq!(text, "out/a and out/b hold the same part of study s (same): give one of them");
    let text = refused(&three, |place, summary| {
        if place == 2 {
            summary.baseline = "other".to_owned();
        }
    });
    assert!(text.contains("compares with base in out/a and with other in out/c"), "{text}");
    let text = refused(&three, |place, summary| {
        if place == 1 {
            let lognormal = Some(LogNormal { sigma_milli: 600, seed: 7 });
            summary.machines[0].workloads[0].workload = Workload { lognormal, ..plain().workload };
        }
    });
    assert!(text.contains("workload \"c100\" of study s is ") && text.contains("with seed 7 in out/b"), "{text}");
}

#[test]
fn where_models_change_places_is_said_machine_by_machine() {
    let levels = [10, 100, 1_000].map(|level| Workload::new(2 * level, level, 50_000_000));
    let workloads: Vec<_> = (0..3).map(|place| named(&format!("w{place}"), &levels[place])).collect();
    let one = |place: usize| {
        let manifest = manifest(&["base", "other"], &workloads);
        let manifest = Manifest { study_id: format!("s-{place}"), ..manifest };
        // On the last machine it takes less throughout.
        ran(manifest, false, |row| slowed(row, if row.requests > 20 && place < 2 { 1_000 } else { 300 }))
    };
    let summaries: Vec<Summary> = (0..3).map(one).collect();
    let nodes = [("a", 0, false), ("b", 0, false), ("c", 0, false)];
    let portability = Portability::of(&sources(&nodes, &summaries)).unwrap();
    let crossovers = &portability.studies[0].crossovers;
    let kinds: Vec<(&str, Metric, &str)> =
        crossovers.iter().map(|it| (it.model.as_str(), it.metric, it.along.as_str())).collect();
    assert_eq!(kinds, [("other", Metric::Excess, "C"), ("other", Metric::CpuPerRequest, "C")]);
    let machines = &crossovers[0].machines;
    assert_eq!(machines.iter().map(|on| on.crossings.len()).collect::<Vec<_>>(), [1, 1, 0]);
    assert_eq!(machines[2].begins, Side::Less);
    let crossed = &machines[0].crossings[0];
    // From 0.6 to 2 on the way from 10 to 100, straight in logarithms: 10 · 10^0.424.
    assert!((26.0..27.2).contains(&crossed.estimate.unwrap()), "{crossed:?}");
    assert!(crossed.low <= crossed.estimate.unwrap() && crossed.estimate.unwrap() <= crossed.high);
    assert_eq!((crossed.to, &crossed.between), (Side::More, &("w0".to_owned(), "w1".to_owned())));
    let text = text(&portability, Style::Markdown);
    assert!(text.contains("less, from C = 26") && text.contains("less throughout"), "{text}");
}

#[test]
fn tables_name_machines_and_what_keeps_them_small() {
    let portability = fleet(&[("a", 300, false), ("b", 310, false), ("c", 320, true)]);
    let text = text(&portability, Style::Markdown);
    for part in ["c (restricted)", "2 CPUs, restricted: 2 of 8 online", "excess / base", "holds everywhere", "τ"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let json: Portability = serde_json::from_str(&portability.to_json()).unwrap();
    assert_eq!(json, portability);
    let section = section(&portability, &crate::chart::forests(&portability).charts, "charts");
    assert!(section.starts_with("## From machine to machine\n\n| machine"), "{section}");
    assert_eq!(section.matches("<picture>").count(), 3);
}

#[test]
fn machines_of_a_merged_study_are_called_by_their_names_or_environments() {
    let mut merged = summaries(&[("a", 300, false)]).remove(0);
    let on = merged.machines[0].clone();
    for (id, node) in [("0123456789abcdef", None), ("fedcba9876543210", Some("n1"))] {
        let mut other = MachineSummary { environment_id: id.to_owned(), ..on.clone() };
        other.machine.node = node.map(str::to_owned);
        merged.machines.push(other);
    }
    let source = Source { path: "results/all".to_owned(), summary: &merged };
    let portability = Portability::of(&[source]).unwrap();
    let names: Vec<&str> = portability.studies[0].machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(names, ["e", "01234567", "n1"]);
}
