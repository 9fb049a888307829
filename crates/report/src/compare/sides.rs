//! Whether two studies can be compared at all, and what they have in common.

use std::collections::BTreeSet;
use std::fmt::Display;

use inflight_record::{Arm, ArmKind, Environment, Label, Limits, Machine, NamedWorkload};

use crate::study::StudyRecords;
use crate::style::placement;

/// Why two studies cannot be compared; each says what would help.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A side holds no records.
    #[error("{0} holds no records")]
    NoRecords(&'static str),
    /// A side ran on several machines.
    #[error("{side} was run on machines that differ in {}; compare studies of one machine each", fields.join(", "))]
    SeveralMachines {
        /// Which side.
        side: &'static str,
        /// In what they differ.
        fields: Vec<String>,
    },
    /// The sides ran on different machines.
    #[error(
        "the machines differ in {}; --across-machines compares the ratios to the floor instead",
        fields.join(", ")
    )]
    OtherMachine {
        /// In what they differ.
        fields: Vec<String>,
    },
    /// Nothing in common.
    #[error("the studies have no {what} in common: A has {}, B has {}", a.join(", "), b.join(", "))]
    NothingInCommon {
        /// Workload or model.
        what: &'static str,
        /// Those of A.
        a: Vec<String>,
        /// Those of B.
        b: Vec<String>,
    },
    /// One id means two workloads.
    #[error("workload {id:?} is {a} in A and {b} in B; give different workloads different names")]
    OtherWorkload {
        /// The id.
        id: String,
        /// What it is in A.
        a: String,
        /// What it is in B.
        b: String,
    },
    /// Server and workers shared CPUs in another way.
    #[error("the placement differs: {a} in A, {b} in B; studies are compared in one placement")]
    OtherPlacement {
        /// That of A.
        a: String,
        /// That of B.
        b: String,
    },
    /// No floor to compare with.
    #[error("--across-machines compares with the floor, and the studies have no model in common that is labelled so")]
    NoFloor,
}

/// Two studies that can be compared.
pub(super) struct Sides<'a> {
    pub(super) a: &'a StudyRecords,
    pub(super) b: &'a StudyRecords,
    pub(super) environments: (&'a Environment, &'a Environment),
    /// The workloads of both, in the order of A.
    pub(super) workloads: Vec<&'a NamedWorkload>,
    /// The models of both, in the order of A.
    pub(super) models: Vec<&'a str>,
    /// The floor of both.
    pub(super) floor: Option<&'a str>,
    pub(super) across_machines: bool,
}

impl<'a> Sides<'a> {
    /// What all figures are divided by.
    pub(super) fn divisor(&self) -> Option<&'a str> {
        self.floor.filter(|_| self.across_machines)
    }

    /// The limits in which the two environments differ, with both values.
    pub(super) fn limits_differ(&self) -> Vec<String> {
        // Taken apart so that a new field cannot be forgotten.
        let Limits {
            nofile,
            somaxconn,
            ephemeral_ports,
            tcp_tw_reuse,
            tcp_congestion_control,
            threads_max,
            max_map_count,
            pids_max,
        } = &self.environments.0.limits;
        let b = &self.environments.1.limits;
        let ports = |(first, last): (u16, u16)| format!("{first} to {last}");
        let limit = |limit: Option<u64>| limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
        let mut differ = Differing::default();
        differ.field("nofile", nofile, &b.nofile);
        differ.field("somaxconn", somaxconn, &b.somaxconn);
        differ.field("ephemeral_ports", &ports(*ephemeral_ports), &ports(b.ephemeral_ports));
        differ.field("tcp_tw_reuse", tcp_tw_reuse, &b.tcp_tw_reuse);
        differ.field("tcp_congestion_control", tcp_congestion_control, &b.tcp_congestion_control);
        differ.field("threads_max", threads_max, &b.threads_max);
        differ.field("max_map_count", max_map_count, &b.max_map_count);
        differ.field("pids_max", &limit(*pids_max), &limit(b.pids_max));
        differ.0
    }
}

/// The fields in which two things differ, with both values.
#[derive(Default)]
struct Differing(Vec<String>);

impl Differing {
    fn field<T: PartialEq + Display>(&mut self, name: &str, a: &T, b: &T) {
        if a != b {
            self.0.push(format!("{name} ({a}, {b})"));
        }
    }
}

