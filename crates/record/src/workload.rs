//! The workload: N requests, at most C in flight, each held for D by the server; and the ideal that follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::crawl::{Crawl, MAX_FAULTS_PER_MILLE, MAX_LISTS, MAX_RETRIES};
use crate::delay::{LogNormal, SIGMA_MILLI, asked_mark};

pub use crate::delay::MAX_DELAY_NS;

/// Most requests of one batch. 10 million samples are 560 MB of log: a batch above that is a load test, not a comparison.
pub const MAX_REQUESTS: u64 = 10_000_000;
/// Most requests in flight: one loopback address has fewer than 65,536 ports to connect from.
pub const MAX_CONCURRENCY: u64 = 60_000;
/// Largest body, in bytes: 64 MiB.
pub const MAX_BODY_BYTES: u64 = 64 << 20;
/// Most hosts that the URLs are spread over: 127.0.0.1 to 127.0.0.128.
pub const MAX_HOSTS: u64 = 128;

/// Whether the client and its connections exist before the timed span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Connections {
    /// The client is built, and connects, inside the timed span.
    Cold,
    /// One untimed batch runs first on the same client, and its connections are kept.
    Warm,
}

impl Connections {
    /// The word on the command line and in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// What every model of a comparison is asked to do: the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// N: how many requests one batch makes, 1 to 10,000,000.
    pub requests: u64,
    /// C: how many of them may be in flight at once, 1 to N.
    pub concurrency: u64,
    /// D: how long the server holds each response, in nanoseconds, 0 to 60 s. With `lognormal`, the median of delays.
    pub delay_ns: u64,
    /// Delays that vary from index to index around D; a fixed D where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lognormal: Option<LogNormal>,
    /// Least size of each response's body, in bytes; the answer to check needs some 60 bytes and is never cut.
    pub body_bytes: u64,
    /// Whether connecting is part of what is timed.
    pub connections: Connections,
    /// How many hosts the URLs are spread over, index by index: 127.0.0.1 and those after it, 1 to 128.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub hosts: u64,
    /// How many requests the server holds at once; others queue in order of arrival. No limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Where it is a crawl: N is then L + M, bodies have the size of their pages, and there is one host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<Crawl>,
}

pub(crate) fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn is_one(hosts: &u64) -> bool {
    *hosts == 1
}

/// Why a workload cannot be run; each says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// N is 0 or absurd.
    #[error("requests must be 1 to {MAX_REQUESTS}, not {0}")]
    Requests(u64),
    /// C is 0.
    #[error("concurrency must be at least 1, not 0")]
    NoConcurrency,
    /// C exceeds N.
    #[error("concurrency {concurrency} is above the {requests} requests: it must be 1 to {requests}")]
    ConcurrencyAboveRequests {
        /// C as asked.
        concurrency: u64,
        /// N as asked.
        requests: u64,
    },
    /// C exceeds what one address can connect from.
    #[error("concurrency must be at most {MAX_CONCURRENCY} (one address has no more ports), not {0}")]
    ConcurrencyTooHigh(u64),
    /// D is absurd.
    #[error("delay must be at most 60s, not {:.3}s", std::time::Duration::from_nanos(*.0).as_secs_f64())]
    Delay(u64),
    /// The body is absurd.
    #[error("body must be at most 64MiB ({MAX_BODY_BYTES} bytes), not {0} bytes")]
    Body(u64),
    /// Sigma is absurd.
    #[error("sigma of a lognormal delay must be {:.3} to {:.0}, not {:.3}", milli(*SIGMA_MILLI.start()), milli(*SIGMA_MILLI.end()), milli(*.0))]
    Sigma(u32),
    /// Something that needs a delay was asked for without one.
    #[error("{0} needs a delay above 0: at D = 0 nothing is held")]
    NoDelay(&'static str),
    /// No host, or too many.
    #[error("hosts must be 1 to {MAX_HOSTS}, not {0}")]
    Hosts(u64),
    /// A server that holds nothing.
    #[error("capacity must be at least 1 (leave it out for a server without a limit), not 0")]
    NoCapacity,
    /// No list page, or too many.
    #[error("pages must be 1 to {MAX_LISTS} list pages, not {0}")]
    Lists(u64),
    /// N is not what the crawl's site has.
    #[error("a crawl of {lists} list pages makes {pages} requests, not {requests}")]
    CrawlRequests {
        /// L as asked.
        lists: u64,
        /// L + M.
        pages: u64,
        /// N as asked.
        requests: u64,
    },
    /// Too many retries.
    #[error("retries must be at most {MAX_RETRIES}, not {0}")]
    Retries(u32),
    /// Too many attempts, should every page fail.
    #[error(
        "{pages} pages with {retries} retries may take {attempts} requests, and a batch has at most {MAX_REQUESTS}: \
         crawl fewer lists, or retry less"
    )]
    Attempts {
        /// L + M.
        pages: u64,
        /// Retries as asked.
        retries: u32,
        /// What they multiply to.
        attempts: u64,
    },
    /// Too many faults.
    #[error("faults must be at most {} %, not {} %", percent(MAX_FAULTS_PER_MILLE), percent(*.0))]
    Faults(u32),
    /// Something that a crawl cannot have.
    #[error("a crawl has {0}")]
    CrawlHas(&'static str),
}

