//! What cannot be run, gone on with or read is refused with code 2, and what is on disk stays as it was.

use std::fs;

use crate::stage::{Stage, inflight, refused};

#[test]
fn wrong_study_files_are_refused_with_file_line_and_column() {
    let stage = Stage::new("roundz = 3\n");
    refused(&stage.run(""), "tiny.toml:5:1: a study has no key \"roundz\"; did you mean rounds?");
    let stage = Stage::with("", "[[workload]]\nrequests = 4\nconcurrency = 9\ndelay = \"2ms\"\n");
    refused(&stage.run(""), "tiny.toml:7:15: concurrency 9 is above the 4 requests");
    let stage = Stage::new("");
    let text = fs::read_to_string(stage.file()).unwrap();
    fs::write(stage.file(), text.replace("\"sequential\"", "\"sequentail\"")).unwrap();
    refused(&stage.run(""), "tiny.toml:2:24: no model is called \"sequentail\"; did you mean \"sequential\"?");
    fs::write(stage.file(), text.replace("\"sequential\"", "\"raw-epoll \"")).unwrap();
    refused(&stage.run(""), "tiny.toml:2:24: \"raw-epoll\" stands twice among the models");
    fs::write(stage.file(), text.replace("\"raw-epoll\", ", "")).unwrap();
    refused(&stage.run(""), "tiny.toml:3:12: the baseline \"raw-epoll\" is not among the models");
    fs::write(stage.file(), b"question = \"\xff\"").unwrap();
    refused(&stage.run(""), "tiny.toml");
    fs::remove_file(stage.file()).unwrap();
    refused(&stage.run(""), "tiny.toml");
    assert!(!stage.out().exists());
}

#[test]
fn wrong_arguments_are_refused() {
    let stage = Stage::new("");
    refused(&stage.run("--rounds 0"), "1 to 10000, or auto");
    refused(&stage.run("--precision 2%"), "belong to --rounds auto");
    refused(&stage.run("--rounds auto --precision 2"), "write it as 2%");
    refused(&stage.run("--rounds auto --shard 1/2"), "needs a number of rounds");
    refused(&stage.run("--workloads c7"), "no workload of the study is called \"c7\"");
    refused(&stage.run("--models sequential"), "must be among --models");
    refused(&stage.run("--models raw-epol"), "raw-epoll");
    refused(&stage.run("--shard 3/2"), "such as 2/3");
    assert!(!stage.out().exists());
}

#[test]
fn another_study_on_this_machine_is_not_disturbed() {
    let stage = Stage::new("");
    let lock = fs::File::create(stage.path().join("lock")).unwrap();
    lock.lock().unwrap();
    refused(&stage.run(""), "another study runs on this machine");
    assert!(!stage.out().exists());
    let waiting = stage
        .command_into(&stage.out(), "--rounds 1 --wait-lock")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(lock);
    assert!(waiting.wait_with_output().unwrap().status.success());
}

#[test]
fn a_directory_is_gone_on_with_only_as_it_was_begun() {
    let stage = Stage::new("");
    assert!(stage.run("--rounds 1 --resume").status.success(), "where there is nothing yet, it starts");
    let before = fs::read(stage.out().join("records.jsonl")).unwrap();
    refused(&stage.run("--rounds 1"), "holds a study already: go on with it by --resume");
    refused(&stage.run("--rounds 2 --resume"), "rounds: Fixed(1) then, Fixed(2) now");
    refused(&stage.run("--rounds 1 --shard 1/2 --resume"), "the part: the whole then, 1/2 now");
    refused(&stage.run("--rounds 1 --placement shared --resume"), "the placement: that of the file then, shared now");
    let study = fs::read_to_string(stage.file()).unwrap();
    fs::write(stage.file(), format!("# edited\n{study}")).unwrap();
    refused(&stage.run("--rounds 1 --resume"), "the study file: not the text of study.toml");
    fs::write(stage.file(), study).unwrap();

    let environments = stage.out().join("environments.jsonl");
    let environment = fs::read_to_string(&environments).unwrap();
    let commit = "\"commit\":\"";
    fs::write(&environments, environment.replace(commit, "\"commit\":\"other-")).unwrap();
    refused(&stage.run("--rounds 1 --resume"), "software.commit: \"other-");
    fs::write(&environments, environment.replace("\"cpu_model\":\"", "\"cpu_model\":\"other ")).unwrap();
    refused(&stage.run("--rounds 1 --resume"), "machine.cpu_model: \"other ");
    fs::write(&environments, &environment).unwrap();
    let manifest = fs::read_to_string(stage.out().join("study.jsonl")).unwrap();
    fs::write(stage.out().join("study.jsonl"), manifest.replace("\"binary_sha256\":\"", "\"binary_sha256\":\"0"))
        .unwrap();
    refused(&stage.run("--rounds 1 --resume"), "the binary: built again, or elsewhere");
    assert_eq!(fs::read(stage.out().join("records.jsonl")).unwrap(), before);
}

