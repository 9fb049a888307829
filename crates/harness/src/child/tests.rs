//! Shells as children: what they print, how they end, and what is heard of it.

use super::*;

fn start(script: &str) -> Child {
    let cpus = allowed_cpus();
    Child::start(&Program::new("/bin/sh", &["-c", script]), &cpus, Arc::default()).unwrap()
}

fn line(child: &mut Child, seconds: u64) -> Result<String, Silence> {
    child.line(Instant::now() + Duration::from_secs(seconds), Duration::from_millis(5), || {})
}

fn end(child: &mut Child) -> String {
    match line(child, 30) {
        Err(Silence::Ended(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lines_are_heard_and_the_end_is_told() {
    let mut child = start("echo one; echo two; echo why >&2; exit 3");
    assert_eq!(line(&mut child, 30).unwrap(), "one");
    assert_eq!(line(&mut child, 30).unwrap(), "two");
    assert_eq!(end(&mut child), "exited with code 3; its last words: why");
}

#[test]
fn what_an_ended_child_printed_is_heard_before_its_end() {
    let mut child = start("seq 5000; exit 3");
    // Looks so often that it meets the child's end with lines in the pipe.
    let mut next = || child.line(Instant::now() + Duration::from_secs(30), Duration::ZERO, || {});
    for number in 1..=5000 {
        assert_eq!(next().unwrap(), number.to_string());
    }
    assert!(matches!(next(), Err(Silence::Ended(text)) if text == "exited with code 3"));
}

#[test]
fn an_end_that_is_near_is_waited_for() {
    let mut child = start("read line; kill -KILL $$");
    assert_eq!(child.ended_within(Duration::ZERO), None);
    child.write(|stdin| stdin.write_all(b"now\n"));
    assert_eq!(child.ended_within(Duration::from_secs(30)).unwrap(), "was ended by SIGKILL");
}

#[test]
fn a_grandchild_that_keeps_the_pipes_does_not_hide_the_end() {
    let mut child = start("sleep 60 & echo one; echo why >&2; exit 3");
    assert_eq!(line(&mut child, 30).unwrap(), "one");
    assert_eq!(end(&mut child), "exited with code 3; its last words: why");
}

#[test]
fn a_silent_child_meets_its_deadline() {
    let mut child = start("sleep 60");
    assert!(matches!(line(&mut child, 0), Err(Silence::Deadline)));
}

#[test]
fn a_dropped_child_takes_its_children_along() {
    let mut child = start("sleep 60 & echo $!; wait");
    let grandchild: u32 = line(&mut child, 30).unwrap().parse().unwrap();
    drop(child);
    for _ in 0..1000 {
        let status = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
        if status.is_empty() || status.contains(") Z") {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the grandchild lives on");
}

#[test]
fn a_child_that_does_not_read_holds_nobody_up() {
    let mut child = start("sleep 60");
    child.write(|stdin| stdin.write_all(&vec![b'x'; 10 << 20]));
    assert!(matches!(line(&mut child, 0), Err(Silence::Deadline)));
}

#[test]
fn children_run_where_they_are_put() {
    let cpu = allowed_cpus()[0];
    let program = Program::new("/bin/sh", &["-c", "grep Cpus_allowed_list /proc/self/status"]);
    let mut child = Child::start(&program, &[cpu], Arc::default()).unwrap();
    assert_eq!(line(&mut child, 30).unwrap().split_whitespace().last(), Some(cpu.to_string().as_str()));
}
