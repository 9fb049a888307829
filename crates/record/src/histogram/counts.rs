//! Counts of many histograms, one after another, without building each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Decompress, FlushDecompress, Status};

use super::{DIGITS, HistogramError};

/// First four bytes of `HdrHistogram`'s V2 form, deflated and plain.
const DEFLATED: u32 = 0x1c84_9314;
const PLAIN: u32 = 0x1c84_9313;
/// Bytes before the counts: cookie, length, offset, digits, lowest, highest, ratio.
const HEADER: usize = 40;
/// With three digits a bucket is told from the next by 11 bits; an octave has half of that.
const OCTAVE_BITS: u32 = 10;
/// Buckets of the format: no index is above.
const MAX_BUCKETS: u64 = 64 << OCTAVE_BITS;

/// Reads what [`super::encode`] wrote, bucket by bucket.
///
/// [`super::decode`] sets up some 260 KB for each histogram; this keeps two buffers for all of them, which is what makes
/// a million records a matter of seconds.
#[derive(Debug)]
pub struct Counts {
    inflate: Decompress,
    packed: Vec<u8>,
    plain: Vec<u8>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { inflate: Decompress::new(true), packed: Vec::new(), plain: Vec::new() }
    }
}

impl Counts {
    /// Hands each bucket that is not empty, in ascending order, to `found`: its index and its count. [`highest_ns`] says
    /// what an index stands for.
    ///
    /// # Errors
    /// The text is no histogram that [`super::encode`] wrote of [`super::from_values`]. What came before the fault has
    /// been handed over.
    pub fn each(&mut self, text: &str, mut found: impl FnMut(u32, u64)) -> Result<(), HistogramError> {
        self.packed.clear();
        STANDARD.decode_vec(text, &mut self.packed).map_err(|error| HistogramError(error.to_string()))?;
        self.inflate()?;
        let bytes = self.plain.as_slice();
        let (cookie, digits, lowest) = (word(bytes, 0)?, word(bytes, 12)?, (word(bytes, 16)?, word(bytes, 20)?));
        if (cookie, word(bytes, 8)?, digits, lowest) != (PLAIN, 0, u32::from(DIGITS), (0, 1)) {
            return Err(wrong("other bounds than these records have"));
        }
        let mut rest = bytes.get(HEADER..).ok_or_else(cut)?;
        let mut index = 0_u64;
        while !rest.is_empty() {
            let count = zig_zag(&mut rest)?;
            if count < 0 {
                index = index.saturating_add(count.unsigned_abs());
                continue;
            }
            let bucket = u32::try_from(index).ok().filter(|_| index < MAX_BUCKETS);
            let bucket = bucket.ok_or_else(|| wrong("more buckets than there are"))?;
            if count > 0 {
                found(bucket, count.unsigned_abs());
            }
            index += 1;
        }
        Ok(())
    }

    /// The plain form of what is packed.
    fn inflate(&mut self) -> Result<(), HistogramError> {
        if word(&self.packed, 0)? != DEFLATED {
            return Err(wrong("not HdrHistogram's V2 form, deflated"));
        }
        let packed = self.packed.get(8..).ok_or_else(cut)?;
        self.inflate.reset(true);
        self.plain.clear();
        loop {
            self.plain.reserve(1 << 12);
            let read = usize::try_from(self.inflate.total_in()).map_err(|_| cut())?;
            let before = self.inflate.total_out();
            let rest = packed.get(read..).ok_or_else(cut)?;
            let status = self.inflate.decompress_vec(rest, &mut self.plain, FlushDecompress::None);
            match status.map_err(|error| HistogramError(error.to_string()))? {
                Status::StreamEnd => return Ok(()),
                // Each bucket takes a byte or more, a run of empty ones at most nine.
                _ if self.plain.len() as u64 > MAX_BUCKETS * 10 => return Err(wrong("more buckets than there are")),
                _ if self.inflate.total_out() == before => return Err(cut()),
                _ => {}
            }
        }
    }
}

/// The highest latency that falls into a bucket, in nanoseconds; the lowest is within 0.1 % of it.
#[must_use]
pub fn highest_ns(bucket: u32) -> u64 {
    let octave = (bucket >> OCTAVE_BITS).saturating_sub(1);
    let within = u64::from(bucket - (octave << OCTAVE_BITS));
    (within << octave) + (1 << octave) - 1
}

fn wrong(message: &str) -> HistogramError {
    HistogramError(message.to_owned())
}

fn cut() -> HistogramError {
    wrong("cut off in the middle")
}

fn word(bytes: &[u8], at: usize) -> Result<u32, HistogramError> {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).ok_or_else(cut)?;
    Ok(u32::from_be_bytes(word))
}

/// One number: seven bits a byte, the ninth byte whole, signs folded into the lowest bit.
fn zig_zag(rest: &mut &[u8]) -> Result<i64, HistogramError> {
    let mut folded = 0_u64;
    for place in 0..9 {
        let [byte, after @ ..] = *rest else { return Err(cut()) };
        *rest = after;
        let (bits, more) = if place == 8 { (*byte, false) } else { (byte & 0x7f, byte & 0x80 != 0) };
        folded |= u64::from(bits) << (7 * place);
        if !more {
            break;
        }
    }
    Ok((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_NS, encode, from_values};
    use super::*;

    fn counts(text: &str) -> Result<Vec<(u32, u64)>, HistogramError> {
        let mut all = Vec::new();
        Counts::default().each(text, |bucket, count| all.push((bucket, count)))?;
        Ok(all)
    }

    #[test]
    fn buckets_are_those_of_the_library() {
        let ladder = (0..42).flat_map(|bits| [1_u64 << bits, (1 << bits) + 1, (1 << bits) * 3 / 2]);
        // More than one buffer's worth of buckets.
        let wide = (0..30_000).map(|it| 1_000_000 + it * 100_003);
        let values: Vec<u64> =
            ladder.chain(wide).chain([50_000_000; 300]).chain([MAX_NS, 1_234_567, 1, 2047, 2048]).collect();
        let histogram = from_values(values).unwrap();
        let ours = counts(&encode(&histogram).unwrap()).unwrap();
        let theirs: Vec<(u64, u64)> =
            histogram.iter_recorded().map(|it| (it.value_iterated_to(), it.count_at_value())).collect();
        assert_eq!(ours.iter().map(|(bucket, count)| (highest_ns(*bucket), *count)).collect::<Vec<_>>(), theirs);
    }

    #[test]
    fn one_reader_reads_many() {
        let mut reader = Counts::default();
        for value in [1_000, 50_000_000, 3_000_000_000_u64] {
            let mut found = Vec::new();
            let text = encode(&from_values([value, value]).unwrap()).unwrap();
            reader.each(&text, |bucket, count| found.push((bucket, count))).unwrap();
            let [(bucket, 2)] = found[..] else { panic!("{found:?}") };
            assert!((value..=value + value / 1000 + 1).contains(&highest_ns(bucket)), "{value}");
        }
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        let text = encode(&from_values([50_000_000, 51_000_000]).unwrap()).unwrap();
        for wrong in ["", "!", "AAAA", &text[..text.len() / 2 / 4 * 4], "HISTFAAAABg="] {
            assert!(counts(wrong).is_err(), "{wrong}");
        }
        let other = hdrhistogram::Histogram::<u64>::new_with_bounds(1, MAX_NS, 2).unwrap();
        assert!(counts(&encode(&other).unwrap()).unwrap_err().to_string().contains("other bounds"));
    }
}
