//! The sample log: one slot a request, written without locks, allocated and touched before the batch.

use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use inflight_record::{Sample, SampleError, Token};

/// How many error texts are kept; the rest are only counted.
const TEXTS_KEPT: usize = 5;

/// A time that has not come.
const NEVER: u64 = u64::MAX;

/// What became of each request of a batch.
///
/// Any thread may write any slot. All writes are relaxed stores of whole words: a slot has one writer unless a model
/// asks for an index twice, which the server's ledger shows, and slots are read after the model has returned.
#[derive(Debug)]
pub struct SampleLog {
    slots: Box<[Slot]>,
    texts: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Slot {
    start_ns: AtomicU64,
    end_ns: AtomicU64,
    hold_ns: AtomicU64,
    bytes: AtomicU64,
    token: AtomicU64,
    /// Status in the low 16 bits, [`TOKEN`] and [`CLIENT_ERROR`] above.
    state: AtomicU64,
}

const TOKEN: u64 = 1 << 16;
const CLIENT_ERROR: u64 = 1 << 17;

impl SampleLog {
    /// A log of `requests` slots. Each is written once here, so that its memory is resident.
    #[must_use]
    pub fn new(requests: usize) -> Self {
        let slots = (0..requests)
            .map(|_| Slot {
                start_ns: AtomicU64::new(NEVER),
                end_ns: AtomicU64::new(NEVER),
                hold_ns: AtomicU64::new(0),
                bytes: AtomicU64::new(0),
                token: AtomicU64::new(0),
                state: AtomicU64::new(0),
            })
            .collect();
        Self { slots, texts: Mutex::new(Vec::new()) }
    }

    pub(crate) fn sent(&self, index: usize, now_ns: u64) {
        self.slots[index].start_ns.store(now_ns, Ordering::Relaxed);
    }

    pub(crate) fn finished(&self, index: usize, now_ns: u64, status: u16, timing: Option<&[u8]>, body: &[u8]) {
        let slot = &self.slots[index];
        let token = Token::from_body(body);
        slot.end_ns.store(now_ns, Ordering::Relaxed);
        slot.hold_ns.store(timing.and_then(hold_ns).unwrap_or(0), Ordering::Relaxed);
        slot.bytes.store(body.len() as u64, Ordering::Relaxed);
        slot.token.store(token.map_or(0, |token| token.0), Ordering::Relaxed);
        slot.state.store(u64::from(status) | if token.is_some() { TOKEN } else { 0 }, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, index: usize, now_ns: u64, error: &(impl Display + ?Sized)) {
        let slot = &self.slots[index];
        slot.end_ns.store(now_ns, Ordering::Relaxed);
        slot.state.store(CLIENT_ERROR, Ordering::Relaxed);
        let mut texts = self.texts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if texts.len() < TEXTS_KEPT {
            texts.push(format!("request {index}: {error}"));
        }
    }

    /// How many slots there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many slots there are before the first that was never sent.
    #[must_use]
    pub fn sent_first(&self) -> usize {
        let unsent = |slot: &Slot| slot.start_ns.load(Ordering::Relaxed) == NEVER;
        self.slots.iter().position(unsent).unwrap_or(self.slots.len())
    }

    /// The sample of one request; panics where there is none.
    #[must_use]
    pub fn sample(&self, index: usize) -> Sample {
        let slot = &self.slots[index];
        let start_ns = slot.start_ns.load(Ordering::Relaxed);
        let end_ns = slot.end_ns.load(Ordering::Relaxed);
        let state = slot.state.load(Ordering::Relaxed);
        let status = u16::try_from(state & 0xffff).unwrap_or(0);
        let token = (state & TOKEN != 0).then(|| Token(slot.token.load(Ordering::Relaxed)));
        let error = if start_ns == NEVER {
            Some(SampleError::NotSent)
        } else if end_ns == NEVER {
            Some(SampleError::Unfinished)
        } else if state & CLIENT_ERROR != 0 {
            Some(SampleError::Client)
        } else if status != 200 {
            Some(SampleError::Status)
        } else if token.is_none() {
            Some(SampleError::Body)
        } else {
            None
        };
        let seen = |time| if time == NEVER { 0 } else { time };
        Sample {
            index: index as u64,
            start_ns: seen(start_ns),
            end_ns: seen(end_ns),
            hold_ns: slot.hold_ns.load(Ordering::Relaxed),
            status,
            bytes: slot.bytes.load(Ordering::Relaxed),
            token,
            error,
        }
    }

    /// The first few error texts.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.texts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// The hold in nanoseconds from a `Server-Timing` header such as `hold;dur=50.123456` (milliseconds, as the W3C's
/// Server Timing says), or `None` where there is none. Decimal arithmetic, so that no nanosecond is lost.
fn hold_ns(header: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"hold;dur=";
    let start = if header.starts_with(NAME) {
        NAME.len()
    } else {
        header.windows(NAME.len()).position(|window| window == NAME)? + NAME.len()
    };
    let mut value: u64 = 0;
    let mut decimals = None;
    for byte in &header[start..] {
        match byte {
            b'0'..=b'9' if decimals.is_none_or(|count| count < 6) => {
                value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                decimals = decimals.map(|count| count + 1);
            }
            b'0'..=b'9' => {}
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => break,
        }
    }
    value.checked_mul(10_u64.pow(6 - decimals.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(token: u64) -> Vec<u8> {
        let mut body = b"{".to_vec();
        Token(token).write_tail(&mut body);
        body
    }

    #[test]
    fn holds_are_read_to_the_nanosecond() {
        assert_eq!(hold_ns(b"hold;dur=50.123456"), Some(50_123_456));
        assert_eq!(hold_ns(b"hold;dur=50"), Some(50_000_000));
        assert_eq!(hold_ns(b"hold;dur=0.5"), Some(500_000));
        assert_eq!(hold_ns(b"hold;dur=1.1234567"), Some(1_123_456));
        assert_eq!(hold_ns(b"cache;desc=x, hold;dur=2.5;desc=y"), Some(2_500_000));
        assert_eq!(hold_ns(b"total;dur=2.5"), None);
        assert_eq!(hold_ns(b"hold;dur=99999999999999999999"), None);
    }

    #[test]
    fn a_slot_tells_what_became_of_its_request() {
        let log = SampleLog::new(5);
        log.sent(1, 10);
        log.sent(2, 20);
        log.finished(2, 30, 200, Some(b"hold;dur=0.000005"), &body(77));
        log.sent(3, 20);
        log.finished(3, 30, 503, None, b"busy");
        log.sent(4, 20);
        log.failed(4, 30, "connection reset");
        let errors: Vec<_> = (0..5).map(|index| log.sample(index).error).collect();
        assert_eq!(
            errors,
            [
                Some(SampleError::NotSent),
                Some(SampleError::Unfinished),
                None,
                Some(SampleError::Status),
                Some(SampleError::Client)
            ]
        );
        let good = log.sample(2);
        assert_eq!((good.start_ns, good.end_ns, good.hold_ns, good.token), (20, 30, 5, Some(Token(77))));
        assert_eq!(log.texts(), ["request 4: connection reset"]);
    }

    #[test]
    fn an_answer_without_token_is_no_answer() {
        let log = SampleLog::new(1);
        log.sent(0, 1);
        log.finished(0, 2, 200, None, b"");
        assert_eq!(log.sample(0).error, Some(SampleError::Body));
    }
}
