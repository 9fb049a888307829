//! Every chart of many studies: which there are, what they say, and that nothing in them overlaps or is cut off.

use inflight_record::{Connections, Flag, LogNormal, NamedWorkload, Outcome, Row, Workload};
use resvg::usvg::{Group, Node, Tree};

use super::*;
use crate::fixture::{manifest, named, of, plain};
use crate::latency::Point;
use crate::timeline::Span;

const MS: u64 = 1_000_000;

/// A study of these workloads with what single requests would say.
fn drawn(models: &[&str], workloads: &[NamedWorkload], rounds: u32, edit: impl Fn(&mut Row) -> bool) -> Charts {
    let summary = Summary::of(&of(manifest(models, workloads), rounds, edit));
    let (latencies, timelines) = single_requests(&summary);
    charts(&summary, &latencies, &timelines)
}

/// Latencies and timelines made up from the figures of a summary.
fn single_requests(summary: &Summary) -> (Vec<Latencies>, Vec<Timeline>) {
    let (mut latencies, mut timelines) = (Vec::new(), Vec::new());
    for machine in &summary.machines {
        for workload in &machine.workloads {
            for (place, model) in (1_u64..).zip(&workload.models).filter(|(_, model)| model.batches.times > 0) {
                let Workload { requests, concurrency, delay_ns, .. } = workload.workload;
                let point = |percentile: f64, ns: u64| Point { percentile, ns };
                let points = vec![
                    point(0.0, delay_ns + place),
                    point(50.0, delay_ns + place * MS),
                    point(99.0, delay_ns + place * 2 * MS),
                    point(100.0, delay_ns * place + place * 3 * MS),
                ];
                let span = |index: u64| {
                    let start_ns = index / concurrency * (delay_ns + place * MS) + place * 1_000;
                    let end_ns = start_ns + delay_ns + place * MS;
                    Span { index, start_ns, end_ns, hold_ns: delay_ns, ok: index != 3 }
                };
                let requests: Vec<Span> = (0..requests.min(2_000)).map(span).collect();
                latencies.push(Latencies {
                    environment_id: machine.environment_id.clone(),
                    workload: workload.id.clone(),
                    model: model.model.clone(),
                    requests: 12 * workload.workload.requests,
                    from_start: points.clone(),
                    from_send: points,
                });
                timelines.push(Timeline {
                    environment_id: machine.environment_id.clone(),
                    workload: workload.id.clone(),
                    model: model.model.clone(),
                    record_id: "r".to_owned(),
                    round: 0,
                    makespan_ns: requests.iter().map(|span| span.end_ns).max().unwrap(),
                    ideal_ns: workload.workload.ideal_ns(),
                    flags: Vec::new(),
                    requests,
                });
            }
        }
    }
    (latencies, timelines)
}

const MODELS: [&str; 11] = [
    "floor",
    "sequential",
    "thread-per-request",
    "thread-per-request/idiomatic",
    "rayon-pool",
    "rayon-pool/default",
    "rayon-pool/idiomatic",
    "tokio-reqwest",
    "tokio-reqwest/current-thread",
    "async-std-surf",
    "async-std-surf/idiomatic",
];

fn along(ids: &str, workloads: impl IntoIterator<Item = Workload>) -> Vec<NamedWorkload> {
    let named = |(place, workload): (usize, Workload)| named(&format!("{ids}{place}"), &workload);
    workloads.into_iter().enumerate().map(named).collect()
}

fn concurrency() -> Vec<NamedWorkload> {
    along("c", [1, 10, 100, 1_000].map(|level| Workload::new(2 * level, level, 50 * MS)))
}

fn delays() -> Vec<NamedWorkload> {
    along("d", [0, 1, 5, 20, 200, 1_000].map(|delay| Workload::new(400, 100, delay * MS)))
}

fn pairs() -> Vec<NamedWorkload> {
    let plain = Workload::new(400, 100, 50 * MS);
    let lognormal = Some(LogNormal { sigma_milli: 600, seed: 1 });
    along(
        "p",
        [
            plain.clone(),
            Workload { connections: Connections::Warm, ..plain.clone() },
            Workload { lognormal, ..plain.clone() },
            Workload { hosts: 16, ..plain },
        ],
    )
}

