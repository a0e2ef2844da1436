//! Questions about a run: `fanfold status`, queries of its state, `--joblog`.

use crate::support::{Place, fifo, repository, until};
use std::fs;

#[test]
fn status_counts_done_failed_and_remaining_jobs() {
    let place = Place::new();
    place
        .file("in/a", b"a\n", 100)
        .file("in/b", b"bb\n", 100)
        .file("in/new", b"n\n", 0);
    for name in ["c", "d"] {
        place.file(&format!("in/{name}"), b"x", 100);
    }
    let script = r#"case "$1" in in/[cd]) exit 7;; esac; cat "$1""#;
    place
        .fan("run in --state st --unordered --shell")
        .arg(script)
        .says("exited with status 7")
        .code(123);
    let text = place.fan("status st").ok();
    let text = String::from_utf8(text.out).expect("text");
    for line in [
        "mode       run\n",
        "done       2\n",
        "failed     2\n",
        "           'sh' exited with status 7 (in/c and 1 more)\n",
        "unsettled  1\n",
        "left       0\n",
        "read       5 bytes\n",
        "gave       5 bytes\n",
        "ended",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
    let json = place.fan("status st --json").ok();
    let json: serde_json::Value = serde_json::from_slice(&json.out).expect("one object");
    assert_eq!(json["done"], 2);
    assert_eq!(json["failed"], 2);
    assert_eq!(json["unsettled"], 1);
    assert_eq!(json["causes"][0]["jobs"], 2);
    assert_eq!(json["causes"][0]["input"], "in/c");
    assert_eq!(json["command"]["mode"], "run");
    assert!(json["ended"].as_f64() >= json["started"].as_f64());
}

#[test]
fn status_works_while_the_run_goes_on() {
    let place = Place::new();
    place
        .file("in/a", b"", 100)
        .file("in/b", b"", 100)
        .file("in/c", b"", 100);
    fifo::make(&place.path("gate"));
    let script = r#"echo "$1"; test "$1" = in/a || read line < gate"#;
    let mut running = place.fan("run in -j1 --state st --shell").arg(script).spawn();
    assert_eq!(running.line(), "in/a");
    assert_eq!(running.line(), "in/b");
    // What is printed is stored a moment later.
    let mut json = serde_json::Value::Null;
    until("a job that is stored", || {
        let shown = place.fan("status st --json").ok();
        json = serde_json::from_slice(&shown.out).expect("one object");
        json["done"] == 1
    });
    assert_eq!(json["left"], 2);
    assert_eq!(
        (&json["complete"], &json["ended"]),
        (&true.into(), &serde_json::Value::Null)
    );
    place
        .fan("run in -j1 --state st --shell")
        .arg(script)
        .says("in use")
        .code(6);
    fifo::write(&place.path("gate"), "\n");
    assert_eq!(running.line(), "in/c");
    fifo::write(&place.path("gate"), "\n");
    running.wait().expect(true, "its end");
}

#[test]
fn status_refuses_a_file_that_is_no_state() {
    let place = Place::new();
    place.file("text", b"no state\n", 100);
    place.fan("status text").says("text: not a state file").code(2);
    place
        .fan("status nothing")
        .says("nothing: no such state file")
        .code(2);
    assert!(!place.path("nothing").exists());
}

#[test]
fn the_job_log_has_the_columns_of_gnu_parallel() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b c", b"", 100);
    let script = r#"case "$1" in *c) kill -9 $$;; esac; cat "$1""#;
    place
        .fan("run in -j1 --joblog log --shell")
        .arg(script)
        .says("signal")
        .code(123);
    let log = fs::read_to_string(place.path("log")).expect("a log");
    let rows: Vec<Vec<&str>> = log.lines().map(|line| line.split('\t').collect()).collect();
    let heading = "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command";
    assert_eq!(rows[0].join(" "), heading);
    let fixed = |row: &[&str]| [0, 1, 4, 5, 6, 7].map(|column| row[column].to_owned());
    assert_eq!(fixed(&rows[1]), ["1", ":", "0", "2", "0", "0"]);
    assert_eq!(fixed(&rows[2]), ["2", ":", "0", "0", "0", "9"]);
    assert!(
        rows[2][8].starts_with("sh -c ") && rows[2][8].ends_with(" sh 'in/b c'"),
        "{log}"
    );
    assert!(
        rows[1][2].parse::<f64>().is_ok_and(|at| at > 1e9) && rows[1][3].len() == 10,
        "{log}"
    );
    place.fan("map in --fn wc --joblog log").ok();
    let log = fs::read_to_string(place.path("log")).expect("a log");
    assert!(log.lines().count() == 3 && log.contains("\tin/a\n"), "{log}");
}

#[test]
fn the_queries_of_the_page_work() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"", 100);
    place
        .fan("run in --state st -- grep a")
        .says("job 2 (in/b)")
        .code(123);
    let page = fs::read_to_string(repository().join("src/help/state.md")).expect("it is there");
    let db = rusqlite::Connection::open(place.path("st")).expect("a database");
    let queries = page.lines().filter_map(|line| line.strip_prefix("sqlite3 "));
    let answers: Vec<Vec<String>> = queries
        .map(|line| {
            let query = line.split('"').nth(1).expect("it is quoted");
            let mut statement = db.prepare(query).expect(query);
            let rows = statement.query_map((), |row| row.get(0)).expect(query);
            rows.collect::<Result<_, _>>().expect(query)
        })
        .collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], ["in/b"]);
    assert_eq!(answers[1].len(), 2);
}
