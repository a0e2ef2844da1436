//! Limits of open files: fewer descriptors than a run would like, for a while or to its end.

use crate::support::{fan, fifo, has};
use std::io::Write;

#[test]
fn the_limit_of_open_files_is_raised_for_fanfold_and_not_for_children() {
    // All 8 children wait at the gate, so all exist at once, with about six descriptors each.
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
    assert_eq!(fifo::lines(&here, 8).len(), 8);
    let mut gate = fifo::both_ends(&gate);
    gate.write_all(&[b'\n'; 8]).expect("written");
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn fewer_workers_go_on_when_the_limit_of_open_files_is_too_low() {
    let names: String = (1..=60).map(|at| format!("{at}\n")).collect();
    // 28 are too few from the start. With 40 they are too few only while jobs overlap.
    for (limit, said) in [(28, "too many open files: going on with "), (40, "")] {
        for words in ["run -j8", "run -j8 --stdin", "run -j300"] {
            fan(words)
                .args(["--", "sh", "-c", "echo $1", "sh", "{}"])
                .file("names", &names)
                .stdin(&names)
                .after(&format!(
                    "for at in $(cat names); do > $at; done; ulimit -n {limit}"
                ))
                .stdout(&names)
                .says(said)
                .code(0);
        }
    }
}

#[test]
fn idle_workers_leave_descriptors_to_those_that_work() {
    let names: String = (1..=60).map(|at| format!("{at}\n")).collect();
    let touched = "for at in $(cat names); do > $at; done";
    let going_on = "too many open files: going on with ";
    // 100 are too few for 60 workers only while jobs overlap.
    for (workers, limit, said) in [(50, 60, going_on), (16, 24, going_on), (60, 100, "")] {
        for words in ["", "--stdin", "--out {}.out", "--merge cat"] {
            let words = format!("run -j{workers} {words}");
            let done = fan(&words)
                .args(["--", "sh", "-c", "echo $1", "sh", "{}"])
                .file("names", &names)
                .stdin(&names)
                .after(&format!("{touched}; ulimit -n {limit}"))
                .stdout(if words.contains("--out") { "" } else { &names })
                .says(said)
                .code(0);
            let said = done.err.lines().count();
            done.expect(said <= 3, "how many are left, at first and at last");
        }
    }
}

#[test]
fn a_directory_is_listed_once_a_descriptor_is_free() {
    if !has("strace") {
        return;
    }
    // The thread that finds inputs tries six times.
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
        done.expect(trace.matches("(INJECTED)").count() == 5, "five refusals");
    }
}

#[test]
fn many_directories_are_listed_with_few_descriptors() {
    let fan = fan("run -j4 w -- cat").after("ulimit -n 22");
    let names: Vec<_> = (100..300).map(|at| format!("{at}\n")).collect();
    names
        .iter()
        .fold(fan, |fan, name| fan.file(format!("w/{}/f", name.trim()), name))
        .stdout(names.concat())
        .code(0);
}

#[test]
fn without_descriptors_for_one_child_the_job_is_named() {
    fan("run -j1")
        .args(["--", "true"])
        .stdin("a\n")
        .after("ulimit -n 12")
        .says("job 1 (a): can't start 'true': too many open files")
        .code(5);
}
