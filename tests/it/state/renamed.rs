//! Files with other names: a rotation, a move, a copy with its time.

use crate::support::{Place, has, strace};
use std::fs;

const LINE: &str = "map in --select 1 --count";

fn saved(place: &Place) -> (u64, u64) {
    let status = place.fan("status st --json").ok();
    let status: serde_json::Value = serde_json::from_slice(&status.out).expect("JSON");
    let number = |name: &str| status["saved"][name].as_u64().expect("a number");
    (number("renamed"), number("bytes"))
}

fn renames(place: &Place, names: &[(&str, &str)]) {
    for (from, to) in names {
        fs::rename(place.path(from), place.path(to)).expect("renamed");
    }
}

#[test]
fn files_of_a_numbered_rotation_are_known_by_their_new_names() {
    let place = Place::new();
    let with_state = format!("{LINE} --state st");
    for (n, name) in ["in/log", "in/log.1", "in/log.2"].iter().enumerate() {
        place.file(
            name,
            format!("host{n} a\n").repeat(100).as_bytes(),
            100 + n as u64,
        );
    }
    place.fan(&with_state).ok();
    renames(
        &place,
        &[
            ("in/log.2", "in/log.3"),
            ("in/log.1", "in/log.2"),
            ("in/log", "in/log.1"),
        ],
    );
    place.file("in/log", b"new b\n", 50);
    place.fan(&with_state).stdout(place.whole(LINE)).ok();
    assert_eq!(saved(&place), (3, 2400));
    // Nothing is gone, nor counted twice; the names are those of now.
    place.fan(&with_state).stdout(place.whole(LINE)).ok();
    let status = place.fan("status st").ok();
    let text = String::from_utf8_lossy(&status.out).into_owned();
    status.expect(
        text.contains("done       4\n") && !text.contains("gone"),
        "four jobs",
    );
}

#[test]
fn a_copy_with_its_time_is_known_and_the_other_file_too() {
    let place = Place::new();
    let with_state = format!("{LINE} --state st");
    place.file("in/log", "host a\n".repeat(100_000).as_bytes(), 100);
    place.fan(&with_state).ok();
    let time = fs::metadata(place.path("in/log"))
        .expect("there")
        .modified()
        .expect("a time");
    fs::copy(place.path("in/log"), place.path("in/copy")).expect("copied");
    fs::remove_file(place.path("in/log")).expect("removed");
    let copy = fs::File::options()
        .write(true)
        .open(place.path("in/copy"))
        .expect("there");
    copy.set_modified(time).expect("ours");
    place.fan(&with_state).stdout(place.whole(LINE)).ok();
    assert_eq!(saved(&place), (1, 700_000));
}

#[test]
fn a_name_that_may_be_seen_is_a_part_of_the_job() {
    for line in [
        "map in --select @file --count",
        "map in --by 1 --agg distinct:@file",
        "map in --tag",
        "map in --fn wc",
    ] {
        let place = Place::new();
        place.file("in/a", b"x\n", 100).file("in/b", b"y\n", 101);
        let with_state = format!("{line} --state st");
        place.fan(&with_state).ok();
        renames(&place, &[("in/b", "in/c")]);
        let done = place.fan(&with_state).ok();
        let whole = place.fan(line).ok();
        let seen = String::from_utf8_lossy(&done.out).into_owned();
        match line.contains("--count") || line.contains("--agg") {
            true => done.expect(done.out == whole.out, "the answer of a full run"),
            false => done.expect(seen.contains("in/c"), "the new name"),
        }
    }
}

#[test]
fn without_a_fold_a_renamed_file_is_not_printed_again() {
    let place = Place::new();
    place.file("in/a", b"x\n", 100).file("in/b", b"y\n", 101);
    place.fan("map in --state st").stdout("x\ny\n").ok();
    renames(&place, &[("in/b", "in/c"), ("in/a", "in/b")]);
    place.file("in/a", b"new\n", 50);
    place.fan("map in --state st").stdout("new\n").ok();
}

#[test]
fn a_run_knows_files_by_their_content_when_it_is_asked_to() {
    for (more, again) in [("", "in/b\nin/c\n"), ("--by-content", "in/b\n")] {
        let place = Place::new();
        place.file("in/a", b"x\n", 100).file("in/b", b"y\n", 101);
        let line = format!("run in --state st {more} -- echo");
        place.fan(&line).stdout("in/a\nin/b\n").ok();
        renames(&place, &[("in/b", "in/c")]);
        place.file("in/b", b"new\n", 50);
        let dry = place.fan(&line.replace("--state", "--dry-run --state")).ok();
        let lines = again
            .lines()
            .map(|name| format!("echo {name}\n"))
            .collect::<String>();
        dry.expect(dry.out == lines.as_bytes(), "what is to be run");
        place.fan(&line).stdout(again).ok();
        place.fan(&line).stdout("").ok();
    }
}

#[test]
fn a_state_of_the_first_version_is_brought_up_in_place() {
    let place = Place::in_memory();
    place.file("in/a", b"x\n", 100).file("in/b", b"y\n", 101);
    let with_state = format!("{LINE} --state st");
    place.fan(&with_state).ok();
    let db = rusqlite::Connection::open(place.path("st")).expect("a database");
    db.execute_batch("DROP TABLE files; DROP TABLE stems; DROP TABLE savings; PRAGMA user_version = 1")
        .expect("what the first version had");
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
        .expect("written");
    drop(db);
    let old = fs::read(place.path("st")).expect("a state");
    // It is read as it is.
    place.fan("status st").ok();
    assert!(fs::read(place.path("st")).expect("there") == old);
    for n in 1.. {
        fs::write(place.path("st"), &old).expect("ours");
        let mut is_over = true;
        if has("strace") {
            let inject = format!("inject=pwrite64:signal=KILL:when={n}");
            let options = ["-e", "trace=pwrite64", "-e", &inject];
            is_over = strace::inject(place.fan(&with_state), &options)
                .spawn()
                .wait()
                .status
                .success();
        }
        place.fan(&with_state).stdout(place.whole(LINE)).ok();
        let db = rusqlite::Connection::open(place.path("st")).expect("a database");
        let version: i64 = db
            .query_row("PRAGMA user_version", (), |row| row.get(0))
            .expect("a version");
        assert_eq!(version, 2);
        drop(db);
        for end in ["st-wal", "st-shm"] {
            let _ = fs::remove_file(place.path(end));
        }
        if is_over {
            return;
        }
    }
}
