//! Whatever breaks gives a record with outcome and reason, and the models after it still run.

use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use inflight_record::{Flag, Outcome, Record};
use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stage::{SECOND, contender, inflight, run, script, workload};

type Test = fn() -> Result<(), Failed>;

pub fn tests() -> Vec<Trial> {
    let tests: [(&str, Test); 9] = [
        ("a_worker_killed_in_mid_batch_has_a_record", worker_killed),
        ("a_server_killed_in_mid_batch_has_a_record", server_killed),
        ("garbage_has_a_record", garbage),
        ("an_exit_code_has_a_record", exit_code),
        ("a_hang_meets_the_time_limit", hang),
        ("too_few_open_files_are_refused_by_name", few_files),
        ("too_few_ports_are_refused_by_name", few_ports),
        ("dropped_syns_raise_their_flag", dropped_syns),
        ("ctrl_c_keeps_the_records_and_exits_130", ctrl_c),
    ];
    tests.into_iter().map(|(name, test)| Trial::test(format!("trouble::{name}"), test)).collect()
}

/// Kills a process that this test's own driver has started, a little later.
fn kill_soon(pid: u32) {
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        // Where it has ended already, its record says so.
        let _ = kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGKILL);
    });
}

/// The contender in trouble and an honest one beside it, whichever comes first.
fn beside_an_honest_one(
    trouble: inflight_harness::plan::Contender,
    limit: Duration,
    on_start: impl FnMut(&str, u32, u32),
) -> Record {
    let name = trouble.arm.clone();
    let records = run(&workload(10, 10, SECOND), vec![trouble, contender("honest")], limit, on_start);
    assert_eq!(records[1].outcome, Outcome::Ok, "{:?}", records[1].reason);
    assert_eq!(records[0].arm, name);
    records.into_iter().next().unwrap()
}

const PATIENT: Duration = Duration::from_secs(60);

fn expect(record: &Record, outcome: Outcome, reason: &[&str]) -> Result<(), Failed> {
    let got = record.reason.as_deref().unwrap_or("no reason");
    if record.outcome != outcome || !reason.iter().all(|part| got.contains(part)) {
        return Err(
            format!("{} · {got:?}, expected {} naming {reason:?}", record.outcome.as_str(), outcome.as_str()).into()
        );
    }
    Ok(())
}

fn worker_killed() -> Result<(), Failed> {
    let mut victim = contender("honest");
    victim.arm = "victim".to_owned();
    let record = beside_an_honest_one(victim, PATIENT, |arm, _, worker| {
        if arm == "victim" {
            kill_soon(worker);
        }
    });
    expect(&record, Outcome::Failed, &["the worker was ended by SIGKILL", "of 10 answered"])
}

fn server_killed() -> Result<(), Failed> {
    let mut victim = contender("honest");
    victim.arm = "victim".to_owned();
    let record = beside_an_honest_one(victim, PATIENT, |arm, server, _| {
        if arm == "victim" {
            kill_soon(server);
        }
    });
    expect(&record, Outcome::Failed, &["the server", "SIGKILL"])
}

fn garbage() -> Result<(), Failed> {
    let record = beside_an_honest_one(script("garbage", "echo 'lorem ipsum'; sleep 60"), PATIENT, |_, _, _| {});
    expect(&record, Outcome::Failed, &["should have said hello", "lorem ipsum"])
}

fn exit_code() -> Result<(), Failed> {
    let record = beside_an_honest_one(script("exits", "echo 'out of luck' >&2; exit 3"), PATIENT, |_, _, _| {});
    expect(&record, Outcome::Failed, &["exited with code 3", "out of luck"])
}

fn hang() -> Result<(), Failed> {
    let records =
        run(&workload(10, 10, 0), vec![contender("hangs"), contender("honest")], Duration::from_secs(3), |_, _, _| {});
    assert_eq!(records[1].outcome, Outcome::Ok, "{:?}", records[1].reason);
    expect(&records[0], Outcome::Timeout, &["time limit of 3.0 s", "0 of 10 answered"])
}

