//! What lies outside what was measured is refused, with what would measure it; machines are kept apart.

use inflight_record::crawl::Catalogue;
use inflight_record::{Connections, LogNormal, Workload};

use super::super::{AdviseError, Question, Refusal, Reply, Study, advise, text};
use super::{D, Made, ask, ladder, linear};
use crate::fixture::{crawl_of, named};
use crate::style::Style;
use crate::summary::Summary;

fn measured() -> Vec<Summary> {
    let bodies = [64, 1_024, 65_536]
        .map(|body| named(&format!("b{body}"), &Workload { body_bytes: body, ..Workload::new(100, 50, D) }));
    let bodies = Made { name: "bodies", workloads: bodies.to_vec(), ..Made::default() };
    let ladder = Made { workloads: ladder(&[10, 100, 1_000]), ..Made::default() };
    let truth =
        |model: &str, workload: &Workload| Some(linear(workload, 1.0, if model == "one" { 20.0 } else { 40.0 }));
    vec![ladder.study(truth), bodies.study(truth)]
}

#[track_caller]
fn refused(workload: Workload) -> Refusal {
    let advice = ask(workload, &measured());
    assert!(!advice.answers());
    match &advice.machines[0].reply {
        Reply::Refusal(refusal) => {
            let text = text(&advice, Style::Terminal);
            assert!(text.contains("nothing is guessed") && text.contains(&refusal.command), "{text}");
            refusal.clone()
        }
        Reply::Answer(answer) => panic!("{answer:?}"),
    }
}

#[track_caller]
fn says(workload: Workload, part: &str) {
    let refusal = refused(workload);
    assert!(refusal.outside.iter().any(|sentence| sentence.contains(part)), "{:?}", refusal.outside);
}

#[test]
fn beyond_each_end_it_is_said_which_and_where_it_lies() {
    let plain = Workload::new(200, 100, D);
    says(Workload::new(10_000, 5_000, D), "C = 5000 is above 1000, the most in flight that was measured");
    says(Workload::new(4, 2, D), "C = 2 is below 10, the least that was measured");
    says(Workload::new(1_000, 100, D), "N / C = 10 is above 2, the most waves that was measured");
    says(Workload::new(150, 100, D), "N / C = 1.50 is below 2");
    says(Workload { delay_ns: 1_000_000_000, ..plain.clone() }, "D = 1s is above 50ms, the longest delay");
    says(Workload { body_bytes: 1 << 20, ..plain.clone() }, "The body = 1048576 B is above 65536 B, the largest");
    says(Workload { connections: Connections::Warm, ..plain.clone() }, "No workload with warm connections");
    says(Workload { hosts: 16, ..plain.clone() }, "No workload with 16 hosts");
    says(Workload { capacity: Some(50), ..plain.clone() }, "serves 50 at once");
    let lognormal = Some(LogNormal { sigma_milli: 600, seed: 0 });
    says(Workload { lognormal, ..plain.clone() }, "No workload with delays like lognormal:50ms:0.6");
    says(Workload { delay_ns: 0, ..plain.clone() }, "At D = 0 only workloads that were measured themselves");
    // A body between those that were measured, but with another C.
    says(Workload { body_bytes: 16_384, ..plain.clone() }, "no measured workloads lead there");
    // A capacity that binds nobody is none.
    assert!(ask(Workload { capacity: Some(100), ..plain }, &measured()).answers());
}

#[test]
fn a_body_between_two_is_answered_where_they_were_measured() {
    let asked = Workload { body_bytes: 16_384, ..Workload::new(100, 50, D) };
    let Reply::Answer(answer) = &ask(asked, &measured()).machines[0].reply else { panic!("no answer") };
    assert_eq!(answer.basis.from, ["bodies/b1024", "bodies/b65536"]);
}

#[test]
fn what_would_measure_it_can_be_run() {
    let capacity = Some(20);
    let workload = Workload { hosts: 3, capacity, connections: Connections::Warm, ..Workload::new(300, 30, 7_000_000) };
    let refusal = refused(workload.clone());
    assert_eq!(
        refusal.command,
        "inflight run --requests 300 --concurrency 30 --delay 7ms --body 1024 --connections warm --hosts 3 --capacity 20"
    );
    let study = inflight_record::study::Study::parse("ask", &refusal.study).unwrap();
    assert_eq!(study.workloads.len(), 1);
    assert_eq!(study.workloads[0].workload, workload);
}

