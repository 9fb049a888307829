//! Latency histograms as text: HdrHistogram's compressed form in base64, so that any percentile can be drawn later.

mod counts;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

pub use counts::{Counts, highest_ns};

/// Longest latency that is told apart, in nanoseconds: one hour. Longer ones are recorded as this.
pub const MAX_NS: u64 = 3_600_000_000_000;
/// Significant decimal digits kept: values are within 0.1 %.
pub const DIGITS: u8 = 3;

/// A text that is no histogram, or a histogram that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("latency histogram: {0}")]
pub struct HistogramError(String);

/// A histogram of the values (nanoseconds); those above [`MAX_NS`] count as it.
///
/// # Errors
/// None in practice: the bounds are constants that HdrHistogram accepts.
pub fn from_values(values: impl IntoIterator<Item = u64>) -> Result<Histogram<u64>, HistogramError> {
    let mut histogram =
        Histogram::new_with_bounds(1, MAX_NS, DIGITS).map_err(|error| HistogramError(error.to_string()))?;
    for value in values {
        histogram.saturating_record(value);
    }
    Ok(histogram)
}

/// The histogram as base64 of HdrHistogram's V2 form, deflated.
///
/// # Errors
/// Only where memory ran out while compressing.
pub fn encode(histogram: &Histogram<u64>) -> Result<String, HistogramError> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .map_err(|error| HistogramError(format!("{error:?}")))?;
    Ok(STANDARD.encode(bytes))
}

/// The histogram that [`encode`] wrote.
///
/// # Errors
/// The text is not base64, or its bytes are no histogram.
pub fn decode(text: &str) -> Result<Histogram<u64>, HistogramError> {
    let bytes = STANDARD.decode(text).map_err(|error| HistogramError(error.to_string()))?;
    Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|error| HistogramError(format!("{error:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_survives_its_text() {
        let histogram = from_values([50_000_000, 51_000_000, 90_000_000, MAX_NS * 2]).unwrap();
        let back = decode(&encode(&histogram).unwrap()).unwrap();
        assert_eq!(back, histogram);
        assert_eq!(back.len(), 4);
        assert!(decode("not base64!").is_err());
        assert!(decode("AAAA").is_err());
    }
}
