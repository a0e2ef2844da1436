//! Words of other tools, typed as they are there: each is answered by what to type here.

use crate::support::{Place, fan};

#[test]
fn options_of_other_tools_are_answered() {
    for (typed, whose, answer) in [
        ("run -k logs -- wc", "GNU parallel's", "in input order already"),
        ("map --resume logs", "GNU parallel's", "--state FILE"),
        ("run -I{} logs -- wc {}", "of xargs", "{} stands for the input"),
        ("map -F: logs", "awk's", "-d C"),
        ("map -v x logs", "grep's", "--not-grep TEXT"),
        ("map -tx logs", "of sort", "-d C"),
        ("run -name x -- wc", "of find", "a quoted pattern"),
        ("run logs -print0 -- wc", "of find", "fanfold run -0"),
        ("run --tagstring=x logs -- wc", "GNU parallel's", "--tag"),
        ("map logs --parallel 4", "sort's", "-j N"),
    ] {
        fan(typed)
            .file("logs/a", "x\n")
            .says(whose)
            .says(answer)
            .stdout("")
            .code(2);
    }
}

#[test]
fn a_line_without_a_command_is_shown_with_one() {
    let place = Place::new();
    place.file("logs/a.gz", b"x\n", 0);
    for (typed, meant) in [
        ("logs/*.gz --count", "fanfold map 'logs/*.gz' --count"),
        ("logs --count", "fanfold map logs --count"),
        ("logs/*.gz -- gzip -t", "fanfold run 'logs/*.gz' -- gzip -t"),
        ("-j4 map logs", "fanfold map -j4 logs"),
        ("cat logs/a.gz", "fanfold help from-awk"),
        ("env x", "fanfold run INPUT -- env x"),
    ] {
        place.fan(typed).says(meant).code(2);
    }
    place.fan("mapp logs").says("'map'").code(2);
}

#[test]
fn nothing_that_destroys_is_suggested() {
    for typed in ["map --refresh logs", "run --fres logs -- wc"] {
        let said = fan(typed).code(2).err;
        assert!(!said.contains("--fresh"), "{typed}");
    }
}

#[test]
fn values_of_other_tools_are_answered() {
    for (typed, answer) in [
        ("map a -i ERROR", "--ignore-case"),
        ("map a -o found.txt", "> FILE"),
        ("map a -w ERROR", "--grep TEXT"),
        (
            "run a -d '\\n' -- wc",
            "names and records are one a line without it",
        ),
        ("map a -i clf --by url", "did you mean 'path'?"),
        ("map a -i clf --by hour", "did you mean 'time:hour'?"),
        ("map a --by 1 --agg p95(10)", "did you mean 'p95:10'?"),
    ] {
        fan(typed).says(answer).code(2);
    }
}

#[test]
fn names_of_other_machines_are_refused_with_the_way_to_them() {
    fan("map s3://bucket/a.gz --count")
        .says("'s3://bucket/a.gz' is not on this machine")
        .says("fanfold map [OPTIONS] --open 'aws s3 cp {} -' 's3://")
        .code(2);
    fan("run https://example.org/a -- wc")
        .says("names that are none come from standard input")
        .code(2);
    fan("run -- echo")
        .stdin("s3://bucket/a\n")
        .stdout("s3://bucket/a\n")
        .ok();
    fan("map x://y/z --count")
        .file("x:/y/z", "a\n")
        .stdout("1\ta\n")
        .ok();
}

#[test]
fn a_command_in_one_word_is_told() {
    let place = Place::new();
    place
        .file("a", b"x\n", 0)
        .file("my tool", b"#!/bin/sh\necho ran\n", 0);
    place
        .fan("run a --")
        .arg("cat {}")
        .says("is one word")
        .says("-- cat {}")
        .says("--shell")
        .code(127);
    place
        .fan("run a --")
        .arg("cat {} | wc -l")
        .says("--shell 'cat \"$1\" | wc -l'")
        .code(127);
    place
        .fan("run a -- nosuchprogram")
        .stderr("fanfold: 'nosuchprogram' not found\n")
        .code(127);
}

