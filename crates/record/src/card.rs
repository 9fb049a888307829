//! The model's card: what it is, which client it uses, what it declares, and which caps its client hides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In which spirit a variant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// The library's defaults, as its documentation shows it.
    Idiomatic,
    /// A default that hides a cap has been raised; nothing else.
    Tuned,
    /// A mistake that is made often: kept to show what it costs, and never recommended.
    Pitfall,
    /// Kept for comparison; its parts are discontinued, and the card names the successor.
    Historical,
    /// Not a way to write a program: a measured lower bound on what any model can cost.
    Floor,
    /// Not a model: a load generator, whose requests are counted and not proved one by one. Shown beside the table.
    Yardstick,
}

impl Label {
    /// The word in tables and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idiomatic => "idiomatic",
            Self::Tuned => "tuned",
            Self::Pitfall => "pitfall",
            Self::Historical => "historical",
            Self::Floor => "floor",
            Self::Yardstick => "yardstick",
        }
    }
}

/// The most requests that a model says it will have in flight. The witness holds it to that, or to [`Self::most`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredPeak {
    /// C of the workload.
    Concurrency,
    /// The number of CPUs that the worker was given, or of threads that a control group's quota leaves it.
    Cpus,
    /// A fixed number, or C where that is smaller.
    AtMost(u64),
    /// A fixed number to each host, or C where that is smaller than their sum.
    AtMostPerHost(u64),
    /// The same, of a client whose threads race: each of those that begin at once may make a pool of that size for the same
    /// host, and what was begun in one that another replaced is in flight beside what the other lets through.
    AboutPerHost(u64),
}

impl DeclaredPeak {
    /// The peak for a workload of concurrency `concurrency` to `hosts` hosts on `cpus` CPUs; never above C, never 0.
    #[must_use]
    pub fn resolve(self, concurrency: u64, hosts: u64, cpus: u64) -> u64 {
        match self {
            Self::Concurrency => concurrency,
            Self::Cpus => cpus.clamp(1, concurrency),
            Self::AtMost(limit) => limit.clamp(1, concurrency),
            Self::AtMostPerHost(limit) | Self::AboutPerHost(limit) => limit.saturating_mul(hosts).clamp(1, concurrency),
        }
    }

    /// The most that may be in flight all the same: the peak, but for [`Self::AboutPerHost`], with a thread on each CPU.
    #[must_use]
    pub fn most(self, concurrency: u64, hosts: u64, cpus: u64) -> u64 {
        match self {
            Self::AboutPerHost(limit) => Self::AtMostPerHost(limit.saturating_mul(cpus.max(1))),
            exact => exact,
        }
        .resolve(concurrency, hosts, cpus)
    }
}

/// A limit that a client or runtime sets without being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HiddenCap {
    /// What is limited, and to how much by default: "idle connections kept per host: 3".
    pub what: String,
    /// What this variant does about it: "raised to C", "left at the default".
    pub here: String,
}

impl HiddenCap {
    /// A cap and what the variant does about it.
    #[must_use]
    pub fn new(what: &str, here: &str) -> Self {
        Self { what: what.to_owned(), here: here.to_owned() }
    }
}

/// What a model says of itself. It is on every record of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Card {
    /// Its name everywhere: `tokio-reqwest`, `rayon-pool/default`.
    pub id: String,
    /// The idea in one sentence.
    pub idea: String,
    /// In which spirit it is written.
    pub label: Label,
    /// Client and runtime in words, such as `reqwest on tokio, multi-thread`.
    pub client: String,
    /// The crates that do the work; their versions come from Cargo.lock.
    pub crates: Vec<String>,
    /// The most requests it will have in flight.
    pub declared_peak: DeclaredPeak,
    /// Whether it needs an operating-system thread for each request in flight: the limits of threads bind it then.
    pub thread_per_request: bool,
    /// Whether it keeps its connections from one request to the next. One that does not has no `warm` batch to show.
    #[serde(default = "kept", skip_serializing_if = "is_kept")]
    pub keeps_connections: bool,
    /// Whether it speaks HTTP/2 by prior knowledge: the witness then wants every request as a stream, and else none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub http2: bool,
    /// Whether it fetches in child processes. Its worker cannot tell what those use, and leaves its costs to the driver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub child_processes: bool,
    /// What its libraries cap by default.
    pub hidden_caps: Vec<HiddenCap>,
    /// For a historical model: why its parts are no longer a choice, and what took their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub historical: Option<String>,
}

/// What a card says that does not say otherwise; cards on older records are such.
fn kept() -> bool {
    true
}

fn is_kept(keeps: &bool) -> bool {
    *keeps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_card_that_keeps_no_connections_says_so() {
        let old = r#"{"id":"m","idea":"","label":"pitfall","client":"","crates":[],"declared_peak":"concurrency",
            "thread_per_request":false,"hidden_caps":[]}"#;
        let mut card: Card = serde_json::from_str(old).unwrap();
        assert!(card.keeps_connections);
        assert!(!serde_json::to_string(&card).unwrap().contains("keeps_connections"));
        card.keeps_connections = false;
        assert_eq!(serde_json::from_str::<Card>(&serde_json::to_string(&card).unwrap()).unwrap(), card);
    }

    #[test]
    fn declared_peaks_stay_between_one_and_c() {
        assert_eq!(DeclaredPeak::Concurrency.resolve(100, 1, 2), 100);
        assert_eq!(DeclaredPeak::Cpus.resolve(100, 1, 2), 2);
        assert_eq!(DeclaredPeak::Cpus.resolve(1, 1, 8), 1);
        assert_eq!(DeclaredPeak::AtMost(50).resolve(100, 1, 2), 50);
        assert_eq!(DeclaredPeak::AtMost(50).resolve(10, 1, 2), 10);
        assert_eq!(DeclaredPeak::AtMostPerHost(50).resolve(200, 3, 2), 150);
        assert_eq!(DeclaredPeak::AtMostPerHost(50).resolve(100, 3, 2), 100);
        assert_eq!(DeclaredPeak::AboutPerHost(50).resolve(200, 1, 3), 50);
    }

    #[test]
    fn only_threads_that_race_have_more_in_flight_than_they_say() {
        for (declared, most) in [
            (DeclaredPeak::Concurrency, 200),
            (DeclaredPeak::Cpus, 3),
            (DeclaredPeak::AtMost(50), 50),
            (DeclaredPeak::AtMostPerHost(50), 50),
            (DeclaredPeak::AboutPerHost(50), 150),
        ] {
            assert_eq!(declared.most(200, 1, 3), most, "{declared:?}");
        }
        assert_eq!(DeclaredPeak::AboutPerHost(50).most(100, 1, 3), 100, "never above C");
        assert_eq!(DeclaredPeak::AboutPerHost(50).most(100, 1, 0), 50, "one thread is always there");
    }
}
