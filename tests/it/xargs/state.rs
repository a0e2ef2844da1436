//! `fanfold xargs --state`: a command is identified by its words.

use crate::support::{Fan, Place, fifo};
use std::fs;

/// Appends its arguments to `ran`; fails when `bad` has a file named like one of them.
const NOTE: &str = r#"echo "$*" >> ran; for word do test ! -e "bad/$word" || exit 7; done"#;

fn xargs(place: &Place, options: &str, words: &str) -> Fan {
    let fan = place.fan(&format!("xargs --state st {options}")).stdin(words);
    fan.args(["sh", "-c", NOTE, "sh"])
}

#[test]
fn commands_that_succeeded_do_not_run_again_and_others_do() {
    let place = Place::new();
    place.file("bad/b", b"", 100);
    xargs(&place, "-n1", "a b c\n").code(123);
    assert_eq!(place.lines("ran"), ["a", "b", "c"]);
    xargs(&place, "-n1", "a b c\n").code(123);
    assert_eq!(place.lines("ran"), ["a", "b", "b", "c"]);
    fs::remove_file(place.path("bad/b")).expect("it was there");
    xargs(&place, "-n1 -P2", "c d b a\n").ok();
    xargs(&place, "-n1 -P0 -t", "c d b a\n").stderr("").ok();
    assert_eq!(place.lines("ran"), ["a", "b", "b", "b", "c", "d"]);
}

#[test]
fn a_command_runs_again_when_a_file_among_its_words_changes() {
    let place = Place::new();
    place.file("f", b"1", 100);
    let run = || xargs(&place, "-n1", "f no-file /dev/null .\n").ok();
    run();
    run();
    assert_eq!(place.lines("ran"), [".", "/dev/null", "f", "no-file"]);
    place.file("f", b"1", 90);
    run();
    assert_eq!(place.lines("ran"), [".", "/dev/null", "f", "f", "no-file"]);
}

#[test]
fn a_command_that_changes_its_file_runs_until_it_does_not() {
    let place = Place::new();
    place.file("f", b"x", 100);
    let script = r#"echo x >> ran; test "$(wc -l < ran)" -ge 3 || touch -d "$(wc -l < ran) hours ago" f"#;
    for runs in [1, 2, 3, 3] {
        let fan = place.fan("xargs --state st").stdin("f\n");
        fan.args(["sh", "-c", script, "sh"]).ok();
        assert_eq!(place.lines("ran").len(), runs);
    }
}

#[test]
fn a_command_without_words_is_remembered_too() {
    let place = Place::new();
    for _ in 0..2 {
        xargs(&place, "", "").ok();
        assert_eq!(place.lines("ran"), [""]);
    }
    xargs(&place, "", "a\n").ok();
    xargs(&place, "", "").ok();
    assert_eq!(place.lines("ran"), ["", "a"]);
}

#[test]
fn the_same_words_twice_are_two_commands() {
    let place = Place::new();
    xargs(&place, "-n1", "a a\n").ok();
    xargs(&place, "-n1", "a a a\n").ok();
    xargs(&place, "-n1", "a\n").ok();
    assert_eq!(place.lines("ran"), ["a", "a", "a"]);
}

#[test]
fn the_same_words_in_other_batches_are_other_commands() {
    let place = Place::new();
    xargs(&place, "-n2", "a b c d\n").ok();
    xargs(&place, "-n2", "a b\nc d\n").ok();
    xargs(&place, "-0 -n2", "a\0b\0c d\0").ok();
    assert_eq!(place.lines("ran"), ["a b", "c d", "c d"]);
    xargs(&place, "-n4", "a b c d\n").ok();
    xargs(&place, "-n2", "a b\n").ok();
    assert_eq!(place.lines("ran"), ["a b", "a b", "a b c d", "c d", "c d"]);
}

