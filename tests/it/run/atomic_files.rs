//! The file that a job makes is complete or does not exist, whatever goes wrong.

use crate::support::{Fan, entries, fan, fan_out, fifo, gzip, has, holds, script};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

#[test]
fn missing_directories_are_made_and_a_file_that_was_there_is_replaced() {
    let fan = script("x/y/{/}/z/{/}", "", "echo new").file("x/y/a/z/a", "old and longer\n");
    let done = fan.stdin("a\nin/b\n").ok();
    holds(&done, "x/y/a/z/a", "new\n");
    holds(&done, "x/y/b/z/b", "new\n");
}

#[test]
fn a_new_file_has_ordinary_permissions() {
    for (mask, mode) in [("022", 0o644), ("077", 0o600), ("000", 0o666)] {
        let script = format!("umask {mask}; exec \"$0\" \"$@\"");
        let fan = fan("run --out out-{} -- echo {}").under(&["sh", "-c", &script]);
        let done = fan.stdin("a\n").ok();
        let found = fs::metadata(done.fan.path("out-a")).expect("it was made");
        let found = found.permissions().mode() & 0o7777;
        done.expect(found == mode, &format!("mode {mode:o}, not {found:o}"));
    }
}

#[test]
fn a_failed_job_leaves_no_file_and_keeps_an_older_one() {
    let fan = script("out/{}", "--failed failed", "seq 100000; [ $1 != b ]");
    let fan = fan.file("out/b", "old");
    let done = fan.stdin("a\nb\nc\n").says("job 2 (b)").code(123);
    done.expect(entries(&done, "out") == ["a", "b", "c"], "no other file");
    holds(&done, "out/b", "old");
    holds(&done, "failed", "b\n");
}

#[test]
fn only_the_successful_try_is_written() {
    let tries = "seq 50000; echo try $FANFOLD_TRY; [ $FANFOLD_TRY = 3 ]";
    let done = script("out/{}", "--retries 2", tries)
        .stdin("a\n")
        .says("try 1 of 3")
        .code(0);
    let expected: String = (1..=50_000).map(|n| format!("{n}\n")).collect();
    holds(&done, "out/a", expected + "try 3\n");
    done.expect(entries(&done, "out") == ["a"], "no other file");
}

#[test]
fn a_corrupt_file_gives_no_output_file() {
    let whole = gzip(&b"line\n".repeat(100_000));
    let fan = fan("map in --out out/{/.}").file("in/a.gz", &whole[..whole.len() / 2]);
    let done = fan.file("in/b.gz", &whole).says("in/a.gz: truncated").code(3);
    done.expect(entries(&done, "out") == ["b"], "only the whole one");
}

#[test]
fn a_job_ended_by_a_signal_leaves_nothing() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let block = "echo $1; case $1 in b) seq 100000; echo > ready; read line < block;; esac";
        let running = fan_listed("out/{}", block).fifo("ready").fifo("block").spawn();
        fifo::read(&running.path("ready"));
        let begun = fs::read_dir(running.path("out")).expect("made").count();
        assert_eq!(begun, 2, "a file and one that is not finished");
        running.signal(signal);
        let done = running.wait();
        done.expect(!done.status.success(), "death by the signal");
        done.expect(entries(&done, "out") == ["a"], "the finished one alone");
        holds(&done, "out/a", "a\n");
    }
}

/// Prepares the same as [`script`], with the names a, b and c from a file.
fn fan_listed(template: &str, script: &str) -> Fan {
    let fan = fan("run -a list -j1 --out").arg(template);
    let fan = fan.args(["--", "sh", "-c", script, "sh", "{}"]);
    fan.file("list", "a\nb\nc\n")
}

