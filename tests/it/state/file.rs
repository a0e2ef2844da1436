//! The file of a state: which files are accepted as one, by which names, and that others stay as they are.

use crate::support::{Fan, Place, has};
use rusqlite::Connection;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

const SCHEMA: &str = include_str!("../../../src/state/schema.sql");

/// Makes a database that another program has open: all that this `sql` did is in its log.
fn foreign(place: &Place, name: &str, sql: &str) -> Connection {
    let db = Connection::open(place.path(name)).expect("a database");
    let mode = "PRAGMA journal_mode = WAL";
    let mode: String = db.query_row(mode, (), |row| row.get(0)).expect("a mode");
    assert_eq!(mode, "wal");
    db.execute_batch(sql).expect(sql);
    db
}

/// Copies a database and its log as if its program had been killed.
fn copy(place: &Place, from: &str, to: &str) {
    for end in ["", "-wal", "-shm"] {
        let [from, to] = [from, to].map(|name| place.path(&format!("{name}{end}")));
        let _ = fs::remove_file(&to);
        if end != "-shm" && from.exists() {
            fs::copy(from, to).expect("ours");
        }
    }
}

fn bytes(place: &Place, name: &str) -> [Vec<u8>; 2] {
    ["", "-wal"].map(|end| fs::read(place.path(&format!("{name}{end}"))).unwrap_or_default())
}

fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path("")).expect("a directory").flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn another_database_is_refused_and_stays_as_it_is_even_with_rows_in_its_log() {
    let place = Place::new();
    place.file("a", b"a\n", 100);
    let rows = "CREATE TABLE t (x); INSERT INTO t VALUES ('precious')";
    let open = foreign(&place, "open", rows);
    copy(&place, "open", "killed");
    let size = fs::metadata(place.path("killed")).expect("there").len();
    assert_eq!(size, 4096, "all of it is in its log");
    // A database with nothing but a view has one page only.
    let view = Connection::open(place.path("view")).expect("a database");
    view.execute_batch("CREATE VIEW v AS SELECT 'precious' AS x")
        .expect("a view");
    for name in ["open", "killed", "view"] {
        let before = bytes(&place, name);
        for more in ["", "--fresh", "--dry-run"] {
            let line = format!("run a --state {name} {more} -- true");
            place.fan(&line).says("another SQLite database").code(2);
            assert!(bytes(&place, name) == before, "{line}");
        }
        place
            .fan(&format!("status {name}"))
            .says("another SQLite database")
            .code(2);
        assert!(bytes(&place, name) == before, "status {name}");
    }
    let precious = |db: &Connection, sql| {
        let x: String = db.query_row(sql, (), |row| row.get(0)).expect(sql);
        assert_eq!(x, "precious");
    };
    precious(&open, "SELECT x FROM t");
    precious(&view, "SELECT x FROM v");
    let killed = Connection::open(place.path("killed")).expect("a database");
    precious(&killed, "SELECT x FROM t");
}

#[test]
fn a_state_whose_first_run_was_killed_is_used_and_can_be_replaced() {
    let place = Place::new();
    place.file("a", b"a\n", 100);
    let stamped = format!("{SCHEMA}; PRAGMA application_id = 0x66616e66; PRAGMA user_version = 2");
    let made = foreign(&place, "made", &format!("BEGIN; {stamped}; COMMIT"));
    let bare = foreign(&place, "bare", "");
    for more in ["", "--fresh"] {
        for name in ["made", "bare"] {
            copy(&place, name, "st");
            let line = format!("map a --count --state st {more}");
            // The new state belongs to no command line yet, so it counts as that of another one.
            if (name, more) == ("made", "") {
                place.fan(&line).says("another command line").code(2);
                continue;
            }
            for _ in 0..2 {
                place.fan(&line).stdout("1\ta\n").ok();
            }
        }
    }
    drop((made, bare));
}

