//! How a run ends before its time: signals, a reader that goes away, a disk that is full.

use crate::support::{Fan, Running, fan, lives, send};
use rustix::process::Signal;
use std::fs::OpenOptions;
use std::io::Read;
use std::path::Path;

const INT: i32 = 2;
const PIPE: i32 = 13;
const TERM: i32 = 15;

fn full() -> std::fs::File {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it")
}

/// Waits until a child has written its pid into the FIFO.
fn pid(path: &Path) -> u32 {
    let mut text = String::new();
    let mut fifo = std::fs::File::open(path).expect("a FIFO");
    fifo.read_to_string(&mut text).expect("a pid");
    text.trim().parse().expect("a pid")
}

/// A run whose first job prints, and whose second says its pid and blocks for ever; with `trap`
/// before that.
fn blocked(words: &str, trap: &str) -> (Running, u32) {
    let script = format!("case $1 in a) echo done;; *) {trap} echo $$ > pid; read line < never;; esac");
    let fan: Fan = fan("run -j2").args(words.split_whitespace());
    let fan = fan
        .args(["--", "sh", "-c", &script, "sh"])
        .fifo("pid")
        .fifo("inner")
        .fifo("never");
    let mut running = fan.spawn();
    running.write("a\nb\n");
    assert_eq!(running.line(), "done");
    let child = pid(&running.path("pid"));
    assert!(lives(child));
    (running, child)
}

#[track_caller]
fn dies_by(running: Running, signal: i32, child: u32) {
    use std::os::unix::process::ExitStatusExt;
    let done = running.wait();
    done.expect(
        done.status.signal() == Some(signal),
        &format!("death by signal {signal}"),
    );
    done.expect(done.out == b"done\n", "what was finished, printed");
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
    // What prints nothing misses nothing.
    fan("run a -- true").file("a", "").after("exec >&-").ok();
    fan("xargs --version")
        .after("exec >&-")
        .stderr("fanfold xargs: write error: Bad file descriptor\n")
        .code(1);
}

