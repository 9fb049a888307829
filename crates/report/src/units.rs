//! Numbers as people read them: three significant digits and a unit.

/// A duration in nanoseconds: `50.4 ms`, `1.52 s`, `7.10 µs`.
#[must_use]
pub fn duration(ns: f64) -> String {
    scaled(ns, duration_scale(ns))
}

/// A size in bytes, in binary units: `1.50 MiB`.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, bytes_scale(bytes))
}

/// What a number is divided by before it is printed, and the unit that is printed behind it.
pub(crate) type Scale = (f64, &'static str);

fn scaled(value: f64, scale: Scale) -> String {
    format!("{} {}", in_scale(value, scale), scale.1)
}

/// The number without its unit. What is not divided is whole.
pub(crate) fn in_scale(value: f64, (by, _): Scale) -> String {
    if by > 1.0 { three(value / by) } else { format!("{value:.0}") }
}

pub(crate) fn duration_scale(ns: f64) -> Scale {
    match ns.abs() {
        size if size >= 1e9 => (1e9, "s"),
        size if size >= 1e6 => (1e6, "ms"),
        size if size >= 1e3 => (1e3, "µs"),
        _ => (1.0, "ns"),
    }
}

pub(crate) fn bytes_scale(bytes: f64) -> Scale {
    let steps = [(f64::from(1 << 30), "GiB"), (f64::from(1 << 20), "MiB"), (f64::from(1 << 10), "KiB")];
    steps.into_iter().find(|(by, _)| bytes.abs() >= *by).unwrap_or((1.0, "B"))
}

/// A part of 1 in percent: `94.9 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", three(share * 100.0))
}

/// A ratio: three digits behind the point, since most lie close to 1.
#[must_use]
pub fn ratio(value: f64) -> String {
    if value.abs() < 9.9995 { format!("{value:.3}") } else { three(value) }
}

/// A number with three significant digits, never in powers of ten.
#[must_use]
pub fn three(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        assert_eq!(duration(50_440_000.0), "50.4 ms");
        assert_eq!(duration(1_516_000_000.0), "1.52 s");
        assert_eq!(duration(7_104.0), "7.10 µs");
        assert_eq!(duration(12.0), "12 ns");
        assert_eq!(duration(-2_000_000.0), "-2.00 ms");
        assert_eq!(bytes(1_572_864.0), "1.50 MiB");
        assert_eq!(bytes(100.0), "100 B");
        assert_eq!(bytes(-2048.0), "-2.00 KiB");
        assert_eq!(percent(0.9487), "94.9 %");
        assert_eq!((ratio(1.0342), ratio(12.34)), ("1.034".to_owned(), "12.3".to_owned()));
        assert_eq!(three(99.96), "100");
        assert_eq!(three(1234.5), "1234");
    }
}