#[test]
fn with_delays_that_vary_only_what_was_measured_is_answered() {
    let lognormal = |seed| Some(LogNormal { sigma_milli: 600, seed });
    let vary = |c: u64| named(&format!("v{c}"), &Workload { lognormal: lognormal(7), ..Workload::new(2 * c, c, D) });
    let made = Made { name: "vary", workloads: vec![vary(10), vary(100)], ..Made::default() };
    let studies = [made.study(|_, workload| Some(linear(workload, 1.0, 20.0)))];
    // Another draw of the same delays is as good.
    let there = ask(Workload { lognormal: lognormal(0), ..Workload::new(200, 100, D) }, &studies);
    let text = text(&there, Style::Terminal);
    assert!(there.answers() && text.contains("the ideal depends on the draw") && !text.contains("seed"), "{text}");
    let between = ask(Workload { lognormal: lognormal(0), ..Workload::new(100, 50, D) }, &studies);
    let Reply::Refusal(refusal) = &between.machines[0].reply else { panic!("an answer") };
    assert!(refusal.outside[0].contains("With delays that vary only workloads that were measured"), "{refusal:?}");
}

#[test]
fn machines_answer_for_themselves() {
    let truth = |slow: &'static str| {
        move |model: &str, workload: &Workload| Some(linear(workload, 1.0, if model == slow { 80.0 } else { 20.0 }))
    };
    let on = |environment: &'static str, c: &[u64]| Made { environment, workloads: ladder(c), ..Made::default() };
    let studies = [on("here", &[10, 100, 1_000]).study(truth("one")), on("there", &[10, 100]).study(truth("two"))];
    let advice = ask(Workload::new(200, 100, D), &studies);
    let best: Vec<(&str, &str)> = advice
        .machines
        .iter()
        .map(|machine| match &machine.reply {
            Reply::Answer(answer) => (machine.environment_id.as_str(), answer.models[0].model.as_str()),
            Reply::Refusal(refusal) => panic!("{refusal:?}"),
        })
        .collect();
    assert_eq!(best, [("here", "two"), ("there", "one")]);
    // One of them measured as far as this.
    let advice = ask(Workload::new(1_000, 500, D), &studies);
    assert!(advice.answers() && matches!(advice.machines[1].reply, Reply::Refusal(_)));
    let asked = |machine: &str| {
        advise(
            &Question { workload: Workload::new(200, 100, D), machine: Some(machine.to_owned()) },
            &super::studies(&studies),
        )
    };
    assert_eq!(asked("th").unwrap().machines.len(), 1);
    let error = asked("else").unwrap_err();
    assert_eq!(error.to_string(), "no machine is called else: there are records of here, there");
}

#[test]
fn without_records_there_is_nothing_to_say() {
    let question = Question { workload: Workload::new(200, 100, D), machine: None };
    assert_eq!(advise(&question, &[]).unwrap_err(), AdviseError::Nothing);
    let empty = Summary { machines: Vec::new(), ..measured().remove(0) };
    assert_eq!(advise(&question, &super::studies(&[empty])).unwrap_err(), AdviseError::Nothing);
}

#[test]
fn crawls_neither_ask_nor_answer() {
    let crawl = crawl_of(Catalogue::Books, 10, "none:");
    let of_crawl = Made { name: "crawl", workloads: vec![named("books", &crawl)], ..Made::default() };
    let study = of_crawl.study(|_, workload| Some(linear(workload, 1.0, 20.0)));
    let studies = [Study { pin: String::new(), summary: &study }];
    let question = |workload| Question { workload, machine: None };
    assert_eq!(advise(&question(crawl.clone()), &studies).unwrap_err(), AdviseError::Crawl);
    // The same N, C, D and body.
    let plain = Workload { body_bytes: 0, ..Workload::new(crawl.requests, crawl.concurrency, crawl.delay_ns) };
    assert!(!advise(&question(plain), &studies).unwrap().answers());
}
