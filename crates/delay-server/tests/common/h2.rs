//! A raw HTTP/2 client: frames as bytes, so that a test decides which of them a server gets, and when.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
const CANCEL: u32 = 8;

const INITIAL_WINDOW_SIZE: u16 = 4;
/// `:status: 200` in HPACK's static table; any other status has no place there that matters here.
const STATUS_200: u8 = 0x88;

/// One connection. Stream n of `ask` is 2n + 1 on the wire.
pub struct Streams {
    stream: TcpStream,
    next: u32,
    answers: BTreeMap<u32, Streamed>,
}

#[derive(Default)]
pub struct Streamed {
    pub ok: bool,
    pub body: Vec<u8>,
    pub ended: bool,
    /// The server reset the stream.
    pub reset: bool,
}

impl Streams {
    /// Connects and says how many bytes of each body the server may send unasked.
    pub fn connect(address: SocketAddr, window: u32) -> Self {
        let mut this = Self::silent(address);
        this.write(PREFACE);
        this.begin(window);
        this
    }

    /// Connects and says nothing yet.
    pub fn silent(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, next: 1, answers: BTreeMap::new() }
    }

    /// What follows the preface: settings, and a connection window that never binds.
    pub fn begin(&mut self, window: u32) {
        let setting = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &window.to_be_bytes()].concat();
        self.frame(SETTINGS, 0, 0, &setting);
        self.allow(0, 1 << 30);
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends a request and returns its stream.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> u32 {
        let id = self.next;
        self.next += 2;
        // Literal fields with names from the static table: :method (2), :path (4), :scheme http (6), :authority (1).
        let mut block = vec![0x86];
        for (name, value) in [(2, method), (4, path), (1, "test")] {
            block.push(name);
            // HPACK has 7 bits for the length, the highest bit being for Huffman's code.
            block.push(u8::try_from(value.len()).ok().filter(|length| *length < 0x7f).unwrap());
            block.extend_from_slice(value.as_bytes());
        }
        let end = if body.is_empty() { END_STREAM } else { 0 };
        self.frame(HEADERS, END_HEADERS | end, id, &block);
        if !body.is_empty() {
            self.frame(DATA, END_STREAM, id, body.as_bytes());
        }
        id
    }

    pub fn reset(&mut self, id: u32) {
        self.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    }

    /// Lets the server send so many more bytes of a stream's body.
    pub fn allow(&mut self, id: u32, bytes: u32) {
        self.frame(WINDOW_UPDATE, 0, id, &bytes.to_be_bytes());
    }

    /// The answer of a stream, whole, or as far as it came before a reset.
    pub fn answer(&mut self, id: u32) -> Streamed {
        while !self.answers.get(&id).is_some_and(|answer| answer.ended) {
            assert!(self.read_frame(), "the server closed the connection before stream {id} was answered");
        }
        self.answers.remove(&id).unwrap()
    }

    /// Reads until so many bytes of a stream's body have come.
    pub fn read_bytes(&mut self, id: u32, bytes: usize) {
        while self.answers.get(&id).is_none_or(|answer| answer.body.len() < bytes) {
            assert!(self.read_frame(), "the server closed the connection within a body");
        }
    }

    /// Whether the server closes the connection, whatever it says before.
    pub fn is_closed(&mut self) -> bool {
        while self.read_frame() {}
        true
    }

    fn frame(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, flags];
        bytes.extend_from_slice(&id.to_be_bytes());
        bytes.extend_from_slice(payload);
        self.write(&bytes);
    }

    /// Reads one frame; false where there is no more.
    fn read_frame(&mut self) -> bool {
        let mut head = [0; 9];
        if self.stream.read_exact(&mut head).is_err() {
            return false;
        }
        let mut payload = vec![0; usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])];
        if self.stream.read_exact(&mut payload).is_err() {
            return false;
        }
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match kind {
            SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[]),
            HEADERS | DATA => {
                let answer = self.answers.entry(id).or_default();
                answer.ended |= flags & END_STREAM != 0;
                if kind == DATA {
                    answer.body.extend_from_slice(&payload);
                } else {
                    answer.ok = payload.contains(&STATUS_200);
                }
            }
            RST_STREAM => {
                let answer = self.answers.entry(id).or_default();
                (answer.ended, answer.reset) = (true, true);
            }
            GOAWAY => return false,
            _ => {}
        }
        true
    }
}
