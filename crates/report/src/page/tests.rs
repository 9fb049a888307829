//! Pages of studies made by hand: what is in them, that they are the same each time, and that they stay small.

use inflight_record::{Manifest, Outcome, Row, Workload};
use serde_json::Value;

use super::{LIMIT_BYTES, PageError, Part, page};
use crate::fixture::{environment, manifest, named, of, rows, study};
use crate::latency::{Latencies, Point};
use crate::study::StudyRecords;
use crate::summary::{Figure, Summary};
use crate::timeline::{Span, Timeline};

const MODELS: [&str; 3] = ["base", "a/b", "floor"];

fn part(summary: &Summary) -> Part<'_> {
    Part { summary, latencies: &[], timelines: &[], path: "s/records.jsonl".to_owned(), date: "2026-01-02".to_owned() }
}

fn one(summary: &Summary) -> String {
    page("A page", &[part(summary)], None).unwrap()
}

/// The JSON in the element of this id.
fn embedded(html: &str, id: &str) -> Value {
    let begin = format!("<script type=\"application/json\" id=\"{id}\">");
    let rest = html.split(&begin).nth(1).unwrap();
    serde_json::from_str(rest.split("</script>").next().unwrap()).unwrap()
}

fn data(html: &str) -> Value {
    embedded(html, "data")
}

/// Every figure of the data as id, estimate, low, high, rounds, left out, text and reason.
fn figures(data: &Value) -> Vec<(String, [Value; 7])> {
    let mut all = Vec::new();
    for machine in data["studies"].as_array().unwrap().iter().flat_map(|study| study["machines"].as_array().unwrap()) {
        let mut push = |stem: &Value, figure: &Value| {
            let id = [stem, &figure[0], &machine["ending"]].map(|part| part.as_str().unwrap()).concat();
            all.push((id, std::array::from_fn(|place| figure[place + 1].clone())));
        };
        for workload in machine["workloads"].as_array().unwrap() {
            for row in workload["models"].as_array().unwrap() {
                let both = row["figures"].as_array().unwrap().iter().chain(row["ratios"].as_array().unwrap());
                both.for_each(|figure| push(&row["stem"], figure));
            }
            for control in ["again", "found"].into_iter().flat_map(|kind| workload[kind].as_array().unwrap()) {
                push(&control["stem"], &control["figure"]);
            }
        }
        let groups = machine["marginal"].as_array().unwrap().iter();
        groups.flat_map(|it| it["models"].as_array().unwrap()).for_each(|it| push(&it["stem"], &it["figure"]));
    }
    all
}

fn as_value(figure: &Figure) -> [Value; 7] {
    let Figure { estimate, low, high, rounds, left_out, reason, .. } = figure;
    let numbers = [estimate, low, high].map(|number| serde_json::json!(number));
    let [estimate, low, high] = numbers;
    let (rounds, left_out) = (serde_json::json!(rounds), serde_json::json!(left_out));
    [estimate, low, high, rounds, left_out, figure.text().into(), serde_json::json!(reason)]
}

/// All figures of the summary are on the page, and no others.
fn assert_whole(html: &str, summary: &Summary) {
    let mut there = figures(&data(html));
    let mut owed: Vec<_> = summary.figures().map(|figure| (figure.id.clone(), as_value(figure))).collect();
    there.sort_by(|a, b| a.0.cmp(&b.0));
    owed.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(there, owed);
}

#[test]
fn every_figure_of_the_summary_is_on_the_page() {
    let levels: Vec<_> = [10, 100, 1000].map(|c| named(&format!("c{c}"), &Workload::new(2 * c, c, 50_000_000))).into();
    let first = manifest(&MODELS, &levels);
    let second = Manifest { study_id: "s-2".to_owned(), environment_id: "f".to_owned(), ..first.clone() };
    let all = [rows(&first, 7, |_| true), rows(&second, 7, |_| true)].concat();
    let study = StudyRecords::new(vec![first, second], vec![environment("e"), environment("f")], all).unwrap();
    let summary = Summary::of(&study);
    let html = one(&summary);
    assert_whole(&html, &summary);
    let data = data(&html);
    assert!(figures(&data).iter().any(|(id, _)| id == "s/c10/a/b/makespan@f"));
    for (at, machine) in summary.machines.iter().enumerate() {
        assert_eq!(data["studies"][0]["machines"][at]["date"], machine.dates.to_string());
    }
    assert_eq!(html, one(&summary), "the same input gives the same bytes");
}

#[test]
fn a_page_loads_nothing() {
    let html = one(&Summary::of(&study(&MODELS, 12, |_| true)));
    assert!(html.contains("default-src 'none'"));
    let own = html.split("<script>").next().unwrap();
    assert!(!own.contains("src=") && !own.contains("http:") && !own.contains("https:") && !own.contains("url("));
    assert!(html.len() < LIMIT_BYTES, "{}", html.len());
}

