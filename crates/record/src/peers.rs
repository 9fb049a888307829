//! The list of peers (`peers.toml`): programs from outside that speak the worker protocol. TOML in, checked [`Peer`]s out.
//!
//! ```toml
//! [[peer]]
//! id = "go-net-http"
//! idea = "A goroutine for each request, C of them at a time."
//! label = "idiomatic"
//! client = "net/http, default transport"
//! command = ["{here}/peers/.build/go-peer", "default"]
//! version = ["{here}/peers/.build/go-peer", "--version"]
//! in_flight = "concurrency"
//! install = "scripts/peers.sh go"
//! ```
//!
//! | key | value | default |
//! | --- | --- | --- |
//! | `id` | its name everywhere: lower-case letters, digits, `.`, `-` and `/` | required |
//! | `idea` | what it does, in one sentence | required |
//! | `label` | `"idiomatic"`, `"tuned"`, `"pitfall"`, `"historical"` or `"yardstick"` (a load generator) | required |
//! | `client` | client and runtime in words | required |
//! | `command` | the program and its arguments | required |
//! | `version` | a program that prints one line with its versions and exits with 0 where the peer is installed | required |
//! | `install` | how to get it | required |
//! | `in_flight` | the most requests in flight: `"concurrency"`, `"cpus"`, a number, or `{ per_host = 2 }` | `"concurrency"` |
//! | `thread_per_request` | whether it needs a thread for each request in flight | `false` |
//! | `keeps_connections` | false where each request connects anew: warm workloads are then skipped | `true` |
//! | `http2` | whether it speaks HTTP/2 by prior knowledge | `false` |
//! | `child_processes` | whether it fetches in child processes | `false` |
//! | `historical` | for that label: why its parts are no longer a choice, and what took their place | none |
//! | `caps` | what its libraries cap: a list of `{ what = "…", here = "…" }` | none |
//!
//! `{here}` stands for the directory of the file.

use std::path::Path;

use crate::card::{Card, DeclaredPeak, HiddenCap, Label};
use crate::placed::{FileError, Placed, Table, Value, check_name, parse};

/// A program from outside, with its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its card.
    pub card: Card,
    /// The program and its arguments; at least the program.
    pub command: Vec<String>,
    /// The program that tells its versions.
    pub version: Vec<String>,
    /// How to get it.
    pub install: String,
}

/// Reads the peers from the text of their file, which lies in the directory `here`.
///
/// # Errors
/// The first thing that is wrong, with its line and column.
///
/// ```
/// use inflight_record::peers::parse_peers;
/// let error = parse_peers("[[peer]]\nid = \"Go\"\n", "/x".as_ref()).unwrap_err();
/// assert!(error.to_string().starts_with("2:6: a peer's id, \"Go\", must be lower-case letters"));
/// ```
pub fn parse_peers(text: &str, here: &Path) -> Result<Vec<Peer>, FileError> {
    let root = parse(text)?;
    let mut root = Table::new(text, "a list of peers", &root);
    let tables = root.required("peer")?.list()?;
    root.finish()?;
    let mut peers: Vec<Peer> = Vec::new();
    for table in &tables {
        let mut table = table.table("a peer")?;
        let id = id(&mut table)?;
        // Records and files have a dot for a slash.
        if peers.iter().any(|known| known.card.id.replace('/', ".") == id.value.replace('/', ".")) {
            return Err(id.wrong(format!("{:?} stands twice among the peers", id.value)));
        }
        peers.push(peer(&mut table, id.value, here)?);
        table.finish()?;
    }
    Ok(peers)
}

fn id(table: &mut Table<'_>) -> Result<Placed<String>, FileError> {
    let id = table.required("id")?.text()?;
    match id.value.split('/').try_for_each(check_name) {
        Ok(()) => Ok(id),
        Err(_) => Err(id.wrong(format!(
            "a peer's id, {:?}, must be lower-case letters, digits, '.', '-' and '/', like python-aiohttp/session",
            id.value
        ))),
    }
}

fn peer(table: &mut Table<'_>, id: String, here: &Path) -> Result<Peer, FileError> {
    let label = label(&table.required("label")?)?;
    let historical = table.optional("historical").map(|value| value.text()).transpose()?;
    match (&historical, label) {
        (None, Label::Historical) => {
            return Err(table.wrong("a historical peer needs historical: why it is no longer a choice"));
        }
        (Some(why), label) if label != Label::Historical => {
            return Err(why.wrong("historical belongs to label = \"historical\""));
        }
        _ => {}
    }
    let mut text = |key| -> Result<String, FileError> { Ok(table.required(key)?.text()?.value) };
    let (idea, client, install) = (text("idea")?, text("client")?, text("install")?);
    Ok(Peer {
        card: Card {
            id,
            idea,
            label,
            client,
            crates: Vec::new(),
            declared_peak: table.optional("in_flight").map_or(Ok(DeclaredPeak::Concurrency), |value| peak(&value))?,
            thread_per_request: flag(table, "thread_per_request", false)?,
            keeps_connections: flag(table, "keeps_connections", true)?,
            http2: flag(table, "http2", false)?,
            child_processes: flag(table, "child_processes", false)?,
            hidden_caps: caps(table)?,
            historical: historical.map(|why| why.value),
        },
        command: words(&table.required("command")?, here)?,
        version: words(&table.required("version")?, here)?,
        install,
    })
}

