//! The client: the floor model in a process of its own, with connections that are open before the clock starts.

use std::process::Command;
use std::sync::Arc;

use inflight_harness::child::{allowed_cpus, pin};
use inflight_harness::{Batch, Model as _, Setup};
use inflight_model_raw_epoll::RawEpoll;
use inflight_record::SampleError;
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// The word by which the bench starts itself as the client.
pub const WORD: &str = "client";

/// What the client saw of a load.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ran {
    /// From before the first request to after the last answer.
    pub span_ns: u64,
    /// Latency at the median.
    pub p50_ns: u64,
    /// Latency that 99 of 100 requests did not exceed.
    pub p99_ns: u64,
    /// The longest body.
    pub body_bytes: u64,
}

/// A load with what the server used meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// The client's side.
    pub ran: Ran,
    /// CPU time of the server's process tree.
    pub cpu_ns: u64,
}

/// Asks for `url` so many times from these CPUs, after `warm` was asked for once on each connection.
pub fn ask(cpus: &[u32], warm: &str, url: &str, requests: u64, concurrency: u64) -> Outcome<Ran> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([WORD, warm, url, &requests.to_string(), &concurrency.to_string()]);
    let home = allowed_cpus();
    pin(cpus)?;
    let output = command.output();
    pin(&home)?;
    let output = output?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The client's own side: prints what it saw.
pub fn run(arguments: &[String]) -> Outcome<()> {
    let [warm, url, requests, concurrency] = arguments else { return Err("client: four words".into()) };
    let (requests, concurrency): (usize, usize) = (requests.parse()?, concurrency.parse()?);
    let mut client = RawEpoll.client(&Setup { concurrency })?;
    let first = Arc::new(batch(warm, concurrency, concurrency));
    client.fetch(&first)?;
    check(&first)?;
    let mut batch = batch(url, requests, concurrency);
    batch.start_clock();
    let batch = Arc::new(batch);
    client.fetch(&batch)?;
    let span_ns = batch.now_ns();
    check(&batch)?;
    let samples: Vec<_> = (0..requests).map(|index| batch.log().sample(index)).collect();
    let mut latencies: Vec<u64> = samples.iter().map(|sample| sample.end_ns - sample.start_ns).collect();
    latencies.sort_unstable();
    let ran = Ran {
        span_ns,
        p50_ns: latencies[(requests * 50).div_ceil(100) - 1],
        p99_ns: latencies[(requests * 99).div_ceil(100) - 1],
        body_bytes: samples.iter().map(|sample| sample.bytes).max().unwrap_or(0),
    };
    println!("{}", serde_json::to_string(&ran)?);
    Ok(())
}

fn batch(url: &str, requests: usize, concurrency: usize) -> Batch {
    let urls: Vec<String> = (0..requests).map(|index| format!("{url}&index={index}")).collect();
    Batch::new(urls.iter().map(String::as_str).collect(), concurrency)
}

/// Every request was answered with 200. Bodies of others have no token of ours at their end.
fn check(batch: &Batch) -> Outcome<()> {
    let samples = (0..batch.log().len()).map(|index| batch.log().sample(index));
    let mut bad = samples.filter(|sample| sample.error.is_some_and(|error| error != SampleError::Body));
    match bad.next() {
        None => Ok(()),
        Some(bad) => Err(format!("a request failed: {bad:?} {:?}", batch.log().texts()).into()),
    }
}
