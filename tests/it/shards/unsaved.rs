//! Runs that save nothing, parts that are far apart in time, and the first places of notes of parts.

use crate::support::{Place, entries, fan};
use rustix::process::Signal;
use std::fs;
use std::hash::Hasher as _;
use std::path::Path;
use twox_hash::XxHash64;

#[test]
fn a_run_that_was_ended_saves_nothing() {
    let fails = "case $1 in b) exit 1;; esac; echo x";
    let ended = [
        ("--halt now,fail=1", fails, 124),
        ("--halt soon,fail=1", fails, 124),
        ("--deadline 200ms", "exec sleep 1000", 124),
        ("--failed /dev/full", fails, 5),
    ];
    for (words, script, code) in ended {
        let run = fan("run a b c -j1 --count --save out/fold").args(words.split(' '));
        let run = run
            .file("a", "")
            .file("b", "")
            .file("c", "")
            .file("out/other", "");
        let done = run.arg("--shell").arg(script).stdout("").code(code);
        let left = entries(&done, "out");
        done.expect(left == ["other"], "no file, nor a part of one");
    }
}

#[test]
fn a_run_that_a_signal_ends_saves_nothing() {
    for to in ["out/fold", "-"] {
        let run = fan("run a -j1 --count --save")
            .arg(to)
            .file("a", "")
            .file("out/other", "");
        let run = run
            .fifo("pid")
            .arg("--shell")
            .arg("echo $$ >pid; exec sleep 1000");
        let running = run.stdout("").spawn();
        running.child_pid();
        running.signal(Signal::TERM);
        let done = running.wait();
        done.expect_death_by(Signal::TERM);
        let left = entries(&done, "out");
        done.expect(left == ["other"], "no file, nor a part of one");
    }
}

/// Has a saved fold say that its run began so many seconds earlier.
fn make_older(path: &Path, seconds: f64) {
    let saved = fs::read(path).expect("a saved fold");
    let (magic, rest) = saved.split_at(8);
    let (length, rest) = rest.split_first_chunk::<4>().expect("a length");
    let (header, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let mut header: serde_json::Value = serde_json::from_slice(header).expect("JSON");
    header["started"] = (header["started"].as_f64().expect("a number") - seconds).into();
    let header = header.to_string();
    let length = u32::try_from(header.len()).expect("short").to_le_bytes();
    let (body, end) = rest.split_at(rest.len() - 16);
    let summed = [magic, &length, header.as_bytes(), body].concat();
    let mut sum = XxHash64::with_seed(0);
    sum.write(&summed);
    let whole = [&summed, &sum.finish().to_le_bytes()[..], &end[8..]].concat();
    fs::write(path, whole).expect("written");
}

#[test]
fn parts_that_began_over_an_hour_apart_are_told() {
    let place = Place::new();
    place.logs(0..4);
    for shard in 1..=3 {
        let line = format!("map in --select 1 --count --shard {shard}/3 --save {shard}.fold");
        place.fan(&line).ok();
    }
    let whole = place.whole("map in --select 1 --count");
    let merge = |words: &str| place.fan(&format!("merge {words}")).stdout(&whole);
    make_older(&place.path("2.fold"), 3500.0);
    merge("1.fold 2.fold 3.fold").stderr("").ok();
    make_older(&place.path("2.fold"), 2.5 * 3600.0);
    let told = "fanfold: 2.fold is the oldest and ";
    merge("1.fold 2.fold 3.fold")
        .says(told)
        .says("their runs began 3 h apart")
        .ok();
    merge("1.fold 2.fold 3.fold -q").stderr("").ok();
}

#[test]
fn the_first_place_of_a_note_is_that_of_one_run() {
    let place = Place::new();
    for file in 0..6 {
        let bad = if file >= 3 {
            format!("k x{file}\n")
        } else {
            String::new()
        };
        place.file(
            &format!("in/{file}"),
            format!("k 1\nk 2\n{bad}k 3\n").as_bytes(),
            100,
        );
    }
    let question = "--by 1 --agg sum:2";
    let told = |line: &str| {
        let done = place.fan(line).code(0);
        done.expect(done.err.contains("(first: in/"), "a note with its place");
        done.err
    };
    let one = told(&format!("map in {question}"));
    for shard in 1..=4 {
        let done = place.fan(&format!(
            "map in {question} --shard {shard}/4 --save {shard}.fold"
        ));
        done.code(0);
    }
    place
        .fan("merge 3.fold 4.fold --allow-missing --save 34.fold")
        .code(3);
    for folds in [
        "1.fold 2.fold 3.fold 4.fold",
        "4.fold 3.fold 2.fold 1.fold",
        "34.fold 2.fold 1.fold",
    ] {
        assert_eq!(told(&format!("merge {folds}")), one, "{folds}");
    }
    // What was appended comes after what was there, and before the files behind.
    told(&format!("map in {question} --state st"));
    for file in [1, 4] {
        let grown = fs::read_to_string(place.path(&format!("in/{file}"))).expect("text") + "k 4\nk y\n";
        place.file(&format!("in/{file}"), grown.as_bytes(), 50);
        let now = told(&format!("map in {question} --state st"));
        assert_eq!(now, told(&format!("map in {question}")), "after {file} has grown");
        assert_eq!(now, told("merge st"), "after {file} has grown");
    }
}
