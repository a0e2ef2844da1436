//! `--open`: an input is what a command prints.

use crate::support::{HOSTILE, Place, fan, gzip};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

#[test]
fn an_input_is_what_the_command_prints_whatever_its_name_is() {
    // The names are those of nothing: they are looked up in no directory.
    for name in HOSTILE.iter().chain(&[&b"-"[..], b"s3://bucket/*"]) {
        let name = OsStr::from_bytes(name);
        let fan = fan("map --count --open")
            .arg("printf x%s\\n {}")
            .arg("--")
            .arg(name);
        let done = fan.ok();
        let lines = name.as_bytes().split(|byte| *byte == b'\n').count();
        assert_eq!(
            done.out.iter().filter(|byte| **byte == b'\n').count(),
            lines,
            "{name:?}"
        );
    }
    let place = Place::new();
    place.file("names", b"a\n b \n*\n", 10);
    let line = "map -a names --open";
    place
        .fan(line)
        .arg("printf '<%s>'")
        .stdout("<a>\n< b >\n<*>\n")
        .ok();
    // It is the name that is appended, and what is printed may be compressed.
    place.file("b.gz", &gzip(b"x\ny\nx\n"), 10);
    place
        .fan("map b.gz b.gz --count --open cat")
        .stdout("4\tx\n2\ty\n")
        .ok();
}

#[test]
fn a_command_that_fails_gives_nothing_and_fails_its_input() {
    let place = Place::new();
    place.file("good", &gzip(b"a\n"), 10).file("bad", b"b\n", 10);
    place.file("torn", &gzip(b"c\n")[..15], 10);
    let script = "sh -c 'cat \"$1\"; test \"$1\" != bad' sh {}";
    for fold in ["", "--count"] {
        let done = place
            .fan(&format!("map good bad torn {fold} --open"))
            .arg(script)
            .code(3);
        done.expect(
            done.out.ends_with(b"a\n") && done.out.len() < 5,
            "the good one alone",
        );
        done.expect(done.err.contains("bad: 'sh' exited with status 1"), "why");
        done.expect(done.err.contains("torn: truncated gzip"), "why");
    }
    place.fan("map good --open no-such-command").code(127);
    place.fan("map good --open 'cat --count").code(2);
    for words in ["--state st --count", "--out out/{#}"] {
        let refused = place.fan(&format!("map good {words} --open cat"));
        refused
            .stdout("")
            .says("cannot be used with")
            .says("'--open <CMD>'")
            .code(2);
    }
    assert!(!place.path("st").exists() && !place.path("out").exists());
    // A command that is not read to its end is no failure.
    place
        .fan("map a b --first 2 --open")
        .arg("yes")
        .stdout("a\na\n")
        .ok();
    // Nor is one that says how its reader left.
    for script in [
        "yes; exit 7",
        "trap '' PIPE; yes 2>&1; exit 1",
        "yes & wait; exit 9",
    ] {
        place
            .fan("map a b --first 2 --open")
            .arg(format!("sh -c {} sh {{}}", shell_escape(script)))
            .stdout("y\ny\n")
            .stderr("")
            .ok();
    }
    // One that hangs is ended, and what it gave before counts nothing.
    for script in [
        "exec sleep 1000",
        "echo x; exec sleep 1000",
        "trap '' TERM; sleep 1000 & wait; wait",
    ] {
        place
            .fan("map a --count --timeout 100ms --kill-after 100ms --open")
            .arg(format!("sh -c {} sh {{}}", shell_escape(script)))
            .stdout("")
            .says("a: 'sh' ran longer than 100ms and was killed")
            .code(3);
    }
}

/// Quotes a script as one word.
fn shell_escape(script: &str) -> String {
    shlex::try_quote(script).expect("no NUL").into_owned()
}

#[test]
fn shards_of_opened_inputs_share_them() {
    let place = Place::new();
    place.file("names", b"a\nb\nc\n", 10);
    for shard in 1..=2 {
        let line = format!("map -a names --count --shard {shard}/2 --save {shard}.fold --open echo");
        place.fan(&line).ok();
    }
    place.fan("merge 1.fold 2.fold").stdout("1\ta\n1\tb\n1\tc\n").ok();
}
