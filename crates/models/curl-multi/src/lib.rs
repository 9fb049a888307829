//! libcurl's multi interface: all transfers on one thread, in a loop that says `perform`, takes what has ended, and waits
//! with `poll`. What half of the world's programs fetch with, and the loop under isahc.
//!
//! C easy handles are made once. A handle takes a URL, joins the multi handle, and is taken out when its transfer has
//! ended, with its answer; the connections stay behind in the multi handle, which gives them to the next transfer. What
//! one learns: concurrency without tasks or threads was there before `async`, and the price of its interface: each round
//! of the loop builds a list of all C sockets for `poll(2)` and the kernel looks at each. libcurl's other interface,
//! `multi_socket` over one's own epoll, does away with that, for a reactor and a timer that one has to write oneself.
//!
//! The crate [curl](https://docs.rs/curl) builds libcurl from the source that it carries, so its version is the
//! lockfile's; TLS and HTTP/2 are left out. [isahc](https://docs.rs/isahc) was not taken: it runs this same loop on a thread
//! of its own and hands answers over to futures, which would put its hand-over between the reader and what is to be seen.
//!
//! Caps: none that binds here. The multi handle keeps as many idle connections as it likes for a second, then at most two
//! for each transfer that is under way (`CURLMOPT_MAXCONNECTS`), and takes none up again after 118 s; it opens any number a
//! host (`CURLMOPT_MAX_HOST_CONNECTIONS`); connecting may take 300 s; an answer has no time limit. `TCP_NODELAY` is set. A
//! body comes in pieces of 16 KiB. A host *name* is looked up on a thread of its own and kept for 60 s.

use std::sync::Arc;
use std::time::Duration;

use curl::easy::{Easy2, Handler, WriteError};
use curl::multi::{Easy2Handle, Multi};
use inflight_harness::batch::InFlight;
use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&CurlMulti];

/// `curl-multi`: C easy handles in one multi handle.
#[derive(Debug, Clone, Copy)]
pub struct CurlMulti;

impl Model for CurlMulti {
    fn card(&self) -> Card {
        Card {
            id: "curl-multi".to_owned(),
            idea: "One thread performs all transfers, then polls all sockets; C easy handles are used over and over."
                .to_owned(),
            label: Label::Idiomatic,
            client: "libcurl's multi interface, one thread".to_owned(),
            crates: vec!["curl".to_owned(), "curl-sys".to_owned()],
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            child_processes: false,
            keeps_connections: true,
            http2: false,
            hidden_caps: vec![
                HiddenCap::new(
                    "idle connections kept for more than 1 s: 2 for each transfer under way, for 118 s",
                    "left at the default",
                ),
                HiddenCap::new("connections a host: no limit", "left at the default"),
                HiddenCap::new("time to connect: 300 s", "left at the default"),
                HiddenCap::new("CPUs that it can use: 1", "that is the interface"),
            ],
            historical: None,
        }
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let idle = (0..setup.concurrency).map(|_| handle()).collect::<Result<_, _>>()?;
        Ok(Box::new(Handles { multi: Multi::new(), idle }))
    }
}

/// An easy handle. It follows no redirects unless told to, and any status is an answer to it.
fn handle() -> Result<Easy2<Answer>, curl::Error> {
    let mut easy = Easy2::new(Answer::default());
    easy.proxy("")?; // none, whatever the environment says
    Ok(easy)
}

/// What has come of an answer so far.
#[derive(Debug, Default)]
struct Answer {
    timing: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Handler for Answer {
    fn header(&mut self, line: &[u8]) -> bool {
        const NAME: &[u8] = b"server-timing:";
        if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            self.timing = Some(line[NAME.len()..].trim_ascii().to_vec());
        }
        true
    }

    fn write(&mut self, piece: &[u8]) -> Result<usize, WriteError> {
        self.body.extend_from_slice(piece);
        Ok(piece.len())
    }
}

struct Handles {
    multi: Multi,
    idle: Vec<Easy2<Answer>>,
}

/// A transfer under way.
struct Transfer<'a> {
    handle: Easy2Handle<Answer>,
    request: InFlight<'a>,
}

impl Client for Handles {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        // A handle's token is its transfer's place here.
        let mut transfers: Vec<Option<Transfer<'_>>> = self.idle.iter().map(|_| None).collect();
        let mut free: Vec<usize> = (0..transfers.len()).rev().collect();
        let mut asked = 0;
        let mut ended = Vec::new();
        loop {
            while let (Some(place), Some(easy)) = (free.pop(), self.idle.pop()) {
                let Some(ticket) = batch.try_admit(asked) else {
                    self.idle.push(easy);
                    free.push(place);
                    break;
                };
                asked += 1;
                let request = batch.send(ticket);
                let mut handle = self.start(easy, request.url())?;
                handle.set_token(place)?;
                transfers[place] = Some(Transfer { handle, request });
            }
            if free.len() == transfers.len() {
                return Ok(());
            }
            self.multi.perform()?;
            self.multi.messages(|message| {
                let Ok(place) = message.token() else { return };
                let result = transfers[place].as_ref().and_then(|transfer| message.result_for2(&transfer.handle));
                ended.extend(result.map(|result| (place, result)));
            });
            if ended.is_empty() {
                self.multi.poll(&mut [], LONGEST_WAIT)?;
            }
            for (place, result) in ended.drain(..) {
                let Some(Transfer { handle, request }) = transfers[place].take() else { continue };
                let mut easy = self.multi.remove2(handle)?;
                let status = easy.response_code()?;
                let answer = easy.get_mut();
                match result {
                    Ok(()) => request.finish(u16::try_from(status)?, answer.timing.as_deref(), &answer.body),
                    Err(error) => request.fail(&error),
                }
                answer.timing = None;
                answer.body.clear();
                self.idle.push(easy);
                free.push(place);
            }
        }
    }
}

/// libcurl waits less where one of its own timers ends sooner.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl Handles {
    fn start(&self, mut easy: Easy2<Answer>, url: &str) -> Result<Easy2Handle<Answer>, ModelError> {
        easy.url(url)?;
        Ok(self.multi.add2(easy)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_declares_c() {
        assert_eq!(CurlMulti.card().declared_peak.resolve(1_000, 1, 2), 1_000);
    }

    #[test]
    fn libcurl_is_the_one_that_the_crate_carries_without_tls_and_http2() {
        let version = curl::Version::get();
        assert!(version.version().starts_with("8.") && version.vendored(), "{version:?}");
        assert!(!version.feature_ssl() && !version.feature_http2());
    }

    #[test]
    fn the_header_is_found_in_any_case_and_no_other_is() {
        let mut answer = Answer::default();
        for line in ["HTTP/1.1 200 OK\r\n", "Server: x\r\n", "SERVER-timing:  hold;dur=1 \r\n", "\r\n", "server-timin"]
        {
            assert!(answer.header(line.as_bytes()));
        }
        assert_eq!(answer.timing.as_deref(), Some(b"hold;dur=1".as_slice()));
    }
}
