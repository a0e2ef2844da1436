//! Nothing that was started survives the run, whatever ends it and whatever the children do.

use crate::support::{Running, assert_gone, fan, fifo};
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;

/// What a child does before it blocks; each process of its group writes its number to `pids`.
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

/// Starts a run of two such children, and returns the numbers of all their processes.
fn started(kind: &str, script: &str, grace: &str) -> (Running, Vec<u32>) {
    let fan = fan("run -j2 --line-buffer --kill-after").args([grace, "--", "sh", "-c", script, "sh"]);
    let mut running = fan.fifo("pids").fifo("never").spawn();
    running.write("a\nb\n");
    let each = match kind {
        "double-forks" | "holds the pipe" => 2,
        _ => 1,
    };
    let pids = fifo::lines(&running.path("pids"), 2 * each);
    (running, pids.iter().map(|pid| number(pid)).collect())
}

fn number(text: &str) -> u32 {
    text.trim().parse().expect("a number")
}

fn ends_by(signal: Signal) {
    for (kind, script) in KINDS {
        // A child that obeys is not waited for until the grace is over: that would take too long.
        let grace = if kind == "ends" { "1h" } else { "100ms" };
        let (running, pids) = started(kind, script, grace);
        running.signal(signal);
        running.wait().expect_death_by(signal);
        assert_gone(&pids, &format!("{signal:?}, a child that {kind}"));
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
        let pids = fifo::both_ends(&fan.path("pids"));
        let done = fan
            .says("job 1 (a): 'sh' ran longer than 100ms and was killed")
            .code(123);
        // The processes that came far enough to write their numbers.
        rustix::io::ioctl_fionbio(&pids, true).expect("a FIFO");
        let numbers = BufReader::new(pids).lines().map_while(Result::ok);
        let pids: Vec<u32> = numbers.map(|line| number(&line)).collect();
        assert_gone(&pids, kind);
        drop(done);
    }
}

#[test]
fn nothing_survives_when_the_program_itself_is_killed() {
    for (kind, script) in KINDS {
        let script = format!("echo begun; {script}");
        let (mut running, pids) = started(kind, &script, "500ms");
        // Once both have printed, the program knows of both.
        assert_eq!([running.line(), running.line()], ["begun", "begun"]);
        running.signal(Signal::KILL);
        running.wait().expect_death_by(Signal::KILL);
        assert_gone(&pids, kind);
    }
}

#[test]
fn a_second_signal_kills_at_once() {
    let script = "trap '' INT TERM HUP; echo $$ > pids; read line < never";
    let fan = fan("run --kill-after 1h")
        .args(["--", "sh", "-c", script, "sh"])
        .fifo("pids")
        .fifo("never");
    let mut running = fan.spawn();
    running.write("a\n");
    let pid = fifo::pid(&running.path("pids"));
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
fn a_signal_that_is_ignored_stays_ignored() {
    stays_ignored("HUP", Signal::HUP);
    stays_ignored("INT", Signal::INT);
}

fn stays_ignored(name: &str, signal: Signal) {
    let fan = fan("run").args([
        "--",
        "sh",
        "-c",
        "echo started; read line < gate; echo $line",
        "sh",
    ]);
    let fan = fan.fifo("gate").after(&format!("trap '' {name}"));
    let gate = fan.path("gate");
    let mut running = fan.spawn();
    running.write("a\n");
    assert_eq!(running.line(), "started");
    running.signal(signal);
    running.signal(Signal::USR1);
    running.hears("1 running");
    fifo::write(&gate, "on\n");
    assert_eq!(running.line(), "on");
    let done = running.wait();
    done.expect(done.status.success(), "a run that goes on");
}
