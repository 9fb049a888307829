//! `inflight schema`: writes the JSON schemas that are committed under results/schema/.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::FINE;

pub fn run(directory: &Path) -> anyhow::Result<u8> {
    let schemas = inflight_record::schema::all().into_iter().chain(inflight_harness::protocol::schemas());
    for (name, text) in schemas.chain(inflight_report::schemas()) {
        let path = directory.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(FINE)
}
