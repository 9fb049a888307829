//! Delays, durations and sizes as people write them, on the command line and in study files.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

use crate::LogNormal;

/// The delay of a workload, as written: fixed, or log-normal around a median.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayText {
    /// The fixed delay or the median, in nanoseconds.
    pub ns: u64,
    /// Sigma in thousandths, where delays vary.
    pub sigma_milli: Option<u32>,
}

impl DelayText {
    /// What a workload holds of it, its delays drawn from this seed.
    #[must_use]
    pub fn lognormal(self, seed: u64) -> Option<LogNormal> {
        self.sigma_milli.map(|sigma_milli| LogNormal { sigma_milli, seed })
    }
}

/// The delay of a workload: `0`, `50ms`, `lognormal:50ms:0.6` (median and sigma of the logarithm). Its range is the
/// workload's to check.
///
/// # Errors
/// What would be right.
pub fn delay(text: &str) -> Result<DelayText, String> {
    let nanoseconds = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let Some(rest) = text.strip_prefix("lognormal:") else {
        return Ok(DelayText { ns: nanoseconds(duration(text)?), sigma_milli: None });
    };
    let wrong = || "a delay that varies is lognormal:MEDIAN:SIGMA, such as lognormal:50ms:0.6".to_owned();
    let (median, sigma) = rest.split_once(':').ok_or_else(wrong)?;
    let sigma: f64 = sigma.parse().map_err(|_| wrong())?;
    let thousandths = (sigma * 1_000.0).round();
    if !(0.0..=1e9).contains(&thousandths) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10^9, as was just checked")]
    Ok(DelayText { ns: nanoseconds(duration(median)?), sigma_milli: Some(thousandths as u32) })
}

/// A duration: `0`, `50ms`, `1.5s`, `20m`.
///
/// # Errors
/// What would be right.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = |why: &str| format!("{why}; write it with a unit, such as 50ms, 1.5s or 2m (0 needs none)");
    if text.trim().trim_matches('0').is_empty() && !text.trim().is_empty() {
        return Ok(Duration::ZERO);
    }
    let signed: SignedDuration = text.parse().map_err(|_| wrong("not a duration"))?;
    Duration::try_from(signed).map_err(|_| wrong("a duration cannot be negative"))
}

/// A time limit: a duration that is not 0.
///
/// # Errors
/// What would be right.
pub fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a time limit of 0 would stop every batch; write it as 90s or 10m".to_owned()),
        limit => Ok(limit),
    }
}

/// A share: `2%`, `0.5%`; above 0 and at most 100 %.
///
/// # Errors
/// What would be right.
pub fn share(text: &str) -> Result<f64, String> {
    let percent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    percent
        .filter(|percent| *percent > 0.0 && *percent <= 100.0)
        .map(|percent| percent / 100.0)
        .ok_or_else(|| "not a share; write it as 2% or 0.5%, above 0 and at most 100%".to_owned())
}

/// A share of a thousand: `2%`, `0.5%`, in whole tenths of a percent; `0` needs no sign. How high it may be is the
/// workload's to check.
///
/// # Errors
/// What would be right.
pub fn per_mille(text: &str) -> Result<u32, String> {
    let wrong = || "not a share; write it as 2% or 0.5%, in whole tenths of a percent (0 needs no sign)".to_owned();
    let text = text.trim();
    if text == "0" {
        return Ok(0);
    }
    let percent: f64 = text.strip_suffix('%').and_then(|number| number.trim().parse().ok()).ok_or_else(wrong)?;
    let tenths = percent * 10.0;
    if !(0.0..=1_000.0).contains(&tenths) || (tenths - tenths.round()).abs() > 1e-9 {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1,000, as was just checked")]
    Ok(tenths.round() as u32)
}

/// A size: `200`, `1KiB`, `1.5MiB`.
///
/// # Errors
/// What would be right.
pub fn size(text: &str) -> Result<u64, String> {
    let size: ByteSize =
        text.parse().map_err(|_| "not a size; write it as 200, 1KiB or 1MiB (KB and MB count by 1000)".to_owned())?;
    Ok(size.as_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_fixed_or_lognormal() {
        assert_eq!(delay("50ms"), Ok(DelayText { ns: 50_000_000, sigma_milli: None }));
        let varying = DelayText { ns: 50_000_000, sigma_milli: Some(600) };
        assert_eq!(delay("lognormal:50ms:0.6"), Ok(varying));
        assert_eq!(varying.lognormal(7), Some(LogNormal { sigma_milli: 600, seed: 7 }));
        for wrong in ["lognormal:", "lognormal:50ms", "lognormal:50ms:", "lognormal:50ms:-1", "lognormal:50ms:nan"] {
            assert!(delay(wrong).unwrap_err().contains("lognormal:50ms:0.6"), "{wrong}");
        }
        assert!(delay("lognormal:fast:0.6").unwrap_err().contains("such as 50ms"));
        assert!(delay("normal:50ms:0.6").is_err());
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(share("2%"), Ok(0.02));
        assert_eq!(share(" 0.5 %"), Ok(0.005));
        for wrong in ["2", "", "%", "0%", "-1%", "101%", "nan%", "inf%"] {
            assert!(share(wrong).unwrap_err().contains("2%"), "{wrong}");
        }
    }

    #[test]
    fn shares_of_a_thousand_are_tenths_of_a_percent() {
        for (text, share) in [("0", 0), ("0%", 0), ("2%", 20), (" 0.5 %", 5), ("0.7%", 7), ("100%", 1_000)] {
            assert_eq!(per_mille(text), Ok(share), "{text}");
        }
        for wrong in ["2", "", "%", "0.25%", "-1%", "101%", "nan%", "inf%"] {
            assert!(per_mille(wrong).unwrap_err().contains("0.5%"), "{wrong}");
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("0ms"), Ok(Duration::ZERO));
        assert_eq!(duration("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("-50ms").unwrap_err().contains("negative"));
        for wrong in ["50", "", "fast", "ms", "1e9s", "nan"] {
            assert!(duration(wrong).unwrap_err().contains("50ms"), "{wrong}");
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