#[test]
fn the_name_of_a_state_has_no_special_meaning_to_sqlite() {
    let place = Place::new();
    place.file("a", b"a\n", 100);
    fs::create_dir(place.path("file:")).expect("a directory");
    let names: [&[u8]; 7] = [
        b":memory:",
        b"file:x",
        b"file:x?mode=memory",
        b"file:/x%41#y",
        b"a?b&c",
        b"\xff\xfe",
        b"-st",
    ];
    for name in names {
        let name = OsStr::from_bytes(name);
        let run = || {
            let state = [OsStr::new("--state="), name].map(OsStr::as_bytes).concat();
            let fan: Fan = place.fan("run a").arg(OsStr::from_bytes(&state));
            fan.args(["--", "cat"])
        };
        run().stdout("a\n").ok();
        run().stdout("").ok();
        let status = place.fan("status --").arg(name).ok();
        status.expect(
            String::from_utf8_lossy(&status.out).contains("done       1\n"),
            "one job",
        );
        let found = place.path("").join(name);
        assert!(
            fs::read(found).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3")),
            "{name:?}"
        );
    }
    assert!(!place.path("x").exists());
}

#[test]
fn fresh_removes_the_files_beside_the_target_of_a_link() {
    let place = Place::new();
    place.file("a", b"a\n", 100).file("real/log", b"", 100);
    std::os::unix::fs::symlink("real/st", place.path("st")).expect("a link");
    place.fan("run a --state st -- cat").stdout("a\n").ok();
    place.fan("run a --state st -- cat").stdout("").ok();
    place.fan("run a --state st --fresh -- cat").stdout("a\n").ok();
    assert_eq!(names(&place), ["a", "real", "st"]);
}

#[test]
fn status_reports_a_damaged_state() {
    let place = Place::new();
    place.logs(0..3);
    place.fan("map in --count --state st").ok();
    place.fan("run in --state st2 -- true").ok();
    for name in ["st", "st2"] {
        let bytes = fs::read(place.path(name)).expect("a state");
        fs::write(place.path(name), &bytes[..5000]).expect("ours");
        place.fan(&format!("status {name}")).says("damaged (").code(2);
    }
    let line = "run in --state st2 --dry-run -- true";
    place.fan(line).stdout("").says("damaged (").code(2);
}

#[test]
fn status_leaves_no_files_behind() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    let line = "run in --state st -- cat";
    place.fan(line).ok();
    let before = (names(&place), bytes(&place, "st"));
    assert_eq!(before.0, ["in", "st"]);
    place.fan("status st").ok();
    place.fan("run in --state st --dry-run -- cat").stdout("").ok();
    place
        .fan("run in --state st --dry-run -- true")
        .says("another command line")
        .code(2);
    place
        .fan("run in --state st -- true")
        .says("another command line")
        .code(2);
    assert!((names(&place), bytes(&place, "st")) == before);
    // The log of a run that was killed is read, and stays.
    let db = Connection::open(place.path("st")).expect("a database");
    db.execute("UPDATE jobs SET outcome = 'failed'", ())
        .expect("a row");
    copy(&place, "st", "killed");
    let before = bytes(&place, "killed");
    let status = place.fan("status killed").ok();
    status.expect(
        String::from_utf8_lossy(&status.out).contains("failed     1\n"),
        "what is in the log",
    );
    assert!(!before[1].is_empty() && bytes(&place, "killed") == before);
}

#[test]
fn status_needs_no_write_permission() {
    if !has("strace") {
        return;
    }
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    place.fan("run in/a --state s%t -- cat").ok();
    let dir = fs::canonicalize(place.path("")).expect("ours");
    let look = |line: &str, name: &str| {
        let beside = ["-wal", "-shm"].map(|end| format!("{}/{name}{end}", dir.display()));
        let [log, index] = beside.each_ref().map(String::as_str);
        let quiet = ["strace", "-f", "-qqq", "-o", "/dev/null"];
        let denied = ["-P", log, "-P", index, "-e", "inject=openat:error=EACCES"];
        place.fan(line).under(&[&quiet[..], &denied[..]].concat())
    };
    let status = look("status s%t", "s%t").ok();
    status.expect(
        String::from_utf8_lossy(&status.out).contains("done       1\n"),
        "one job",
    );
    let dry = "run in --state s%t --dry-run -- cat";
    look(dry, "s%t").stdout("cat in/b\n").ok();
    assert_eq!(names(&place), ["in", "s%t"]);
    // A log that can't be read is an error: rows may be in it alone.
    let db = Connection::open(place.path("s%t")).expect("a database");
    db.execute("UPDATE jobs SET outcome = 'failed'", ())
        .expect("a row");
    copy(&place, "s%t", "killed");
    let refused = look("status killed", "killed");
    refused.stdout("").says("killed: in use or not closed").code(5);
}
