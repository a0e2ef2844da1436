//! What a state outlives: kill -9 at any moment, and damage to its file.

use crate::harness::has;
use crate::state::Place;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// For how many seconds each kind of run is killed again and again, where the environment does not
/// say otherwise: `FANFOLD_KILL_SECONDS=600 cargo test --test it state_harm`.
const SECONDS: u64 = 5;
/// As often as it need be.
const ROUNDS: u32 = 200;
const JOBS: usize = 60;
const WORKERS: usize = 3;

/// A command line over the inputs in `in`, and what it prints when nothing stops it.
struct Kind {
    words: Vec<String>,
    /// Whether jobs leave a line in `ran`.
    noted: bool,
}

fn map() -> Kind {
    Kind {
        words: words("map in --select 1 --count -j3 --state st"),
        noted: false,
    }
}

fn run() -> Kind {
    let mut words = words("run in -z --select 1 --count -j3 --state st --shell");
    words.push(r#"echo "$1" >> ran; cat"#.into());
    Kind { words, noted: true }
}

fn run_out() -> Kind {
    let mut words = words("run in -j3 --state st --out out/{/.} --shell");
    words.push(r#"echo "$1" >> ran; gzip -dc "$1""#.into());
    Kind { words, noted: true }
}

/// What puts a program under strace, which does to these calls what `inject` says, quietly.
fn under_strace<'a>(trace: &'a str, inject: &'a str) -> [&'a str; 9] {
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

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Kind {
    fn start(&self, place: &Place, before: &[&str]) -> Child {
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

    fn end(&self, place: &Place, before: &[&str]) -> (Option<i32>, Vec<u8>, String) {
        let done = self
            .start(place, before)
            .wait_with_output()
            .expect("it is our child");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code(), done.stdout, said)
    }

    /// Kills it by its pid when it has not ended after this time.
    fn kill_after(&self, place: &Place, time: Duration) {
        let mut child = self.start(place, &[]);
        let mut out = child.stdout.take().expect("it is piped");
        let (sender, ended) = channel();
        let reader = std::thread::spawn(move || {
            let _ = out.read_to_end(&mut Vec::new());
            let _ = sender.send(());
        });
        let _ = ended.recv_timeout(time);
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        reader.join().expect("the reader does not panic");
    }

    fn forget(&self, place: &Place) {
        for name in ["st", "st-wal", "st-shm", "ran"] {
            let _ = fs::remove_file(place.path(name));
        }
        let _ = fs::remove_dir_all(place.path("out"));
    }

    /// Kills it three times and lets it end, again and again.
    fn is_killed_at_random(&self) {
        let place = Place::new();
        place.logs(0..JOBS);
        let started = Instant::now();
        let (code, whole, said) = self.end(&place, &[]);
        let took = started.elapsed();
        assert_eq!(code, Some(0), "{said}");
        let files = contents(&place);
        let seconds = std::env::var("FANFOLD_KILL_SECONDS").map_or(SECONDS, |s| s.parse().expect("a number"));
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut rounds = 0;
        while rounds < ROUNDS && Instant::now() < until {
            self.forget(&place);
            for _ in 0..3 {
                self.kill_after(&place, took.mul_f64(fastrand::f64()));
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
        assert!(rounds > 0);
        let _ = writeln!(std::io::stderr(), "{rounds} rounds");
    }

    /// Kills it at its first call of one of these, then at its second, and so on, and lets it end.
    fn is_killed_at_every(&self, calls: &str) {
        let place = Place::new();
        place.logs(0..6);
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
    run_out().is_killed_at_every("rename,renameat,renameat2");
    run_out().is_killed_at_every("fsync,fdatasync");
    for calls in ["pwrite64", "fdatasync,fsync", "unlink,ftruncate", "write"] {
        map().is_killed_at_every(calls);
    }
}

#[test]
fn a_disk_that_is_full_or_read_only_stops_the_run() {
    if !has("strace") {
        return;
    }
    let kind = run();
    let place = Place::new();
    place.logs(0..6);
    let (_, whole, _) = kind.end(&place, &[]);
    kind.forget(&place);
    let strace = [
        "strace",
        "-qqq",
        "-o",
        "/dev/null",
        "-P",
        "st",
        "-e",
        "inject=openat:error=EROFS",
    ];
    let (code, out, said) = kind.end(&place, &strace);
    assert_eq!((code, &out[..]), (Some(5), &b""[..]), "{said}");
    assert!(said.contains("st: read-only file system"), "{said}");
    let mut stopped = 0;
    for n in (1..).step_by(3) {
        kind.forget(&place);
        let inject = format!("inject=pwrite64:error=ENOSPC:when={n}+");
        let strace = under_strace("trace=pwrite64", &inject);
        let (code, out, said) = kind.end(&place, &strace);
        if code == Some(0) {
            assert!(stopped > 1 && out == whole, "{n}");
            return;
        }
        let refused = said.lines().any(|line| line.starts_with("fanfold: st: "));
        assert!(
            code == Some(5) && refused && (out.is_empty() || out == whole),
            "{n}: {code:?} {said}"
        );
        let ran = place.lines("ran").len();
        stopped += u32::from((1..6).contains(&ran));
        let (again, out, said) = kind.end(&place, &[]);
        assert_eq!((again, said.as_str()), (Some(0), ""), "{n}");
        assert!(out == whole, "{n}");
    }
}

/// A state of which some jobs were done and others are new.
fn half_done(kind: &Kind) -> (Place, Vec<u8>) {
    let place = Place::new();
    place.logs(0..8);
    let (_, whole, _) = kind.end(&place, &[]);
    kind.forget(&place);
    fs::rename(place.path("in"), place.path("all")).expect("ours");
    place.logs(0..4);
    let (code, ..) = kind.end(&place, &[]);
    assert_eq!(code, Some(0));
    fs::remove_dir_all(place.path("in")).expect("ours");
    fs::rename(place.path("all"), place.path("in")).expect("ours");
    (place, whole)
}

/// What became of the state is refused, or the answer is right all the same.
fn is_refused_or_recovered(kind: &Kind, place: &Place, whole: &[u8], how: &str) -> bool {
    let (code, out, said) = kind.end(place, &[]);
    let right = code == Some(0) && out == whole;
    // Damage may show when the answer is there already.
    let refused = matches!(code, Some(2 | 5)) && (out.is_empty() || code == Some(5) && out == whole);
    assert!(
        right || refused,
        "{how}: {code:?} {said}{}",
        String::from_utf8_lossy(&out)
    );
    refused
}

#[test]
fn a_truncated_state_is_refused_or_recovered() {
    let kind = map();
    let (place, whole) = half_done(&kind);
    let state = fs::read(place.path("st")).expect("a state");
    let mut refused = 0;
    for at in (0..100).map(|_| fastrand::usize(..state.len())) {
        kind.forget(&place);
        fs::write(place.path("st"), &state[..at]).expect("ours");
        refused += u32::from(is_refused_or_recovered(
            &kind,
            &place,
            &whole,
            &format!("cut at {at}"),
        ));
    }
    assert!(refused > 0);
}

#[test]
fn flipped_bytes_in_a_state_are_refused_or_recovered() {
    let kind = map();
    let (place, whole) = half_done(&kind);
    let state = fs::read(place.path("st")).expect("a state");
    for _ in 0..100 {
        kind.forget(&place);
        let mut damaged = state.clone();
        // Where something is written, mostly.
        let at = std::iter::repeat_with(|| fastrand::usize(..state.len()));
        let at: Vec<usize> = at
            .filter(|at| state[*at] != 0 || fastrand::u8(..8) == 0)
            .take(2)
            .collect();
        at.iter().for_each(|at| damaged[*at] ^= 1 << fastrand::u8(..8));
        fs::write(place.path("st"), &damaged).expect("ours");
        is_refused_or_recovered(&kind, &place, &whole, &format!("flipped at {at:?}"));
    }
}

#[test]
fn a_state_whose_log_is_lost_or_damaged_is_refused_or_recovered() {
    if !has("strace") {
        return;
    }
    let kind = map();
    let (place, whole) = half_done(&kind);
    for n in 1..30 {
        kind.forget(&place);
        let inject = format!("inject=pwrite64:signal=KILL:when={n}");
        let strace = under_strace("trace=pwrite64", &inject);
        let (code, ..) = kind.end(&place, &strace);
        if code == Some(0) {
            return;
        }
        let log = place.path("st-wal");
        match n % 3 {
            0 => drop(fs::remove_file(&log)),
            1 => cut(&log),
            _ => drop(fs::remove_file(place.path("st-shm"))),
        }
        is_refused_or_recovered(&kind, &place, &whole, &format!("killed at write {n}"));
    }
}

fn cut(file: &std::path::Path) {
    if let Ok(bytes) = fs::read(file)
        && !bytes.is_empty()
    {
        fs::write(file, &bytes[..fastrand::usize(..bytes.len())]).expect("ours");
    }
}

#[test]
fn of_many_at_once_one_runs_and_the_others_say_so() {
    let place = Place::new();
    place.logs(0..2);
    crate::harness::fifo(&place.path("gate"));
    let mut words = words("run in/00.gz --state st --shell");
    words.push("read line < gate; echo $line".into());
    let kind = Kind { words, noted: false };
    let (sender, ended) = channel();
    for _ in 0..50 {
        let (child, sender) = (kind.start(&place, &[]), sender.clone());
        std::thread::spawn(move || sender.send(child.wait_with_output().expect("our child")));
    }
    // Who has the state waits at the gate until all others have gone.
    for _ in 0..49 {
        let done = ended.recv().expect("there are more");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(
            (done.status.code(), &*said),
            (Some(6), "fanfold: st: in use by another fanfold\n")
        );
    }
    fs::write(place.path("gate"), "through\n").expect("a FIFO");
    let done = ended.recv().expect("there is one more");
    assert_eq!(
        (done.status.code(), &done.stdout[..]),
        (Some(0), &b"through\n"[..])
    );
}
