//! Plans and refusals of option lines, and whole lines through stage and fold.

use super::*;
use crate::fold;
use crate::memory::Budget;
use crate::record::{NoteKind, RecordSink, RowPrinter, Stage};
use clap::Parser;
use std::ffi::OsStr;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    records: RecordArgs,
}

/// Reads options that are typed as for a shell.
fn parse(typed: &str) -> Result<RecordsAndFold> {
    let args = shlex::split(typed).expect("the quotes are closed");
    let line = Line::try_parse_from(["fanfold".to_owned()].into_iter().chain(args))?;
    Ok(line.records.plan()?)
}

fn refusal(typed: &str) -> String {
    format!("{:#}", parse(typed).expect_err(typed))
}

/// What the options make of an input that comes in blocks of this size.
fn output_in(typed: &str, input: &[u8], size: usize) -> String {
    let plan = parse(typed).expect("the options are right");
    let records = plan.records.expect("the options ask for records");
    let mut stage = Stage::new(&records);
    let mut feed = |sink: &mut dyn RecordSink| {
        stage.begin(OsStr::new("a.log"), None);
        for block in input.chunks(size) {
            if stage.block(block, sink).expect("memory").is_break() {
                return;
            }
        }
        let _ = stage.end(sink).expect("memory");
    };
    let mut out = records.heading();
    match plan.fold {
        Some(plan) => {
            out.clear();
            let (budget, tmpdir) = (Budget::new(1 << 20), std::env::temp_dir());
            let mut fold = match &plan {
                FoldPlan::Group(plan) => fold::start(plan, &budget, &tmpdir),
                FoldPlan::Records(plan) => fold::start_records(plan, &budget, &tmpdir),
            };
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

/// Asserts what lines of options make of an input, which may come in blocks of any size.
fn assert_outputs(input: &str, cases: &[(&str, &str)]) {
    for (typed, expected) in cases {
        for size in [1, 3, 17, input.len().max(1)] {
            let output = output_in(typed, input.as_bytes(), size);
            assert_eq!(output, *expected, "{typed}, blocks of {size} bytes");
        }
    }
}

#[test]
fn nothing_asked_for_is_no_stage() {
    let plan = parse("").expect("no options");
    assert!(plan.records.is_none() && plan.fold.is_none());
    for asked in ["--count", "--first 3", "--grep x", "--no-header -i csv", "-o csv"] {
        assert!(parse(asked).expect("right").records.is_some(), "{asked}");
    }
}

#[test]
fn wrong_options_are_refused_with_a_remedy() {
    for (typed, remedy) in [
        ("-i jsno", "did you mean 'json'?"),
        ("-i ws -s host", "fields are numbers"),
        ("-i clf -s hots", "did you mean 'host'?"),
        ("--bad fial", "did you mean 'fail'?"),
        ("--by 1 --agg medain:2", "did you mean 'p50'?"),
        ("--by 1 --sort -cuont", "did you mean 'count'?"),
        ("--top 3", "--sort FIELD"),
        ("--sort 1 --first 3", "--top"),
        ("-i json -s '*' --count", "name them"),
        ("--by 1 --agg 'count:(2 >)'", "count:(2 >)"),
        ("-s 1 -o json --header yes", "each object"),
        ("--grep x --header yes", "--select"),
        ("--count --first 3", "--top"),
        ("--regex '('", "--regex"),
        ("-w 1", "expected an operator"),
        ("-o cvs", "did you mean 'csv'?"),
        ("--count --unique", "cannot be used"),
        ("--by 1,2,1 -o json", "'1' occurs twice"),
        ("-s 1,1 -o json", "'1' occurs twice"),
    ] {
        assert!(refusal(typed).contains(remedy), "{typed}: {}", refusal(typed));
    }
    assert!(parse("--by 1,2,1 -o csv").is_ok());
}

const LOG: &str = "a 1 GET\nb 20 PUT\n\na 3 GET\nc x GET\nb 4";

#[test]
fn lines_are_filtered_and_pass_through_untouched() {
    assert_outputs(
        LOG,
        &[
            ("--grep GET --not-grep x", "a 1 GET\na 3 GET\n"),
            ("--regex ^b --regex 4$", "b 4\n"),
            ("-w '1 == a'", "a 1 GET\na 3 GET\n"),
            ("-w '2 >= 4' -w '2 < 20'", "b 4\n"),
            ("-w '3 == GET' --first 2", "a 1 GET\na 3 GET\n"),
            ("-w '3 exists'", "a 1 GET\nb 20 PUT\na 3 GET\nc x GET\n"),
            ("--first 0", ""),
        ],
    );
    assert_outputs("a\\t\t\nb", &[("-i lines --grep '\\t' -w '0 ~ .'", "a\\t\t\n")]);
}

#[test]
fn fields_are_selected() {
    assert_outputs(
        LOG,
        &[
            (
                "-s 2,-1,@line,@file,9 -w '1 == b'",
                "20\tPUT\t2\ta.log\t\n4\t4\t6\ta.log\t\n",
            ),
            ("-s 1,2 -o csv --grep P", "1,2\nb,20\n"),
            ("-s 1 -o json --grep P", "{\"1\":\"b\"}\n"),
        ],
    );
    assert_outputs("a,\\,c\n,", &[("-d , -s 2", "\\\\\n\n")]);
}

#[test]
fn records_are_folded() {
    assert_outputs(
        LOG,
        &[
            ("-s 1 --unique", "\na\nb\nc\n"),
            ("-s 1 --count --top 2", "2\ta\n2\tb\n"),
            ("--count --grep a", "1\ta 1 GET\n1\ta 3 GET\n"),
            (
                "--by 1 --agg count,sum:2,max:2 -w '1 exists'",
                "a\t2\t4\t3\nb\t2\t24\t20\nc\t1\t\t\n",
            ),
            ("--agg count,p50:2", "6\t3\n"),
            ("--by 3,1 --top 1", "GET\ta\t2\n"),
            (
                "--by 1 --agg sum:2 --having 'sum:2 > 1' --sort -sum:2",
                "b\t24\na\t4\n",
            ),
        ],
    );
    assert_outputs("x 10\ny 9\n", &[("--by -1 --sort -1 --top 2", "9\t1\n10\t1\n")]);
}

#[test]
fn csv_has_headers_quotes_and_newlines() {
    assert_outputs(
        "city,\"n\",note\r\nParis,1,\"a, \"\"b\"\"\nc\"\r\n\r\nRome,20,\nParis,300,x",
        &[
            (
                "-i csv --by city --agg sum:n,count",
                "Paris\t301\t2\nRome\t20\t1\n",
            ),
            (
                "-i csv -s note,-1,2,@line -w 'city == Paris'",
                "a, \"b\"\\nc\ta, \"b\"\\nc\t1\t2\nx\tx\t300\t6\n",
            ),
            ("-i csv --grep Rome", "Rome,20,\n"),
            ("-i csv --no-header -s 1 --first 2", "city\nParis\n"),
        ],
    );
    assert_outputs("a\tb\n1\t\"2\t3\"\n", &[("-i tsv -s b", "\"2\n")]);
    assert_outputs(
        "a\n\"x\"\"\"\n",
        &[("-i csv -s 0 -o csv", "0\n\"\"\"x\"\"\"\"\"\"\"\n")],
    );
}

#[test]
fn a_column_that_is_not_there_fails_the_job() {
    let plan = parse("-i csv -s ctiy").expect("right as far as the plan knows");
    let records = plan.records.expect("records");
    let (mut stage, mut rows) = (Stage::new(&records), RowPrinter::new(&records));
    stage.begin(OsStr::new("a.csv"), None);
    let flow = stage.block(b"city,n\nParis,1\n", &mut rows).expect("memory");
    assert!(flow.is_break());
    assert_eq!(
        stage.failure().as_deref(),
        Some("unknown column 'ctiy' (known: city, n); did you mean 'city'?")
    );
    stage.begin(OsStr::new("b.csv"), None);
    assert_eq!(stage.failure(), None);
    let flow = stage.block(b"ctiy\nParis\n", &mut rows).expect("memory");
    assert!(flow.is_continue());
    assert_eq!(rows.bytes, b"Paris\n");
}

const JSON: &str = "{\"level\":\"error\",\"user\":{\"id\":7}}\nnot json\n{\"level\":\"info\",\"user\":{\"id\":8}}\n{\"user\":{\"id\":7},\"level\":\"\\u0065rror\"}";

#[test]
fn json_lines_are_counted_by_path() {
    assert_outputs(JSON, &[("-i json -w 'level == error' --by user.id", "7\t2\n")]);
}

#[test]
fn bad_lines_are_counted_kept_or_fail_the_job() {
    let run = |bad: &str| {
        let plan = parse(&format!("-i json -s level --bad {bad}")).expect("right");
        let records = plan.records.expect("records");
        let (mut stage, mut rows) = (Stage::new(&records), RowPrinter::new(&records));
        stage.begin(OsStr::new("a"), None);
        let flow = stage.block(JSON.as_bytes(), &mut rows).expect("memory");
        if flow.is_continue() {
            assert!(stage.end(&mut rows).expect("memory").is_continue());
        }
        (
            stage.notes().count(NoteKind::BadLine),
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
}

const CLF: &str = "h1 - - [01/Jan/2012:00:00:09 -0500] \"GET /a?q=1 HTTP/1.1\" 200 10\nh2 - - [01/Jan/2012:13:59:00 -0500] \"GET /A HTTP/1.1\" 404 20\nrobots\n";

#[test]
fn web_logs_have_names_and_modifiers() {
    assert_outputs(
        CLF,
        &[
            (
                "-i clf --by path:noquery:lower --agg count,sum:bytes",
                "/a\t2\t30\n",
            ),
            (
                "-i clf -s time:minute,time:hod,host[1:] -w 'status >= 400'",
                "2012-01-01T13:59\t13\t2\n",
            ),
            ("-i clf -s host -w 'time < 2012-01-01T06:00:00Z'", "h1\n"),
            ("-i clf -s host -w 'path:noquery == /a'", "h1\n"),
            ("-i clf -s host -w 'path:lower == /a'", "h2\n"),
            ("-s 4:day -w '4:hod == 13'", "2012-01-01\n"),
            ("-x '^(?<h>h.)' -s h", "h1\nh2\n"),
        ],
    );
}

#[test]
fn lines_that_are_only_counted_are_all_counted() {
    for (text, lines) in [
        ("", "0\n"),
        ("\n", "1\n"),
        ("a b\n\nc\nd", "4\n"),
        ("a\nb\n", "2\n"),
    ] {
        assert_outputs(text, &[("--agg count", lines)]);
    }
    // Here it is not enough to find the ends of lines.
    assert_outputs(
        "1 x\n2\nx 3\n",
        &[
            ("--agg count,sum:1", "3\t3\n"),
            ("--grep x --agg count", "2\n"),
            ("-x '(?P<n>^\\d)' --agg count", "2\n"),
        ],
    );
}

/// Returns a random tree of tests whose literals stand in some of the lines of [`random_lines`].
fn random_filter(rng: &mut fastrand::Rng, fields: &[&str], depth: u8) -> String {
    let pick = |rng: &mut fastrand::Rng, from: &[&str]| (*rng.choice(from).expect("not empty")).to_owned();
    match rng.u8(..if depth == 0 { 5 } else { 10 }) {
        5 => format!("not ({})", random_filter(rng, fields, depth - 1)),
        6.. => {
            let joint = pick(rng, &["and", "or"]);
            let [a, b] = [(); 2].map(|()| random_filter(rng, fields, depth - 1));
            format!("({a}) {joint} ({b})")
        }
        kind => {
            let field = pick(rng, fields) + &pick(rng, &["", "", "", ":lower", "[1:]", ":noquery"]);
            let literals = [
                "404",
                "404.0",
                "-1.50",
                "0",
                "1e2",
                "0404",
                "error",
                "Err",
                "/a",
                "é",
                "\\",
                "''",
                "'a b'",
                "-",
                "null",
                "2012-01-02T03:04:05Z",
                "1325473445",
            ];
            let op = pick(rng, &["==", "==", "!=", "in", "not in"]);
            match kind {
                0 => format!("{field} > 100"),
                1 => format!("{field} ~ '0|e'"),
                _ if op.ends_with("in") => {
                    format!("{field} {op} {},{}", pick(rng, &literals), pick(rng, &literals))
                }
                _ => format!("{field} {op} {}", pick(rng, &literals)),
            }
        }
    }
}

/// Returns lines of a format whose values are equal, nearly equal and unequal to the literals.
fn random_lines(rng: &mut fastrand::Rng, format: &str) -> String {
    let value = |rng: &mut fastrand::Rng| {
        let values = [
            "404",
            "404.00",
            "4040",
            "-1.5",
            "-0",
            "0.0",
            "100",
            "error",
            "ERROR",
            "errors",
            "Err",
            "/a",
            "/a?b",
            "é",
            "",
            "a b",
            "-",
            "null",
            "2012-01-02T03:04:05Z",
            "1325473445",
            "x",
        ];
        (*rng.choice(&values).expect("not empty")).to_owned()
    };
    let escaped = |rng: &mut fastrand::Rng, text: &str| match rng.u8(..3) {
        0 => text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect(),
        _ => text.to_owned(),
    };
    let mut lines = String::new();
    for _ in 0..30 {
        let [a, b] = [(); 2].map(|()| value(rng));
        lines += &match format {
            "json" if rng.u8(..6) == 0 => format!(
                "{{\"a\":404,\"b\":{}}}",
                rng.choice(&["null", "[1]", "-1.5"]).expect("not empty")
            ),
            "json" => format!(
                "{{\"a\":\"{}\",\"b\":\"{}\"}}",
                escaped(rng, &a),
                escaped(rng, &b)
            ),
            "logfmt" => format!("a=\"{}\" b=\"\\{b}\"", a.replace('e', "\\e")),
            "clf" => format!(
                "h - {} [02/Jan/2012:03:04:05 +0000] \"GET {} HTTP/1.1\" 404 -",
                a.replace(' ', ""),
                b.replace(' ', "")
            ),
            _ => format!("{a} {b}"),
        };
        lines += "\n";
    }
    lines
}

#[test]
fn the_prefilter_changes_no_answer() {
    let mut rng = fastrand::Rng::with_seed(11);
    let mut printed = 0;
    for (format, fields) in [
        ("ws", &["1", "2", "-1", "0"][..]),
        ("json", &["a", "b", "0"]),
        ("logfmt", &["a", "b", "0"]),
        ("clf", &["user", "path", "status", "bytes", "time"]),
    ] {
        for _ in 0..400 {
            let filter = random_filter(&mut rng, fields, 3);
            let lines = random_lines(&mut rng, format);
            let output = |filter: &str, size| {
                let typed = shlex::try_join(["-i", format, "-w", filter]).expect("no NUL");
                output_in(&typed, lines.as_bytes(), size)
            };
            let with = output(&filter, rng.usize(1..200));
            // Where lines are counted, all are tested.
            let without = output(&format!("({filter}) and @line > 0"), 1 << 16);
            assert_eq!(with, without, "-i {format} -w {filter:?}");
            printed += with.len();
        }
    }
    assert!(
        printed > 10_000,
        "the filters let too little through: {printed} bytes"
    );
}
