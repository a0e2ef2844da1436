//! `fanfold merge` of states: the answers of runs over disjoint inputs add up to that of one run.

use crate::support::{Fan, Place, Running, fan, fifo};
use std::fs;

const FOLD: &str = "--by 1 --agg count,sum:2,mean:2,p50:2,stddev:2,min:2,max:2,distinct:3";

/// Two directories of logs, whose last lines have no end in some.
fn two_directories() -> Place {
    let place = Place::new();
    for file in 0..8 {
        let mut lines: String = (0..30)
            .map(|line| format!("k{} {}.{} t{}\n", (file + line) % 5, line, file, line % 4))
            .collect();
        if file % 3 == 0 {
            lines += "k1 0.125 end";
        }
        let name = format!("{}/{file}", ["a", "b"][file % 2]);
        place.file(&name, lines.as_bytes(), 100);
    }
    place
}

fn merge(place: &Place, words: &str) -> Fan {
    place.fan(&format!("merge {words}"))
}

#[test]
fn states_add_up_to_what_one_run_prints() {
    let place = two_directories();
    let folds = [
        "map {} --unique",
        "map {} --select 1 --count",
        &format!("map {{}} {FOLD}"),
    ];
    for fold in folds
        .map(str::to_owned)
        .into_iter()
        .chain(["run {} -z --by 1 --agg count -- cat".into()])
    {
        let line = |input: &str, more: &str| match fold.split_once(" --") {
            Some((head, rest)) => format!("{} {more} --{rest}", head.replace("{}", input)),
            None => unreachable!("all have options"),
        };
        for state in ["a", "b"] {
            let run = line(state, &format!("--state {state}.st"));
            place.fan(&run).ok();
        }
        for rows in ["", "-o json", "-o csv --top 3"] {
            let whole = place.fan(&line("a b", &format!("-q {rows}"))).ok().out;
            merge(&place, &format!("-q b.st a.st {rows}")).stdout(whole).ok();
        }
        fs::remove_file(place.path("a.st")).expect("ours");
        fs::remove_file(place.path("b.st")).expect("ours");
    }
}

#[test]
fn rows_are_chosen_anew_and_a_state_that_went_on_counts_each_line_once() {
    let place = two_directories();
    let state = |of: &str| {
        place
            .fan(&format!("map {of} --select 1 --count --top 1 --state {of}.st"))
            .ok()
    };
    state("a");
    state("b");
    // The last line of a/0 has no end yet.
    let grown = fs::read_to_string(place.path("a/0")).expect("text") + "ed\nk1 x y\n";
    place
        .file("a/0", grown.as_bytes(), 50)
        .file("a/new", b"k9 1 1\n", 50);
    fs::remove_file(place.path("b/1")).expect("ours");
    state("a");
    state("b");
    for rows in ["", "--top 2", "--sort count", "--having count>30 -o json"] {
        let whole = place.whole(&format!("map a b --select 1 --count {rows}"));
        merge(&place, &format!("a.st b.st {rows}")).stdout(whole).ok();
    }
    merge(&place, "a.st b.st --save ab.fold").stdout("").ok();
    let whole = place.whole("map a b --select 1 --count");
    merge(&place, "ab.fold").stdout(whole).ok();
    merge(&place, "a.st --save a.fold").stdout("").ok();
    merge(&place, "ab.fold a.fold")
        .says("what is in it is in ab.fold already")
        .code(2);
}

#[test]
fn options_with_any_bytes_are_read_back_from_a_state() {
    let place = Place::new();
    place
        .file("a", b"it's # 5\n", 100)
        .file("b", b"it's # 7\nx\n", 100);
    let words = [
        "--where",
        "$1 == \"it's\"",
        "-x",
        "(?<q>\\S+)\n? (?<h>#) (?<n>[0-9])",
        "--by",
        "h",
        "--agg",
        "sum:n",
    ];
    for input in ["a", "b"] {
        let line = place
            .fan("map")
            .arg(input)
            .args(words.map(|word| word.replace("$1", "q")));
        line.args(["--state", &format!("{input}.st")]).ok();
    }
    merge(&place, "a.st b.st").stdout("#\t12\n").ok();
}

