//! Each format on lines of its kind.

mod clf_lines;
mod json_lines;
mod logs;

use super::*;

fn field(field: &str) -> Field {
    Field::parse(field).expect(field)
}

fn resolved(format: &Format, fields: &[&str]) -> Vec<FieldSource> {
    fields
        .iter()
        .map(|field| format.resolve(self::field(field)).expect(field).source)
        .collect()
}

/// Returns the fields of a line, or the verdict on it.
fn split(mut split: impl LineSplitter, line: &str, n: usize) -> Result<Vec<String>, LineVerdict> {
    split_next(&mut split, line, n)
}

/// Does as [`split`] with a splitter that has seen other lines.
fn split_next(split: &mut impl LineSplitter, line: &str, n: usize) -> Result<Vec<String>, LineVerdict> {
    let mut spans = vec![FieldSpan::default(); n];
    match split.split(line.as_bytes(), &mut spans) {
        LineVerdict::Read => {}
        other => return Err(other),
    }
    let text = |span: &FieldSpan| {
        let base = if span.base == SpanBase::Decoded {
            split.decoded()
        } else {
            line.as_bytes()
        };
        String::from_utf8(base[span.start..span.end].to_vec()).expect("text")
    };
    Ok(spans.iter().map(text).collect())
}

fn clf(fields: &[&str], line: &str) -> Result<Vec<String>, LineVerdict> {
    split(Clf::new(&resolved(&Format::Clf, fields)), line, fields.len())
}

#[test]
fn clf_reads_common_and_combined_lines() {
    let line = r#"1.2.3.4 - bob [01/Jan/2012:00:00:00 -0500] "GET /a b?\"x HTTP/1.1" 200 - "http://r/" "M \\ \"q\" (x)""#;
    let all = clf::NAMES;
    let want = [
        "1.2.3.4",
        "-",
        "bob",
        "01/Jan/2012:00:00:00 -0500",
        r#"GET /a b?\"x HTTP/1.1"#,
        "GET",
        r#"/a b?\"x"#,
        "HTTP/1.1",
        "200",
        "-",
        "http://r/",
        r#"M \\ \"q\" (x)"#,
    ];
    assert_eq!(clf(&all, line).expect("right"), want);
    let common = line.split(" \"http").next().expect("a prefix");
    assert_eq!(
        clf(&["bytes", "agent", "1"], common).expect("right"),
        ["-", "", "1.2.3.4"]
    );
    let requests = [
        (r"GET /a b?\x22 HTTP/1.1", ["GET", r"/a b?\x22", "HTTP/1.1"]),
        ("PRI * HTTP/2", ["PRI", "*", "HTTP/2"]),
        ("GET /", ["GET", "/", ""]),
        ("GET /a b", ["GET", "/a b", ""]),
        ("GET /a/B/1 x/2", ["GET", "/a/B/1 x/2", ""]),
        ("-", ["", "", ""]),
        ("", ["", "", ""]),
    ];
    for (request, want) in requests {
        let line = format!("h - - [t] \"{request}\" 408 0");
        let got = clf(&["method", "path", "protocol"], &line);
        assert_eq!(got.expect(request), want, "{request}");
    }
}

