//! The cheating models, and an honest one built of the same parts.

use std::io::{self, BufReader, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use inflight_harness::{Batch, Client, Model, ModelError, Setup, worker};
use inflight_record::{Card, DeclaredPeak, Label};

/// One way to cheat, as what is done with the batch.
type Cheat = fn(&ureq::Agent, &Arc<Batch>);

/// Every model of this file by name. All but `honest` cheat; `hang` only hangs.
const MODELS: [(&str, Cheat); 18] = [
    ("honest", |agent, batch| threads(batch, batch.concurrency(), |index| fetch(agent, batch, index))),
    ("skips-one-percent", skips_one_percent),
    ("answers-from-a-cache", answers_from_a_cache),
    ("awaits-in-a-loop", |agent, batch| (0..batch.len()).for_each(|index| fetch(agent, batch, index))),
    ("runs-twice-c", |agent, batch| threads(batch, 2 * batch.concurrency(), |index| fetch(agent, batch, index))),
    ("caps-at-50", |agent, batch| threads(batch, 50, |index| fetch(agent, batch, index))),
    ("caps-at-half", |agent, batch| threads(batch, batch.concurrency() / 2, |index| fetch(agent, batch, index))),
    ("evens-out-delays", evens_out_delays),
    ("asks-one-host", asks_one_host),
    ("never-reads-the-body", never_reads_the_body),
    ("returns-early", returns_early),
    ("asks-twice", asks_twice),
    ("shortens-its-makespan", |agent, batch| threads(batch, batch.concurrency(), |index| fetch(agent, batch, index))),
    ("asks-for-less-delay", asks_for_less_delay),
    ("staggers-20", staggers_20),
    ("opens-batches", opens_batches),
    ("claims-to-be-cheap", |agent, batch| {
        threads(batch, batch.concurrency(), |index| burn_and_fetch(agent, batch, index));
    }),
    ("hangs", |_, _| thread::sleep(Duration::from_secs(3_600))),
];

struct Cheater {
    name: &'static str,
    cheat: Cheat,
}

/// All of them declare C.
pub fn card(name: &str) -> Card {
    Card {
        id: name.to_owned(),
        idea: "a model for tests".to_owned(),
        label: Label::Tuned,
        client: "ureq".to_owned(),
        crates: vec!["ureq".to_owned()],
        declared_peak: DeclaredPeak::Concurrency,
        thread_per_request: false,
        keeps_connections: true,
        http2: false,
        child_processes: false,
        hidden_caps: vec![],
        historical: None,
    }
}

impl Model for Cheater {
    fn card(&self) -> Card {
        card(self.name)
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let agent = ureq::Agent::config_builder()
            .max_idle_connections(2 * setup.concurrency)
            .max_idle_connections_per_host(2 * setup.concurrency)
            .build()
            .into();
        Ok(Box::new(Cheating { agent, cheat: self.cheat }))
    }
}

struct Cheating {
    agent: ureq::Agent,
    cheat: Cheat,
}

impl Client for Cheating {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        (self.cheat)(&self.agent, batch);
        Ok(())
    }
}

/// Runs `work` on every index, `count` at a time.
fn threads(batch: &Batch, count: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                while let Some(index) = batch.take() {
                    work(index);
                }
            });
        }
    });
}

/// Asks for one URL and reads its body; panics on an error, which the driver then reports.
fn get(agent: &ureq::Agent, batch: &Batch, index: usize) -> (Vec<u8>, Vec<u8>) {
    let mut answer = agent.get(batch.url(index)).call().unwrap();
    let timing = answer.headers()["server-timing"].as_bytes().to_vec();
    (timing, answer.body_mut().read_to_vec().unwrap())
}

fn fetch(agent: &ureq::Agent, batch: &Batch, index: usize) {
    let request = batch.send(index);
    let (timing, body) = get(agent, batch, index);
    request.finish(200, Some(&timing), &body);
}

fn skips_one_percent(agent: &ureq::Agent, batch: &Arc<Batch>) {
    let (timing, body) = get(agent, batch, 0);
    threads(batch, batch.concurrency(), |index| {
        if index % 100 == 0 {
            batch.send(index).finish(200, Some(&timing), &body);
        } else {
            fetch(agent, batch, index);
        }
    });
}

/// Sends everything to the first host, whose pool then serves for all.
fn asks_one_host(agent: &ureq::Agent, batch: &Arc<Batch>) {
    threads(batch, batch.concurrency(), |index| {
        let request = batch.send(index);
        let (scheme_and_host, rest) = batch.url(index).split_once("/delay/").unwrap();
        let port = scheme_and_host.rsplit(':').next().unwrap();
        let mut answer = agent.get(format!("http://127.0.0.1:{port}/delay/{rest}")).call().unwrap();
        let timing = answer.headers()["server-timing"].as_bytes().to_vec();
        request.finish(200, Some(&timing), &answer.body_mut().read_to_vec().unwrap());
    });
}

fn answers_from_a_cache(agent: &ureq::Agent, batch: &Arc<Batch>) {
    let (timing, body) = get(agent, batch, 0);
    threads(batch, batch.concurrency(), |index| batch.send(index).finish(200, Some(&timing), &body));
}

fn never_reads_the_body(agent: &ureq::Agent, batch: &Arc<Batch>) {
    threads(batch, batch.concurrency(), |index| {
        let request = batch.send(index);
        let answer = agent.get(batch.url(index)).call().unwrap();
        let timing = answer.headers()["server-timing"].as_bytes().to_vec();
        request.finish(200, Some(&timing), b"");
    });
}

