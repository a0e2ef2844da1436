//! Bundles: the results of many small jobs in one row, when few of the inputs have changed.

use crate::support::Place;
use std::fs::{self, File};

const COUNT: &str = "map in --select 1 --count";
const MEAN: &str = "map in -i csv --by a --agg count,sum:b,mean:b,p50:b";
const JOBS: usize = 40;

/// Makes many small files, and a state of a command line over them.
fn done(words: &str) -> Place {
    let place = Place::new();
    for n in 0..JOBS {
        file(&place, n, 0);
    }
    run(&place, words);
    place
}

fn file(place: &Place, n: usize, version: usize) {
    let lines = format!("a,b\nhost{},0.{n}{version}\nhost{version},{n}\n", n % 5);
    place.file(&format!("in/{n:02}"), lines.as_bytes(), 1000 - version as u64);
}

fn run(place: &Place, words: &str) {
    let whole = place.whole(words);
    place.fan(&format!("{words} --state st")).stdout(whole).ok();
}

fn state(place: &Place) -> rusqlite::Connection {
    rusqlite::Connection::open(place.path("st")).expect("a database")
}

/// Returns how many jobs are in bundles.
fn bundled(place: &Place) -> i64 {
    let sql = "SELECT coalesce(sum(jobs), 0) FROM bundles";
    let answer = state(place).query_row(sql, (), |row| row.get(0));
    answer.expect("a number")
}

fn change(place: &Place, sql: &str) {
    state(place).execute_batch(sql).expect(sql);
}

/// Destroys the contents of every input, and leaves its size and time.
fn garble(place: &Place) {
    for entry in fs::read_dir(place.path("in")).expect("there").flatten() {
        let found = entry.metadata().expect("there");
        fs::write(entry.path(), vec![b'?'; found.len() as usize]).expect("written");
        let file = File::options().write(true).open(entry.path()).expect("there");
        file.set_modified(found.modified().expect("a time"))
            .expect("ours");
    }
}

#[test]
fn an_unchanged_run_reads_neither_inputs_nor_their_parts() {
    for words in [COUNT, MEAN] {
        let place = done(words);
        assert_eq!(bundled(&place), JOBS as i64);
        let whole = place.whole(words);
        garble(&place);
        change(&place, "DELETE FROM parts");
        place.fan(&format!("{words} --state st")).stdout(whole).ok();
    }
}

#[test]
fn after_any_change_of_the_inputs_the_answer_is_that_of_a_full_run() {
    for words in [COUNT, MEAN] {
        let place = done(words);
        for version in 1..12 {
            for _ in 0..fastrand::usize(..4) {
                let n = fastrand::usize(..JOBS + 20);
                match fs::remove_file(place.path(&format!("in/{n:02}"))) {
                    Ok(()) if fastrand::bool() => {}
                    _ => file(&place, n, fastrand::usize(..version)),
                }
            }
            run(&place, words);
            let jobs = fs::read_dir(place.path("in")).expect("there").count() as i64;
            assert_eq!(bundled(&place), if jobs < 32 { bundled(&place) } else { jobs });
        }
        // The bundle has all of it.
        let whole = place.whole(words);
        garble(&place);
        change(&place, "DELETE FROM parts");
        place.fan(&format!("{words} --state st")).stdout(whole).ok();
    }
}

#[test]
fn jobs_that_failed_are_in_no_bundle() {
    let place = done(COUNT);
    place.file("in/07", b"\x1f\x8b\x08\x00 no gzip", 50);
    let words = format!("{COUNT} --state st");
    let failing = || place.fan(&words).says("in/07").code(3);
    assert_eq!(failing().out, failing().out);
    assert_eq!(bundled(&place), JOBS as i64 - 1);
    file(&place, 7, 0);
    run(&place, COUNT);
    assert_eq!(bundled(&place), JOBS as i64);
}

#[test]
fn bad_lines_are_reported_again() {
    let place = Place::new();
    for n in 0..JOBS {
        place.file(&format!("in/{n:02}"), b"{\"a\": 1}\nno json\n", 100);
    }
    for _ in 0..2 {
        place
            .fan("map in -i json --by a --agg count --state st")
            .stdout("1\t40\n")
            .says("40 ")
            .ok();
    }
    assert_eq!(bundled(&place), JOBS as i64);
}

#[test]
fn a_damaged_bundle_is_ignored_and_replaced() {
    let place = done(COUNT);
    for sql in [
        "UPDATE bundles SET bytes = zeroblob(length(bytes))",
        "UPDATE bundles SET bytes = substr(bytes, 2)",
        "UPDATE bundles SET bytes = x'', sum = 0",
        "UPDATE bundles SET bytes = 'text'",
        "UPDATE bundles SET of = of + 1",
        "UPDATE bundles SET sum = sum + 1",
        "UPDATE bundles SET jobs = jobs - 1",
        "UPDATE bundles SET jobs = 'many'",
        "UPDATE bundles SET bad_lines = 5",
        "UPDATE bundles SET range = 7",
        "DELETE FROM bundles",
    ] {
        change(&place, sql);
        run(&place, COUNT);
        change(&place, "DELETE FROM bundles WHERE range = 7");
        assert_eq!(bundled(&place), JOBS as i64, "{sql}");
    }
}

#[test]
fn a_part_that_is_damaged_beside_a_whole_bundle_does_no_harm() {
    let place = done(COUNT);
    change(&place, "UPDATE parts SET bytes = zeroblob(9) WHERE job % 2 = 0");
    run(&place, COUNT);
    // Now the parts are needed.
    fs::remove_file(place.path("in/00")).expect("it was there");
    run(&place, COUNT);
    run(&place, COUNT);
    assert_eq!(bundled(&place), JOBS as i64 - 1);
}

#[test]
fn an_older_state_without_bundles_gets_them() {
    let place = done(COUNT);
    change(&place, "DROP TABLE bundles");
    place.fan("status st").ok();
    run(&place, COUNT);
    assert_eq!(bundled(&place), JOBS as i64);
    change(&place, "DROP TABLE bundles; CREATE TABLE bundles (mine INTEGER)");
    place
        .fan(&format!("{COUNT} --state st"))
        .says("its tables are not those of this version")
        .code(2);
}

#[test]
fn bundles_hold_only_batches_that_exist() {
    let place = done(COUNT);
    let words = "run in -n2 --count -- cat";
    for n in JOBS..2 * JOBS {
        file(&place, n, 0);
    }
    for first in ["in/00", "in/01", "in/02"] {
        let whole = place.whole(words);
        let with_state = words.replace(" -- ", " --state st2 -- ");
        place.fan(&with_state).stdout(whole).ok();
        let files = fs::read_dir(place.path("in")).expect("there").count() as i64;
        let db = rusqlite::Connection::open(place.path("st2")).expect("a database");
        let jobs: i64 = db
            .query_row("SELECT jobs FROM bundles", (), |row| row.get(0))
            .expect("one bundle");
        assert_eq!(jobs, (files + 1) / 2);
        // All batches after it change.
        fs::remove_file(place.path(first)).expect("it was there");
    }
}

#[test]
fn large_parts_are_not_bundled() {
    let place = Place::new();
    for n in 0..JOBS {
        let lines: String = (0..2000).map(|_| format!("{}\n", fastrand::u64(..))).collect();
        place.file(&format!("in/{n:02}"), lines.as_bytes(), 100);
    }
    for _ in 0..2 {
        run(&place, COUNT);
        assert_eq!(bundled(&place), 0);
    }
}
