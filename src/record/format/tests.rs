//! Each format on lines of its kind.

use super::*;

fn source(field: &str) -> FieldSource {
    super::super::field::Field::parse(field).expect(field).source
}

fn resolved(format: &Format, fields: &[&str]) -> Vec<FieldSource> {
    fields
        .iter()
        .map(|field| format.resolve(&source(field)).expect(field))
        .collect()
}

/// Returns the fields of a line, or the verdict on it.
fn split(mut split: impl LineSplitter, line: &str, n: usize) -> Result<Vec<String>, LineVerdict> {
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
    let old = line.replace(" HTTP/1.1", "").replace("a b", "ab");
    assert_eq!(
        clf(&["method", "path", "protocol"], &old).expect("right"),
        ["GET", r#"/ab?\"x"#, ""]
    );
    assert_eq!(
        clf(&["path", "status"], "h - - [t] \"-\" 408 0").expect("right"),
        ["", "408"]
    );
}

#[test]
fn clf_rejects_malformed_lines() {
    for line in [
        "",
        "a",
        "a b c d",
        "a b c [d] e",
        "a b c [d] \"e",
        "a b c [d] \"e\\\"",
        "a b c [d] \"e\"200 1",
    ] {
        assert_eq!(clf(&["status"], line), Err(LineVerdict::Bad), "{line}");
        assert_eq!(clf(&[], line), Err(LineVerdict::Bad), "{line}");
    }
    assert_eq!(clf(&["host"], "a b").expect("as far as it is asked for"), ["a"]);
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
    let mut json = Json::new(&[]);
    assert_eq!(json.split(b"{\"\xff\":1}", &mut []), LineVerdict::Bad);
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
            .resolve(&source("usre"))
            .expect_err("unknown")
            .to_string()
            .contains("did you mean 'user'?")
    );
    assert!(format.resolve(&source("4")).is_err());
}

#[test]
fn options_that_a_format_does_not_accept_are_refused() {
    let choose = |name, delimiter, no_header, extract| {
        Format::choose(&FormatChoice {
            name,
            delimiter,
            no_header,
            extract,
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
