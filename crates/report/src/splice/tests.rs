//! Texts spliced from a small library: what is filled, what differs, what is refused and left as it was.

use super::{Difference, Spliced, splice};
use crate::library::Library;
use crate::library::tests::{as_it_is, one};

fn spliced(text: &str) -> Spliced {
    let results = one(as_it_is);
    splice(text, &Library::open(results.path()).unwrap())
}

#[track_caller]
fn fine(text: &str) -> String {
    let spliced = spliced(text);
    assert_eq!(spliced.faults, []);
    spliced.text
}

#[track_caller]
fn refused(text: &str, line: usize, says: &str) {
    let spliced = spliced(text);
    let told = matches!(&spliced.faults[..], [fault] if fault.line == line && fault.message.contains(says));
    assert!(told, "{text:?}: {:?}", spliced.faults);
    assert_eq!(spliced.text, text, "what cannot be filled stays");
}

#[test]
fn numbers_come_from_the_records() {
    let text = "It took <!-- inflight:s/c500/other/excess -->1 s<!-- /inflight --> more, \
                <!-- inflight:s/c500/other/excess_ratio percent -->much<!-- /inflight -->\nthan \
                <!-- inflight:2026-01-02-box:s/c500/base/makespan interval --><!-- /inflight --> (`<!-- inflight:x -->`).\n";
    let says = "It took <!-- inflight:s/c500/other/excess -->30.0 ms<!-- /inflight --> more, \
                <!-- inflight:s/c500/other/excess_ratio percent -->+200 %<!-- /inflight -->\nthan \
                <!-- inflight:2026-01-02-box:s/c500/base/makespan interval -->60.0 ms (60.0 – 60.0)<!-- /inflight --> (`<!-- inflight:x -->`).\n";
    let once = spliced(text);
    assert_eq!((once.text.as_str(), once.faults.len()), (says, 0));
    let difference = |line, asks: &str, stands: &str, says: &str| Difference {
        line,
        asks: asks.to_owned(),
        stands: stands.to_owned(),
        says: says.to_owned(),
    };
    assert_eq!(
        once.differences,
        [
            difference(1, "s/c500/other/excess", "1 s", "30.0 ms"),
            difference(1, "s/c500/other/excess_ratio percent", "much", "+200 %"),
            difference(2, "2026-01-02-box:s/c500/base/makespan interval", "", "60.0 ms (60.0 – 60.0)"),
        ]
    );
    assert_eq!(
        once.differences[0].to_string(),
        "1: s/c500/other/excess: here stands \"1 s\", the records say \"30.0 ms\""
    );
    let twice = spliced(says);
    assert_eq!((twice.text.as_str(), twice.differences.len()), (says, 0), "what is right is left alone");
}

