//! Runs that nobody watches: `--deadline`, `--lock`, `--nice` and `--summary`.

use crate::support::{Place, fifo, oracle};
use serde_json::Value;
use std::fs;

fn summary(place: &Place) -> Value {
    let text = fs::read_to_string(place.path("sum")).expect("a summary");
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).expect("one object")
}

#[test]
fn a_deadline_ends_the_run_and_the_next_one_goes_on() {
    let place = Place::new();
    place.file("in/a", b"", 100).file("in/b", b"", 100);
    fifo::make(&place.path("gate"));
    let script = r#"echo "$1"; test "$1" = in/a || read line < gate"#;
    let words = "run in -j1 --state st --summary sum --shell";
    place
        .fan("run in -j1 --state st --summary sum --deadline 500ms --shell")
        .arg(script)
        .says("the deadline has passed")
        .code(124);
    assert_eq!(summary(&place)["exit"], 124);
    let mut next = place.fan(words).arg(script).spawn();
    fifo::write(&place.path("gate"), "\n");
    while next.line() != "in/b" {}
    next.wait().expect(true, "its end");
    assert_eq!(summary(&place)["exit"], 0);
}

#[test]
fn a_deadline_ends_a_run_that_nobody_reads() {
    let place = Place::new();
    place.file("a", b"", 0);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    place
        .fan("run a --deadline 300ms -- cat /dev/zero")
        .stdout_to(std::fs::File::from(std::os::fd::OwnedFd::from(writer)))
        .says("the deadline has passed")
        .code(124);
    drop(reader);
}

#[test]
fn a_fold_that_a_deadline_ended_has_no_answer() {
    let place = Place::new();
    place.file("a", b"", 0);
    fifo::make(&place.path("gate"));
    place
        .fan("run a --count --deadline 300ms --shell")
        .arg("echo x; read line < gate")
        .stdout("")
        .says("the answer is not printed")
        .code(124);
}

#[test]
fn one_run_at_a_time_holds_the_lock() {
    let place = Place::new();
    place.file("a", b"", 0);
    fifo::make(&place.path("gate"));
    for (lock, held) in [
        ("--lock L", "L: another run holds the lock"),
        ("--state S --lock S", "S: in use"),
    ] {
        let _ = fs::remove_file(place.path("S"));
        let script = "echo begun; read line < gate; echo first >> order";
        let mut first = place.fan(&format!("run a {lock} --shell")).arg(script).spawn();
        assert_eq!(first.line(), "begun");
        place
            .fan(&format!("run a {lock} --lock-fail --shell"))
            .arg(script)
            .says(held)
            .code(6);
        let fresh = if lock.contains("--state") { "--fresh" } else { "" };
        let second = place.fan(&format!("run a {fresh} {lock} -q --shell"));
        let second = second.arg("echo second >> order").spawn();
        fifo::write(&place.path("gate"), "\n");
        first.wait().expect(true, "its end");
        second.wait().expect(true, "its end");
        let order = fs::read_to_string(place.path("order")).expect("both ran");
        assert_eq!(order, "first\nsecond\n", "{lock}");
        fs::remove_file(place.path("order")).expect("removed");
    }
}

#[test]
fn a_run_that_waits_for_the_lock_says_so() {
    let place = Place::new();
    place.file("a", b"", 0);
    fifo::make(&place.path("gate"));
    let mut first = place
        .fan("run a --lock L --shell")
        .arg("echo begun; read line < gate")
        .spawn();
    assert_eq!(first.line(), "begun");
    let second = place.fan("run a --lock L -- echo").says("waiting for it").spawn();
    second.hears("waiting for it");
    fifo::write(&place.path("gate"), "\n");
    second.wait().expect(true, "its end");
    first.wait().expect(true, "its end");
}

#[test]
fn the_niceness_is_that_of_commands_too() {
    let place = Place::new();
    place.file("a", b"", 0);
    let own: i32 = String::from_utf8(oracle(&place.path(""), "nice", &[]))
        .expect("text")
        .trim()
        .parse()
        .expect("a number");
    let nicer = (own + 3).min(19);
    place
        .fan("run a --nice 3 --shell nice")
        .stdout(format!("{nicer}\n"))
        .ok();
    place.fan("run a --nice 30 -- true").says("--nice").code(2);
}

#[test]
fn a_summary_names_what_failed_and_why() {
    let place = Place::new();
    place.file("in/a", b"x\n", 0).file("in/b\nc", b"y\n", 0);
    place
        .fan("run in none --summary sum -- grep -q x")
        .says("failed")
        .code(123);
    let object = summary(&place);
    assert_eq!(object["version"], 1);
    assert_eq!(object["command"][1], "run");
    let numbers =
        ["done", "failed", "stopped", "remembered", "exit", "bytes"].map(|name| object[name].as_u64());
    assert_eq!(
        numbers,
        [Some(1), Some(2), Some(0), Some(0), Some(123), Some(4)],
        "{object}"
    );
    assert!(
        object["signal"].is_null() && object["error"].is_null(),
        "{object}"
    );
    assert!(object["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    let failures = object["failures"].as_array().expect("a list");
    let inputs: Vec<_> = failures
        .iter()
        .map(|failure| failure["inputs"][0].as_str())
        .collect();
    assert!(
        inputs.contains(&Some("in/b\\nc")) && inputs.contains(&Some("none")),
        "{object}"
    );
    assert!(
        failures
            .iter()
            .any(|failure| failure["cause"].to_string().contains("status 1")),
        "{object}"
    );
}

#[test]
fn a_summary_is_written_however_the_run_ends() {
    let place = Place::new();
    place.file("a", b"bytes x\n", 0);
    place
        .fan("map nothing* --summary sum")
        .says("no file matches")
        .code(4);
    let object = summary(&place);
    assert_eq!(object["exit"], 4);
    assert!(
        object["error"].to_string().contains("no file matches"),
        "{object}"
    );
    place
        .fan("map a --agg sum:1 --summary sum")
        .says("1 of 1")
        .code(0);
    assert!(
        summary(&place)["notes"][0].to_string().contains("1 of 1"),
        "it has the notes"
    );
    place.fan("map a --summary").arg("/dev/stdout").says("").code(0);
    place
        .fan("map a --summary gone/sum")
        .says("--summary: gone/sum")
        .stdout("")
        .code(2);
    place.fan("map a --summary a").says("a:").stdout("").code(2);
    assert_eq!(fs::read(place.path("a")).expect("it is there"), b"bytes x\n");
    let left = fs::read_dir(place.path("")).expect("a directory").count();
    assert_eq!(left, 2, "nothing but the file and its summary is left");
}