#[test]
fn an_input_in_two_states_is_refused() {
    let place = two_directories();
    let state = |of: &str, to: &str| place.fan(&format!("map {of} --count --state {to}")).ok();
    state("a", "a.st");
    state("./a b", "ab.st");
    state("a/2", "one.st");
    fs::copy(place.path("a.st"), place.path("copy.st")).expect("a copy");
    merge(&place, "a.st a.st").says("a.st: given twice").code(2);
    merge(&place, "a.st copy.st")
        .says("copy.st: 'a/0' is an input of a.st, too")
        .code(2);
    merge(&place, "a.st one.st")
        .says("one.st: 'a/2' is an input of a.st, too")
        .code(2);
    // An input that is gone is none.
    fs::remove_file(place.path("a/2")).expect("ours");
    state("a", "a.st");
    merge(&place, "a.st one.st").says("").code(0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let place = two_directories();
    place.fan("map a --count --state a.st").ok();
    place.fan("map b --unique --state b.st").ok();
    place.fan("map b --count --save b.fold").ok();
    place.fan("map b --state none.st").ok();
    merge(&place, "a.st b.st")
        .stdout("")
        .says("b.st: the answer of another command line than a.st: fold: there '--count', here '--unique'")
        .code(2);
    merge(&place, "a.st b.fold")
        .says("a.st is a state and b.fold a saved fold")
        .code(2);
    merge(&place, "none.st")
        .says("a state of a run without a fold")
        .code(2);
    let whole = fs::read(place.path("a.st")).expect("a state");
    fs::write(place.path("cut.st"), &whole[..whole.len() / 2]).expect("written");
    merge(&place, "cut.st").stdout("").says("cut.st: damaged").code(2);
    assert!(
        fs::read(place.path("a.st")).expect("a state") == whole,
        "it is only read"
    );
}

#[test]
fn what_failed_or_is_unfinished_is_told() {
    let place = two_directories();
    place.fan("map b --select 1 --count --state b.st").ok();
    place.file("a/bad.gz", &crate::support::gzip(b"k1\n")[..9], 100);
    let state = |inputs: &str| place.fan(&format!("map {inputs} --select 1 --count --state a.st"));
    state("a").code(3);
    merge(&place, "a.st b.st")
        .says("1 of 9 jobs failed (exit 3): a/bad.gz: ")
        .code(3);
    merge(&place, "a.st --save a.fold").says("a/bad.gz").code(3);
    merge(&place, "a.fold").says("a/bad.gz").code(3);
    fs::remove_file(place.path("a/bad.gz")).expect("ours");
    // An input that was not there is in no job.
    state("a gone").code(3);
    merge(&place, "a.st b.st")
        .says("a.st: its last run did not find all inputs")
        .code(3);
    state("a").ok();
    merge(&place, "a.st b.st").says("").code(0);
    // What has just been changed may change again without showing it.
    place.file("a/2", b"k1\n", 0);
    state("a").ok();
    merge(&place, "a.st b.st")
        .says("a.st: 1 job to run again")
        .code(3);

    let run = "run a -z --select 1 --count --state r.st -- sh -c";
    place.fan(run).arg("cat; test $0 != a/4").arg("{}").code(123);
    merge(&place, "r.st")
        .says("1 job to run again")
        .says("a/4: 'sh' exited with status 1")
        .code(123);
}

#[test]
fn a_state_in_use_is_refused() {
    let place = Place::new();
    place.file("in/a", b"x\n", 100);
    fifo::make(&place.path("gate"));
    let run = place
        .fan("run in -z --count --state st --shell")
        .arg("read line < gate; echo $1");
    let running: Running = run.spawn();
    // The gate opens for writing once the job reads it: the state is locked then.
    let gate = fifo::writer(&place.path("gate"));
    merge(&place, "st")
        .stdout("")
        .says("st: in use by another fanfold")
        .code(6);
    drop(gate);
    running.wait();
    fan("merge none.st")
        .says("none.st: no such file or directory")
        .code(2);
}
