//! The batch as a model sees it: the URLs, and the two calls that stand around each request.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::clock::Clock;
use crate::feed::{Dealt, Feed, Heard};
use crate::sample_log::SampleLog;

/// The URLs of one batch and the log of what became of them. Shared by all threads or tasks of a model.
///
/// Of a crawl the URLs are not known beforehand: answers name them. A model asks for leave before each request
/// ([`Batch::admit`] and its likes), which a plain batch gives at once, with the URL of the index; a crawl gives it as soon
/// as a page is known, with the URL of that page, and refuses it when there will be none any more.
#[derive(Debug)]
pub struct Batch {
    urls: Urls,
    indices: usize,
    feed: Option<Feed>,
    concurrency: usize,
    next: AtomicUsize,
    log: SampleLog,
    clock: Clock,
}

impl Batch {
    /// A batch of these URLs, at most `concurrency` to be in flight. Allocates and touches the sample log.
    #[must_use]
    pub fn new(urls: Urls, concurrency: usize) -> Self {
        Self { indices: urls.len(), urls, ..Self::empty(concurrency) }.with_log()
    }

    /// A batch whose URLs come from `feed`, at most `indices` of them.
    #[must_use]
    pub fn of_crawl(feed: Feed, indices: usize, concurrency: usize) -> Self {
        Self { indices, feed: Some(feed), ..Self::empty(concurrency) }.with_log()
    }

    fn empty(concurrency: usize) -> Self {
        let (urls, log) = (Urls::default(), SampleLog::new(0));
        Self { urls, indices: 0, feed: None, concurrency, next: AtomicUsize::new(0), log, clock: Clock::start() }
    }

    fn with_log(self) -> Self {
        Self { log: SampleLog::new(self.indices), ..self }
    }

    /// N: how many URLs there are; of a crawl, the most that there may be.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a batch has at least one request")]
    pub fn len(&self) -> usize {
        self.indices
    }

    /// C: how many may be in flight at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The next index that nobody has taken yet, for models whose threads or tasks share the work.
    #[must_use]
    pub fn take(&self) -> Option<usize> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.len()).then_some(index)
    }

    /// Notes that the request of this index is handed to the client now. Waits for a page that is known where the batch is a
    /// crawl; `None` where there will be none any more, and so for every later index.
    ///
    /// Panics where a plain batch has no such index.
    #[must_use]
    pub fn admit(&self, index: usize) -> Option<InFlight<'_>> {
        match &self.feed {
            None => Some(self.send(index, Cow::Borrowed(self.urls.get(index)))),
            Some(feed) => feed.deal().map(|(index, url)| self.send(index, Cow::Owned(url))),
        }
    }

    /// [`Batch::admit`], for asynchronous code.
    pub async fn admit_async(&self, index: usize) -> Option<InFlight<'_>> {
        match &self.feed {
            None => Some(self.send(index, Cow::Borrowed(self.urls.get(index)))),
            Some(feed) => feed.deal_async().await.map(|(index, url)| self.send(index, Cow::Owned(url))),
        }
    }

    /// [`Batch::admit`], for one thread that has other requests in flight and may not wait: it asks again, with the same
    /// index, when one of them has ended.
    #[must_use]
    pub fn try_admit(&self, index: usize) -> Admitted<'_> {
        match &self.feed {
            None => Admitted::Yes(self.send(index, Cow::Borrowed(self.urls.get(index)))),
            Some(feed) => match feed.look() {
                Dealt::Page(index, url) => Admitted::Yes(self.send(index, Cow::Owned(url))),
                Dealt::NotYet => Admitted::NotYet,
                Dealt::End => Admitted::End,
            },
        }
    }

    fn send<'a>(&'a self, index: usize, url: Cow<'a, str>) -> InFlight<'a> {
        self.log.sent(index, self.clock.now_ns());
        InFlight { batch: self, index, url, ended: false }
    }

    /// What became of each request.
    #[must_use]
    pub fn log(&self) -> &SampleLog {
        &self.log
    }

    /// Where its URLs come from, if it is a crawl.
    #[must_use]
    pub fn feed(&self) -> Option<&Feed> {
        self.feed.as_ref()
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

/// Whether a request may go out now.
#[derive(Debug)]
pub enum Admitted<'a> {
    /// It may.
    Yes(InFlight<'a>),
    /// Not before one of those in flight has ended.
    NotYet,
    /// Nor any later one: the batch is done when those in flight have ended.
    End,
}

/// A request on its way. Dropped without a word, it counts as never finished.
#[derive(Debug)]
#[must_use = "say what became of it: finish or fail"]
pub struct InFlight<'a> {
    batch: &'a Batch,
    index: usize,
    url: Cow<'a, str>,
    ended: bool,
}

impl InFlight<'_> {
    /// What is to be fetched.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Notes that the whole answer is here: its status, its `Server-Timing` header, its body. Waits where what is in it
    /// cannot be handed on yet.
    pub fn finish(mut self, status: u16, server_timing: Option<&[u8]>, body: &[u8]) {
        self.note(status, server_timing, body);
        if let Some(feed) = &self.batch.feed {
            feed.answered(self.index, &self.url, status, body);
        }
    }

    /// [`InFlight::finish`], for asynchronous code.
    pub async fn finish_async(mut self, status: u16, server_timing: Option<&[u8]>, body: &[u8]) {
        self.note(status, server_timing, body);
        if let Some(feed) = &self.batch.feed {
            feed.answered_async(self.index, &self.url, status, body).await;
        }
    }

    fn note(&mut self, status: u16, server_timing: Option<&[u8]>, body: &[u8]) {
        let end_ns = self.batch.clock.now_ns();
        self.batch.log.finished(self.index, end_ns, status, server_timing, body);
        self.ended = true;
    }

    /// Notes that the client gave up, and why. The first few texts are kept for the record's reason.
    pub fn fail(mut self, error: &(impl Display + ?Sized)) {
        let end_ns = self.batch.clock.now_ns();
        self.batch.log.failed(self.index, end_ns, error);
        self.ended = true;
        if let Some(feed) = &self.batch.feed {
            feed.hear(self.index, &self.url, Heard::Error(&error.to_string()));
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        // A crawl counts who is out, and would wait for one that nobody fetches any more.
        if !self.ended
            && let Some(feed) = &self.batch.feed
        {
            feed.hear(self.index, &self.url, Heard::Error("the model dropped it"));
        }
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
