//! Inputs that are gone, or are split in another way: what the state keeps of them, and what `fanfold status`
//! says.

use crate::support::Place;
use rusqlite::Connection;
use serde_json::Value;
use std::fs;

fn status(place: &Place) -> Value {
    let json = place.fan("status st --json").ok();
    serde_json::from_slice(&json.out).expect("one object")
}

fn number(place: &Place, sql: &str) -> i64 {
    let db = Connection::open(place.path("st")).expect("a database");
    db.query_row(sql, (), |row| row.get(0)).expect(sql)
}

fn remove(place: &Place, name: &str) {
    fs::remove_file(place.path(name)).expect("it was there");
}

#[test]
fn jobs_without_inputs_are_counted_apart_until_the_inputs_come_back() {
    const LINE: &str = "map in --count --state st";
    let place = Place::new();
    for generation in 0..3 {
        for n in 0..5 {
            place.file(&format!("in/{generation}{n}"), b"a\n", 100);
            if generation > 0 {
                remove(&place, &format!("in/{}{n}", generation - 1));
            }
        }
        place.fan(LINE).stdout("5\ta\n").ok();
    }
    let now = status(&place);
    let told = ["done", "gone", "left", "size", "bytes"].map(|name| now[name].as_i64());
    assert_eq!(told, [5, 10, 0, 10, 10].map(Some), "{now}");
    let text = String::from_utf8(place.fan("status st").ok().out).expect("text");
    assert!(
        text.contains("done       5\n") && text.contains("gone       10 ("),
        "{text}"
    );
    place.file("in/00", b"a\n", 100);
    place.file("in/10", b"b\n", 90);
    place.fan(LINE).stdout("6\ta\n1\tb\n").ok();
    let now = status(&place);
    assert_eq!((&now["done"], &now["gone"]), (&7.into(), &8.into()), "{now}");
    assert_eq!(number(&place, "SELECT count(*) FROM gone"), 8);
}

#[test]
fn a_failure_whose_input_is_gone_is_no_longer_reported() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    let run = || place.fan("run in --state st -- grep a");
    run().says("job 2 (in/b)").code(123);
    assert_eq!(status(&place)["failed"], 1);
    remove(&place, "in/b");
    run().ok();
    let now = status(&place);
    assert_eq!(
        (&now["done"], &now["failed"], &now["gone"]),
        (&1.into(), &0.into(), &1.into())
    );
    assert_eq!(now["causes"], Value::Array(Vec::new()));
}

#[test]
fn a_split_file_is_read_once_and_its_old_ranges_are_removed() {
    const LINE: &str = "map big small --count --top 1 --state st";
    let place = Place::new();
    let lines = |lines: usize| [&[b'x'; 65_535][..], b"\n"].concat().repeat(lines);
    let (big, bigger) = (lines(640), lines(900));
    place.file("small", b"s\n", 100);
    let run = |bytes: &[u8], age| {
        place.file("big", bytes, age);
        place.fan(LINE).ok();
        assert_eq!(status(&place)["size"], bytes.len() + 2, "{age}");
        assert_eq!(status(&place)["gone"], 0, "{age}");
        number(&place, "SELECT count(*) FROM jobs WHERE input = 'big'")
    };
    let first = run(&big, 100);
    assert!(first > 1);
    assert!(run(&bigger, 90) > first);
    assert_eq!(run(b"x\n", 80), 1);
    assert_eq!(run(&big, 70), first);
    // It may come back.
    place.fan("map small --count --state st").stdout("1\ts\n").ok();
    assert_eq!(status(&place)["gone"], first);
    place.fan(LINE).ok();
    assert_eq!(status(&place)["gone"], 0);
    let remembered = "SELECT remembered FROM runs ORDER BY id DESC LIMIT 1";
    assert_eq!(number(&place, remembered), first + 1);
}

#[test]
fn an_older_state_without_the_table_of_gone_inputs_gets_it() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    let line = "map in --count --state st";
    place.fan(line).ok();
    let db = Connection::open(place.path("st")).expect("a database");
    db.execute_batch("DROP TABLE gone").expect("a table");
    drop(db);
    remove(&place, "in/b");
    let now = status(&place);
    assert_eq!((&now["done"], &now["gone"]), (&2.into(), &0.into()));
    place.fan(line).stdout("1\ta\n").ok();
    let now = status(&place);
    assert_eq!((&now["done"], &now["gone"]), (&1.into(), &1.into()));
}

#[test]
fn retry_failed_forgets_no_batch() {
    let place = Place::new();
    for name in ["a", "b", "c"] {
        place.file(&format!("in/{name}"), b"", 100);
    }
    let run = |more: &str| place.fan(&format!("run in -n2 --state st {more} -- true"));
    run("").ok();
    place.file("in/aa", b"", 100);
    run("--retry-failed").says("4 inputs are new or changed").code(0);
    assert_eq!(number(&place, "SELECT count(*) FROM jobs"), 2);
    assert_eq!(status(&place)["gone"], 2);
    run("").ok();
    assert_eq!(
        (
            number(&place, "SELECT count(*) FROM jobs"),
            status(&place)["gone"].as_i64()
        ),
        (3, Some(1))
    );
}
