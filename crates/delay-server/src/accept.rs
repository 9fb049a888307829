//! The listening socket, and the loop that takes connections from it.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::connection::Connection;
use crate::state::State;

/// How long to wait when the process or the kernel has no room for another connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(10);
/// What the kernel has taken a connection queue to be since 5.4, where it cannot be read.
const SOMAXCONN_DEFAULT: u32 = 4096;
const SOMAXCONN_PATH: &str = "/proc/sys/net/core/somaxconn";

/// Raises the soft limit on open files to the hard one: each connection is one. A refusal leaves it as it is, and then
/// connections beyond it wait in the queue.
pub(crate) fn raise_open_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Listens on the address. Must be called within the runtime.
pub(crate) fn listen(bind: SocketAddr, backlog: Option<u32>) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Linux hands it down to every accepted connection, which saves a system call for each.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&bind.into())?;
    let backlog = backlog.unwrap_or_else(|| somaxconn().min(65_535));
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}

fn somaxconn() -> u32 {
    fs::read_to_string(SOMAXCONN_PATH).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(SOMAXCONN_DEFAULT)
}

/// Takes connections for ever, and serves each in a task of its own.
pub(crate) async fn accept(listener: &TcpListener, state: &Rc<State>) {
    loop {
        // A pause that begins while this waits must hold back the very next connection, so it is looked at each time.
        let accepted = poll_fn(|cx| match state.accept_pause() {
            Some(pause) => Poll::Ready(Err(pause)),
            None => listener.poll_accept(cx).map(Ok),
        });
        match accepted.await {
            Ok(Ok((stream, _))) => serve(stream, state),
            Ok(Err(error)) if is_of_one_connection(&error) => {}
            Ok(Err(_)) => tokio::time::sleep(ACCEPT_BACKOFF).await,
            Err(pause) => tokio::time::sleep(pause).await,
        }
    }
}

/// Whether accept failed for this connection only, and the next may be taken at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn serve(stream: TcpStream, state: &Rc<State>) {
    let service = Connection::new(Rc::clone(state));
    let alarm = state.panic_alarm();
    tokio::task::spawn_local(async move {
        let _alarm = alarm;
        // A client that goes away or breaks HTTP ends its own connection; the ledger has what became of its requests.
        let _ = http1::Builder::new()
            .writev(false)
            .auto_date_header(false)
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    });
}
