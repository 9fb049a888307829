//! Yardsticks from outside, in adjacent pairs of one run: the floor model against wrk, the delay server against nginx.
//!
//! Each pair runs both contenders one right after the other, in turns first, so that a drift of the machine hits both;
//! what is printed are the medians of the pairs' ratios. A tool that is not installed is skipped with a line that says so.
//! This file is its own client: it starts itself again as `client <base URL> <path> <requests> <concurrency>`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inflight::comparison;
use inflight_harness::child::{Child, Program, allowed_cpus, pin};
use inflight_harness::plan::Placement;
use inflight_harness::probes::own;
use inflight_harness::server::Server;
use inflight_harness::{Batch, Model, ModelError, Setup};
use inflight_model_raw_epoll::RawEpoll;
use inflight_record::{OpenBatch, TokenKey};

type Outcome<T> = Result<T, ModelError>;

const CONCURRENCY: u64 = 100;
const BODY_BYTES: u64 = 128;

/// How much is measured.
struct Size {
    pairs: usize,
    requests: u64,
    wrk_seconds: u64,
}

const FULL: Size = Size { pairs: 9, requests: 200_000, wrk_seconds: 2 };
const TEST: Size = Size { pairs: 1, requests: 2_000, wrk_seconds: 1 };

/// What one client used and took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    requests: f64,
    seconds: f64,
    cpu_seconds: f64,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == "client") {
        return client(&arguments[1..]);
    }
    // `cargo bench` hands the same words to every bench: criterion's options, and perhaps a filter.
    let filter = arguments.iter().find(|word| !word.starts_with('-'));
    let listing = arguments.iter().any(|word| word == "--list");
    if listing || filter.is_some_and(|filter| !"yardsticks".contains(filter.as_str())) {
        return Ok(());
    }
    let size = if arguments.iter().any(|word| word == "--test") { TEST } else { FULL };
    floor_against_wrk(&size)?;
    server_against_nginx(&size)
}

/// CPU a request of raw-epoll and of `wrk -t1 -c100`, against the same server.
fn floor_against_wrk(size: &Size) -> Outcome<()> {
    let Some(wrk) = find("wrk") else { return skipped("wrk", "apt-get install wrk") };
    let cpus = Placement::Split.cpus(&allowed_cpus());
    let server = start_server(&cpus.server)?;
    let path = format!("/delay/0?bytes={BODY_BYTES}");
    println!("\nraw-epoll against wrk -t1 -c{CONCURRENCY}, D = 0, bodies of {BODY_BYTES} B: CPU a request");
    let ratios = pairs(size.pairs, |first| {
        let ours = || own_client(&cpus.worker, server.url(), &path, size.requests);
        let theirs = || run_wrk(&wrk, &cpus.worker, &format!("{}{path}", server.url()), size.wrk_seconds);
        let (ours, theirs) = in_turn(first, ours, theirs)?;
        let [a, b] = [ours, theirs].map(|cost| cost.cpu_seconds / cost.requests * 1e6);
        println!("  raw-epoll {a:.2} µs · wrk {b:.2} µs · ratio {:.3}", a / b);
        Ok(a / b)
    })?;
    println!("  median ratio of {} pairs: {:.3}", ratios.len(), inflight_stats::median(&ratios).unwrap_or(f64::NAN));
    server.stop();
    Ok(())
}

/// Requests a second of the delay server, its ledger open, and of nginx with the same body, under raw-epoll.
fn server_against_nginx(size: &Size) -> Outcome<()> {
    let Some(nginx) = find("nginx") else { return skipped("nginx", "apt-get install nginx-light") };
    let cpus = Placement::Split.cpus(&allowed_cpus());
    let mut server = start_server(&cpus.server)?;
    let (directory, nginx, nginx_url) = start_nginx(&nginx, &cpus.server)?;
    println!(
        "\ndelay server against nginx (one worker, return 200), under raw-epoll with C = {CONCURRENCY}: requests a second"
    );
    let mut batch = 2;
    let ratios = pairs(size.pairs, |first| {
        batch += 1;
        server.open(&OpenBatch { batch, requests: size.requests, slots: CONCURRENCY, capacity: None })?;
        let path = format!("/delay/0?bytes={BODY_BYTES}&batch={batch}");
        let ours = || own_client(&cpus.worker, server.url(), &path, size.requests);
        let theirs = || own_client(&cpus.worker, &nginx_url, &path, size.requests);
        let (ours, theirs) = in_turn(first, ours, theirs)?;
        let [a, b] = [ours, theirs].map(|cost| cost.requests / cost.seconds);
        println!("  delay server {a:.0}/s · nginx {b:.0}/s · ratio {:.3}", a / b);
        Ok(a / b)
    })?;
    println!("  median ratio of {} pairs: {:.3}", ratios.len(), inflight_stats::median(&ratios).unwrap_or(f64::NAN));
    server.stop();
    nginx.terminate();
    drop(directory);
    Ok(())
}

/// Runs so many pairs, in turns the one or the other first.
fn pairs(count: usize, mut pair: impl FnMut(bool) -> Outcome<f64>) -> Outcome<Vec<f64>> {
    (0..count).map(|number| pair(number % 2 == 0)).collect()
}

