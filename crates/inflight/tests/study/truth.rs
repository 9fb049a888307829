//! Whether studies tell the truth on a real machine. They measure, so nothing else may run beside:
//! `cargo test --release -p inflight --test study truth -- --ignored --nocapture --test-threads 1`, some 15 minutes.

use std::collections::BTreeMap;
use std::path::Path;

use inflight_report::directory;
use inflight_report::summary::{Pair, Summary};

use crate::stage::{Stage, inflight};

/// Runs a study of this file into a directory, and sums it up.
fn study(file: &Path, out: &Path) -> Summary {
    let output = inflight(&["study", file.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Summary::of(&directory::load(out).unwrap())
}

/// The pairs that are declared different, by metric, each with the better one first.
fn different(summary: &Summary) -> BTreeMap<(&'static str, [String; 2]), String> {
    let rankings = summary.machines[0].workloads.iter().flat_map(|workload| &workload.rankings);
    let declared = |pair: &&Pair| pair.different;
    let sorted = |pair: &Pair| {
        let mut names = [pair.a.clone(), pair.b.clone()];
        names.sort();
        names
    };
    rankings
        .flat_map(|ranking| ranking.pairs.iter().filter(declared).map(move |pair| (ranking.metric.as_str(), pair)))
        .map(|(metric, pair)| ((metric, sorted(pair)), pair.a.clone()))
        .collect()
}

#[test]
#[ignore = "measures for minutes, and nothing else may run beside"]
fn truth_quick_twice_orders_no_pair_in_two_ways() {
    let quick = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/studies/quick.toml"));
    let directory = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| different(&study(quick, &directory.path().join(name))));
    let both: Vec<_> = first.iter().filter_map(|(pair, better)| Some((pair, better, second.get(pair)?))).collect();
    println!("pairs declared different: {} and {}, in both {}", first.len(), second.len(), both.len());
    assert!(both.len() > 20, "most models differ in something");
    for (pair, better, other) in both {
        assert_eq!(better, other, "{pair:?}");
    }
}

#[test]
#[ignore = "measures for minutes, and nothing else may run beside"]
fn truth_the_baseline_does_not_differ_from_itself_in_twenty_studies() {
    let mut covered: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = [0, 0];
    for _ in 0..20 {
        let stage = Stage::with("rounds = 12\n", "[[workload]]\nrequests = 50\nconcurrency = 50\ndelay = \"20ms\"\n");
        let summary = study(&stage.file(), &stage.out());
        let controls = &summary.machines[0].workloads[0].controls;
        for again in &controls.again {
            let (low, high) =
                again.ratio.limits().unwrap_or_else(|| panic!("too few rounds without flags: something ran beside"));
            let covers = low <= 1.0 && 1.0 <= high;
            *covered.entry(again.metric.as_str()).or_default() += usize::from(covers);
        }
        for (count, control) in found.iter_mut().zip([&controls.delay, &controls.work]) {
            *count += usize::from(control.as_ref().is_some_and(|control| control.holds_injected == Some(true)));
        }
    }
    println!("of 20 A/A intervals so many cover 1: {covered:?}; what was injected lies in {found:?} of 20");
    assert!(covered.values().all(|count| *count >= 17), "{covered:?}");
    assert!(found.iter().all(|count| *count >= 17), "{found:?}");
}
