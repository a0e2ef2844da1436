//! Descriptors and processes that can't be had for a while, or not so many.

use crate::support::{fan, has};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};

#[test]
fn more_files_are_allowed_where_they_are_needed_and_children_get_the_limit_as_it_was() {
    // All 8 wait at the gate, so all are there at once, with some six descriptors each.
    let script = "ulimit -Sn; cut -d' ' -f5 /proc/$$/stat | grep -cx $$; echo > here; read line < gate";
    let names: String = (1..=8).map(|at| format!("{at}\n")).collect();
    let fan = fan("run -j8").args(["--", "sh", "-c", script, "sh"]);
    let fan = fan
        .after("ulimit -Sn 34")
        .fifo("here")
        .fifo("gate")
        .stdout("34\n1\n".repeat(8))
        .stderr("");
    let (here, gate) = (fan.path("here"), fan.path("gate"));
    let mut running = fan.spawn();
    running.write(&names);
    // Open for both, so that neither ends between two of them.
    let open = |path| {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .expect("a FIFO")
    };
    assert_eq!(BufReader::new(open(here)).lines().take(8).count(), 8);
    let mut gate = open(gate);
    gate.write_all(&[b'\n'; 8]).expect("written");
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn fewer_workers_go_on_where_no_more_files_are_allowed() {
    let names: String = (1..=60).map(|at| format!("{at}\n")).collect();
    for limit in [28, 40] {
        for words in ["run -j8", "run -j8 --stdin", "run -j300"] {
            fan(words)
                .args(["--", "sh", "-c", "echo $1", "sh", "{}"])
                .file("names", &names)
                .stdin(&names)
                .after(&format!(
                    "for at in $(cat names); do > $at; done; ulimit -n {limit}"
                ))
                .stdout(&names)
                .says("too many open files: going on with ")
                .code(0);
        }
    }
}

#[test]
fn the_seats_of_many_workers_leave_descriptors_for_those_that_work() {
    let names: String = (1..=60).map(|at| format!("{at}\n")).collect();
    let touched = "for at in $(cat names); do > $at; done";
    for (workers, limit) in [(50, 60), (16, 24), (60, 100)] {
        for words in ["", "--stdin", "--out {}.out", "--merge cat"] {
            let words = format!("run -j{workers} {words}");
            let done = fan(&words)
                .args(["--", "sh", "-c", "echo $1", "sh", "{}"])
                .file("names", &names)
                .stdin(&names)
                .after(&format!("{touched}; ulimit -n {limit}"))
                .stdout(if words.contains("--out") { "" } else { &names })
                .says("too many open files: going on with ")
                .code(0);
            let said = done.err.lines().count();
            done.expect(said <= 3, "how many are left, at first and at last");
        }
    }
}

#[test]
fn a_directory_for_which_there_is_no_descriptor_is_listed_when_there_is_one() {
    if !has("strace") {
        return;
    }
    // Calls are counted for each thread: the main one tries twice, and the one that waits six times.
    let inject = "inject=openat:error=EMFILE:when=1..5";
    for words in ["map w", "map w/*/*/f --hidden", "map w/**/f", "run w -- cat"] {
        let fan = ["w/a/f", "w/b/c/f", "w/b/f", "w/d/e/f"]
            .iter()
            .fold(fan(words), |fan, name| fan.file(name, format!("{name}\n")));
        let mut strace = vec!["strace", "-f", "-qqq", "-o", "trace", "-P", "w/b"];
        strace.extend(["-e", "signal=none", "-e", "trace=openat", "-e", inject]);
        let all = match words {
            "map w/*/*/f --hidden" => "w/b/c/f\nw/d/e/f\n",
            _ => "w/a/f\nw/b/c/f\nw/b/f\nw/d/e/f\n",
        };
        let done = fan.under(&strace).stdout(all).code(0);
        done.expect(!done.err.contains("fanfold: "), "nothing said");
        let trace = std::fs::read_to_string(done.fan.path("trace")).expect("strace wrote it");
        done.expect(trace.matches("(INJECTED)").count() == 7, "seven refusals");
    }
}

#[test]
fn as_many_directories_are_listed_as_there_are_however_few_files_are_allowed() {
    let fan = fan("run -j4 w -- cat").after("ulimit -n 22");
    let names: Vec<_> = (100..300).map(|at| format!("{at}\n")).collect();
    names
        .iter()
        .fold(fan, |fan, name| fan.file(format!("w/{}/f", name.trim()), name))
        .stdout(names.concat())
        .code(0);
}

#[test]
fn without_files_for_one_child_it_is_said_which_could_not_be_started() {
    fan("run -j1")
        .args(["--", "true"])
        .stdin("a\n")
        .after("ulimit -n 12")
        .says("job 1 (a): can't start 'true': too many open files")
        .code(5);
}

#[test]
fn workers_leave_where_processes_are_too_few_and_others_do_their_jobs() {
    // Of another suite that runs beside this one, no process counts.
    let user = format!("--reuid={}", 100_000 + std::process::id());
    let nobody = ["setpriv", &user, "--clear-groups"];
    let allowed = has("setpriv") && has("bash") && {
        let mut try_it = std::process::Command::new(nobody[0]);
        try_it
            .args(&nobody[1..])
            .args([env!("CARGO_BIN_EXE_fanfold"), "list"]);
        try_it.output().is_ok_and(|done| done.status.success())
    };
    if !allowed {
        let _ = writeln!(std::io::stderr(), "skipped: another user can't run it");
        return;
    }
    // As many threads as there can be are started before the first child is.
    let names: String = (1..=20).map(|at| format!("{at}\n")).collect();
    // How many threads can be had, and so whether any has to leave, is up to the system.
    let few = "fanfold: too few processes can be had: going on with fewer workers";
    let known = |line: &str| line == few || line.contains(" of 8 workers could be started");
    for limit in [7, 8, 9] {
        let limited = format!("ulimit -u {limit}; exec \"$@\"");
        let under = [&nobody[..], &["bash", "-c", &limited, "bash"]].concat();
        let fan = fan("run -j8").args(["--", "sh", "-c", "echo $0"]);
        let done = fan.stdin(&names).under(&under).stdout(&names).code(0);
        done.expect(done.err.lines().all(known), "what there is too little of");
    }
}

/// Runs 30 short jobs of one worker while strace has calls of its thread fail.
fn injected(what: &str, words: &str) -> Option<crate::support::Fan> {
    let names: String = (1..=30).map(|at| format!("{at}\n")).collect();
    let inject = format!("inject={what}");
    has("strace").then(|| {
        fan(&format!("run -j1 {words}"))
            .args(["--", "echo"])
            .stdin(&names)
            .stdout(&names)
            .under(&[
                "strace",
                "-f",
                "-qqq",
                "-e",
                "signal=none",
                "-o",
                "trace",
                "-e",
                &inject,
            ])
    })
}

#[test]
fn processes_that_are_scarce_are_waited_for_and_no_try_is_lost() {
    // The main thread makes fewer than 10 threads; the worker's tenth child is hard to get.
    if let Some(fan) = injected("clone3,clone,vfork:error=EAGAIN:when=10..13", "") {
        let done = fan.stderr("").ok();
        let trace = std::fs::read_to_string(done.fan.path("trace")).expect("strace wrote it");
        done.expect(trace.matches("EAGAIN").count() >= 4, "four refusals");
    }
}

#[test]
fn a_program_that_is_being_written_is_waited_for() {
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
    let trace = File::open(running.path("trace")).expect("a FIFO");
    let mut calls = BufReader::new(trace).lines().map_while(Result::ok);
    assert!(calls.any(|call| call.contains("ETXTBSY")));
    drop(held);
    assert!(calls.any(|call| call.contains("./program") && call.contains("= 0")));
    calls.for_each(drop);
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn as_the_first_process_of_a_container_it_reaps_what_it_adopts() {
    let unshare = ["unshare", "-rpf", "--mount-proc"];
    let allowed = has("unshare") && {
        let mut try_it = std::process::Command::new(unshare[0]);
        try_it
            .args(&unshare[1..])
            .arg("true")
            .output()
            .is_ok_and(|done| done.status.success())
    };
    if !allowed {
        let _ = writeln!(std::io::stderr(), "skipped: no namespaces of our own are allowed");
        return;
    }
    // An orphan is adopted, and tail waits until its number is gone from the table of processes.
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
fn the_guardian_and_the_first_worker_are_waited_for() {
    if !has("strace") {
        return;
    }
    // The guardian is asked for in two ways at a time, and a thread by another call, where there is one.
    let refused = |calls: &str| format!("inject={calls}:error=EAGAIN:when=1..2");
    let mut strace = vec!["strace", "-qqq", "-o", "trace", "-e", "signal=none"];
    let injected = [refused("clone,fork,vfork"), refused("clone3")];
    strace.extend([
        "-e",
        "trace=clone,clone3,fork,vfork",
        "-e",
        &injected[0],
        "-e",
        &injected[1],
    ]);
    let fan = fan("run -j1 -a names -- echo")
        .under(&strace)
        .file("names", "a\nb\n");
    let done = fan.stdout("a\nb\n").stderr("").code(0);
    let trace = std::fs::read_to_string(done.fan.path("trace")).expect("strace wrote it");
    done.expect(trace.matches("(INJECTED)").count() >= 2, "refusals");
}
