//! Writes the page of all studies in a directory: `cargo run -p inflight-report --example page -- DIR OUT`.

use std::error::Error;
use std::path::{Path, PathBuf};

use inflight_report::page::{Part, page};
use inflight_report::{Summary, directory, latency, timeline};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(dir), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: page DIR OUT".into());
    };
    let mut studies = Vec::new();
    let mut below: Vec<PathBuf> =
        std::fs::read_dir(&dir)?.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>()?;
    below.sort();
    for path in below.iter().filter(|path| path.join("study.jsonl").is_file()) {
        let study = directory::load(path)?;
        studies.push((
            path,
            Summary::of(&study),
            latency::latencies(path, &study)?,
            timeline::timelines(path, &study)?,
        ));
    }
    let parts: Vec<Part<'_>> = studies
        .iter()
        .map(|(path, summary, latencies, timelines)| Part {
            summary,
            latencies,
            timelines,
            path: relative(path),
            date: summary.machines.first().map_or_else(String::new, |machine| machine.dates.to_string()),
        })
        .collect();
    std::fs::write(out, page("inflight", &parts)?)?;
    Ok(())
}

/// `results/<directory>/<study>/records.jsonl`, as citations name it.
fn relative(path: &Path) -> String {
    let names: Vec<_> =
        path.components().rev().take(2).map(|it| it.as_os_str().to_string_lossy().into_owned()).collect();
    format!("results/{}/records.jsonl", names.into_iter().rev().collect::<Vec<_>>().join("/"))
}
