//! What the cards say; what the forms do is proved under the witness.

use super::*;

#[test]
fn every_form_declares_c() {
    assert!(VARIANTS.iter().all(|model| model.card().declared_peak.resolve(100, 1, 2) == 100));
}

#[test]
fn the_mistake_alone_keeps_no_connections() {
    for card in VARIANTS.iter().map(|model| model.card()) {
        assert_eq!(card.label == Label::Pitfall, !card.keeps_connections, "{}", card.id);
        assert_eq!(card.keeps_connections, card.id != "tokio-reqwest/client-per-request");
    }
}

#[test]
fn no_form_hangs_when_there_are_fewer_requests_than_slots() {
    // Nothing listens on a port that was bound and let go.
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let url = format!("http://{address}/");
    for model in VARIANTS {
        let mut client = model.client(&Setup { concurrency: 50 }).unwrap();
        // One client twice, as for a warm batch; 31 is where join_all turns from a list to a queue.
        for requests in [1, 31] {
            let batch = Arc::new(Batch::new(std::iter::repeat_n(url.as_str(), requests).collect(), 50));
            client.fetch(&batch).unwrap();
            let failed = |index| batch.log().sample(index).error == Some(inflight_record::SampleError::Client);
            assert!((0..requests).all(failed), "{}", model.card().id);
        }
    }
}
