//! Tables of costs that were made up: sums, differences, and what is not known.

use inflight_record::costs::{
    Advisory, Build, ClientCrate, Costs, CrateCosts, Known, Package, Program, Release, SCHEMA_VERSION,
};

use super::table;
use crate::fixture::environment;
use crate::library::Library;
use crate::library::tests::{as_it_is, one};
use crate::publish::publish;
use crate::splice::splice;
use crate::style::Style;

const SECOND: u64 = 1_000_000_000;

fn known<T>(value: T) -> Known<T> {
    Known { value: Some(value), reason: None }
}

fn unknown<T>(reason: &str) -> Known<T> {
    Known { value: None, reason: Some(reason.to_owned()) }
}

fn package(name: &str, version: &str) -> Package {
    Package { name: name.to_owned(), version: version.to_owned() }
}

fn program(wall: u64, cpu: u64, mib: u64) -> Program {
    Program { build: Build { wall_ns: wall * SECOND, cpu_ns: cpu * SECOND }, binary_bytes: mib << 20 }
}

/// One crate about which all is known, and one about which little is.
pub(crate) fn costs() -> Costs {
    let base = CrateCosts {
        name: "inflight-model-base".to_owned(),
        models: vec!["base".to_owned(), "base/tuned".to_owned()],
        direct: vec![package("fetcher", "1.2.0")],
        all: vec![package("bits", "0.1.0"), package("fetcher", "1.2.0")],
        crates_alone: known(Build { wall_ns: 3 * SECOND, cpu_ns: 5 * SECOND }),
        worker: known(program(12, 20, 3)),
        code_lines: 80,
        client: ClientCrate {
            name: "fetcher".to_owned(),
            version: "1.2.0".to_owned(),
            last_release: known(Release { version: "1.3.0".to_owned(), date: "2026-01-02".to_owned() }),
        },
        advisories: known(vec![Advisory {
            id: "RUSTSEC-2026-0001".to_owned(),
            package: "bits".to_owned(),
            informational: Some("unmaintained".to_owned()),
            title: "Nobody is left".to_owned(),
        }]),
    };
    let other = CrateCosts {
        name: "inflight-model-other".to_owned(),
        models: vec!["other".to_owned()],
        crates_alone: unknown("cargo build: exit status: 101: no linker\nand more"),
        worker: unknown("cargo build: exit status: 101: no linker\nand more"),
        client: ClientCrate { last_release: unknown("fetcher: no index"), ..base.client.clone() },
        advisories: unknown("RustSec's database was not given: --advisory-db DIR"),
        ..base.clone()
    };
    Costs {
        schema_version: SCHEMA_VERSION,
        measured_at: "2026-01-03T04:05:06Z".to_owned(),
        environment: environment("e"),
        harness: program(10, 15, 2),
        advisory_database: unknown("RustSec's database was not given: --advisory-db DIR"),
        crates: vec![base, other],
    }
}

#[test]
fn a_row_says_what_a_crate_costs_and_what_is_not_known() {
    let text = table(&costs(), Style::Markdown);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let client = "fetcher 1.2.0 · 1.3.0 on 2026-01-02";
    let base = ["base (2 variants)", "1 · 2", "3.00 s · 5.00 s", "12.0 s · 20.0 s (+2.00 s · +5.00 s)"];
    assert_eq!(rows[2][..4], base);
    let advisories = "none · RUSTSEC-2026-0001 (bits: unmaintained)";
    assert_eq!(rows[2][4..], ["3.00 MiB (+1.00 MiB)", "80", client, advisories]);
    let nothing = "not known";
    assert_eq!(rows[3], ["other", "1 · 2", nothing, nothing, nothing, "80", "fetcher 1.2.0 · not known", nothing]);
    for part in [
        "the harness with no model, which takes 10.0 s · 15.0 s and 2.00 MiB of binary",
        "Not known: RustSec's database was not given: --advisory-db DIR; cargo build: exit status: 101: no linker; fetcher: no index.",
        "inflight 0.1.0 (abc) · 2026-01-03 · 1.95 · environment e",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn what_is_smaller_than_the_harness_has_its_sign() {
    let mut costs = costs();
    costs.harness = program(13, 25, 4);
    assert!(table(&costs, Style::Markdown).contains("12.0 s · 20.0 s (−1.00 s · −5.00 s) | 3.00 MiB (−1.00 MiB)"));
}

#[test]
fn a_marker_and_the_readme_of_a_directory_hold_the_same_table() {
    let results = one(as_it_is);
    let directory = results.path().join("2026-01-02-box");
    let marker = "x\n\n<!-- inflight:costs 2026-01-02-box -->\n<!-- /inflight -->\n";
    let library = Library::open(results.path()).unwrap();
    let faults = splice(marker, &library).faults;
    assert!(matches!(&faults[..], [one] if one.line == 3 && one.message.contains("costs.json")), "{faults:?}");

    costs().save(&directory.join("costs.json")).unwrap();
    let text = splice(marker, &library).text;
    let says = table(&costs(), Style::Markdown);
    assert_eq!(text, format!("x\n\n<!-- inflight:costs 2026-01-02-box -->\n{}\n<!-- /inflight -->\n", says.trim_end()));
    assert_eq!(splice(&text, &library).differences, []);
    let wide = splice(&marker.replace("box", "box wide"), &library).faults;
    assert!(wide[0].message.contains("no options"), "{wide:?}");

    publish(&directory).unwrap();
    let readme = std::fs::read_to_string(directory.join("README.md")).unwrap();
    assert!(readme.ends_with(&format!("\n## What a model costs before it runs\n\n{says}")), "{readme}");

    std::fs::write(directory.join("costs.json"), "{\"schema_version\": 7}").unwrap();
    let error = publish(&directory).unwrap_err().to_string();
    assert!(error.contains("schema_version 7 is unknown") && error.contains("measure again"), "{error}");
    assert_eq!(std::fs::read_to_string(directory.join("README.md")).unwrap(), readme, "nothing was written");
}
