//! `inflight summary`: placeholder until the real one is merged.
use std::path::Path;
pub fn show(directory: &Path) -> anyhow::Result<()> {
    let study = inflight_report::directory::load(directory)?;
    println!("{}", inflight_report::Summary::of(&study).to_json().len());
    Ok(())
}
