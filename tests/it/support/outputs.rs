//! Runs with `--out`, and the files that they leave.

use super::harness::{Fan, fan};
use super::running::Done;
use std::ffi::OsString;
use std::fs;

/// Prepares `fanfold run --out TEMPLATE OPTIONS -- sh -c SCRIPT sh {}`.
pub fn script(template: &str, words: &str, script: &str) -> Fan {
    let fan = fan("run --out").arg(template).args(words.split_whitespace());
    fan.args(["--", "sh", "-c", script, "sh", "{}"])
}

/// Returns the names in a directory of the test, hidden ones too, in order.
pub fn entries(done: &Done, dir: &str) -> Vec<OsString> {
    let Ok(entries) = fs::read_dir(done.fan.path(dir)) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

/// Expects that a file of the test holds exactly this.
#[track_caller]
pub fn holds(done: &Done, name: &str, bytes: impl AsRef<[u8]>) {
    let found = fs::read(done.fan.path(name)).unwrap_or_default();
    done.expect(found == bytes.as_ref(), &format!("{name} to hold what it should"));
}

/// Prepares `fanfold run --out TEMPLATE -- echo`.
pub fn fan_out(template: &str) -> Fan {
    fan("run --out").arg(template).args(["--", "echo"])
}
