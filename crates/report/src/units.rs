//! Numbers as people read them: three significant digits and a unit.

/// A duration in nanoseconds: `50.4 ms`, `1.52 s`, `7.10 µs`.
#[must_use]
pub fn duration(ns: f64) -> String {
    let size = ns.abs();
    match size {
        _ if size >= 1e9 => format!("{} s", three(ns / 1e9)),
        _ if size >= 1e6 => format!("{} ms", three(ns / 1e6)),
        _ if size >= 1e3 => format!("{} µs", three(ns / 1e3)),
        _ => format!("{ns:.0} ns"),
    }
}

/// A size in bytes, in binary units: `1.50 MiB`.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    match bytes {
        _ if bytes >= f64::from(1 << 30) => format!("{} GiB", three(bytes / f64::from(1 << 30))),
        _ if bytes >= f64::from(1 << 20) => format!("{} MiB", three(bytes / f64::from(1 << 20))),
        _ if bytes >= f64::from(1 << 10) => format!("{} KiB", three(bytes / f64::from(1 << 10))),
        _ => format!("{bytes:.0} B"),
    }
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
        assert_eq!(three(99.96), "100");
        assert_eq!(three(1234.5), "1234");
    }
}
