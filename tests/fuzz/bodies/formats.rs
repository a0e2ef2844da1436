//! Any bytes are lines of any format, or are refused: alike however they come and whichever fields are asked for. Lines
//! of the simple formats are split as a slow splitter does, that looks at one byte after the other.

mod reference;

use fanfold::fuzzing::{Records, plan, records};
use fanfold::record::FormatChoice;

/// The options of a format, fields of it, and the slow splitter, if there is one.
type Case = (
    FormatChoice<'static>,
    &'static [&'static str],
    Option<reference::Split>,
);

fn case(number: u8) -> Case {
    let named = |name| FormatChoice {
        name: Some(name),
        ..FormatChoice::default()
    };
    let delimited = FormatChoice {
        delimiter: Some(";"),
        ..FormatChoice::default()
    };
    let log = |text| FormatChoice {
        log_format: Some(text),
        ..FormatChoice::default()
    };
    let plain = |name| FormatChoice {
        no_header: true,
        ..named(name)
    };
    match number % 16 {
        0 => (named("ws"), &["1", "2", "7", "-1", "-2"], Some(reference::ws)),
        1 => (
            delimited,
            &["1", "2", "7", "-1", "-2"],
            Some(reference::delimited),
        ),
        2 => (named("clf"), reference::CLF, Some(reference::clf)),
        3 => (plain("tsv"), &["1", "2", "-1"], Some(reference::tsv)),
        4 => (named("logfmt"), &["a", "b", "msg"], Some(reference::logfmt)),
        5 => (named("json"), &["a", "b", "a.b", "0"], Some(reference::json)),
        6 => (plain("csv"), &["1", "2", "-1"], None),
        7 => (named("csv"), &["1", "2"], None),
        8 => (
            named("syslog"),
            &[
                "time",
                "host",
                "program",
                "pid",
                "message",
                "priority",
                "structured",
                "a.b",
            ],
            None,
        ),
        9 => (named("w3c"), &["1", "2", "-1", "0"], None),
        10 => (
            named("alb"),
            &["time", "client_ip", "request_url", "conn_trace_id"],
            None,
        ),
        11 => (
            named("s3"),
            &["time", "bucket", "path", "user_agent", "source_region"],
            None,
        ),
        12 => (
            log(
                r#"$remote_addr - $remote_user [$time_local] "$request" $status $upstream_addr $request_time"#,
            ),
            &["host", "time", "method", "path", "status", "-1"],
            None,
        ),
        13 => (
            log(r#"%v:%p %h %l %u %t "%r" %>s %b %D"#),
            &["1", "host", "path", "status", "%D"],
            None,
        ),
        14 => (
            FormatChoice {
                json_after: Some(r"\w+ F "),
                ..FormatChoice::default()
            },
            &["a", "b.c"],
            None,
        ),
        _ => (
            FormatChoice {
                extract: Some(r"(?P<key>[a-z]+)=(?P<n>\d+)?"),
                ..FormatChoice::default()
            },
            &["key", "n", "0"],
            None,
        ),
    }
}

/// Returns what a slow reader makes of the lines, if it knows all of them.
fn expected(data: &[u8], split: reference::Split) -> Option<(Vec<Vec<Vec<u8>>>, u64)> {
    let (mut found, mut bad) = (Vec::new(), 0);
    let mut lines: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    for line in lines {
        match split(line.strip_suffix(b"\r").unwrap_or(line)) {
            reference::Line::Fields(fields) => found.push(fields),
            reference::Line::Dropped => {}
            reference::Line::Bad => bad += 1,
            reference::Line::Unknown => return None,
        }
    }
    Some((found, bad))
}

fn read(case: &Case, fields: &[&str], start: Option<&str>, data: &[u8], size: usize) -> Records {
    records(
        &plan(&case.0, fields, start).expect("it has these fields"),
        data,
        size,
    )
}

/// Looks at one input.
pub fn run(data: &[u8]) {
    let [number, size, data @ ..] = data else { return };
    let case = case(*number);
    let whole = read(&case, case.1, None, data, data.len());
    assert_eq!(
        read(&case, case.1, None, data, usize::from(*size)),
        whole,
        "in blocks of {size}"
    );
    if whole.2.is_none() {
        for (at, field) in case.1.iter().enumerate() {
            let alone = read(&case, &[field], None, data, data.len());
            assert_eq!(alone.1, whole.1, "bad lines depend on the field: {field}");
            let of_all: Vec<_> = whole.0.iter().map(|record| &record[at]).collect();
            assert_eq!(
                alone.0.iter().map(|record| &record[0]).collect::<Vec<_>>(),
                of_all,
                "{field}"
            );
        }
    }
    if let Some((found, bad)) = case.2.and_then(|split| expected(data, split)) {
        assert_eq!(whole.0, found, "{:?}", String::from_utf8_lossy(data));
        assert_eq!(whole.1, bad);
    }
    if !matches!(number % 16, 3 | 6 | 7 | 9) {
        let joined = read(&case, case.1, Some("^[^ ]"), data, data.len());
        assert_eq!(
            read(&case, case.1, Some("^[^ ]"), data, usize::from(*size)),
            joined
        );
    }
    let auto = FormatChoice {
        name: Some("auto"),
        ..FormatChoice::default()
    };
    let auto = plan(&auto, &["0"], None).expect("all formats have it");
    assert_eq!(
        records(&auto, data, usize::from(*size)),
        records(&auto, data, data.len())
    );
    // What users type.
    let (typed, line) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    if let Ok(text) = std::str::from_utf8(typed)
        && let Some(plan) = plan(
            &FormatChoice {
                log_format: Some(text),
                ..FormatChoice::default()
            },
            &["1"],
            None,
        )
    {
        let _ = records(&plan, line.get(1..).unwrap_or_default(), 64);
    }
}
