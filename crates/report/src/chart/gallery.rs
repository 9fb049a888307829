//! What is drawn, under names of its own, and what is not, with the reason.

use std::collections::BTreeSet;

use super::look::Looks;
use super::sheet::Sheet;
use super::{Chart, Charts, LeftOut};
use crate::summary::{MachineSummary, Summary};

/// A study on one machine, as charts need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) summary: &'a Summary,
    pub(super) machine: &'a MachineSummary,
    pub(super) looks: &'a Looks,
}

impl<'a> Site<'a> {
    /// The workload of this id.
    pub(super) fn workload(self, id: &str) -> Option<&'a crate::summary::WorkloadSummary> {
        self.machine.workloads.iter().find(|workload| workload.id == id)
    }
}

/// Charts that are collected.
#[derive(Debug, Default)]
pub(super) struct Gallery {
    charts: Vec<Chart>,
    left_out: Vec<LeftOut>,
    names: BTreeSet<String>,
}

/// A chart whose place in the gallery is not known yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) caption: String,
    pub(super) alt: String,
}

impl Gallery {
    /// Adds a chart; `draw` puts what belongs between its title and its caption on the sheet.
    pub(super) fn add(&mut self, site: Site<'_>, name: &[&str], draft: Draft, draw: impl FnOnce(&mut Sheet)) {
        let name = self.name(site, name);
        self.draw(name, draft, draw);
    }

    /// Adds a chart that is of several machines.
    pub(super) fn add_of_all(&mut self, name: &[&str], draft: Draft, draw: impl FnOnce(&mut Sheet)) {
        let name = self.free(name.iter().copied());
        self.draw(name, draft, draw);
    }

    fn draw(&mut self, name: String, draft: Draft, draw: impl FnOnce(&mut Sheet)) {
        let Draft { title, subtitle, caption, alt } = draft;
        let mut sheet = Sheet::new(&title, &subtitle);
        draw(&mut sheet);
        let scene = sheet.finished(&caption);
        self.charts.push(Chart { name, title, caption, alt, scene });
    }

    /// Notes a chart that there is not.
    pub(super) fn without(&mut self, site: Site<'_>, name: &[&str], reason: impl Into<String>) {
        let name = self.name(site, name);
        self.left_out.push(LeftOut { name, reason: reason.into() });
    }

    /// Notes a chart of several machines that there is not.
    pub(super) fn without_of_all(&mut self, name: &[&str], reason: impl Into<String>) {
        let name = self.free(name.iter().copied());
        self.left_out.push(LeftOut { name, reason: reason.into() });
    }

    pub(super) fn charts(self) -> Charts {
        Charts { charts: self.charts, left_out: self.left_out }
    }

    /// A name that no other chart has, however a file system takes capitals.
    fn name(&mut self, site: Site<'_>, parts: &[&str]) -> String {
        let several = site.summary.machines.len() > 1;
        let machine = several.then_some(site.machine.environment_id.as_str());
        self.free(parts.iter().copied().chain(machine))
    }

    fn free<'a>(&mut self, parts: impl Iterator<Item = &'a str>) -> String {
        let parts: Vec<String> = parts.map(safe).filter(|part| !part.is_empty()).collect();
        let stem = parts.join("-");
        let stem = if stem.is_empty() { "chart".to_owned() } else { stem };
        let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
        let name = std::iter::once(stem.clone()).chain(numbered).find(|name| !self.names.contains(name));
        let name = name.unwrap_or(stem);
        self.names.insert(name.clone());
        name
    }
}

/// The longest part of a name, in letters: a name of three stays below what file systems take.
const LONGEST: usize = 72;

/// The text in letters that every file system and URL takes: small letters, digits, `.`, `_`, and `-` for all others.
fn safe(text: &str) -> String {
    let letter = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9' | '.' | '_') => letter,
        _ => '-',
    };
    let mut safe = String::new();
    for letter in text.chars().map(letter) {
        if !(letter == '-' && safe.ends_with('-')) {
            safe.push(letter);
        }
    }
    // All of it is ASCII by now.
    safe.truncate(LONGEST);
    safe.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::study;

    #[test]
    fn names_are_safe_and_no_two_are_alike() {
        let summary = Summary::of(&study(&["floor", "other"], 1, |_| true));
        let looks = Looks::of(&summary);
        let site = Site { summary: &summary, machine: &summary.machines[0], looks: &looks };
        let mut gallery = Gallery::default();
        let mut name = |parts: &[&str]| gallery.name(site, parts);
        assert_eq!(name(&["excess", "n1-C1"]), "excess-n1-c1");
        assert_eq!(name(&["excess", "N1-c1"]), "excess-n1-c1-2");
        assert_eq!(name(&["excess", "../a b/ü?"]), "excess-a-b");
        assert_eq!(name(&["excess", "…"]), "excess");
        assert_eq!(name(&["…"]), "chart");
        assert!(name(&["excess", &"x".repeat(1_000)]).len() < 100);
    }
}
