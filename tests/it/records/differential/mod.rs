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
            let line = line(rng, shape);
            if bytes.is_empty() && line.starts_with(b"\xff\xfe") {
                // A file that begins so is UTF-16.
                bytes.push(b'\n');
            }
            bytes.extend(line);
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
    assert!(told > 500, "the command lines ask for too little: {told} bytes");
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

/// Expressions are many and small. Those of a shape are columns of one table, which has a row for each record of two
/// files; some of them also filter, so that the search for necessary texts takes part.
#[track_caller]
fn expressions_agree(shape: &Shape) {
    if !has("python3") {
        return;
    }
    let seed = setting("FANFOLD_SEED", 1);
    let cases = setting("FANFOLD_EXPRESSIONS", 300);
    let mut rng = Rng::with_seed(seed ^ 0x9e37);
    let (files, names) = files(&mut rng, shape, fan(""));
    let expressions: Vec<_> = (0..cases).map(|_| options::filter(&mut rng, shape)).collect();
    let words = |inputs: &[String], others: &[&str]| -> Vec<String> {
        let others = shape.options.iter().chain(others).map(|word| (*word).to_owned());
        inputs.iter().cloned().chain(others).collect()
    };
    let columns: Vec<_> = expressions.iter().map(|text| format!("count:({text})")).collect();
    let tables = columns.chunks(COLUMNS);
    let tables = tables.map(|columns| {
        words(
            &names[1..3],
            &["--by", "@file,@line", "--agg", &columns.join(",")],
        )
    });
    let filters = expressions.iter().step_by(FILTERS);
    let filters = filters.map(|text| words(&names[1..4], &["--where", text]));
    let command_lines: Vec<_> = tables.chain(filters).collect();
    let mut told = 0;
    for (at, (line, (out, ..))) in command_lines
        .iter()
        .zip(oracle(files.dir(), &command_lines))
        .enumerate()
    {
        told += usize::from(!out.is_empty());
        let run = fan("map -q").at(files.dir()).args(line);
        match expressions.chunks(COLUMNS).nth(at) {
            Some(expressions) => {
                let done = run.code(0);
                if let Some((line, difference)) = difference(expressions, &out, &done.out) {
                    let line = words(
                        &names[1..3],
                        &["--select", "0", "--where", &format!("@line == {line}")],
                    );
                    let record = fan("map -q").at(files.dir()).args(line).code(0).out;
                    panic!(
                        "{difference}, for {} (FANFOLD_SEED={seed})",
                        record.escape_ascii()
                    );
                }
            }
            None => drop(run.stdout(&out).code(0)),
        }
    }
    assert!(
        told > command_lines.len() / 4,
        "the expressions let too little through: {told} of {}",
        command_lines.len()
    );
}

/// Returns the first cell in which two tables of expressions differ: the number of the record's line, and what differs.
fn difference(expressions: &[String], wanted: &[u8], found: &[u8]) -> Option<(String, String)> {
    let [wanted, found] = [wanted, found].map(|table| String::from_utf8_lossy(table).into_owned());
    if wanted == found {
        return None;
    }
    let cells = |table: &str| {
        table
            .lines()
            .map(|row| row.split('\t').map(str::to_owned).collect())
            .collect()
    };
    let (wanted, found): (Vec<Vec<String>>, Vec<Vec<String>>) = (cells(&wanted), cells(&found));
    for (wanted, found) in wanted.iter().zip(&found) {
        if let Some(at) = (0..wanted.len()).find(|at| wanted.get(*at) != found.get(*at)) {
            let expression = at.checked_sub(2).and_then(|at| expressions.get(at));
            let difference = format!(
                "expected {:?}, found {:?}: {expression:?}",
                wanted[at],
                found.get(at)
            );
            return Some((wanted[1].clone(), difference));
        }
    }
    Some((
        String::new(),
        format!("{} and {} records", wanted.len(), found.len()),
    ))
}

/// The number of expressions in one table.
const COLUMNS: usize = 100;

/// One expression in so many also filters.
const FILTERS: usize = 12;

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
