//! One study on several machines: the same binary and file on each, each under its name, and seen from outside.

use inflight_record::{Environment, jsonl};

use crate::stage::{Stage, inflight, refused};

fn fingerprint(stage: &Stage) -> String {
    let output = inflight(&["study", stage.file().to_str().unwrap(), "--fingerprint"]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_machine_with_another_binary_study_or_commit_refuses() {
    let stage = Stage::new("");
    let submitted = fingerprint(&stage);
    let parts: Vec<&str> = submitted.split(':').collect();
    let [commit, binary, file] = parts[..] else { panic!("{submitted}") };
    for (expected, what) in [
        (format!("0:{binary}:{file}"), "the commit: 0 was submitted"),
        (format!("{commit}:0:{file}"), "the binary: 0 was submitted"),
        (format!("{commit}:{binary}:0"), "the study file: 0 was submitted"),
    ] {
        refused(&stage.run(&format!("--rounds 1 --expect {expected}")), what);
    }
    refused(&stage.run("--rounds 1 --expect abc"), "COMMIT:BINARY:FILE");
    assert!(!stage.out().exists());
    assert!(stage.run(&format!("--rounds 1 --expect {submitted}")).status.success());

    let study = std::fs::read_to_string(stage.file()).unwrap();
    std::fs::write(stage.file(), format!("# edited\n{study}")).unwrap();
    assert_ne!(fingerprint(&stage), submitted);
    refused(&stage.run(&format!("--rounds 1 --resume --expect {submitted}")), "the study file: ");
}

#[test]
fn a_fingerprint_is_of_a_study_that_can_be_run() {
    let stage = Stage::new("roundz = 3\n");
    refused(&inflight(&["study", stage.file().to_str().unwrap(), "--fingerprint"]), "tiny.toml:5:1");
    refused(&stage.run("--fingerprint"), "cannot be used with");
    refused(&inflight(&["study", stage.file().to_str().unwrap()]), "--out");
}

#[test]
fn equal_nodes_are_two_machines_by_their_names_and_one_without() {
    let stage = Stage::new("");
    let [n1, n2, a, b] = ["n1", "n2", "a", "b"].map(|name| stage.path().join(name));
    for (out, more) in [(&n1, "--node n1"), (&n2, "--node n2"), (&a, ""), (&b, "")] {
        assert!(stage.command_into(out, &format!("--rounds 1 {more}")).output().unwrap().status.success());
    }
    let merge = |parts: [&std::path::Path; 2], out: &str| {
        let out = stage.path().join(out);
        let arguments = [parts[0], parts[1]].map(|path| path.to_str().unwrap());
        let output = inflight(&["merge", arguments[0], arguments[1], "--out", out.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
        let environments: Vec<Environment> = jsonl::load(&out.join("environments.jsonl")).unwrap();
        let mut names: Vec<_> = environments.into_iter().map(|environment| environment.machine.node).collect();
        names.sort();
        (names, String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (names, told, notes) = merge([&n1, &n2], "apart");
    assert_eq!(names, [Some("n1".to_owned()), Some("n2".to_owned())]);
    assert!(told.contains("2 parts on 2 machines") && !notes.contains("taken for one"), "{told} {notes}");
    let (names, told, notes) = merge([&a, &b], "together");
    assert_eq!(names, [None]);
    assert!(told.contains("2 parts on 1 machines"), "{told}");
    assert!(notes.contains("taken for one machine") && notes.contains("--node NAME"), "{notes}");

    let again = |arguments| stage.command_into(&n1, arguments).output().unwrap();
    refused(&again("--rounds 1 --resume --node n2"), "machine.node: \"n1\" then, \"n2\" now");
    refused(&again("--rounds 1 --resume"), "machine.node: \"n1\" then, null now");
    assert!(again("--rounds 1 --resume --node n1").status.success());
    refused(&again("--node a/b"), "letters, digits, dots, dashes and underscores");
}

#[test]
fn studies_are_watched_without_being_touched() {
    let stage = Stage::new("");
    let [done, begun] = ["done", "begun"].map(|name| stage.path().join("fleet").join(name));
    let fleet = stage.path().join("fleet");
    let watch = || inflight(&["study", "--watch", fleet.to_str().unwrap()]);
    refused(&watch(), "fleet");
    for (out, more) in [(&done, "--shard 1/2"), (&begun, "--shard 2/2")] {
        assert!(stage.command_into(out, &format!("--rounds 2 {more}")).output().unwrap().status.success());
    }
    // Killed in the middle of a line, after the third.
    let records = begun.join("records.jsonl");
    let whole = std::fs::read_to_string(&records).unwrap();
    let third = whole.match_indices('\n').nth(2).unwrap().0;
    std::fs::write(&records, &whole[..third + 20]).unwrap();
    let hours_ago = std::fs::read_to_string(&records).unwrap().replace("\"started_at\":\"20", "\"started_at\":\"19");
    std::fs::write(&records, &hours_ago).unwrap();
    // Held as a study that runs holds it.
    let held = std::fs::File::open(&records).unwrap();
    held.lock().unwrap();

    let output = watch();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["where", "part", "rounds", "batches"]);
    assert_eq!(lines[1][..4], ["begun", "2/2", "0/1", "3/10"], "{text}");
    assert!(text.lines().nth(1).unwrap().contains("last record 8"), "a hundred years are some 876,000 hours: {text}");
    assert_eq!((&lines[2][..4], *lines[2].last().unwrap()), (&["done", "1/2", "1/1", "10/10"][..], "done"));
    assert_eq!(lines[3], ["1", "of", "2", "done"]);
    assert_eq!(std::fs::read_to_string(&records).unwrap(), hours_ago);
    refused(&inflight(&["study", stage.file().to_str().unwrap(), "--watch", "x"]), "cannot be used with");
}