#[test]
fn a_blocked_worker_leaves_no_unfinished_file() {
    // The worker reads a FIFO that stays open, and to which nobody writes any more.
    let fan = fan("map -j1 a pipe --out out/{}").fifo("pipe");
    let running = fan.file("a", "A\n").spawn();
    let mut pipe = fifo::writer(&running.path("pipe"));
    // fanfold has read all but what the pipe and a buffer hold.
    pipe.write_all(&vec![b'x'; 8 << 20]).expect("taken");
    let begun = fs::read_dir(running.path("out")).expect("made").count();
    assert_eq!(begun, 2, "a file and one that is not finished");
    running.signal(rustix::process::Signal::TERM);
    let done = running.wait();
    drop(pipe);
    done.expect(entries(&done, "out") == ["a"], "the finished one alone");
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_removed() {
    // Files may have 512 * 100 bytes; the signal for larger ones is ignored.
    let limit = "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"";
    let fan = script("out/{}", "-j1", "seq 100000").under(&["sh", "-c", limit]);
    let done = fan.stdin("a\n").says("out/a: file too large").code(5);
    done.expect(entries(&done, "out").is_empty(), "no file");
    let fan = fan_out("d/{}")
        .file("d", "")
        .stdin("a\n")
        .says("d/a: not a directory");
    fan.code(5);
}

/// Runs with a system call that fails the `when`th time; these files are left.
fn injected(call: &str, error: &str, when: u32, left: &[&str]) {
    let inject = format!("inject={call}:error={error}:when={when}");
    let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
    let fan = script("out/{}", "-j1 --retries 2", "seq 50000").under(&words);
    let done = fan.file("out/b", "old").stdin("a\n").says("out/a: ").code(5);
    let all = entries(&done, "out");
    let expected: Vec<&str> = left.iter().copied().chain(["b"]).collect();
    done.expect(all == expected, &format!("{expected:?} after {call} {when}"));
    done.expect(done.err.contains("job 1 (a): out/a: "), "the file named");
}

#[test]
fn a_failing_call_is_reported_and_leaves_no_partial_file() {
    if !has("strace") {
        return;
    }
    injected("fsync", "EIO", 1, &[]);
    // The second call is for the directory: the file is complete, but a loss of power may undo it.
    injected("fsync", "EIO", 2, &["a"]);
    injected("?rename,?renameat,?renameat2", "EIO", 1, &[]);
    injected("?rename,?renameat,?renameat2", "ENOSPC", 1, &[]);
}

#[test]
fn a_full_disk_is_reported_and_leaves_no_partial_file() {
    if !has("strace") {
        return;
    }
    // The fourth write of each thread: that of the worker is in the middle of the file; the main thread has
    // fewer.
    let inject = "inject=write:error=ENOSPC:when=4";
    let words = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "trace",
        "-e",
        "trace=write",
        "-e",
        inject,
    ];
    let fan = fan("map a -j1 --out out/{}").file("a", "line\n".repeat(400_000));
    let done = fan
        .under(&words)
        .says("job 1 (a): out/a: no space left on device")
        .code(5);
    done.expect(entries(&done, "out").is_empty(), "no file");
    let trace = fs::read_to_string(done.fan.path("trace")).expect("a trace");
    assert!(
        trace.contains("ENOSPC (No space left on device) (INJECTED)"),
        "{trace}"
    );
}

#[test]
fn a_file_is_synced_before_its_rename_and_the_directory_after_it() {
    if !has("strace") {
        return;
    }
    let words = [
        "strace",
        "-f",
        "-qq",
        "-y",
        "-o",
        "trace",
        "-e",
        "trace=fsync,?rename,?renameat,?renameat2",
    ];
    let fan = fan_out("new/out/{}").under(&words).stdin("a\n");
    let done = fan.ok();
    let trace = fs::read_to_string(done.fan.path("trace")).expect("a trace");
    let calls: Vec<&str> = trace.lines().filter(|line| line.contains("= 0")).collect();
    let is = |line: &str, call: &str, end: &str| line.contains(call) && line.contains(end);
    done.expect(calls.len() == 5, &format!("five calls: {trace}"));
    // In order: the new directories, the file, its rename, and its directory.
    done.expect(calls[..2].iter().all(|call| call.contains("fsync")), &trace);
    done.expect(is(calls[2], "fsync", "/out/.a.fanfold-"), &trace);
    done.expect(
        is(calls[3], "rename", "/out/.a.fanfold-") || is(calls[3], "rename", ".a.fanfold-"),
        &trace,
    );
    done.expect(is(calls[4], "fsync", "/new/out>"), &trace);
}

#[test]
fn an_output_is_a_new_file_and_links_to_the_old_one_keep_it() {
    let fan = fan_out("o/{}").file("o/a", "old");
    fs::hard_link(fan.path("o/a"), fan.path("kept")).expect("a link");
    let before = inode(&fan.path("o/a"));
    let done = fan.stdin("a\n").ok();
    holds(&done, "kept", "old");
    holds(&done, "o/a", "a\n");
    done.expect(inode(&done.fan.path("o/a")) != before, "a new file");
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).expect("it is there").ino()
}
