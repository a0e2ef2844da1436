//! Processes and threads that can't be had for a while, or not so many.

use crate::support::{Fan, can, fan, fifo, has, strace};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Command;

#[test]
fn workers_exit_when_processes_are_too_few_and_others_do_their_jobs() {
    // A user of its own: the processes of another test run do not count against the limit.
    let user = format!("--reuid={}", 100_000 + std::process::id());
    let nobody = ["setpriv", &user, "--clear-groups"];
    let mut attempt = Command::new(nobody[0]);
    attempt
        .args(&nobody[1..])
        .args([env!("CARGO_BIN_EXE_fanfold"), "list"]);
    if !has("setpriv") || !has("bash") || !can(&mut attempt, "another user can't run fanfold") {
        return;
    }
    // fanfold starts as many threads as it can before the first child.
    let names: String = (1..=20).map(|at| format!("{at}\n")).collect();
    // The system decides how many threads there are, and so whether any worker has to exit.
    let few = "fanfold: cannot start more processes: continuing with fewer workers";
    let known = |line: &str| line == few || line.contains(" of 8 workers could be started");
    for limit in [7, 8, 9] {
        let limited = format!("ulimit -u {limit}; exec \"$@\"");
        let under = [&nobody[..], &["bash", "-c", &limited, "bash"]].concat();
        let fan = fan("run -j8").args(["--", "sh", "-c", "echo $0"]);
        let done = fan.stdin(&names).under(&under).stdout(&names).code(0);
        done.expect(done.err.lines().all(known), "what there is too little of");
    }
}

/// Prepares 30 short jobs on one worker, while strace makes calls of its thread fail.
fn injected_jobs(what: &str, words: &str) -> Option<Fan> {
    let names: String = (1..=30).map(|at| format!("{at}\n")).collect();
    let inject = format!("inject={what}");
    has("strace").then(|| {
        let fan = fan(&format!("run -j1 {words}"))
            .args(["--", "echo"])
            .stdin(&names)
            .stdout(&names);
        strace::inject(fan, &["-e", &inject])
    })
}

#[test]
fn a_shortage_of_processes_is_waited_out_and_costs_no_try() {
    // The main thread makes fewer than 10 threads; the worker's tenth child is hard to get.
    if let Some(fan) = injected_jobs("clone3,clone,vfork:error=EAGAIN:when=10..13", "") {
        let done = fan.stderr("").ok();
        let trace = strace::trace(&done);
        done.expect(trace.matches("EAGAIN").count() >= 4, "four refusals");
    }
}

#[test]
fn a_program_that_someone_writes_is_waited_for() {
    if !has("strace") {
        return;
    }
    let program = std::fs::read("/bin/true").expect("a program");
    let strace = ["strace", "-f", "-qqq", "-e", "trace=execve", "-o", "trace"];
    let fan = fan("run a").args(["--", "./program"]).file("program", program);
    let fan = fan.file("a", "").stderr("").under(&strace).fifo("trace");
    let path = fan.path("program");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("it is ours");
    let held = File::options().append(true).open(&path).expect("it is ours");
    let running = fan.spawn();
    let trace = fifo::reader(&running.path("trace"));
    let mut calls = BufReader::new(trace).lines().map_while(Result::ok);
    assert!(calls.any(|call| call.contains("ETXTBSY")));
    drop(held);
    assert!(calls.any(|call| call.contains("./program") && call.contains("= 0")));
    calls.for_each(drop);
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn as_the_first_process_of_a_container_fanfold_reaps_orphans() {
    let unshare = ["unshare", "-rpf", "--mount-proc"];
    let mut attempt = Command::new(unshare[0]);
    attempt.args(&unshare[1..]).arg("true");
    if !has("unshare") || !can(&mut attempt, "namespaces are not allowed") {
        return;
    }
    // fanfold adopts an orphan, and tail waits until its number is gone from the table of processes.
    let orphan = "sh -c 'sh -c \"echo \\$\\$ > pid\" &'; read pid < pid; tail --pid=$pid -s 0.05 -f /dev/null; \
                  echo $$ $1; exit $(($1 % 3))";
    let names: String = (1..=12).map(|at| format!("{at}\n")).collect();
    let done = fan("run -j1")
        .args(["--", "sh", "-c", orphan, "sh"])
        .stdin(&names)
        .fifo("pid")
        .under(&unshare)
        .says("8 of 12 jobs failed (exit 123)")
        .code(123);
    let printed = String::from_utf8_lossy(&done.out).into_owned();
    let jobs: Vec<_> = printed
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .collect();
    done.expect(jobs.join("\n") + "\n" == names, "each job's output");
    let own = |line: &str| line.split(' ').next().is_some_and(|pid| pid.len() < 4);
    done.expect(printed.lines().all(own), "small numbers: a namespace of its own");
}

#[test]
fn a_shortage_at_the_start_is_waited_out() {
    if !has("strace") {
        return;
    }
    // The guardian is started by one of two calls, and a thread by another call, if there is one.
    let refused = |calls: &str| format!("inject={calls}:error=EAGAIN:when=1..2");
    let mut options = vec!["strace", "-qqq", "-o", "trace", "-e", "signal=none"];
    let injected = [refused("clone,fork,vfork"), refused("clone3")];
    options.extend([
        "-e",
        "trace=clone,clone3,fork,vfork",
        "-e",
        &injected[0],
        "-e",
        &injected[1],
    ]);
    let fan = fan("run -j1 -a names -- echo")
        .under(&options)
        .file("names", "a\nb\n");
    let done = fan.stdout("a\nb\n").stderr("").code(0);
    let trace = strace::trace(&done);
    done.expect(trace.matches("(INJECTED)").count() >= 2, "refusals");
}
