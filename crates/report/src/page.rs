//! The page: one HTML file that answers which model to use, with all figures of some studies in it and no need of a network.

mod answer;
mod carried;
mod data;
mod embed;
mod look;
#[cfg(test)]
mod tests;
mod traces;
mod words;

use crate::latency::Latencies;
use crate::portability::Portability;
use crate::summary::Summary;
use crate::timeline::Timeline;
use data::Data;
use traces::{LEVELS, Traces};

/// A page is smaller than this, in bytes.
pub const LIMIT_BYTES: usize = 3_000_000;

/// One study on a page.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// What its records say.
    pub summary: &'a Summary,
    /// Latencies of its models, where they are known.
    pub latencies: &'a [Latencies],
    /// Batches of it request by request, where samples were kept.
    pub timelines: &'a [Timeline],
    /// Where its records are, as `inflight cite` names them: `results/2026-11-21-box/quick/records.jsonl`.
    pub path: String,
    /// On which day or days it was measured, on all of its machines: `2026-11-21`.
    pub date: String,
}

/// Why there is no page; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// There is nothing to show.
    #[error("a page needs a study: none was given")]
    NoStudy,
    /// The figures do not fit.
    #[error(
        "the figures alone make a page of {bytes} bytes, and a page has less than {LIMIT_BYTES}; make one page a study, or run a study of fewer workloads or models (the largest here is {largest:?} with {cells} cells)"
    )]
    TooLarge {
        /// Size of the page without timelines and latencies.
        bytes: usize,
        /// The study with the most cells.
        largest: String,
        /// How many cells it has: models by workloads, on all of its machines.
        cells: usize,
    },
    /// The data cannot be written as JSON.
    #[error("the page's data cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The page of these studies, whole, with what their machines say together where there are enough. The same input gives the
/// same bytes.
///
/// Where it would be too large, timelines are thinned first, then latencies; the page says so.
///
/// # Errors
/// No study, or figures that make a page of [`LIMIT_BYTES`] or more without any timeline.
pub fn page(title: &str, parts: &[Part<'_>], portability: Option<&Portability>) -> Result<String, PageError> {
    if parts.is_empty() {
        return Err(PageError::NoStudy);
    }
    let data = serde_json::to_string(&Data::new(title, parts, portability))?;
    let bare = embed::html(title, &data, &serde_json::to_string(&Traces::none(parts))?);
    let room = LIMIT_BYTES.saturating_sub(bare.len() + 1);
    if bare.len() >= LIMIT_BYTES {
        return Err(too_large(bare.len(), parts));
    }
    for level in LEVELS {
        if level.least_bytes(parts) > room {
            continue;
        }
        let traces = serde_json::to_string(&Traces::new(parts, level))?;
        let html = embed::html(title, &data, &traces);
        if html.len() < LIMIT_BYTES {
            return Ok(html);
        }
    }
    Ok(bare)
}

fn too_large(bytes: usize, parts: &[Part<'_>]) -> PageError {
    let cells = |part: &&Part<'_>| {
        let workloads = part.summary.machines.iter().flat_map(|machine| &machine.workloads);
        workloads.map(|workload| workload.models.len()).sum::<usize>()
    };
    let largest = parts.iter().max_by_key(cells);
    let name = largest.map_or_else(String::new, |part| part.summary.study.clone());
    PageError::TooLarge { bytes, largest: name, cells: largest.as_ref().map_or(0, cells) }
}
