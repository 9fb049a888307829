//! The study file: which workloads, models and rounds answer a question. TOML in, a checked [`Study`] out.
//!
//! ```toml
//! question = "From which C on does a thread for each request cost more than tasks?"
//! rounds = 12                 # or "auto", with precision and budget
//! controls = { delay = "2ms", work = "20us" }
//!
//! [[workload]]
//! waves = 2                   # N = 2 · C; or requests = 1000
//! concurrency = [10, 100, 1000]
//! delay = "50ms"
//! ```
//!
//! | key | value | default |
//! | --- | --- | --- |
//! | `question` | the question that the study answers, in one sentence | required |
//! | `rounds` | 1 to 10,000, or `"auto"` | 12 |
//! | `precision` | width of each interval at which `auto` stops: `"2%"` | `"2%"` |
//! | `budget` | time after which `auto` begins no round but the first: `"20m"` | `"20m"` |
//! | `models` | `"all"`, or a list of ids | `"all"` |
//! | `peers` | `"all"`, or a list of ids of `benches/peers.toml`: those that are not installed are skipped, and say so | none |
//! | `baseline` | the model that the others are compared with | `"tokio-reqwest"` |
//! | `seed` | of the orders, and of delays that vary | 1 |
//! | `placement` | `"split"` or `"shared"` | `"split"` |
//! | `time_limit` | of a batch: `"90s"` | the larger of 60 s and 5 × ideal |
//! | `controls.delay` | time that the A/A+delay arm waits at the end of each batch | `"2ms"` |
//! | `controls.work` | CPU time that the A/A+work arm spins for each request | `"20us"` |
//! | `workload` | one table each, see below | at least one |
//! | `claim` | one table each, see below | none |
//!
//! | key of a workload | value | default |
//! | --- | --- | --- |
//! | `name` | lower-case letters, digits, `.` and `-`: begins its id | none |
//! | `requests` or `waves` | N, or N as a multiple of C | one of them is required |
//! | `concurrency` | C | required |
//! | `delay` | D: `"50ms"`, or `"lognormal:50ms:0.6"` | required |
//! | `body` | `"1KiB"` | `"1KiB"` |
//! | `connections` | `"cold"` or `"warm"` | `"cold"` |
//! | `hosts` | 1 to 128 | 1 |
//! | `capacity` | how many requests the server holds at once | no limit |
//!
//! A workload that is a crawl has these instead of `requests`, `waves`, `body`, `hosts` and `capacity`:
//!
//! | key of a crawl | value | default |
//! | --- | --- | --- |
//! | `crawl` | `"books"` or `"films"`: makes the workload a crawl; no list | required |
//! | `pages` | L: list pages; a list names 18 books or 25 films | 100 for books, 10 for films |
//! | `phases` | `"barrier"` or `"pipelined"`: when details may be fetched | `"barrier"` |
//! | `store` | `"none:"`, `"sqlite:"`, `"jsonl:"`, `"redis://…"`, `"mongodb://…"`, perhaps with a path | `"sqlite:"` |
//! | `faults` | how many of the attempts get a fault: `"2%"`; no list | `"0"` |
//! | `retries` | how often a page that failed is asked for again, 0 to 10; no list | 0 |
//!
//! | key of a claim | value | default |
//! | --- | --- | --- |
//! | `says` | what somebody claims, in one sentence | required |
//! | `theirs` | the figures that it rests on, as their source has them | required |
//! | `times` | makespan of `slow` over that of `fast` by those figures | none |
//! | `workload` | id of the workload that stands for theirs | required |
//! | `slow`, `fast` | the two models | required |
//!
//! Each key of a workload but `name` may have a list in place of a value: the table then stands for every combination.
//! A workload's id is its name and what its lists vary (`d50ms-c1000`, `c1000`, `barrier-sqlite-c100`); without either, its
//! slug.

mod claims;
mod expand;

use crate::manifest::{Claim, Controls, NamedWorkload, Placement, RoundsRule};
pub use crate::placed::{FileError, Place, Placed};
use crate::placed::{Table, Value, check_name, parse};
use crate::text;

/// Most workloads of one study.
pub const MAX_WORKLOADS: usize = 1_000;
/// Width of each interval at which `auto` stops, unless the file says otherwise: 2 %.
pub const DEFAULT_PRECISION: f64 = 0.02;
/// Time after which `auto` stops, unless the file says otherwise: 20 minutes, in nanoseconds.
pub const DEFAULT_BUDGET_NS: u64 = 20 * 60 * 1_000_000_000;
/// Most rounds.
pub const MAX_ROUNDS: u32 = 10_000;

/// Which peers a study names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StudyPeers {
    /// All of the list.
    All,
    /// These.
    Named(Vec<Placed<String>>),
}

/// A study as its file asks for it; every range was checked but the names of models, which only the line-up knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Its name: that of its file.
    pub name: String,
    /// The question that it answers.
    pub question: String,
    /// The models; `None` for all of them.
    pub models: Option<Vec<Placed<String>>>,
    /// The peers from outside, where it has any.
    pub peers: Option<StudyPeers>,
    /// The model that the others are compared with.
    pub baseline: Placed<String>,
    /// How many rounds.
    pub rounds: RoundsRule,
    /// Seed of the orders, and of delays that vary.
    pub seed: u64,
    /// Where server and workers run.
    pub placement: Placement,
    /// Time limit of a batch, in nanoseconds, where it is not the default.
    pub time_limit_ns: Option<u64>,
    /// Sizes of the control arms.
    pub controls: Controls,
    /// Its workloads.
    pub workloads: Vec<NamedWorkload>,
    /// What others say of them. That the models are those of the study, only the line-up knows.
    pub claims: Vec<Placed<Claim>>,
}

