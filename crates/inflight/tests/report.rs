//! `inflight report` on copies of the committed study: what is written, twice the same, and what odd records come to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use inflight_record::{ArmKind, Manifest, Outcome, Record, jsonl};

const STUDY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-21-2-cpu-vm/quick");

/// A copy of the committed study in `<temporary>/all/quick`, of its first rounds only.
struct Stage {
    directory: tempfile::TempDir,
}

impl Stage {
    fn new(rounds: u32) -> Self {
        let stage = Self { directory: tempfile::tempdir().unwrap() };
        let (from, to) = (Path::new(STUDY), stage.study());
        fs::create_dir_all(to.join("samples")).unwrap();
        for file in ["study.toml", "study.jsonl", "environments.jsonl"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        for entry in fs::read_dir(from.join("samples")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join("samples").join(entry.file_name())).unwrap();
        }
        fs::copy(from.join("records.jsonl"), to.join("records.jsonl")).unwrap();
        stage.records(|record| (record.round < rounds).then_some(record));
        stage
    }

    fn all(&self) -> PathBuf {
        self.directory.path().join("all")
    }

    fn study(&self) -> PathBuf {
        self.all().join("quick")
    }

    /// Changes or removes each record.
    fn records(&self, change: impl FnMut(Record) -> Option<Record>) {
        let path = self.study().join("records.jsonl");
        let records: Vec<Record> = jsonl::load(&path).unwrap();
        let lines = records.into_iter().filter_map(change).map(|it| serde_json::to_string(&it).unwrap() + "\n");
        fs::write(&path, lines.collect::<String>()).unwrap();
    }

    fn manifest(&self, change: impl FnOnce(&mut Manifest)) {
        let path = self.study().join("study.jsonl");
        let mut manifest: Manifest = jsonl::load(&path).unwrap().remove(0);
        change(&mut manifest);
        fs::write(path, serde_json::to_string(&manifest).unwrap() + "\n").unwrap();
    }

    fn readme(&self) -> String {
        fs::read_to_string(self.study().join("README.md")).unwrap()
    }
}

fn report(directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inflight")).arg("report").arg(directory).output().unwrap()
}

fn reported(directory: &Path) {
    let output = report(directory);
    assert!(output.status.success(), "{output:?}");
}

fn refused(directory: &Path, reason: &str) {
    let output = report(directory);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(reason), "{said}");
}

/// Every file below, by its path.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_report_is_whole_and_twice_the_same() {
    let stage = Stage::new(12);
    let before = files(&stage.all());
    reported(&stage.all());
    let once = files(&stage.all());
    assert!(before.iter().all(|(path, bytes)| once.get(path) == Some(bytes)), "records are left as they are");
    for file in ["page.html", "README.md", "quick/README.md", "quick/records.csv", "quick/summary.json"] {
        assert!(once.contains_key(&stage.all().join(file)), "{file} is not there");
    }
    let pictures = |ending: &str| once.keys().filter(|path| path.to_string_lossy().ends_with(ending)).count();
    let svgs = pictures("-light.svg");
    assert!(svgs >= 4, "only {svgs} charts");
    for ending in ["-dark.svg", "-light.png", "-dark.png"] {
        assert_eq!(pictures(ending), svgs, "{ending}");
    }
    // Every picture that the README shows is there.
    let readme = stage.readme();
    for shown in
        readme.split("charts/").skip(1).filter_map(|rest| rest.split('"').next()).filter(|it| it.ends_with(".svg"))
    {
        assert!(once.contains_key(&stage.study().join("charts").join(shown)), "{shown}");
    }
    assert!(readme.contains("Which models") || readme.contains("which models"), "{readme}");
    assert!(
        readme.contains("git checkout ") && readme.contains("inflight study benches/studies/quick.toml"),
        "{readme}"
    );

    fs::write(stage.study().join("charts/of-yesterday-light.svg"), "old").unwrap();
    reported(&stage.all());
    assert_eq!(files(&stage.all()), once, "other bytes, or an old chart is left");
}

#[test]
fn what_is_no_study_or_somebodys_own_is_left_alone() {
    let stage = Stage::new(1);
    refused(stage.directory.path(), "holds no study");
    refused(&stage.all().join("nowhere"), "nowhere");
    fs::write(stage.study().join("README.md"), "# Mine\n").unwrap();
    let before = files(&stage.all());
    refused(&stage.all(), "was not written by `inflight report`");
    refused(&stage.study(), "was not written by `inflight report`");
    assert_eq!(files(&stage.all()), before);
}

