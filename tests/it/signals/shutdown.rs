//! Runs that end before their time: by a signal, without a reader, without room for the output.

use crate::support::{Fan, Running, assert_gone, fan, fifo, has, lives};
use rustix::process::Signal;
use std::fs::OpenOptions;
use std::os::unix::process::ExitStatusExt;

fn full() -> std::fs::File {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it")
}

/// Starts a run whose first job prints, and whose second executes `trap`, writes its pid and blocks for ever.
fn blocked(trap: &str) -> (Running, u32) {
    let script = format!("case $1 in a) echo done;; *) {trap} echo $$ > pid; read line < never;; esac");
    let fan: Fan = fan("run -j2")
        .args(["--", "sh", "-c", &script, "sh"])
        .fifo("pid")
        .fifo("inner")
        .fifo("never");
    let mut running = fan.spawn();
    running.write("a\nb\n");
    assert_eq!(running.line(), "done");
    let child = running.child_pid();
    assert!(lives(child));
    (running, child)
}

#[track_caller]
fn dies_by(running: Running, signal: Signal, child: u32) {
    let done = running.wait();
    done.expect_death_by(signal);
    done.expect(done.out == b"done\n", "the output of the finished job");
    done.expect(!lives(child), "no survivor");
}

#[test]
fn a_full_standard_output_is_exit_5() {
    fan("map a")
        .file("a", "x\n")
        .stdout_to(full())
        .stderr("fanfold: standard output: no space left on device\n")
        .code(5);
    fan("map a --count")
        .file("a", "x\n")
        .stdout_to(full())
        .stderr("fanfold: standard output: no space left on device\n")
        .code(5);
    fan("run a")
        .args(["--", "echo"])
        .file("a", "")
        .stdout_to(full())
        .stderr("fanfold: standard output: no space left on device\n")
        .code(5);
    fan("run a --dry-run")
        .args(["--", "echo"])
        .file("a", "")
        .stdout_to(full())
        .says("standard output: no space left")
        .code(5);
    fan("--help")
        .stdout_to(full())
        .says("standard output: no space left")
        .code(5);
    fan("list").stdout_to(full()).says("no space left").code(5);
}

#[test]
fn a_closed_standard_output_is_exit_5() {
    let closed = "fanfold: standard output: bad file descriptor\n";
    for words in [
        "map a",
        "map a --count",
        "map a --count -o csv",
        "run a -- echo",
        "run a --dry-run -- echo",
        "list",
        "man",
        "--help",
        "run --help",
    ] {
        fan(words)
            .file("a", "x\n")
            .after("exec >&-")
            .stderr(closed)
            .code(5);
    }
    // A command that prints nothing does not need it.
    fan("run a -- true").file("a", "").after("exec >&-").ok();
    fan("xargs --version")
        .after("exec >&-")
        .stderr("fanfold xargs: write error: Bad file descriptor\n")
        .code(1);
}

#[test]
fn commands_that_inherit_a_closed_stream_find_it_closed() {
    // Also when they are started in another way, because the limit of open files was raised.
    for limit in ["", "ulimit -Sn 11;"] {
        for words in ["run -u -j8", "xargs -P8 -n1"] {
            let says = "test -e /proc/self/fd/0 -a ! -e /proc/self/fd/1 && echo closed >&2";
            fan(words)
                .args(["--", "sh", "-c", says, "sh"])
                .stdin("1\n2\n3\n4\n5\n6\n7\n8\n")
                .after(&format!("exec >&-; {limit} :"))
                .stderr(&"closed\n".repeat(8))
                .code(0);
        }
    }
    let fails = fan("xargs echo").stdin("a\n").after("exec >&-");
    fails.says("Bad file descriptor").code(123);
    // Captured output is a pipe all the same.
    let job = "echo out; echo lost >&2";
    fan("run a b")
        .args(["--", "sh", "-c", job])
        .file("a", "")
        .file("b", "")
        .after("exec 2>&-")
        .stdout("out\nout\n")
        .code(0);
}

#[test]
fn a_closed_standard_error_loses_nothing_but_the_messages() {
    fan("map a b")
        .file("a", "x\n")
        .after("exec 2>&-")
        .stdout("x\n")
        .code(3);
    fan("run a -u")
        .args([
            "--",
            "sh",
            "-c",
            "echo lost >&2; echo out; test ! -e /proc/self/fd/2 && exit 3",
        ])
        .file("a", "")
        .after("exec 2>&-")
        .stdout("out\n")
        .code(123);
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let text = "line\n".repeat(100_000);
    for words in [
        "map a b c",
        "map a b c --grep line -j1",
        "run a b c -- cat",
        "run a b c -u -- cat",
        // The end of the reader is not a failure to retry.
        "run a b c -u --retries 9 --retry-delay 60s -- cat",
    ] {
        let fan = fan(words).file("a", &text).file("b", &text).file("c", &text);
        let mut running = fan.spawn();
        running.line();
        running.hang_up();
        let done = running.wait();
        done.expect_death_by(Signal::PIPE);
        done.expect(done.err.is_empty(), "no word about it");
    }
}