/// `inflight run --json` with these arguments, under a shell that prepares something first.
fn inflight_after(shell: &[&str], prepare: &str, arguments: &str) -> Output {
    let script = format!("{prepare} exec \"$0\" run --json --rounds 1 {arguments}");
    let mut words = shell.to_vec();
    words.extend(["/bin/sh", "-c", &script]);
    Command::new(words[0]).args(&words[1..]).arg(inflight()).output().unwrap()
}

/// Runs what is behind it in a network namespace of its own.
const NAMESPACE: [&str; 4] = ["unshare", "--user", "--map-root-user", "--net"];

/// Whether this can be prepared under this shell.
fn is_possible(shell: &[&str], prepare: &str) -> bool {
    let possible =
        Command::new(shell[0]).args(&shell[1..]).args(["/bin/sh", "-c", &format!("{prepare} true")]).output();
    possible.is_ok_and(|output| output.status.success())
}

fn records(output: &Output) -> Vec<Record> {
    let text = String::from_utf8_lossy(&output.stdout);
    let records = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Record>>();
    assert!(!records.is_empty(), "{output:?}");
    records
}

fn of<'a>(records: &'a [Record], arm: &str) -> &'a Record {
    records.iter().find(|record| record.arm == arm).unwrap()
}

fn few_files() -> Result<(), Failed> {
    let output = inflight_after(
        &["env"],
        "ulimit -n 64;",
        "--requests 100 --concurrency 100 --delay 0 --models raw-epoll,sequential",
    );
    let records = records(&output);
    expect(of(&records, "raw-epoll"), Outcome::Failed, &["refused: open files", "is 64", "needs 100", "ulimit -n"])?;
    assert_eq!(of(&records, "sequential").outcome, Outcome::Ok, "{:?}", of(&records, "sequential").reason);
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

fn few_ports() -> Result<(), Failed> {
    // The range belongs to the network namespace, so it takes one of our own.
    let shell = NAMESPACE;
    let prepare = "ip link set lo up && echo '40000 40020' > /proc/sys/net/ipv4/ip_local_port_range &&";
    if !is_possible(&shell, prepare) {
        println!("skipped: this machine refuses network namespaces, or to change what holds in them");
        return Ok(());
    }
    let output =
        inflight_after(&shell, prepare, "--requests 100 --concurrency 100 --delay 0 --models raw-epoll,sequential");
    let records = records(&output);
    expect(of(&records, "raw-epoll"), Outcome::Failed, &["refused: ephemeral ports is 21", "needs 100"])?;
    assert_eq!(of(&records, "sequential").outcome, Outcome::Ok, "{:?}", of(&records, "sequential").reason);
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

fn dropped_syns() -> Result<(), Failed> {
    // The kernel counts them for the whole namespace: in one of its own they excuse no batch of another test.
    let (own, up) = (NAMESPACE, "ip link set lo up &&");
    let (shell, prepare): (&[_], _) = if is_possible(&own, up) { (&own, up) } else { (&["env"], "") };
    let output = inflight_after(
        shell,
        prepare,
        // Two fit into the queue; few enough beside them that TCP's ever longer waits do not add up.
        "--requests 6 --concurrency 6 --delay 0 --models raw-epoll \
         --server-argument=--backlog --server-argument=1 --server-argument=--pause-accept --server-argument=1.5s",
    );
    let records = records(&output);
    let record = of(&records, "raw-epoll");
    assert_eq!(record.outcome, Outcome::Ok, "{:?}", record.reason);
    assert!(
        record.flags.contains(&Flag::SynRetransmit) && record.flags.contains(&Flag::ListenOverflow),
        "{:?} {:?}",
        record.flags,
        record.network
    );
    assert!(!record.times_count() && record.makespan_ns.unwrap() > SECOND);
    assert_eq!(output.status.code(), Some(0));
    Ok(())
}

fn ctrl_c() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("records.jsonl");
    let child = Command::new(inflight())
        .args("run --requests 3 --concurrency 1 --delay 1s --rounds 100 --models sequential --out".split(' '))
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()?;
    // Until the first record is there and the second batch runs.
    while std::fs::read_to_string(&file).unwrap_or_default().lines().count() < 1 {
        thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let output = child.wait_with_output()?;
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let kept: Vec<Record> = inflight_record::jsonl::load(&file)?;
    assert!((1..100).contains(&kept.len()));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("sequential"));
    Ok(())
}
