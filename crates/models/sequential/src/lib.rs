//! One request after the other: the loop that everybody writes first.
//!
//! The thread hands a request to the client, sleeps in the kernel until the whole answer is there, and only then turns
//! to the next URL. N URLs of delay D take N · D however large C is; that is what every other model is measured
//! against. What one learns: it is the cheapest model in memory, it needs no thought, and with one URL, or with delays
//! that are short beside the work on the answers, nothing else is worth its trouble.
//!
//! Caps: one request in flight, by design. The client ([ureq](https://docs.rs/ureq)) keeps 3 idle connections a host and
//! 10 in all, of which a loop over one host uses one.

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use ureq::Agent;
use ureq::http::HeaderValue;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&Sequential];

/// `sequential`: a loop over ureq.
#[derive(Debug, Clone, Copy)]
pub struct Sequential;

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
        let agent = Agent::config_builder()
            .http_status_as_error(false) // any status is an answer,
            .max_redirects(0) // a redirect too,
            .proxy(None) // from the server itself, whatever the environment says
            .build()
            .new_agent();
        Ok(Box::new(Loop { agent }))
    }
}

struct Loop {
    agent: Agent,
}

impl Client for Loop {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        for index in 0..batch.len() {
            fetch_one(&self.agent, batch, index);
        }
        Ok(())
    }
}

fn fetch_one(agent: &Agent, batch: &Batch, index: usize) {
    let request = batch.send(index);
    let answer = agent.get(batch.url(index)).call().and_then(|mut response| {
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
    fn it_declares_one_request_in_flight() {
        assert_eq!(Sequential.card().declared_peak.resolve(100, 1, 8), 1);
    }

    #[test]
    fn a_refused_connection_fails_its_request_and_the_loop_goes_on() {
        // Nothing listens on a port that was bound and let go.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let urls = [format!("http://{address}/0"), format!("http://{address}/1")];
        let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), 1));
        let mut client = Sequential.client(&Setup { concurrency: 1 }).unwrap();
        client.fetch(&batch).unwrap();
        assert_eq!(batch.log().texts().len(), 2);
    }
}
