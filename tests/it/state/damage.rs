//! What a state survives: damage to its file, a full disk, and many runs that want it at once.

use crate::support::{Place, StatefulRun, fifo, has, setting};
use std::fs;
use std::sync::mpsc::channel;

#[test]
fn a_disk_that_is_full_or_read_only_stops_the_run() {
    if !has("strace") {
        return;
    }
    let run = StatefulRun::run();
    let place = Place::new();
    place.logs(0..6);
    let whole = run.end(&place).out;
    run.forget(&place);
    let read_only = ["-P", "st", "-e", "inject=openat:error=EROFS"];
    let done = run.end_under_strace(&place, &read_only);
    done.expect(
        done.status.code() == Some(5) && done.out.is_empty(),
        "exit code 5",
    );
    done.expect(done.err.contains("st: read-only file system"), "the cause");
    let mut stopped = 0;
    for n in (1..).step_by(3) {
        run.forget(&place);
        let inject = format!("inject=pwrite64:error=ENOSPC:when={n}+");
        let done = run.end_under_strace(&place, &["-e", "trace=pwrite64", "-e", &inject]);
        if done.status.success() {
            done.expect(stopped > 1 && done.out == whole, "the whole output");
            return;
        }
        let refused = done.err.lines().any(|line| line.starts_with("fanfold: st: "));
        done.expect(
            done.status.code() == Some(5) && refused,
            &format!("{n}: exit code 5"),
        );
        done.expect(done.out.is_empty() || done.out == whole, "all or nothing");
        let ran = place.lines("ran").len();
        stopped += u32::from((1..6).contains(&ran));
        let again = run.end(&place);
        again.expect(
            again.status.success() && again.err.is_empty(),
            &format!("{n}: success"),
        );
        again.expect(again.out == whole, "the whole output");
    }
}

/// Makes a state of which some jobs are done and others are new. Returns what a full run prints, too.
fn half_done(run: &StatefulRun) -> (Place, Vec<u8>) {
    let place = Place::in_memory();
    place.logs(0..8);
    let whole = run.end(&place).out;
    run.forget(&place);
    fs::rename(place.path("in"), place.path("all")).expect("ours");
    place.logs(0..4);
    assert!(run.end(&place).status.success());
    fs::remove_dir_all(place.path("in")).expect("ours");
    fs::rename(place.path("all"), place.path("in")).expect("ours");
    (place, whole)
}

/// Runs with a damaged state: it is refused, or the answer is right all the same. Returns whether it was
/// refused.
fn is_refused_or_recovered(run: &StatefulRun, place: &Place, whole: &[u8], how: &str) -> bool {
    let done = run.end(place);
    let right = done.status.success() && done.out == whole;
    // The run may meet the damage after it has printed the answer.
    let refused = matches!(done.status.code(), Some(2 | 5)) && (done.out.is_empty() || done.out == whole);
    done.expect(right || refused, &format!("{how}: a refusal or the answer"));
    refused
}

#[test]
fn a_truncated_state_is_refused_or_recovered() {
    let run = StatefulRun::map();
    let (place, whole) = half_done(&run);
    let state = fs::read(place.path("st")).expect("a state");
    let mut refused = 0;
    for at in (0..100).map(|_| fastrand::usize(..state.len())) {
        run.forget(&place);
        fs::write(place.path("st"), &state[..at]).expect("ours");
        refused += u32::from(is_refused_or_recovered(
            &run,
            &place,
            &whole,
            &format!("cut at {at}"),
        ));
    }
    assert!(refused > 0);
}

#[test]
fn flipped_bytes_in_a_state_are_refused_or_recovered() {
    let run = StatefulRun::map();
    let (place, whole) = half_done(&run);
    let state = fs::read(place.path("st")).expect("a state");
    // The places are the same each time; the bytes are not, as they hold times.
    let mut rng = fastrand::Rng::with_seed(setting("FANFOLD_SEED", 5));
    for _ in 0..100 {
        run.forget(&place);
        let mut damaged = state.clone();
        // Mostly where bytes are in use.
        let mut flips = Vec::new();
        while flips.len() < 2 {
            let (at, bit) = (rng.usize(..state.len()), rng.u8(..8));
            if state[at] != 0 || rng.u8(..8) == 0 {
                damaged[at] ^= 1 << bit;
                flips.push((at, bit));
            }
        }
        fs::write(place.path("st"), &damaged).expect("ours");
        is_refused_or_recovered(&run, &place, &whole, &format!("flipped at {flips:?}"));
    }
}

