//! The data of inflight: what a workload is, what was promised, seen and recorded. No clock, no network, no runtime.
//!
//! Everything that crosses a process or lands in `results/` is a type of this crate: integers are nanoseconds (`_ns`)
//! or bytes (`_bytes`), and one [`Record`] is one line of JSON.

pub mod access;
pub mod card;
pub mod costs;
pub mod crawl;
pub mod delay;
pub mod elsewhere;
pub mod environment;
pub mod files;
pub mod histogram;
pub mod hosts;
pub mod jsonl;
pub mod ledger;
pub mod lock;
pub mod manifest;
pub mod outcome;
pub mod outside;
pub mod peers;
pub mod placed;
pub mod record;
pub mod row;
pub mod sample;
pub mod schema;
pub mod study;
pub mod text;
pub mod token;
pub mod workload;

pub use access::AccessToken;
pub use card::{Card, DeclaredPeak, HiddenCap, Label};
pub use costs::{Costs, CrateCosts};
pub use crawl::{Crawl, CrawlFigures, Site, SiteLedger};
pub use delay::LogNormal;
pub use elsewhere::{RoundTrip, ServerCounters, ServerReport, ServerSide, Trips};
pub use environment::{Environment, Limits, Machine, Restricted, ServerHost, Software};
pub use ledger::{HoldLateness, Ledger, LedgerFigures, OpenBatch, OpenCrawl};
pub use lock::Locked;
pub use manifest::{Arm, ArmKind, Claim, Controls, Manifest, NamedWorkload, Placement, RoundsRule, Shard};
pub use outside::Outside;
pub use record::{
    ContextSwitches, Cpu, Flag, Histograms, Latency, Memory, ModelFigures, Network, Outcome, Percentiles, Record,
    Reported, SCHEMA_VERSION, WorkloadFigures,
};
pub use row::{CrawlRow, FlagSet, LedgerRow, Name, Row};
pub use sample::{Sample, SampleError};
pub use token::{Token, TokenKey};
pub use workload::{Connections, Workload, WorkloadError};