#[test]
fn clf_reads_unusual_owners_and_what_follows_the_agent() {
    let rest = r#"[01/Jan/2012:00:00:00 -0500] "GET / HTTP/1.1" 200 7"#;
    let fields = ["host", "ident", "user", "status", "agent"];
    let cases = [
        (
            "192.0.2.7, 10.0.0.1 - -",
            "",
            ["192.0.2.7, 10.0.0.1", "-", "-", "200", ""],
        ),
        ("::1 i \"\"", " ", ["::1", "i", "\"\"", "200", ""]),
        ("h - ", r#" "-""#, ["h", "-", "", "200", ""]),
        (
            "h - [x]",
            r#" "-" "a \"b" "c" 0.1"#,
            ["h", "-", "[x]", "200", r#"a \"b"#],
        ),
    ];
    for (owner, end, want) in cases {
        let line = format!("{owner} {rest}{end}");
        assert_eq!(clf(&fields, &line).expect(&line), want, "{line}");
    }
}

#[test]
fn clf_rejects_malformed_lines_whatever_is_selected() {
    let lines = [
        "",
        "a",
        "hello world",
        "a b c d",
        "a b c [d] e",
        "a b c [d] \"e",
        "a b c [d] \"e\\\"",
        "a b c [d] \"e\"200 1",
        "a b c [d] \"e\" 20 1",
        "a b c [d] \"e\" 200",
        "a b c [d] \"e\" 200 ",
        "a b c [d] \"e\" 200 x",
        "a b c [d] \"e\" 200 1 x",
        "a b c [d] \"e\" 200 1 \"r",
        "a b c [d] \"e\" 200 1 \"r\" \"a\"x",
        "a b c [d] \"e \"f\" g\" 200 1",
        "vhost a b c [d] \"e\" 200 1",
        "a - John Doe [d] \"e\" 200 1",
        " - - [d] \"e\" 200 1",
        "a b [d] \"e\" 200 1",
        // As long as a time is, with its separators in their places.
        "a b c [01/J]n/2012:00:00:00 -0500] \"e\" 200 1",
    ];
    for line in lines {
        assert_eq!(clf(&[], line), Err(LineVerdict::Bad), "{line}");
        for field in clf::NAMES {
            assert_eq!(clf(&[field], line), Err(LineVerdict::Bad), "{field} of {line}");
        }
    }
}

fn json(fields: &[&str], line: &str) -> Result<Vec<String>, LineVerdict> {
    split(Json::new(&resolved(&Format::Json, fields)), line, fields.len())
}

#[test]
fn json_finds_paths_and_decodes_strings() {
    let line =
        r#" {"a":"x\n\u00e9\"","user":{"id":42,"t":[1.50,{"k":null}]},"b.c":true,"user.id2":"z","é":"ü"} "#;
    let fields = [
        "a",
        "user.id",
        "user.t.0",
        "user.t.1",
        "user.t.1.k",
        "b.c",
        "user.id2",
        "é",
        "user.no",
        "nope",
    ];
    let want = [
        "x\né\"",
        "42",
        "1.50",
        r#"{"k":null}"#,
        "",
        "true",
        "z",
        "ü",
        "",
        "",
    ];
    assert_eq!(json(&fields, line).expect("right"), want);
    assert_eq!(
        json(&["user"], r#"{"\u0075ser":{"id":1}}"#).expect("right"),
        [r#"{"id":1}"#]
    );
}

#[test]
fn json_rejects_malformed_lines() {
    for line in [
        "{",
        "3",
        "[1]",
        r#"{"a":1}x"#,
        r#"{"a":1,}"#,
        r#"{"a":tru}"#,
        r#"{"b":"\q"}"#,
        "x",
    ] {
        assert_eq!(json(&["a"], line), Err(LineVerdict::Bad), "{line}");
    }
    assert_eq!(json(&["a"], "  "), Err(LineVerdict::Dropped));
    for selected in [&[][..], &["a"], &["b"]] {
        let mut json = Json::new(&resolved(&Format::Json, selected));
        for line in [&b"{\"a\":\"\xff\"}"[..], b"{\"\xff\":1}"] {
            let mut spans = vec![FieldSpan::default(); selected.len()];
            assert_eq!(json.split(line, &mut spans), LineVerdict::Bad, "{selected:?}");
        }
    }
}

#[test]
fn json_reads_surrogates_that_are_no_pair_whether_they_are_selected_or_not() {
    let line = r#"{"a":"x\ud800\\ud800\ud83d\ude00\udc00\"\ud800\n","b":1}"#;
    assert_eq!(json(&["b"], line).expect("right"), ["1"]);
    assert_eq!(
        json(&["a"], line).expect("right"),
        ["x\u{fffd}\\ud800\u{1f600}\u{fffd}\"\u{fffd}\n"]
    );
}

fn logfmt(fields: &[&str], line: &str) -> Result<Vec<String>, LineVerdict> {
    split(
        Logfmt::new(&resolved(&Format::Logfmt, fields)),
        line,
        fields.len(),
    )
}

#[test]
fn logfmt_finds_keys() {
    let line = r#"level=info msg="a \"b\"\n" flag n= q="plain" level=warn url=a=b"#;
    let fields = ["level", "msg", "flag", "n", "q", "url", "no"];
    assert_eq!(
        logfmt(&fields, line).expect("right"),
        ["info", "a \"b\"\n", "", "", "plain", "a=b", ""]
    );
    assert_eq!(logfmt(&["a"], "b=\"x"), Err(LineVerdict::Bad));
    assert_eq!(logfmt(&["a"], "b=\"x\\"), Err(LineVerdict::Bad));
}

#[test]
fn extract_takes_groups_and_drops_the_rest() {
    let format = Format::choose(&FormatChoice {
        extract: Some(r"(?<user>\w+)@(\w+)(x)?$"),
        ..FormatChoice::default()
    })
    .expect("right");
    let Format::Extract(regex) = &format else {
        panic!("not the format that was asked for")
    };
    let extract = |fields: &[&str], line| {
        split(
            Extract::new(regex, &resolved(&format, fields)),
            line,
            fields.len(),
        )
    };
    assert_eq!(
        extract(&["2", "user", "-1"], "hi bob@home").expect("right"),
        ["home", "bob", ""]
    );
    assert_eq!(extract(&["user"], "hi bob"), Err(LineVerdict::Dropped));
    assert!(
        format
            .resolve(field("usre"))
            .expect_err("unknown")
            .to_string()
            .contains("did you mean 'user'?")
    );
    assert!(format.resolve(field("4")).is_err());
}

#[test]
fn options_that_a_format_does_not_accept_are_refused() {
    let choose = |name, delimiter, no_header, extract| {
        Format::choose(&FormatChoice {
            name,
            delimiter,
            no_header,
            extract,
            log_format: None,
            json_after: None,
        })
    };
    assert!(choose(Some("json"), Some(","), false, None).is_err());
    assert!(choose(Some("ws"), None, true, None).is_err());
    assert!(choose(Some("ws"), None, false, Some("x")).is_err());
    assert!(choose(None, None, false, Some("(")).is_err());
    assert!(choose(None, Some("ab"), false, None).is_err());
    assert!(choose(Some("csv"), Some(";"), true, None).is_ok());
    assert!(matches!(
        choose(None, Some("\\t"), false, None),
        Ok(Format::Delimited(b'\t'))
    ));
}

#[test]
fn every_format_of_the_table_can_be_chosen() {
    for entry in FORMATS {
        let choice = FormatChoice {
            name: Some(entry.name),
            ..FormatChoice::default()
        };
        assert_eq!(
            Format::choose(&choice)
                .expect(entry.name)
                .name()
                .replace("tsv", "csv"),
            entry.name.replace("tsv", "csv")
        );
    }
}

#[test]
fn single_delimiters_keep_empty_fields() {
    let sources = [
        FieldSource::Number(2),
        FieldSource::Number(4),
        FieldSource::FromEnd(1),
    ];
    assert_eq!(
        split(DelimiterSplitter::new(b',', &sources), "a,,c,d,", 3).expect("split"),
        ["", "d", ""]
    );
    assert_eq!(
        split(DelimiterSplitter::new(b',', &sources), "a", 3).expect("split"),
        ["", "", "a"]
    );
}
