//! Driver, worker or server killed at any instant: the study goes on, and in the end nothing is lost or doubled.

use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::stage::Stage;

#[test]
fn killed_three_times_at_any_instant_it_is_complete_in_the_end() {
    for fault in 0..3 {
        survives(fault);
    }
}

/// Some four minutes: `cargo test -p inflight --test study -- --ignored`.
#[test]
#[ignore = "fifty faults take minutes"]
fn killed_fifty_times_at_any_instant_it_is_complete_in_the_end() {
    for fault in 0..50 {
        survives(fault);
    }
}

/// The states that a kill leaves for an instant only, made by hand.
#[test]
fn every_state_that_a_kill_can_leave_is_gone_on_from() {
    let stage = Stage::new("");
    assert!(stage.run("--rounds 1").status.success());
    let (records, samples) = (stage.out().join("records.jsonl"), stage.out().join("samples"));
    let whole = std::fs::read_to_string(&records).unwrap();
    let ends: Vec<usize> = whole.match_indices('\n').map(|(newline, _)| newline + 1).collect();
    let states: [(&str, &dyn Fn()); 6] = [
        ("samples are there, their record is not", &|| std::fs::write(&records, &whole[..ends[3]]).unwrap()),
        ("a record is there in part", &|| std::fs::write(&records, &whole[..ends[3] + 1]).unwrap()),
        ("the last record lacks its newline", &|| std::fs::write(&records, whole.trim_end()).unwrap()),
        ("samples are there in part", &|| {
            std::fs::write(&records, &whole[..ends[0]]).unwrap();
            std::fs::write(samples.join("part"), "x").unwrap();
        }),
        ("nothing but the manifest", &|| {
            std::fs::write(&records, "").unwrap();
            std::fs::remove_dir_all(&samples).unwrap();
        }),
        ("everything but the manifest", &|| {
            std::fs::write(&records, "").unwrap();
            std::fs::rename(stage.out().join("study.jsonl"), stage.out().join("study.jsonl.part")).unwrap();
        }),
    ];
    for (state, make) in states {
        make();
        let output = stage.run("--rounds 1 --resume");
        assert!(output.status.success(), "{state}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(stage.keys(), stage.all_keys(0..1), "{state}");
        for record in stage.records() {
            let kept = samples.join(format!("{}.zst", record.record_id));
            let lines = zstd::decode_all(std::fs::File::open(&kept).unwrap()).unwrap();
            assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 4, "{state}: {}", kept.display());
        }
    }
}

/// As a cluster ends a job: driver, worker and server are told so at once.
#[test]
fn told_to_end_with_all_its_children_it_puts_no_failure_on_record() {
    let stage = Stage::new("");
    for _ in 0..3 {
        let mut command = stage.command_into(&stage.out(), "--rounds 2 --resume");
        let driver = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let children = (0..10_000).find_map(|_| {
            thread::sleep(Duration::from_millis(1));
            Some(children(driver.id())).filter(|children| children.len() == 2)
        });
        let tell = |pid: u32, signal| {
            let _ = kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal);
        };
        // It sees nothing of its children's end before its own turn has come, however busy this machine is.
        tell(driver.id(), Signal::SIGSTOP);
        children.unwrap().into_iter().for_each(|pid| tell(pid, Signal::SIGTERM));
        tell(driver.id(), Signal::SIGTERM);
        tell(driver.id(), Signal::SIGCONT);
        let output = driver.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(stage.run("--rounds 2 --resume").status.success(), "{:?}", stage.records());
    assert_eq!(stage.keys(), stage.all_keys(0..2));
}

#[derive(Debug, Clone, Copy)]
enum Victim {
    Driver,
    Worker,
    Server,
}

/// Runs a study of two rounds in which a process is killed, once or more, and goes on until it is complete.
fn survives(fault: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(fault);
    let stage = Stage::new("");
    let victim = [Victim::Driver, Victim::Worker, Victim::Server][(fault % 3) as usize];
    let mut kills = 1 + random.next_u32() % 3;
    for attempt in 0.. {
        assert!(attempt < 10, "fault {fault}: not complete after {attempt} attempts");
        let mut command = stage.command_into(&stage.out(), "--rounds 2 --resume");
        let mut driver = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while kills > 0 && driver.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(u64::from(random.next_u32() % 1_500_000)));
            kills -= u32::from(strike(victim, &driver));
            if let Victim::Driver = victim {
                break;
            }
        }
        let output = driver.wait_with_output().unwrap();
        match output.status.code() {
            // 1: a batch whose worker or server was killed has failed, and is on record as such.
            Some(0 | 1) => break,
            None => {}
            Some(code) => panic!("fault {fault}, {victim:?}: {code}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
    assert_eq!(stage.keys(), stage.all_keys(0..2), "fault {fault}, {victim:?}");
    let kept = std::fs::read_dir(stage.out().join("samples")).unwrap();
    for entry in kept.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some()) {
        zstd::decode_all(std::fs::File::open(&entry).unwrap()).unwrap();
    }
}

/// Kills the victim, if it is there just now.
fn strike(victim: Victim, driver: &Child) -> bool {
    let word = match victim {
        Victim::Driver => return signal(driver.id()),
        Victim::Worker => "worker",
        Victim::Server => "serve",
    };
    let mut hit = false;
    for pid in children(driver.id()) {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if command.split(|byte| *byte == 0).nth(1) == Some(word.as_bytes()) {
            hit |= signal(pid);
        }
    }
    hit
}

/// The processes that this one has started.
fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let pids = threads.flat_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()
    });
    pids.collect()
}

fn signal(pid: u32) -> bool {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).is_ok()
}
