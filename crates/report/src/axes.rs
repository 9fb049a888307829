//! What tells the workloads of a study apart: the axes that vary, and a short label for each workload along them.

use inflight_record::Workload;
use inflight_record::workload::short_duration;

use crate::units::bytes;

/// Something in which workloads can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// C.
    Concurrency,
    /// D, or the shape of delays that vary.
    Delay,
    /// N, where it is not the same multiple of C everywhere.
    Requests,
    /// Bytes of each body.
    Body,
    /// Cold or warm.
    Connections,
    /// Over how many hosts the URLs are spread.
    Hosts,
    /// How many requests the server holds at once.
    Capacity,
}

impl Axis {
    /// All, in the order of a label.
    pub const ALL: [Self; 7] =
        [Self::Requests, Self::Concurrency, Self::Delay, Self::Body, Self::Connections, Self::Hosts, Self::Capacity];

    /// What the axis is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency C",
            Self::Delay => "delay D",
            Self::Requests => "requests N",
            Self::Body => "body size",
            Self::Connections => "connections",
            Self::Hosts => "hosts",
            Self::Capacity => "capacity K",
        }
    }

    /// Where the workload stands on the axis: `C = 100`.
    #[must_use]
    pub fn label(self, workload: &Workload) -> String {
        match self {
            Self::Concurrency => format!("C = {}", workload.concurrency),
            Self::Delay if workload.lognormal.is_some() => format!("D = {}", workload.delay_text()),
            Self::Delay => format!("D = {}", spaced(&short_duration(workload.delay_ns))),
            Self::Requests => format!("N = {}", workload.requests),
            Self::Body => format!("bodies of {}", size(workload.body_bytes)),
            Self::Connections => format!("{} connections", workload.connections.as_str()),
            Self::Hosts if workload.hosts == 1 => "1 host".to_owned(),
            Self::Hosts => format!("{} hosts", workload.hosts),
            Self::Capacity => workload.capacity.map_or_else(|| "no capacity".to_owned(), |it| format!("K = {it}")),
        }
    }

    fn differs(self, a: &Workload, b: &Workload) -> bool {
        match self {
            Self::Concurrency => a.concurrency != b.concurrency,
            Self::Delay => (a.delay_ns, a.lognormal) != (b.delay_ns, b.lognormal),
            // The same number of waves is no difference of its own.
            Self::Requests => {
                a.requests != b.requests
                    && u128::from(a.requests) * u128::from(b.concurrency)
                        != u128::from(b.requests) * u128::from(a.concurrency)
            }
            Self::Body => a.body_bytes != b.body_bytes,
            Self::Connections => a.connections != b.connections,
            Self::Hosts => a.hosts != b.hosts,
            Self::Capacity => a.capacity != b.capacity,
        }
    }
}

/// The axes in which these workloads differ.
#[must_use]
pub fn varying(workloads: &[&Workload]) -> Vec<Axis> {
    let Some((first, others)) = workloads.split_first() else { return Vec::new() };
    Axis::ALL.into_iter().filter(|axis| others.iter().any(|other| axis.differs(first, other))).collect()
}

/// What tells the workload apart along these axes: `C = 100, D = 50 ms`; empty where nothing varies.
#[must_use]
pub fn label(axes: &[Axis], workload: &Workload) -> String {
    axes.iter().map(|axis| axis.label(workload)).collect::<Vec<_>>().join(", ")
}

/// Bytes in the largest binary unit that they are a multiple of.
fn size(size: u64) -> String {
    match size {
        _ if size >= 1 << 20 && size.is_multiple_of(1 << 20) => format!("{} MiB", size >> 20),
        _ if size >= 1 << 10 && size.is_multiple_of(1 << 10) => format!("{} KiB", size >> 10),
        _ => bytes(crate::metric::number(size)),
    }
}

/// `50ms` as prose has it: `50 ms`.
fn spaced(duration: &str) -> String {
    let unit = duration.find(|it: char| it.is_alphabetic()).unwrap_or(duration.len());
    let (number, unit) = duration.split_at(unit);
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_the_label() {
        let [a, b] = [(10, 5), (100, 50)].map(|(n, c)| Workload::new(n, c, 50_000_000));
        assert_eq!(varying(&[&a, &b]), [Axis::Concurrency], "two waves are two waves");
        assert_eq!(label(&[Axis::Concurrency], &b), "C = 50");
        let c = Workload { delay_ns: 1_500_000_000, body_bytes: 131_072, ..Workload::new(100, 5, 1) };
        assert_eq!(varying(&[&a, &c]), [Axis::Requests, Axis::Delay, Axis::Body]);
        assert_eq!(label(&varying(&[&a, &c]), &c), "N = 100, D = 1500 ms, bodies of 128 KiB");
        assert_eq!(label(&varying(&[&a]), &a), "");
        assert_eq!(varying(&[]), []);
    }
}
