//! Clients: a model in a process of its own, and load generators, each on given CPUs, with what they used.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inflight::lineup;
use inflight_harness::child::{allowed_cpus, pin};
use inflight_harness::probes::own;
use inflight_harness::{Batch, Setup};

use super::{Outcome, Size, Tool};

/// What one client used and took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// How many requests were answered.
    pub requests: f64,
    /// For how long.
    pub seconds: f64,
    /// CPU time, in the kernel and outside.
    pub cpu_seconds: f64,
}

/// What a client is to do.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Where it runs.
    pub cpus: &'a [u32],
    /// What it fetches. Models append `&index=…`.
    pub url: &'a str,
    /// C.
    pub concurrency: u64,
    /// How much.
    pub size: Size,
}

/// A load generator.
#[derive(Debug, Clone, Copy)]
pub struct Generator {
    /// Its program.
    pub tool: Tool,
    /// Its settings, in words.
    pub settings: &'static str,
    /// Its arguments for a task.
    arguments: fn(&Task<'_>) -> Vec<String>,
    /// What it printed.
    read: fn(&str) -> Outcome<Report>,
}

/// How many requests were answered, and in how many seconds if it says so.
type Report = (f64, Option<f64>);

/// wrk with one thread.
pub const WRK: Generator = Generator {
    tool: Tool { name: "wrk", how: "apt-get install wrk" },
    settings: "-t1",
    arguments: |task| {
        let (connections, seconds) = (format!("-c{}", task.concurrency), format!("-d{}s", task.size.seconds));
        vec!["-t1".to_owned(), connections, seconds, task.url.to_owned()]
    },
    read: |text| {
        if text.contains("Socket errors") || text.contains("Non-2xx") {
            return Err(format!("wrk met errors:\n{text}").into());
        }
        let line = text.lines().find(|line| line.contains("requests in"));
        let count = line.and_then(|line| line.split_whitespace().next());
        Ok((count.ok_or("wrk did not say how many requests")?.parse()?, None))
    },
};

/// oha with one thread, without the display.
pub const OHA: Generator = Generator {
    tool: Tool { name: "oha", how: "scripts/peers.sh oha" },
    settings: "--no-tui --worker-threads 1",
    arguments: |task| {
        let [requests, connections] = [task.size.requests, task.concurrency].map(|number| number.to_string());
        let words =
            ["-n", &requests, "-c", &connections, "--no-tui", "--worker-threads", "1", "--output-format", "json"];
        words.into_iter().chain([task.url]).map(str::to_owned).collect()
    },
    read: |text| {
        let report: serde_json::Value = serde_json::from_str(text)?;
        let counts = |name: &str| report[name].as_object().cloned().unwrap_or_default();
        let (mut statuses, errors) = (counts("statusCodeDistribution"), counts("errorDistribution"));
        let answered = statuses.remove("200").and_then(|count| count.as_f64());
        if !statuses.is_empty() || !errors.is_empty() {
            return Err(format!("oha met errors: {statuses:?} {errors:?}").into());
        }
        Ok((answered.ok_or("oha did not say how many requests")?, report["summary"]["total"].as_f64()))
    },
};

impl Generator {
    /// Runs it once. The kernel tells its CPU time when it has ended.
    pub fn run(&self, program: &Path, task: &Task<'_>) -> Outcome<Cost> {
        let (before, started) = (own::usage(), Instant::now());
        let text = on_cpus(task.cpus, Command::new(program).args((self.arguments)(task)))?;
        let (used, took) = (own::usage().since(before), started.elapsed());
        let (requests, seconds) = (self.read)(&text)?;
        let cpu_seconds = Duration::from_nanos(used.user_ns + used.system_ns).as_secs_f64();
        Ok(Cost { requests, seconds: seconds.unwrap_or(took.as_secs_f64()), cpu_seconds })
    }
}

/// Runs a model of the line-up once, in a process of its own: this very file, which has to hand its arguments to
/// [`as_client`].
pub fn model(id: &str, task: &Task<'_>) -> Outcome<Cost> {
    let numbers = [task.size.requests, task.concurrency].map(|number| number.to_string());
    let mut command = Command::new(std::env::current_exe()?);
    let text = on_cpus(task.cpus, command.args(["client", id, task.url]).args(numbers))?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [requests, seconds, cpu_seconds] = numbers[..] else { return Err(format!("the client said {text:?}").into()) };
    Ok(Cost { requests, seconds, cpu_seconds })
}

/// The other side of [`model`], if that is what this process was started for: prints requests, seconds, CPU seconds.
pub fn as_client(arguments: &[String]) -> Option<Outcome<()>> {
    let [word, id, url, requests, concurrency] = arguments else { return None };
    (word == "client").then(|| fetch(id, url, requests.parse()?, concurrency.parse()?))
}

fn fetch(id: &str, url: &str, requests: usize, concurrency: usize) -> Outcome<()> {
    let model = lineup::find(id).ok_or_else(|| format!("no model is called {id:?}"))?;
    let urls: Vec<String> = (0..requests).map(|index| format!("{url}&index={index}")).collect();
    let mut batch = Batch::new(urls.iter().map(String::as_str).collect(), concurrency);
    drop(urls);
    let before = own::usage();
    batch.start_clock();
    let batch = Arc::new(batch);
    let mut client = model.client(&Setup { concurrency })?;
    client.fetch(&batch)?;
    let seconds = Duration::from_nanos(batch.now_ns()).as_secs_f64();
    let used = own::usage().since(before);
    if let Some(bad) = (0..requests).map(|index| batch.log().sample(index)).find(|sample| sample.error.is_some()) {
        return Err(format!("a request failed: {bad:?} {:?}", batch.log().texts()).into());
    }
    let cpu_seconds = Duration::from_nanos(used.user_ns + used.system_ns).as_secs_f64();
    println!("{requests} {seconds} {cpu_seconds}");
    Ok(())
}

/// Runs a command on these CPUs and returns what it printed.
fn on_cpus(cpus: &[u32], command: &mut Command) -> Outcome<String> {
    let home = allowed_cpus();
    pin(cpus)?;
    let output = command.output();
    pin(&home)?;
    let output = output?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