#[test]
fn replaced_lines_and_words_that_are_not_utf8_are_remembered() {
    let place = Place::new();
    for _ in 0..2 {
        let fan = place.fan("xargs --state st -I%").stdin(b"a b\n\xff c\n");
        fan.args(["sh", "-c", NOTE, "sh", "<%>"]).ok();
    }
    let ran = fs::read(place.path("ran")).expect("they ran");
    assert_eq!(ran, b"<a b>\n<\xff c>\n");
}

#[test]
fn output_that_is_kept_in_order_is_printed_once() {
    let place = Place::new();
    let run = |words: &str| {
        let fan = place.fan("xargs --state st -n1 -P2 --keep-order echo");
        fan.stdin(words)
    };
    run("1 2 3").stdout("1\n2\n3\n").ok();
    run("0 1 2 3 4").stdout("0\n4\n").ok();
}

#[test]
fn status_lists_commands_and_why_they_failed() {
    let place = Place::new();
    place.file("bad/b", b"", 100);
    xargs(&place, "-n1", "a b\n").code(123);
    let json = place.fan("status st --json").ok();
    let json: serde_json::Value = serde_json::from_slice(&json.out).expect("one object");
    assert_eq!(json["command"]["mode"], "xargs");
    assert_eq!((&json["done"], &json["failed"]), (&1.into(), &1.into()));
    assert_eq!(json["causes"][0]["input"], "b");
    assert_eq!((&json["left"], &json["complete"]), (&0.into(), &true.into()));
}

#[test]
fn another_command_line_is_refused() {
    let place = Place::new();
    place.fan("xargs --state st -n1 echo").stdin("a\n").ok();
    place.file("in/a", b"", 100);
    for (words, what) in [
        ("xargs --state st echo x", "command: stored 'echo', now 'echo x'"),
        ("xargs --state st -I% echo", "replace: stored '', now '-I '%''"),
        ("xargs --state st -a in/a echo", "standard input: stored ''"),
        ("xargs --state st --tag echo", "tag: stored ''"),
    ] {
        let before = fs::read(place.path("st")).expect("a state");
        place.fan(words).stdin("a\n").stdout("").says(what).code(1);
        assert_eq!(fs::read(place.path("st")).expect("a state"), before, "{words}");
    }
    let run = place.fan("run in --state st -- echo");
    run.says("mode: stored 'xargs', now 'run'").code(2);
}

#[test]
fn commands_that_cannot_be_remembered_and_abbreviated_options_are_refused() {
    let place = Place::new();
    let ask = place.fan("xargs --state st -p echo").stdin("a\n");
    ask.says("--interactive/-p").says("--help").code(1);
    place
        .fan("xargs --stat st echo")
        .stdin("a\n")
        .says("--stat")
        .code(1);
    assert!(!place.path("st").exists());
}

#[test]
fn a_state_in_use_is_refused() {
    let place = Place::new();
    fifo::make(&place.path("gate"));
    let script = "echo has; read line < gate";
    let start = || {
        let fan = place.fan("xargs --state st -a list");
        fan.args(["sh", "-c", script, "sh"])
    };
    place.file("list", b"a\n", 100);
    let mut running = start().spawn();
    assert_eq!(running.line(), "has");
    start().stdout("").says("st: in use by another fanfold").code(6);
    fifo::write(&place.path("gate"), "\n");
    running.wait().expect(true, "its end");
}

#[test]
fn a_command_that_ends_the_run_runs_again_and_those_before_it_do_not() {
    let place = Place::new();
    let run = |words: &str, code: i32| {
        let fan = place.fan("xargs --state st -n1").stdin(words);
        let script = r#"echo "$1" >> ran; test "$1" != b || test -e good || exit 255"#;
        fan.args(["sh", "-c", script, "sh"]).code(code);
    };
    run("a b c\n", 124);
    assert_eq!(place.lines("ran"), ["a", "b"]);
    place.file("good", b"", 100);
    run("a b c\n", 0);
    assert_eq!(place.lines("ran"), ["a", "b", "b", "c"]);
}
