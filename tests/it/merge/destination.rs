//! Merges beside their standard output: the file of `--out`, retries, and the messages at the end.

use crate::support::{Fan, fan, fifo, send};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;

/// Prepares a run that echoes names from a list and joins the outputs.
fn joined(words: &str) -> Fan {
    fan(&format!("run -j1 --arity 2 {words} --merge"))
        .arg("cat {}")
        .args(["--", "echo"])
}

#[test]
fn a_pipe_is_written_to_and_stays() {
    for link in [false, true] {
        let fan = joined("--out to").fifo("pipe");
        let fan = match link {
            true => fan.link("to", "pipe"),
            false => joined("--out to").fifo("to"),
        };
        let running = fan.stdin("a\nb\nc\n").spawn();
        let path = running.path("to");
        let reader = std::thread::spawn(move || fifo::read(&path));
        let done = running.wait();
        let read = reader.join().expect("no panic");
        done.expect(done.status.success() && read == "a\nb\nc\n", "all of it");
        let kind = fs::metadata(done.fan.path("to")).expect("there").file_type();
        done.expect(kind.is_fifo(), "still a FIFO");
    }
}

#[test]
fn a_device_is_written_to_and_stays() {
    let fan = joined("--out null");
    let mode = Mode::from_raw_mode(0o600);
    let made = mknodat(
        CWD,
        fan.path("null"),
        FileType::CharacterDevice,
        mode,
        makedev(1, 3),
    );
    if made.is_err() || fs::read(fan.path("null")).is_err() {
        return;
    }
    let done = fan.stdin("a\nb\n").stdout("").ok();
    let kind = fs::symlink_metadata(done.fan.path("null"))
        .expect("there")
        .file_type();
    done.expect(kind.is_char_device(), "still a device");
}

#[test]
fn what_can_only_be_a_directory_is_refused_before_the_first_job() {
    for name in ["d", "x/", "d/..", "l"] {
        let fan = fan("run -j1 --out").arg(name).args(["--merge", "cat {}"]);
        let fan = fan.file("d/a", "").link("l", "d").stdin("a\nb\n");
        let done = fan
            .args(["--", "touch"])
            .stdout("")
            .says("is a directory")
            .code(2);
        done.expect(!done.fan.path("a").exists(), "no job");
    }
}

#[test]
fn no_input_makes_an_empty_file_when_that_is_allowed() {
    let done = joined("--out all --allow-empty").ok();
    let all = fs::read(done.fan.path("all")).expect("it was made");
    done.expect(all.is_empty(), "nothing in it");
    let done = joined("--out all").says("no input").code(4);
    done.expect(!done.fan.path("all").exists(), "no file");
}

#[test]
fn a_failed_job_keeps_the_older_file() {
    let fan = fan("run -j1 --out all --merge")
        .arg("cat {}")
        .file("all", "before");
    let fan = fan.args(["--", "sh", "-c", "[ $1 != b ] && echo $1", "sh"]);
    let done = fan
        .stdin("a\nb\nc\n")
        .says("all: not written, because of what failed\n")
        .code(123);
    let all = fs::read(done.fan.path("all")).expect("it was there");
    done.expect(all == b"before", "what was there");
}

#[test]
fn tries_of_a_merge_are_reported() {
    fan("run -j1 --retries 2 --retry-delay 1ms --merge")
        .arg("false {}")
        .args(["--", "echo"])
        .stdin("1\n2\n")
        .stdout("")
        .stderr(concat!(
            "fanfold: merge of jobs 1 to 2: 'false' exited with status 1 (try 1 of 3)\n",
            "fanfold: merge of jobs 1 to 2: 'false' exited with status 1 (try 2 of 3)\n",
            "fanfold: merge of jobs 1 to 2: 'false' exited with status 1; nothing is printed\n",
            "fanfold: 1 merge failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn the_delay_before_a_try_of_a_merge_ends_with_the_run() {
    let fan = fan("run -j1 --retries 1 --retry-delay 1h --merge");
    let fan = fan.arg("sh -c 'echo >> tries; echo $$ > pid; exit 1' sh {}");
    let mut running = fan.args(["--", "echo"]).fifo("pid").spawn();
    running.write("1\n2\n");
    drop(running.take_stdin());
    running.child_pid();
    running.hears("(try 1 of 2)");
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect_death_by(Signal::TERM);
    let tries = fs::read_to_string(done.fan.path("tries")).expect("it was written");
    done.expect(tries == "\n", "one try, and none before the hour is over");
}

#[test]
fn failures_of_jobs_and_of_a_merge_are_counted_apart() {
    fan("run -j1 --arity 2 --merge")
        .arg("false {}")
        .args(["--", "sh", "-c", "[ $1 != b ]", "sh"])
        .stdin("a\nb\nc\n")
        .stdout("")
        .says("fanfold: 1 of 3 jobs and 1 merge failed (exit 123)\n")
        .code(123);
}

#[test]
fn a_process_that_a_merge_left_behind_is_reported() {
    let merge = "sh -c '{ read x < never; } & echo $! > pid; cat \"$@\"' sh {}";
    let done = fan("run -j1 --merge")
        .arg(merge)
        .fifo("never")
        .args(["--", "echo"])
        .stdin("1\n2\n")
        .stdout("1\n2\n")
        .stderr("fanfold: merge of jobs 1 to 2: a process that the command left behind holds its output; not waited for\n")
        .code(0);
    let pid = fs::read_to_string(done.fan.path("pid")).expect("it was written");
    let pid = pid.trim().parse().expect("a pid");
    send(pid, Signal::KILL);
}

#[test]
fn a_halted_run_says_that_its_answer_is_not_printed() {
    let ends_badly = "while read -r n; do echo $n; done; exit 9";
    for words in ["--count", "--merge cat"] {
        fan("run -j1 --halt soon --pool")
            .args(words.split(' '))
            .args(["--shell", ends_badly])
            .stdin("a\nb\n")
            .stdout("")
            .stderr(concat!(
                "fanfold: worker 1: 'sh' exited with status 9 after its last reply\n",
                "fanfold: the run was halted: the answer is not printed\n",
                "fanfold: 1 pool process failed (exit 124)\n",
            ))
            .code(124);
    }
}