fn in_turn(first: bool, ours: impl Fn() -> Outcome<Cost>, theirs: impl Fn() -> Outcome<Cost>) -> Outcome<(Cost, Cost)> {
    if first {
        let ours = ours()?;
        Ok((ours, theirs()?))
    } else {
        let theirs = theirs()?;
        Ok((ours()?, theirs))
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    places.map(|place| place.join(name)).find(|file| file.is_file())
}

fn skipped(tool: &str, how: &str) -> Outcome<()> {
    println!("\nskipped: {tool} is not installed ({how})");
    Ok(())
}

fn start_server(cpus: &[u32]) -> Outcome<Server> {
    let program = comparison::server(Path::new(env!("CARGO_BIN_EXE_inflight")));
    Ok(Server::start(&program, cpus, &TokenKey::new([7; 16]), Arc::default())?)
}

/// nginx with one worker and the delay server's answer as its own, in a folder of its own.
fn start_nginx(nginx: &Path, cpus: &[u32]) -> Outcome<(tempfile::TempDir, Child, String)> {
    let directory = tempfile::tempdir()?;
    let place = directory.path().display();
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut body = br#"{"batch":0,"index":0,"pad":""#.to_vec();
    body.resize(usize::try_from(BODY_BYTES)? - inflight_record::token::TAIL_BYTES - 2, b'x');
    body.extend_from_slice(b"\",");
    TokenKey::new([7; 16]).token(0, 0).write_tail(&mut body);
    let body = String::from_utf8(body)?;
    let configuration = format!(
        "daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;
         events {{ worker_connections 1024; }}
         http {{ access_log off; keepalive_requests 100000000; default_type application/json;
           client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
           uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
           server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{body}'; }} }} }}"
    );
    let file = directory.path().join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let program = Program::new(nginx, &["-e", &format!("{place}/error.log"), "-c", &file.display().to_string()]);
    let mut child = Child::start(&program, cpus, Arc::default())?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(how) = child.ended().or_else(|| (Instant::now() > deadline).then(|| "does not listen".to_owned())) {
            return Err(format!("nginx {how}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok((directory, child, format!("http://127.0.0.1:{port}")))
}

/// raw-epoll in a process of its own.
fn own_client(cpus: &[u32], base: &str, path: &str, requests: u64) -> Outcome<Cost> {
    let this = std::env::current_exe()?;
    let text = on_cpus(
        cpus,
        Command::new(this).args(["client", base, path, &requests.to_string(), &CONCURRENCY.to_string()]),
    )?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [requests, seconds, cpu_seconds] = numbers[..] else { return Err(format!("the client said {text:?}").into()) };
    Ok(Cost { requests, seconds, cpu_seconds })
}

/// wrk, whose CPU time the kernel tells when it has ended.
fn run_wrk(wrk: &Path, cpus: &[u32], url: &str, seconds: u64) -> Outcome<Cost> {
    let before = own::usage();
    let connections = format!("-c{CONCURRENCY}");
    let text = on_cpus(cpus, Command::new(wrk).args(["-t1", &connections, &format!("-d{seconds}s"), url]))?;
    let used = own::usage().since(before);
    let line = text.lines().find(|line| line.contains("requests in")).ok_or("wrk did not say how many requests")?;
    let requests = line.split_whitespace().next().ok_or("wrk did not say how many requests")?.parse()?;
    if text.contains("Socket errors") || text.contains("Non-2xx") {
        return Err(format!("wrk met errors:\n{text}").into());
    }
    let cpu_seconds = Duration::from_nanos(used.user_ns + used.system_ns).as_secs_f64();
    Ok(Cost { requests, seconds: Duration::from_secs(seconds).as_secs_f64(), cpu_seconds })
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

/// The other side of [`own_client`]: prints requests, seconds, CPU seconds.
fn client(arguments: &[String]) -> Outcome<()> {
    let [base, path, requests, concurrency] = arguments else { return Err("client: four words".into()) };
    let (requests, concurrency): (usize, usize) = (requests.parse()?, concurrency.parse()?);
    let urls: Vec<String> = (0..requests).map(|index| format!("{base}{path}&index={index}")).collect();
    let mut batch = Batch::new(urls.iter().map(String::as_str).collect(), concurrency);
    drop(urls);
    let before = own::usage();
    batch.start_clock();
    let batch = Arc::new(batch);
    RawEpoll.client(&Setup { concurrency })?.fetch(&batch)?;
    let seconds = Duration::from_nanos(batch.now_ns()).as_secs_f64();
    let used = own::usage().since(before);
    if let Some(bad) = (0..requests).map(|index| batch.log().sample(index)).find(|sample| sample.error.is_some()) {
        return Err(format!("a request failed: {bad:?} {:?}", batch.log().texts()).into());
    }
    let cpu_seconds = Duration::from_nanos(used.user_ns + used.system_ns).as_secs_f64();
    println!("{requests} {seconds} {cpu_seconds}");
    Ok(())
}
