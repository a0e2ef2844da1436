//! What a state outlives: kill -9 at any moment.

use crate::state::resume::Place;
use crate::support::{gzip, has};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// For how many seconds each kind of run is killed again and again, where the environment does not
/// say otherwise: `FANFOLD_KILL_SECONDS=600 cargo test --test it state::killed`.
const SECONDS: u64 = 35;
/// As often as it need be.
const ROUNDS: u32 = 200;
const JOBS: usize = 60;
const WORKERS: usize = 3;

/// A command line over the inputs in `in`, and what it prints when nothing stops it.
pub struct Kind {
    pub words: Vec<String>,
    /// Whether jobs leave a line in `ran`.
    pub noted: bool,
}

pub fn map() -> Kind {
    Kind {
        words: words("map in --select 1 --count -j3 --state st"),
        noted: false,
    }
}

pub fn run() -> Kind {
    let mut words = words("run in -z --select 1 --count -j3 --state st --shell");
    words.push(r#"echo "$1" >> ran; read -r line; echo "$line""#.into());
    Kind { words, noted: true }
}

fn run_out() -> Kind {
    let mut words = words("run in -z -j3 --state st --out out/{/.} --shell");
    words.push(r#"echo "$1" >> ran; read -r line; echo "$line""#.into());
    Kind { words, noted: true }
}

/// What puts a program under strace, which does to these calls what `inject` says, quietly.
pub fn under_strace<'a>(trace: &'a str, inject: &'a str) -> [&'a str; 9] {
    [
        "strace",
        "-f",
        "-qqq",
        "-o",
        "/dev/null",
        "-e",
        trace,
        "-e",
        inject,
    ]
}

pub fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Kind {
    pub fn start(&self, place: &Place, before: &[&str]) -> Child {
        let program = env!("CARGO_BIN_EXE_fanfold");
        let mut words: Vec<&str> = before.to_vec();
        words.push(program);
        words.extend(self.words.iter().map(String::as_str));
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(place.path("."));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("it starts")
    }

    pub fn end(&self, place: &Place, before: &[&str]) -> (Option<i32>, Vec<u8>, String) {
        let done = self
            .start(place, before)
            .wait_with_output()
            .expect("it is our child");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code(), done.stdout, said)
    }

    /// Kills it by its pid when it has not ended after this time; whether it had not.
    fn kill_after(&self, place: &Place, time: Duration) -> bool {
        let mut child = self.start(place, &[]);
        let mut out = child.stdout.take().expect("it is piped");
        let (sender, ended) = channel();
        let reader = std::thread::spawn(move || {
            let _ = out.read_to_end(&mut Vec::new());
            let _ = sender.send(());
        });
        let _ = ended.recv_timeout(time);
        child.kill().expect("it is our child");
        let status = child.wait().expect("it is our child");
        reader.join().expect("the reader does not panic");
        status.signal() == Some(9)
    }

    pub fn forget(&self, place: &Place) {
        for name in ["st", "st-wal", "st-shm", "ran"] {
            let _ = fs::remove_file(place.path(name));
        }
        let _ = fs::remove_dir_all(place.path("out"));
    }

    /// Kills it three times and lets it end, again and again.
    fn is_killed_at_random(&self) {
        let place = Place::in_memory();
        for n in 0..JOBS {
            let line = format!("host{} line {n}\n", n % 7);
            place.file(&format!("in/{n:02}.gz"), &gzip(line.as_bytes()), 100);
        }
        let started = Instant::now();
        let (code, whole, said) = self.end(&place, &[]);
        // How long it may live at most: such that most are killed, wherever they are.
        let mut life = started.elapsed();
        assert_eq!(code, Some(0), "{said}");
        let files = contents(&place);
        let seconds = std::env::var("FANFOLD_KILL_SECONDS").map_or(SECONDS, |s| s.parse().expect("a number"));
        let until = Instant::now() + Duration::from_secs(seconds);
        let (mut rounds, mut killed) = (0, 0);
        while rounds < ROUNDS && Instant::now() < until {
            self.forget(&place);
            for _ in 0..3 {
                let was_killed = self.kill_after(&place, life.mul_f64(fastrand::f64()));
                killed += u32::from(was_killed);
                life = life.mul_f64(if was_killed { 1.05 } else { 0.9 });
            }
            let (code, out, said) = self.end(&place, &[]);
            assert_eq!((code, said.as_str()), (Some(0), ""), "round {rounds}");
            assert!(out == whole, "round {rounds}: {}", String::from_utf8_lossy(&out));
            assert!(contents(&place) == files, "round {rounds}");
            if self.noted {
                let ran = place.lines("ran").len();
                assert!(
                    (JOBS..=JOBS + 3 * WORKERS).contains(&ran),
                    "round {rounds}: {ran} ran"
                );
            }
            rounds += 1;
        }
        let kills = 3 * rounds;
        let _ = writeln!(std::io::stderr(), "{rounds} rounds, {killed} of {kills} killed");
        assert!(rounds > 0 && killed > rounds, "{killed} of {kills} were killed");
    }

    /// Kills it at its first call of one of these, then at its second, and so on, and lets it end.
    fn is_killed_at_every(&self, calls: &str, jobs: usize) {
        let place = Place::new();
        place.logs(0..jobs);
        let (_, whole, _) = self.end(&place, &[]);
        let files = contents(&place);
        for n in 1.. {
            self.forget(&place);
            let inject = format!("inject={calls}:signal=KILL:when={n}");
            let trace = format!("trace={calls}");
            let strace = under_strace(&trace, &inject);
            let (code, out, _) = self.end(&place, &strace);
            assert!(code.is_none_or(|code| code != 0) || out == whole, "{calls} {n}");
            let (again, out, said) = self.end(&place, &[]);
            assert_eq!((again, said.as_str()), (Some(0), ""), "{calls} {n}");
            assert!(out == whole, "{calls} {n}: {}", String::from_utf8_lossy(&out));
            assert!(contents(&place) == files, "{calls} {n}");
            if code == Some(0) {
                assert!(n > 1, "{calls} was never called");
                return;
            }
        }
    }
}

/// The files that jobs made, by their names: those that have one are complete.
fn contents(place: &Place) -> BTreeMap<OsString, Vec<u8>> {
    let Ok(found) = fs::read_dir(place.path("out")) else {
        return BTreeMap::new();
    };
    let named = found
        .flatten()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    named
        .map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file")))
        .collect()
}

#[test]
fn a_map_that_is_killed_again_and_again_gives_what_it_would_have_given() {
    map().is_killed_at_random();
}

#[test]
fn a_run_that_is_killed_again_and_again_gives_what_it_would_have_given() {
    run().is_killed_at_random();
}

#[test]
fn files_of_a_run_that_is_killed_again_and_again_are_those_that_would_have_been_made() {
    run_out().is_killed_at_random();
}

#[test]
fn a_run_that_is_killed_at_any_call_carries_on() {
    if !has("strace") {
        return;
    }
    run_out().is_killed_at_every("rename,renameat,renameat2", 6);
    run_out().is_killed_at_every("fsync,fdatasync", 6);
    for calls in ["pwrite64", "fdatasync,fsync", "unlink,ftruncate", "write"] {
        map().is_killed_at_every(calls, 6);
    }
    // So many that they are bundled.
    map().is_killed_at_every("pwrite64", 33);
}
