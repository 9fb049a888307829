//! Citations, word for word.

use inflight_record::{Outcome, Record};

use super::{bibtex, markdown, text};
use crate::library::Library;
use crate::library::tests::{as_it_is, one, study};

const EXCESS: &str = "The excess of other was 30.0 ms (95 % interval 30.0 – 30.0; median of 12 rounds, none left out), \
    for 500 requests, 500 in flight, each held for 50ms, bodies of 1024 B, cold connections, \
    on A CPU with 2 CPUs (Debian, Linux 6.1; placement split: server on CPU 0, worker on CPU 1), \
    measured on 2026-01-02 with inflight 0.1.0 at commit abc.";

#[test]
fn a_citation_says_everything_in_one_sentence() {
    let results = one(as_it_is);
    let library = Library::open(results.path()).unwrap();
    let path = results.path().join("2026-01-02-box/s/records.jsonl").display().to_string();
    let found = library.figure("s/c500/other/excess").unwrap();
    assert_eq!(text(&found), format!("{EXCESS} Figure s/c500/other/excess, from {path}.\n"));
    assert_eq!(markdown(&found), format!("{EXCESS} Figure [s/c500/other/excess]({path}).\n"));
    let tex = EXCESS.replace("95 %", "95 \\%").replace('–', "--");
    let lines = [
        "@misc{inflight:2026-01-02-box:s/c500/other/excess,",
        "  author       = {{inflight contributors}},",
        "  title        = {{The excess of other: 30.0 ms}},",
        "  year         = {2026},",
        "  month        = jan,",
        &format!("  howpublished = {{inflight 0.1.0, commit abc, figure s/c500/other/excess of {path}}},"),
        &format!("  note         = {{{tex}}},"),
        "}",
        "",
    ];
    assert_eq!(bibtex(&found), lines.join("\n"));
}

#[test]
fn ratios_differences_and_slopes_say_what_they_are() {
    let results = one(as_it_is);
    let library = Library::open(results.path()).unwrap();
    let begins = |id: &str, says: &str| {
        let text = text(&library.figure(id).unwrap());
        assert!(text.starts_with(says), "{id}: {text}");
    };
    begins(
        "s/c500/other/excess_ratio",
        "The excess of other, divided by that of base in the same round, was 3.000 (95 % interval 3.000 – 3.000; Hodges–Lehmann estimate of 12 rounds",
    );
    begins(
        "s/c500/base@delay/makespan_difference",
        "The makespan of base@delay, less that of base in the same round, was 2.00 ms (95 % interval",
    );
    begins("s/c500/base/cpu_per_request", "The CPU time per request of base was 10.0 µs (");
    begins("s/c500/base/peak_memory", "The peak memory of base has no estimate (no batch of it may be used), for 500");
}

#[test]
fn a_figure_without_estimate_or_interval_says_why() {
    let few = |_: &mut _, records: &mut Vec<Record>| {
        records.retain(|record| record.round < 2);
        for record in records.iter_mut().filter(|record| record.arm == "other") {
            (record.outcome, record.reason) = (Outcome::Failed, Some("it broke".to_owned()));
        }
    };
    let results = one(few);
    let library = Library::open(results.path()).unwrap();
    let cited = |id: &str| library.figure(id).unwrap();
    let sentence = text(&cited("s/c500/base/excess"));
    assert!(
        sentence.contains("was 10.0 ms (median of 2 rounds, none left out; 2 rounds: an interval needs 6)"),
        "{sentence}"
    );
    let sentence = text(&cited("s/c500/other/excess"));
    let says = "The excess of other has no estimate (no batch of it may be used; its batches: 0 ok, 2 failed)";
    assert!(sentence.starts_with(says), "{sentence}");
    assert!(bibtex(&cited("s/c500/other/excess")).contains("title        = {{The excess of other}},"));
}

#[test]
fn a_time_without_a_delay_says_that_it_may_be_the_servers() {
    let results = one(|manifest, records| {
        manifest.workloads[0].workload.delay_ns = 0;
        records.iter_mut().for_each(|record| (record.workload.delay_ns, record.ideal_ns) = (0, 0));
    });
    let library = Library::open(results.path()).unwrap();
    let cited = |metric: &str| text(&library.figure(&format!("s/c500/other/{metric}")).unwrap());
    let says = "none left out; at D = 0 the server may be what is measured; only CPU per request is ranked there)";
    assert!(cited("makespan").contains(says) && cited("makespan_ratio").contains(says), "{}", cited("makespan"));
    assert!(cited("cpu_per_request").contains("none left out), for"));
    assert!(cited("excess").starts_with("The excess of other has no estimate (no ideal at D = 0), for 500"));
}

#[test]
fn builds_that_are_not_to_be_cited_and_nights_are_told() {
    let results = one(|_, records| {
        records.iter_mut().filter(|it| it.round > 3).for_each(|it| it.started_at = "2026-02-01T00:00:00Z".to_owned());
    });
    let file = results.path().join("2026-01-02-box/s/environments.jsonl");
    let debug = std::fs::read_to_string(&file).unwrap().replace("\"release\"", "\"debug\"");
    std::fs::write(&file, debug).unwrap();
    let library = Library::open(results.path()).unwrap();
    let found = library.figure("s/c500/base/excess").unwrap();
    let says = "measured from 2026-01-02 to 2026-02-01 with inflight 0.1.0 at commit abc in a debug build, whose figures are not to be cited.";
    assert!(text(&found).contains(says), "{}", text(&found));
    assert!(bibtex(&found).contains("  month        = feb,\n"));
}

#[test]
fn what_markdown_and_bibtex_take_for_their_own_is_escaped() {
    let results = tempfile::tempdir().unwrap();
    study(results.path(), "2026-01-02-a (b)/s", |manifest, records| {
        manifest.name = "100%_of {x".to_owned();
        let odd = "o|t*h_er";
        manifest.arms[1].arm = odd.to_owned();
        manifest.arms[1].model = odd.to_owned();
        records.iter_mut().filter(|it| it.arm == "other").for_each(|it| it.arm = odd.to_owned());
    });
    let library = Library::open(results.path()).unwrap();
    let found = library.figure("100%_of {x/c500/o|t*h_er/excess").unwrap();
    let markdown = markdown(&found);
    assert!(markdown.starts_with("The excess of o\\|t\\*h\\_er was 30.0 ms"), "{markdown}");
    assert!(markdown.ends_with("/2026-01-02-a%20%28b%29/s/records.jsonl).\n"), "{markdown}");
    assert!(markdown.contains("Figure [100%\\_of {x/c500/o\\|t\\*h\\_er/excess]("), "{markdown}");
    let bibtex = bibtex(&found);
    assert!(
        bibtex.starts_with("@misc{inflight:2026-01-02-a+20+28b+29:100+25_of+20+7bx/c500/o+7ct+2ah_er/excess,\n"),
        "{bibtex}"
    );
    assert!(bibtex.contains("100\\%\\_of \\textbraceleft{}x/c500"), "{bibtex}");
    let depth = bibtex.bytes().fold(0, |depth, byte| depth + i32::from(byte == b'{') - i32::from(byte == b'}'));
    assert_eq!(depth, 0, "{bibtex}");
}
