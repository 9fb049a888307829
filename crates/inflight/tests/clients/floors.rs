//! What both floors owe: hand-written loops have no library to lean on.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use inflight_harness::Client;
use inflight_record::SampleError;

use crate::servers::{answer, answering, clients, errors, fetch, opened_on_two_hosts, request, serve, serve_on, urls};

/// A client of each floor.
fn floors() -> Vec<Box<dyn Client>> {
    clients(&["raw-epoll", "io-uring"]).into_iter().map(|(_, client)| client).collect()
}

#[test]
fn answers_come_whole_over_kept_connections_and_from_several_hosts() {
    for mut floor in floors() {
        assert!(opened_on_two_hosts("floor", &mut *floor) <= 10, "at most C connections a host");
    }
}

#[test]
fn long_bodies_come_whole() {
    let address = serve(answering(usize::MAX, 3 << 20, usize::MAX));
    for mut floor in floors() {
        let batch = fetch(&mut *floor, &urls(address, 40), 20);
        assert_eq!(errors(&batch), [None; 40]);
        assert!((0..40).all(|index| batch.log().sample(index).bytes > 3 << 20));
    }
}

#[test]
fn connections_that_the_server_ends_are_replaced() {
    // Without saying so beforehand, after every second answer: what was sent meanwhile is sent again.
    let address = serve(answering(2, 10, usize::MAX));
    for mut floor in floors() {
        for _ in 0..3 {
            let batch = fetch(&mut *floor, &urls(address, 50), 5);
            assert_eq!(errors(&batch), [None; 50], "{:?}", batch.log().texts());
        }
    }
}

#[test]
fn requests_that_no_socket_takes_at_once_go_out_in_pieces() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    // As little as the kernel allows, so that the other side soon has to wait.
    listener.set_recv_buffer_size(1).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(100).unwrap();
    let address = serve_on(listener.into(), |_, stream| {
        thread::sleep(Duration::from_millis(20));
        answering(usize::MAX, 10, usize::MAX)(0, stream);
    });
    let urls: Vec<_> = (0..60).map(|index| format!("http://{address}/{index}?{}", "x".repeat(index * 1000))).collect();
    for mut floor in floors() {
        let batch = fetch(&mut *floor, &urls, 20);
        assert_eq!(errors(&batch), [None; 60], "{:?}", batch.log().texts());
    }
}

#[test]
fn a_request_that_breaks_its_connection_fails_and_the_rest_go_on() {
    let address = serve(|_, stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(path) = request(&mut reader) {
            match path.as_str() {
                "/3" => return,
                "/4" => (&stream).write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap(),
                "/5" => (&stream).write_all(b"220 smtp.example.org\r\n").unwrap(),
                "/6" => return (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").unwrap(),
                _ => (&stream).write_all(&answer(b"{")).unwrap(),
            }
        }
    });
    for concurrency in [1, 4] {
        for mut floor in floors() {
            let batch = fetch(&mut *floor, &urls(address, 12), concurrency);
            let failed: Vec<_> = errors(&batch).iter().map(|error| *error == Some(SampleError::Client)).collect();
            let owed: Vec<_> = (0..12).map(|index| (3..=6).contains(&index)).collect();
            assert_eq!(failed, owed, "{:?}", batch.log().texts());
        }
    }
}

#[test]
fn unusable_urls_and_refused_connections_fail_their_requests() {
    // Nothing listens on a port that was bound and let go.
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let open = serve(answering(usize::MAX, 10, usize::MAX));
    let urls: Vec<_> = ["https://127.0.0.1/", "no URL", &format!("http://{closed}/"), &format!("http://{open}")]
        .into_iter()
        .cycle()
        .take(200)
        .map(str::to_owned)
        .collect();
    for mut floor in floors() {
        let batch = fetch(&mut *floor, &urls, 3);
        assert!(errors(&batch).iter().enumerate().all(|(index, error)| error.is_none() == (index % 4 == 3)));
    }
}