fn label(value: &Value<'_>) -> Result<Label, FileError> {
    let word = value.text()?;
    match word.value.as_str() {
        "idiomatic" => Ok(Label::Idiomatic),
        "tuned" => Ok(Label::Tuned),
        "pitfall" => Ok(Label::Pitfall),
        "historical" => Ok(Label::Historical),
        "yardstick" => Ok(Label::Yardstick),
        other => Err(word.wrong(format!(
            "label must be \"idiomatic\", \"tuned\", \"pitfall\", \"historical\" or \"yardstick\", not {other:?}"
        ))),
    }
}

fn peak(value: &Value<'_>) -> Result<DeclaredPeak, FileError> {
    const MOST: u64 = crate::workload::MAX_CONCURRENCY;
    if value.is_text() {
        let word = value.text()?;
        return match word.value.as_str() {
            "concurrency" => Ok(DeclaredPeak::Concurrency),
            "cpus" => Ok(DeclaredPeak::Cpus),
            other => Err(word.wrong(format!(
                "in_flight must be \"concurrency\", \"cpus\", a number, or {{ per_host = 2 }}, not {other:?}"
            ))),
        };
    }
    if !value.is_table() {
        return Ok(DeclaredPeak::AtMost(value.whole(1..=MOST)?.value));
    }
    let mut table = value.table("in_flight")?;
    let most = table.required("per_host")?.whole(1..=MOST)?;
    table.finish()?;
    Ok(DeclaredPeak::AtMostPerHost(most.value))
}

fn flag(table: &mut Table<'_>, key: &'static str, otherwise: bool) -> Result<bool, FileError> {
    table.optional(key).map_or(Ok(otherwise), |value| value.flag())
}

fn caps(table: &mut Table<'_>) -> Result<Vec<HiddenCap>, FileError> {
    let Some(value) = table.optional("caps") else { return Ok(Vec::new()) };
    let caps = value.list()?;
    let caps = caps.iter().map(|value| {
        let mut table = value.table("a cap")?;
        let (what, here) = (table.required("what")?.text()?, table.required("here")?.text()?);
        table.finish()?;
        Ok(HiddenCap { what: what.value, here: here.value })
    });
    caps.collect()
}

fn words(value: &Value<'_>, here: &Path) -> Result<Vec<String>, FileError> {
    let here = here.display().to_string();
    value.list()?.iter().map(|word| Ok(word.text()?.value.replace("{here}", &here))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO: &str = "[[peer]]\nid = \"go-net-http/tuned\"\nidea = \"An idea.\"\nlabel = \"tuned\"\nclient = \"net/http\"\n\
        command = [\"{here}/go\", \"tuned\"]\nversion = [\"{here}/go\", \"--version\"]\ninstall = \"scripts/peers.sh go\"\n";

    #[track_caller]
    fn refused(text: &str, says: &str) {
        let error = parse_peers(text, Path::new("/p")).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn a_peer_is_read_with_its_defaults() {
        let peers = parse_peers(GO, Path::new("/p")).unwrap();
        let [peer] = &peers[..] else { panic!("{peers:?}") };
        assert_eq!((peer.card.id.as_str(), peer.card.label), ("go-net-http/tuned", Label::Tuned));
        assert_eq!(peer.command, ["/p/go", "tuned"]);
        assert_eq!((peer.card.declared_peak, peer.card.thread_per_request), (DeclaredPeak::Concurrency, false));
        assert!(peer.card.hidden_caps.is_empty() && peer.card.historical.is_none());
    }

    #[test]
    fn everything_that_may_be_said_is_read() {
        let text = format!(
            "{GO}in_flight = {{ per_host = 2 }}\nthread_per_request = true\n\
             keeps_connections = false\nhttp2 = true\nchild_processes = true\ncaps = [{{ what = \"a\", here = \"b\" }}]\n"
        );
        let card = &parse_peers(&text, Path::new("/p")).unwrap()[0].card;
        assert_eq!((card.declared_peak, card.thread_per_request), (DeclaredPeak::AtMostPerHost(2), true));
        assert!(!card.keeps_connections && card.http2 && card.child_processes);
        assert_eq!(card.hidden_caps, [HiddenCap::new("a", "b")]);
        for (value, peak) in [("64", DeclaredPeak::AtMost(64)), ("\"cpus\"", DeclaredPeak::Cpus)] {
            let peers = parse_peers(&format!("{GO}in_flight = {value}\n"), Path::new("/p")).unwrap();
            assert_eq!(peers[0].card.declared_peak, peak);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_would_be_right() {
        refused("", "a list of peers needs peer");
        refused(&GO.replace("tuned\"\nclient", "fast\"\nclient"), "4:9: label must be \"idiomatic\"");
        refused(&GO.replace("idea = \"An idea.\"\n", ""), "1:1: a peer needs idea");
        refused(&format!("{GO}{GO}"), "\"go-net-http/tuned\" stands twice among the peers");
        refused(&format!("{GO}in_flight = \"many\"\n"), "9:13: in_flight must be \"concurrency\", \"cpus\"");
        refused(&format!("{GO}in_flight = 0\n"), "in_flight must be 1 to 60000, not 0");
        refused(&format!("{GO}thread_per_request = 1\n"), "thread_per_request must be true or false");
        refused(&format!("{GO}comand = []\n"), "did you mean command?");
        refused(&GO.replace("[\"{here}/go\", \"tuned\"]", "[]"), "command is an empty list");
        refused(&GO.replace("\"tuned\"\nclient", "\"historical\"\nclient"), "needs historical");
        refused(&format!("{GO}historical = \"old\"\n"), "belongs to label = \"historical\"");
    }
}