impl Study {
    /// Reads a study from the text of its file; `name` is the file's name without `.toml`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    ///
    /// ```
    /// use inflight_record::study::Study;
    /// let text = "question = \"Why?\"\n[[workload]]\nrequests = 10\nconcurrency = 11\ndelay = \"5ms\"\n";
    /// let error = Study::parse("mine", text).unwrap_err();
    /// assert_eq!(error.to_string(), "4:15: concurrency 11 is above the 10 requests: it must be 1 to 10");
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, FileError> {
        let root = parse(text)?;
        let mut root = Table::new(text, "a study", &root);
        check_name(name).map_err(|message| root.wrong(format!("the file's name, {message}")))?;
        let question = root.required("question")?.text()?;
        if question.value.trim().is_empty() {
            return Err(question.wrong("the question is empty: say in one sentence what the study answers"));
        }
        let rounds = rounds(&mut root)?;
        let seed = root.optional("seed").map(|it| it.whole(0..=i64::MAX as u64)).transpose()?;
        let seed = seed.map_or(1, |seed| seed.value);
        let models = models(&mut root)?;
        let peers = peers(&mut root)?;
        let baseline = match root.optional("baseline") {
            Some(value) => value.text()?,
            None => Placed { value: "tokio-reqwest".to_owned(), place: root.place() },
        };
        let workloads = expand::workloads(&mut root, seed)?;
        let study = Self {
            claims: claims::claims(&mut root, &workloads)?,
            name: name.to_owned(),
            question: question.value,
            models,
            peers,
            baseline,
            rounds,
            seed,
            placement: placement(&mut root)?,
            time_limit_ns: match root.optional("time_limit") {
                Some(value) => Some(nanoseconds(value.parsed(text::limit)?.value)),
                None => None,
            },
            controls: controls(&mut root)?,
            workloads,
        };
        root.finish()?;
        Ok(study)
    }
}

fn rounds(root: &mut Table<'_>) -> Result<RoundsRule, FileError> {
    let precision = root.optional("precision").map(|value| value.parsed(text::share)).transpose()?;
    let budget = root.optional("budget").map(|value| value.parsed(text::limit)).transpose()?;
    let given = match root.optional("rounds") {
        Some(value) if value.is_text() => {
            let word = value.text()?;
            if word.value != "auto" {
                return Err(word.wrong(format!("rounds must be 1 to {MAX_ROUNDS}, or \"auto\", not {:?}", word.value)));
            }
            None
        }
        Some(value) => Some(value.whole(1..=u64::from(MAX_ROUNDS))?.value),
        None => Some(12),
    };
    let Some(count) = given else {
        return Ok(RoundsRule::Auto {
            precision: precision.map_or(DEFAULT_PRECISION, |precision| precision.value),
            budget_ns: budget.map_or(DEFAULT_BUDGET_NS, |budget| nanoseconds(budget.value)),
        });
    };
    if let Some(place) = precision.map(|it| it.place).or(budget.map(|it| it.place)) {
        return Err(FileError { place, message: "precision and budget belong to rounds = \"auto\"".to_owned() });
    }
    Ok(RoundsRule::Fixed(u32::try_from(count).unwrap_or(MAX_ROUNDS)))
}

fn models(root: &mut Table<'_>) -> Result<Option<Vec<Placed<String>>>, FileError> {
    let Some(value) = root.optional("models") else { return Ok(None) };
    all_or_names(&value, "models", "[\"raw-epoll\", \"sequential\"]")
}

fn peers(root: &mut Table<'_>) -> Result<Option<StudyPeers>, FileError> {
    let Some(value) = root.optional("peers") else { return Ok(None) };
    let names = all_or_names(&value, "peers", "[\"go-net-http\", \"python-aiohttp\"]")?;
    Ok(Some(names.map_or(StudyPeers::All, StudyPeers::Named)))
}

/// A list of names, each once; `None` for `"all"`.
fn all_or_names(
    value: &Value<'_>,
    what: &'static str,
    example: &str,
) -> Result<Option<Vec<Placed<String>>>, FileError> {
    if value.is_text() {
        let word = value.text()?;
        return if word.value == "all" {
            Ok(None)
        } else {
            Err(word.wrong(format!("{what} must be \"all\" or a list of ids: {example}")))
        };
    }
    let list = value.list()?;
    let mut names: Vec<Placed<String>> = Vec::new();
    for item in &list {
        let name = item.text()?;
        if names.iter().any(|known| known.value == name.value) {
            return Err(name.wrong(format!("{:?} stands twice among the {what}", name.value)));
        }
        names.push(name);
    }
    Ok(Some(names))
}

fn placement(root: &mut Table<'_>) -> Result<Placement, FileError> {
    let Some(value) = root.optional("placement") else { return Ok(Placement::Split) };
    let word = value.text()?;
    word.value.parse().map_err(|error: String| word.wrong(error))
}

fn controls(root: &mut Table<'_>) -> Result<Controls, FileError> {
    let mut controls = Controls { delay_ns: 2_000_000, work_ns: 20_000 };
    let Some(value) = root.optional("controls") else { return Ok(controls) };
    let mut table = value.table("controls")?;
    for (key, place) in [("delay", &mut controls.delay_ns), ("work", &mut controls.work_ns)] {
        if let Some(value) = table.optional(key) {
            let size = value.parsed(text::duration)?;
            *place = nanoseconds(size.value);
            // A control that adds nothing proves nothing; one of more than a second would take over the study.
            if !(1..=1_000_000_000).contains(place) {
                return Err(size.wrong(format!("controls.{key} must be above 0 and at most 1s")));
            }
        }
    }
    table.finish()?;
    Ok(controls)
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
