//! What option lines mean, and what is said of wrong ones; and whole lines through stage and fold.

use super::*;
use crate::fold::{self, Fold};
use crate::memory::Budget;
use crate::record::{Rows, Stage, Take};
use clap::Parser;
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    records: RecordArgs,
}

fn parse(args: &[&str]) -> Result<RecordsAndFold> {
    let line = Line::try_parse_from(["fanfold"].iter().chain(args))?;
    line.records.plan()
}

fn refusal(args: &[&str]) -> String {
    format!("{:#}", parse(args).expect_err("a refusal"))
}

struct Into<'a>(&'a mut dyn Fold);

impl Take for Into<'_> {
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        self.0.add(fields)
    }
}

/// What the options make of an input that comes in blocks of this size.
fn output_in(args: &[&str], input: &[u8], size: usize) -> String {
    let plan = parse(args).expect("the options are right");
    let records = plan.records.expect("the options ask for records");
    let mut stage = Stage::new(&records);
    let mut feed = |take: &mut dyn Take| {
        stage.begin(OsStr::new("a.log"));
        for block in input.chunks(size) {
            if stage.block(block, take).expect("memory").is_break() {
                return;
            }
        }
        let _ = stage.end(take).expect("memory");
    };
    let mut out = records.header();
    match plan.fold {
        Some(plan) => {
            out.clear();
            let mut fold = fold::start(&plan, &Budget::new(1 << 20), &std::env::temp_dir());
            feed(&mut Into(&mut *fold));
            fold.finish(&mut out).expect("memory");
        }
        None => {
            let mut rows = Rows::new(&records);
            feed(&mut rows);
            out.extend(rows.take_bytes());
        }
    }
    String::from_utf8(out).expect("the tests' rows are text")
}

fn output(args: &[&str], input: &str) -> String {
    let whole = output_in(args, input.as_bytes(), input.len().max(1));
    for size in [1, 3, 17] {
        assert_eq!(
            output_in(args, input.as_bytes(), size),
            whole,
            "blocks of {size} bytes"
        );
    }
    whole
}

#[test]
fn nothing_asked_for_is_no_stage() {
    let plan = parse(&[]).expect("no options");
    assert!(plan.records.is_none() && plan.fold.is_none());
    assert!(parse(&["--count"]).expect("right").records.is_some());
}

#[test]
fn wrong_options_are_refused_with_a_remedy() {
    assert!(refusal(&["-i", "lnies"]).contains("did you mean 'lines'?"));
    assert!(refusal(&["-i", "ws", "-s", "host"]).contains("fields are numbers"));
    assert!(refusal(&["--by", "1", "--agg", "medain:2"]).contains("did you mean 'p50'?"));
    assert!(refusal(&["--by", "1", "--sort", "-cuont"]).contains("did you mean 'count'?"));
    assert!(refusal(&["--top", "3"]).contains("--count"));
    assert!(refusal(&["--count", "--first", "3"]).contains("--top"));
    assert!(refusal(&["--regex", "("]).contains("--regex"));
    assert!(refusal(&["-w", "1"]).contains("FIELD OP VALUE"));
    assert!(refusal(&["-o", "cvs"]).contains("did you mean 'csv'?"));
    assert!(refusal(&["--count", "--unique"]).contains("cannot be used"));
}

const LOG: &str = "a 1 GET\nb 20 PUT\n\na 3 GET\nc x GET\nb 4";

#[test]
fn lines_are_filtered_and_pass_through_untouched() {
    assert_eq!(
        output(&["--grep", "GET", "--not-grep", "x"], LOG),
        "a 1 GET\na 3 GET\n"
    );
    assert_eq!(output(&["--regex", "^b", "--regex", "4$"], LOG), "b 4\n");
    assert_eq!(output(&["-w", "1 == a"], LOG), "a 1 GET\na 3 GET\n");
    assert_eq!(output(&["-w", "2 >= 4", "-w", "2 < 20"], LOG), "b 4\n");
    assert_eq!(
        output(&["-w", "3 == GET", "--first", "2"], LOG),
        "a 1 GET\na 3 GET\n"
    );
    assert_eq!(
        output(&["-w", "3 !="], LOG),
        "a 1 GET\nb 20 PUT\na 3 GET\nc x GET\n"
    );
    assert_eq!(output(&["--first", "0"], LOG), "");
    assert_eq!(
        output(&["-i", "lines", "--grep", "\\t", "-w", "0 ~ ."], "a\\t\t\nb"),
        "a\\t\t\n"
    );
}

#[test]
fn fields_are_selected() {
    assert_eq!(
        output(&["-s", "2,-1,@line,@file,9", "-w", "1 == b"], LOG),
        "20\tPUT\t2\ta.log\t\n4\t4\t6\ta.log\t\n"
    );
    assert_eq!(output(&["-d", ",", "-s", "2"], "a,\\,c\n,"), "\\\\\n\n");
    assert_eq!(
        output(&["-s", "1,2", "-o", "csv", "--grep", "P"], LOG),
        "1,2\nb,20\n"
    );
    assert_eq!(
        output(&["-s", "1", "-o", "json", "--grep", "P"], LOG),
        "{\"1\":\"b\"}\n"
    );
}

#[test]
fn records_are_folded() {
    assert_eq!(output(&["-s", "1", "--unique"], LOG), "\na\nb\nc\n");
    assert_eq!(output(&["-s", "1", "--count", "--top", "2"], LOG), "2\ta\n2\tb\n");
    assert_eq!(
        output(&["--count", "--grep", "a"], LOG),
        "1\ta 1 GET\n1\ta 3 GET\n"
    );
    assert_eq!(
        output(&["--by", "1", "--agg", "count,sum:2,max:2", "-w", "1 !="], LOG),
        "a\t2\t4\t3\nb\t2\t24\t20\nc\t1\t\t\n"
    );
    assert_eq!(output(&["--agg", "count,p50:2"], LOG), "6\t3\n");
    assert_eq!(output(&["--by", "3,1", "--top", "1"], LOG), "GET\ta\t2\n");
    assert_eq!(
        output(
            &[
                "--by",
                "1",
                "--agg",
                "sum:2",
                "--having",
                "sum:2 > 1",
                "--sort",
                "-sum:2"
            ],
            LOG
        ),
        "b\t24\na\t4\n"
    );
    assert_eq!(
        output(&["--by", "-1", "--sort", "-1", "--top", "2"], "x 10\ny 9\n"),
        "9\t1\n10\t1\n"
    );
}
