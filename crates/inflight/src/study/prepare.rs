//! From a study file to what runs: the manifest and its contenders.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use inflight_harness::child::Program;
use inflight_harness::environment::sha256_hex;
use inflight_harness::plan::Contender;
use inflight_record::study::{DEFAULT_BUDGET_NS, DEFAULT_PRECISION, FileError, Placed, Study, StudyPeers};
use inflight_record::{
    Arm, ArmKind, Claim, Controls, Crawl, Environment, Label, Manifest, NamedWorkload, Placement, RoundsRule,
    SCHEMA_VERSION, Shard,
};

use crate::{lineup, peers};

/// What the command line may change of a study.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Only these workloads of the file, by their ids.
    pub workloads: Option<Vec<String>>,
    /// Instead of the file's models: ids with commas between them.
    pub models: Option<String>,
    /// Instead of the file's peers: `all`, `installed`, `none`, or ids with commas between them.
    pub peers: Option<String>,
    /// The list of peers.
    pub peers_file: PathBuf,
    /// Instead of the file's rounds.
    pub rounds: Option<RoundsWord>,
    /// Instead of the file's precision.
    pub precision: Option<f64>,
    /// Instead of the file's budget.
    pub budget: Option<Duration>,
    /// Only every n-th round.
    pub shard: Option<Shard>,
    /// Instead of the file's placement.
    pub placement: Option<Placement>,
}

/// How many rounds, as the command line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundsWord {
    /// So many.
    Fixed(u32),
    /// Until precise enough.
    Auto,
}

impl Overrides {
    /// The rounds of a study whose file has these.
    fn rounds(&self, file: RoundsRule) -> anyhow::Result<RoundsRule> {
        let auto = match (self.rounds, file) {
            (Some(RoundsWord::Fixed(rounds)), _) => Err(rounds),
            (None, RoundsRule::Fixed(rounds)) => Err(rounds),
            (Some(RoundsWord::Auto), RoundsRule::Fixed(_)) => Ok((DEFAULT_PRECISION, DEFAULT_BUDGET_NS)),
            (_, RoundsRule::Auto { precision, budget_ns }) => Ok((precision, budget_ns)),
        };
        match auto {
            Ok((precision, budget_ns)) => Ok(RoundsRule::Auto {
                precision: self.precision.unwrap_or(precision),
                budget_ns: self.budget.map_or(budget_ns, |it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX)),
            }),
            Err(_) if self.precision.is_some() || self.budget.is_some() => {
                bail!("--precision and --budget belong to --rounds auto: this study has a number of rounds")
            }
            Err(rounds) => Ok(RoundsRule::Fixed(rounds)),
        }
    }

    /// The workloads that were asked for, in the order of the file.
    fn workloads(&self, file: Vec<NamedWorkload>) -> anyhow::Result<Vec<NamedWorkload>> {
        let Some(asked) = &self.workloads else { return Ok(file) };
        if let Some(unknown) = asked.iter().find(|id| !file.iter().any(|known| &known.id == *id)) {
            let known: Vec<&str> = file.iter().map(|known| known.id.as_str()).collect();
            bail!("no workload of the study is called {unknown:?}; it has {}", known.join(", "));
        }
        Ok(file.into_iter().filter(|known| asked.contains(&known.id)).collect())
    }
}

/// A study that can be run.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What it was begun with; its id is that of a new study.
    pub manifest: Manifest,
    /// The file's text.
    pub text: String,
    /// Who runs it, in the order of the manifest's arms.
    pub contenders: Vec<Contender>,
    /// Names of those among them that are programs from outside.
    pub peers: BTreeSet<String>,
    /// Where server and workers run.
    pub placement: Placement,
    /// Time limit of a batch, where it is not the default.
    pub time_limit: Option<Duration>,
}

