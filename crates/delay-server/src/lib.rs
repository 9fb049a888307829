//! A local HTTP server that holds every response for a fixed delay, and keeps a ledger of each batch.
//!
//! The ledger is a witness: it says what a client did (how many requests at once, over how many connections, which
//! indices never came) without asking the client. `inflight serve` is [`run`]; tests use [`DelayServer`].
//!
//! # Routes
//! | request | answer |
//! | --- | --- |
//! | `GET /delay/{seconds}?batch=7&index=3&bytes=1024` | after the hold, `{"batch":7,"index":3,"pad":"xxx","token":"16 hex digits"}`, padded to `bytes` (up to 64 MiB, never cut); `Server-Timing: hold;dur=` has the real hold in milliseconds |
//! | `GET /api/book/?limit=18&offset=36&batch=7&index=3` | after the hold, a list of books as JSON; its last field is `token` |
//! | `GET /api/book/{id}?batch=7&index=3` | after the hold, a book as JSON; its last field is `token` |
//! | `GET /top250?start=50&batch=7&index=3` | after the hold, a list of films as HTML; its last script is `{"token":"16 hex digits"}` |
//! | `GET /subject/{id}/?batch=7&index=3` | after the hold, a film as HTML; its last script is the same |
//! | `POST /ledger` with an [`OpenBatch`](inflight_record::OpenBatch) | opens a batch: 201; 409 if it is open already; the body is `{"batch":7,"requests":100,"slots":10}`, with `"capacity":5` (1 to 60,000) where so many are served at once, and `"crawl":{"site":{"catalogue":"books","lists":100,"seed":1},"delay_ns":50000000}` where it is a crawl |
//! | `GET /ledger?batch=7` | its [`Ledger`](inflight_record::Ledger) so far |
//! | `GET /ledger` | the open batches, and the counts of requests that named none, were refused, or had no right to ask |
//! | `GET /machine` | where [`Options::machine`] makes it: the machine of the server, its counters, and how many requests arrived so far |
//! | `GET /health` | `{"status":"ok","version":"…"}` |
//!
//! Seconds are plain decimals from 0 to 60. A request without a batch is served and counted apart, with the token of
//! batch 0; therefore no batch 0 can be opened. What is refused gets 400, 401, 404, 405 or 409 and
//! `{"error":"what would be right"}`. `HEAD` is refused (405): nothing here measures it.
//!
//! With several hosts ([`Options::hosts`]) every route is served on each of them, from one book.
//!
//! # Who may ask
//! Whoever reaches it, unless told: it is meant for loopback. With [`Options::guarded`] only who has the run's word opens
//! batches. With [`Options::token`] everything but `/health` needs the header `Authorization: Bearer` with the token (RFC 6750),
//! compared in constant time; or it is a request for `/delay` or a page, and names an open batch. So a client of a batch needs
//! no header, and what is checked of its requests is what is looked up in any case (`guard.rs`): batches have numbers that
//! nobody guesses, and who was told one can ask for its answers, and nothing else. The rest gets 401, whatever the path, and is
//! counted. There is no TLS: who reads the wire reads the token.
//!
//! # The catalogue
//! The pages are those of `inflight_catalogue`, which says where in them everything is. A batch that was opened as a crawl has
//! a site, and its requests are for the pages of that; each is held for the batch's `delay_ns`. `/delay` is refused in it, as
//! the catalogue is in a batch that is no crawl. `limit` must be 18 and may be left out; `offset` and `start` must be the
//! place of a list's first detail, and are 0 where they are left out. Without a batch there is a site for people to look at:
//! 100 lists of books and 10 of films from seed 1, without delay and faults, counted with the other requests that name none.
//!
//! # Faults
//! `"faults_per_mille":20` in a site has 20 of a thousand attempts fail. Which ones is drawn from the seed, the page and how
//! often this page was asked for before in this batch (`fault.rs`), and from nothing else: every model meets the same faults,
//! whatever order it fetches in, and a page that is asked for again is drawn anew. An attempt that fails is held as long as
//! the others, and then, each kind being as likely:
//!
//! | fault | HTTP/1.1 | HTTP/2 |
//! | --- | --- | --- |
//! | status | 500 with `{"error":"…"}` | the same |
//! | reset | half of the promised body, then a reset of the connection | half of it, then a reset of the stream |
//! | truncated | half of the promised body, then the end of the connection | half of it, then the end of the stream |
//! | garbled | 200, and the page back to front with its token at its end | the same |
//!
//! # Protocols
//! HTTP/1.1, and HTTP/2 without TLS for clients that know beforehand (prior knowledge; there is no `Upgrade`), on one port.
//! A look at a connection's first bytes tells them apart (`preface.rs`): `PR` is HTTP/2, everything else HTTP/1.1. The
//! bytes stay in the socket, so HTTP/1.1 pays one system call a connection and nothing a request. A connection of HTTP/2
//! may carry 60,000 streams at once, which is the largest concurrency of a workload; how much of their answers is under way
//! is for the client's windows to say. The ledger counts connections of either protocol alike, and tells `streams` apart.
//!
//! # When things count
//! A request is in flight from the moment its head is parsed to the moment its response is made, *before* that is
//! written: a client's makespan is never shorter than the ledger's span. It is completed when the last byte of its
//! body was taken by the connection's writer, and aborted when its client went away, or reset its stream, earlier. What a
//! client's windows keep back has not been taken. A client that goes away during the hold is noticed at once.
//!
//! Of a crawl, `requests` are attempts, and no index is owed: nothing is missing, and no time quiet. The ledger's `crawl`
//! counts lists and details, each once however often it was asked for, when it is completed; `details_mark` is the sum of the
//! marks of those details. A fault counts, by its kind and not as completed or aborted, when its response is made. So once
//! nothing is under way, `requests` are `completed`, `aborted` and the faults together.
//!
//! # Capacity
//! Of a batch with a capacity at most so many requests are served (their delay runs) at once; the others wait in order of
//! arrival (`gate.rs`). A place that becomes free, because its response is made or its client went away, goes to the first
//! who waits at that very moment: the delay of that one counts from then, whenever its task gets to know. Queued requests
//! are in flight, and their hold (`Server-Timing`, `held_sum_ns`) counts from arrival; `hold_late_ns` leaves the queue
//! out, and `queued_sum_ns` is what it came to. Without a capacity nobody queues, and nothing of this is touched.
//!
//! # The timer
//! One timerfd, armed for the earliest deadline (`timer.rs`); a hold of 0 never touches it. How late holds ended on two
//! vCPUs of a virtual machine on which others were building (Linux 6.18; server and client pinned to one each; D = 50 ms,
//! warm; medians over 20 batches of 10 waves for C = 1000, and over 4 batches of 20 waves for C = 10; `cargo bench
//! delay_server` measures the same on your machine):
//!
//! | timer | C = 10: p50, p99 | C = 1000: p50, p99 | C = 1000, batches during which the server waited < 1 ms for its CPU |
//! | --- | --- | --- | --- |
//! | timerfd | 0.23 ms, 0.33 ms | 0.17 ms, 1.17 ms | 0.15 ms, 0.84 ms (10 of 20) |
//! | `tokio::time::sleep` | 1.40 ms, 1.56 ms | 1.58 ms, 3.85 ms | 1.53 ms, 2.65 ms (3 of 20) |
//!
//! tokio's wheel has ticks of a millisecond and rounds up. Tried and left out, at C = 1000, two runs of 8 batches each
//! beside 0.5 ms and 0.6 ms of p99 without: polling the sockets every 16 tasks rather than tokio's 61 (1.3 and 2.8 ms),
//! every 4 (4.6 and 5.9 ms), every 256 (0.8 and 0.9 ms), and looking for due holds at every arrival (2.0 and 2.1 ms).
//! Gathering deadlines that lie within 50 to 200 µs made no difference above the noise. What is left of p99 is taken to
//! be the queue of one thread: the deadlines of a wave lie closer together than answers can be sent.
//!
//! # Limits
//! - Linux only: timerfd, and `TCP_NODELAY` handed down by the listener.
//! - One thread: 6 to 7 µs of CPU a request at D = 0 and C = 100, as one nginx 1.22 worker that returns the same bytes
//!   (there 150,000 requests a second with the client on the other CPU, both saturated). With more connections each
//!   request costs more (13 to 17 µs at C = 1000, caches being cold). Beyond that holds end late, which the ledger shows.
//! - The last 16 batches are kept, each of at most 10 million requests; a crawl takes 4 bytes for each page of its site.
//! - A page is made anew for each attempt, when that arrives, which is part of its hold.
//! - No `Date` header, no TLS, no compression.
//! - Ending is prompt: held requests get no answer.

mod accept;
mod answer;
mod batch;
mod book;
mod broken;
mod clock;
mod connection;
mod fault;
mod gate;
mod guard;
mod handle;
mod hold;
mod listen;
mod options;
mod page;
mod preface;
mod refusal;
mod request;
mod serve;
mod site;
mod state;
mod timer;

pub use handle::DelayServer;
pub use options::{Options, ServerError, Shutdown};
pub use serve::run;
