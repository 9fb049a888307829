//! `inflight study --watch`: all studies below a directory in one view, until they are done.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::ensure;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use inflight::study::estimate::spoken;
use inflight::study::watch::{Part, Place, Places, View};
use jiff::Timestamp;

use super::FINE;

/// How often a terminal is drawn anew.
const AGAIN: Duration = Duration::from_secs(2);

pub fn run(directory: &Path) -> anyhow::Result<u8> {
    let mut places = Places::new(directory);
    let mut look = || -> anyhow::Result<(String, bool)> {
        let found = places.look()?;
        ensure!(
            !found.is_empty(),
            "{} holds no study, and nor does a directory below it: `inflight study FILE --out` makes one",
            directory.display()
        );
        Ok(show(&found, Timestamp::now()))
    };
    let (mut text, mut done) = look()?;
    if !io::stdout().is_terminal() {
        super::print::print_line(&text)?;
        return Ok(FINE);
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout())
        .with_style(ProgressStyle::with_template("{msg}")?);
    while !done {
        bar.set_message(text);
        thread::sleep(AGAIN);
        (text, done) = look()?;
    }
    bar.finish_and_clear();
    super::print::print_line(&text)?;
    Ok(FINE)
}

/// A line for each part, and whether all of them are done.
fn show(places: &[&Place], now: Timestamp) -> (String, bool) {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["where", "part", "rounds", "batches", "ok", "failed", "limited", "flagged", "left", "state"]);
    let (mut done, mut all) = (0, 0);
    for place in places {
        let name = if place.name.is_empty() { "." } else { &place.name };
        if place.parts.is_empty() || place.fault.is_some() {
            let state = place.fault.as_deref().unwrap_or("not begun");
            table.add_row([name, "", "", "", "", "", "", "", "", state]);
            all += 1;
            continue;
        }
        for part in &place.parts {
            let view = part.view(now);
            table.add_row(row(name, part, &view));
            done += usize::from(view.is_done());
            all += 1;
        }
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if (2..8).contains(&place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    (format!("{}\n{done} of {all} done", table.trim_fmt()), done == all)
}

fn row(name: &str, part: &Part, view: &View) -> [String; 10] {
    let shard = part.manifest().shard.map_or_else(String::new, |shard| format!("{}/{}", shard.index, shard.of));
    let of = |(done, all): (u64, Option<u64>)| all.map_or_else(|| done.to_string(), |all| format!("{done}/{all}"));
    // The records say no more: whether somebody still runs it, they do not know.
    let state = match view.age {
        _ if view.is_done() => "done".to_owned(),
        Some(age) => format!("last record {} ago", spoken(age)),
        None => "no records yet".to_owned(),
    };
    let left = view.left.filter(|_| !view.is_done()).map_or_else(String::new, |left| format!("about {}", spoken(left)));
    let counts =
        [view.counts.ok, view.counts.failed, view.counts.limited, view.counts.flagged].map(|it| it.to_string());
    let [ok, failed, limited, flagged] = counts;
    [name.to_owned(), shard, of(view.rounds), of(view.batches), ok, failed, limited, flagged, left, state]
}
