//! The gate without a clock or a network: order, places, wakers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use super::{Gate, Place, Ticket};

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn queued(gate: &Gate) -> Ticket {
    match gate.enter(0) {
        Place::Queued(ticket) => ticket,
        served @ Place::Served(_) => panic!("{served:?}"),
    }
}

fn waiting(gate: &Gate) -> (Ticket, Arc<Bell>) {
    let (ticket, bell) = (queued(gate), Arc::<Bell>::default());
    gate.wake_at_turn(ticket, &Waker::from(Arc::clone(&bell)));
    (ticket, bell)
}

fn full(capacity: u64) -> Gate {
    let gate = Gate::new(capacity);
    for _ in 0..capacity {
        assert_eq!(gate.enter(5), Place::Served(5));
    }
    gate
}

#[test]
fn places_are_handed_on_in_order_of_arrival_and_nobody_else_is_woken() {
    let gate = full(2);
    let all: Vec<_> = (0..5).map(|_| waiting(&gate)).collect();
    for now in 0..5 {
        gate.release(100 + now as u64);
        let rings: Vec<usize> = all.iter().map(|(_, bell)| bell.rings()).collect();
        assert_eq!(rings.iter().sum::<usize>(), now + 1, "{rings:?}");
        assert_eq!(rings[now], 1, "{rings:?}");
    }
    for (place, (ticket, _)) in all.iter().enumerate() {
        assert_eq!(gate.admitted_ns(*ticket), Some(100 + place as u64));
    }
    assert_eq!(gate.peak_served(), 2);
}

#[test]
fn a_place_that_nobody_waits_for_is_free_for_the_next() {
    let gate = full(1);
    gate.release(10);
    assert_eq!(gate.enter(11), Place::Served(11));
    let (ticket, _) = waiting(&gate);
    assert_eq!(gate.admitted_ns(ticket), None);
    gate.release(12);
    gate.release(13);
    assert_eq!(gate.admitted_ns(ticket), Some(12), "it knew nothing of its place when it had given it up");
    assert_eq!(gate.enter(14), Place::Served(14));
    assert_eq!(gate.peak_served(), 1);
}

#[test]
fn who_goes_away_while_queued_is_passed_over() {
    let gate = full(1);
    let all: Vec<_> = (0..4).map(|_| waiting(&gate)).collect();
    gate.leave(Place::Queued(all[0].0), 20);
    gate.leave(Place::Queued(all[2].0), 20);
    assert!(all.iter().all(|(_, bell)| bell.rings() == 0));
    gate.release(21);
    gate.release(22);
    let rings: Vec<usize> = all.iter().map(|(_, bell)| bell.rings()).collect();
    assert_eq!(rings, [0, 1, 0, 1]);
    assert_eq!((gate.admitted_ns(all[1].0), gate.admitted_ns(all[3].0)), (Some(21), Some(22)));
}

#[test]
fn who_goes_away_with_a_place_hands_it_on_whether_it_knew_or_not() {
    let gate = full(1);
    let (knows_not, _) = waiting(&gate);
    let (second, bell) = waiting(&gate);
    gate.leave(Place::Served(5), 30);
    gate.leave(Place::Queued(knows_not), 31);
    assert_eq!(bell.rings(), 1);
    assert_eq!(gate.admitted_ns(second), Some(31));
    gate.leave(Place::Served(31), 32);
    assert_eq!(gate.enter(33), Place::Served(33));
}

#[test]
fn one_that_was_not_polled_yet_finds_its_place() {
    let gate = full(1);
    let ticket = queued(&gate);
    gate.release(40);
    assert_eq!(gate.admitted_ns(ticket), Some(40));
}

#[test]
fn only_the_last_waker_is_woken() {
    let gate = full(1);
    let (ticket, before) = waiting(&gate);
    let bell = Arc::<Bell>::default();
    for _ in 0..3 {
        gate.wake_at_turn(ticket, &Waker::from(Arc::clone(&bell)));
    }
    gate.release(50);
    assert_eq!((before.rings(), bell.rings()), (0, 1));
}

#[test]
fn tickets_are_not_kept_longer_than_needed() {
    let gate = full(1);
    for now in 0..1_000 {
        let (ticket, _) = waiting(&gate);
        gate.release(now);
        assert_eq!(gate.admitted_ns(ticket), Some(now));
    }
    let (last, _) = waiting(&gate);
    gate.leave(Place::Queued(last), 0);
    assert!(gate.queue.borrow().entries.is_empty());
    gate.release(0);
    assert_eq!(gate.queue.borrow().served, 0);
}
