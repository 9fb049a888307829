//! Takes connections from a listening socket, for ever.

use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use inflight_record::workload::MAX_CONCURRENCY;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};

use crate::broken::{Broken, reset};
use crate::connection::Connection;
use crate::preface::is_http2;
use crate::state::State;

/// Streams at once on one connection of HTTP/2.
#[expect(clippy::cast_possible_truncation, reason = "60,000 fit")]
const STREAMS_MAX: u32 = MAX_CONCURRENCY as u32;
/// How long to wait when the process or the kernel has no room for another connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(10);

/// Raises the soft limit on open files to the hard one: each connection is one. A refusal leaves it as it is, and then
/// connections beyond it wait in the queue.
pub(crate) fn raise_open_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Takes connections to the host of this number for ever, and serves each in a task of its own.
pub(crate) async fn accept(listener: &TcpListener, host: u64, state: &Rc<State>) {
    loop {
        // A pause that begins while this waits must hold back the very next connection, so it is looked at each time.
        let accepted = poll_fn(|cx| match state.accept_pause() {
            Some(pause) => Poll::Ready(Err(pause)),
            None => listener.poll_accept(cx).map(Ok),
        });
        match accepted.await {
            Ok(Ok((stream, _))) => serve(stream, host, state),
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

fn serve(stream: TcpStream, host: u64, state: &Rc<State>) {
    let service = Connection::new(Rc::clone(state), host);
    let local = Local(Rc::clone(state));
    local.clone().execute(async move {
        // A client that goes away or breaks HTTP ends its own connection; the ledger has what became of its requests.
        match is_http2(&stream).await {
            Ok(false) => {
                let mut connection = http1::Builder::new()
                    .writev(false)
                    .auto_date_header(false)
                    .header_read_timeout(None)
                    .serve_connection(TokioIo::new(stream), service);
                // Unless it is the server that breaks it, as a site's faults ask for: closing it is all there is to do then.
                if let Err(error) = (&mut connection).await
                    && Broken::of(&error) == Some(Broken::Reset)
                {
                    reset(connection.into_parts().io.inner());
                }
            }
            // Boxed, so that tasks of HTTP/1.1 stay as small as they are.
            Ok(true) => {
                let _ = Box::pin(http2_of(local).serve_connection(TokioIo::new(stream), service)).await;
            }
            Err(_) => {}
        }
    });
}

/// HTTP/2 that leaves every limit to the client. Its windows for request bodies are left at hyper's default, because there
/// are none to speak of here; how much of an answer is under way is for the client's windows to say. No pings: hyper sends
/// none unless told.
fn http2_of(local: Local) -> http2::Builder<Local> {
    let mut builder = http2::Builder::new(local);
    builder
        .auto_date_header(false)
        // As many as a workload may have in flight; hyper's default is 200.
        .max_concurrent_streams(STREAMS_MAX)
        // A client may give up all of them at once; h2 takes more than 20 for an attack.
        .max_pending_accept_reset_streams(STREAMS_MAX as usize);
    builder
}

/// Runs the tasks of connections and streams on this thread, and ends the server if one panics.
#[derive(Clone)]
struct Local(Rc<State>);

impl<F: Future<Output = ()> + 'static> Executor<F> for Local {
    fn execute(&self, task: F) {
        let alarm = self.0.panic_alarm();
        tokio::task::spawn_local(async move {
            let _alarm = alarm;
            task.await;
        });
    }
}
