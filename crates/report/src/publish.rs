//! What a writer takes from records, on disk: charts, page, README, records.csv and summary.json. Nothing is run.

mod own;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::slice;

use inflight_record::costs::CostsError;
use inflight_record::files::{COSTS, MANIFESTS, STUDY};
use inflight_record::{Costs, Locked, jsonl};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::chart::{Chart, ChartError};
use crate::csv::{self, CsvError, write_csv};
use crate::directory::{self, DirectoryError};
use crate::page::{PageError, Part, page};
use crate::portability::{self, Portability, PortabilityError, Source};
use crate::readme;
use crate::study::StudyRecords;
use crate::summary::{Dates, Summary};
use crate::whole::whole;
use crate::{chart, latency, timeline};

/// The names of what [`publish`] writes, beside `charts/` and `summary.json`.
const README: &str = "README.md";
const PAGE: &str = "page.html";
const CHARTS: &str = "charts";
/// Where `inflight cite` looks for studies unless told otherwise.
const RESULTS: &str = "results";

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is neither a study nor a directory of studies.
    #[error("{} holds no study, nor does a directory in it: `inflight study` makes one", .0.display())]
    NoStudy(PathBuf),
    /// A file that is somebody's own.
    #[error("{} was not written by `inflight report`: rename it, or report on another directory", .0.display())]
    Own(PathBuf),
    /// A study that runs.
    #[error("{} is being written: wait until its study has ended", .0.display())]
    Running(PathBuf),
    /// A study cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A chart cannot be drawn.
    #[error("chart {name}: {source}")]
    Chart {
        /// Its name.
        name: String,
        /// Why.
        source: ChartError,
    },
    /// The file of costs is none.
    #[error(transparent)]
    Costs(#[from] CostsError),
    /// The table of records cannot be written.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The page cannot be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What was written.
#[derive(Debug, Default)]
pub struct Published {
    /// The studies, by directory.
    pub studies: Vec<PathBuf>,
    /// Every file.
    pub files: Vec<PathBuf>,
    /// Charts that could not be drawn: study, name and reason.
    pub left_out: Vec<String>,
}

/// A study that was read, with all that pictures need.
struct Read {
    directory: PathBuf,
    study: StudyRecords,
    summary: Summary,
    latencies: Vec<latency::Latencies>,
    timelines: Vec<timeline::Timeline>,
    file: String,
    /// Name of the file of its records, packed or not.
    records: String,
    /// Held so that nobody appends meanwhile: all of it is made of the same records.
    _records: Locked,
}

/// Writes everything for a study's directory, or for a directory of such: there one page for all of them, and charts, tables
/// and README for each; a `costs.json` beside them becomes a table in its README. The same records give the same bytes.
///
/// # Errors
/// There is no study; one cannot be read; a README is somebody's own. All is read before anything is written, and each
/// file is there whole or as it was.
pub fn publish(directory: &Path) -> Result<Published, PublishError> {
    let single = directory.join(MANIFESTS).is_file();
    let directories = if single { vec![directory.to_owned()] } else { studies_below(directory)? };
    if directories.is_empty() {
        return Err(PublishError::NoStudy(directory.to_owned()));
    }
    for directory in directories.iter().chain((!single).then_some(&directory.to_owned())) {
        own::check(directory)?;
    }
    let studies = directories.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let costs = directory.join(COSTS);
    let costs = costs.is_file().then(|| Costs::load(&costs)).transpose()?;
    let mut published = Published::default();
    let title = name(directory);
    let parts: Vec<Part<'_>> = studies.iter().map(part).collect();
    let together = carries(&studies, &mut published);
    let page = write_page(directory, &title, &parts, together.as_ref(), &mut published)?;
    let mut firsts = Vec::new();
    for study in &studies {
        if !single {
            // From a report on this study alone: it would keep its old figures for ever.
            own::remove_page(&study.directory)?;
        }
        let page = page.then_some(if single { PAGE } else { "../page.html" });
        // A merged study holds machines of its own.
        let alone;
        let portability = if single {
            together.as_ref()
        } else {
            alone = carries(slice::from_ref(study), &mut published);
            alone.as_ref()
        };
        firsts.push(write_study(study, portability, page, &mut published)?);
        published.studies.push(study.directory.clone());
    }
    if !single {
        let names: Vec<String> = studies.iter().map(|study| name(&study.directory)).collect();
        let entries: Vec<readme::Entry<'_>> = studies
            .iter()
            .zip(&names)
            .zip(&firsts)
            .map(|((study, directory), chart)| readme::Entry {
                directory,
                summary: &study.summary,
                chart: chart.as_ref(),
            })
            .collect();
        let carried = write_carried(directory, together.as_ref(), &mut published)?;
        let text = readme::collection(&title, page, &entries, costs.as_ref()) + &carried;
        put(&directory.join(README), text.as_bytes(), &mut published)?;
    }
    Ok(published)
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    move |source| fault(path, source)
}

/// The directories of studies in this one, in the order of their names.
fn studies_below(directory: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(io_error(directory))? {
        let path = entry.map_err(io_error(directory))?.path();
        // What a merge was putting together when it was killed has a hidden name.
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.join(MANIFESTS).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The directory's own name, also where the path is `.`.
fn name(directory: &Path) -> String {
    let whole = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    whole.file_name().map_or_else(|| "results".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn read(directory: PathBuf) -> Result<Read, PublishError> {
    let records = jsonl::records_in(&directory).map_err(DirectoryError::from)?;
    // What cannot be opened is no study: the loader says so.
    let study = || directory::load(&directory);
    let Ok(locked) = fs::File::open(&records) else {
        return Err(study().err().map_or(PublishError::NoStudy(records), Into::into));
    };
    let Ok(locked) = Locked::shared(locked) else { return Err(PublishError::Running(records)) };
    let study = study()?;
    let summary = Summary::of(&study);
    let latencies = latency::latencies(&directory, &study)?;
    let timelines = timeline::timelines(&directory, &study)?;
    let path = directory.join(STUDY);
    let file = match fs::read_to_string(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io_error(&path)(error)),
    };
    let records = records.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Read { directory, study, summary, latencies, timelines, file, records, _records: locked })
}

/// Writes what belongs to one study; its first chart comes back.
fn write_study(
    read: &Read,
    portability: Option<&Portability>,
    page: Option<&str>,
    published: &mut Published,
) -> Result<Option<Chart>, PublishError> {
    let directory = &read.directory;
    let mut drawn = chart::charts(&read.summary, &read.latencies, &read.timelines);
    let mut carried = String::new();
    if let Some(portability) = portability {
        let forests = chart::forests(portability);
        drawn.charts.extend(forests.charts);
        drawn.left_out.extend(forests.left_out);
        carried = portability::section(portability, &[], CHARTS) + "\n";
    }
    write_charts(&directory.join(CHARTS), &drawn.charts, published)?;
    published.left_out.extend(drawn.left_out.iter().map(|left_out| format!("{}: {left_out}", read.summary.study)));
    directory::write_summary(directory, &read.summary)?;
    published.files.push(directory.join(directory::SUMMARY));
    let csv = directory.join(csv::FILE);
    whole(&csv, fault, |file| Ok(write_csv(directory, &read.study, file)?))?;
    published.files.push(csv);
    let text = readme::study(&readme::Parts {
        study: &read.study,
        summary: &read.summary,
        charts: &drawn.charts,
        left_out: &drawn.left_out,
        file: &read.file,
        carried: &carried,
        page,
    });
    put(&directory.join(README), text.as_bytes(), published)?;
    Ok(drawn.charts.into_iter().next())
}

/// What the machines of these studies say together; none where they are too few.
fn carries(studies: &[Read], published: &mut Published) -> Option<Portability> {
    let sources: Vec<Source<'_>> =
        studies.iter().map(|read| Source { path: cited(&read.directory), summary: &read.summary }).collect();
    match Portability::of(&sources) {
        Ok(portability) => Some(portability),
        Err(PortabilityError::Nothing | PortabilityError::TooFew { .. }) => None,
        Err(error) => {
            published.left_out.push(format!("no forest plots: {error}"));
            None
        }
    }
}

/// Draws what the machines of a directory of studies say together; the section of its README comes back.
fn write_carried(
    directory: &Path,
    portability: Option<&Portability>,
    published: &mut Published,
) -> Result<String, PublishError> {
    let charts = directory.join(CHARTS);
    let Some(portability) = portability else {
        // Those of an earlier report would stay for ever.
        if charts.is_dir() {
            write_charts(&charts, &[], published)?;
        }
        return Ok(String::new());
    };
    let drawn = chart::forests(portability);
    write_charts(&charts, &drawn.charts, published)?;
    published.left_out.extend(drawn.left_out.iter().map(ToString::to_string));
    Ok(format!("\n{}", portability::section(portability, &drawn.charts, CHARTS)))
}

/// Writes the charts, and removes those of an earlier report that are no more.
fn write_charts(directory: &Path, charts: &[Chart], published: &mut Published) -> Result<(), PublishError> {
    fs::create_dir_all(directory).map_err(io_error(directory))?;
    let failed = |chart: &Chart, source| PublishError::Chart { name: chart.name.clone(), source };
    let drawn = charts.par_iter().map(|chart| chart.files().map_err(|source| failed(chart, source)));
    let mut kept = BTreeSet::new();
    for (name, bytes) in drawn.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        let path = directory.join(name);
        put(&path, &bytes, published)?;
        kept.insert(path);
    }
    for entry in fs::read_dir(directory).map_err(io_error(directory))? {
        let path = entry.map_err(io_error(directory))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if chart::is_file(&name) && !kept.contains(&path) {
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
    }
    Ok(())
}

/// Writes the page, and says whether there is one: one that would be too large is left out, and no older one stays.
fn write_page(
    directory: &Path,
    title: &str,
    parts: &[Part<'_>],
    portability: Option<&Portability>,
    published: &mut Published,
) -> Result<bool, PublishError> {
    match page(title, parts, portability) {
        Ok(html) => put(&directory.join(PAGE), html.as_bytes(), published).map(|()| true),
        Err(error @ PageError::TooLarge { .. }) => {
            published.left_out.push(format!("no {PAGE}: {error}"));
            own::remove_page(directory).map(|()| false)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the page shows of a study. Its records are named as `inflight cite` names them.
fn part(study: &Read) -> Part<'_> {
    Part {
        summary: &study.summary,
        latencies: &study.latencies,
        timelines: &study.timelines,
        path: format!("{}/{}", cited(&study.directory), study.records),
        date: days(&study.summary),
    }
}

/// From the first day on any of its machines to the last.
fn days(summary: &Summary) -> String {
    let first = summary.machines.iter().map(|machine| &machine.dates.first).min();
    let last = summary.machines.iter().map(|machine| &machine.dates.last).max();
    let both = first.zip(last).map(|(first, last)| Dates { first: first.clone(), last: last.clone() });
    both.map_or_else(String::new, |dates| dates.to_string())
}

/// A study's directory as citations name it: from the innermost directory above it that is called `results`, which is where
/// `inflight cite` looks and what it prints; else by its own name and that of the directory around it.
fn cited(study: &Path) -> String {
    let whole = fs::canonicalize(study).unwrap_or_else(|_| study.to_owned());
    let names: Vec<_> = whole.iter().filter(|name| *name != "/").map(|name| name.to_string_lossy()).collect();
    let above = &names[..names.len().saturating_sub(1)];
    let from = above.iter().rposition(|name| name == RESULTS).unwrap_or(names.len().saturating_sub(2));
    names[from..].join("/")
}

fn put(path: &Path, bytes: &[u8], published: &mut Published) -> Result<(), PublishError> {
    whole(path, fault, |file| file.write_all(bytes).map_err(io_error(path)))?;
    published.files.push(path.to_owned());
    Ok(())
}

fn fault(path: &Path, source: io::Error) -> PublishError {
    PublishError::Io { path: path.to_owned(), source }
}