/// Studies of every kind, by what they are.
fn studies() -> Vec<(&'static str, Charts)> {
    let bodies = [64, 1_024, 16_384, 1_048_576].map(|body_bytes| Workload { body_bytes, ..Workload::new(200, 50, MS) });
    let requests = [10, 100, 1_000, 100_000].map(|requests| Workload::new(requests, 10, MS));
    let capacity = Some(200);
    let limited = [50, 200, 1_000].map(|level| Workload { capacity, ..Workload::new(4_000, level, 50 * MS) });
    let all = |_: &mut Row| true;
    let odd = ["floor", "</text>&\"'", "ünïcödé/你好", "a/b/c", "A/B", &"long".repeat(60)];
    let crowd: Vec<String> = (0..45).map(|model| format!("family-{model:02}/variant")).collect();
    let crowd: Vec<&str> = ["floor"].into_iter().chain(crowd.iter().map(String::as_str)).collect();
    let holes = |row: &mut Row| {
        match (&*row.arm, row.round) {
            ("sequential", _) if row.requests > 500 => row.outcome = Outcome::Timeout,
            ("rayon-pool", 0..3) => row.flags = [Flag::Steal].into_iter().collect(),
            ("rayon-pool/default", 0..11) => row.outcome = Outcome::Failed,
            ("tokio-reqwest", _) => row.ledger = None,
            _ => {}
        }
        &*row.arm != "async-std-surf"
    };
    vec![
        ("one workload", drawn(&MODELS, &[plain()], 12, all)),
        ("concurrency", drawn(&MODELS, &concurrency(), 12, all)),
        ("delay", drawn(&MODELS, &delays(), 12, all)),
        ("pairs", drawn(&MODELS, &pairs(), 12, all)),
        ("bodies", drawn(&MODELS, &along("b", bodies), 12, all)),
        ("requests", drawn(&MODELS, &along("n", requests), 12, all)),
        ("limited", drawn(&MODELS[..5], &along("k", limited), 12, all)),
        ("holes", drawn(&MODELS, &concurrency(), 12, holes)),
        ("one model", drawn(&["floor"], &concurrency(), 12, all)),
        ("one round", drawn(&MODELS, &concurrency(), 1, all)),
        ("odd ids", drawn(&odd, &concurrency(), 12, all)),
        ("many models", drawn(&crowd, &concurrency(), 2, all)),
        ("no delay", drawn(&MODELS, &along("d", [Workload::new(100, 100, 0)]), 12, all)),
    ]
}

fn names(charts: &Charts) -> Vec<&str> {
    charts.charts.iter().map(|chart| chart.name.as_str()).collect()
}

fn chart<'a>(charts: &'a Charts, name: &str) -> &'a Chart {
    charts.charts.iter().find(|chart| chart.name == name).unwrap_or_else(|| panic!("{name}: {:?}", names(charts)))
}

#[test]
fn a_study_has_the_charts_that_its_workloads_allow() {
    let all = |_: &mut Row| true;
    let one = drawn(&MODELS, &[plain()], 12, all);
    assert_eq!(
        names(&one),
        ["excess-c100", "cpu-per-request-c100", "peak-memory-c100", "latency-c100", "timeline-c100"]
    );
    assert_eq!(one.left_out, []);
    assert_eq!(
        names(&drawn(&MODELS, &concurrency(), 12, all)),
        [
            "makespan-against-concurrency-w2-d50ms-b1024-cold",
            "excess-against-concurrency-w2-d50ms-b1024-cold",
            "cpu-per-request-against-concurrency-w2-d50ms-b1024-cold",
            "efficiency-by-concurrency-w2-d50ms-b1024-cold",
            "memory-against-in-flight-d50ms-b1024-cold",
            "excess",
            "cpu-per-request",
            "peak-memory",
            "latency-c1",
            "timeline-c1",
            "latency-c2",
            "timeline-c2",
            "latency-c3",
            "timeline-c3",
        ]
    );
    let delays = drawn(&MODELS, &delays(), 12, all);
    assert!(names(&delays).starts_with(&[
        "makespan-against-delay-n400-c100-b1024-cold",
        "efficiency-against-delay-n400-c100-b1024-cold",
        "excess-against-delay-n400-c100-b1024-cold",
    ]));
    // Five workloads have an excess; none is dropped without a word.
    let caption = &chart(&delays, "excess").caption;
    assert!(caption.contains("4 of 5 workloads are drawn, evenly chosen"), "{caption}");
    assert_eq!(delays.left_out[0].name, "latency-and-timeline");
    let pairs = drawn(&MODELS, &pairs(), 12, all);
    assert!(names(&pairs).starts_with(&["cold-against-warm-p1", "fixed-against-varying-p2", "hosts-p3"]));
}

#[test]
fn the_same_study_gives_the_same_bytes() {
    let draw = || drawn(&MODELS, &concurrency(), 12, |_| true);
    let (first, second) = (draw(), draw());
    assert_eq!(first, second);
    for theme in Theme::ALL {
        let (a, b) = (&first.charts[0], &second.charts[0]);
        assert_eq!(a.svg(theme), b.svg(theme));
        assert_eq!(a.png(theme).unwrap(), b.png(theme).unwrap());
        assert_ne!(a.svg(Theme::Light), a.svg(Theme::Dark));
    }
}