fn percent(per_mille: u32) -> f64 {
    f64::from(per_mille) / 10.0
}

fn milli(thousandths: u32) -> f64 {
    f64::from(thousandths) / 1_000.0
}

impl Workload {
    /// A workload of fixed delay, with cold connections to one host that holds any number of requests, and bodies of
    /// 1 KiB.
    #[must_use]
    pub const fn new(requests: u64, concurrency: u64, delay_ns: u64) -> Self {
        Self {
            requests,
            concurrency,
            delay_ns,
            lognormal: None,
            body_bytes: 1_024,
            connections: Connections::Cold,
            hosts: 1,
            capacity: None,
            crawl: None,
        }
    }

    /// A crawl of fixed delay, with cold connections.
    #[must_use]
    pub fn of_crawl(crawl: Crawl, concurrency: u64, delay_ns: u64) -> Self {
        let pages = crawl.pages();
        Self { body_bytes: 0, crawl: Some(crawl), ..Self::new(pages, concurrency, delay_ns) }
    }

    /// Checks every range, before anything starts.
    ///
    /// # Errors
    /// The first value that is out of its range, with the range.
    pub fn validate(&self) -> Result<(), WorkloadError> {
        if self.requests == 0 || self.requests > MAX_REQUESTS {
            return Err(WorkloadError::Requests(self.requests));
        }
        if self.concurrency == 0 {
            return Err(WorkloadError::NoConcurrency);
        }
        if self.concurrency > self.requests {
            return Err(WorkloadError::ConcurrencyAboveRequests {
                concurrency: self.concurrency,
                requests: self.requests,
            });
        }
        if self.concurrency > MAX_CONCURRENCY {
            return Err(WorkloadError::ConcurrencyTooHigh(self.concurrency));
        }
        if self.delay_ns > MAX_DELAY_NS {
            return Err(WorkloadError::Delay(self.delay_ns));
        }
        if self.body_bytes > MAX_BODY_BYTES {
            return Err(WorkloadError::Body(self.body_bytes));
        }
        if let Some(lognormal) = self.lognormal {
            if !SIGMA_MILLI.contains(&lognormal.sigma_milli) {
                return Err(WorkloadError::Sigma(lognormal.sigma_milli));
            }
            if self.delay_ns == 0 {
                return Err(WorkloadError::NoDelay("lognormal"));
            }
        }
        if self.hosts == 0 || self.hosts > MAX_HOSTS {
            return Err(WorkloadError::Hosts(self.hosts));
        }
        match self.capacity {
            Some(0) => return Err(WorkloadError::NoCapacity),
            Some(_) if self.delay_ns == 0 => return Err(WorkloadError::NoDelay("capacity")),
            _ => {}
        }
        self.crawl.as_ref().map_or(Ok(()), |crawl| self.validate_crawl(crawl))
    }

    fn validate_crawl(&self, crawl: &Crawl) -> Result<(), WorkloadError> {
        let lists = crawl.site.lists;
        if lists == 0 || lists > MAX_LISTS {
            return Err(WorkloadError::Lists(lists));
        }
        if crawl.retries > MAX_RETRIES {
            return Err(WorkloadError::Retries(crawl.retries));
        }
        if crawl.site.faults_per_mille > MAX_FAULTS_PER_MILLE {
            return Err(WorkloadError::Faults(crawl.site.faults_per_mille));
        }
        if self.requests != crawl.pages() {
            return Err(WorkloadError::CrawlRequests { lists, pages: crawl.pages(), requests: self.requests });
        }
        if crawl.attempts_most() > MAX_REQUESTS {
            let (pages, retries, attempts) = (crawl.pages(), crawl.retries, crawl.attempts_most());
            return Err(WorkloadError::Attempts { pages, retries, attempts });
        }
        if self.hosts != 1 {
            return Err(WorkloadError::CrawlHas("one host: leave hosts out"));
        }
        if self.lognormal.is_some() {
            return Err(WorkloadError::CrawlHas("a fixed delay, such as 50ms"));
        }
        if self.capacity.is_some() {
            return Err(WorkloadError::CrawlHas("a server without a limit: leave capacity out"));
        }
        if self.body_bytes != 0 {
            return Err(WorkloadError::CrawlHas("bodies of the size of its pages: leave body out"));
        }
        Ok(())
    }

