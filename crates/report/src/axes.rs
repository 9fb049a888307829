//! What tells the workloads of a study apart: the axes that vary, and a short label for each workload along them.

use inflight_record::workload::short_duration;
use inflight_record::{Crawl, Workload};

use crate::style::{faults, stored};
use crate::units::bytes;

/// Something in which workloads can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// What is crawled, and with which faults; or that nothing is.
    Crawl,
    /// When a crawl's details may be fetched.
    Phases,
    /// Where a crawl is stored.
    Store,
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
    pub const ALL: [Self; 10] = [
        Self::Crawl,
        Self::Phases,
        Self::Store,
        Self::Requests,
        Self::Concurrency,
        Self::Delay,
        Self::Body,
        Self::Connections,
        Self::Hosts,
        Self::Capacity,
    ];

    /// What the axis is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Crawl => "crawl",
            Self::Phases => "phases",
            Self::Store => "store",
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
        let crawl = |label: fn(&Crawl) -> String| workload.crawl.as_ref().map_or_else(|| "no crawl".to_owned(), label);
        match self {
            Self::Crawl => crawl(site),
            Self::Phases => crawl(|crawl| crawl.phases.as_str().to_owned()),
            Self::Store => crawl(stored),
            Self::Concurrency => format!("C = {}", workload.concurrency),
            Self::Delay if workload.lognormal.is_some() => format!("D = {}", workload.delay_text()),
            Self::Delay => format!("D = {}", spaced(&short_duration(workload.delay_ns))),
            Self::Requests => format!("N = {}", workload.requests),
            Self::Body if workload.crawl.is_some() => "bodies of its pages".to_owned(),
            Self::Body => format!("bodies of {}", size(workload.body_bytes)),
            Self::Connections => format!("{} connections", workload.connections.as_str()),
            Self::Hosts if workload.hosts == 1 => "1 host".to_owned(),
            Self::Hosts => format!("{} hosts", workload.hosts),
            Self::Capacity => workload.capacity.map_or_else(|| "no capacity".to_owned(), |it| format!("K = {it}")),
        }
    }

    fn differs(self, a: &Workload, b: &Workload) -> bool {
        let both = a.crawl.as_ref().zip(b.crawl.as_ref());
        match self {
            // Whether there is one is told once. How many requests it makes follows from its site.
            Self::Crawl => both.map_or(a.crawl.is_some() != b.crawl.is_some(), |(a, b)| {
                (a.site, a.retries, a.resume) != (b.site, b.retries, b.resume)
            }),
            Self::Phases => both.is_some_and(|(a, b)| a.phases != b.phases),
            Self::Store => both.is_some_and(|(a, b)| a.store != b.store),
            Self::Requests if both.is_some() => false,
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

/// `100 lists of books`, and its faults.
fn site(crawl: &Crawl) -> String {
    let site = &crawl.site;
    let faults = if site.faults_per_mille > 0 { format!(", {}", faults(crawl)) } else { String::new() };
    let lists = if site.lists == 1 { "1 list".to_owned() } else { format!("{} lists", site.lists) };
    format!("{lists} of {}{faults}", site.catalogue.as_str())
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
    use inflight_record::crawl::{Catalogue, Phases};

    use super::*;
    use crate::fixture::crawl_of;

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

    #[test]
    fn crawls_differ_in_what_is_crawled_how_and_into_what() {
        let books = crawl_of(Catalogue::Books, 100, "sqlite:");
        let films = crawl_of(Catalogue::Films, 10, "sqlite:");
        assert_eq!(varying(&[&books, &films]), [Axis::Crawl]);
        assert_eq!(label(&[Axis::Crawl], &films), "10 lists of films");
        let mut other = crawl_of(Catalogue::Books, 100, "none:");
        other.crawl.as_mut().unwrap().phases = Phases::Pipelined;
        assert_eq!(varying(&[&books, &other]), [Axis::Phases, Axis::Store]);
        assert_eq!(label(&[Axis::Phases, Axis::Store], &other), "pipelined, not stored");
        assert_eq!(label(&[Axis::Store], &books), "stored in sqlite");

        let plain = Workload { body_bytes: 0, ..Workload::new(1_900, 100, 50_000_000) };
        assert_eq!(varying(&[&books, &plain]), [Axis::Crawl], "as large as it, and another thing");
        assert_eq!(label(&[Axis::Crawl], &plain), "no crawl");
    }
}