/// Reads and checks a study file; `inflight` is the path of our own binary.
///
/// # Errors
/// The file cannot be read or is wrong: the message names file, line and column.
pub fn prepare(
    file: &Path,
    overrides: &Overrides,
    environment: &Environment,
    inflight: &Path,
) -> anyhow::Result<Prepared> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let here = |error: FileError| anyhow::anyhow!("{}:{error}", file.display());
    let study = Study::parse(stem, &text).map_err(here)?;
    let mut models = match &overrides.models {
        Some(asked) => {
            let models = lineup::choose(asked, inflight)?;
            let baseline = lineup::id_of(&study.baseline.value);
            if !models.iter().any(|model| model.arm == baseline) {
                bail!("the baseline {baseline:?} must be among --models: all are compared with it");
            }
            models
        }
        None => contenders(&study, inflight).map_err(here)?,
    };
    let peers = peers(&study, overrides, here)?;
    let from_outside = peers.iter().map(|peer| peer.arm.clone()).collect();
    models.extend(peers);
    let contenders = with_controls(&study, models, inflight).map_err(here)?;
    let rounds = overrides.rounds(study.rounds)?;
    if overrides.shard.is_some() && matches!(rounds, RoundsRule::Auto { .. }) {
        bail!("a part of a study needs a number of rounds: no part sees when the whole is narrow enough");
    }
    let workloads = overrides.workloads(study.workloads.clone())?;
    check_stores(&workloads).with_context(|| file.display().to_string())?;
    let claims = claims(&study, overrides, &workloads, &contenders).map_err(here)?;
    let name = study.name.clone();
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        study_id: format!("{name}-{now}-{:08x}", rand::random::<u32>()),
        name,
        question: study.question.clone(),
        study_sha256: sha256_hex(text.as_bytes()),
        binary_sha256: sha256_hex(&fs::read(inflight).context("cannot read this binary")?),
        environment_id: environment.environment_id.clone(),
        seed: study.seed,
        rounds,
        shard: overrides.shard,
        placement: overrides.placement.filter(|asked| *asked != study.placement),
        baseline: lineup::id_of(&study.baseline.value).to_owned(),
        controls: study.controls,
        workloads,
        claims,
        arms: contenders.iter().map(|(kind, contender)| arm(*kind, contender)).collect(),
    };
    Ok(Prepared {
        manifest,
        text,
        contenders: contenders.into_iter().map(|(_, contender)| contender).collect(),
        peers: from_outside,
        placement: overrides.placement.unwrap_or(study.placement),
        time_limit: study.time_limit_ns.map(Duration::from_nanos),
    })
}

/// Whether each store that the study's crawls name is well-formed and built in.
fn check_stores(workloads: &[NamedWorkload]) -> anyhow::Result<()> {
    each_store(workloads, |crawl| inflight_crawl::check_store(&crawl.store))
}

/// Opens each store that the study's crawls name and closes it again, before anything starts.
///
/// # Errors
/// A store cannot be opened, or holds what is not a crawl's own: the message names its workload.
pub fn try_stores(workloads: &[NamedWorkload]) -> anyhow::Result<()> {
    each_store(workloads, inflight_crawl::try_store)
}

fn each_store(
    workloads: &[NamedWorkload],
    judge: impl Fn(&Crawl) -> Result<(), inflight_crawl::StoreError>,
) -> anyhow::Result<()> {
    let mut judged = BTreeSet::new();
    for NamedWorkload { id, workload, .. } in workloads {
        if let Some(crawl) = &workload.crawl
            && judged.insert(&crawl.store)
        {
            judge(crawl).map_err(|error| anyhow::anyhow!("workload {id}: store {:?}: {error}", crawl.store))?;
        }
    }
    Ok(())
}

fn arm(kind: ArmKind, contender: &Contender) -> Arm {
    let Contender { arm, card, versions, .. } = contender;
    Arm { arm: arm.clone(), model: card.id.clone(), label: card.label, kind, versions: versions.clone() }
}

/// The claims that can be put to the test. One that names what the study does not run is a mistake, unless the command
/// line left it out.
fn claims(
    study: &Study,
    overrides: &Overrides,
    workloads: &[NamedWorkload],
    contenders: &[(ArmKind, Contender)],
) -> Result<Vec<Claim>, FileError> {
    let runs =
        |model: &str| contenders.iter().any(|(kind, contender)| *kind == ArmKind::Model && contender.arm == model);
    let chosen = overrides.models.is_some() || overrides.peers.is_some();
    let mut claims = Vec::new();
    for placed in &study.claims {
        let named = &placed.value;
        let [slow, fast] = [&named.slow, &named.fast].map(|model| lineup::id_of(model).to_owned());
        let missing = [&slow, &fast].into_iter().find(|model| !runs(model)).cloned();
        match missing {
            Some(model) if !chosen => {
                return Err(placed.wrong(format!("the study does not run {model:?}, which this claim is about")));
            }
            None if workloads.iter().any(|known| known.id == named.workload) => {
                claims.push(Claim { slow, fast, ..named.clone() });
            }
            _ => {}
        }
    }
    Ok(claims)
}

