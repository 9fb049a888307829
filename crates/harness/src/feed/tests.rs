//! A feed with a handler of a few lines: a list that names details.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use inflight_record::SampleError;

use super::*;
use crate::batch::Batch;

/// Page 0 names 1 to `details`; every answer is an item.
#[derive(Debug)]
struct Site {
    details: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    named: usize,
    dealt: usize,
    out: usize,
    stopped: bool,
}

impl Site {
    fn batch(details: usize) -> (Arc<Batch>, Receiver<Item>) {
        let state = Mutex::new(State { named: 1, ..State::default() });
        let (feed, items) = Feed::new(Box::new(Self { details, state }));
        (Arc::new(Batch::of_crawl(feed, 1 + details, 3)), items)
    }
}

impl Handler for Site {
    fn next(&self) -> Dealt {
        let mut state = self.state.lock().unwrap();
        match () {
            () if state.stopped => Dealt::End,
            () if state.dealt < state.named => {
                state.dealt += 1;
                state.out += 1;
                Dealt::Page(state.dealt - 1, format!("http://a/{}", state.dealt - 1))
            }
            () if state.out == 0 => Dealt::End,
            () => Dealt::NotYet,
        }
    }

    fn ready(&self) -> usize {
        let state = self.state.lock().unwrap();
        let known = state.named - state.dealt;
        if state.stopped || known == 0 && state.out == 0 { usize::MAX } else { known }
    }

    fn hear(&self, index: usize, url: &str, heard: Heard<'_>) -> Option<Item> {
        let mut state = self.state.lock().unwrap();
        assert_eq!(url, format!("http://a/{index}"));
        state.out -= 1;
        if index == 0 {
            state.named += self.details;
        }
        match heard {
            Heard::Answer { status: 200, body } => {
                let text = String::from_utf8(body.to_vec()).unwrap();
                Some(Item { kind: ItemKind::Detail, id: index as u64, text })
            }
            Heard::Answer { .. } | Heard::Error(_) => None,
        }
    }

    fn stop(&self) {
        self.state.lock().unwrap().stopped = true;
    }
}

/// Three threads that fetch as models do; each answer is its page's path.
fn fetch(batch: &Arc<Batch>) {
    let threads = [(); 3].map(|()| {
        let batch = Arc::clone(batch);
        thread::spawn(move || {
            while let Some(ticket) = batch.take().and_then(|index| batch.admit(index)) {
                let request = batch.send(ticket);
                let body = request.url().to_owned();
                request.finish(200, None, body.as_bytes());
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn pages_are_dealt_out_as_they_become_known_and_handed_on() {
    let (batch, items) = Site::batch(100);
    fetch(&batch);
    batch.feed().unwrap().close();
    let mut ids: Vec<u64> = std::iter::from_fn(|| items.recv_blocking().ok()).map(|item| item.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..=100).collect::<Vec<_>>());
    assert_eq!((batch.log().sent_first(), batch.feed().unwrap().waited_ns()), (101, 0));
    assert!(batch.feed().unwrap().queue_peak() >= 1);
}

#[test]
fn a_full_queue_makes_threads_wait_and_loses_nothing() {
    let details = 3 * QUEUE;
    let (batch, items) = Site::batch(details);
    let model = {
        let batch = Arc::clone(&batch);
        thread::spawn(move || fetch(&batch))
    };
    // Nothing is taken out before it is full.
    while batch.feed().unwrap().queue_peak() < QUEUE as u64 {
        thread::yield_now();
    }
    let stored = thread::spawn(move || std::iter::from_fn(|| items.recv_blocking().ok()).count());
    model.join().unwrap();
    batch.feed().unwrap().close();
    assert_eq!(stored.join().unwrap(), 1 + details);
    assert_eq!(batch.feed().unwrap().queue_peak(), QUEUE as u64);
}

#[test]
fn a_full_queue_makes_a_task_wait_until_there_is_room() {
    let (batch, items) = Site::batch(QUEUE);
    for index in 0..QUEUE {
        batch.send(batch.admit(index).unwrap()).finish(200, None, b"page");
    }
    let feed = batch.feed().unwrap();
    assert_eq!((items.len(), feed.queue_peak(), feed.waited_ns()), (QUEUE, QUEUE as u64, 0));
    let mut context = Context::from_waker(Waker::noop());
    let mut last = pin!(batch.send(batch.admit(QUEUE).unwrap()).finish_async(200, None, b"page"));
    assert!(last.as_mut().poll(&mut context).is_pending());
    assert!(batch.admit(QUEUE).is_none(), "its page is in, and was the last");
    items.recv_blocking().unwrap();
    assert!(last.as_mut().poll(&mut context).is_ready());
    assert_eq!((items.len(), feed.queue_peak()), (QUEUE, QUEUE as u64));
    assert!(feed.waited_ns() > 0);
}

#[test]
fn a_store_that_is_gone_ends_the_crawl() {
    let (batch, items) = Site::batch(10);
    drop(items);
    fetch(&batch);
    assert!(batch.log().sent_first() <= 3, "no more than were out");
}

#[test]
fn one_thread_asks_again_when_a_request_has_ended() {
    let (batch, _items) = Site::batch(2);
    let list = batch.send(batch.try_admit(0).unwrap());
    assert!(batch.try_admit(1).is_none(), "the list is out, and nothing else is known");
    list.finish(200, None, b"list");
    let (first, second) = (batch.send(batch.try_admit(1).unwrap()), batch.send(batch.try_admit(2).unwrap()));
    first.fail("refused");
    drop(second);
    assert!(batch.try_admit(3).is_none());
    assert_eq!(batch.log().sample(1).error, Some(SampleError::Client));
    assert_eq!(batch.log().sample(2).error, Some(SampleError::Unfinished));
    assert!(batch.admit(3).is_none(), "nothing is out: there will be none any more");
}

#[test]
fn a_task_that_waits_is_woken_by_the_answer_that_names_more() {
    let (batch, items) = Site::batch(1);
    let mut context = Context::from_waker(Waker::noop());
    let list = batch.send(batch.admit(0).unwrap());
    let mut waiting = pin!(batch.admit_async(1));
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    let mut finishing = pin!(list.finish_async(200, None, b"list"));
    assert!(finishing.as_mut().poll(&mut context).is_ready());
    let Poll::Ready(Some(ticket)) = waiting.as_mut().poll(&mut context) else { panic!("no page") };
    assert_eq!(batch.send(ticket).url(), "http://a/1");
    assert_eq!(items.len(), 1);
}
