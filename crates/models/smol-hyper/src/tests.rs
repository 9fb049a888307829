//! The client against servers of a few lines each.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use inflight_record::SampleError;

use super::*;

/// Listens, and serves each connection, numbered from 0, on a thread of its own.
fn serve(connection: impl Fn(usize, TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let connection = connection.clone();
            thread::spawn(move || connection(number, stream.unwrap()));
        }
    });
    address
}

/// Reads one request and gives its path, or `None` when the client has gone.
fn request(reader: &mut impl std::io::BufRead) -> Option<String> {
    let mut path = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&count| count > 0)?;
        if line == "\r\n" {
            return path;
        }
        path = path.or_else(|| line.split(' ').nth(1).map(str::to_owned));
    }
}

fn answer(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    inflight_record::Token(7).write_tail(&mut body);
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes(), body].concat()
}

/// Answers up to `each` requests of every connection, in pieces of at most `piece` bytes.
fn answering(each: usize, body: usize, piece: usize) -> impl Fn(usize, TcpStream) + Clone + Send + 'static {
    move |_, stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let answer = answer(&vec![b'x'; body]);
        for _ in 0..each {
            if request(&mut reader).is_none() {
                return;
            }
            answer.chunks(piece).for_each(|piece| (&stream).write_all(piece).unwrap());
        }
    }
}

fn fetch(client: &mut dyn Client, urls: &[String], concurrency: usize) -> Arc<Batch> {
    let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), concurrency));
    client.fetch(&batch).unwrap();
    batch
}

fn client() -> Box<dyn Client> {
    SmolHyper.client(&Setup { concurrency: 1 }).unwrap()
}

fn urls(address: SocketAddr, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("http://{address}/{index}")).collect()
}

fn errors(batch: &Batch) -> Vec<Option<SampleError>> {
    (0..batch.len()).map(|index| batch.log().sample(index).error).collect()
}

#[test]
fn answers_come_whole_over_kept_connections_and_from_several_hosts() {
    let opened = Arc::new(AtomicUsize::new(0));
    let counted = {
        let (opened, serve) = (Arc::clone(&opened), answering(usize::MAX, 100, 50));
        move |number, stream| {
            opened.fetch_add(1, Ordering::Relaxed);
            serve(number, stream);
        }
    };
    let (one, other) = (serve(counted.clone()), serve(counted));
    let urls: Vec<_> =
        (0..100).map(|index| format!("http://{}/{index}", if index % 3 == 0 { one } else { other })).collect();
    let mut client = client();
    for _ in 0..2 {
        assert_eq!(errors(&fetch(&mut *client, &urls, 5)), [None; 100]);
    }
    assert!(opened.load(Ordering::Relaxed) <= 10, "at most C connections a host");
}

#[test]
fn long_bodies_come_whole() {
    let address = serve(answering(usize::MAX, 3 << 20, usize::MAX));
    let batch = fetch(&mut *client(), &urls(address, 4), 2);
    assert_eq!(errors(&batch), [None; 4]);
    assert!((0..4).all(|index| batch.log().sample(index).bytes > 3 << 20));
}

#[test]
fn connections_that_the_server_ends_are_replaced() {
    // Without saying so beforehand, after every second answer: what was sent meanwhile is sent again.
    let address = serve(answering(2, 10, usize::MAX));
    let batch = fetch(&mut *client(), &urls(address, 50), 5);
    assert_eq!(errors(&batch), [None; 50]);
}

#[test]
fn a_request_that_breaks_its_connection_fails_and_the_rest_go_on() {
    let address = serve(|_, stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(path) = request(&mut reader) {
            match path.as_str() {
                "/3" => return,
                "/4" => {
                    (&stream).write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n").unwrap();
                }
                "/5" => (&stream).write_all(b"220 smtp.example.org\r\n").unwrap(),
                "/6" => return (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").unwrap(),
                _ => (&stream).write_all(&answer(b"{")).unwrap(),
            }
        }
    });
    for concurrency in [1, 4] {
        let batch = fetch(&mut *client(), &urls(address, 12), concurrency);
        let failed: Vec<_> = errors(&batch).iter().map(|error| *error == Some(SampleError::Client)).collect();
        assert_eq!(
            failed,
            (0..12).map(|index| (3..=6).contains(&index)).collect::<Vec<_>>(),
            "{:?}",
            batch.log().texts()
        );
    }
}

#[test]
fn a_request_goes_out_once_more_only_if_nothing_of_an_answer_came_on_a_kept_connection() {
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
    let batch = fetch(&mut *client(), &urls(address, 6), 1);
    let failed: Vec<_> = errors(&batch).iter().map(Option::is_some).collect();
    assert_eq!(failed, [true, false, true, false, true, false], "{:?}", batch.log().texts());
    // 0 went out on a new connection, 2 on a kept one and then on a new one, of 4 a part of an answer came.
    assert_eq!(*seen.lock().unwrap(), ["/0", "/1", "/2", "/2", "/3", "/4", "/5"]);
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
    let batch = fetch(&mut *client(), &urls, 3);
    assert!(errors(&batch).iter().enumerate().all(|(index, error)| error.is_none() == (index % 4 == 3)));
}
