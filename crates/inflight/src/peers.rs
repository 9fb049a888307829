//! Peers: programs from outside that run in the same rounds, as `peers.toml` lists them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use inflight_harness::child::{Child, Program, Silence, allowed_cpus};
use inflight_harness::plan::Contender;
use inflight_record::peers::{Peer, parse_peers};

use crate::lineup::{find, id_of, unknown};

/// Where the list is looked for unless told otherwise, from the directory that one is in.
pub const FILE: &str = "benches/peers.toml";

/// How long a peer may take to tell its versions: some start a virtual machine for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether it still runs.
const LOOK: Duration = Duration::from_millis(50);

/// The peers of a file, in its order.
///
/// # Errors
/// The file cannot be read or is wrong: the message names file, line and column.
pub fn load(file: &Path) -> anyhow::Result<Vec<Peer>> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("{}: the list of peers; --peers-file names another", file.display()))?;
    let whole: PathBuf = fs::canonicalize(file).with_context(|| file.display().to_string())?;
    let here = whole.parent().unwrap_or(Path::new("/"));
    let peers = parse_peers(&text, here).map_err(|error| anyhow::anyhow!("{}:{error}", file.display()))?;
    if let Some(peer) = peers.iter().find(|peer| find(id_of(&peer.card.id)).is_some()) {
        bail!("{}: the peer {:?} has the name of a model: give it another", file.display(), peer.card.id);
    }
    Ok(peers)
}

/// The peers that `asked` names, each once: `all`, `installed`, or ids with commas between them.
///
/// # Errors
/// A name is no peer's.
pub fn choose(asked: &str, peers: Vec<Peer>) -> anyhow::Result<Vec<Contender>> {
    let (all, installed) = (asked.trim() == "all", asked.trim() == "installed");
    if all || installed {
        let contenders = peers.into_iter().map(contender);
        return Ok(contenders.filter(|it| all || it.lacks.is_none()).collect());
    }
    let ids: Vec<&str> = peers.iter().map(|peer| peer.card.id.as_str()).collect();
    let names: Vec<&str> = asked.split(',').map(str::trim).collect();
    if let Some(name) = names.iter().find(|name| !ids.contains(name)) {
        bail!("{}", unknown("peer", name, &ids));
    }
    let chosen = peers.into_iter().filter(|peer| names.contains(&peer.card.id.as_str()));
    Ok(chosen.map(contender).collect())
}

/// The contender for a peer; where it is not installed, with what it lacks.
#[must_use]
pub fn contender(peer: Peer) -> Contender {
    let (versions, lacks) = match versions(&peer) {
        Ok(versions) => (Some(versions), None),
        Err(why) => (None, Some(format!("not installed: {why} (to get it: {})", peer.install))),
    };
    Contender { arm: peer.card.id.clone(), worker: program(&peer.command), card: peer.card, lacks, versions }
}

fn program(words: &[String]) -> Program {
    let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    Program { path: program.into(), args: arguments.to_vec() }
}

/// What a peer is made of, by its own word: the line that its version command prints.
///
/// # Errors
/// Why it cannot be run here.
pub fn versions(peer: &Peer) -> Result<String, String> {
    let program = program(&peer.version);
    let shown = program.path.display();
    let mut child =
        Child::start(&program, &allowed_cpus(), Arc::default()).map_err(|error| format!("{shown}: {error}"))?;
    let deadline = Instant::now() + PATIENCE;
    let mut first = None;
    // To its end: one that prints a version and then fails is not installed. Dropped, it is ended with all its children.
    loop {
        match child.line(deadline, LOOK, || {}) {
            Ok(line) => first = first.or(Some(line.trim().to_owned()).filter(|line| !line.is_empty())),
            Err(Silence::Ended(_)) if child.succeeded() => break,
            Err(Silence::Ended(how)) => return Err(format!("{shown} {how}")),
            Err(_) => return Err(format!("{shown} did not tell its versions within {} s", PATIENCE.as_secs())),
        }
    }
    first.ok_or_else(|| format!("{shown} printed no version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers() -> Vec<Peer> {
        let peer = |id: &str, version: &str| {
            format!(
                "[[peer]]\nid = \"{id}\"\nidea = \"i\"\nlabel = \"tuned\"\nclient = \"c\"\ncommand = [\"run\", \"{id}\"]\n\
                 version = [\"sh\", \"-c\", \"{version}\"]\ninstall = \"get {id}\"\n"
            )
        };
        let text =
            [peer("here", "echo 'here 1.2'; echo more"), peer("gone", "echo no such thing >&2; exit 3")].concat();
        parse_peers(&text, Path::new("/")).unwrap()
    }

    #[test]
    fn who_tells_a_version_is_installed_and_who_does_not_says_why() {
        let peers = peers();
        assert_eq!(versions(&peers[0]).unwrap(), "here 1.2");
        let why = versions(&peers[1]).unwrap_err();
        assert!(why.contains("code 3") && why.contains("no such thing"), "{why}");
        let gone = contender(peers[1].clone());
        assert_eq!(gone.lacks.unwrap(), format!("not installed: {why} (to get it: get gone)"));
        let absent = Peer { version: vec!["/nonexistent/peer".to_owned()], ..peers[0].clone() };
        assert!(versions(&absent).unwrap_err().starts_with("/nonexistent/peer: "));
        let silent = Peer { version: vec!["true".to_owned()], ..peers[0].clone() };
        assert_eq!(versions(&silent).unwrap_err(), "true printed no version");
    }

    #[test]
    fn peers_are_chosen_by_name_or_by_being_there() {
        let arms = |asked| -> Vec<String> {
            choose(asked, peers()).unwrap().into_iter().map(|contender| contender.arm).collect()
        };
        assert_eq!(arms("all"), ["here", "gone"]);
        assert_eq!(arms("installed"), ["here"]);
        assert_eq!(arms("gone, here,gone"), ["here", "gone"]);
        let error = choose("gonne", peers()).unwrap_err().to_string();
        assert!(error.contains("no peer is called \"gonne\"; did you mean \"gone\"?"), "{error}");
    }
}