#[test]
fn a_half_written_line_is_cut_off_with_a_warning_and_run_again() {
    let stage = Stage::new("");
    assert!(stage.run("--rounds 1").status.success());
    let path = stage.out().join("records.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let last = whole.trim_end().rfind('\n').unwrap() + 1;
    fs::write(&path, &whole[..last + 200]).unwrap();
    refused(&inflight(&["summary", stage.out().to_str().unwrap()]), "records.jsonl:10");
    let output = stage.run("--rounds 1 --resume");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.contains("line 10 was cut off in the middle"), "{error}");
    assert_eq!(stage.keys(), stage.all_keys(0..1));
    assert!(fs::read_to_string(&path).unwrap().starts_with(&whole[..last]), "what was whole is untouched");
}

#[test]
fn damaged_records_are_named_by_line_and_left_as_they_are() {
    let stage = Stage::new("");
    assert!(stage.run("--rounds 1").status.success());
    let path = stage.out().join("records.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let third = whole.lines().nth(2).unwrap();
    let edited = |from: &str, to: &str| whole.replace(third, &third.replacen(from, to, 1));
    let twice = format!("{whole}{third}\n");
    let cases = [
        (edited("\"schema_version\":1", "\"schema_version\":7"), "records.jsonl:3: schema version 7"),
        (edited("\"round\":0", "\"round\":\"first\""), "records.jsonl:3: "),
        (edited("\"makespan_ns\":", "\"makespan\":"), "records.jsonl:3: this batch is ok, but has no makespan_ns"),
        (edited("\"arm\":\"", "\"arm\":\"un"), "records.jsonl:3: "),
        (edited("\"study_id\":\"", "\"study_id\":\"un"), "records.jsonl:3: "),
        (twice, "records.jsonl:11: "),
        (whole.replace(third, "hello"), "records.jsonl:3: "),
    ];
    for (text, says) in cases {
        fs::write(&path, &text).unwrap();
        refused(&inflight(&["summary", stage.out().to_str().unwrap()]), says);
        refused(&stage.run("--rounds 1 --resume"), says);
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{says}");
    }
    refused(&inflight(&["summary", stage.path().to_str().unwrap()]), "is no study");
    // Cut off at its end and damaged before: refused for the damage, and not even cut.
    let both = format!("{}{{\"schema", edited("\"round\":0", "\"round\":\"first\""));
    fs::write(&path, &both).unwrap();
    refused(&stage.run("--rounds 1 --resume"), "records.jsonl:3: ");
    assert_eq!(fs::read_to_string(&path).unwrap(), both);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let stage = Stage::new("");
    fs::write(stage.out(), "a file").unwrap();
    refused(&stage.run("--rounds 1"), "out");
    assert_eq!(fs::read_to_string(stage.out()).unwrap(), "a file");
    fs::remove_file(stage.out()).unwrap();
    fs::create_dir(stage.out()).unwrap();
    fs::write(stage.out().join("records.jsonl"), "{}\n").unwrap();
    refused(&stage.run("--rounds 1"), "holds records of something else");
    fs::remove_file(stage.out().join("records.jsonl")).unwrap();
    fs::write(stage.out().join("study.toml"), "mine").unwrap();
    refused(&stage.run("--rounds 1"), "is another study file");
    assert_eq!(fs::read_to_string(stage.out().join("study.toml")).unwrap(), "mine");
}

#[test]
fn a_full_disk_stops_the_study_and_nothing_on_it_is_damaged() {
    let stage = Stage::new("");
    let disk = stage.path().join("disk");
    fs::create_dir(&disk).unwrap();
    // A disk of 40 KiB: the manifest and a few records fit.
    let script = format!(
        "mount -t tmpfs -o size=40k none {disk} && {inflight} study {file} --out {disk}/out --lock {lock} --rounds 2; echo $?; cp -r {disk}/out {copy}",
        disk = disk.display(),
        inflight = env!("CARGO_BIN_EXE_inflight"),
        file = stage.file().display(),
        lock = stage.path().join("lock").display(),
        copy = stage.out().display()
    );
    let output = std::process::Command::new("unshare").args(["-rm", "/bin/sh", "-c", &script]).output();
    let Ok(output) = output.as_ref().map(|output| (output, String::from_utf8_lossy(&output.stderr))) else {
        println!("skipped: there is no unshare");
        return;
    };
    let (output, error) = output;
    if !stage.out().exists() {
        println!("skipped: the kernel lets us mount nothing: {error}");
        return;
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "2", "{error}");
    assert!(error.contains("disk/out/") && error.to_lowercase().contains("no space left"), "{error}");
    // What is there can be read, and gone on with elsewhere.
    assert!(!stage.records().is_empty() && stage.keys().is_subset(&stage.all_keys(0..2)));
    let more = stage.run("--rounds 2 --resume");
    assert!(more.status.success(), "{}", String::from_utf8_lossy(&more.stderr));
    assert_eq!(stage.keys(), stage.all_keys(0..2));
}
