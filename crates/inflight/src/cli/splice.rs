//! `inflight splice`: the numbers in prose, from the records.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use inflight_report::Library;
use inflight_report::splice::{Spliced, splice};

use super::print::print_line;
use super::{BAD_INPUT, FINE, SOMETHING_FAILED};

/// Directories that hold what others wrote. Those whose names begin with a dot are passed by too.
const PASSED_BY: [&str; 2] = ["target", "node_modules"];

#[derive(Debug, Args)]
pub struct SpliceArguments {
    /// Markdown files; by default every *.md here and below, but for `target`, `node_modules` and directories whose names
    /// begin with a dot.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The directory with the studies.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Write nothing; name every number that is not what the records say, and every summary.json that is not what its
    /// records give.
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &SpliceArguments) -> anyhow::Result<u8> {
    let library = Library::open(&arguments.results)?;
    let files = if arguments.files.is_empty() { markdown_below(Path::new("."))? } else { arguments.files.clone() };
    let mut all = Vec::with_capacity(files.len());
    for path in &files {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        all.push((path, splice(&text, &library)));
    }
    let faults = all.iter().flat_map(|(path, spliced)| spliced.faults.iter().map(move |fault| (path, fault)));
    let faults: Vec<String> = faults.map(|(path, fault)| format!("{}:{fault}", path.display())).collect();
    if !faults.is_empty() {
        // Of several files none is written: what a reader sees belongs together.
        eprintln!("error: {}", faults.join("\nerror: "));
        return Ok(BAD_INPUT);
    }
    if arguments.check { check(&all, &library) } else { write(&all) }
}

/// Names what differs.
fn check(all: &[(&PathBuf, Spliced)], library: &Library) -> anyhow::Result<u8> {
    let differ = all.iter().flat_map(|(path, spliced)| spliced.differences.iter().map(move |it| (path, it)));
    let mut differ: Vec<String> = differ.map(|(path, it)| format!("{}:{it}", path.display())).collect();
    for study in library.studies() {
        if study.stale()? {
            let directory = study.path().display();
            differ.push(format!(
                "{directory}/summary.json: not what the records give; `inflight summary {directory}` writes it again"
            ));
        }
    }
    if differ.is_empty() {
        return Ok(FINE);
    }
    print_line(&differ.join("\n"))?;
    Ok(SOMETHING_FAILED)
}

/// Writes what changed.
fn write(all: &[(&PathBuf, Spliced)]) -> anyhow::Result<u8> {
    for (path, spliced) in all.iter().filter(|(_, spliced)| !spliced.differences.is_empty()) {
        replace(path, &spliced.text).with_context(|| path.display().to_string())?;
        let changed: Vec<&str> = spliced.differences.iter().map(|it| it.asks.as_str()).collect();
        print_line(&format!("{}: {}", path.display(), changed.join(", ")))?;
    }
    Ok(FINE)
}

/// Puts the text in the file's place; whoever reads it meanwhile sees the old one or the new one, whole.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // Of a link, the file that it leads to.
    let path = fs::canonicalize(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.unfinished"));
    let written = File::create(&unfinished).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)
    });
    if written.is_err() {
        // What it said matters more than whether there was something to remove.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Every Markdown file below a directory, in the order of paths. Links are not followed: they may go round.
fn markdown_below(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        let unreadable = || directory.display().to_string();
        for entry in fs::read_dir(&directory).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let (kind, name) = (entry.file_type().with_context(unreadable)?, entry.file_name());
            let name = name.to_string_lossy();
            let path = entry.path();
            if kind.is_dir() && !name.starts_with('.') && !PASSED_BY.contains(&name.as_ref()) {
                waiting.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "md") {
                files.push(path.strip_prefix(".").unwrap_or(&path).to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}
