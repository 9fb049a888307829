//! `records.csv`: the records of a study for spreadsheets and pandas, one line a batch, without histograms and cards.

mod columns;
mod line;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::io::Write;
use std::path::Path;

use ::csv::{StringRecord, WriterBuilder};
use inflight_record::jsonl::{self, JsonlError, Stopped};
use inflight_record::{ArmKind, Record, SCHEMA_VERSION};

use crate::study::StudyRecords;
pub use columns::COLUMNS;
use line::Line;

/// What a study's directory holds it under.
pub const FILE: &str = "records.csv";

/// How many bytes are written at once.
const STEP: usize = 128 << 10;

/// A column of `records.csv`.
pub struct Column {
    /// The name in the first line.
    pub name: &'static str,
    /// The unit; empty for text and plain counts.
    pub unit: &'static str,
    /// What it says, as Markdown.
    pub meaning: &'static str,
    cell: fn(&Batch<'_>, &mut Cells<'_>),
}

/// Why no `records.csv` can be written.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The records cannot be read.
    #[error(transparent)]
    Lines(#[from] JsonlError),
    /// It cannot be written.
    #[error("the table of records cannot be written: {0}")]
    Write(#[from] ::csv::Error),
}

/// Writes the records of a study's directory as CSV (RFC 4180, but with `\n` as line end; UTF-8), in the order of their
/// lines: [`COLUMNS`] in the first line, then one line a record, of control arms too. `study` is what
/// [`crate::directory::load`] has made of that directory.
///
/// Nothing is kept in memory but a few blocks of lines. What a record does not have is empty. Text that begins with
/// `=`, `+`, `-`, `@`, a tab or a line end, which a spreadsheet would take for a formula, or with `'`, has a `'` before it:
/// without the first `'` of such a cell it is the text of the record. Numbers are left as they are.
///
/// # Errors
/// The records cannot be read, or are not those of the study; or `out` refuses.
pub fn write_csv(dir: &Path, study: &StudyRecords, out: impl Write + Send) -> Result<(), CsvError> {
    let path = jsonl::records_in(dir)?;
    let names = Names::of(study);
    let mut writer = WriterBuilder::new().buffer_capacity(STEP).from_writer(out);
    writer.write_record(COLUMNS.iter().map(|column| column.name))?;
    let parser = || {
        let mut scratch = String::new();
        let names = &names;
        move |line: &str| record(line, names, &mut scratch)
    };
    let taker = |records: Vec<StringRecord>| -> Result<(), ::csv::Error> {
        records.iter().try_for_each(|record| writer.write_byte_record(record.as_byte_record()))
    };
    jsonl::stream(&path, parser, taker).map_err(|stopped| match stopped {
        Stopped::Lines(error) => CsvError::Lines(error),
        Stopped::Taker(error) => CsvError::Write(error),
    })?;
    writer.flush().map_err(|error| CsvError::Write(error.into()))
}

/// The columns as a Markdown document: what `results/schema/records.csv.md` holds.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(HEAD);
    for Column { name, unit, meaning, .. } in COLUMNS {
        let _ = writeln!(text, "| `{name}` | {unit} | {meaning} |");
    }
    text
}

const HEAD: &str = "# Columns of records.csv

One line a batch, in the order of the records, control arms included. UTF-8, commas, RFC 4180 quotes. What a record does not
have is empty. Text that begins with `=`, `+`, `-`, `@`, a tab or a line end, which a spreadsheet would take for a formula, or
with `'`, has a `'` before it; numbers are left as they are. Latencies as histograms, and the models' cards, are in the
records only.

Medians over `records.csv` come to the figures of `summary.json` where lines with `counts_for_times` false are left out of
times, and lines with `counts_for_costs` false out of costs:

    import pandas
    records = pandas.read_csv(\"records.csv\")
    usable = records[(records.kind == \"model\") & records.counts_for_times]
    usable.groupby([\"workload\", \"arm\"]).excess_ns.median()

| column | unit | meaning |
| --- | --- | --- |
";

/// What a study's manifests say of the names in its records.
struct Names<'a> {
    study: &'a str,
    /// By slug.
    workloads: HashMap<&'a str, &'a str>,
    /// By name.
    kinds: HashMap<&'a str, ArmKind>,
}

impl<'a> Names<'a> {
    fn of(study: &'a StudyRecords) -> Self {
        Self {
            study: &study.first().name,
            workloads: study.workloads().into_iter().map(|it| (it.slug.as_str(), it.id.as_str())).collect(),
            kinds: study.arms().into_iter().map(|it| (it.arm.as_str(), it.kind)).collect(),
        }
    }
}

/// A record and what its study says of it.
struct Batch<'a> {
    line: &'a Line<'a>,
    study: &'a str,
    workload: &'a str,
    kind: ArmKind,
}

/// One line of records to one of cells.
fn record(line: &str, names: &Names<'_>, scratch: &mut String) -> Result<StringRecord, String> {
    let line = match serde_json::from_str::<Line<'_>>(line) {
        Ok(line) if line.schema_version == SCHEMA_VERSION => line,
        // Whatever is wrong is said once, by the parser of whole records.
        Ok(_) => return Err(jsonl::parse::<Record>(line).err().unwrap_or_default()),
        Err(error) => return Err(jsonl::parse::<Record>(line).err().unwrap_or_else(|| error.to_string())),
    };
    let workload = names.workloads.get(&*line.workload.slug);
    let (Some(workload), Some(kind)) = (workload, names.kinds.get(&*line.arm)) else {
        return Err(format!(
            "arm {:?} or workload {:?} is not of the study that was loaded: the file was changed meanwhile",
            line.arm, line.workload.slug
        ));
    };
    let batch = Batch { line: &line, study: names.study, workload, kind: *kind };
    // Some 1,000 bytes a line.
    let mut cells = Cells { record: StringRecord::with_capacity(1_024, COLUMNS.len()), scratch };
    for column in COLUMNS {
        (column.cell)(&batch, &mut cells);
    }
    Ok(cells.record)
}

/// The cells of one line, as they are filled.
struct Cells<'a> {
    record: StringRecord,
    scratch: &'a mut String,
}

impl Cells<'_> {
    /// Something that cannot be taken for a formula: a number, or a word of ours.
    fn plain(&mut self, value: impl Display) {
        self.scratch.clear();
        let _ = write!(self.scratch, "{value}");
        self.record.push_field(self.scratch);
    }

    /// The same, or nothing.
    fn maybe(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.record.push_field(""),
        }
    }

    /// Text from outside.
    fn text(&mut self, text: &str) {
        if text.starts_with(RISKY) {
            self.plain(format_args!("'{text}"));
        } else {
            self.record.push_field(text);
        }
    }

    /// Words of ours, parted by a space.
    fn list<T: Display>(&mut self, values: impl IntoIterator<Item = T>) {
        self.scratch.clear();
        for value in values {
            let space = if self.scratch.is_empty() { "" } else { " " };
            let _ = write!(self.scratch, "{space}{value}");
        }
        self.record.push_field(self.scratch);
    }
}

/// What spreadsheets take for the beginning of a formula (OWASP, *CSV Injection*), and the sign that is put before it.
const RISKY: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\''];
