//! A batch with a capacity: so many are served at once, the others queue in order of arrival.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use common::{Client, start};
use inflight_delay_server::DelayServer;

const MS: u64 = 1_000_000;

fn batch(requests: u64, capacity: u64) -> (DelayServer, Client) {
    let server = start();
    let mut driver = Client::connect(server.addr());
    let body = format!("{{\"batch\":7,\"requests\":{requests},\"slots\":{requests},\"capacity\":{capacity}}}");
    let answer = driver.ask("POST", "/ledger", &body);
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.json()["capacity"], capacity);
    (server, driver)
}

/// Clients of which each has sent its index, one after the other: the server saw them in this order.
fn in_order(server: &DelayServer, driver: &mut Client, delays: &[&str]) -> Vec<Client> {
    let mut clients = Vec::new();
    for (index, delay) in delays.iter().enumerate() {
        let mut client = Client::connect(server.addr());
        client.send("GET", &format!("/delay/{delay}?batch=7&index={index}"), "");
        driver.ledger_when(7, |ledger| ledger.requests == index as u64 + 1);
        clients.push(client);
    }
    clients
}

#[test]
fn those_beyond_it_are_served_in_order_of_arrival() {
    let (server, mut driver) = batch(8, 2);
    let delays = ["60", "60", "0.1", "0.1", "0.1", "0.1", "0.1", "0.1"];
    let mut clients = in_order(&server, &mut driver, &delays);
    // All others have arrived when those that hold both places go.
    clients.drain(..2);
    let mut holds: Vec<u64> = clients.into_iter().map(|mut client| client.receive().unwrap().hold_ns()).collect();
    // They are served two at a time, each for 100 ms or more: whoever has four before it has waited for 200 ms.
    for (hold, pairs) in holds.iter().zip([1, 1, 2, 2, 3, 3]) {
        assert!(*hold >= pairs * 100 * MS, "{holds:?}");
    }
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 6 && ledger.aborted == 2);
    assert_eq!((ledger.peak_in_flight, ledger.peak_served), (8, 2));
    assert_eq!(ledger.held_sum_ns, holds.iter().sum::<u64>(), "a hold is from arrival to answer");
    assert!(ledger.held_sum_ns - ledger.queued_sum_ns >= 600 * MS, "{ledger:?}");
    assert!(ledger.span_ns >= 300 * MS && ledger.queued_sum_ns >= 600 * MS, "{ledger:?}");
    // Had the queue counted, each would have been late by all of its hold beyond the 100 ms.
    holds.sort_unstable();
    assert!(ledger.hold_late_ns.p50 < holds[2] - 100 * MS, "{ledger:?}, {holds:?}");
}

#[test]
fn a_place_is_for_who_arrived_first_even_if_others_would_be_quicker() {
    let (server, mut driver) = batch(4, 1);
    let mut clients = in_order(&server, &mut driver, &["60", "0.3", "0", "0.001"]);
    assert!(clients[2].is_waiting() && clients[3].is_waiting(), "a hold of 0 queues too");
    // All others have arrived when the first goes: whoever is served after the second has waited for its 300 ms.
    drop(clients.remove(0));
    let holds: Vec<u64> = clients.iter_mut().map(|client| client.receive().unwrap().hold_ns()).collect();
    assert!(holds.iter().all(|hold| *hold >= 300 * MS), "{holds:?}");
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 3);
    assert_eq!((ledger.peak_in_flight, ledger.peak_served), (4, 1));
}

#[test]
fn a_client_that_goes_away_frees_its_place_or_its_place_in_the_queue() {
    let (server, mut driver) = batch(5, 1);
    let mut clients = in_order(&server, &mut driver, &["60", "60", "60", "0", "0"]);
    // The second and third are queued; the first is served.
    drop(clients.remove(1));
    drop(clients.remove(1));
    driver.ledger_when(7, |ledger| ledger.aborted == 2);
    assert!(clients[1].is_waiting() && clients[2].is_waiting());
    drop(clients.remove(0));
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().status, 200);
    }
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 2);
    assert_eq!((ledger.aborted, ledger.peak_in_flight, ledger.peak_served), (3, 5, 1));
}

#[test]
fn other_batches_and_requests_without_one_do_not_queue() {
    let (server, mut driver) = batch(2, 1);
    driver.open(8, 3, 3);
    let _clients = in_order(&server, &mut driver, &["60", "60"]);
    for index in 0..3 {
        assert_eq!(driver.get(&format!("/delay/0?batch=8&index={index}")).status, 200);
    }
    assert_eq!(driver.get("/delay/0.001").status, 200);
    let ledger = driver.ledger_when(8, |ledger| ledger.completed == 3);
    assert_eq!((ledger.peak_served, ledger.queued_sum_ns), (1, 0));
    // A server that ends with requests in its queue ends all the same.
    drop(server);
}

#[test]
fn a_thousand_queue_for_ten() {
    let (server, mut driver) = batch(1000, 10);
    let mut clients: Vec<_> = (0..1000).map(|_| Client::connect(server.addr())).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.send("GET", &format!("/delay/0.002?batch=7&index={index}"), "");
    }
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().status, 200);
    }
    let ledger = driver.ledger_when(7, |ledger| ledger.completed == 1000);
    assert_eq!((ledger.peak_served, ledger.missing), (10, 0));
    assert!(ledger.span_ns >= 200 * MS && ledger.held_sum_ns - ledger.queued_sum_ns >= 2_000 * MS, "{ledger:?}");
}