    /// How many indices a batch of it has: N, and more where a crawl may ask for a page again.
    #[must_use]
    pub fn indices(&self) -> u64 {
        self.crawl.as_ref().map_or(self.requests, Crawl::attempts_most)
    }

    /// The delay of each index in turn, in nanoseconds.
    pub fn delays_ns(&self) -> impl Iterator<Item = u64> {
        let varying = self.lognormal.map(|lognormal| lognormal.delays_ns(self.delay_ns, self.requests));
        let fixed = if self.lognormal.is_none() { self.requests } else { 0 };
        varying.into_iter().flatten().chain((0..fixed).map(|_| self.delay_ns))
    }

    /// The sum of all delays, in nanoseconds: what the server owes to hold.
    #[must_use]
    pub fn delay_sum_ns(&self) -> u64 {
        self.delays_ns().fold(0, u64::saturating_add)
    }

    /// The sum of [`asked_mark`] over all indices and their delays: what the server's ledger has to show.
    #[must_use]
    pub fn asked_mark(&self) -> u64 {
        self.delays_ns().zip(0..).fold(0, |sum, (delay, index)| sum.wrapping_add(asked_mark(index, delay)))
    }

    /// The ideal in nanoseconds: the makespan that no client can beat with C in flight. ⌈N/C⌉ · D; with delays that vary,
    /// max(longest, sum / C). A server that holds fewer than C at once takes C's place.
    ///
    /// ```
    /// use inflight_record::Workload;
    /// let workload = Workload::new(1000, 300, 50_000_000);
    /// assert_eq!(workload.ideal_ns(), 4 * 50_000_000);
    /// assert_eq!(Workload { capacity: Some(200), ..workload }.ideal_ns(), 5 * 50_000_000);
    /// ```
    #[must_use]
    pub fn ideal_ns(&self) -> u64 {
        self.ideal_with_peak_ns(self.concurrency)
    }

    /// The declared ideal in nanoseconds: the same with min(C, `peak`) in flight, `peak` being what a card declares.
    #[must_use]
    pub fn ideal_with_peak_ns(&self, peak: u64) -> u64 {
        let at_once = peak.min(self.capacity.unwrap_or(u64::MAX)).clamp(1, self.concurrency);
        if let Some(crawl) = &self.crawl {
            return crawl.ideal_ns(at_once, self.delay_ns);
        }
        if self.lognormal.is_none() {
            return self.requests.div_ceil(at_once).saturating_mul(self.delay_ns);
        }
        let (longest, sum) =
            self.delays_ns().fold((0, 0_u64), |(longest, sum), delay| (delay.max(longest), sum.saturating_add(delay)));
        longest.max(sum.div_ceil(at_once))
    }

    /// The delay in words: `50ms`, `lognormal:50ms:0.6`.
    #[must_use]
    pub fn delay_text(&self) -> String {
        let median = short_duration(self.delay_ns);
        match self.lognormal {
            None => median,
            Some(lognormal) => format!("lognormal:{median}:{}", milli(lognormal.sigma_milli)),
        }
    }

    /// A short name that is unique for the workload but for the seed of its delays, such as `n500-c500-d50ms-b1024-cold`
    /// or `n500-c100-d50ms-ln0.6-b1024-cold-h16-k200` (log-normal with sigma 0.6, 16 hosts, capacity 200), or
    /// `crawl-books-l100-barrier-sqlite-c5-d50ms-cold`.
    #[must_use]
    pub fn slug(&self) -> String {
        if let Some(crawl) = &self.crawl {
            let (concurrency, delay) = (self.concurrency, short_duration(self.delay_ns));
            return format!("{}-c{concurrency}-d{delay}-{}", crawl.slug(), self.connections.as_str());
        }
        let lognormal = self.lognormal.map_or_else(String::new, |it| format!("-ln{}", milli(it.sigma_milli)));
        let hosts = if self.hosts == 1 { String::new() } else { format!("-h{}", self.hosts) };
        let capacity = self.capacity.map_or_else(String::new, |capacity| format!("-k{capacity}"));
        format!(
            "n{}-c{}-d{}{lognormal}-b{}-{}{hosts}{capacity}",
            self.requests,
            self.concurrency,
            short_duration(self.delay_ns),
            self.body_bytes,
            self.connections.as_str()
        )
    }
}

/// Writes nanoseconds in the largest unit that leaves them whole: `50ms`, `1s`, `1500us`.
#[must_use]
pub fn short_duration(ns: u64) -> String {
    match ns {
        0 => "0".to_owned(),
        _ if ns.is_multiple_of(1_000_000_000) => format!("{}s", ns / 1_000_000_000),
        _ if ns.is_multiple_of(1_000_000) => format!("{}ms", ns / 1_000_000),
        _ if ns.is_multiple_of(1_000) => format!("{}us", ns / 1_000),
        _ => format!("{ns}ns"),
    }
}

#[cfg(test)]
mod tests;
