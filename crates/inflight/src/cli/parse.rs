//! Durations and sizes as people write them.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

/// A delay: `0`, `50ms`, `1.5s`. Its range is the workload's to check.
pub fn delay(text: &str) -> Result<Duration, String> {
    let wrong = |why: &str| format!("{why}; write it with a unit, such as 50ms, 1.5s or 2m (0 needs none)");
    if text.trim().trim_matches('0').is_empty() && !text.trim().is_empty() {
        return Ok(Duration::ZERO);
    }
    let signed: SignedDuration = text.parse().map_err(|_| wrong("not a duration"))?;
    Duration::try_from(signed).map_err(|_| wrong("a duration cannot be negative"))
}

/// A time limit: a duration that is not 0.
pub fn limit(text: &str) -> Result<Duration, String> {
    match delay(text)? {
        Duration::ZERO => Err("a time limit of 0 would stop every batch; write it as 90s or 10m".to_owned()),
        limit => Ok(limit),
    }
}

/// A size: `200`, `1KiB`, `1.5MiB`.
pub fn size(text: &str) -> Result<u64, String> {
    let size: ByteSize =
        text.parse().map_err(|_| "not a size; write it as 200, 1KiB or 1MiB (KB and MB count by 1000)".to_owned())?;
    Ok(size.as_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(delay("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(delay("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(delay("0"), Ok(Duration::ZERO));
        assert_eq!(delay("0ms"), Ok(Duration::ZERO));
        assert_eq!(delay("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(delay("2m"), Ok(Duration::from_secs(120)));
        assert!(delay("-50ms").unwrap_err().contains("negative"));
        for wrong in ["50", "", "fast", "ms", "1e9s", "nan"] {
            assert!(delay(wrong).unwrap_err().contains("50ms"), "{wrong}");
        }
        assert!(limit("0s").is_err());
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(size("200"), Ok(200));
        assert_eq!(size("1KiB"), Ok(1024));
        assert_eq!(size("1KB"), Ok(1000));
        assert!(size("big").unwrap_err().contains("1KiB"));
        assert!(size("-1").is_err());
    }
}
