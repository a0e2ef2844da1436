//! Faults: system calls that strace makes fail or kills at.

use super::harness::Fan;
use super::running::Done;
use super::tools::{can, has};
use std::process::Command;

/// Has strace start it, with these options, in all threads and children; the trace is written to `trace`.
pub fn inject(fan: Fan, options: &[&str]) -> Fan {
    let quiet = ["strace", "-f", "-qqq", "-e", "signal=none", "-o", "trace"];
    fan.under(&[&quiet[..], options].concat())
}

/// Returns what strace wrote.
pub fn trace(done: &Done) -> String {
    std::fs::read_to_string(done.fan.path("trace")).expect("strace wrote it")
}

/// How many calls were made to fail.
pub fn failed_calls(done: &Done) -> usize {
    trace(done).matches("(INJECTED)").count()
}

/// Returns the beginning of a command line under which `disk` is a disk of 1 MiB, where we may have one.
pub fn small_disk() -> Option<Vec<String>> {
    let mount = "mkdir disk && mount -t tmpfs -o size=1m none disk";
    let inside = ["unshare", "-rm", "sh", "-c"];
    let dir = tempfile::tempdir().expect("a directory");
    let mut attempt = Command::new(inside[0]);
    attempt.args(&inside[1..]).arg(mount).current_dir(dir.path());
    if !has("unshare") || !can(&mut attempt, "no file system can be mounted") {
        return None;
    }
    let after = format!("{mount}; exec \"$@\"");
    let words = inside.into_iter().chain([after.as_str(), "sh"]);
    Some(words.map(str::to_owned).collect())
}
