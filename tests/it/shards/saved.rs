//! `--save` and `fanfold merge`: the answers of shards add up to that of one run.

use crate::support::{Fan, Place, fan, gzip};
use std::fs;

/// Runs shards 1 to `count`, each of which saves its fold in `N.fold`.
fn save_shards(place: &Place, words: &[&str], count: u64) {
    for index in 1..=count {
        let fold = format!("{index}.fold");
        let shard = format!("{index}/{count}");
        let done = place
            .fan("")
            .arg(words[0])
            .args(["--shard", &shard, "--save", &fold])
            .args(&words[1..])
            .stdout("")
            .spawn()
            .wait();
        done.expect(place.path(&fold).exists(), "a saved fold");
    }
}

fn merge(place: &Place, count: u64, words: &str) -> Fan {
    let folds = (1..=count).map(|index| format!("{index}.fold"));
    place.fan("merge").args(folds).args(words.split_whitespace())
}

/// Logs with numbers, texts, times and missing values in their fields.
fn numbers(place: &Place, files: usize) {
    for file in 0..files {
        let lines: String = (0..40)
            .map(|line| {
                let n = file * 41 + line * 7;
                let number = ["-", "x", "1e3", "-0.1", "12345678901234567890"].get(n % 9);
                let number =
                    number.map_or_else(|| format!("{}.{}", n % 50, n % 7), |text| (*text).to_owned());
                format!("k{} {number} 2024-01-{:02}\n", n % 5, 1 + n % 28)
            })
            .collect();
        place.file(&format!("in/{file:02}"), lines.as_bytes(), 100);
    }
}

