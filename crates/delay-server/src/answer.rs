//! What goes back: the held answer with its padding and token, and small JSON texts.

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::broken::{Broken, BrokenBody};
use crate::hold::{Held, Payer};
use crate::page::{PageBody, PagePiece};
use crate::refusal::Refusal;
use crate::request::Delay;

/// Padding is copied from here; a larger body goes out in pieces of this size.
static PAD: [u8; 64 << 10] = [b'x'; 64 << 10];
/// Room for what is before the padding, with two numbers of 20 digits, or after it.
const SHORT_MAX: usize = 72;
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The body of any answer.
pub(crate) enum Answer {
    /// A held answer.
    Held(HeldBody),
    /// A text that is accounted to nobody.
    Text(Option<Bytes>),
    /// A page.
    Page(PageBody),
    /// Half a page.
    Broken(BrokenBody),
}

/// The body of a held answer: `{"batch":7,"index":3,"pad":"xxx","token":"0123456789abcdef"}`.
pub(crate) struct HeldBody {
    /// Gone with the last piece.
    payer: Option<Payer>,
    head: Short,
    pad_left: u64,
    tail: Short,
    bytes: u64,
}

/// A few bytes in place, of which those before `start` were taken.
#[derive(Clone, Copy)]
struct Short {
    bytes: [u8; SHORT_MAX],
    start: usize,
    end: usize,
}

impl Short {
    const EMPTY: Self = Self { bytes: [0; SHORT_MAX], start: 0, end: 0 };

