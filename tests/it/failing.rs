//! What is done about jobs that fail, and what is said of them.

use crate::harness::{Fan, fan};

/// `fanfold run OPTIONS -- sh -c SCRIPT sh NAME`, for these names.
fn script(words: &str, script: &str, names: &str) -> Fan {
    let fan = fan("run").args(words.split_whitespace());
    fan.args(["--", "sh", "-c", script, "sh"]).stdin(names)
}

#[test]
fn the_first_ten_failures_are_told_again_at_the_end() {
    let names: String = (1..=14).map(|at| format!("{at}\n")).collect();
    let line = |at: u32| format!("job {at} ({at}): 'sh' exited with status {at}\n");
    let mut said: String = (2..=13).map(|at| format!("fanfold: {}", line(at))).collect();
    said += "fanfold: 12 of 14 jobs failed (exit 123); the first ten:\n";
    said.extend((2..=11).map(|at| format!("fanfold:   {}", line(at))));
    said += "fanfold:   … and 2 more\n";
    script("-j3", "case $1 in 1|14) exit 0;; esac; exit $1", &names)
        .stdout("")
        .stderr(&said)
        .code(123);
}

#[test]
fn failures_that_scrolled_away_are_told_again() {
    script("-j1", "echo $1 >&2; [ $1 != b ]", "a\nb\nc\n")
        .stderr(concat!(
            "a\nb\n",
            "fanfold: job 2 (b): 'sh' exited with status 1\n",
            "c\n",
            "fanfold: 1 of 3 jobs failed (exit 123): job 2 (b): 'sh' exited with status 1\n",
        ))
        .code(123);
    script("-j1", "echo $1 >&2; [ $1 = b ]", "a\nb\nc\n")
        .says(concat!(
            "fanfold: 2 of 3 jobs failed (exit 123):\n",
            "fanfold:   job 1 (a): 'sh' exited with status 1\n",
            "fanfold:   job 3 (c): 'sh' exited with status 1\n",
        ))
        .code(123);
}
