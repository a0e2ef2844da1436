//! Filter, select and fold, compared with `zcat | awk | sort | uniq -c`.

use crate::support::{Done, Fan, fan, has, oracle, repository};
use std::ffi::OsStr;
use std::path::Path;

const WORKERS: [&str; 4] = ["-j1", "-j2", "-j7", "-j8"];

/// `sort | uniq -c` in the format of `--count`: most first, ties by bytes.
const COUNTED: &str = r#"sort | uniq -c | awk '{n = $1; sub(/^ *[0-9]+ /, ""); print n "\t" $0}' | sort -s -t "$(printf '\t')" -k1,1nr"#;

/// Expects that fanfold with these options prints what `script` prints, with any number of workers.
#[track_caller]
fn same(make: &dyn Fn(&str) -> Fan, options: &[&str], script: &str) {
    if !has("awk") || !has("zcat") {
        return;
    }
    for jobs in WORKERS {
        let fan = make("map").arg(jobs).args(options);
        let cwd = if options[0].starts_with("examples") {
            repository()
        } else {
            fan.dir()
        };
        let expected = oracle(cwd, script, &[]);
        fan.stdout(expected).ok();
    }
}

fn logs(words: &str) -> Fan {
    fan(words).at(repository())
}

#[test]
fn hosts_that_fetched_robots_txt_are_those_of_awk() {
    let zcat = r#"zcat examples/logs/*.gz | awk '$7 == "/robots.txt" {print $1}' | sort -u"#;
    let options = [
        "examples/logs",
        "--where",
        "7 == /robots.txt",
        "--select",
        "1",
        "--unique",
    ];
    same(&logs, &options, zcat);
}

#[test]
fn conditions_match_what_awk_matches() {
    let cases = [
        ("9 == 404", "$9 == 404"),
        ("9 != 200", "$9 != 200"),
        ("7 ~ ^/(docs|feed)/", "$7 ~ /^\\/(docs|feed)\\//"),
        ("7 !~ \\.(png|css|js)$", "$7 !~ /\\.(png|css|js)$/"),
        ("6 == \"GET", "$6 == \"\\\"GET\""),
        ("0 ~ 503 [0-9]+ ", "$0 ~ /503 [0-9]+ /"),
    ];
    for (condition, awk) in cases {
        let script = format!("zcat examples/logs/*.gz | awk '{awk}'");
        same(&logs, &["examples/logs", "--where", condition], &script);
    }
}

#[test]
fn all_conditions_and_texts_must_hold() {
    let script = "zcat examples/logs/*.gz | grep -aF GET | grep -avF .png | grep -avF Mozilla \
                  | awk '$9 == 200 && $10 != 0 {print $4 \"\\t\" $1}'";
    let texts = [
        "examples/logs",
        "--grep",
        "GET",
        "--not-grep",
        ".png",
        "--not-grep",
        "Mozilla",
    ];
    let rest = ["--where", "9 == 200", "-w", "10 != 0", "-s", "4,1"];
    same(&logs, &[&texts[..], &rest[..]].concat(), script);
}

#[test]
fn counts_come_most_first_and_ties_by_bytes() {
    for field in ["1", "9", "7"] {
        let script = format!("zcat examples/logs/*.gz | awk '{{print ${field}}}' | {COUNTED}");
        same(&logs, &["examples/logs", "--select", field, "--count"], &script);
        same(
            &logs,
            &["examples/logs", "--select", field, "--count", "--top", "3"],
            &format!("{script} | head -n 3"),
        );
    }
}

#[test]
fn records_without_a_fold_come_in_the_order_of_the_files() {
    same(&logs, &["examples/logs"], "zcat examples/logs/*.gz");
    let script =
        "for f in examples/logs/*.gz; do zcat $f | awk -v f=$f '{print f \"\\t\" NR \"\\t\" $1}'; done";
    same(&logs, &["examples/logs", "--select", "@file,@line,1"], script);
}