/// The names in the section of `fanfold list` with this heading.
fn listed(heading: &str) -> Vec<String> {
    let list = String::from_utf8(fan("list").ok().out).expect("text");
    let lines = list
        .lines()
        .skip_while(|line| *line != format!("{heading}:"))
        .skip(1);
    let names = lines.take_while(|line| line.starts_with("  "));
    names
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

#[test]
fn merge_prints_what_one_run_prints_for_every_aggregate_and_output_format() {
    let place = Place::new();
    numbers(&place, 7);
    let aggregates: Vec<String> = listed("aggregates")
        .iter()
        .map(|name| match name.as_str() {
            "count" => "count".into(),
            "pNN" => "p50:2,p99.9:2".into(),
            name => format!("{name}:2"),
        })
        .collect();
    assert!(aggregates.len() >= 8, "{aggregates:?}");
    let all = aggregates.join(",") + ",min:3,max:3,distinct:1,count:(2 > 3)";
    let folds: [&[&str]; 5] = [
        &["map", "in", "--by", "1", "--agg", &all],
        &["map", "in", "--agg", &all],
        &["map", "in", "--select", "1", "--count"],
        &["map", "in", "--unique"],
        &["run", "in", "-z", "--by", "1,3", "--agg", &all, "--", "cat"],
    ];
    let formats = listed("output formats");
    assert!(formats.len() >= 5, "{formats:?}");
    for (fold, count) in folds.into_iter().zip([3, 1, 9, 2, 4]) {
        save_shards(&place, fold, count);
        for format in &formats {
            let split = fold.iter().position(|word| *word == "--").unwrap_or(fold.len());
            let (words, command) = fold.split_at(split);
            let one = place
                .fan("")
                .args(words)
                .args(["-q", "-o", format])
                .args(command)
                .ok();
            merge(&place, count, &format!("-q -o {format}"))
                .stdout(one.out)
                .ok();
        }
    }
}

#[test]
fn options_about_rows_are_carried_and_what_is_typed_wins() {
    let place = Place::new();
    numbers(&place, 4);
    let words = [
        "map",
        "in",
        "--select",
        "1",
        "--count",
        "--top",
        "2",
        "--having",
        "count > 31",
    ];
    save_shards(&place, &words, 2);
    let one = |more: &str| place.whole(&format!("map in --select 1 --count {more}"));
    let having = |more: &str| {
        let line = place.fan("").args(words).args(more.split_whitespace());
        line.ok().out
    };
    merge(&place, 2, "").stdout(having("")).ok();
    merge(&place, 2, "-o json").stdout(having("-o json")).ok();
    let all = merge(&place, 2, "--top 9 --sort -1")
        .arg("--having")
        .arg("count > 0");
    all.stdout(one("--sort -1")).ok();
}

#[test]
fn failures_are_saved_and_the_exit_codes_are_those_of_one_run() {
    let place = Place::new();
    place.logs(0..5);
    place.file("in/02.gz", &gzip(b"whole\n")[..12], 100);
    let words = ["map", "in", "--select", "1", "--count"];
    let one = place.fan("").args(words).code(3);
    save_shards(&place, &words, 2);
    merge(&place, 2, "")
        .stdout(&one.out)
        .says("1 of 5 jobs failed (exit 3)")
        .code(3);
    let run = [
        "run",
        "in",
        "--count",
        "--shell",
        "case $1 in *3.gz) exit 1;; esac; echo x",
    ];
    save_shards(&place, &run, 3);
    merge(&place, 3, "")
        .stdout("4\tx\n")
        .says("1 of 5 jobs failed (exit 123): job 4")
        .code(123);
    place.fan("map --count --exclude * in --save 1.fold").code(4);
    place.fan("merge 1.fold").says("no input").code(4);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let place = Place::new();
    place.logs(0..4);
    save_shards(&place, &["map", "in", "--count"], 3);
    let refused = |words: &str, says: &str| {
        place.fan(&format!("merge {words}")).stdout("").says(says).code(2);
    };
    refused("1.fold 3.fold", "shard 2 of 3 is missing (--allow-missing");
    refused("1.fold 1.fold", "1.fold: given twice");
    refused("1.fold 2.fold none", "none: no such file");
    refused("in/00.gz", "in/00.gz: not a saved fold");
    place
        .fan("merge --allow-missing 1.fold 3.fold")
        .says("shard 2 of 3 is missing")
        .code(3);
    for (words, says) in [
        ("--count --shard 1/3", "4.fold: shard 1/3, as 1.fold is"),
        ("--unique --shard 3/3", "fold: there '--count', here '--unique'"),
        ("--count --shard 4/4", "one of 4 shards, and 1.fold is one of 3"),
        ("--count", "one is a shard and the other is of all inputs"),
    ] {
        place.fan(&format!("map in {words} --save 4.fold")).ok();
        refused("1.fold 2.fold 4.fold", says);
    }
    place.logs(5..6);
    place.fan("map in --count --shard 3/3 --save 3.fold").ok();
    refused("1.fold 2.fold 3.fold", "shard 3 counted 5 inputs, shard 1 4");
    fs::rename(place.path("in/05.gz"), place.path("in/06.gz")).expect("renamed");
    place.fan("map in --count --shard 2/3 --save 2.fold").ok();
    refused("2.fold 3.fold --allow-missing", "listed other names");
}

#[test]
fn merged_folds_are_saved_again_and_know_what_is_in_them() {
    let place = Place::new();
    place.logs(0..6);
    let words = ["map", "in", "--select", "1", "--count"];
    save_shards(&place, &words, 3);
    let merge = |words: &str| place.fan(&format!("merge {words}"));
    merge("1.fold 3.fold --allow-missing --save 13.fold")
        .stdout("")
        .code(3);
    merge("13.fold 1.fold 2.fold")
        .says("is in 13.fold already")
        .code(2);
    merge("2.fold 13.fold").stdout(place.whole(&words.join(" "))).ok();
}

#[test]
fn folds_of_several_hosts_come_through_pipes() {
    let place = Place::new();
    place.file("a/log", b"x\ny\n", 100).file("b/log", b"x\n", 100);
    let fanfold = env!("CARGO_BIN_EXE_fanfold");
    let script = format!(
        "for host in a b; do (cd $host; {fanfold} map log --count --save - > ../$host.fold); done; cat a.fold | {fanfold} merge \
         /dev/stdin b.fold"
    );
    place
        .fan("--version")
        .under(&["sh", "-c", &script])
        .stdout("2\tx\n1\ty\n")
        .ok();
}

#[test]
fn what_cannot_be_saved_is_refused() {
    let map = |words: &str| fan("map").args(words.split(' ')).file("a", "x\n").stdout("");
    map("a --save f").says("--save needs a fold").code(2);
    map("a --sort 1 --save f").says("not for records").code(2);
    map("a --count --save a").says("a").code(2);
    let done = map("a --count -i clf --since yesterday --save f")
        .says("depends on now")
        .code(2);
    done.expect(!done.fan.path("f").exists(), "no file");
    map("a --count --save no/such/../dir/").code(5);
    map("a --count --save /dev/full")
        .says("/dev/full: no space left")
        .code(5);
}

#[test]
fn a_log_is_not_replaced_by_a_saved_fold() {
    let place = Place::new();
    place
        .file("in/a", b"x\n", 100)
        .file("in/b", b"y\n", 100)
        .file("empty", b"", 100);
    for line in ["map in --count --save in/b", "run in --count --save in/b -- cat"] {
        place
            .fan(line)
            .stdout("")
            .says("in/b: is there and is no saved fold")
            .code(2);
        assert_eq!(fs::read(place.path("in/b")).expect("a file"), b"y\n");
    }
    for _ in 0..2 {
        place.fan("map in --count --save empty").ok();
    }
    place
        .fan("merge empty --save in/b")
        .says("in/b: is there and is no saved fold")
        .code(2);
    place.fan("merge empty").stdout("1\tx\n1\ty\n").ok();
}

#[test]
fn a_saved_fold_is_no_input() {
    let place = Place::new();
    place.file("in/a", b"x\n", 100);
    place.fan("map in --count --save in/a.fold").stdout("").ok();
    place.fan("map in --count --save in/a.fold").stdout("").ok();
    place.fan("merge in/a.fold").stdout("1\tx\n").ok();
    // One that a walk meets is left out; one that is named is refused.
    let left_out = "fanfold: in/a.fold: a saved fold, left out\n";
    for line in [
        "map in --count",
        "map in/* --count",
        "run in -z --count -- cat",
        "map in --count --state st",
    ] {
        for _ in 0..2 {
            place.fan(line).stdout("1\tx\n").stderr(left_out).ok();
        }
    }
    place.fan("map in").stdout("x\n").stderr(left_out).ok();
    place.fan("map in --count -q").stdout("1\tx\n").stderr("").ok();
    place
        .fan("map in --count --save in/b.fold")
        .says("in/a.fold")
        .ok();
    place
        .fan("map in --count")
        .stdout("1\tx\n")
        .says("2 saved folds among the inputs are left out (first: in/a.fold)")
        .ok();
    for line in ["map in in/a.fold --count", "map in/a in/a.fold --count"] {
        place
            .fan(line)
            .stdout("1\tx\n")
            .says("in/a.fold: is a saved fold")
            .code(3);
    }
}
