//! The batch as a model sees it: the URLs, and the two calls that stand around each request.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::clock::Clock;
use crate::sample_log::SampleLog;

/// The URLs of one batch and the log of what became of them. Shared by all threads or tasks of a model.
#[derive(Debug)]
pub struct Batch {
    urls: Urls,
    concurrency: usize,
    next: AtomicUsize,
    log: SampleLog,
    clock: Clock,
}

impl Batch {
    /// A batch of these URLs, at most `concurrency` to be in flight. Allocates and touches the sample log.
    #[must_use]
    pub fn new(urls: Urls, concurrency: usize) -> Self {
        let log = SampleLog::new(urls.len());
        Self { urls, concurrency, next: AtomicUsize::new(0), log, clock: Clock::start() }
    }

    /// N: how many URLs there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a batch has at least one request")]
    pub fn len(&self) -> usize {
        self.urls.len()
    }

    /// C: how many may be in flight at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The URL with this index; panics where there is none.
    #[must_use]
    pub fn url(&self, index: usize) -> &str {
        self.urls.get(index)
    }

    /// The next index that nobody has taken yet, for models whose threads or tasks share the work.
    #[must_use]
    pub fn take(&self) -> Option<usize> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.len()).then_some(index)
    }

    /// Notes that the request is handed to the client now.
    pub fn send(&self, index: usize) -> InFlight<'_> {
        self.log.sent(index, self.clock.now_ns());
        InFlight { batch: self, index }
    }

    /// What became of each request.
    #[must_use]
    pub fn log(&self) -> &SampleLog {
        &self.log
    }

    /// Sets the batch's clock to 0. The worker calls it when the timed span begins.
    pub fn start_clock(&mut self) {
        self.clock = Clock::start();
    }

    /// Nanoseconds since [`Batch::start_clock`].
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }
}

/// A request on its way. Dropped without a word, it counts as never finished.
#[derive(Debug)]
#[must_use = "say what became of it: finish or fail"]
pub struct InFlight<'a> {
    batch: &'a Batch,
    index: usize,
}

impl InFlight<'_> {
    /// Notes that the whole answer is here: its status, its `Server-Timing` header, its body.
    pub fn finish(self, status: u16, server_timing: Option<&[u8]>, body: &[u8]) {
        let end_ns = self.batch.clock.now_ns();
        self.batch.log.finished(self.index, end_ns, status, server_timing, body);
    }

    /// Notes that the client gave up, and why. The first few texts are kept for the record's reason.
    pub fn fail(self, error: &(impl Display + ?Sized)) {
        let end_ns = self.batch.clock.now_ns();
        self.batch.log.failed(self.index, end_ns, error);
    }
}

/// A list of URLs in one piece of memory, so that a million of them are two allocations.
#[derive(Debug, Default)]
pub struct Urls {
    text: String,
    ends: Vec<usize>,
}

impl Urls {
    /// Appends one.
    pub fn push(&mut self, url: &str) {
        self.text.push_str(url);
        self.ends.push(self.text.len());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The URL with this index; panics where there is none.
    #[must_use]
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }
}

impl<'a> FromIterator<&'a str> for Urls {
    fn from_iter<I: IntoIterator<Item = &'a str>>(urls: I) -> Self {
        let mut list = Self::default();
        for url in urls {
            list.push(url);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_back_as_they_were() {
        let urls: Urls = ["http://a/0", "http://a/11", ""].into_iter().collect();
        assert_eq!(urls.len(), 3);
        assert_eq!(urls.get(0), "http://a/0");
        assert_eq!(urls.get(1), "http://a/11");
        assert_eq!(urls.get(2), "");
    }

    #[test]
    fn each_index_is_taken_once() {
        let batch = Batch::new(["a"; 100].into_iter().collect(), 4);
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| std::iter::from_fn(|| batch.take()).sum::<usize>())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 99 * 100 / 2);
    }
}
