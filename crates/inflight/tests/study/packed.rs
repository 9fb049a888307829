//! Studies whose records are packed: read by every command, gone on with by none.

use std::fs;
use std::path::Path;

use crate::stage::{Stage, inflight, refused};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_packed_study_is_summed_up_merged_and_compared_but_not_gone_on_with() {
    let stage = Stage::new("");
    assert!(stage.run("--rounds 1").status.success());
    let out = stage.out();
    let (plain, packed) = (out.join("records.jsonl"), out.join("records.jsonl.zst"));
    let records = fs::read(&plain).unwrap();
    let summary = |out: &Path| inflight(&["summary", text(out), "--json"]);
    let before = summary(&out);
    assert!(before.status.success(), "{before:?}");

    let done = inflight(&["pack", text(&out)]);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && !plain.exists(), "{done:?}");
    let sizes =
        format!("records.jsonl.zst: {} B as lines, {} B packed (", records.len(), fs::metadata(&packed).unwrap().len());
    assert!(said.contains(&sizes), "{said}");
    assert!(String::from_utf8_lossy(&inflight(&["pack", text(&out)]).stdout).contains("(as it was before)"));
    assert_eq!(summary(&out).stdout, before.stdout);
    let table = inflight(&["table", text(&packed)]);
    assert!(table.status.success(), "{table:?}");

    let bytes = fs::read(&packed).unwrap();
    refused(&stage.run("--rounds 1 --resume"), &format!("inflight pack --unpack {}", text(&out)));
    refused(&stage.run("--rounds 1"), "holds a study already");
    let run = "run --requests 1 --concurrency 1 --delay 0 --models raw-epoll --out";
    refused(&inflight(&run.split(' ').chain([text(&plain)]).collect::<Vec<_>>()), "records.jsonl.zst is packed");
    assert_eq!((fs::read(&packed).unwrap() == bytes, plain.exists()), (true, false));
    fs::rename(out.join("study.jsonl"), stage.path().join("study.jsonl")).unwrap();
    refused(&stage.run("--rounds 1"), "holds records of something else");
    fs::rename(stage.path().join("study.jsonl"), out.join("study.jsonl")).unwrap();

    let merged = stage.path().join("merged");
    let output = inflight(&["merge", text(&out), "--out", text(&merged)]);
    assert!(output.status.success(), "{output:?}");
    assert!(fs::read(merged.join("records.jsonl")).unwrap() == records);

    fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
    refused(&summary(&out), "records.jsonl.zst: damaged or cut off");
    refused(&inflight(&["merge", text(&out), "--out", text(&stage.path().join("other"))]), "records.jsonl.zst");
    fs::write(&packed, &bytes).unwrap();

    let back = inflight(&["pack", "--unpack", text(&out)]);
    assert!(back.status.success() && !packed.exists(), "{back:?}");
    assert!(fs::read(&plain).unwrap() == records);
    assert!(stage.run("--rounds 1 --resume").status.success());
    fs::write(&packed, &bytes).unwrap();
    fs::write(&plain, [&records[..], b"{\"more\":1}\n"].concat()).unwrap();
    refused(&summary(&out), "holds both records.jsonl and records.jsonl.zst");
    refused(&inflight(&["pack", text(&out)]), "remove the one that is out of date");
    refused(&inflight(&["pack", text(stage.path())]), "holds no records.jsonl");
}
