//! Names of the files in a study's directory.

/// The records, one batch a line.
pub const RECORDS: &str = "records.jsonl";
/// Where and with what they ran, one environment a line.
pub const ENVIRONMENTS: &str = "environments.jsonl";
/// The manifests: one, or one a part after a merge.
pub const MANIFESTS: &str = "study.jsonl";
/// The study file's text.
pub const STUDY: &str = "study.toml";
/// Whole samples of one batch of each cell.
pub const SAMPLES: &str = "samples";
/// What each model costs before it runs, beside the directories of studies: `inflight costs` writes it.
pub const COSTS: &str = "costs.json";
/// The same records compressed with zstd, in place of [`RECORDS`]: `inflight pack` makes it of a study that has ended.
pub const PACKED_RECORDS: &str = "records.jsonl.zst";
