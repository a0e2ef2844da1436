//! Command lines with `--state`, which tests kill, damage and run again.

use super::place::Place;
use super::running::{Done, Running};
use super::strace;
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

/// A command line over the inputs in `in`, with the state `st`.
pub struct StatefulRun {
    words: Vec<String>,
    /// Whether each job appends a line to `ran`.
    pub notes_jobs: bool,
}

impl StatefulRun {
    pub fn new(words: &str, script: Option<&str>) -> StatefulRun {
        let words = words.split_whitespace().chain(script);
        StatefulRun {
            words: words.map(str::to_owned).collect(),
            notes_jobs: script.is_some_and(|script| script.contains(">> ran")),
        }
    }

    /// A fold over a built-in map.
    pub fn map() -> StatefulRun {
        StatefulRun::new("map in --select 1 --count -j3 --state st", None)
    }

    /// A fold over commands.
    pub fn run() -> StatefulRun {
        let words = "run in -z --select 1 --count -j3 --state st --shell";
        StatefulRun::new(words, Some(NOTE))
    }

    /// Commands, each with a file for its output.
    pub fn run_out() -> StatefulRun {
        let words = "run in -z -j3 --state st --out out/{/.} --shell";
        StatefulRun::new(words, Some(NOTE))
    }

    pub fn start(&self, place: &Place) -> Running {
        place.fan("").args(&self.words).spawn()
    }

    /// Runs it to its end.
    pub fn end(&self, place: &Place) -> Done {
        self.start(place).wait()
    }

    /// Runs it to its end, with these options of strace.
    pub fn end_under_strace(&self, place: &Place, options: &[&str]) -> Done {
        let fan = place.fan("").args(&self.words);
        strace::inject(fan, options).spawn().wait()
    }

    /// Kills it when it has not ended after this time, and returns whether it had not.
    pub fn kill_after(&self, place: &Place, time: Duration) -> bool {
        let running = self.start(place);
        if !running.ends_within(time) {
            running.signal(Signal::KILL);
        }
        running.wait().status.signal() == Some(Signal::KILL.as_raw())
    }

    /// Removes the state and what the jobs made.
    pub fn forget(&self, place: &Place) {
        for name in ["st", "st-wal", "st-shm", "ran"] {
            let _ = fs::remove_file(place.path(name));
        }
        let _ = fs::remove_dir_all(place.path("out"));
    }
}

/// Appends the input's name to `ran`, and prints its first line.
const NOTE: &str = r#"echo "$1" >> ran; read -r line; echo "$line""#;

/// Returns the files in `out` by their names; those that jobs have not finished are left out.
pub fn finished_files(place: &Place) -> BTreeMap<OsString, Vec<u8>> {
    let Ok(found) = fs::read_dir(place.path("out")) else {
        return BTreeMap::new();
    };
    let finished = found
        .flatten()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    finished
        .map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file")))
        .collect()
}
