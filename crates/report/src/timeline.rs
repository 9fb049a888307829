//! Timelines: one batch, request by request, from the samples that were kept whole.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use inflight_record::files::SAMPLES;
use inflight_record::jsonl::JsonlError;
use inflight_record::{ArmKind, Flag, Outcome, Record, Row};
use serde::Deserialize;

use crate::directory::DirectoryError;
use crate::study::StudyRecords;

/// One batch, request by request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The environment that it ran in.
    pub environment_id: String,
    /// Id of the workload.
    pub workload: String,
    /// Id of the model.
    pub model: String,
    /// The record that it is of.
    pub record_id: String,
    /// Its round.
    pub round: u32,
    /// Its makespan, nanoseconds.
    pub makespan_ns: u64,
    /// The workload's ideal, nanoseconds; 0 at D = 0.
    pub ideal_ns: u64,
    /// Its flags for which its times are in no figure.
    pub flags: Vec<Flag>,
    /// Its requests by the moment of their send, then by index.
    pub requests: Vec<Span>,
}

/// One request. Times are nanoseconds since the batch's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which URL of the batch.
    pub index: u64,
    /// When the model handed it to its client.
    pub start_ns: u64,
    /// When the model had the whole answer; never before `start_ns`.
    pub end_ns: u64,
    /// How long the server held it.
    pub hold_ns: u64,
    /// Whether it was answered as it should be.
    pub ok: bool,
}

/// The timelines of a study: of each batch that ended `ok` and whose samples are on disk. Control arms are left out.
///
/// In the order of environments, workloads and models, then of study ids and rounds. Samples that are not there are no
/// error: one batch of each cell keeps them, and a directory may go without.
///
/// # Errors
/// A file of samples cannot be read, or a line of it is not what it should be.
pub fn timelines(dir: &Path, study: &StudyRecords) -> Result<Vec<Timeline>, DirectoryError> {
    let samples = dir.join(SAMPLES);
    let there = files(&samples)?;
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let (environments, workloads, arms) = (study.environments(), study.workloads(), study.arms());
    let mut wanted: Vec<((usize, usize, usize), &Row, String)> = Vec::new();
    for row in study.rows().iter().filter(|row| row.outcome == Outcome::Ok && row.makespan_ns.is_some()) {
        let record_id = Record::id(&row.study_id, &row.slug, row.round, &row.arm);
        if !there.contains(&format!("{record_id}.zst")) {
            continue;
        }
        let environment = environments.iter().position(|it| *it.environment_id == *row.environment_id);
        let workload = workloads.iter().position(|it| *it.slug == *row.slug);
        let arm = arms.iter().position(|it| *it.arm == *row.arm && it.kind == ArmKind::Model);
        if let (Some(environment), Some(workload), Some(arm)) = (environment, workload, arm) {
            wanted.push(((environment, workload, arm), row, record_id));
        }
    }
    wanted.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| (&a.1.study_id, a.1.round).cmp(&(&b.1.study_id, b.1.round))));
    let read = |((_, workload, _), row, record_id): ((usize, usize, usize), &Row, String)| {
        Ok(Timeline {
            environment_id: row.environment_id.to_string(),
            workload: workloads[workload].id.clone(),
            model: row.arm.to_string(),
            round: row.round,
            makespan_ns: row.makespan_ns.unwrap_or_default(),
            ideal_ns: row.ideal_ns,
            flags: row.flags.iter().filter(|flag| flag.excludes_time()).collect(),
            requests: spans(&samples.join(format!("{record_id}.zst")))?,
            record_id,
        })
    };
    wanted.into_iter().map(read).collect()
}

/// The names of the files of samples; none where there is no such directory.
fn files(samples: &Path) -> Result<HashSet<String>, DirectoryError> {
    let io = |source| DirectoryError::Io { path: samples.to_owned(), source };
    let entries = match fs::read_dir(samples) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(error) => return Err(io(error)),
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|it| it.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<Result<_, _>>().map_err(io)
}