#[test]
fn files_of_somebody_else_stay() {
    let stage = Stage::new(1);
    reported(&stage.study());
    assert!(stage.study().join("page.html").exists());
    fs::write(stage.study().join("charts/photo.png"), "mine").unwrap();
    // What a merge was making when it was killed.
    let half = stage.all().join(".whole.1234.part");
    fs::create_dir(&half).unwrap();
    fs::copy(stage.study().join("study.jsonl"), half.join("study.jsonl")).unwrap();
    reported(&stage.all());
    assert_eq!(fs::read(stage.study().join("charts/photo.png")).unwrap(), b"mine");
    assert!(!stage.study().join("page.html").exists(), "a page of the study alone would keep its old figures");
    assert_eq!(fs::read_dir(&half).unwrap().count(), 1);
    for (name, text) in [("page.html", "<html>mine"), ("quick/records.csv", "my,own,table\n1,2,3\n")] {
        let path = stage.all().join(name);
        let ours = fs::read(&path).unwrap();
        fs::write(&path, text).unwrap();
        refused(&stage.all(), "was not written by `inflight report`");
        fs::write(&path, ours).unwrap();
    }
    let records = fs::File::open(stage.study().join("records.jsonl")).unwrap();
    records.lock().unwrap();
    refused(&stage.all(), "is being written");
}

#[test]
fn records_of_another_version_are_refused_by_their_line() {
    let stage = Stage::new(1);
    let path = stage.study().join("records.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"schema_version\":1", "\"schema_version\":99", 1)).unwrap();
    let before = files(&stage.all());
    refused(&stage.study(), "99");
    fs::write(&path, "").unwrap();
    reported(&stage.study());
    assert!(stage.readme().contains("No batch has been recorded yet"));
    assert!(before.len() < files(&stage.all()).len());
}

#[test]
fn failed_batches_alone_are_said_to_have_failed() {
    let stage = Stage::new(5);
    stage.records(|record| {
        Some(Record { outcome: Outcome::Failed, reason: Some("it broke | here".to_owned()), ..record })
    });
    reported(&stage.study());
    let readme = stage.readme();
    assert!(readme.contains("it broke") && readme.contains("5 failed"), "{readme}");
    assert!(!readme.contains("comes closest"), "{readme}");
}

#[test]
fn one_model_and_one_round_are_told_as_they_are() {
    let stage = Stage::new(1);
    stage.manifest(|manifest| manifest.arms.retain(|arm| arm.kind == ArmKind::Model && arm.arm == "tokio-reqwest"));
    stage.records(|record| (record.arm == "tokio-reqwest").then_some(record));
    reported(&stage.study());
    let readme = stage.readme();
    assert!(readme.contains("`tokio-reqwest`") && readme.contains("1 round"), "{readme}");
}

#[test]
fn unusual_names_break_neither_pictures_nor_tables_nor_the_page() {
    const ODD: &str = "ödd <img src=x onerror=alert(1)> \"|' &amp; ../..";
    let stage = Stage::new(5);
    stage.manifest(|manifest| {
        let arm = manifest.arms.iter_mut().find(|arm| arm.arm == "sequential").unwrap();
        (arm.arm, arm.model) = (ODD.to_owned(), ODD.to_owned());
    });
    stage.records(|mut record| {
        if record.arm == "sequential" {
            ODD.clone_into(&mut record.arm);
            ODD.clone_into(&mut record.model.card.id);
        }
        Some(record)
    });
    reported(&stage.study());
    for (path, bytes) in files(&stage.study()) {
        let text = String::from_utf8_lossy(&bytes);
        let ending = path.extension().unwrap_or_default();
        if ending == "svg" || ending == "html" {
            assert!(!text.contains("<img src=x"), "{}", path.display());
        }
        assert!(path.starts_with(stage.study()), "{}", path.display());
    }
    // A bar in a name would be a column of its own.
    let rows: Vec<String> = stage
        .readme()
        .lines()
        .filter(|line| line.contains("ödd") && line.starts_with('|'))
        .map(str::to_owned)
        .collect();
    assert!(rows.iter().all(|row| row.contains("\\|")), "{rows:?}");
}
