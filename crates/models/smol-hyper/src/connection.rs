//! One connection of hyper's, and a request on it.

use std::error::Error as _;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use smol::Task;
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;

use crate::Runtime;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no `http://` URL.
    #[error("smol-hyper fetches http:// URLs only")]
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

/// An open connection: the half that takes requests, and the task that reads and writes. Dropping it closes the socket.
#[derive(Debug)]
pub struct Connection {
    host: HeaderValue,
    sender: http1::SendRequest<Empty<Bytes>>,
    /// Gives, when the connection has ended, what it had read but not understood.
    driver: Task<Bytes>,
}

impl Connection {
    /// Connects to an authority such as `127.0.0.1:8080`.
    ///
    /// # Errors
    /// The authority is none, or nobody answers there.
    pub async fn open(runtime: &Runtime, authority: &str) -> Result<Self, Error> {
        let host = HeaderValue::from_str(authority).map_err(hyper::http::Error::from)?;
        let stream = match authority.rsplit_once(':') {
            Some((_, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => TcpStream::connect(authority).await?,
            _ => TcpStream::connect((authority.trim_matches(['[', ']']), 80)).await?,
        };
        stream.set_nodelay(true)?;
        let (sender, mut driver) = http1::handshake(FuturesIo::new(stream))
            .await
            .map_err(|error| Error::Broken { error, before_answer: true })?;
        let driver = runtime.spawn(async move {
            // The request that waits is told of an error by the other half.
            let _ = (&mut driver).await;
            driver.into_parts().read_buf
        });
        Ok(Self { host, sender, driver })
    }

    /// Whether another request may be tried on it.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The path cannot stand in a request, or the connection broke.
    pub async fn get(&mut self, path: &str) -> Result<Answer, Error> {
        let request = Request::get(path).header(HOST, &self.host).body(Empty::new())?;
        let mut response = match self.send(request).await {
            Ok(response) => response,
            Err(error) => {
                let before_answer = (&mut self.driver).await.is_empty();
                return Err(Error::Broken { error, before_answer });
            }
        };
        let timing = response.headers_mut().remove("server-timing");
        let status = response.status().as_u16();
        match response.into_body().collect().await {
            Ok(body) => Ok(Answer { status, timing, body: body.to_bytes() }),
            Err(error) => Err(Error::Broken { error, before_answer: false }),
        }
    }

    async fn send(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<hyper::Response<hyper::body::Incoming>> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }
}