/// The requests of one file of samples.
fn spans(path: &Path) -> Result<Vec<Span>, DirectoryError> {
    let io = |source| DirectoryError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let mut spans = Vec::new();
    for (index, line) in BufReader::new(zstd::Decoder::new(file).map_err(io)?).lines().enumerate() {
        let sample: LeanSample = serde_json::from_str(&line.map_err(io)?).map_err(|error| {
            DirectoryError::Lines(JsonlError::Line {
                path: PathBuf::from(path),
                line: index + 1,
                message: format!("no sample: {error}"),
            })
        })?;
        spans.push(sample.span());
    }
    spans.sort_by_key(|span| (span.start_ns, span.index));
    Ok(spans)
}

/// The part of a sample that is needed here, under the same names.
#[derive(Deserialize)]
struct LeanSample {
    index: u64,
    start_ns: u64,
    end_ns: u64,
    hold_ns: u64,
    #[serde(default)]
    error: Option<inflight_record::SampleError>,
}

impl LeanSample {
    fn span(self) -> Span {
        let Self { index, start_ns, end_ns, hold_ns, error } = self;
        Span { index, start_ns, end_ns: end_ns.max(start_ns), hold_ns, ok: error.is_none() }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::fixture::{environment, manifest, plain, rows};

    /// A study in a directory, with samples for the arms that `keeps` names.
    fn study(dir: &Path, keeps: &[&str], text: &str) -> StudyRecords {
        let manifest = manifest(&["floor", "a/b"], &[plain()]);
        let rows = rows(&manifest, 2, |row| {
            if &*row.arm == "a/b" && row.round == 1 {
                row.outcome = Outcome::Failed;
            }
            if &*row.arm == "a/b" {
                row.flags = [Flag::WarmOpened, Flag::Underfilled].into_iter().collect();
            }
            true
        });
        fs::create_dir_all(dir.join(SAMPLES)).unwrap();
        for row in rows.iter().filter(|row| keeps.contains(&&*row.arm)) {
            let id = Record::id(&row.study_id, &row.slug, row.round, &row.arm);
            let file = File::create(dir.join(SAMPLES).join(format!("{id}.zst"))).unwrap();
            let mut encoder = zstd::Encoder::new(file, 1).unwrap();
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap();
        }
        StudyRecords::new(vec![manifest], vec![environment("e")], rows).unwrap()
    }

    const TWO: &str = concat!(
        r#"{"index":1,"start_ns":20,"end_ns":90,"hold_ns":50,"status":200,"bytes":9,"token":null}"#,
        "\n",
        r#"{"index":0,"start_ns":20,"end_ns":0,"hold_ns":0,"status":0,"bytes":0,"token":null,"error":"unfinished"}"#,
        "\n",
    );

    #[test]
    fn batches_that_are_ok_and_have_samples_are_shown() {
        let dir = tempfile::tempdir().unwrap();
        let study = study(dir.path(), &["floor", "a/b", "floor@again"], TWO);
        let found = timelines(dir.path(), &study).unwrap();
        let ids: Vec<_> = found.iter().map(|it| (it.model.as_str(), it.round)).collect();
        assert_eq!(ids, [("floor", 0), ("floor", 1), ("a/b", 0)]);
        assert_eq!(found[2].record_id, format!("s-1-{}-r0-a.b", plain().slug));
        assert_eq!((found[0].workload.as_str(), found[0].ideal_ns), ("c100", 50_000_000));
        // Of its flags those that leave out its times.
        assert_eq!((&found[0].flags, &found[2].flags), (&vec![], &vec![Flag::WarmOpened]));
        let spans = &found[0].requests;
        assert_eq!(spans[0], Span { index: 0, start_ns: 20, end_ns: 20, hold_ns: 0, ok: false });
        assert_eq!(spans[1], Span { index: 1, start_ns: 20, end_ns: 90, hold_ns: 50, ok: true });
    }

    #[test]
    fn without_samples_there_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let study = study(dir.path(), &[], "");
        assert_eq!(timelines(dir.path(), &study).unwrap(), []);
        fs::remove_dir(dir.path().join(SAMPLES)).unwrap();
        assert_eq!(timelines(dir.path(), &study).unwrap(), []);
    }

    #[test]
    fn a_line_that_is_no_sample_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let study = study(dir.path(), &["floor"], &format!("{TWO}hello\n"));
        let error = timelines(dir.path(), &study).unwrap_err().to_string();
        assert!(error.contains(".zst:3: no sample"), "{error}");
    }
}
