//! Servers of a few lines each, and what is asked of them.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use inflight::lineup;
use inflight_harness::{Batch, Client, Setup};
use inflight_record::SampleError;

/// Listens, and serves each connection, numbered from 0, on a thread of its own.
pub fn serve(connection: impl Fn(usize, TcpStream) + Clone + Send + 'static) -> SocketAddr {
    serve_on(TcpListener::bind("127.0.0.1:0").unwrap(), connection)
}

pub fn serve_on(listener: TcpListener, connection: impl Fn(usize, TcpStream) + Clone + Send + 'static) -> SocketAddr {
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
pub fn request(reader: &mut impl std::io::BufRead) -> Option<String> {
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

pub fn answer(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    inflight_record::Token(7).write_tail(&mut body);
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes(), body].concat()
}

/// Answers up to `each` requests of every connection, in pieces of at most `piece` bytes.
pub fn answering(each: usize, body: usize, piece: usize) -> impl Fn(usize, TcpStream) + Clone + Send + 'static {
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

pub fn fetch(client: &mut dyn Client, urls: &[String], concurrency: usize) -> Arc<Batch> {
    let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), concurrency));
    client.fetch(&batch).unwrap();
    batch
}

/// Fetches 100 answers from two hosts, 5 at a time, twice, all of which have to come whole; gives how many connections that
/// opened.
pub fn opened_on_two_hosts(id: &str, client: &mut dyn Client) -> usize {
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
    for _ in 0..2 {
        assert_eq!(errors(&fetch(client, &urls, 5)), [None; 100], "{id}");
    }
    opened.load(Ordering::Relaxed)
}

pub fn urls(address: SocketAddr, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("http://{address}/{index}")).collect()
}

pub fn errors(batch: &Batch) -> Vec<Option<SampleError>> {
    (0..batch.len()).map(|index| batch.log().sample(index).error).collect()
}

/// A client of each of these models. Where the kernel refuses one, that is said, and the others are tested.
pub fn clients(ids: &[&'static str]) -> Vec<(&'static str, Box<dyn Client>)> {
    let built = ids.iter().map(|id| (*id, lineup::find(id).unwrap().client(&Setup { concurrency: 5 })));
    let clients: Vec<_> = built
        .filter_map(|(id, client)| {
            let client = client.inspect_err(|error| eprintln!("not tested: {id}: {error}")).ok()?;
            Some((id, client))
        })
        .collect();
    assert!(!clients.is_empty());
    clients
}