#[test]
fn commands_that_inherit_a_closed_stream_find_it_closed() {
    // Also where they are started in another way, as the limit of open files was raised.
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
    // What is captured is a pipe all the same.
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
fn a_closed_standard_error_costs_the_messages_alone() {
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
    use std::os::unix::process::ExitStatusExt;
    let text = "line\n".repeat(100_000);
    for words in [
        "map a b c",
        "map a b c --grep line -j1",
        "run a b c -- cat",
        "run a b c -u -- cat",
        // Tries and a delay are not for that.
        "run a b c -u --retries 9 --retry-delay 60s -- cat",
    ] {
        let fan = fan(words).file("a", &text).file("b", &text).file("c", &text);
        let mut running = fan.spawn();
        running.line();
        running.hang_up();
        let done = running.wait();
        done.expect(done.status.signal() == Some(PIPE), "death by SIGPIPE");
        done.expect(done.err.is_empty(), "no word about it");
    }
}

#[test]
fn commands_that_inherit_the_output_end_with_its_reader() {
    use std::os::unix::process::ExitStatusExt;
    let names = "1\n".repeat(500);
    // Whether they die of it or are told, and fail in their own way.
    for script in ["", "trap '' PIPE;"] {
        let script = format!("{script} echo out 2> /dev/null || exit 1; echo more 2> /dev/null");
        let fan = fan("run -u -j2").args(["--", "sh", "-c", &script, "sh"]);
        let mut running = fan.stdin(&names).spawn();
        running.write("1\n");
        running.line();
        running.hang_up();
        let done = running.wait();
        done.expect(done.status.signal() == Some(PIPE), "death by SIGPIPE");
        done.expect(done.err.is_empty(), "no word about it");
    }
    // A failure is one as long as there is a reader, and where the output is a file.
    fan("run -u -- sh -c false")
        .stdin("a\n")
        .says("1 of 1 job failed")
        .code(123);
    fan("run -u -- sh -c false")
        .stdin("a\n")
        .stdout_to(full())
        .says("1 of 1 job failed")
        .code(123);
    // As GNU xargs has it.
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
    use std::os::unix::process::ExitStatusExt;
    // The first job goes on printing for ever; the second blocks for ever.
    let script = "case $1 in a) exec yes;; *) echo $$ > pid; read line < never;; esac";
    let fan = fan("run -j2")
        .args(["--", "sh", "-c", script, "sh"])
        .fifo("pid")
        .fifo("never");
    let mut running = fan.spawn();
    running.write("a\nb\n");
    let child = pid(&running.path("pid"));
    assert_eq!(running.line(), "y");
    running.hang_up();
    let done = running.wait();
    done.expect(done.status.signal() == Some(PIPE), "death by SIGPIPE");
    done.expect(!lives(child), "no survivor");
}

#[test]
fn a_signal_is_passed_on_and_the_program_dies_by_it() {
    for (signal, number) in [(Signal::INT, INT), (Signal::TERM, TERM)] {
        let (running, child) = blocked("", "");
        running.signal(signal);
        dies_by(running, number, child);
    }
}

#[test]
fn a_child_hears_the_signal_before_it_ends() {
    use std::os::unix::process::ExitStatusExt;
    let (running, child) = blocked("", "trap 'echo bye >&2; exit 0' TERM;");
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect(done.status.signal() == Some(TERM), "death by TERM");
    done.expect(!lives(child), "no survivor");
}

#[test]
fn a_second_signal_kills_children_that_ignore_the_first() {
    // The loop goes on when `read` is interrupted; the signal is ignored by its children too.
    let (running, child) = blocked("", "trap '' TERM INT;");
    running.signal(Signal::TERM);
    // It stays until it is killed, so the second signal always finds it.
    running.signal(Signal::TERM);
    // Two pending signals of one kind are one: the third kind is sure to be the second.
    running.signal(Signal::INT);
    use std::os::unix::process::ExitStatusExt;
    let done = running.wait();
    done.expect(
        matches!(done.status.signal(), Some(TERM | INT)),
        "death by one of the signals",
    );
    done.expect(!lives(child), "no survivor");
}

#[test]
fn grandchildren_end_with_their_group() {
    let (running, child) = blocked(
        "",
        // Reading the FIFO waits for the grandchild.
        "{ sh -c 'echo $$ > inner; read line < never' & } ; cat inner > keep;",
    );
    let inner = std::fs::read_to_string(running.path("keep")).expect("a pid");
    let inner: u32 = inner.trim().parse().expect("a pid");
    running.signal(Signal::TERM);
    dies_by(running, TERM, child);
    // It was sent the signal before its parent was reaped; it needs no one to die.
    while lives(inner) {
        std::thread::yield_now();
    }
}

#[test]
fn a_map_ends_by_the_signal_too() {
    use std::os::unix::process::ExitStatusExt;
    let mut running = fan("map").file("a", "x\n").spawn();
    running.write("a\n");
    assert_eq!(running.line(), "x");
    send(running.pid(), Signal::TERM);
    let done = running.wait_open();
    done.expect(
        done.status.signal() == Some(TERM),
        "death by TERM while the list is open",
    );
}

#[test]
fn a_fold_that_was_stopped_gives_no_answer() {
    use std::os::unix::process::ExitStatusExt;
    let fan = fan("map a pipe --count -j1").file("a", "x\n").fifo("pipe");
    let pipe = fan.path("pipe");
    let running = fan.spawn();
    // It opens the FIFO, so the first file is done.
    let held = OpenOptions::new().write(true).open(pipe).expect("a FIFO");
    running.signal(Signal::INT);
    drop(held);
    let done = running.wait();
    done.expect(
        done.status.signal() == Some(INT) && done.out.is_empty() || done.status.success(),
        "no part that could be taken for the whole",
    );
}

#[test]
fn a_file_that_may_not_grow_is_exit_5_and_children_find_the_limit_as_it_was() {
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
fn children_are_waited_for_where_they_were_to_be_forgotten() {
    if !crate::support::has("perl") {
        return;
    }
    let ignoring = ["perl", "-e", "$SIG{CHLD} = 'IGNORE'; exec @ARGV or die"];
    let fan = fan("run -j2 -- echo").stdin("a\nb\nc\n").under(&ignoring);
    fan.stdout("a\nb\nc\n").ok();
}

#[test]
fn a_command_that_ignores_term_does_not_write_on_for_nobody() {
    let script = "trap '' TERM; [ $1 = b ] || echo $$ > pid; while :; do echo line; done";
    for mode in ["", "--line-buffer", "-j2 b --tag"] {
        let fan = fan("run a --kill-after 1000s").args(mode.split_whitespace());
        let fan = fan.args(["--shell", script]).file("a", "").file("b", "");
        let mut running = fan.fifo("pid").spawn();
        let child = pid(&running.path("pid"));
        assert!(running.line().ends_with("line"));
        running.hang_up();
        let done = running.wait();
        done.expect(done.status.code().is_none() && done.err.is_empty(), "a quiet end");
        done.expect(!lives(child), "no survivor");
    }
}