#[test]
fn commands_that_inherit_the_output_end_when_its_reader_does() {
    let names = "1\n".repeat(500);
    // Whether they die by the signal, or see the error and fail in their own way.
    for script in ["", "trap '' PIPE;"] {
        let script = format!("{script} echo out 2> /dev/null || exit 1; echo more 2> /dev/null");
        let fan = fan("run -u -j2").args(["--", "sh", "-c", &script, "sh"]);
        let mut running = fan.stdin(&names).spawn();
        running.write("1\n");
        running.line();
        running.hang_up();
        let done = running.wait();
        done.expect_death_by(Signal::PIPE);
        done.expect(done.err.is_empty(), "no word about it");
    }
    // With a reader, or with a file for the output, a failure is a failure.
    fan("run -u -- sh -c false")
        .stdin("a\n")
        .says("1 of 1 job failed")
        .code(123);
    fan("run -u -- sh -c false")
        .stdin("a\n")
        .stdout_to(full())
        .says("1 of 1 job failed")
        .code(123);
    // As GNU xargs does it.
    let mut running = fan("xargs -n1 yes").spawn();
    running.write("1\n");
    running.line();
    running.hang_up();
    let done = running.wait();
    done.expect(done.status.code() == Some(125), "exit 125");
    done.expect(
        done.err == "fanfold xargs: yes: terminated by signal 13\n",
        "what it says",
    );
}

#[test]
fn a_reader_that_goes_away_stops_commands_that_are_running() {
    // The first job goes on printing for ever; the second blocks for ever.
    let script = "case $1 in a) exec yes;; *) echo $$ > pid; read line < never;; esac";
    let fan = fan("run -j2")
        .args(["--", "sh", "-c", script, "sh"])
        .fifo("pid")
        .fifo("never");
    let mut running = fan.spawn();
    running.write("a\nb\n");
    let child = running.child_pid();
    assert_eq!(running.line(), "y");
    running.hang_up();
    let done = running.wait();
    done.expect_death_by(Signal::PIPE);
    done.expect(!lives(child), "no survivor");
}

#[test]
fn a_signal_is_passed_on_and_the_program_dies_by_it() {
    for signal in [Signal::INT, Signal::TERM] {
        let (running, child) = blocked("");
        running.signal(signal);
        dies_by(running, signal, child);
    }
}

#[test]
fn a_child_receives_the_signal_and_may_end_in_its_own_way() {
    let (running, child) = blocked("trap 'echo bye >&2; exit 0' TERM;");
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect_death_by(Signal::TERM);
    done.expect(!lives(child), "no survivor");
}

#[test]
fn a_second_signal_kills_children_that_ignore_the_first() {
    // The loop goes on when `read` is interrupted; the signal is ignored by its children too.
    let (running, child) = blocked("trap '' TERM INT;");
    running.signal(Signal::TERM);
    // The child stays until it is killed, so the second signal always finds it.
    running.signal(Signal::TERM);
    // Two pending signals of one kind are one: the third kind is sure to be the second.
    running.signal(Signal::INT);
    let done = running.wait();
    done.expect(
        matches!(done.status.signal(), Some(2 | 15)),
        "death by one of the signals",
    );
    done.expect(!lives(child), "no survivor");
}

#[test]
fn grandchildren_end_with_their_group() {
    let (running, child) = blocked(
        // Reading the FIFO waits for the grandchild.
        "{ sh -c 'echo $$ > inner; read line < never' & } ; cat inner > keep;",
    );
    let inner = std::fs::read_to_string(running.path("keep")).expect("a pid");
    let inner: u32 = inner.trim().parse().expect("a pid");
    running.signal(Signal::TERM);
    dies_by(running, Signal::TERM, child);
    // It was sent the signal before its parent was reaped, and dies by itself.
    assert_gone(&[inner], "the grandchild");
}

#[test]
fn a_map_ends_by_the_signal_too() {
    let mut running = fan("map").file("a", "x\n").spawn();
    running.write("a\n");
    assert_eq!(running.line(), "x");
    running.signal(Signal::TERM);
    // The list stays open.
    running.wait_open().expect_death_by(Signal::TERM);
}

#[test]
fn an_interrupted_fold_prints_nothing() {
    let fan = fan("map a pipe --count -j1").file("a", "x\n").fifo("pipe");
    let running = fan.spawn();
    // It has opened the FIFO, so the first file is done.
    let held = fifo::writer(&running.path("pipe"));
    running.signal(Signal::INT);
    drop(held);
    let done = running.wait();
    done.expect(
        done.status.signal() == Some(2) && done.out.is_empty() || done.status.success(),
        "no partial answer",
    );
}

#[test]
fn an_output_over_the_file_size_limit_is_exit_5_and_children_keep_the_limit() {
    let fan = fan("run a --out {}.out -- head -c 100000 /dev/zero").file("a", "");
    let done = fan.after("ulimit -f 10").says("a.out: file too large").code(5);
    let left = std::fs::read_dir(done.fan.dir()).expect("a directory").count();
    done.expect(left == 1, "no temporary file");
    let child = "exec head -c 100000 /dev/zero > $1";
    let fan = crate::support::fan("run a --").args(["sh", "-c", child, "sh", "{}.own"]);
    fan.file("a", "")
        .after("ulimit -f 10")
        .says("signal 25")
        .code(123);
}

#[test]
fn children_are_waited_for_though_sigchld_was_ignored_at_the_start() {
    if !has("perl") {
        return;
    }
    let ignoring = ["perl", "-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV or die"];
    let fan = fan("run -j2 -- echo").stdin("a\nb\nc\n").under(&ignoring);
    fan.stdout("a\nb\nc\n").ok();
}

#[test]
fn a_command_that_ignores_term_is_killed_when_nobody_reads_its_output() {
    let script = "trap '' TERM; [ $1 = b ] || echo $$ > pid; while :; do echo line; done";
    for mode in ["", "--line-buffer", "-j2 b --tag"] {
        let fan = fan("run a --kill-after 1000s").args(mode.split_whitespace());
        let fan = fan.args(["--shell", script]).file("a", "").file("b", "");
        let mut running = fan.fifo("pid").spawn();
        let child = running.child_pid();
        assert!(running.line().ends_with("line"));
        running.hang_up();
        let done = running.wait();
        done.expect(done.status.code().is_none() && done.err.is_empty(), "a quiet end");
        done.expect(!lives(child), "no survivor");
    }
}
