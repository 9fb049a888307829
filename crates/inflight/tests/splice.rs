//! `inflight splice` from outside: files filled, checked, refused and left whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "cite/stage.rs"]
mod stage;

use std::fs;

use stage::{STUDY, Stage};

const STALE: &str = "# Small\n\nIt takes <!-- inflight:small/c1/sequential/makespan -->1 s<!-- /inflight -->, and\n\
                     <!-- inflight:small/c1/raw-epoll/makespan -->55.0 ms<!-- /inflight --> would do.\n";

/// What stands in each file, by path.
fn files(stage: &Stage, paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| fs::read_to_string(stage.path(path)).unwrap()).collect()
}

#[test]
fn numbers_are_checked_filled_and_right_from_then_on() {
    let stage = Stage::new();
    let stale = STALE.replace("and\n", "and ");
    let paths = ["README.md", "docs/more.md", "target/made.md", ".hidden/h.md", "node_modules/n.md", "docs/text.txt"];
    for path in paths {
        fs::create_dir_all(stage.path(path).parent().unwrap()).unwrap();
        fs::write(stage.path(path), &stale).unwrap();
    }
    fs::write(stage.path("docs/none.md"), "Nothing is measured here.\n").unwrap();
    let before = files(&stage, &paths);

    let output = stage.inflight(&["splice", "--check"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let line =
        |path| format!("{path}:3: small/c1/sequential/makespan: here stands \"1 s\", the records say \"60.0 ms\"\n");
    assert_eq!((output.status.code(), text), (Some(1), line("README.md") + &line("docs/more.md")));
    assert_eq!(files(&stage, &paths), before, "a check writes nothing");

    let output = stage.inflight(&["splice", "README.md"]);
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"README.md: small/c1/sequential/makespan\n".to_vec()));
    let after = files(&stage, &paths);
    assert_eq!((&after[0], &after[1..]), (&stale.replace("1 s", "60.0 ms"), &before[1..]));

    assert_eq!(stage.inflight(&["splice"]).status.code(), Some(0));
    assert_eq!(files(&stage, &paths)[1..], [&[after[0].clone()][..], &before[2..]].concat());
    let output = stage.inflight(&["splice", "--check"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));

    // What is right is not written again, not even the same.
    let modified = || fs::metadata(stage.path("README.md")).unwrap().modified().unwrap();
    let then = modified();
    assert!(stage.inflight(&["splice"]).stdout.is_empty());
    assert_eq!(modified(), then);
    let names = fs::read_dir(stage.path("")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.contains("unfinished")), "something unfinished is left");
}

#[test]
fn one_wrong_marker_and_no_file_is_written() {
    let stage = Stage::new();
    let fine = STALE.replace("and\n", "and ");
    let wrong =
        "x <!-- inflight:small/c1/sequential/makspan -->1 s<!-- /inflight -->\n\ny <!-- inflight:small/c1 -->\n";
    fs::write(stage.path("fine.md"), &fine).unwrap();
    fs::write(stage.path("wrong.md"), wrong).unwrap();
    let says = [
        "error: wrong.md:1: small/c1/sequential/makspan: there is no figure",
        "did you mean small/c1/sequential/makespan",
        "error: wrong.md:3: this marker is never closed",
    ];
    stage.refused(&["splice"], &says);
    stage.refused(&["splice", "--check", "wrong.md"], &says);
    assert_eq!(files(&stage, &["fine.md", "wrong.md"]), [fine.as_str(), wrong]);
    stage.refused(&["splice", "none.md"], &["none.md: No such file"]);
    stage.refused(&["splice", "--results", "nowhere"], &["nowhere: No such file"]);
    fs::write(stage.path("front.md"), STALE).unwrap();
    stage.refused(&["splice", "front.md"], &["front.md:4: small/c1/raw-epoll/makespan: a number cannot begin a line"]);
}

#[test]
fn a_summary_that_its_records_do_not_give_fails_the_check() {
    let stage = Stage::new();
    assert!(stage.inflight(&["summary", STUDY]).status.success());
    assert_eq!(stage.inflight(&["splice", "--check"]).status.code(), Some(0));
    let summary = stage.path(STUDY).join("summary.json");
    let text = fs::read_to_string(&summary).unwrap();
    fs::write(&summary, text.replacen("60000000", "50000000", 1)).unwrap();
    let output = stage.inflight(&["splice", "--check"]);
    let says = format!("{STUDY}/summary.json: not what the records give; `inflight summary {STUDY}` writes it again\n");
    assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap()), (Some(1), says));
}

#[cfg(unix)]
#[test]
fn a_linked_file_stays_a_link_and_keeps_its_permissions() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let stage = Stage::new();
    fs::create_dir(stage.path("docs")).unwrap();
    fs::write(stage.path("docs/it.md"), STALE.replace("and\n", "and ")).unwrap();
    fs::set_permissions(stage.path("docs/it.md"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("docs/it.md", stage.path("link.md")).unwrap();
    assert_eq!(stage.inflight(&["splice", "link.md"]).status.code(), Some(0));
    assert!(fs::symlink_metadata(stage.path("link.md")).unwrap().is_symlink());
    assert!(files(&stage, &["docs/it.md"])[0].contains("60.0 ms"));
    assert_eq!(fs::metadata(stage.path("docs/it.md")).unwrap().permissions().mode() & 0o777, 0o640);
}
