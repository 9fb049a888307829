//! What a writer takes from records, on disk: charts, page, README, records.csv and summary.json. Nothing is run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use inflight_record::files::{MANIFESTS, STUDY};
use inflight_record::jsonl;

use crate::chart::{Chart, ChartError, Theme};
use crate::csv::{self, CsvError, write_csv};
use crate::directory::{self, DirectoryError};
use crate::page::{PageError, Part, page};
use crate::readme;
use crate::study::StudyRecords;
use crate::summary::Summary;
use crate::{chart, latency, timeline};

/// The names of what [`publish`] writes, beside `charts/` and `summary.json`.
const README: &str = "README.md";
const PAGE: &str = "page.html";
const CHARTS: &str = "charts";

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is neither a study nor a directory of studies.
    #[error("{} holds no study, nor does a directory in it: `inflight study` makes one", .0.display())]
    NoStudy(PathBuf),
    /// A README that is somebody's own.
    #[error("{} was not written by `inflight report`: rename it, or report on another directory", .0.display())]
    OwnReadme(PathBuf),
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
}

/// Writes everything for a study's directory, or for a directory of such: there one page for all of them, and charts, tables
/// and README for each. The same records give the same bytes.
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
    let readmes = directories
        .iter()
        .chain((!single).then_some(&directory.to_owned()))
        .map(|it| it.join(README))
        .collect::<Vec<_>>();
    for readme in &readmes {
        own(readme)?;
    }
    let studies = directories.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut published = Published::default();
    let mut firsts = Vec::new();
    for study in &studies {
        let page = if single { PAGE.to_owned() } else { format!("../{PAGE}") };
        firsts.push(write_study(study, &page, &mut published)?);
        published.studies.push(study.directory.clone());
    }
    let title = name(directory);
    let parts: Vec<Part<'_>> = studies.iter().map(|study| part(study, directory, single)).collect();
    write_page(directory, &title, &parts, &mut published)?;
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
        put(&directory.join(README), readme::collection(&title, &entries).as_bytes(), &mut published)?;
    }
    Ok(published)
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_owned();
    |source| PublishError::Io { path, source }
}

/// The directories of studies in this one, in the order of their names.
fn studies_below(directory: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(io_error(directory))? {
        let path = entry.map_err(io_error(directory))?.path();
        if path.join(MANIFESTS).is_file() {
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

/// Refuses a README that this module has not written.
fn own(readme: &Path) -> Result<(), PublishError> {
    match fs::read(readme) {
        Ok(text) if text.starts_with(readme::MARK.as_bytes()) => Ok(()),
        Ok(_) => Err(PublishError::OwnReadme(readme.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(readme)(error)),
    }
}

fn read(directory: PathBuf) -> Result<Read, PublishError> {
    let study = directory::load(&directory)?;
    let summary = Summary::of(&study);
    let latencies = latency::latencies(&directory, &study)?;
    let timelines = timeline::timelines(&directory, &study)?;
    let path = directory.join(STUDY);
    let file = match fs::read_to_string(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io_error(&path)(error)),
    };
    let records = jsonl::records_in(&directory).map_err(DirectoryError::from)?;
    let records = records.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Read { directory, study, summary, latencies, timelines, file, records })
}

/// Writes what belongs to one study; its first chart comes back.
fn write_study(read: &Read, page: &str, published: &mut Published) -> Result<Option<Chart>, PublishError> {
    let directory = &read.directory;
    let drawn = chart::charts(&read.summary, &read.latencies, &read.timelines);
    write_charts(&directory.join(CHARTS), &drawn.charts, published)?;
    published
        .left_out
        .extend(drawn.left_out.iter().map(|it| format!("{}: no chart {}: {}", read.summary.study, it.name, it.reason)));
    directory::write_summary(directory, &read.summary)?;
    published.files.push(directory.join(directory::SUMMARY));
    let csv = directory.join(csv::FILE);
    whole(&csv, |file| Ok(write_csv(directory, &read.study, file)?))?;
    published.files.push(csv);
    let text = readme::study(&readme::Parts {
        study: &read.study,
        summary: &read.summary,
        charts: &drawn.charts,
        left_out: &drawn.left_out,
        file: &read.file,
        page,
    });
    put(&directory.join(README), text.as_bytes(), published)?;
    Ok(drawn.charts.into_iter().next())
}

/// Writes the charts, and removes those of an earlier report that are no more.
fn write_charts(directory: &Path, charts: &[Chart], published: &mut Published) -> Result<(), PublishError> {
    fs::create_dir_all(directory).map_err(io_error(directory))?;
    let mut kept = BTreeSet::new();
    for chart in charts {
        for theme in Theme::ALL {
            let word = theme.as_str();
            let png = chart.png(theme).map_err(|source| PublishError::Chart { name: chart.name.clone(), source })?;
            for (ending, bytes) in [("svg", chart.svg(theme).into_bytes()), ("png", png)] {
                let path = directory.join(format!("{}-{word}.{ending}", chart.name));
                put(&path, &bytes, published)?;
                kept.insert(path);
            }
        }
    }
    for entry in fs::read_dir(directory).map_err(io_error(directory))? {
        let path = entry.map_err(io_error(directory))?.path();
        let picture = ["svg", "png"].iter().any(|ending| path.extension() == Some(OsStr::new(ending)));
        if picture && !kept.contains(&path) {
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
    }
    Ok(())
}

/// Writes the page. One that would be too large is said to be left out, and no older one stays in its place.
fn write_page(
    directory: &Path,
    title: &str,
    parts: &[Part<'_>],
    published: &mut Published,
) -> Result<(), PublishError> {
    let path = directory.join(PAGE);
    match page(title, parts) {
        Ok(html) => put(&path, html.as_bytes(), published),
        Err(error @ PageError::TooLarge { .. }) => {
            published.left_out.push(format!("no {PAGE}: {error}"));
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&path)(error)),
                _ => Ok(()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// What the page shows of a study; its records are named from the directory of results, as citations name them.
fn part<'a>(study: &'a Read, directory: &Path, single: bool) -> Part<'a> {
    let below = name(&study.directory);
    let above = if single { below } else { format!("{}/{below}", name(directory)) };
    Part {
        summary: &study.summary,
        latencies: &study.latencies,
        timelines: &study.timelines,
        path: format!("{above}/{}", study.records),
        date: study.summary.machines.last().map_or_else(String::new, |machine| machine.dates.last.clone()),
    }
}

fn put(path: &Path, bytes: &[u8], published: &mut Published) -> Result<(), PublishError> {
    whole(path, |file| file.write_all(bytes).map_err(io_error(path)))?;
    published.files.push(path.to_owned());
    Ok(())
}

/// Writes a file that is there whole or as it was.
fn whole<W>(path: &Path, write: W) -> Result<(), PublishError>
where
    W: FnOnce(&mut BufWriter<fs::File>) -> Result<(), PublishError>,
{
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".tmp");
    let unfinished = PathBuf::from(unfinished);
    let mut file = BufWriter::new(fs::File::create(&unfinished).map_err(io_error(&unfinished))?);
    write(&mut file)?;
    let file = file.into_inner().map_err(|error| io_error(&unfinished)(error.into_error()))?;
    file.sync_all().map_err(io_error(&unfinished))?;
    fs::rename(&unfinished, path).map_err(io_error(path))
}