    fn left(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Appends as many of the bytes as there is room for.
    fn push(&mut self, bytes: &[u8]) {
        let end = (self.end + bytes.len()).min(SHORT_MAX);
        self.bytes[self.end..end].copy_from_slice(&bytes[..end - self.end]);
        self.end = end;
    }

    /// Appends a number in decimal digits, at least `digits` of them.
    fn push_number(&mut self, mut value: u64, digits: usize) {
        let mut text = [b'0'; 20];
        let mut at = text.len();
        while value > 0 || text.len() - at < digits {
            at -= 1;
            text[at] = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
        self.push(&text[at..]);
    }
}

/// A piece of a body, on its way to be copied into the connection's write buffer.
pub(crate) enum Piece {
    /// Of a held answer.
    Held(HeldPiece),
    /// A text that is accounted to nobody.
    Text(Bytes),
    /// A page.
    Page(PagePiece),
}

/// What is before the padding, padding, and what is after it: each may be empty.
///
/// The last piece settles the account when it is dropped. HTTP/1.1 copies a piece as soon as it has it; HTTP/2 may keep it
/// until the client's windows let it go, or drop it when the client resets the stream.
pub(crate) struct HeldPiece {
    head: Short,
    pad: &'static [u8],
    tail: Short,
    /// Who pays for the whole body, and its bytes; of the last piece only.
    last: Option<(Payer, u64)>,
}

impl HeldPiece {
    fn remaining(&self) -> usize {
        self.head.left().len() + self.pad.len() + self.tail.left().len()
    }
}

impl Drop for HeldPiece {
    fn drop(&mut self) {
        match &self.last {
            Some((payer, bytes)) if self.remaining() == 0 => payer.complete(*bytes),
            Some((payer, _)) => payer.abort_body(),
            None => {}
        }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        match self {
            Self::Held(piece) => piece.remaining(),
            Self::Text(text) => text.len(),
            Self::Page(piece) => piece.left().len(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Held(piece) => [piece.head.left(), piece.pad, piece.tail.left()]
                .into_iter()
                .find(|part| !part.is_empty())
                .unwrap_or_default(),
            Self::Text(text) => text,
            Self::Page(piece) => piece.left(),
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Held(piece) => {
                let head = count.min(piece.head.left().len());
                let pad = (count - head).min(piece.pad.len());
                piece.head.start += head;
                piece.pad = &piece.pad[pad..];
                piece.tail.start = (piece.tail.start + count - head - pad).min(piece.tail.end);
            }
            Self::Text(text) => text.advance(count),
            Self::Page(piece) => piece.advance(count),
        }
    }
}

impl HeldBody {
    fn new(payer: Payer, delay: &Delay) -> Self {
        let batch = delay.batch.unwrap_or(0);
        let mut head = Short::EMPTY;
        head.push(b"{\"batch\":");
        head.push_number(batch, 1);
        head.push(b",\"index\":");
        head.push_number(delay.index, 1);
        head.push(b",\"pad\":\"");
        let mut tail = Short::EMPTY;
        tail.push(b"\",");
        payer.state.with_scratch(|scratch| {
            payer.state.key.token(batch, delay.index).write_tail(scratch);
            tail.push(scratch);
        });
        let natural = (head.end + tail.end) as u64;
        let bytes = natural.max(delay.bytes);
        Self { payer: Some(payer), head, pad_left: bytes - natural, tail, bytes }
    }

    fn next_piece(&mut self) -> Option<HeldPiece> {
        self.payer.as_ref()?;
        let head = std::mem::replace(&mut self.head, Short::EMPTY);
        let pad = usize::try_from(self.pad_left).map_or(&PAD[..], |left| &PAD[..left.min(PAD.len())]);
        self.pad_left -= pad.len() as u64;
        if self.pad_left > 0 {
            return Some(HeldPiece { head, pad, tail: Short::EMPTY, last: None });
        }
        let last = self.payer.take().map(|payer| (payer, self.bytes));
        Some(HeldPiece { head, pad, tail: self.tail, last })
    }
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        if let Some(payer) = &self.payer {
            payer.abort_body();
        }
    }
}

impl Body for Answer {
    type Data = Piece;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece>, Broken>>> {
        let piece = match &mut *self {
            Self::Held(body) => body.next_piece().map(Piece::Held),
            Self::Text(text) => text.take().map(Piece::Text),
            Self::Page(body) => body.next_piece().map(Piece::Page),
            Self::Broken(body) => return body.poll_half(cx).map_ok(|half| Frame::data(Piece::Text(half))),
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Held(body) => body.payer.is_none(),
            Self::Text(text) => text.is_none(),
            Self::Page(body) => body.is_gone(),
            Self::Broken(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Held(body) => body.bytes,
            Self::Text(text) => text.as_ref().map_or(0, |text| text.len() as u64),
            Self::Page(body) => body.bytes(),
            Self::Broken(body) => body.promised(),
        })
    }
}

/// The response to a hold that ended. `headers` are an empty map whose room is used again.
pub(crate) fn held(held: Held, delay: &Delay, headers: HeaderMap) -> Response<Answer> {
    timed(Answer::Held(HeldBody::new(held.payer, delay)), JSON, held.held_ns, headers)
}

/// A response that says for how long it was held.
#[inline]
pub(crate) fn timed(answer: Answer, media: HeaderValue, held_ns: u64, mut headers: HeaderMap) -> Response<Answer> {
    headers.insert(CONTENT_TYPE, media);
    if let Some(value) = timing(held_ns) {
        headers.insert(SERVER_TIMING, value);
    }
    let mut response = Response::new(answer);
    *response.headers_mut() = headers;
    response
}

/// The hold in milliseconds with 6 decimals, as the `Server-Timing` header has it.
fn timing(held_ns: u64) -> Option<HeaderValue> {
    let mut text = Short::EMPTY;
    text.push(b"hold;dur=");
    text.push_number(held_ns / 1_000_000, 1);
    text.push(b".");
    text.push_number(held_ns % 1_000_000, 6);
    HeaderValue::from_bytes(text.left()).ok()
}

/// A JSON answer that is not held.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Answer> {
    let mut text = Vec::with_capacity(256);
    // Writing plain structs of numbers and strings to memory cannot fail; a text that ends early would show it.
    if serde_json::to_writer(&mut text, value).is_err() {
        text.clear();
    }
    let _ = text.write_all(b"\n");
    let mut response = Response::new(Answer::Text(Some(Bytes::from(text))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// The answer to a request that is refused.
pub(crate) fn refusal(refusal: &Refusal) -> Response<Answer> {
    #[derive(Serialize)]
    struct Error {
        error: String,
    }
    let mut response = json(refusal.status(), &Error { error: refusal.to_string() });
    if let Refusal::Method { allow } = refusal {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    if refusal.is_of_rights() {
        // RFC 9110, section 15.5.2: a 401 names what would be taken.
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timing_is_milliseconds_with_six_decimals() {
        for (ns, text) in
            [(0, "0.000000"), (50_123_456, "50.123456"), (1, "0.000001"), (60_000_000_000, "60000.000000")]
        {
            assert_eq!(timing(ns).unwrap(), format!("hold;dur={text}"));
        }
    }

    #[test]
    fn numbers_of_any_size_have_room() {
        let mut short = Short::EMPTY;
        short.push_number(0, 1);
        short.push(b" ");
        short.push_number(u64::MAX, 1);
        assert_eq!(short.left(), b"0 18446744073709551615");
    }

    #[test]
    fn a_piece_is_taken_from_front_to_back_in_any_steps() {
        let mut head = Short::EMPTY;
        head.push(b"ab");
        let mut tail = Short::EMPTY;
        tail.push(b"yz");
        let mut piece = Piece::Held(HeldPiece { head, pad: &PAD[..3], tail, last: None });
        let mut taken = Vec::new();
        for step in [1, 2, 3, 1] {
            let mut part = vec![0; step];
            piece.copy_to_slice(&mut part);
            taken.extend(part);
        }
        assert_eq!((taken.as_slice(), piece.remaining()), (&b"abxxxyz"[..], 0));
    }
}