#[test]
fn the_separator_of_parallel_is_told() {
    fan("run wc ::: a b")
        .says("':::' is GNU parallel's")
        .says("fanfold run a b -- wc")
        .code(2);
    fan("run -- wc -l ::: a").says("fanfold run a -- wc -l").code(2);
    fan("run a --shell")
        .arg("echo :::")
        .file("a", "")
        .stdout(":::\n")
        .ok();
}

#[test]
fn exits_that_are_answers_are_told_once() {
    let hint = "--ok-exit 0,1";
    let place = Place::new();
    place
        .file("a", b"x\n", 0)
        .file("b", b"y\n", 0)
        .file("c", b"z\n", 0);
    let said = place.fan("run a b c -- grep -c nothing").says(hint).code(123).err;
    assert_eq!(said.matches(hint).count(), 1);
    place.fan("run a b c -- grep -c x").says(hint).code(123);
    for command in ["grep -q nothing nofile", "false"] {
        let said = place
            .fan(&format!("run a -- {command}"))
            .says("exited with status")
            .code(123)
            .err;
        assert!(!said.contains(hint), "{command}");
    }
    place
        .fan("run -q a -- grep -c nothing")
        .stdout("0\n")
        .says("exited with status 1")
        .code(123);
    place
        .fan("run a --ok-exit 0,1 -- grep -c nothing")
        .stdout("0\n")
        .ok();
}

#[test]
fn formats_have_the_names_of_their_servers() {
    let line = "1.2.3.4 - - [04/Jan/2012:04:06:35 -0500] \"GET / HTTP/1.1\" 200 713 \"-\" \"x\"\n";
    for name in ["clf", "nginx", "apache", "common", "combined"] {
        fan(&format!("map a -i {name} --select status"))
            .file("a", line)
            .stdout("200\n")
            .ok();
    }
}

#[test]
fn alternatives_in_braces_are_expanded() {
    let place = Place::new();
    for name in ["logs/a.log", "logs/b.log", "logs/c.txt", "logs/d.md"] {
        place.file(name, name.as_bytes(), 0);
    }
    let files = |inputs: &str, names: &str| {
        let names: String = names
            .split_whitespace()
            .map(|name| format!("logs/{name}\n"))
            .collect();
        place
            .fan("run")
            .arg(inputs)
            .args(["--", "echo"])
            .stdout(names)
            .ok();
    };
    files("logs/*.{log,txt}", "a.log b.log c.txt");
    files("logs/{c.txt,a*}", "c.txt a.log");
    files("logs/{a,b}.log", "a.log b.log");
    place
        .fan("run")
        .arg("logs/{a,x}.log")
        .args(["--", "echo"])
        .stdout("logs/a.log\n")
        .says("logs/x.log")
        .code(3);
    place
        .fan("run")
        .arg("logs/{x*,y*}")
        .args(["--", "echo"])
        .says("logs/{x*,y*}: no file matches")
        .code(4);
    place
        .fan("run logs --exclude")
        .arg("*.{log,md}")
        .args(["--", "echo"])
        .stdout("logs/c.txt\n")
        .ok();
    place.file("logs/{a,b}", b"", 0);
    files("logs/{a,b}", "{a,b}");
}

#[test]
fn a_replacement_string_in_a_script_is_refused_where_the_script_has_no_other_input() {
    for script in [
        "echo {}",
        "gzip -t '{}'",
        "cp {} {.}.bak",
        "grep x <{}",
        "echo ${HOME} {}",
    ] {
        fan("run a --shell")
            .arg(script)
            .says("the input is \"$1\" in a script")
            .stdout("")
            .code(2);
    }
    fan("run a --shell")
        .file("a", "")
        .arg("find \"$1\" -exec echo {} +")
        .stdout("a\n")
        .ok();
}