fn with(models: &[&str], rounds: u32, change: impl Fn(&mut Row) -> bool) -> (Summary, String) {
    let summary = Summary::of(&study(models, rounds, change));
    let html = one(&summary);
    assert_whole(&html, &summary);
    (summary, html)
}

#[test]
fn ids_with_unusual_characters_stay_inside_the_data() {
    let hostile =
        ["base", "<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "'\"`${1}&amp;\u{2028}"];
    let mut manifest = manifest(&hostile, &[named("<!-- w -->", &Workload::new(9, 3, 50_000_000))]);
    manifest.question = "</title></script>?".to_owned();
    let summary = Summary::of(&of(manifest, 12, |_| true));
    let html = page("</title><script>alert(3)</script>", &[part(&summary)], None).unwrap();
    assert_whole(&html, &summary);
    assert!(!html.contains("alert(1)>") && !html.contains("<script>alert") && !html.contains("<!--"));
    assert_eq!(html.matches("</script>").count(), 4, "two of data, two of code");
    assert_eq!(data(&html)["studies"][0]["question"], "</title></script>?");
}

#[test]
fn one_model_one_round_and_failures_make_a_page_too() {
    let (_, html) = with(&["base"], 12, |_| true);
    assert_eq!(data(&html)["studies"][0]["machines"][0]["workloads"][0]["answers"][0]["best"], "base");
    let (_, html) = with(&MODELS, 1, |_| true);
    let answer = &data(&html)["studies"][0]["machines"][0]["workloads"][0]["answers"][0];
    assert!(answer["unranked"].as_str().unwrap().contains("1 paired rounds"), "{answer}");
    let (_, html) = with(&MODELS, 12, |row| {
        (row.outcome, row.reason) = (Outcome::Failed, Some("it broke".into()));
        true
    });
    let workload = &data(&html)["studies"][0]["machines"][0]["workloads"][0];
    assert_eq!(workload["answers"].as_array().map(Vec::len), Some(0));
    assert!(workload["models"][0]["batches"].as_str().unwrap().contains("12 failed"), "{workload}");
    assert!(workload["notes"].to_string().contains("it broke"));
}

#[test]
fn a_study_without_batches_or_delay_makes_a_page_and_none_does_not() {
    let (_, html) = with(&MODELS, 0, |_| true);
    assert_eq!(data(&html)["studies"][0]["machines"].as_array().map(Vec::len), Some(0));
    let summary = Summary::of(&of(manifest(&MODELS, &[named("d0", &Workload::new(9, 3, 0))]), 12, |_| true));
    let workload = &data(&one(&summary))["studies"][0]["machines"][0]["workloads"][0];
    assert_eq!((&workload["ideal_ns"], &workload["time"]), (&Value::Null, &Value::from("makespan")));
    assert!(matches!(page("t", &[], None), Err(PageError::NoStudy)));
}

#[test]
fn two_studies_of_one_name_have_keys_of_their_own() {
    let summary = Summary::of(&study(&MODELS, 6, |_| true));
    let other = Part { path: "t/records.jsonl".to_owned(), ..part(&summary) };
    let data = data(&page("t", &[part(&summary), other], None).unwrap());
    let keys: Vec<_> = data["studies"].as_array().unwrap().iter().map(|study| study["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["s@s/records.jsonl", "s@t/records.jsonl"]);
    assert_eq!(data["models"].as_array().map(Vec::len), Some(3), "each model once");
}

/// A batch of so many requests, sent one microsecond after the other, held for 2 ms.
fn timeline(model: &str, requests: u64) -> Timeline {
    let span = |index: u64| {
        let start_ns = index * 1_000;
        Span { index, start_ns, end_ns: start_ns + 2_100_000, hold_ns: 2_000_000, ok: index != 7 }
    };
    Timeline {
        environment_id: "e".to_owned(),
        workload: "c100".to_owned(),
        model: model.to_owned(),
        record_id: "r".to_owned(),
        round: 0,
        makespan_ns: requests * 1_000 + 2_100_000,
        ideal_ns: 2_000_000,
        flags: Vec::new(),
        requests: (0..requests).map(span).collect(),
    }
}

fn latencies(points: u32) -> Latencies {
    let points: Vec<Point> = (0..=points)
        .map(|it| Point { percentile: f64::from(it) * 100.0 / f64::from(points), ns: u64::from(it) * 7 })
        .collect();
    Latencies {
        environment_id: "e".to_owned(),
        workload: "c100".to_owned(),
        model: "base".to_owned(),
        requests: 1_000,
        from_start: points.clone(),
        from_send: points,
    }
}

/// The page's traces with these, and how large it is.
fn traced(timelines: &[Timeline], latencies: &[Latencies]) -> (Value, usize) {
    let summary = Summary::of(&study(&MODELS, 6, |_| true));
    let html = page("t", &[Part { timelines, latencies, ..part(&summary) }], None).unwrap();
    assert!(html.len() < LIMIT_BYTES, "{}", html.len());
    (embedded(&html, "traces"), html.len())
}

#[test]
fn a_small_timeline_is_whole() {
    let (traces, _) = traced(&[timeline("base", 10), timeline("base", 3)], &[latencies(12)]);
    assert_eq!(traces["thinned"].as_array().map(Vec::len), Some(0));
    let timelines = traces["studies"][0]["timelines"].as_array().unwrap();
    assert_eq!(timelines.len(), 1, "one batch of a model");
    let one = &timelines[0];
    assert_eq!((one["requests"].as_u64(), one["every"].as_u64()), (Some(10), Some(1)));
    assert_eq!(one["start"], serde_json::json!([0, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    assert_eq!((&one["took"][3], &one["over"][3]), (&Value::from(2_100), &Value::from(100)));
    assert_eq!((&one["failed"], one.get("counts")), (&serde_json::json!([7]), None));
    assert_eq!(traces["studies"][0]["latencies"][0]["start"].as_array().map(Vec::len), Some(13));
}

#[test]
fn a_page_that_would_be_too_large_is_thinned_and_says_so() {
    let many: Vec<Timeline> = (0..60).map(|place| timeline(&format!("m{place}"), 20_000)).collect();
    let (traces, bytes) = traced(&many, &[latencies(100)]);
    assert!(bytes > LIMIT_BYTES / 4, "thinned more than it had to be: {bytes}");
    let said = traces["thinned"][0].as_str().unwrap();
    assert!(said.contains("60 of 60 timelines") && traces["thinned"].as_array().unwrap().len() == 1, "{said}");
    let one = &traces["studies"][0]["timelines"][0];
    let every = usize::try_from(one["every"].as_u64().unwrap()).unwrap();
    assert!(every > 1 && one["requests"] == 20_000);
    assert_eq!(one["took"].as_array().unwrap().len(), 20_000_usize.div_ceil(every));
    assert_eq!(traces["studies"][0]["latencies"][0]["start"].as_array().map(Vec::len), Some(101), "these stay whole");
    // Counts are of all requests: none sent before the first, all ended with the batch.
    let sum = |key: &str| one["counts"][key].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("sent"), sum("ended")), (20_000, 20_000));
    assert_eq!(one["counts"]["sent"].as_array().map(Vec::len), Some(201));
    assert_eq!((&one["counts"]["sent"][0], &one["counts"]["ended"][0]), (&Value::from(1), &Value::from(0)));
}

#[test]
fn before_all_timelines_go_those_of_one_workload_a_study_stay() {
    // So many that 60 requests of each are too much.
    let of = |workload: &str, count: u64| -> Vec<Timeline> {
        let models = (0..count).map(|place| timeline(&format!("m{place}"), 500));
        models.map(|it| Timeline { workload: workload.to_owned(), ..it }).collect()
    };
    let many: Vec<Timeline> = [("c1", 900), ("c10", 90), ("c100", 900)].iter().flat_map(|it| of(it.0, it.1)).collect();
    let (traces, _) = traced(&many, &[latencies(12)]);
    let timelines = traces["studies"][0]["timelines"].as_array().unwrap();
    assert_eq!(timelines.len(), 90);
    assert!(timelines.iter().all(|it| it["workload"] == "c10"));
    let said = traces["thinned"][0].as_str().unwrap();
    assert!(said.starts_with("No timeline is shown but of one workload of each study"), "{said}");
}

#[test]
fn latencies_are_thinned_once_no_timeline_is_left() {
    let (traces, _) = traced(&[timeline("base", 50)], &(0..40).map(|_| latencies(10_000)).collect::<Vec<_>>());
    assert_eq!(traces["studies"][0]["timelines"].as_array().map(Vec::len), Some(0));
    let points = traces["studies"][0]["latencies"][0]["start"].as_array().unwrap();
    assert!((2..=9).contains(&points.len()), "{}", points.len());
    assert_eq!((&points[0][0], &points[points.len() - 1][0]), (&Value::from(0.0), &Value::from(100.0)));
    let said = traces["thinned"].to_string();
    assert!(said.contains("No timeline is shown") && said.contains("at most 9 points"), "{said}");
}

#[test]
fn figures_that_do_not_fit_are_an_error_that_says_what_to_do() {
    let models: Vec<String> = (0..60).map(|place| format!("m{place}")).collect();
    let models: Vec<&str> = models.iter().map(String::as_str).collect();
    let workloads: Vec<_> = (1..=60).map(|n| named(&format!("n{n}"), &Workload::new(n, 1, 50_000_000))).collect();
    // One round: no figure has an interval, no pair is tested.
    let summary = Summary::of(&of(manifest(&models, &workloads), 1, |_| true));
    let error = page("t", &[part(&summary)], None).unwrap_err().to_string();
    assert!(error.contains("\"s\" with 3600 cells") && error.contains("make one page a study"), "{error}");
}