#[test]
fn a_png_has_two_pixels_for_each_of_the_svg() {
    let charts = drawn(&MODELS, &[plain()], 12, |_| true);
    for chart in &charts.charts {
        let png = chart.png(Theme::Dark).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let (width, height) = chart.size();
        assert_eq!((f64::from(info.width), f64::from(info.height)), (2.0 * width, 2.0 * height));
        // The ground is that of the theme, and something stands on it.
        assert_eq!(pixels[..3], [13, 17, 23]);
        assert!(pixels.chunks_exact(3).filter(|pixel| *pixel != &pixels[..3]).count() > 10_000);
    }
}

/// Left, top, right and bottom of each text, with the text.
pub(super) fn texts(group: &Group, found: &mut Vec<([f32; 4], String)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => texts(group, found),
            Node::Text(text) => {
                let place = text.abs_bounding_box();
                let words = text.chunks().iter().map(resvg::usvg::TextChunk::text).collect();
                found.push(([place.left(), place.top(), place.right(), place.bottom()], words));
            }
            _ => {}
        }
    }
}

#[test]
fn no_text_is_cut_off_and_none_lies_on_another() {
    for (study, charts) in studies() {
        for chart in &charts.charts {
            let tree = Tree::from_str(&chart.svg(Theme::Light), &raster::options()).unwrap();
            let mut found = Vec::new();
            texts(tree.root(), &mut found);
            assert!(found.len() > 5, "{study}, {}", chart.name);
            let (width, height) = (tree.size().width(), tree.size().height());
            for (place, ([left, top, right, bottom], text)) in found.iter().enumerate() {
                let inside = *left >= 4.0 && *top >= 0.0 && *right <= width - 4.0 && *bottom <= height;
                assert!(inside, "{study}, {}: {text:?} at {:?}", chart.name, found[place].0);
                for ([l, t, r, b], other) in &found[..place] {
                    let across = right.min(*r) - left.max(*l);
                    let down = bottom.min(*b) - top.max(*t);
                    // Letters are lower than the line that they stand on.
                    let apart = across <= 0.5 || down <= 3.0;
                    assert!(apart, "{study}, {}: {text:?} on {other:?} ({across} × {down})", chart.name);
                }
            }
        }
    }
}

#[test]
fn measured_and_drawn_widths_agree() {
    let charts = drawn(&MODELS, &[plain()], 12, |_| true);
    let tree = Tree::from_str(&charts.charts[0].svg(Theme::Light), &raster::options()).unwrap();
    let mut found = Vec::new();
    texts(tree.root(), &mut found);
    for (place, text) in found.iter().filter(|(_, text)| MODELS.contains(&text.as_str())) {
        let (drawn, measured) =
            (f64::from(place[2] - place[0]), font::width(text, scene::LABEL, font::Weight::Regular));
        // Kerning brings letters closer.
        assert!((measured - drawn).abs() < 0.03 * measured + 0.5, "{text}: {measured}, drawn {drawn}");
    }
}

#[test]
fn odd_ids_are_shown_as_they_are_and_named_safely() {
    let odd = ["floor", "</text>&\"'", "ünïcödé/你好"];
    let workloads = [named("w 1/ü", &Workload::new(10, 10, MS)), named("W-1 ü", &Workload::new(20, 20, MS))];
    let workloads = workloads.map(|it| NamedWorkload { id: it.id.replace('/', "|"), ..it });
    let charts = drawn(&odd, &workloads, 12, |_| true);
    let mut all = names(&charts);
    assert!(
        all.iter()
            .all(|name| name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || "._-".contains(it)))
    );
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), charts.charts.len());
    let svg = chart(&charts, "excess").svg(Theme::Light);
    assert!(svg.contains("&lt;/text&gt;&amp;") && svg.contains("ünïcödé/\\u{4f60}\\u{597d}"), "{svg}");
}