fn one(model: &Placed<String>, inflight: &Path) -> Result<Contender, FileError> {
    let mut chosen = lineup::choose(&model.value, inflight).map_err(|error| model.wrong(error.to_string()))?;
    match chosen.len() {
        1 => Ok(chosen.remove(0)),
        _ => Err(model.wrong(format!("{:?} is not one model", model.value))),
    }
}

/// The models that the study names.
fn contenders(study: &Study, inflight: &Path) -> Result<Vec<Contender>, FileError> {
    Ok(match &study.models {
        Some(names) => {
            let mut models: Vec<Contender> = Vec::new();
            for name in names {
                let model = one(name, inflight)?;
                if models.iter().any(|known| known.arm == model.arm) {
                    return Err(name.wrong(format!("{:?} stands twice among the models", model.arm)));
                }
                models.push(model);
            }
            models
        }
        None => lineup::models().into_iter().map(|model| lineup::contender(model, inflight)).collect(),
    })
}

/// The peers that the command line names, or else the study; each name of the study at its place.
fn peers(
    study: &Study,
    overrides: &Overrides,
    here: impl Fn(FileError) -> anyhow::Error,
) -> anyhow::Result<Vec<Contender>> {
    let asked = match (&overrides.peers, &study.peers) {
        (Some(asked), _) if asked.trim() == "none" => return Ok(Vec::new()),
        (Some(asked), _) => asked.clone(),
        (None, None) => return Ok(Vec::new()),
        (None, Some(StudyPeers::All)) => "all".to_owned(),
        (None, Some(StudyPeers::Named(names))) => {
            let known = peers::load(&overrides.peers_file)?;
            let ids: Vec<&str> = known.iter().map(|peer| peer.card.id.as_str()).collect();
            if let Some(name) = names.iter().find(|name| !ids.contains(&name.value.as_str())) {
                return Err(here(name.wrong(lineup::unknown("peer", &name.value, &ids).to_string())));
            }
            names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(",")
        }
    };
    peers::choose(&asked, peers::load(&overrides.peers_file)?)
}

/// The models, then the baseline's control arms.
fn with_controls(
    study: &Study,
    models: Vec<Contender>,
    inflight: &Path,
) -> Result<Vec<(ArmKind, Contender)>, FileError> {
    let baseline = one(&study.baseline, inflight)?;
    if !models.iter().any(|model| model.arm == baseline.arm) {
        return Err(study.baseline.wrong(format!(
            "the baseline {:?} is not among the models: add it, or name another baseline",
            baseline.arm
        )));
    }
    let controls = ArmKind::CONTROLS.map(|kind| (kind, control(&baseline, kind, study.controls, inflight)));
    let kind = |it: &Contender| if it.card.label == Label::Yardstick { ArmKind::Yardstick } else { ArmKind::Model };
    Ok(models.into_iter().map(|model| (kind(&model), model)).chain(controls).collect())
}

/// The baseline under the control's name, with what the control adds.
fn control(baseline: &Contender, kind: ArmKind, controls: Controls, inflight: &Path) -> Contender {
    let (delay_ns, work_ns) = match kind {
        ArmKind::Model | ArmKind::Yardstick | ArmKind::Again => (0, 0),
        ArmKind::Delay => (controls.delay_ns, 0),
        ArmKind::Work => (0, controls.work_ns),
    };
    let added = [("--added-delay-ns", delay_ns), ("--added-work-ns", work_ns)];
    let mut worker = Program::new(inflight, &["worker", &baseline.card.id]);
    for (name, size) in added.into_iter().filter(|(_, size)| *size > 0) {
        worker.args.extend([name.to_owned(), size.to_string()]);
    }
    Contender {
        arm: format!("{}{}", baseline.arm, kind.ending()),
        card: baseline.card.clone(),
        worker,
        lacks: None,
        versions: None,
    }
}
