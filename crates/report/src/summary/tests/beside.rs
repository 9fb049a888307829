//! What stands beside the comparison: load generators that were counted, and what others claim.

use inflight_record::{Arm, ArmKind, Claim, Label, Manifest, Outcome, Row};

use super::MODELS;
use crate::fixture::{manifest, of, plain};
use crate::metric::Metric;
use crate::style::Style;
use crate::summary::{Summary, tables};

fn summary(manifest: Manifest, edit: impl Fn(&mut Row) -> bool) -> Summary {
    Summary::of(&of(manifest, 12, edit))
}

fn with_wrk() -> Manifest {
    let mut manifest = manifest(&MODELS, &[plain()]);
    let (arm, label) = ("wrk".to_owned(), Label::Yardstick);
    manifest.arms.push(Arm { model: arm.clone(), arm, label, kind: ArmKind::Yardstick, versions: None });
    manifest
}

fn counted(row: &mut Row) -> bool {
    if &*row.arm == "wrk" {
        row.outcome = Outcome::Counted;
        (row.makespan_ns, row.cpu_ns) = (Some(2_000_000_000), Some(1_000_000_000));
        row.ledger.as_mut().unwrap().completed = 40_000;
    }
    true
}

#[test]
fn a_yardstick_is_counted_and_in_no_rank() {
    let summary = summary(with_wrk(), counted);
    let workload = &summary.machines[0].workloads[0];
    assert!(workload.models.iter().all(|model| model.model != "wrk"));
    for ranking in &workload.rankings {
        assert!(ranking.pairs.iter().all(|pair| pair.a != "wrk" && pair.b != "wrk"));
    }
    let [wrk] = &workload.yardsticks[..] else { panic!("{:?}", workload.yardsticks) };
    assert_eq!((wrk.answers_per_second, wrk.cpu_per_request.estimate), (Some(20_000.0), Some(25_000.0)));
    assert_eq!(summary.figure("s/c100/wrk/cpu_per_request"), Some(&wrk.cpu_per_request));
    let text = tables(&summary, Style::Markdown);
    assert!(text.contains("| wrk       |     20000 | 25.0 µs (25.0 – 25.0) | 12 counted |"), "{text}");
    assert!(text.contains("nothing proves them one by one"), "{text}");
}

#[test]
fn a_study_without_them_says_nothing_of_them() {
    let summary = summary(manifest(&MODELS, &[plain()]), |_| true);
    let json = summary.to_json();
    assert!(!json.contains("yardstick") && !json.contains("claims"), "older summaries keep their bytes");
    assert!(!tables(&summary, Style::Markdown).contains("| claim"));
}

#[test]
fn a_claim_stands_beside_the_ratio_of_its_two_models() {
    let mut manifest = manifest(&MODELS, &[plain()]);
    let claim = |slow: &str, fast: &str, times| Claim {
        says: "threads are slower".to_owned(),
        theirs: "224.8 s against 10.33 s".to_owned(),
        times,
        workload: "c100".to_owned(),
        slow: slow.to_owned(),
        fast: fast.to_owned(),
    };
    manifest.claims = vec![claim("a/b", "base", Some(21.8)), claim("gone", "base", None)];
    let summary = summary(manifest, |_| true);
    let ratio = &summary.machines[0].workloads[0].claims[0].ratio;
    assert_eq!(ratio.id, "s/c100/a/b/makespan_over_base");
    assert_eq!(summary.figure(&ratio.id), Some(ratio));
    let other = summary.figure("s/c100/a/b/makespan_ratio").unwrap();
    assert_eq!((ratio.estimate, ratio.limits(), ratio.rounds), (other.estimate, other.limits(), 12));
    let text = tables(&summary, Style::Markdown);
    let line = text.lines().find(|line| line.contains("21.8 ×")).unwrap();
    assert!(line.contains("224.8 s against 10.33 s") && line.contains("a/b over base: 100 requests"), "{line}");
    let none = &summary.machines[0].workloads[0].claims[1].ratio;
    assert_eq!((none.estimate, none.rounds), (None, 0));
    assert!(none.reason.is_some() && Metric::Makespan.absent(&plain().workload).is_none());
}
