//! Every model of the line-up goes on when its connections are refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::net::TcpListener;
use std::sync::Arc;

use inflight::lineup;
use inflight_harness::{Batch, Setup};
use inflight_record::SampleError;

#[test]
fn refused_connections_fail_their_requests_and_the_batch_goes_on() {
    lineup::pool::set_program(env!("CARGO_BIN_EXE_inflight").into());
    // Nothing listens on a port that was bound and let go.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let urls: Vec<_> = (0..20).map(|index| format!("http://{address}/{index}")).collect();
    for model in lineup::models() {
        let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), 3));
        let mut client = match model.client(&Setup { concurrency: 3 }) {
            Ok(client) => client,
            // Many kernels and containers refuse it: what these say then is tested in their crates.
            Err(error) if ["io-uring", "compio"].contains(&model.card().id.as_str()) => {
                eprintln!("not tested: {}: {error}", model.card().id);
                continue;
            }
            Err(error) => panic!("{}: {error}", model.card().id),
        };
        client.fetch(&batch).unwrap();
        let failed = (0..20).all(|index| batch.log().sample(index).error == Some(SampleError::Client));
        assert!(failed, "{}", model.card().id);
    }
}
