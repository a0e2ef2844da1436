//! `--shard I/N`: which inputs a run takes.

use crate::support::{HOSTILE, Place, entries, fan, holds};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Runs each shard of `count` and returns the NUL-ended lines of all together.
fn all_shards(place: &Place, words: &str, script: &str, count: u64) -> Vec<Vec<u8>> {
    let run = |index: u64| {
        let shard = format!("{words} --shard {index}/{count} --shell");
        place.fan(&shard).arg(script).spawn().wait().out
    };
    let lines = (1..=count).flat_map(run).collect::<Vec<u8>>();
    let mut lines: Vec<Vec<u8>> = lines
        .split_inclusive(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect();
    lines.sort();
    lines
}

#[test]
fn shards_share_the_inputs_and_their_numbers() {
    let place = Place::new();
    place.logs(0..9);
    for (n, name) in HOSTILE.iter().enumerate() {
        let name = OsStr::from_bytes(name).to_owned();
        std::fs::write(place.path("in").join(name), format!("{n}\n")).expect("written");
    }
    let script = r#"printf '%s %s\0' "$FANFOLD_JOB" "$1""#;
    let mut whole: Vec<_> = place
        .fan("run in --shell")
        .arg(script)
        .spawn()
        .wait()
        .out
        .split_inclusive(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect();
    whole.sort();
    assert_eq!(whole.len(), HOSTILE.len() + 9);
    for count in [1, 2, 5, 40] {
        assert!(
            all_shards(&place, "run in", script, count) == whole,
            "{count} shards"
        );
    }
    let shown: BTreeSet<_> = all_shards(&place, "run in -n2", r#"printf '%s\0' "$FANFOLD_JOB""#, 3)
        .into_iter()
        .collect();
    assert_eq!(shown.len(), 9, "a number for each batch");
}

#[test]
fn a_missing_input_keeps_its_place_and_is_reported_by_its_shard_alone() {
    let run = |index: u64| {
        fan("run --shard")
            .arg(format!("{index}/3"))
            .args(["a", "gone", "c", "d", "e"])
            .args(["--", "echo", "{#}"])
            .file("a", "")
            .file("c", "")
            .file("d", "")
            .file("e", "")
    };
    run(1).stdout("1\n4\n").ok();
    run(2).stdout("5\n").says("gone: no such file").code(3);
    run(0).stdout("3\n").ok();
    run(3).stdout("3\n").ok();
}

#[test]
fn a_share_without_inputs_is_no_error_but_a_list_without_any_is() {
    let map = |words: &str| fan("map --count").args(words.split(' ')).file("in/a", "x\n");
    map("in --shard 1/3").stdout("1\tx\n").ok();
    map("in --shard 2/3").stdout("").ok();
    map("in --shard 1/3 --exclude *").says("no input").code(4);
}

#[test]
fn what_has_no_share_is_refused() {
    let map = |words: &str| fan("map").args(words.split(' ')).stdout("");
    map("--shard 3/2 a").says("expected I/N as 3/20").code(2);
    map("--shard 1/2 --count - a")
        .says("'-' is standard input as data")
        .code(2);
    map("--shard 1/2 --first 3 a")
        .says("--first cannot be combined with --shard")
        .code(2);
}

#[test]
fn outputs_of_other_shards_are_looked_at_too() {
    let run = |words: &str| {
        fan("run in --shard 1/2")
            .args(words.split(' '))
            .file("in/a/x", "1\n")
            .file("in/b/x", "2\n")
    };
    run("--out out/{/} -- cat").says("in/b/x").code(2);
    let done = run("--out out/{#} -- cat").ok();
    holds(&done, "out/1", b"1\n");
    assert_eq!(entries(&done, "out").len(), 1);
}

#[test]
fn a_state_belongs_to_one_shard() {
    let place = Place::new();
    place.logs(0..6);
    let map = |shard: &str| place.fan(&format!("map in --select 1 --count --state st {shard}"));
    let first = map("--shard 0/2").ok().out;
    map("--shard 2/2").stdout(&first).ok();
    for other in ["--shard 1/2", ""] {
        map(other)
            .says("the state of another command line: shard")
            .code(2);
    }
}