#[test]
fn captions_say_what_is_left_out_and_why() {
    let holes = |row: &mut Row| {
        match (&*row.arm, row.round) {
            ("sequential", _) => {
                row.outcome = Outcome::Timeout;
                row.reason = Some("longer than 1 s".into());
            }
            ("rayon-pool", 0..3) => row.flags = [Flag::Steal].into_iter().collect(),
            ("tokio-reqwest", 0..9) => row.outcome = Outcome::Failed,
            _ => {}
        }
        true
    };
    let charts = drawn(&["floor", "sequential", "rayon-pool", "tokio-reqwest"], &[plain()], 12, holes);
    let caption = &chart(&charts, "excess-c100").caption;
    for part in [
        "Medians over 12 rounds with 95 % intervals",
        "Left out by outcome or flag are 24 of 48 batches (timeout 12, steal 3, failed 9): sequential 12, tokio-reqwest 9, rayon-pool 3.",
        "No figure: sequential (12 timeout: longer than 1 s).",
        "Too few rounds for an interval: tokio-reqwest.",
        "A CPU · 2 CPUs · Debian · Linux 6.1 · inflight 0.1.0 (abc)",
        "Grey band: how far floor differs from itself",
    ] {
        assert!(caption.contains(part), "{part}\n{caption}");
    }
    // The caption stands in the picture too.
    let svg = chart(&charts, "excess-c100").svg(Theme::Light);
    assert!(svg.contains("Medians over 12 rounds"), "{svg}");
    let alt = &chart(&charts, "excess-c100").alt;
    assert!(alt.starts_with("Excess over the ideal of 4 models: from 1.0") && alt.contains("(floor) to 4.0"), "{alt}");
}

#[test]
fn a_timeline_says_that_its_times_are_not_used() {
    let summary = Summary::of(&of(manifest(&["floor", "other"], &[plain()]), 12, |_| true));
    let (latencies, mut timelines) = single_requests(&summary);
    timelines[1].flags = vec![Flag::WarmOpened];
    let charts = charts(&summary, &latencies, &timelines);
    let timeline = chart(&charts, "timeline-c100");
    assert!(timeline.caption.contains("not used in any figure: other (warm_opened)."), "{}", timeline.caption);
    assert!(timeline.svg(Theme::Light).contains(", warm_opened: not used"));
}

#[test]
fn batches_with_two_flags_and_panels_that_differ_are_said() {
    let flagged = |row: &mut Row| {
        match (&*row.arm, row.round) {
            ("floor", 0..2) => row.flags = [Flag::Steal, Flag::ServerSaturated].into_iter().collect(),
            ("floor", 2) => row.flags = [Flag::WarmOpened].into_iter().collect(),
            _ => {}
        }
        true
    };
    let charts = drawn(&["floor", "other"], &pairs(), 12, flagged);
    let pair = &chart(&charts, "cold-against-warm-p1").caption;
    assert!(pair.contains("some for two reasons or more") && pair.contains("Right panel: "), "{pair}");
    let latency = &chart(&charts, "latency-p1").caption;
    assert!(latency.contains("Histograms of 9 to 12 rounds as one"), "{latency}");
}

#[test]
fn what_is_the_same_everywhere_is_said_once() {
    let one_round = drawn(&MODELS, &concurrency(), 1, |_| true);
    let caption = &chart(&one_round, "excess").caption;
    assert!(
        caption.starts_with("Medians over 1 round: too few for intervals. No batch is left out. Study"),
        "{caption}"
    );
    let holes = |row: &mut Row| {
        match &*row.arm {
            "other" => row.outcome = Outcome::Timeout,
            "third" if row.requests > 20 => row.outcome = Outcome::Failed,
            _ => {}
        }
        true
    };
    let caption = drawn(&["floor", "other", "third"], &concurrency(), 12, holes).charts[0].caption.clone();
    assert!(caption.contains("No figure: other (12 timeout); third at c2, c3 (12 failed)."), "{caption}");
}

#[test]
fn what_cannot_be_drawn_has_a_reason() {
    let failed = |row: &mut Row| {
        row.outcome = Outcome::Failed;
        row.reason = Some("no route".into());
        true
    };
    let charts = drawn(&["floor", "other"], &concurrency(), 12, failed);
    assert_eq!(charts.charts, []);
    let makespan = &charts.left_out[0];
    assert_eq!(makespan.name, "makespan-against-concurrency-w2-d50ms-b1024-cold");
    assert!(makespan.reason.contains("96 of 96 batches (failed 96): floor 48, other 48"), "{}", makespan.reason);
    assert!(charts.left_out.iter().all(|it| !it.reason.is_empty()));
    // Nothing recorded yet: nothing to say.
    let nothing = drawn(&["floor"], &concurrency(), 0, |_| true);
    assert_eq!((nothing.charts.len(), nothing.left_out.len()), (0, 0));
}

#[test]
fn ten_thousand_cells_give_a_few_charts_that_say_so() {
    let workloads = along("w", (0..1_000).map(|place| Workload::new(100 + place, 50, 5 * MS)));
    let charts = drawn(&MODELS[..10], &workloads, 1, |_| true);
    assert!(charts.charts.len() < 30, "{:?}", names(&charts));
    let excess = chart(&charts, "excess");
    assert!(excess.caption.contains("4 of 1000 workloads are drawn"), "{}", excess.caption);
    assert!(charts.left_out.iter().any(|it| it.reason.contains("3 of 1000 workloads")));
}
