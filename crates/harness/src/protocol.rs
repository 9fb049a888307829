//! The worker protocol: JSON lines on a worker's stdin and stdout, the same for a Rust model and for a peer in any language.
//!
//! One process runs one batch:
//!
//! | step | driver → worker | worker → driver |
//! | --- | --- | --- |
//! | 1 | | `hello`, at once |
//! | 2 | `job`, then `urls` until all were sent, then `prepare` | |
//! | 3 | | `ready`, once everything is allocated (and, for `warm`, the warm-up batch is done) |
//! | 4 | `start` | |
//! | 5 | | `done`, as soon as the last answer is in |
//! | 6 | `report` | |
//! | 7 | | `samples` until all were sent, then `end`; the worker exits |
//!
//! Anything else on stdout is an error and fails the batch; stderr is free, and its end is quoted when a worker breaks.
//! When stdin ends, the worker exits. Times are nanoseconds of the worker's monotonic clock since its timed span began.

use inflight_record::{CrawlFigures, Reported, Sample, SampleError, Token, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of this protocol. A worker that speaks another is refused.
pub const PROTOCOL_VERSION: u32 = 1;

/// URLs or samples a line: long enough that a line's cost vanishes, short enough to be parsed at once.
pub const CHUNK: usize = 1_000;

/// A line from the driver to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// What to do.
    Job {
        /// [`PROTOCOL_VERSION`].
        protocol: u32,
        /// The model's id.
        model: String,
        /// The workload.
        workload: Workload,
    },
    /// Some of the URLs, in order; lines add up. Of a crawl, those of its list pages, to which each attempt adds its
    /// `index`: the other pages are for the worker to find.
    Urls {
        /// Which batch they belong to.
        part: Part,
        /// The URLs.
        urls: Vec<String>,
    },
    /// All URLs were sent: allocate, build and warm up (for `warm`), say `ready`.
    Prepare,
    /// Fetch the timed batch now.
    Start,
    /// Send the samples.
    Report,
}

/// Which batch URLs belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The untimed batch before a `warm` one.
    WarmUp,
    /// The batch that counts.
    Timed,
}

/// A line from the worker to the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// First line.
    Hello {
        /// [`PROTOCOL_VERSION`].
        protocol: u32,
        /// Versions of what fetches, such as `ureq 3.5.1`.
        #[serde(default)]
        versions: Option<String>,
    },
    /// Everything is allocated; the timed span may begin.
    Ready,
    /// The model has returned.
    Done {
        /// Wall time of the timed span, nanoseconds.
        makespan_ns: u64,
        /// What stopped the whole batch, if anything did.
        #[serde(default)]
        error: Option<String>,
        /// What the span cost, where the worker can tell.
        #[serde(default)]
        usage: Option<Usage>,
        /// Of a yardstick: what it reports. It sends no samples.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reported: Option<Reported>,
    },
    /// Some of the samples, in order of index, as columns of equal length; lines add up.
    Samples(SampleColumns),
    /// All samples were sent.
    End {
        /// The first few error texts.
        #[serde(default)]
        texts: Vec<String>,
        /// What came of a crawl.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        crawl: Option<CrawlFigures>,
        /// Why that could not be told: the store cannot be read back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unread: Option<String>,
    },
}

/// What the timed span cost the worker, as it measured itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// CPU time in user mode, nanoseconds.
    pub user_ns: u64,
    /// CPU time in the kernel, nanoseconds.
    pub system_ns: u64,
    /// Context switches because it waited.
    pub voluntary: u64,
    /// Context switches because it was made to.
    pub involuntary: u64,
    /// Resident memory before the client was built, bytes; 0 where the kernel does not let it be told.
    pub baseline_bytes: u64,
    /// Highest resident memory since then, bytes.
    pub peak_bytes: u64,
}

/// Samples as columns; the fields are those of a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleColumns {
    /// Starts, nanoseconds.
    pub start_ns: Vec<u64>,
    /// Ends, nanoseconds.
    pub end_ns: Vec<u64>,
    /// Holds from `Server-Timing`, nanoseconds.
    pub hold_ns: Vec<u64>,
    /// HTTP statuses; 0 where none arrived.
    pub status: Vec<u16>,
    /// Bytes of the bodies.
    pub bytes: Vec<u64>,
    /// Tokens at the bodies' ends; null where there was none.
    pub token: Vec<Option<Token>>,
    /// What went wrong; null where nothing did.
    pub error: Vec<Option<SampleError>>,
}

impl SampleColumns {
    /// Appends one sample; they must come in order of index.
    pub fn push(&mut self, sample: &Sample) {
        self.start_ns.push(sample.start_ns);
        self.end_ns.push(sample.end_ns);
        self.hold_ns.push(sample.hold_ns);
        self.status.push(sample.status);
        self.bytes.push(sample.bytes);
        self.token.push(sample.token);
        self.error.push(sample.error);
    }

    /// The samples, the first of which has index `first`; `None` where the columns differ in length.
    #[must_use]
    pub fn into_samples(self, first: u64) -> Option<Vec<Sample>> {
        let rows = self.start_ns.len();
        let even = [
            self.end_ns.len(),
            self.hold_ns.len(),
            self.status.len(),
            self.bytes.len(),
            self.token.len(),
            self.error.len(),
        ];
        if even.iter().any(|length| *length != rows) {
            return None;
        }
        Some(
            (0..rows)
                .map(|row| Sample {
                    index: first + row as u64,
                    start_ns: self.start_ns[row],
                    end_ns: self.end_ns[row],
                    hold_ns: self.hold_ns[row],
                    status: self.status[row],
                    bytes: self.bytes[row],
                    token: self.token[row],
                    error: self.error[row],
                })
                .collect(),
        )
    }
}

/// The protocol's JSON schemas as file name and text.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    use inflight_record::schema::text;
    vec![
        ("to-worker.schema.json", text(&schemars::schema_for!(ToWorker))),
        ("from-worker.schema.json", text(&schemars::schema_for!(FromWorker))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_as_documented() {
        let line = serde_json::to_string(&ToWorker::Prepare).unwrap();
        assert_eq!(line, r#"{"type":"prepare"}"#);
        let done: FromWorker = serde_json::from_str(r#"{"type":"done","makespan_ns":5}"#).unwrap();
        assert_eq!(done, FromWorker::Done { makespan_ns: 5, error: None, usage: None, reported: None });
    }

    #[test]
    fn uneven_columns_are_no_samples() {
        let columns = SampleColumns { start_ns: vec![1], ..SampleColumns::default() };
        assert_eq!(columns.into_samples(0), None);
    }
}
