//! What is recorded of machines, and whether any of it sets some of them apart from the others.

use std::collections::BTreeSet;

use super::{MachineEntry, Separation};
use crate::metric::{number, number_of};
use crate::units::bytes;

/// Something that is recorded of every machine.
struct Attribute {
    /// Empty where its values say what they are of.
    name: &'static str,
    of: fn(&MachineEntry) -> Value,
}

/// What it is on one machine.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// One of a scale, with the number in words.
    Number(f64, String),
    /// One of several kinds.
    Kind(String),
}

fn count(cpus: usize) -> Value {
    Value::Number(number_of(cpus), cpus.to_string())
}

fn kind(text: &str) -> Value {
    Value::Kind(text.to_owned())
}

const ATTRIBUTES: [Attribute; 12] = [
    Attribute { name: "CPUs", of: |it| count(it.machine.cpus.len()) },
    Attribute { name: "CPUs of the worker", of: |it| count(it.placed.as_ref().map_or(0, |it| it.worker_cpus.len())) },
    Attribute { name: "CPU time allowed", of: allowed },
    Attribute { name: "memory", of: |it| memory(it.machine.memory_bytes) },
    Attribute {
        name: "",
        of: |it| kind(if it.machine.restricted.is_some() { "restricted" } else { "not restricted" }),
    },
    Attribute { name: "placement", of: |it| kind(it.placed.as_ref().map_or("unknown", |it| it.placement.as_str())) },
    Attribute { name: "CPU", of: |it| kind(&it.machine.cpu_model) },
    Attribute { name: "architecture", of: |it| kind(&it.machine.arch) },
    Attribute { name: "kernel", of: |it| kind(&it.machine.kernel) },
    Attribute { name: "system", of: |it| kind(&it.machine.os) },
    Attribute { name: "clock source", of: |it| kind(&it.machine.clock_source) },
    Attribute { name: "commit", of: |it| kind(&it.software.commit) },
];

/// What its CPUs give, or the quota where that is less, in CPUs.
fn allowed(entry: &MachineEntry) -> Value {
    let quota = entry.machine.restricted.as_ref().and_then(|restricted| restricted.quota_milli_cpus);
    let cpus = quota.map_or_else(|| number_of(entry.machine.cpus.len()), |quota| number(quota) / 1e3);
    let plural = if cpus > 1.0 { "s" } else { "" };
    Value::Number(cpus, format!("{cpus} CPU{plural}"))
}

/// In whole steps of 256 MiB: equal machines differ by some pages from boot to boot.
fn memory(size: u64) -> Value {
    const STEP: u64 = 256 << 20;
    let rounded = number((size + STEP / 2) / STEP * STEP);
    Value::Number(rounded, bytes(rounded))
}

/// What sets the machines `inside` apart from all others, and how often something would by chance: the share of all choices
/// of so many machines that some attribute recorded here sets apart as well. None where nothing does, or one side is empty.
pub(super) fn separation(machines: &[&MachineEntry], inside: &[bool]) -> Option<Separation> {
    let chosen = inside.iter().filter(|it| **it).count();
    if chosen == 0 || chosen == machines.len() {
        return None;
    }
    let (mut found, mut possible) = (Vec::new(), BTreeSet::new());
    for attribute in &ATTRIBUTES {
        let values: Vec<Value> = machines.iter().map(|machine| (attribute.of)(machine)).collect();
        for split in splits(&values) {
            let other: Vec<bool> = split.iter().map(|it| !it).collect();
            if split == inside || other == inside {
                found.push(format!("{} {}", attribute.name, words(&values, inside)).trim_start().to_owned());
            }
            let sides = [split, other].into_iter();
            possible.extend(sides.filter(|side| side.iter().filter(|it| **it).count() == chosen));
        }
    }
    found.dedup();
    let chance = (number_of(possible.len()) / choices(machines.len(), chosen)).min(1.0);
    (!found.is_empty()).then_some(Separation { attributes: found, chance })
}

/// The ways in which an attribute parts machines: above and below a number, one kind and all others.
fn splits(values: &[Value]) -> Vec<Vec<bool>> {
    let mut all: Vec<Vec<bool>> = Vec::new();
    for pivot in values {
        let split: Vec<bool> = values
            .iter()
            .map(|value| match (value, pivot) {
                (Value::Number(value, _), Value::Number(pivot, _)) => value >= pivot,
                (value, pivot) => value == pivot,
            })
            .collect();
        let parts = split.iter().any(|it| !it);
        if parts && !all.contains(&split) {
            all.push(split);
        }
    }
    all
}

/// What the machines inside have in common and no other has.
fn words(values: &[Value], inside: &[bool]) -> String {
    let on = |side: bool| values.iter().zip(inside).filter(move |(_, it)| **it == side).map(|(value, _)| value);
    let numbers =
        |side| on(side).filter_map(|value| if let Value::Number(it, text) = value { Some((*it, text)) } else { None });
    let least = |side| numbers(side).min_by(|a, b| a.0.total_cmp(&b.0));
    let most = |side| numbers(side).max_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(least_in), Some(most_in), Some(most_out)) = (least(true), most(true), most(false)) {
        return if least_in.0 > most_out.0 {
            format!("{} or more", least_in.1)
        } else {
            format!("{} or less", most_in.1)
        };
    }
    let kinds = |side| -> BTreeSet<&str> {
        on(side).filter_map(|value| if let Value::Kind(kind) = value { Some(kind.as_str()) } else { None }).collect()
    };
    let (ours, theirs) = (kinds(true), kinds(false));
    match (ours.len(), theirs.first()) {
        (1, _) | (_, None) => ours.into_iter().collect::<Vec<_>>().join(", "),
        (_, Some(theirs)) => format!("other than {theirs}"),
    }
}

/// In how many ways `chosen` of `all` can be chosen.
fn choices(all: usize, chosen: usize) -> f64 {
    (0..chosen).map(|place| number_of(all - place) / number_of(place + 1)).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_part_above_and_below_and_kinds_by_each() {
        let number = |value: f64| Value::Number(value, value.to_string());
        let cpus = [2.0, 4.0, 4.0, 8.0].map(number);
        assert_eq!(splits(&cpus), [vec![false, true, true, true], vec![false, false, false, true]]);
        assert_eq!(words(&cpus, &[true, false, false, false]), "2 or less");
        assert_eq!(words(&cpus, &[false, false, false, true]), "8 or more");
        let kinds = ["a", "b", "a", "c"].map(kind);
        assert_eq!(splits(&kinds).len(), 3);
        assert_eq!(words(&kinds, &[true, false, true, false]), "a");
        assert_eq!(words(&kinds, &[false, true, false, true]), "other than a");
        assert_eq!(splits(&[1.0, 1.0].map(number)), [] as [Vec<bool>; 0]);
        assert!((choices(8, 4) - 70.0).abs() < 1e-9 && (choices(4, 1) - 4.0).abs() < 1e-9);
    }
}
