//! Nothing that was started survives the run, whatever ends it and whatever the children do.

use crate::support::{Running, fan};
use rustix::process::Signal;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// What a child does before it blocks; each process of its group says its number.
const KINDS: [(&str, &str); 5] = [
    ("ends", "echo $$ > pids; read line < never"),
    (
        "ignores",
        "trap '' INT TERM HUP; echo $$ > pids; read line < never",
    ),
    (
        "double-forks",
        "( sh -c 'trap \"\" INT TERM HUP; echo $$ > pids; read line < never' & ); echo $$ > pids; read line < never",
    ),
    (
        // The leader obeys at once; its child does not.
        "holds the pipe",
        "sh -c 'trap \"\" INT TERM HUP; echo $$ > pids; read line < never' & echo $$ > pids; read line < never",
    ),
    ("is stopped", "echo $$ > pids; kill -STOP $$; read line < never"),
];

/// Between the signal and KILL.
const GRACE: Duration = Duration::from_millis(500);

/// A run of two such children, and the numbers of all their processes.
fn started(kind: &str, script: &str) -> (Running, Vec<i32>) {
    let fan = fan("run -j2 --line-buffer --kill-after 500ms").args(["--", "sh", "-c", script, "sh"]);
    let fan = fan.fifo("pids").fifo("never");
    let pids = fan.path("pids");
    let mut running = fan.spawn();
    running.write("a\nb\n");
    let each = if kind.starts_with("double") || kind.starts_with("holds") {
        2
    } else {
        1
    };
    // Open for both, so that it does not end between two of them.
    let pids = OpenOptions::new()
        .read(true)
        .write(true)
        .open(pids)
        .expect("a FIFO");
    let lines = BufReader::new(pids).lines().take(2 * each);
    let number = |line: std::io::Result<String>| line.expect("read").trim().parse().expect("a number");
    (running, lines.map(number).collect())
}

/// The state of a process that is not dead.
fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let state = stat.rsplit(") ").next()?.chars().next()?;
    (!matches!(state, 'Z' | 'X')).then_some(state)
}

/// Waits until none of them lives: what was killed takes a moment to be gone.
fn assert_gone(pids: &[i32], what: &str) {
    let started = Instant::now();
    while let Some(pid) = pids.iter().find(|&&pid| state(pid).is_some()) {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{pid} survives: {what}"
        );
        std::thread::yield_now();
    }
}

fn ends_by(signal: Signal) {
    for (kind, script) in KINDS {
        let (running, pids) = started(kind, script);
        let sent = Instant::now();
        running.signal(signal);
        let done = running.wait();
        let (what, took) = (format!("{signal:?}, a child that {kind}"), sent.elapsed());
        done.expect(done.status.signal() == Some(signal.as_raw()), &what);
        done.expect(
            took < GRACE + Duration::from_secs(1),
            &format!("{what}: the end, not after {took:?}"),
        );
        if kind == "ends" {
            done.expect(
                took < GRACE,
                &format!("{what}: no grace for those who obey, {took:?}"),
            );
        }
        assert_gone(&pids, &what);
    }
}

#[test]
fn nothing_survives_int() {
    ends_by(Signal::INT);
}

#[test]
fn nothing_survives_term() {
    ends_by(Signal::TERM);
}

#[test]
fn nothing_survives_hup() {
    ends_by(Signal::HUP);
}

#[test]
fn nothing_survives_a_timeout() {
    for (kind, script) in KINDS {
        let fan = fan("run -j1 --timeout 100ms --kill-after 50ms a").file("a", "");
        let fan = fan
            .args(["--", "sh", "-c", script, "sh"])
            .fifo("pids")
            .fifo("never");
        let pids = OpenOptions::new()
            .read(true)
            .write(true)
            .open(fan.path("pids"))
            .expect("a FIFO");
        let done = fan
            .says("job 1 (a): 'sh' ran longer than 100ms and was killed")
            .code(123);
        // Whoever came so far as to say its number.
        rustix::io::ioctl_fionbio(&pids, true).expect("a FIFO");
        let numbers = BufReader::new(pids).lines().map_while(Result::ok);
        let pids: Vec<i32> = numbers
            .map(|line| line.trim().parse().expect("a number"))
            .collect();
        assert_gone(&pids, kind);
        drop(done);
    }
}

#[test]
fn nothing_survives_when_the_program_itself_is_killed() {
    for (kind, script) in KINDS {
        let script = format!("echo begun; {script}");
        let (mut running, pids) = started(kind, &script);
        // Then the program knows of both.
        assert_eq!([running.line(), running.line()], ["begun", "begun"]);
        running.signal(Signal::KILL);
        let done = running.wait();
        done.expect(done.status.signal() == Some(9), "death by KILL");
        assert_gone(&pids, kind);
    }
}

#[test]
fn a_second_signal_does_not_wait_for_the_grace() {
    let script = "trap '' INT TERM HUP; echo $$ > pids; read line < never";
    let fan = fan("run --kill-after 1h")
        .args(["--", "sh", "-c", script, "sh"])
        .fifo("pids")
        .fifo("never");
    let pids = fan.path("pids");
    let mut running = fan.spawn();
    running.write("a\n");
    let pid: i32 = std::fs::read_to_string(pids)
        .expect("a FIFO")
        .trim()
        .parse()
        .expect("a number");
    running.signal(Signal::INT);
    // Two pending signals of one kind are one.
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect(
        matches!(done.status.signal(), Some(2 | 15)),
        "death by one of them",
    );
    assert_gone(&[pid], "a child that ignores signals");
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let fan = fan("run").args([
        "--",
        "sh",
        "-c",
        "echo started; read line < gate; echo $line",
        "sh",
    ]);
    let fan = fan.fifo("gate").after("trap '' HUP");
    let gate = fan.path("gate");
    let mut running = fan.spawn();
    running.write("a\n");
    assert_eq!(running.line(), "started");
    running.signal(Signal::HUP);
    running.signal(Signal::USR1);
    running.hears("1 running");
    std::fs::write(gate, "on\n").expect("it is read");
    assert_eq!(running.line(), "on");
    let done = running.wait();
    done.expect(done.status.success(), "a run that goes on");
}