#[test]
fn a_table_is_short_and_says_where_it_comes_from() {
    let text = fine("Before.\n\n<!-- inflight:table s/c500 -->\n<!-- /inflight -->\nAfter.\n");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let titles =
        ["model", "makespan", "excess", "efficiency", "CPU/request", "peak memory", "tied: time · CPU · memory"];
    assert_eq!(rows[0], titles);
    assert_eq!(rows[2][..4], ["base", "60.0 ms (60.0 – 60.0)", "10.0 ms", "83.3 %"]);
    assert_eq!((rows[3][0], rows[3][6], rows.len()), ("other", "b · a · –", 4));
    for part in [
        "<!-- inflight:table s/c500 -->\nc500 · 500 requests, 500 in flight, each held for 50ms",
        "ideal 50.0 ms (⌈N/C⌉ · D); 12 rounds; placement split",
        "inflight 0.1.0 (abc) · 2026-01-02  \n",
        "in brackets the limits at the 95 % level",
        "A/A, the baseline against itself: excess 1.000",
        "Smallest effect found 9 times of 10",
        "12 rounds; no batch was left out.\n<!-- /inflight -->\nAfter.\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert_eq!(fine(&text), text, "a table that is right is left alone");
    // One that is wrong is named by its line.
    let line = 1 + text.lines().position(|line| line.starts_with("| other")).unwrap();
    let wrong = spliced(&text.replacen("80.0 ms", "79.0 ms", 1));
    assert!(matches!(&wrong.differences[..], [one] if one.line == line && one.stands.contains("79.0 ms")), "{wrong:?}");
    // The ends of lines are those of the file.
    assert!(
        !fine("x\r\n\r\n<!-- inflight:table s/c500 -->\r\n<!-- /inflight -->\r\n").replace("\r\n", "").contains('\n')
    );
}

#[test]
fn columns_are_chosen_by_the_marker() {
    let text = fine("<!-- inflight:table s/c500 columns=excess_ratio:times:interval,batches --><!-- /inflight -->\n");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(
        rows[0].split('|').map(str::trim).collect::<Vec<_>>()[1..4],
        ["model", "excess / baseline", "batches and flags"]
    );
    assert!(
        rows[2].contains("1 (baseline)") && rows[3].contains("3.00 × (3.00 – 3.00)") && rows[3].contains("12 ok"),
        "{rows:?}"
    );
    assert!(text.contains("\n\nMedians over the rounds, in brackets the limits at the 95 % level.  \n"), "{text}");
}

#[test]
fn a_table_tells_what_was_left_out() {
    let results = one(|_, records| {
        records.retain(|record| (record.arm.as_str(), record.round) != ("other", 11));
        for record in records.iter_mut().filter(|record| record.arm == "other" && record.round < 2) {
            (record.outcome, record.reason) = (inflight_record::Outcome::Failed, Some("it broke".to_owned()));
        }
    });
    let text =
        splice("<!-- inflight:table s/c500 -->\n<!-- /inflight -->\n", &Library::open(results.path()).unwrap()).text;
    let says = "12 rounds; not every batch could be used, by the fixed rules of METHODOLOGY.md, \"Flags\": other: 9 ok, 2 failed, 1 not run.";
    assert!(text.contains(says), "{text}");
}

#[test]
fn wrong_markers_are_refused_with_their_line() {
    for (marker, says) in [
        ("s/c500/other/exces", "did you mean s/c500/other/excess"),
        ("s/c500/other/excess wide", "there is no option \"wide\""),
        ("s/c500/other/excess times", "for ratios"),
        ("s/c500/other/peak_memory", "it has no estimate: no batch of it may be used"),
        ("", "a marker names a figure"),
        ("\"s/c500/other/excess", "a quote is not closed"),
        ("table s/c500", "a table begins a line of its own"),
        ("table", "table of what?"),
    ] {
        refused(&format!("one\ntwo <!-- inflight:{marker} -->3 ms<!-- /inflight -->\n"), 2, says);
    }
    for (options, says) in [
        ("s/c5000", "no workload \"s/c5000\"; did you mean s/c500?"),
        ("s/c500 wide", "there is no option \"wide\""),
        ("s/c500 columns=makespn", "did you mean makespan?"),
        ("s/c500 columns=threads_ratio", "there is no column \"threads_ratio\""),
        ("s/c500 columns=makespan:times", "for ratios"),
        ("s/c500 columns=makespan, excess", "without spaces"),
    ] {
        refused(&format!("<!-- inflight:table {options} -->\n<!-- /inflight -->\n"), 1, says);
    }
    refused("<!-- inflight:s/c500/other/excess -->3 ms<!-- /inflight --> more\n", 1, "a number cannot begin a line");
    refused("- <!-- inflight:table s/c500 --><!-- /inflight -->\n", 1, "at the margin");
}

#[test]
fn names_with_spaces_stand_in_quotes() {
    let results = one(|manifest, _| manifest.name = "my study".to_owned());
    let text = "x <!-- inflight:\"my study/c500/other/excess\" low --><!-- /inflight -->\n";
    let spliced = splice(text, &Library::open(results.path()).unwrap());
    assert_eq!(spliced.text, "x <!-- inflight:\"my study/c500/other/excess\" low -->30.0 ms<!-- /inflight -->\n");
}
