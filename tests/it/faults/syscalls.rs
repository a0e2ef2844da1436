//! System calls that rarely fail: when one does, the output is right, or the exit code and a message say what
//! is wrong. fanfold never hangs, and never passes off a part of the output as the whole.

use crate::support::{Done, Fan, fan, has, strace};
use rustix::process::Signal;
use std::fs::OpenOptions;
use std::path::Path;

const NAMES: &str = "1\n2\n3\n4\n5\n6\n7\n8\n";

/// Prepares eight short jobs on two workers, with calls that fail.
fn jobs(inject: &str) -> Fan {
    let calls = inject.split(':').next().unwrap_or(inject);
    let (traced, inject) = (format!("trace={calls}"), format!("inject={inject}"));
    let fan = fan("run -j2").args(["--", "/bin/echo"]).stdin(NAMES);
    strace::inject(fan, &["-e", &traced, "-e", &inject])
}

/// Runs eight jobs whose standard output is a file, with writes to it that fail. Returns what the file holds,
/// too.
fn written(error: &str) -> Option<(Done, Vec<u8>)> {
    if !has("strace") {
        return None;
    }
    let fan = fan("run -j2").args(["--", "/bin/echo"]).stdin(NAMES);
    let path = fan.path("out");
    let file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(&path)
        .expect("a file");
    let shown = path.display().to_string();
    let inject = format!("inject=write:{error}");
    let fan = strace::inject(fan, &["-P", &shown, "-e", "trace=write", "-e", &inject]);
    let done = fan.stdout_to(file).spawn().wait();
    let out = std::fs::read(path).expect("it was made");
    done.expect(strace::failed_calls(&done) > 0, "calls that were made to fail");
    Some((done, out))
}

#[test]
fn output_that_cannot_be_written_is_exit_5_and_a_message() {
    for (error, text) in [
        ("ENOSPC", "no space left on device"),
        ("EIO", "input/output error"),
    ] {
        let Some((done, out)) = written(&format!("error={error}:when=2+")) else {
            return;
        };
        done.expect(done.status.code() == Some(5), "exit code 5");
        done.expect(done.err == format!("fanfold: standard output: {text}\n"), text);
        assert!(NAMES.as_bytes().starts_with(&out) && out.len() < NAMES.len());
    }
}

#[test]
fn interrupted_calls_are_repeated() {
    if let Some((done, out)) = written("error=EINTR:when=1+2") {
        done.expect(
            done.status.success() && out == NAMES.as_bytes(),
            "the output, whole",
        );
        for calls in [
            "poll,ppoll:error=EINTR:when=1+2",
            "wait4,waitid:error=EINTR:when=1+2",
        ] {
            let done = jobs(calls).stdout(NAMES).stderr("").ok();
            done.expect(strace::failed_calls(&done) > 0, "calls that were made to fail");
        }
    }
}

#[test]
fn a_call_that_fails_once_is_repeated_or_reported() {
    if !has("strace") {
        return;
    }
    let calls = [
        "pipe2:error=EMFILE",
        "clone3,clone,vfork:error=EAGAIN",
        "clone3,clone,vfork:error=ENOMEM",
        "poll,ppoll:error=ENOMEM",
        "pidfd_open:error=EMFILE",
        "eventfd2:error=EMFILE",
        "read:error=EIO",
    ];
    for call in calls {
        for at in [1, 2, 3, 5, 9] {
            let done = jobs(&format!("{call}:when={at}")).spawn().wait();
            let right = done.status.success() && done.out == NAMES.as_bytes();
            let told = done.status.code().is_some_and(|code| code != 0) && done.err.contains("fanfold: ");
            done.expect(
                right || told,
                &format!("{call}, call {at}: the output, or a word"),
            );
        }
    }
}

#[test]
fn a_short_shortage_of_processes_fails_no_job() {
    if !has("strace") {
        return;
    }
    for error in ["EAGAIN", "ENOMEM"] {
        for at in 1..=5 {
            // strace counts calls by thread, so every worker meets the failure.
            let call = format!("clone3,clone,vfork:error={error}:when={at}");
            let done = jobs(&call).stdout(NAMES).spawn().wait();
            let success = done.status.success() && !done.err.contains("failed");
            done.expect(success, &format!("{call}: success"));
        }
    }
}

#[test]
fn signals_work_when_no_thread_for_them_can_be_started() {
    if !has("strace") {
        return;
    }
    // The first threads are the one that finds inputs and the worker's.
    let inject = ["-e", "trace=clone3", "-e", "inject=clone3:error=EAGAIN:when=3+"];
    let fan = fan("run f --timeout 20s --shell").arg("kill -USR1 $PPID; kill -TERM $PPID; read line < never");
    let fan = strace::inject(fan.file("f", "").fifo("never"), &inject);
    let done = fan.spawn().wait();
    done.expect(strace::failed_calls(&done) > 0, "calls that were made to fail");
    done.expect(done.err.contains(" 1 running"), "how far it is");
    done.expect_death_by(Signal::TERM);
}

