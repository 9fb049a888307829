//! From bytes to answers: just enough HTTP/1.1, whatever the pieces that it arrives in.

use std::ops::Range;

/// The longest status line and headers, in bytes.
const HEAD_LIMIT: usize = 64 << 10;
/// The longest body, in bytes.
const BODY_LIMIT: usize = 64 << 20;

/// Why bytes are no answer that can be read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Neither a status line nor a header.
    #[error("the answer is not HTTP/1.1")]
    Garbage,
    /// `Transfer-Encoding`, which would need a decoder.
    #[error("the answer is chunked, which this client does not read: let the server send a Content-Length")]
    Chunked,
    /// The body ends with the connection.
    #[error("the answer has no Content-Length, without which this client does not know its end")]
    NoLength,
    /// Status line and headers go on and on.
    #[error("the answer's headers are longer than 64 KiB")]
    LongHead,
    /// More than anybody asked for.
    #[error("the answer's body is longer than 64 MiB")]
    LongBody,
}

/// A whole answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The three digits.
    pub status: u16,
    /// The value of the `Server-Timing` header.
    pub server_timing: Option<&'a [u8]>,
    /// All of it.
    pub body: &'a [u8],
    /// Whether the connection can carry another request.
    pub reusable: bool,
}

/// The bytes of an answer that is not whole yet. Holds no memory in between.
#[derive(Debug, Default)]
pub struct Partial {
    bytes: Vec<u8>,
    head: Option<Head>,
}

impl Partial {
    /// Whether no byte of an answer has come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes in what has arrived. Gives the answer once it is whole; [`Partial::reset`] must follow then.
    ///
    /// # Errors
    /// This is no answer that can be read; the connection is of no use any more.
    pub fn absorb<'a>(&'a mut self, arrived: &'a [u8]) -> Result<Option<Answer<'a>>, ResponseError> {
        if self.bytes.is_empty() {
            // The usual case: all of it at once, which is then read where it is.
            match Head::parse(arrived)? {
                Some(head) if arrived.len() >= head.total => return Ok(Some(head.answer(arrived))),
                head => self.head = head,
            }
        }
        if let Some(head) = &self.head {
            // Once for the whole body, however many pieces it comes in.
            self.bytes.reserve_exact(head.total.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(arrived);
        if self.head.is_none() {
            self.head = Head::parse(&self.bytes)?;
        }
        Ok(match &self.head {
            Some(head) if self.bytes.len() >= head.total => Some(head.answer(&self.bytes)),
            _ => None,
        })
    }

    /// Makes room for the next answer, and gives back the memory of this one.
    pub fn reset(&mut self) {
        if !self.bytes.is_empty() {
            *self = Self::default();
        }
    }
}

/// What of status line and headers matters here. Offsets are from the first byte of the answer.
#[derive(Debug)]
struct Head {
    status: u16,
    server_timing: Option<Range<usize>>,
    body: usize,
    total: usize,
    reusable: bool,
}

impl Head {
    /// Reads status line and headers, or `None` while their end has not come.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, ResponseError> {
        let mut lines = Lines { bytes, at: 0 };
        let Some(line) = lines.next() else { return incomplete(bytes) };
        let (mut status, mut reusable) = status_line(&bytes[line])?;
        let (mut length, mut server_timing) = (None, None);
        loop {
            let Some(line) = lines.next() else { return incomplete(bytes) };
            if line.is_empty() {
                if !(100..200).contains(&status) {
                    break;
                }
                // An interim answer such as 103 Early Hints: the real one follows.
                let Some(line) = lines.next() else { return incomplete(bytes) };
                (status, reusable) = status_line(&bytes[line])?;
                continue;
            }
            let header = &bytes[line.clone()];
            // The first letter sorts out all but a few headers before any name is compared.
            match header[0] | 0x20 {
                b'c' => {
                    if let Some(value) = value_of(header, b"content-length:") {
                        let value = number(value.trim_ascii())?;
                        if length.is_some_and(|other| other != value) {
                            return Err(ResponseError::Garbage);
                        }
                        length = Some(value);
                    } else if let Some(value) = value_of(header, b"connection:") {
                        reusable &= !value.trim_ascii().eq_ignore_ascii_case(b"close");
                    }
                }
                b's' => {
                    if let Some(value) = value_of(header, b"server-timing:") {
                        server_timing = Some(line.end - value.len()..line.end);
                    }
                }
                b't' if value_of(header, b"transfer-encoding:").is_some() => return Err(ResponseError::Chunked),
                _ => {}
            }
        }
        let length = match (status, length) {
            (204 | 304, _) => 0,
            (_, Some(length)) => length,
            (_, None) => return Err(ResponseError::NoLength),
        };
        Ok(Some(Self { status, server_timing, body: lines.at, total: lines.at + length, reusable }))
    }

    fn answer<'a>(&self, bytes: &'a [u8]) -> Answer<'a> {
        Answer {
            status: self.status,
            server_timing: self.server_timing.clone().map(|range| bytes[range].trim_ascii()),
            body: &bytes[self.body..self.total],
            // Bytes that nobody asked for would be taken for the next answer.
            reusable: self.reusable && bytes.len() == self.total,
        }
    }
}

/// The lines of a head that have arrived whole, without their ends.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let end = start + memchr::memchr(b'\n', &self.bytes[start..])?;
        self.at = end + 1;
        Some(start..if end > start && self.bytes[end - 1] == b'\r' { end - 1 } else { end })
    }
}

fn incomplete(bytes: &[u8]) -> Result<Option<Head>, ResponseError> {
    const START: &[u8] = b"HTTP/1.";
    let seen = bytes.len().min(START.len());
    if bytes[..seen] != START[..seen] {
        return Err(ResponseError::Garbage);
    }
    if bytes.len() > HEAD_LIMIT { Err(ResponseError::LongHead) } else { Ok(None) }
}

/// The status, and whether this version of HTTP keeps connections.
fn status_line(line: &[u8]) -> Result<(u16, bool), ResponseError> {
    match line {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ (b'0' | b'1'), b' ', a, b, c, rest @ ..]
            if [a, b, c].iter().all(|digit| digit.is_ascii_digit())
                && rest.first().is_none_or(|&byte| byte == b' ') =>
        {
            let status = [a, b, c].iter().fold(0, |status, &digit| 10 * status + u16::from(digit - b'0'));
            Ok((status, *minor == b'1'))
        }
        _ => Err(ResponseError::Garbage),
    }
}

/// The value of a header with the white space around it, if the header has this name (which includes the colon).
fn value_of<'a>(header: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = header.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(value)
}

/// A length in bytes: digits and nothing else.
fn number(digits: &[u8]) -> Result<usize, ResponseError> {
    if digits.is_empty() {
        return Err(ResponseError::Garbage);
    }
    digits.iter().try_fold(0, |value, &digit| match digit {
        b'0'..=b'9' => {
            let value = 10 * value + usize::from(digit - b'0');
            if value > BODY_LIMIT { Err(ResponseError::LongBody) } else { Ok(value) }
        }
        _ => Err(ResponseError::Garbage),
    })
}

#[cfg(test)]
mod tests;
