//! The batch as a model sees it: leave for each request, its URL, and the two calls that stand around it.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::clock::Clock;
use crate::feed::{Dealt, Feed, Heard};
use crate::sample_log::SampleLog;

/// The URLs of one batch and the log of what became of them. Shared by all threads or tasks of a model.
///
/// Of a crawl the URLs are not known beforehand: answers name them. A model asks for leave before each request
/// ([`Batch::admit`] and its likes), which a plain batch gives at once, for the URL of the index; a crawl gives it as soon
/// as a page is known, for the URL of that page, and refuses it when there will be none any more.
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

    /// How many requests were made, once the model has returned: N, and of a crawl as many as were dealt out.
    #[must_use]
    pub fn made(&self) -> usize {
        if self.feed.is_some() { self.log.sent_first() } else { self.indices }
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

    /// The URL with this index, of a batch that is no crawl; panics where there is none.
    #[must_use]
    pub fn url(&self, index: usize) -> &str {
        self.urls.get(index)
    }

    /// Leave to make a request; a model asks once for each of the indices 0 to N − 1, in any order. A crawl gives the next
    /// page that is known, whatever the index, and waits for one; `None` where there will be none any more.
    #[must_use]
    pub fn admit(&self, index: usize) -> Option<Ticket> {
        match &self.feed {
            None => (index < self.indices).then_some(Ticket { index, url: None }),
            Some(feed) => feed.deal().map(Ticket::of_page),
        }
    }

    /// [`Batch::admit`], for asynchronous code.
    pub async fn admit_async(&self, index: usize) -> Option<Ticket> {
        match &self.feed {
            None => (index < self.indices).then_some(Ticket { index, url: None }),
            Some(feed) => feed.deal_async().await.map(Ticket::of_page),
        }
    }

    /// [`Batch::admit`], for one thread that has all requests in flight, and may not wait: `None` where there is no page now.
    /// There may be one when a request has ended; if none is in flight, there will be none any more.
    #[must_use]
    pub fn try_admit(&self, index: usize) -> Option<Ticket> {
        match &self.feed {
            None => (index < self.indices).then_some(Ticket { index, url: None }),
            Some(feed) => match feed.look() {
                Dealt::Page(index, url) => Some(Ticket::of_page((index, url))),
                Dealt::NotYet | Dealt::End => None,
            },
        }
    }

    /// Notes that the request is handed to the client now. Of a batch that is no crawl, an index is a ticket.
    pub fn send(&self, ticket: impl Into<Ticket>) -> InFlight<'_> {
        let Ticket { index, url } = ticket.into();
        self.log.sent(index, self.clock.now_ns());
        let url = url.map_or_else(|| Cow::Borrowed(self.urls.get(index)), Cow::Owned);
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

/// Leave to make one request. A crawl counts on it: one that is never sent is waited for.
#[derive(Debug)]
#[must_use = "send it"]
pub struct Ticket {
    index: usize,
    /// Of a crawl's page.
    url: Option<String>,
}

impl Ticket {
    fn of_page((index, url): (usize, String)) -> Self {
        Self { index, url: Some(url) }
    }
}

impl From<usize> for Ticket {
    fn from(index: usize) -> Self {
        Self { index, url: None }
    }
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
        self.ended = true;
    }

    /// [`InFlight::finish`], for asynchronous code.
    pub async fn finish_async(mut self, status: u16, server_timing: Option<&[u8]>, body: &[u8]) {
        self.note(status, server_timing, body);
        if let Some(feed) = &self.batch.feed {
            feed.answered_async(self.index, &self.url, status, body).await;
        }
        self.ended = true;
    }

    fn note(&self, status: u16, server_timing: Option<&[u8]>, body: &[u8]) {
        let end_ns = self.batch.clock.now_ns();
        self.batch.log.finished(self.index, end_ns, status, server_timing, body);
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
        // A crawl counts who is out, and would wait for one that nobody fetches any more, or at whose answer the handler
        // panicked.
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