/// Prepares files with unusual lines: no final newline, CRLF, NUL, invalid UTF-8, blank lines, long lines.
fn strange(words: &str) -> Fan {
    let mut random = fastrand::Rng::with_seed(3);
    let words_of = [
        "a", "b\u{e9}", "\u{e9}", "x\\y", "10", "010", "1e1", "", " ", "-", "z\r",
    ];
    let mut fan = fan(words);
    for at in 0..12 {
        let mut text = Vec::new();
        for _ in 0..random.usize(..400) {
            for _ in 0..random.usize(..5) {
                text.extend_from_slice(words_of[random.usize(..words_of.len())].as_bytes());
                text.extend_from_slice([" ", "\t", "  "][random.usize(..3)].as_bytes());
            }
            text.extend_from_slice(if random.u8(..9) == 0 { b"\r\n" } else { b"\n" });
        }
        match at {
            3 => text.clear(),
            4 => text.extend_from_slice(b"no newline"),
            5 => text.extend_from_slice(b"\xff\xfe a \xc3\n"),
            6 => text.extend_from_slice(&[b"long ".as_slice(), &[b'x'; 1 << 20], b" end\n"].concat()),
            7 => text = b"\n\n\r\n \n".to_vec(),
            _ => {}
        }
        let name = format!("f{at:02}");
        fan = if at % 2 == 0 {
            fan.gz(&name, text)
        } else {
            fan.file(name, text)
        };
    }
    fan
}

