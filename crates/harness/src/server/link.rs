//! The way from a server elsewhere: what it carries at most, as downloads have it.

use std::io::Read as _;
use std::ops::Range;
use std::thread;

use inflight_record::workload::MAX_BODY_BYTES;

use super::{PATIENCE, Server, ServerError, agent};
use crate::clock::Clock;

/// Downloads at once: where one connection is kept back by its window, several are not.
const CONNECTIONS: usize = 4;
/// What goes before is the connections' slow start: at least so long, and so many round trips; at most what follows.
const SLOW_START_NS: u64 = 500_000_000;
const SLOW_START_TRIPS: u64 = 20;
const SLOW_START_MOST_NS: u64 = 10_000_000_000;

/// Bytes of bodies a second, at least 1. It is what this way carries, with a server and a reader that do nothing else: where
/// one of these is slower than the cable, it is theirs.
pub(super) fn bytes_per_s(server: &mut Server) -> Result<u64, ServerError> {
    // The first one opens the connection.
    server.trip_ns()?;
    let slow_start_ns = (server.trip_ns()? * SLOW_START_TRIPS).clamp(SLOW_START_NS, SLOW_START_MOST_NS);
    let counted_ns = slow_start_ns..2 * slow_start_ns;
    let clock = Clock::start();
    let counted: u64 = thread::scope(|scope| {
        let download = || download(&server.url, &server.word, clock, &counted_ns);
        let downloads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(download)).collect();
        // A download does not panic; one that did has carried nothing.
        downloads.into_iter().map(|download| download.join().unwrap_or(Ok(0))).sum::<Result<u64, _>>()
    })
    .map_err(|source| ServerError::Lost { url: server.url.clone(), why: Box::new(source) })?;
    let bytes = u128::from(counted) * 1_000_000_000 / u128::from(slow_start_ns);
    Ok(u64::try_from(bytes).unwrap_or(u64::MAX).max(1))
}

/// Downloads the largest bodies that there are until the time is up; the bytes that came while they counted.
fn download(url: &str, bearer: &str, clock: Clock, counted_ns: &Range<u64>) -> Result<u64, ureq::Error> {
    let agent = agent(PATIENCE);
    let mut buffer = vec![0; 64 << 10];
    let mut counted = 0;
    loop {
        let request = agent.get(format!("{url}/delay/0?bytes={MAX_BODY_BYTES}")).header("authorization", bearer);
        let mut body = request.call()?.into_body().into_reader();
        loop {
            let read = body.read(&mut buffer).map_err(ureq::Error::Io)?;
            let now_ns = clock.now_ns();
            if now_ns >= counted_ns.end {
                return Ok(counted);
            }
            if now_ns >= counted_ns.start {
                counted += read as u64;
            }
            if read == 0 {
                break;
            }
        }
    }
}
