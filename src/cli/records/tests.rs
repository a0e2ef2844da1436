//! Plans and refusals of option lines, and whole lines through stage and fold.

use super::*;
use crate::fold;
use crate::memory::Budget;
use crate::record::{RecordSink, RowPrinter, Stage};
use clap::Parser;
use std::ffi::OsStr;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    records: RecordArgs,
}

fn parse(args: &[&str]) -> Result<RecordsAndFold> {
    let line = Line::try_parse_from(["fanfold"].iter().chain(args))?;
    Ok(line.records.plan()?)
}

fn refusal(args: &[&str]) -> String {
    format!("{:#}", parse(args).expect_err("a refusal"))
}

/// What the options make of an input that comes in blocks of this size.
fn output_in(args: &[&str], input: &[u8], size: usize) -> String {
    let plan = parse(args).expect("the options are right");
    let records = plan.records.expect("the options ask for records");
    let mut stage = Stage::new(&records);
    let mut feed = |sink: &mut dyn RecordSink| {
        stage.begin(OsStr::new("a.log"));
        for block in input.chunks(size) {
            if stage.block(block, sink).expect("memory").is_break() {
                return;
            }
        }
        let _ = stage.end(sink).expect("memory");
    };
    let mut out = records.header();
    match plan.fold {
        Some(plan) => {
            out.clear();
            let mut fold = fold::start(&plan, &Budget::new(1 << 20), &std::env::temp_dir());
            feed(&mut *fold);
            fold.finish(&mut out).expect("memory");
        }
        None => {
            let mut rows = RowPrinter::new(&records);
            feed(&mut rows);
            out.extend(rows.bytes);
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
    assert!(refusal(&["-i", "jsno"]).contains("did you mean 'json'?"));
    assert!(refusal(&["-i", "ws", "-s", "host"]).contains("fields are numbers"));
    assert!(refusal(&["--by", "1", "--agg", "medain:2"]).contains("did you mean 'p50'?"));
    assert!(refusal(&["--by", "1", "--sort", "-cuont"]).contains("did you mean 'count'?"));
    assert!(refusal(&["--top", "3"]).contains("--count"));
    assert!(refusal(&["--count", "--first", "3"]).contains("--top"));
    assert!(refusal(&["--regex", "("]).contains("--regex"));
    assert!(refusal(&["-w", "1"]).contains("FIELD OP VALUE"));
    assert!(refusal(&["-o", "cvs"]).contains("did you mean 'csv'?"));
    assert!(refusal(&["--count", "--unique"]).contains("cannot be used"));
    assert!(refusal(&["--by", "1,2,1", "-o", "json"]).contains("'1' occurs twice"));
    assert!(refusal(&["-s", "1,1", "-o", "json"]).contains("'1' occurs twice"));
    assert!(parse(&["--by", "1,2,1", "-o", "csv"]).is_ok());
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

#[test]
fn csv_has_headers_quotes_and_newlines() {
    let data = "city,\"n\",note\r\nParis,1,\"a, \"\"b\"\"\nc\"\r\n\r\nRome,20,\nParis,300,x";
    assert_eq!(
        output(&["-i", "csv", "--by", "city", "--agg", "sum:n,count"], data),
        "Paris\t301\t2\nRome\t20\t1\n"
    );
    assert_eq!(
        output(
            &["-i", "csv", "-s", "note,-1,2,@line", "-w", "city == Paris"],
            data
        ),
        "a, \"b\"\\nc\ta, \"b\"\\nc\t1\t2\nx\tx\t300\t6\n"
    );
    assert_eq!(output(&["-i", "csv", "--grep", "Rome"], data), "Rome,20,\n");
    assert_eq!(
        output(&["-i", "csv", "--no-header", "-s", "1", "--first", "2"], data),
        "city\nParis\n"
    );
    assert_eq!(
        output(&["-i", "tsv", "-s", "b"], "a\tb\n1\t\"2\t3\"\n"),
        "2\\t3\n"
    );
    assert_eq!(
        output(&["-i", "csv", "-s", "0", "-o", "csv"], "a\n\"x\"\"\"\n"),
        "0\n\"\"\"x\"\"\"\"\"\"\"\n"
    );
}

#[test]
fn a_column_that_is_not_there_fails_the_job() {
    let plan = parse(&["-i", "csv", "-s", "ctiy"]).expect("right as far as the plan knows");
    let records = plan.records.expect("records");
    let (mut stage, mut rows) = (Stage::new(&records), RowPrinter::new(&records));
    stage.begin(OsStr::new("a.csv"));
    assert!(
        stage
            .block(b"city,n\nParis,1\n", &mut rows)
            .expect("memory")
            .is_break()
    );
    assert_eq!(
        stage.failure().as_deref(),
        Some("unknown column 'ctiy' (known: city, n); did you mean 'city'?")
    );
    stage.begin(OsStr::new("b.csv"));
    assert_eq!(stage.failure(), None);
    assert!(
        stage
            .block(b"ctiy\nParis\n", &mut rows)
            .expect("memory")
            .is_continue()
    );
    assert_eq!(rows.bytes, b"Paris\n");
}

const JSON: &str = "{\"level\":\"error\",\"user\":{\"id\":7}}\nnot json\n{\"level\":\"info\",\"user\":{\"id\":8}}\n{\"user\":{\"id\":7},\"level\":\"\\u0065rror\"}";

#[test]
fn json_lines_are_counted_by_path() {
    assert_eq!(
        output(&["-i", "json", "-w", "level == error", "--by", "user.id"], JSON),
        "7\t2\n"
    );
}

#[test]
fn bad_lines_are_counted_kept_or_fail_the_job() {
    let run = |bad: &str| {
        let records = parse(&["-i", "json", "-s", "level", "--bad", bad])
            .expect("right")
            .records
            .expect("records");
        let (mut stage, mut rows) = (Stage::new(&records), RowPrinter::new(&records));
        stage.begin(OsStr::new("a"));
        let flow = stage.block(JSON.as_bytes(), &mut rows).expect("memory");
        if flow.is_continue() {
            assert!(stage.end(&mut rows).expect("memory").is_continue());
        }
        (
            stage.bad_lines(),
            stage.take_bad_lines(),
            stage.failure(),
            rows.bytes,
        )
    };
    assert_eq!(run("skip"), (1, vec![], None, b"error\ninfo\nerror\n".to_vec()));
    assert_eq!(
        run("file=x"),
        (1, b"not json\n".to_vec(), None, b"error\ninfo\nerror\n".to_vec())
    );
    let failure = Some("line 2 can't be read as json".to_owned());
    assert_eq!(run("fail"), (1, vec![], failure, b"error\n".to_vec()));
    assert!(refusal(&["--bad", "fial"]).contains("did you mean 'fail'?"));
}

const CLF: &str = "h1 - - [01/Jan/2012:00:00:09 -0500] \"GET /a?q=1 HTTP/1.1\" 200 10\nh2 - - [01/Jan/2012:13:59:00 -0500] \"GET /A HTTP/1.1\" 404 20\nrobots\n";

#[test]
fn web_logs_have_names_and_modifiers() {
    assert_eq!(
        output(
            &[
                "-i",
                "clf",
                "--by",
                "path:noquery:lower",
                "--agg",
                "count,sum:bytes"
            ],
            CLF
        ),
        "/a\t2\t30\n"
    );
    assert_eq!(
        output(
            &[
                "-i",
                "clf",
                "-s",
                "time:minute,time:hod,host[1:]",
                "-w",
                "status >= 400"
            ],
            CLF
        ),
        "2012-01-01T13:59\t13\t2\n"
    );
    assert_eq!(
        output(
            &["-i", "clf", "-s", "host", "-w", "time < 2012-01-01T06:00:00Z"],
            CLF
        ),
        "h1\n"
    );
    assert_eq!(
        output(&["-i", "clf", "-s", "host", "-w", "path:noquery == /a"], CLF),
        "h1\n"
    );
    assert_eq!(
        output(&["-i", "clf", "-s", "host", "-w", "path:lower == /a"], CLF),
        "h2\n"
    );
    assert_eq!(output(&["-s", "4:day", "-w", "4:hod == 13"], CLF), "2012-01-01\n");
    assert_eq!(output(&["-x", "^(?<h>h.)", "-s", "h"], CLF), "h1\nh2\n");
    assert!(refusal(&["-i", "clf", "-s", "hots"]).contains("did you mean 'host'?"));
}

#[test]
fn lines_that_are_only_counted_are_all_counted() {
    for (text, lines) in [
        ("", "0\n"),
        ("\n", "1\n"),
        ("a b\n\nc\nd", "4\n"),
        ("a\nb\n", "2\n"),
    ] {
        for size in [1, 2, 3, 100] {
            assert_eq!(
                output_in(&["--agg", "count"], text.as_bytes(), size),
                lines,
                "{text:?}"
            );
        }
    }
    // Here it is not enough to find the ends of lines.
    let text = b"1 x\n2\nx 3\n";
    assert_eq!(output_in(&["--agg", "count,sum:1"], text, 5), "3\t3\n");
    assert_eq!(output_in(&["--grep", "x", "--agg", "count"], text, 5), "2\n");
    assert_eq!(
        output_in(&["-x", "(?P<n>^\\d)", "--agg", "count"], text, 5),
        "2\n"
    );
}
