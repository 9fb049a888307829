//! Yardsticks from outside, in adjacent pairs of one run: models against load generators, the delay server against nginx.
//!
//! What is printed are each pair and the medians of the pairs' ratios. A tool that is not installed is skipped with a line
//! that says how to get it. Servers are pinned to one part of the CPUs, clients to the others.

#[path = "yardsticks/mod.rs"]
mod yardsticks;

use std::path::Path;

use inflight::lineup;
use inflight_harness::child::allowed_cpus;
use inflight_harness::plan::Cpus;
use inflight_record::{OpenBatch, Placement};

use yardsticks::clients::{self, Generator, OHA, Task, WRK};
use yardsticks::pairs::{CPU, Contender, RATE, compare};
use yardsticks::{Outcome, Size, Tool, servers};

const INFLIGHT: &str = env!("CARGO_BIN_EXE_inflight");
const CONCURRENCY: u64 = 100;
const BODY_BYTES: usize = 128;

/// CPU a request: each model beside the load generator that is built like it.
const RIVALS: [(&str, Generator); 3] = [("raw-epoll", WRK), ("io-uring", WRK), ("tokio-hyper", OHA)];

const NGINX: Tool = Tool { name: "nginx", how: "apt-get install nginx-light" };

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(outcome) = clients::as_client(&arguments) {
        return outcome;
    }
    let Some(size) = Size::asked("yardsticks", &arguments) else { return Ok(()) };
    for (model, generator) in RIVALS {
        model_against_generator(model, generator, size)?;
    }
    server_against_nginx(size)
}

/// CPU a request of a model and of a load generator, against the same server.
fn model_against_generator(model: &str, generator: Generator, size: Size) -> Outcome<()> {
    if lineup::find(model).is_none() {
        println!("\nskipped: {model} is not in the line-up");
        return Ok(());
    }
    let Some(program) = generator.tool.find() else { return Ok(()) };
    let cpus = Cpus::dealt(Placement::Split, &allowed_cpus());
    let server = servers::delay_server(Path::new(INFLIGHT), &cpus.server)?;
    let url = format!("{}/delay/0?bytes={BODY_BYTES}", server.url());
    // One CPU for either: the generators are asked for one thread.
    let task = Task { cpus: &cpus.worker[..1], url: &url, concurrency: CONCURRENCY, size };
    let Generator { tool, settings, .. } = generator;
    println!("\n{model} against {} {settings}, C = {CONCURRENCY}, D = 0, bodies of {BODY_BYTES} B", tool.name);
    let mut ours = Contender { name: model, run: &mut || clients::model(model, &task) };
    let mut theirs = Contender { name: tool.name, run: &mut || generator.run(&program, &task) };
    compare(size.pairs, CPU, &mut ours, &mut theirs)?;
    server.stop();
    Ok(())
}

/// Requests a second of the delay server, its ledger open, and of nginx with the same body, under raw-epoll.
fn server_against_nginx(size: Size) -> Outcome<()> {
    let Some(nginx) = NGINX.find() else { return Ok(()) };
    let cpus = Cpus::dealt(Placement::Split, &allowed_cpus());
    let mut server = servers::delay_server(Path::new(INFLIGHT), &cpus.server)?;
    let nginx = servers::nginx(&nginx, &cpus.server, &format!("return 200 '{}';", servers::answer(BODY_BYTES)?))?;
    println!("\ndelay server against nginx (one worker, return 200), under raw-epoll with C = {CONCURRENCY}");
    let path = format!("/delay/0?bytes={BODY_BYTES}&batch=");
    let fetch = |base: &str, batch: u64| {
        let task = Task { cpus: &cpus.worker, url: &format!("{base}{path}{batch}"), concurrency: CONCURRENCY, size };
        clients::model("raw-epoll", &task)
    };
    let base = server.url().to_owned();
    let mut batch = 2;
    let mut ours = || {
        batch += 1;
        server.open(&OpenBatch::new(batch, size.requests, CONCURRENCY))?;
        fetch(&base, batch)
    };
    let mut ours = Contender { name: "delay server", run: &mut ours };
    let mut theirs = Contender { name: "nginx", run: &mut || fetch(&nginx.url, 0) };
    compare(size.pairs, RATE, &mut ours, &mut theirs)?;
    server.stop();
    nginx.stop();
    Ok(())
}