#[test]
fn foreign_tables_are_refused_and_stay_as_they_are() {
    let run = StatefulRun::map();
    let (place, _) = half_done(&run);
    let state = fs::read(place.path("st")).expect("a state");
    // What SQLite moved to another page may lie where it was, too.
    let text = |what: &str| {
        let windows = state.windows(what.len()).enumerate();
        let found = windows.filter(|(_, bytes)| *bytes == what.as_bytes());
        let found: Vec<usize> = found.map(|(at, _)| at + 1).collect();
        assert!(!found.is_empty(), "{what}");
        found
    };
    // The names in statements, the names in SQLite's own table, and the format number of the file.
    let tables = [
        "runs", "jobs", "parts", "bundles", "command", "inputs", "details", "gone", "files", "stems",
        "savings",
    ];
    let columns = ["ended  ", "started ", "outcome ", "mtime ", "chunk ", "of  "];
    let definitions = tables.map(|table| format!("CREATE TABLE {table}"));
    let names = tables.map(|table| format!("{table}{table}"));
    let places = columns.map(str::to_owned).into_iter();
    let places = places.chain(definitions).chain(names).map(|what| text(&what));
    for at in places.chain([vec![18], vec![19]]) {
        run.forget(&place);
        let mut damaged = state.clone();
        at.iter().for_each(|&at| damaged[at] ^= 4);
        fs::write(place.path("st"), &damaged).expect("ours");
        let done = run.end(&place);
        done.expect(
            done.status.code() == Some(2) && done.out.is_empty(),
            &format!("{at:?}: exit code 2"),
        );
        done.expect(done.err.contains("st: damaged ("), "the cause");
        assert!(fs::read(place.path("st")).expect("there") == damaged, "{at:?}");
    }
}

#[test]
fn impossible_numbers_are_damage() {
    let place = Place::new();
    place.file("a", b"a\n", 100);
    for id in [i64::MAX, i64::MAX - 1, 1 << 59] {
        let line = "map a --count --state st";
        place.fan(&format!("{line} --fresh")).stdout("1\ta\n").ok();
        let db = rusqlite::Connection::open(place.path("st")).expect("a database");
        db.execute("UPDATE jobs SET id = ?1", [id]).expect("a row");
        drop(db);
        place.fan(line).stdout("").says("st: damaged (").code(2);
    }
}

#[test]
fn damage_met_during_a_run_is_reported_as_damage() {
    let place = Place::new();
    place.logs(0..3);
    let line = "map in --count --state st";
    place.fan(line).ok();
    let db = rusqlite::Connection::open(place.path("st")).expect("a database");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'parts'";
    let root: u32 = db.query_row(root, (), |row| row.get(0)).expect("a table");
    drop(db);
    let mut bytes = fs::read(place.path("st")).expect("a state");
    bytes[(root as usize - 1) * 4096..][..8].fill(0xff);
    fs::write(place.path("st"), bytes).expect("ours");
    place.fan(line).stdout("").says("st: damaged (").code(2);
}

#[test]
fn a_state_whose_log_is_lost_or_damaged_is_refused_or_recovered() {
    if !has("strace") {
        return;
    }
    let run = StatefulRun::map();
    let (place, whole) = half_done(&run);
    for n in 1..30 {
        run.forget(&place);
        let inject = format!("inject=pwrite64:signal=KILL:when={n}");
        let done = run.end_under_strace(&place, &["-e", "trace=pwrite64", "-e", &inject]);
        if done.status.success() {
            return;
        }
        let log = place.path("st-wal");
        match n % 3 {
            0 => drop(fs::remove_file(&log)),
            1 => truncate(&log),
            _ => drop(fs::remove_file(place.path("st-shm"))),
        }
        is_refused_or_recovered(&run, &place, &whole, &format!("killed at write {n}"));
    }
}

fn truncate(file: &std::path::Path) {
    if let Ok(bytes) = fs::read(file)
        && !bytes.is_empty()
    {
        fs::write(file, &bytes[..fastrand::usize(..bytes.len())]).expect("ours");
    }
}

#[test]
fn one_of_many_runs_gets_the_state_and_the_others_say_so() {
    let place = Place::new();
    place.logs(0..2);
    fifo::make(&place.path("gate"));
    let run = StatefulRun::new(
        "run in/00.gz --state st --shell",
        Some("read line < gate; echo $line"),
    );
    let (sender, ended) = channel();
    for _ in 0..50 {
        let (running, sender) = (run.start(&place), sender.clone());
        std::thread::spawn(move || drop(sender.send(running.wait())));
    }
    // The run that has the state waits at the gate until all others have ended.
    for _ in 0..49 {
        let done = ended.recv().expect("there are more");
        let in_use = "fanfold: st: in use by another fanfold\n";
        done.expect(done.status.code() == Some(6) && done.err == in_use, in_use);
    }
    fifo::write(&place.path("gate"), "through\n");
    let done = ended.recv().expect("there is one more");
    done.expect(
        done.status.success() && done.out == b"through\n",
        "one run that goes on",
    );
}