/// Hands the last request to a thread that nobody waits for.
fn returns_early(agent: &ureq::Agent, batch: &Arc<Batch>) {
    let last = batch.len() - 1;
    let (late_agent, late_batch) = (agent.clone(), Arc::clone(batch));
    threads(batch, batch.concurrency(), |index| {
        if index != last {
            fetch(agent, batch, index);
        }
    });
    thread::spawn(move || fetch(&late_agent, &late_batch, last));
    // Its answer takes twice that: it has arrived, and is outstanding.
    thread::sleep(Duration::from_secs(1));
}

fn asks_twice(agent: &ureq::Agent, batch: &Arc<Batch>) {
    threads(batch, batch.concurrency(), |index| {
        fetch(agent, batch, index);
        if index == 3 {
            get(agent, batch, index);
        }
    });
}

/// Takes a fifth of the delay owed, and sleeps until nobody can tell from the makespan.
fn asks_for_less_delay(agent: &ureq::Agent, batch: &Arc<Batch>) {
    threads(batch, batch.concurrency(), |index| {
        let request = batch.send(index);
        let owed = delay(batch, index);
        let (timing, body) = get_with_delay(agent, batch, index, owed / 5.0);
        thread::sleep(Duration::from_secs_f64(owed * 0.85));
        request.finish(200, Some(&timing), &body);
    });
}

/// Asks for the mean delay each time, and a little more: as much in all as is owed, without the longest.
fn evens_out_delays(agent: &ureq::Agent, batch: &Arc<Batch>) {
    let mean = (0..batch.len()).map(|index| delay(batch, index)).sum::<f64>() / batch.len() as f64;
    threads(batch, batch.concurrency(), |index| {
        let request = batch.send(index);
        let (timing, body) = get_with_delay(agent, batch, index, mean * 1.001);
        request.finish(200, Some(&timing), &body);
    });
}

/// The delay that a URL asks for, in seconds.
fn delay(batch: &Batch, index: usize) -> f64 {
    let (_, rest) = batch.url(index).split_once("/delay/").unwrap();
    rest.split_once('?').unwrap().0.parse().unwrap()
}

/// Asks for another delay than the URL does.
fn get_with_delay(agent: &ureq::Agent, batch: &Batch, index: usize, seconds: f64) -> (Vec<u8>, Vec<u8>) {
    let (base, rest) = batch.url(index).split_once("/delay/").unwrap();
    let (_, query) = rest.split_once('?').unwrap();
    let mut answer = agent.get(format!("{base}/delay/{seconds:.9}?{query}")).call().unwrap();
    let timing = answer.headers()["server-timing"].as_bytes().to_vec();
    (timing, answer.body_mut().read_to_vec().unwrap())
}

/// A cap of 20 whose threads start one after the other over most of a delay of 1 s, so that no wave gives it away.
fn staggers_20(agent: &ureq::Agent, batch: &Arc<Batch>) {
    thread::scope(|scope| {
        for place in 0..20 {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(45 * place));
                while let Some(index) = batch.take() {
                    fetch(agent, batch, index);
                }
            });
        }
    });
}

/// Tries to replace its own ledger.
fn opens_batches(agent: &ureq::Agent, batch: &Arc<Batch>) {
    let base = batch.url(0).split("/delay").next().unwrap();
    for number in 1_000..1_020 {
        let body = format!("{{\"batch\":{number},\"requests\":1,\"slots\":1}}");
        let status = agent.post(format!("{base}/ledger")).send(body).map(|answer| answer.status().as_u16());
        assert!(matches!(status, Err(ureq::Error::StatusCode(401))), "{status:?}");
    }
    threads(batch, batch.concurrency(), |index| fetch(agent, batch, index));
}

/// Uses CPU time that its worker then denies.
fn burn_and_fetch(agent: &ureq::Agent, batch: &Batch, index: usize) {
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(10) {
        std::hint::spin_loop();
    }
    fetch(agent, batch, index);
}

/// The worker side: never returns.
pub fn work(name: &str) -> ! {
    let (name, cheat) = MODELS.into_iter().find(|(known, _)| *known == name).unwrap();
    let model = Cheater { name, cheat };
    let find = |_: &str| Some((&model as &dyn Model, Some("test".to_owned())));
    let input = BufReader::new(io::stdin().lock());
    let result = match name {
        "shortens-its-makespan" => worker::run(find, worker::no_crawl, name, input, Editor(io::stdout(), shorten)),
        "claims-to-be-cheap" => worker::run(find, worker::no_crawl, name, input, Editor(io::stdout(), cheapen)),
        _ => worker::run(find, worker::no_crawl, name, input, io::stdout()),
    };
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
    std::process::exit(0);
}

/// A tenth of the makespan.
fn shorten(line: &mut serde_json::Value) {
    if let Some(makespan) = line.get("makespan_ns").and_then(serde_json::Value::as_u64) {
        line["makespan_ns"] = (makespan / 10).into();
    }
}

/// No CPU time at all.
fn cheapen(line: &mut serde_json::Value) {
    if line.get("usage").is_some() {
        line["usage"]["user_ns"] = 0.into();
        line["usage"]["system_ns"] = 0.into();
    }
}

/// Changes lines on their way to the driver.
struct Editor(io::Stdout, fn(&mut serde_json::Value));

impl Write for Editor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line: serde_json::Value = serde_json::from_slice(bytes)?;
        (self.1)(&mut line);
        writeln!(self.0, "{line}")?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
