//! From the tables of a study file to its claims.

use crate::manifest::{Claim, NamedWorkload};
use crate::placed::{FileError, Placed, Table};

/// All claims of a study on these workloads, in the order of the file, each at its place.
pub(super) fn claims(root: &mut Table<'_>, workloads: &[NamedWorkload]) -> Result<Vec<Placed<Claim>>, FileError> {
    let Some(value) = root.optional("claim") else { return Ok(Vec::new()) };
    let mut claims: Vec<Placed<Claim>> = Vec::new();
    for value in value.list()? {
        let mut table = value.table("a claim")?;
        let claim = Placed { place: table.place(), value: claim(&mut table, workloads)? };
        table.finish()?;
        let same = |known: &&Placed<Claim>| {
            let sides = |claim: &Claim| (claim.workload.clone(), claim.slow.clone(), claim.fast.clone());
            sides(&known.value) == sides(&claim.value)
        };
        if let Some(first) = claims.iter().find(same) {
            return Err(claim.wrong(format!("the claim of line {} compares the same two", first.place.line)));
        }
        claims.push(claim);
    }
    Ok(claims)
}

fn claim(table: &mut Table<'_>, workloads: &[NamedWorkload]) -> Result<Claim, FileError> {
    let workload = table.required("workload")?.text()?;
    if !workloads.iter().any(|known| known.id == workload.value) {
        let known: Vec<&str> = workloads.iter().map(|known| known.id.as_str()).collect();
        return Err(workload.wrong(format!(
            "no workload is called {:?}; there are {}",
            workload.value,
            known.join(", ")
        )));
    }
    let mut text = |key| table.required(key)?.text();
    let (says, theirs, slow, fast) = (text("says")?, text("theirs")?, text("slow")?, text("fast")?);
    if slow.value == fast.value {
        return Err(fast.wrong("a claim is about two models: slow and fast are the same"));
    }
    let times = table.optional("times").map(|value| value.above_zero()).transpose()?;
    Ok(Claim {
        says: says.value,
        theirs: theirs.value,
        times: times.map(|times| times.value),
        workload: workload.value,
        slow: slow.value,
        fast: fast.value,
    })
}
