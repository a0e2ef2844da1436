//! Merges that are connected by pipes, and outputs that are larger than a pipe.

use super::{left, sorted, sorting};
use crate::support::{fan, fifo, lives, oracle};
use rustix::process::Signal;
use std::fs::File;

#[test]
fn merges_that_read_once_are_connected_by_pipes() {
    let script = r#"echo "$@" >> given; exec "$SORT" "$@""#;
    for (workers, merge, piped) in [
        (2, "sort -m {}", true),
        (1, "sort -m {}", false),
        (2, "sort -m -o {}", false),
    ] {
        let words = format!("run d -j{workers} --arity 3 --tmpdir tmp --merge");
        let merge = merge.replace("-o", "-s --parallel=1");
        let fan = sorted(fan(&words).arg(merge).file("tmp/.keep", ""), 40);
        let fan = sorting(fan, script);
        let expected = oracle(fan.dir(), "/usr/bin/sort d/*", &[]);
        let done = fan.args(["--", "cat"]).stdout(expected).ok();
        let given = std::fs::read_to_string(done.fan.path("given")).expect("it was run");
        done.expect(given.contains("/dev/fd/") == piped, &given);
        let files = |line: &str| {
            line.split(' ')
                .filter(|word| word.starts_with('/') || word.starts_with("tmp/"))
                .count()
        };
        done.expect(given.lines().all(|line| (2..=3).contains(&files(line))), &given);
        done.expect(left(&done.fan.path("tmp")) == 0, "no temporary file left");
    }
}

#[test]
fn a_merge_that_fails_also_fails_the_one_that_reads_it() {
    let script = r#""$SORT" "$@"; [ ! -p /dev/stdout ] || [ -e tried ] || { touch tried; exit 7; }"#;
    let names: String = (10..50).map(|at| format!("{at}\n")).collect();
    let fan_of = |words: &str| {
        let fan = fan(&format!("run -j2 --arity 3 {words} --merge"));
        let fan = sorting(fan.arg("sort -m {}"), script).stdin(&names);
        fan.args(["--", "echo"])
    };
    fan_of("")
        .stdout("")
        .says("fanfold: merge of jobs 1 to 40: 'sort' exited with status 7; nothing is printed\n")
        .code(123);
    let told = "'sort' exited with status 7 (try 1 of 2)\n";
    fan_of("--retries 1").stdout(&names).says(told).code(0);
}

#[test]
fn a_merge_that_fails_ends_those_that_write_to_it() {
    let script = r#"case "$*" in */dev/fd/*) exit 3;; esac; exec "$SORT" "$@""#;
    let fan = sorting(fan("run -j2 --arity 3 --merge").arg("sort -m {}"), script);
    let names: String = (10..30).map(|at| format!("1{at}00\n")).collect();
    fan.args(["--", "seq", "10000"])
        .stdin(names)
        .stdout("")
        .says("'sort' exited with status 3")
        .code(123);
}

#[test]
fn a_signal_ends_connected_merges() {
    let fan = fan("run d -j2 --arity 3 --tmpdir tmp --merge").arg("sort -m {}");
    let script = r#"[ ! -p /dev/stdout ] || feeds=/dev/fd/; case "$feeds$*" in
        */dev/fd/*) echo $$ > merging; read x < never;;
        *) exec "$SORT" "$@";;
    esac"#;
    let fan = sorting(sorted(fan.file("tmp/.keep", ""), 40), script);
    let fan = fan.fifo("merging").fifo("never");
    let running = fan.args(["--", "echo"]).spawn();
    let pids: Vec<u32> = fifo::lines(&running.path("merging"), 3)
        .iter()
        .map(|pid| pid.parse().expect("a number"))
        .collect();
    running.signal(Signal::TERM);
    let done = running.wait_open();
    done.expect_death_by(Signal::TERM);
    done.expect(done.out.is_empty(), "no output");
    done.expect(!pids.into_iter().any(lives), "nobody is left");
    done.expect(left(&done.fan.path("tmp")) == 0, "no temporary file left");
}

#[test]
fn a_large_output_is_complete_in_pipes_and_files() {
    let fan_of = || {
        let fan = fan("run d --merge").arg("cat {}").args(["--", "cat"]);
        fan.file("d/a", vec![b'a'; 3_000_001])
            .file("d/b", vec![b'b'; 99_999])
    };
    let whole = [vec![b'a'; 3_000_001], vec![b'b'; 99_999]].concat();
    fan_of().stdout(&whole).ok();
    for append in [false, true] {
        let fan = fan_of().file("all", if append { "before" } else { "" });
        let mut all = File::options();
        let all = if append { all.append(true) } else { all.write(true) }.open(fan.path("all"));
        let done = fan.stdout_to(all.expect("it was made")).ok();
        let all = std::fs::read(done.fan.path("all")).expect("it was made");
        let rest = all.strip_prefix(if append { b"before".as_slice() } else { b"" });
        done.expect(rest == Some(&whole), "all of it, once");
    }
}
