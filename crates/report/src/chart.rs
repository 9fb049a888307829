//! Charts of a study: the same pictures, byte for byte, from the same records.
//!
//! [`charts`] decides which charts a study's workloads allow; a [`Chart`] gives its SVG and, drawn from that, its PNG, on
//! light or dark ground. Every chart is 830 pixels wide, as a README is, and says in its caption what it is of and what
//! is left out of it.
//!
//! Plotting libraries at hand put every line on whole pixels and measure text with whatever font the machine has. Here
//! the picture is laid out with the metrics of the bundled font, written by the `svg` crate and drawn by `resvg`.

mod against;
mod batches;
mod caption;
mod efficiency;
mod either;
mod figures;
mod font;
mod forest;
mod gallery;
mod group;
mod heat;
mod lanes;
mod lines;
mod look;
mod memory;
mod percentiles;
mod raster;
mod rows;
mod scale;
mod scene;
mod select;
mod sheet;
mod spread;
#[cfg(test)]
mod tests;
mod theme;
mod vector;

use std::fmt;

use crate::latency::Latencies;
use crate::summary::{MachineSummary, Summary};
use crate::timeline::Timeline;

pub use forest::forests;
pub use raster::ChartError;
pub use theme::Theme;

use gallery::{Gallery, Site};
pub(crate) use group::{Group, groups};
pub(crate) use look::{Look, Looks};
pub(crate) use scene::{Dash, Fill, Ink, Shape};
pub(crate) use theme::css;

use scene::Scene;

/// More groups or pairs of workloads than this are not drawn on one machine.
const GROUPS: usize = 6;
/// Of a study of many workloads, so many have charts of single requests.
const SINGLE: usize = 3;

/// The charts of a study, and those that it has not.
#[derive(Debug, Clone, PartialEq)]
pub struct Charts {
    /// In the order of a reader's questions, machine by machine.
    pub charts: Vec<Chart>,
    /// Charts that the study's workloads would allow, but its records do not.
    pub left_out: Vec<LeftOut>,
}

/// A chart that there is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The name that it would have.
    pub name: String,
    /// Why there is none.
    pub reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no chart {}: {}", self.name, self.reason)
    }
}

/// A chart, without the colours of a theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Stem of its files: small letters, digits, `.`, `_` and `-`; no two charts of a study have the same.
    pub name: String,
    /// Its title, which stands in it.
    pub title: String,
    /// Its caption, which stands in it: what the figures are, workload, machine, build, and what is left out and why.
    pub caption: String,
    /// What it shows, in a sentence with its extremes, for those who do not see it.
    pub alt: String,
    scene: Scene,
}

impl Chart {
    /// Width and height in CSS pixels.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        (self.scene.width, self.scene.height)
    }

    /// The chart as an SVG file.
    #[must_use]
    pub fn svg(&self, theme: Theme) -> String {
        vector::svg(&self.scene, &self.title, &self.alt, theme)
    }

    /// The same drawn as a PNG file, with two pixels for each of the SVG's, by the bundled font and no other: the same
    /// bytes on every machine.
    ///
    /// # Errors
    /// The chart is larger than a picture can be.
    pub fn png(&self, theme: Theme) -> Result<Vec<u8>, ChartError> {
        raster::png(&self.svg(theme))
    }

    /// Its files by name, as SVG and PNG for light and dark pages.
    ///
    /// # Errors
    /// As [`Chart::png`].
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>, ChartError> {
        let mut files = Vec::new();
        for theme in Theme::ALL {
            let svg = self.svg(theme);
            let png = raster::png(&svg)?;
            let [svg_ending, png_ending] = endings(theme);
            files.push((self.name.clone() + &svg_ending, svg.into_bytes()));
            files.push((self.name.clone() + &png_ending, png));
        }
        Ok(files)
    }
}

/// Whether a file of this name is a chart's.
pub(crate) fn is_file(name: &str) -> bool {
    Theme::ALL.into_iter().flat_map(endings).any(|ending| name.ends_with(&ending))
}

/// What stands behind a chart's name in those of its SVG and PNG.
fn endings(theme: Theme) -> [String; 2] {
    ["svg", "png"].map(|format| format!("-{}.{format}", theme.as_str()))
}

/// The charts of a study: each kind that its workloads allow, for each machine.
///
/// - makespan, excess and the like against concurrency, delay, requests or body, where workloads differ in that only;
/// - efficiency by model and concurrency, and memory against requests in flight;
/// - pairs of workloads: cold and warm connections, fixed delays and such that vary, one host and several;
/// - excess, CPU time and memory of each workload; of a study of many, four of them, evenly chosen;
/// - latencies and the timeline of one batch, for three workloads at most.
///
/// Whatever cannot be drawn is in [`Charts::left_out`] with the reason; what a chart lacks is in its caption.
#[must_use]
pub fn charts(summary: &Summary, latencies: &[Latencies], timelines: &[Timeline]) -> Charts {
    let looks = Looks::of(summary);
    let mut gallery = Gallery::default();
    for machine in &summary.machines {
        let site = Site { summary, machine, looks: &looks };
        let groups = group::groups(machine);
        compared(&mut gallery, site, &groups);
        figures::draw(&mut gallery, site, &groups);
        single(&mut gallery, site, latencies, timelines);
    }
    gallery.charts()
}

/// Workloads against each other.
fn compared(gallery: &mut Gallery, site: Site<'_>, groups: &[group::Group<'_>]) {
    for group in groups.iter().take(GROUPS) {
        against::draw(gallery, site, group);
        efficiency::draw(gallery, site, group);
    }
    memory::draw(gallery, site, groups);
    let pairs = group::pairs(site.machine);
    for pair in pairs.iter().take(GROUPS) {
        either::draw(gallery, site, pair);
    }
    for (what, count) in [("against", groups.len()), ("pairs", pairs.len())] {
        if count > GROUPS {
            gallery.without(site, &[what], format!("{GROUPS} of {count} groups of workloads are drawn"));
        }
    }
}

/// Single requests of some workloads.
fn single(gallery: &mut Gallery, site: Site<'_>, latencies: &[Latencies], timelines: &[Timeline]) {
    let MachineSummary { workloads, environment_id, .. } = site.machine;
    for place in select::evenly(workloads.len(), SINGLE) {
        let Some(workload) = workloads.get(place) else { continue };
        let here = |environment: &String, id: &String| environment == environment_id && *id == workload.id;
        let of: Vec<&Latencies> = latencies.iter().filter(|it| here(&it.environment_id, &it.workload)).collect();
        percentiles::draw(gallery, site, workload, &of);
        let of: Vec<&Timeline> = timelines.iter().filter(|it| here(&it.environment_id, &it.workload)).collect();
        batches::draw(gallery, site, workload, &of);
    }
    if workloads.len() > SINGLE {
        let reason = format!("single requests are drawn of {SINGLE} of {} workloads, evenly chosen", workloads.len());
        gallery.without(site, &["latency-and-timeline"], reason);
    }
}
