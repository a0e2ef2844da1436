//! Random lines of syslog, w3c, alb, s3 and of log formats of nginx and Apache, whole and damaged: fanfold reads of them
//! what slow readers in Python read.
//!
//! `FANFOLD_SEED=N` makes other lines.

use crate::support::{fan, has, oracle, repository, setting};
use std::ffi::OsStr;

#[test]
fn random_log_lines_are_read_as_slow_readers_read_them() {
    if !has("python3") {
        return;
    }
    let script = repository().join("tests/it/records/log_lines/main.py");
    let seed = setting("FANFOLD_SEED", 15).to_string();
    let words = [
        OsStr::new(&script),
        OsStr::new(env!("CARGO_BIN_EXE_fanfold")),
        OsStr::new(&seed),
    ];
    let said = oracle(fan("").dir(), "python3 -B -X utf8 \"$@\" || :", &words);
    let said = String::from_utf8_lossy(&said);
    assert!(said.is_empty(), "seed {seed}:\n{said}");
}
