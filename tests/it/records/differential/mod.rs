//! Random command lines over random files, compared with `oracle.py`, which does what the manual says in the
//! simplest way; each runs with another number of workers and another memory budget.
//!
//! `FANFOLD_SEED=N` makes other files and command lines; `FANFOLD_CASES=N` and `FANFOLD_EXPRESSIONS=N` make more of them.

mod data;
mod options;

use crate::support::{Fan, fan, gzip, has, setting};
use data::{Shape, line, shapes};
use fastrand::Rng;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns what the oracle finds for each command line in `dir`: standard output, bad lines, bad values.
fn oracle(dir: &Path, command_lines: &[Vec<String>]) -> Vec<(Vec<u8>, u64, u64)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/records/differential/oracle.py");
    let mut python = Command::new("python3");
    python.arg(script).current_dir(dir);
    let python = python.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().expect("python3 starts");
    let text = serde_json::to_vec(command_lines).expect("strings are JSON");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(&text).expect("the oracle reads its input");
    drop(stdin);
    let done = child.wait_with_output().expect("it is our child");
    assert!(done.status.success(), "the oracle failed for {command_lines:?}");
    let answers: Vec<(String, u64, u64)> = serde_json::from_slice(&done.stdout).expect("JSON");
    let bytes = |text: String| text.chars().map(|c| c as u8).collect();
    answers
        .into_iter()
        .map(|(out, lines, values)| (bytes(out), lines, values))
        .collect()
}

/// Writes files of this shape: plain and compressed, empty, without a last newline, with long lines.
fn files(rng: &mut Rng, shape: &Shape, mut fan: Fan) -> (Fan, Vec<String>) {
    let mut names = Vec::new();
    for at in 0..4 {
        let mut bytes = shape.header.as_bytes().to_vec();
        let lines = if at == 1 { 0 } else { rng.usize(20..150) };
        for _ in 0..lines {
            bytes.extend(line(rng, shape));
            bytes.extend_from_slice(if rng.u8(..12) == 0 { shape.other_end } else { b"\n" });
        }
        if at == 2 && bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        let name = format!("f{at}");
        let bytes = if at % 2 == 0 { gzip(&bytes) } else { bytes };
        fan = fan.file(&name, bytes);
        names.push(name);
    }
    (fan, names)
}

/// Whether all bad lines are counted: a line is not parsed when it can't hold the text that a condition asks
/// for.
fn counts_bad_lines(command_line: &[String]) -> bool {
    !command_line
        .iter()
        .any(|word| [" = ", " == ", " in "].iter().any(|op| word.contains(op)) || word == "--first")
}

/// Returns the sum of the first numbers of all notes with these words: `bytes: 3 of 7 values are no number`.
fn noted(err: &str, words: &str) -> u64 {
    let notes = err
        .lines()
        .filter(|line| !line.contains(" compared value"))
        .filter(|line| line.contains(words));
    let first = |line: &str| {
        let (before, _) = line.split_once(" of ").expect("a count");
        let number = before.rsplit(' ').next().expect("there is a last word");
        number.parse::<u64>().expect("a count")
    };
    notes.map(first).sum()
}

#[track_caller]
fn agrees(shape: &Shape) {
    if !has("python3") {
        return;
    }
    let seed = setting("FANFOLD_SEED", 1);
    let cases = setting("FANFOLD_CASES", 24);
    let mut rng = Rng::with_seed(seed);
    let (files, names) = files(&mut rng, shape, fan(""));
    let command_lines: Vec<_> = (0..cases)
        .map(|_| [names.clone(), options::options(&mut rng, shape)].concat())
        .collect();
    let answers = oracle(files.dir(), &command_lines);
    let mut told = 0;
    for (words, (out, lines, values)) in command_lines.iter().zip(answers) {
        let jobs = *rng.choice(&["-j1", "-j2", "-j3", "-j8"]).expect("not empty");
        let memory = *rng.choice(&["0", "4096", "100K", "1G"]).expect("not empty");
        let run = fan("map").at(files.dir()).args([jobs, "--memory", memory]);
        told += out.len();
        let done = run.args(words).stdout(&out).code(0);
        if counts_bad_lines(words) {
            let what = format!("{lines} bad lines (FANFOLD_SEED={seed})");
            done.expect(noted(&done.err, "could not be read") == lines, &what);
        }
        let what = format!("{values} bad values (FANFOLD_SEED={seed})");
        done.expect(
            noted(&done.err, "no number (first") + noted(&done.err, "nor time (first") == values,
            &what,
        );
    }
    assert!(told > 2000, "the command lines ask for too little: {told} bytes");
}

macro_rules! differential {
    ($($name:ident: $shape:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            let shape = shapes().into_iter().find(|shape| shape.name == $shape);
            agrees(&shape.expect("a shape of this name"));
        }
    )*};
}

differential! {
    ws_agrees_with_the_oracle: "ws",
    delimited_lines_agree_with_the_oracle: "-d",
    whole_lines_agree_with_the_oracle: "lines",
    clf_agrees_with_the_oracle: "clf",
    csv_agrees_with_the_oracle: "csv",
    csv_without_a_header_agrees_with_the_oracle: "csv --no-header",
    tsv_agrees_with_the_oracle: "tsv",
    json_agrees_with_the_oracle: "json",
    logfmt_agrees_with_the_oracle: "logfmt",
    extracted_groups_agree_with_the_oracle: "-x",
}

/// Expressions are many and small: each takes the whole lines for which it holds from two files.
#[track_caller]
fn expressions_agree(shape: &Shape) {
    if !has("python3") {
        return;
    }
    let seed = setting("FANFOLD_SEED", 1);
    let cases = setting("FANFOLD_EXPRESSIONS", 40);
    let mut rng = Rng::with_seed(seed ^ 0x9e37);
    let (files, names) = files(&mut rng, shape, fan(""));
    let command_lines: Vec<_> = (0..cases)
        .map(|_| {
            let mut words: Vec<String> = names[1..3].to_vec();
            words.extend(shape.options.iter().map(|word| (*word).to_owned()));
            words.extend(["--where".to_owned(), options::filter(&mut rng, shape)]);
            words
        })
        .collect();
    let mut told = 0;
    for (words, (out, ..)) in command_lines.iter().zip(oracle(files.dir(), &command_lines)) {
        told += usize::from(!out.is_empty());
        fan("map -q").at(files.dir()).args(words).stdout(&out).code(0);
    }
    assert!(
        told as u64 > cases / 4,
        "the expressions let too little through: {told} of {cases}"
    );
}

macro_rules! expressions {
    ($($name:ident: $shape:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            let shape = shapes().into_iter().find(|shape| shape.name == $shape);
            expressions_agree(&shape.expect("a shape of this name"));
        }
    )*};
}

expressions! {
    expressions_over_ws_agree_with_the_oracle: "ws",
    expressions_over_clf_agree_with_the_oracle: "clf",
    expressions_over_csv_agree_with_the_oracle: "csv",
    expressions_over_tsv_agree_with_the_oracle: "tsv",
    expressions_over_json_agree_with_the_oracle: "json",
    expressions_over_logfmt_agree_with_the_oracle: "logfmt",
    expressions_over_extracted_groups_agree_with_the_oracle: "-x",
}
