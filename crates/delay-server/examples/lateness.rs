//! Prints how late holds end under a warm client with C in flight:
//! `cargo run --release --example lateness -- 127.0.0.1:8080 1000 0.05 10 5` is C, D in seconds, requests a connection,
//! batches. The server runs elsewhere (example `serve`), pinned to another CPU.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use inflight_record::Ledger;
use tokio::runtime::{Builder, LocalOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let server: SocketAddr = next("127.0.0.1:8080").parse()?;
    let (connections, delay, each, batches): (u64, _, u64, u64) =
        (next("1000").parse()?, next("0.05"), next("10").parse()?, next("5").parse()?);
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..connections {
            let stream = tokio::net::TcpStream::connect(server).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let mut number = u64::from(std::process::id()) * 1000;
        let delay: Rc<str> = delay.into();
        for batch in 0..=batches {
            number += 1;
            // The first batch only warms up.
            let (delay, each) = if batch == 0 { (Rc::from("0"), 1) } else { (Rc::clone(&delay), each) };
            let owed = format!(r#"{{"batch":{number},"requests":{},"slots":{connections}}}"#, connections * each);
            exchange(server, "POST", "/ledger", &owed)?;
            let begin = Instant::now();
            let mut tasks = Vec::new();
            for (at, stream) in streams.drain(..).enumerate() {
                tasks.push(tokio::task::spawn_local(fetch(stream, number, at as u64 * each, each, Rc::clone(&delay))));
            }
            for task in tasks {
                streams.push(task.await??);
            }
            let makespan = begin.elapsed();
            tokio::time::sleep(Duration::from_millis(200)).await;
            let ledger = exchange(server, "GET", &format!("/ledger?batch={number}"), "")?;
            let ledger: Ledger = serde_json::from_str(ledger.split_once("\r\n\r\n").ok_or("no body")?.1)?;
            let ms = |ns: u64| Duration::from_nanos(ns).as_secs_f64() * 1e3;
            println!(
                "makespan {:7.2} ms, span {:7.2}, late p50 {:.3} p99 {:.3} max {:.3} ms, quiet longest {:.3} sum {:.3} ms, cpu {} us/request, opened {}",
                makespan.as_secs_f64() * 1e3,
                ms(ledger.span_ns),
                ms(ledger.hold_late_ns.p50),
                ms(ledger.hold_late_ns.p99),
                ms(ledger.hold_late_ns.max),
                ms(ledger.quiet_longest_ns),
                ms(ledger.quiet_sum_ns),
                ledger.cpu_ns / ledger.requests / 1000,
                ledger.connections_opened,
            );
        }
        Ok(())
    })
}

/// Fetches `each` indices from `first` on over one connection.
async fn fetch(
    stream: tokio::net::TcpStream,
    batch: u64,
    first: u64,
    each: u64,
    delay: Rc<str>,
) -> io::Result<tokio::net::TcpStream> {
    let mut buffer = vec![0; 4096];
    for index in first..first + each {
        let request = format!("GET /delay/{delay}?batch={batch}&index={index}&bytes=1024 HTTP/1.1\r\nhost: a\r\n\r\n");
        stream.writable().await?;
        stream.try_write(request.as_bytes())?;
        let mut filled = 0;
        while !buffer[..filled].ends_with(b"\"}") {
            stream.readable().await?;
            match stream.try_read(&mut buffer[filled..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(stream)
}

/// One request on a connection of its own.
fn exchange(server: SocketAddr, method: &str, path: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
