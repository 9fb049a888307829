//! One connection of hyper's, driven by the task that uses it.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Driver = http1::Connection<TokioIo<TcpStream>, Empty<Bytes>>;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no `http://` URL.
    #[error("tokio-hyper fetches http:// URLs only")]
    Url,
    /// Its authority or path cannot stand in a request.
    #[error("the URL cannot be sent: {0}")]
    Request(#[from] hyper::http::Error),
    /// No connection to the host could be made.
    #[error("connecting: {0}")]
    Connect(#[from] io::Error),
    /// The connection broke, or what came over it was no answer.
    #[error("{error}{}", cause(.error))]
    Broken {
        /// What hyper says.
        error: hyper::Error,
        /// Whether not a single byte of an answer had come.
        before_answer: bool,
    },
}

/// hyper names the kind of its error and leaves the reason to the source.
fn cause(error: &hyper::Error) -> String {
    error.source().map(|source| format!(": {source}")).unwrap_or_default()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `Server-Timing` header.
    pub timing: Option<HeaderValue>,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// The bytes of the `Server-Timing` header.
    pub fn timing(&self) -> Option<&[u8]> {
        self.timing.as_ref().map(HeaderValue::as_bytes)
    }
}

/// An open connection: the half that takes requests, and the half that reads and writes.
#[derive(Debug)]
pub struct Connection {
    host: HeaderValue,
    sender: http1::SendRequest<Empty<Bytes>>,
    /// `None` once it has ended.
    driver: Option<Driver>,
}

impl Connection {
    /// Connects to an authority such as `127.0.0.1:8080`.
    ///
    /// # Errors
    /// The authority is none, or nobody answers there.
    pub async fn open(authority: &str) -> Result<Self, Error> {
        let host = HeaderValue::from_str(authority).map_err(hyper::http::Error::from)?;
        let stream = match authority.rsplit_once(':') {
            Some((_, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => TcpStream::connect(authority).await?,
            _ => TcpStream::connect((authority.trim_matches(['[', ']']), 80)).await?,
        };
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Error::Broken { error, before_answer: true })?;
        Ok(Self { host, sender, driver: Some(driver) })
    }

    /// Whether another request may be tried on it.
    pub fn is_open(&self) -> bool {
        self.driver.is_some() && !self.sender.is_closed()
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The path cannot stand in a request, or the connection broke.
    pub async fn get(&mut self, path: &str) -> Result<Answer, Error> {
        let request = Request::get(path).header(HOST, &self.host).body(Empty::new())?;
        let mut headed = false;
        let (outcome, unread) = drive(&mut self.driver, async {
            self.sender.ready().await?;
            let mut response = self.sender.send_request(request).await?;
            headed = true;
            Ok(Answer {
                status: response.status().as_u16(),
                timing: response.headers_mut().remove("server-timing"),
                body: response.into_body().collect().await?.to_bytes(),
            })
        })
        .await;
        outcome.map_err(|error| Error::Broken { error, before_answer: !headed && unread.is_empty() })
    }
}

/// Does the work on a connection, and in the same task what the connection has to do for it. Also gives what the
/// connection had read but not understood when it ended.
async fn drive<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> (T, Bytes) {
    let mut work = pin!(work);
    let mut unread = Bytes::new();
    let done = poll_fn(|context| {
        // The work asks, the connection does, the work takes.
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        if let Some(open) = driver
            && Pin::new(open).poll(context).is_ready()
            && let Some(ended) = driver.take()
        {
            // Without its driver, a request that is still waiting is told so.
            unread = ended.into_parts().read_buf;
        }
        work.as_mut().poll(context)
    })
    .await;
    (done, unread)
}