#[test]
fn a_named_directory_that_cannot_be_opened_is_an_unreadable_input() {
    if !has("strace") {
        return;
    }
    let told = "fanfold: no: permission denied\nfanfold: 1 of ";
    for (words, out, jobs) in [
        ("map no yes", "x\n", "2 jobs"),
        ("map no", "", "1 job"),
        ("map no --allow-empty", "", "1 job"),
        ("map no/*", "", "1 job"),
        ("map no/* yes/*", "x\n", "2 jobs"),
        ("map no/**/f --allow-empty", "", "1 job"),
    ] {
        let fan = fan(words).file("no/f", "x\n").file("yes/f", "x\n");
        let denied = "inject=openat:error=EACCES";
        strace::inject(
            fan,
            &["-P", "no", "-P", "no/", "-e", "trace=openat", "-e", denied],
        )
        .stdout(out)
        .says(&format!("{told}{jobs} failed (exit 3)\n"))
        .code(3);
    }
    // A directory that does not exist is another error.
    let fan = fan("map file/* gone/*").file("file", "");
    fan.says("file/*: no file matches").code(4);
}

#[test]
fn no_space_for_held_output_names_the_directory() {
    if !has("strace") {
        return;
    }
    // The second job's output does not fit into memory while the first is running.
    let text = "case $1 in a) read line < gate;; *) head -c 3000000 /dev/zero; echo > gate;; esac";
    let fan = fan("run -j2 --memory 1MiB --tmpdir spill")
        .file("spill/.keep", "")
        .fifo("gate");
    let fan = fan.args(["--", "sh", "-c", text, "sh"]);
    let fan = strace::inject(
        fan,
        &["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC"],
    );
    let mut running = fan.spawn();
    running.write("a\nb\n");
    let done = running.wait();
    done.expect(done.status.code() == Some(5), "exit code 5");
    done.expect(
        done.err
            .contains("spill: temporary file: no space left on device"),
        "the directory, named",
    );
    let left = std::fs::read_dir(done.fan.path("spill"))
        .expect("it is ours")
        .count();
    done.expect(left == 1, "no temporary file left");
}

#[test]
fn held_output_that_fills_a_real_disk_names_the_directory() {
    let Some(inside) = strace::small_disk() else {
        return;
    };
    let text = "case $1 in a) read line < gate;; *) head -c 3000000 /dev/zero; echo > gate;; esac";
    let fan = fan("run -j2 --memory 1MiB --tmpdir disk").fifo("gate");
    let fan = fan.args(["--", "sh", "-c", text, "sh"]).under(&inside);
    let mut running = fan.spawn();
    running.write("a\nb\n");
    let done = running.wait();
    done.expect(done.status.code() == Some(5), "exit code 5");
    done.expect(
        done.err.contains("disk: temporary file: no space left on device"),
        "the directory, named",
    );
    assert!(!Path::new("disk").exists());
}

#[test]
fn a_merge_that_fills_the_disk_names_the_file() {
    let Some(inside) = strace::small_disk() else {
        return;
    };
    for (words, merge, file) in [
        ("--tmpdir disk", "cat {}", "/fanfold-"),
        ("--tmpdir disk", "sh -c 'cat \"$@\"' sh {}", "/fanfold-"),
        ("--out disk/all", "cat {}", "/all: "),
        ("--out disk/all", "sh -c 'cat \"$@\"' sh {}", "/all: "),
    ] {
        let fan = fan(&format!("run -j1 {words} --merge")).arg(merge).under(&inside);
        // Two outputs fit on the disk; two of them twice do not, nor do three.
        let fan = fan
            .args(["--", "sh", "-c", "head -c 400000 /dev/zero", "sh"])
            .stdin("a\nb\n");
        let fan = if file == "/all: " {
            fan.stdin("a\nb\nc\n")
        } else {
            fan
        };
        let done = fan
            .stdout("")
            .says("no space left on device; nothing is printed")
            .code(5);
        done.expect(done.err.contains(file), "the file, named");
    }
}

#[test]
fn a_fold_that_fills_the_disk_names_the_directory() {
    let Some(inside) = strace::small_disk() else {
        return;
    };
    let fan = fan("run -j1 f --unique --memory 1MiB --tmpdir disk -- cat").under(&inside);
    let lines: String = (0..400_000_u64)
        .map(|n| format!("{}\n", n * 7919 % 1_000_003))
        .collect();
    let said = "fanfold: job 1 (f): the fold: disk: temporary file: no space left on device\n\
                fanfold: 1 of 1 job failed (exit 5)\n";
    fan.file("f", lines).stdout("").stderr(said).code(5);
}
