//! One request after the other: the loop that everybody writes first.
//!
//! The thread hands a request to the client, sleeps in the kernel until the whole answer is there, and only then turns
//! to the next URL. N URLs of delay D take N · D however large C is; that is what every other model is measured
//! against. What one learns: it is the cheapest model in memory, it needs no thought, and with one URL, or with delays
//! that are short beside the work on the answers, nothing else is worth its trouble.
//!
//! `/client-per-request` makes a new client for each request, as code does that has the client inside the loop. What one
//! learns: what connecting again costs, with nothing else beside it.
//!
//! Caps: one request in flight, by design. The client ([ureq](https://docs.rs/ureq)) keeps 3 idle connections a host and
//! 10 in all, of which a loop over one host uses one.

use std::sync::Arc;

use inflight_harness::{Batch, Client, InFlight, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use ureq::Agent;
use ureq::http::HeaderValue;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&Sequential, &ClientPerRequest];

/// `sequential`: a loop over ureq.
#[derive(Debug, Clone, Copy)]
pub struct Sequential;

/// `sequential/client-per-request`: the same loop, with a new client each time round.
#[derive(Debug, Clone, Copy)]
pub struct ClientPerRequest;

impl Model for Sequential {
    fn card(&self) -> Card {
        Card {
            id: "sequential".to_owned(),
            idea: "Fetch one URL, wait for the whole answer, fetch the next.".to_owned(),
            label: Label::Idiomatic,
            client: "ureq on the calling thread".to_owned(),
            crates: vec!["ureq".to_owned()],
            declared_peak: DeclaredPeak::AtMost(1),
            thread_per_request: false,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("requests in flight: 1", "that is the model"),
                HiddenCap::new(
                    "idle connections kept: 3 a host, 10 in all, for 15 s",
                    "left at the default: one host needs one, more than 10 hosts in turn connect anew",
                ),
                HiddenCap::new("read_to_vec of a body: 10 MB", "lifted: the body is read without a limit"),
            ],
            historical: None,
        }
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Loop { agent: agent() }))
    }
}

impl Model for ClientPerRequest {
    fn card(&self) -> Card {
        let mut card = Sequential.card();
        card.id = "sequential/client-per-request".to_owned();
        card.idea = "Make a client, fetch one URL with it, throw it away, turn to the next.".to_owned();
        card.label = Label::Pitfall;
        card.keeps_connections = false;
        card.hidden_caps[1] = HiddenCap::new(
            "requests on a connection: no limit",
            "1: the connection ends with its client, and its port is not free again for a while",
        );
        card
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(NewClients))
    }
}

/// Every answer counts as one, a redirect too, and it comes from the server itself, whatever the environment says.
fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None).build().new_agent()
}

struct Loop {
    agent: Agent,
}

impl Client for Loop {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        for ticket in (0..batch.len()).map_while(|index| batch.admit(index)) {
            fetch_one(&self.agent, batch.send(ticket));
        }
        Ok(())
    }
}

struct NewClients;

impl Client for NewClients {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        for ticket in (0..batch.len()).map_while(|index| batch.admit(index)) {
            fetch_one(&agent(), batch.send(ticket));
        }
        Ok(())
    }
}

fn fetch_one(agent: &Agent, request: InFlight<'_>) {
    let answer = agent.get(request.url()).call().and_then(|mut response| {
        // Through with_config, because read_to_vec alone stops at 10 MB.
        let body = response.body_mut().with_config().read_to_vec()?;
        Ok((response, body))
    });
    match answer {
        Ok((response, body)) => {
            let timing = response.headers().get("server-timing").map(HeaderValue::as_bytes);
            request.finish(response.status().as_u16(), timing, &body);
        }
        Err(error) => request.fail(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_declare_one_request_in_flight_and_one_keeps_its_connection() {
        assert!(VARIANTS.iter().all(|model| model.card().declared_peak.resolve(100, 1, 8) == 1));
        let keep: Vec<_> = VARIANTS.iter().map(|model| model.card().keeps_connections).collect();
        assert_eq!(keep, [true, false]);
    }

    #[test]
    fn a_refused_connection_fails_its_request_and_the_loop_goes_on() {
        // Nothing listens on a port that was bound and let go.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let urls = [format!("http://{address}/0"), format!("http://{address}/1")];
        for model in VARIANTS {
            let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), 1));
            model.client(&Setup { concurrency: 1 }).unwrap().fetch(&batch).unwrap();
            assert_eq!(batch.log().texts().len(), 2);
        }
    }
}
