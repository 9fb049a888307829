//! What the clients that stand on hyper owe, where they keep connections and send again themselves; and compio's, as far as
//! its client does so.

use std::io::{BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use inflight_record::SampleError;

use crate::servers::{answer, answering, clients, errors, fetch, opened_on_two_hosts, request, serve, urls};

/// Those that keep their connections by hand.
const HYPER: [&str; 4] = ["tokio-hyper", "tokio-hyper/current-thread", "smol-hyper", "smol-hyper/current-thread"];
/// And compio, whose client does.
const ALL: [&str; 5] =
    ["tokio-hyper", "tokio-hyper/current-thread", "smol-hyper", "smol-hyper/current-thread", "compio"];

#[test]
fn answers_come_whole_over_kept_connections_and_from_several_hosts() {
    for (id, mut client) in clients(&ALL) {
        let opened = opened_on_two_hosts(id, &mut *client);
        if id == "compio" {
            assert!(opened < 100, "{id} keeps connections");
        } else {
            assert!(opened <= 10, "{id}: at most C connections a host");
        }
    }
}

#[test]
fn long_bodies_come_whole() {
    for (id, mut client) in clients(&ALL) {
        let address = serve(answering(usize::MAX, 3 << 20, usize::MAX));
        let batch = fetch(&mut *client, &urls(address, 4), 2);
        assert_eq!(errors(&batch), [None; 4], "{id}");
        assert!((0..4).all(|index| batch.log().sample(index).bytes > 3 << 20));
    }
}

#[test]
fn connections_that_the_server_ends_are_replaced() {
    for (id, mut client) in clients(&HYPER) {
        // Without saying so beforehand, after every second answer: what was sent meanwhile is sent again.
        let address = serve(answering(2, 10, usize::MAX));
        let batch = fetch(&mut *client, &urls(address, 50), 5);
        assert_eq!(errors(&batch), [None; 50], "{id}");
    }
}

#[test]
fn a_request_that_breaks_its_connection_fails_and_the_rest_go_on() {
    for (id, mut client) in clients(&HYPER) {
        let address = serve(|_, stream| {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while let Some(path) = request(&mut reader) {
                match path.as_str() {
                    "/3" => return,
                    "/4" => {
                        (&stream)
                            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")
                            .unwrap();
                    }
                    "/5" => (&stream).write_all(b"220 smtp.example.org\r\n").unwrap(),
                    "/6" => return (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").unwrap(),
                    _ => (&stream).write_all(&answer(b"{")).unwrap(),
                }
            }
        });
        for concurrency in [1, 4] {
            let batch = fetch(&mut *client, &urls(address, 12), concurrency);
            let failed: Vec<_> = errors(&batch).iter().map(|error| *error == Some(SampleError::Client)).collect();
            assert_eq!(
                failed,
                (0..12).map(|index| (3..=6).contains(&index)).collect::<Vec<_>>(),
                "{id}: {:?}",
                batch.log().texts()
            );
        }
    }
}

#[test]
fn a_request_goes_out_once_more_only_if_nothing_of_an_answer_came_on_a_kept_connection() {
    for (id, mut client) in clients(&HYPER) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let address = serve({
            let seen = Arc::clone(&seen);
            move |_, stream| {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while let Some(path) = request(&mut reader) {
                    seen.lock().unwrap().push(path.clone());
                    match path.as_str() {
                        "/0" | "/2" => return,
                        "/4" => return (&stream).write_all(b"HTTP/1.1 2").unwrap(),
                        _ => (&stream).write_all(&answer(b"{")).unwrap(),
                    }
                }
            }
        });
        let batch = fetch(&mut *client, &urls(address, 6), 1);
        let failed: Vec<_> = errors(&batch).iter().map(Option::is_some).collect();
        assert_eq!(failed, [true, false, true, false, true, false], "{id}: {:?}", batch.log().texts());
        // 0 went out on a new connection, 2 on a kept one and then on a new one, of 4 a part of an answer came.
        assert_eq!(*seen.lock().unwrap(), ["/0", "/1", "/2", "/2", "/3", "/4", "/5"]);
    }
}

#[test]
fn unusable_urls_and_refused_connections_fail_their_requests() {
    for (id, mut client) in clients(&ALL) {
        // Nothing listens on a port that was bound and let go.
        let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let open = serve(answering(usize::MAX, 10, usize::MAX));
        let urls: Vec<_> = ["ftp://127.0.0.1/", "no URL", &format!("http://{closed}/"), &format!("http://{open}")]
            .into_iter()
            .cycle()
            .take(200)
            .map(str::to_owned)
            .collect();
        let batch = fetch(&mut *client, &urls, 3);
        assert!(errors(&batch).iter().enumerate().all(|(index, error)| error.is_none() == (index % 4 == 3)), "{id}");
    }
}