/// Compares with awk's `$2`, which is empty when the field is missing.
#[test]
fn unusual_lines_fold_as_awk_reads_them() {
    // `awk 1` adds a missing newline to the last line, as fanfold does.
    let cat = "for f in f??; do zcat -f $f | awk 1; done";
    // A carriage return belongs to the line's end, and lines that pass keep theirs.
    let ended = r"sed 's/\r$//'";
    same(
        &strange,
        &["f??", "--count"],
        &format!("{cat} | {ended} | {COUNTED}"),
    );
    same(
        &strange,
        &["f??", "--unique"],
        &format!("{cat} | {ended} | sort -u"),
    );
    same(
        &strange,
        &["f??", "--grep", "\u{e9}"],
        &format!("{cat} | grep -aF \u{e9}"),
    );
    same(
        &strange,
        &["f??", "--where", "1 == a", "--select", "2,1"],
        &format!(r#"{cat} | {ended} | awk '{{gsub(/\\/, "\\\\")}} $1 == "a" {{print $2 "\t" $1}}'"#),
    );
}

#[test]
fn nul_and_carriage_returns_within_a_line_are_ordinary_bytes() {
    fan("map a --select 1 --unique")
        .file("a", b"a\0b c\nd\re\n\xff\n")
        .stdout(b"a\0b\nd\re\n\xff\n")
        .ok();
    fan("map a --grep new")
        .file("a", "no newline")
        .stdout("no newline\n")
        .ok();
}

#[test]
fn a_missing_last_newline_is_added_except_in_a_file_of_its_own() {
    let files = || {
        fan("map")
            .file("a", "a b")
            .file("b", "c d\n")
            .file("c", "")
            .gz("d", "e")
    };
    let all = files().args(["a", "b", "c", "d"]);
    all.stdout("a b\nc d\ne\n").ok();
    files().args(["a", "-j1", "--tag"]).stdout("a\ta b\n").ok();
    let done = files().args(["a", "d", "--out", "o/{}"]).ok();
    for (name, text) in [("o/a", "a b"), ("o/d", "e")] {
        let found = std::fs::read_to_string(done.fan.path(name)).expect("it is there");
        done.expect(found == text, name);
    }
    files().arg("-").stdin("x\ny").stdout("x\ny\n").ok();
}

#[test]
fn fields_count_from_both_ends_and_missing_ones_are_empty() {
    fan("map a --select 1,-1,3,0")
        .file("a", "a b\n\nx y z\n")
        .stdout("a\tb\t\ta b\n\t\t\t\nx\tz\tz\tx y z\n")
        .ok();
}

#[test]
fn values_that_would_break_a_row_are_escaped_in_rows_only() {
    fan("map a --select 0")
        .file("a", "a\tb\\c\n")
        .stdout("a\\tb\\\\c\n")
        .ok();
    fan("map a --unique")
        .file("a", "a\tb\\c\n")
        .stdout("a\tb\\c\n")
        .ok();
}

#[test]
fn usage_errors_are_exit_2_and_list_what_is_known() {
    let refused = |options: &[&str]| -> Done { fan("map a").args(options).file("a", "").stdout("").code(2) };
    let says = |options: &[&str], text: &str| {
        let done = refused(options);
        done.expect(done.err.contains(text), &format!("a message with {text:?}"));
    };
    says(&["--where", "nonsense"], "fanfold: ");
    says(&["--where", "7 ~ ("], "fanfold: ");
    says(&["--select", "0x"], "0x");
    says(&["--select", ""], "fanfold: ");
    says(&["--top", "3"], "--count");
    says(&["-i", "clv"], "'clv'");
    says(&["--cuont"], "--count");
    says(&["--unique", "--count"], "--count");
    says(&["-j", "0"], "-j");
    says(&["--codec", "gzp"], "gzip");
    says(&["-o", "xml"], "xml");
}

#[test]
fn folds_do_not_depend_on_the_number_of_workers() {
    let answer = |jobs: &str| {
        let done = strange("map f?? --select 1,2 --count").arg(jobs).ok();
        done.out
    };
    let serial = answer("-j1");
    assert!(serial.len() > 1000);
    for jobs in &WORKERS[1..] {
        assert_eq!(answer(jobs), serial, "{jobs}");
    }
}

/// An oracle that never ran would agree with anything.
#[test]
fn the_example_logs_are_not_empty() {
    if has("zcat") {
        let lines = oracle(
            Path::new("/"),
            "zcat \"$1\"/examples/logs/*.gz | wc -l",
            &[OsStr::new(repository())],
        );
        assert!(
            String::from_utf8_lossy(&lines)
                .trim()
                .parse::<u32>()
                .is_ok_and(|n| n > 3000)
        );
    }
}

#[test]
fn a_carriage_return_before_the_newline_is_part_of_no_field() {
    let clf = "h - - [16/Apr/2018:16:19:20 +0000] \"GET /a HTTP/1.1\" 200 4";
    let cases = [
        (&["-i", "clf", "--select", "bytes"][..], clf, "4\n"),
        (&["-i", "logfmt", "--select", "ms"], "a=b ms=12", "12\n"),
        (&["--select", "2"], "a 1", "1\n"),
        (&["--select", "-1"], "a 1", "1\n"),
        (&["--select", "0"], "a 1", "a 1\n"),
        (&["--select", "2,1"], "a 1", "1\ta\n"),
        (&["-d", "|", "--select", "2"], "a|1", "1\n"),
        (&["-i", "json", "--select", "a"], r#"{"a":1}"#, "1\n"),
        (&["-i", "tsv", "--no-header", "--select", "2"], "a\t1", "1\n"),
        (&["-i", "csv", "--no-header", "--select", "2"], "a,1", "1\n"),
        (&["-x", "x=(\\d+)$", "--select", "1"], "x=7", "7\n"),
        (&["--regex", "1$", "--select", "1"], "a 1", "a\n"),
        (&["--count"], "a 1", "1\ta 1\n"),
        (&["-i", "lines", "-o", "csv", "--header", "no"], "a", "a\n"),
        // Whole lines pass untouched.
        (&["--grep", "1"], "a 1", "a 1\r\n"),
        (&["--where", "2 == 1"], "a 1", "a 1\r\n"),
        (&[], "a 1", "a 1\r\n"),
    ];
    for (args, line, out) in cases {
        let given = fan("map a").args(args).file("a", format!("{line}\r\n"));
        given.stdout(out).ok();
    }
}

#[test]
fn tsv_has_no_quotes_and_reads_its_escapes_back() {
    let text = "id\tnote\tn\n1\t36\" flat\t1\n2\t\"starts\t2\n3\tx\\ty\\\\n\\n\\q\\\t3\r\n";
    fan("map a -i tsv --agg count,sum:n")
        .file("a", text)
        .stdout("3\t6\n")
        .ok();
    fan("map a -i tsv --select note,id")
        .file("a", text)
        .stdout("36\" flat\t1\n\"starts\t2\nx\\ty\\\\n\\n\\\\q\\\\\t3\n")
        .ok();
    fan("map a -i tsv --select note -o json --where")
        .arg("id == 3")
        .file("a", text)
        .stdout("{\"note\":\"x\\ty\\\\n\\n\\\\q\\\\\"}\n")
        .ok();
}

#[test]
fn lines_are_filtered_by_regexes_that_must_not_match_and_without_case() {
    let run = |words: &str| {
        let words = shlex::split(words).expect("the quotes are closed");
        fan("map a")
            .args(words)
            .file("a", "GET /a\nget /b\nPUT É\nput é\n")
    };
    run("--not-regex ^GET --not-regex é")
        .stdout("get /b\nPUT É\n")
        .ok();
    run("--regex ^get --ignore-case").stdout("GET /a\nget /b\n").ok();
    run("--not-regex ^get --ignore-case")
        .stdout("PUT É\nput é\n")
        .ok();
    run("--grep é --ignore-case").stdout("PUT É\nput é\n").ok();
    run("--not-grep É --ignore-case").stdout("GET /a\nget /b\n").ok();
    run("-w '1 ~ ^put' --ignore-case --agg count").stdout("2\n").ok();
    run("-w '1 !~ ^put' --ignore-case --agg count").stdout("2\n").ok();
    // The rows of a fold are filtered alike.
    run("--by 1 --agg count --having '1 ~ ^put$' --ignore-case")
        .stdout("PUT\t1\nput\t1\n")
        .ok();
    run("--by 1 --agg count --having '1 !~ ^put$' --ignore-case")
        .stdout("GET\t1\nget\t1\n")
        .ok();
    run("--grep É --ignore-case -w '1 == put'").stdout("put é\n").ok();
}

#[test]
fn a_line_that_is_no_utf8_matches_where_its_other_bytes_do() {
    let lines = b"a \"GET /ok\" 200\nb \"GET /caf\xe9\" 404\nc \"\xff\xfe\" 400\n";
    let run = |words: &str| {
        let words = shlex::split(words).expect("the quotes are closed");
        fan("map a").args(words).file("a", lines)
    };
    run("-x '^\\S+ \"[^\"]*\" (\\d+)$' --unique -s 1")
        .stdout("200\n400\n404\n")
        .ok();
    run("--regex '^[abc].*\\d$' --agg count").stdout("3\n").ok();
    run("--not-regex '^[abc].*4$' --agg count").stdout("2\n").ok();
    run("-w '0 ~ ^b.*404$' --agg count").stdout("1\n").ok();
    run("-w '0 !~ ^b.*404$' --agg count").stdout("2\n").ok();
}

/// A search that hits too often is given up, which no answer and no note may show.
#[test]
fn a_text_that_stands_in_most_lines_filters_like_a_rare_one() {
    let line = |n: usize| match n % 5 {
        0 => format!(
            "h - - [31/Jan/2012:23:{:02}:58 -0500] \"GET /404 HTTP/1.1\" 404 {n}\n",
            n % 60
        ),
        1 => format!("bad\" 404 {n}\n"),
        2 => format!("bad 404 {n}\n"),
        _ => format!("h - - [31/Jan/2012:23:59:58 -0500] \"GET /404 HTTP/1.1\" 200 {n}\n"),
    };
    let lines: String = (0..10_000).map(line).collect();
    let rare: String = (0..10_000).map(|n| line(n) + &"nothing\n".repeat(9)).collect();
    // Lines without the text where a status stands are not looked at.
    let bad = 2000;
    for (lines, all, first) in [(lines, 10_000, 2), (rare, 100_000, 11)] {
        for jobs in ["-j1", "-j4"] {
            fan("map a -i clf -w status==404 --agg count")
                .arg(jobs)
                .file("a", &lines)
                .stdout("2000\n")
                .stderr(&format!(
                    "fanfold: {bad} of {all} lines could not be read as clf (first: a:{first} 'bad\" 404 1')\n"
                ))
                .code(0);
        }
    }
}