pub(super) fn check<'a>(
    a: &'a StudyRecords,
    b: &'a StudyRecords,
    across_machines: bool,
) -> Result<Sides<'a>, CompareError> {
    let environments = (environment(a, "A")?, environment(b, "B")?);
    let fields = differing(environments.0, environments.1);
    if !fields.is_empty() && !across_machines {
        return Err(CompareError::OtherMachine { fields });
    }
    let workloads = common_workloads(a, b)?;
    let (of_a, of_b) = (models(a), models(b));
    let common: Vec<&Arm> = of_a.iter().copied().filter(|it| of_b.iter().any(|other| other.arm == it.arm)).collect();
    if common.is_empty() {
        let names = |arms: Vec<&Arm>| arms.into_iter().map(|arm| arm.arm.clone()).collect();
        return Err(CompareError::NothingInCommon { what: "model", a: names(of_a), b: names(of_b) });
    }
    let floor = common.iter().find(|arm| {
        arm.label == Label::Floor && of_b.iter().any(|other| other.arm == arm.arm && other.label == Label::Floor)
    });
    let floor = floor.map(|floor| floor.arm.as_str());
    if across_machines && floor.is_none() {
        return Err(CompareError::NoFloor);
    }
    let placements = (placements(a, across_machines), placements(b, across_machines));
    if !placements.0.is_empty() && !placements.1.is_empty() && placements.0 != placements.1 {
        let all = |placements: BTreeSet<String>| placements.into_iter().collect::<Vec<_>>().join(" and ");
        return Err(CompareError::OtherPlacement { a: all(placements.0), b: all(placements.1) });
    }
    let models = common.into_iter().map(|arm| arm.arm.as_str()).collect();
    Ok(Sides { a, b, environments, workloads, models, floor, across_machines })
}

/// How server and workers were placed, in all environments that have rows and where it is known. Of different machines
/// the CPUs differ, and only the way of placing is compared.
fn placements(study: &StudyRecords, across_machines: bool) -> BTreeSet<String> {
    let used: BTreeSet<&str> = study.rows().iter().map(|row| &*row.environment_id).collect();
    let known = used.into_iter().filter_map(|id| study.placed_in(id));
    known
        .map(|it| {
            if across_machines {
                it.placement.clone()
            } else {
                placement(&it.placement, &it.server_cpus, &it.worker_cpus)
            }
        })
        .collect()
}

pub(super) fn models(study: &StudyRecords) -> Vec<&Arm> {
    study.arms().into_iter().filter(|arm| arm.kind == ArmKind::Model).collect()
}

/// The environment of a side; the first, where builds or limits changed on one machine.
fn environment<'a>(study: &'a StudyRecords, side: &'static str) -> Result<&'a Environment, CompareError> {
    let used: BTreeSet<&str> = study.rows().iter().map(|row| &*row.environment_id).collect();
    let mut environments = study.environments().iter().filter(|it| used.contains(it.environment_id.as_str()));
    let first = environments.next().ok_or(CompareError::NoRecords(side))?;
    for other in environments {
        let fields = differing(first, other);
        if !fields.is_empty() {
            return Err(CompareError::SeveralMachines { side, fields });
        }
    }
    Ok(first)
}

/// The fields in which two machines differ, and those of their servers where both ran elsewhere, with both values. Where
/// one of them did not, their placements differ, which is said by itself.
fn differing(a: &Environment, b: &Environment) -> Vec<String> {
    let mut fields = of_machines(&a.machine, &b.machine);
    if let (Some(a), Some(b)) = (&a.server, &b.server) {
        fields.extend(of_machines(&a.machine, &b.machine).iter().map(|field| format!("server's {field}")));
    }
    fields
}

fn of_machines(a: &Machine, b: &Machine) -> Vec<String> {
    // Taken apart so that a new field cannot be forgotten.
    let Machine { node, cpu_model, cpus, memory_bytes, kernel, os, arch, clock_source, governor, restricted: _ } = a;
    let mut differ = Differing::default();
    differ.field("cpu_model", cpu_model, &b.cpu_model);
    differ.field("cpus", &format!("{cpus:?}"), &format!("{:?}", b.cpus));
    differ.field("memory_bytes", memory_bytes, &b.memory_bytes);
    differ.field("kernel", kernel, &b.kernel);
    differ.field("os", os, &b.os);
    differ.field("arch", arch, &b.arch);
    differ.field("clock_source", clock_source, &b.clock_source);
    let known = |it: &Option<String>| it.clone().unwrap_or_else(|| "unknown".to_owned());
    differ.field("governor", &known(governor), &known(&b.governor));
    differ.field("node", &known(node), &known(&b.node));
    let restriction = |machine: &Machine| machine.restriction().unwrap_or_else(|| "not restricted".to_owned());
    differ.field("restriction", &restriction(a), &restriction(b));
    differ.0
}

fn common_workloads<'a>(a: &'a StudyRecords, b: &StudyRecords) -> Result<Vec<&'a NamedWorkload>, CompareError> {
    let (of_a, of_b) = (a.workloads(), b.workloads());
    let mut common = Vec::new();
    for here in &of_a {
        let Some(there) = of_b.iter().find(|there| there.id == here.id) else { continue };
        if here.workload != there.workload {
            let seed = |named: &NamedWorkload| {
                // What a slug leaves out: the seed of delays or pages.
                let lognormal = named.workload.lognormal.map(|lognormal| lognormal.seed);
                let seed = lognormal.or_else(|| named.workload.crawl.as_ref().map(|crawl| crawl.site.seed));
                named.workload.slug() + &seed.map(|seed| format!(" with seed {seed}")).unwrap_or_default()
            };
            return Err(CompareError::OtherWorkload { id: here.id.clone(), a: seed(here), b: seed(there) });
        }
        common.push(*here);
    }
    if common.is_empty() {
        let names = |all: Vec<&NamedWorkload>| all.into_iter().map(|it| it.id.clone()).collect();
        return Err(CompareError::NothingInCommon { what: "workload", a: names(of_a), b: names(of_b) });
    }
    Ok(common)
}
