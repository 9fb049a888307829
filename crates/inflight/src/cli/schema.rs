//! `inflight schema`: writes the JSON schemas that are committed under results/schema/.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::FINE;

pub fn run(directory: &Path) -> anyhow::Result<u8> {
    for (name, text) in inflight_record::schema::all().into_iter().chain(inflight_harness::protocol::schemas()) {
        let path = directory.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(FINE)
}
