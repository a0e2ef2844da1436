//! What a state outlives: damage to its file, a disk that is full, and others that want it.

use crate::state::killed::{Kind, map, run, under_strace, words};
use crate::state::resume::Place;
use crate::support::{has, setting};
use std::fs;
use std::sync::mpsc::channel;

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
    let refused = matches!(code, Some(2 | 5)) && (out.is_empty() || out == whole);
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
    // Which bytes is the same each time; what is in them has times among it.
    let mut rng = fastrand::Rng::with_seed(setting("FANFOLD_SEED", 5));
    for _ in 0..100 {
        kind.forget(&place);
        let mut damaged = state.clone();
        // Where something is written, mostly.
        let mut flips = Vec::new();
        while flips.len() < 2 {
            let (at, bit) = (rng.usize(..state.len()), rng.u8(..8));
            if state[at] != 0 || rng.u8(..8) == 0 {
                damaged[at] ^= 1 << bit;
                flips.push((at, bit));
            }
        }
        fs::write(place.path("st"), &damaged).expect("ours");
        is_refused_or_recovered(&kind, &place, &whole, &format!("flipped at {flips:?}"));
    }
}

#[test]
fn tables_that_are_not_ours_are_refused_and_left_as_they_are() {
    let kind = map();
    let (place, _) = half_done(&kind);
    let state = fs::read(place.path("st")).expect("a state");
    let text = |what: &str| {
        let found = state
            .windows(what.len())
            .position(|bytes| bytes == what.as_bytes());
        found.expect(what)
    };
    // What a statement asks for by its name, what SQLite knows them by, and how the file is to be read.
    let tables = ["runs", "jobs", "parts", "bundles", "command", "inputs", "gone"];
    let columns = ["ended  ", "started ", "outcome ", "mtime ", "chunk ", "of  "];
    let definitions = tables.map(|table| format!("CREATE TABLE {table}"));
    let names = tables.map(|table| format!("{table}{table}"));
    let places = columns.map(str::to_owned).into_iter();
    let places = places.chain(definitions).chain(names).map(|what| text(&what) + 1);
    for at in places.chain([18, 19]) {
        kind.forget(&place);
        let mut damaged = state.clone();
        damaged[at] ^= 4;
        fs::write(place.path("st"), &damaged).expect("ours");
        let (code, out, said) = kind.end(&place, &[]);
        assert_eq!((code, &out[..]), (Some(2), &b""[..]), "{at}: {said}");
        assert!(said.contains("st: damaged ("), "{at}: {said}");
        assert!(fs::read(place.path("st")).expect("there") == damaged, "{at}");
    }
}

#[test]
fn numbers_that_no_state_has_are_damage() {
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
fn damage_that_is_found_on_the_way_is_told_as_damage() {
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
    crate::support::fifo(&place.path("gate"));
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
