//! Random lines of each format, good and bad.

use fastrand::Rng;

/// A format: what its lines are made of, and the options that suit it.
pub struct Shape {
    pub name: &'static str,
    /// The options that select it.
    pub options: &'static [&'static str],
    /// The names of its fields.
    pub fields: &'static [&'static str],
    pub header: &'static str,
    /// What sometimes ends a line instead of a newline.
    pub other_end: &'static [u8],
    line: fn(&mut Rng) -> Vec<u8>,
}

pub fn shapes() -> Vec<Shape> {
    let numbers = &["1", "2", "3", "-1", "-2", "9", "0", "@file", "@line"];
    let shape = |name, options, fields: &'static [&'static str], line| Shape {
        name,
        options,
        fields,
        header: "",
        other_end: b"\r\n",
        line,
    };
    let named = &["id", "size", "text", "when", "2", "-1", "0", "@line"];
    vec![
        shape("ws", &[], numbers, ws),
        shape("-d", &["--delimiter", ";"], numbers, |rng| joined(rng, b";")),
        shape("lines", &["--input-format", "lines"], &["0", "1", "-1"], ws),
        shape("clf", &["--input-format", "clf"], CLF, clf),
        Shape {
            header: "id,size,text,when\n",
            ..shape("csv", &["--input-format", "csv"], named, |rng| csv(rng, b","))
        },
        shape(
            "csv --no-header",
            &["--input-format", "csv", "--no-header", "--delimiter", ";"],
            numbers,
            |rng| csv(rng, b";"),
        ),
        Shape {
            header: "id\tsize\ttext\twhen\n",
            ..shape("tsv", &["--input-format", "tsv"], named, tsv)
        },
        shape(
            "json",
            &["--input-format", "json"],
            &[
                "id",
                "user.id",
                "user.tags.1",
                "a.b",
                "text",
                "size",
                "when",
                "user",
                "none",
                "0",
            ],
            json,
        ),
        shape(
            "logfmt",
            &["--input-format", "logfmt"],
            &["id", "size", "text", "when", "none", "0", "@line"],
            logfmt,
        ),
        shape(
            "-x",
            &["--extract", "(?P<key>[a-z]{1,20})=(?P<size>[0-9.]+)(x)?"],
            &["key", "size", "3", "-1", "0", "@file"],
            |rng| {
                [
                    ws(rng),
                    pick(rng, &[" ab=1 ", "x=22x", "=", " long=1.5x1"]).to_vec(),
                ]
                .concat()
            },
        ),
    ]
}

const CLF: &[&str] = &[
    "host", "user", "time", "request", "method", "path", "protocol", "status", "bytes", "referer", "agent",
    "9", "0",
];

/// Words that programs often get wrong.
const WORDS: &[&[u8]] = &[
    b"a",
    b"A",
    b"ab",
    b"b\xc3\xa9",
    b"\xff\xfe",
    b"x\\y",
    b"\\",
    b"",
    b"-",
    b"z\r",
    b"q\"q",
    b"n\0l",
    b"/a/b?c=1",
    b"/a?",
    b"long-enough-to-leave-its-slot-in-the-table",
];

const NUMBERS: &[&[u8]] = &[
    b"0",
    b"1",
    b"7",
    b"10",
    b"010",
    b"1e1",
    b"10.0",
    b"-5",
    b"+5",
    b".5",
    b"2.25",
    b"-0.125",
    b"1e-7",
    b"12345678901234567890123456789",
    b"9007199254740993",
    b"0x1",
    b"1_0",
    b"nan",
    b"3.",
    b"1e400",
];

const TIMES: &[&[u8]] = &[
    b"[31/Jan/2012:23:59:58 -0500]",
    b"01/Feb/2012:04:59:58 +0000",
    b"2012-02-01T04:59:58Z",
    b"2012-01-31",
    b"2012-02-01 05:00:00",
    b"2012-02-01T06:29:58+01:30",
    b"32/Jan/2012x",
    b"-",
];

pub fn line(rng: &mut Rng, shape: &Shape) -> Vec<u8> {
    match rng.u16(..400) {
        0 => Vec::new(),
        1 if shape.name != "json" => b"x".repeat(rng.usize(1..1 << 18)),
        _ => (shape.line)(rng),
    }
}

fn pick<'a>(rng: &mut Rng, from: &'a [impl AsRef<[u8]>]) -> &'a [u8] {
    rng.choice(from).expect("not empty").as_ref()
}

/// Returns one of few values, so that groups have several records.
fn value(rng: &mut Rng) -> &'static [u8] {
    let from = *rng.choice(&[WORDS, NUMBERS, TIMES]).expect("not empty");
    pick(rng, from)
}

fn ws(rng: &mut Rng) -> Vec<u8> {
    let mut line = Vec::new();
    for _ in 0..rng.usize(..6) {
        line.extend_from_slice(value(rng));
        line.extend_from_slice(pick(rng, &[" ", " ", " ", "\t", "  \t"]));
    }
    line
}

fn joined(rng: &mut Rng, delimiter: &[u8]) -> Vec<u8> {
    let cells: Vec<_> = (0..rng.usize(..5)).map(|_| value(rng)).collect();
    cells.join(delimiter)
}

fn clf(rng: &mut Rng) -> Vec<u8> {
    let text = |rng: &mut Rng, from: &[&'static str]| *rng.choice(from).expect("not empty");
    let host = text(
        rng,
        &[
            "1.2.3.4",
            "10.0.0.1",
            "host.example",
            "::1",
            "::1, 10.0.0.1",
            "vhost ::1",
        ],
    );
    let user = text(rng, &["-", "bob", "Ada", "\"\"", "John Doe"]);
    let time = text(
        rng,
        &[
            "31/Jan/2012:23:59:58 -0500",
            "01/Feb/2012:00:00:00 +0000",
            "29/Feb/2012:00:15:00 +0530",
        ],
    );
    let path = text(rng, &["/", "/a?b=1", "/a", "/x y", "/q\\\"q"]);
    let protocol = text(rng, &[" HTTP/1.1", " HTTP/1.0", ""]);
    let status = text(rng, &["200", "404", "304", "-", "x"]);
    let bytes = text(rng, &["-", "0", "17", "2048", "1e3"]);
    let rest = text(
        rng,
        &[
            "",
            " \"-\" \"Mozilla (x)\"",
            " \"http://r/\" \"q \\\"q\\\"\"",
            " \"-\"",
            " junk",
            " \"-\" \"a\" \"b\" 0.2",
            " ",
        ],
    );
    let mut line =
        format!("{host} - {user} [{time}] \"GET {path}{protocol}\" {status} {bytes}{rest}").into_bytes();
    if rng.u8(..10) == 0 {
        line.truncate(rng.usize(..line.len()));
    }
    line
}

fn csv(rng: &mut Rng, delimiter: &[u8]) -> Vec<u8> {
    let mut cells = Vec::new();
    for _ in 0..rng.usize(2..6) {
        let mut cell = value(rng).to_vec();
        if rng.u8(..4) == 0 {
            cell.extend_from_slice(pick(rng, &[",", "\n", "\"", "\t", ";", "\r\n"]));
        }
        let plain = !cell.iter().any(|byte| b",\n\r;\t\"".contains(byte));
        if !plain || rng.u8(..5) == 0 {
            let doubled = cell
                .split(|byte| *byte == b'"')
                .collect::<Vec<_>>()
                .join(&b"\"\""[..]);
            cell = [b"\"", &doubled[..], b"\""].concat();
        } else if rng.u8(..20) == 0 {
            cell = [b"x\"", &cell[..]].concat();
        }
        cells.push(cell);
    }
    cells.join(delimiter)
}

/// Values with quotes as bytes, and with escapes, whole and broken.
fn tsv(rng: &mut Rng) -> Vec<u8> {
    let cell = |rng: &mut Rng| {
        let end = pick(rng, &["", "", "\"", "\\t", "\\n", "\\\\", "\\x", "\\"]);
        [value(rng), end].concat()
    };
    let cells: Vec<_> = (0..rng.usize(2..6)).map(|_| cell(rng)).collect();
    cells.join(&b'\t')
}

/// Values other than strings are spaced as Python's json writes them.
fn json(rng: &mut Rng) -> Vec<u8> {
    let text = |rng: &mut Rng| {
        let texts = [
            "\"a\"",
            "\"x\\ty\"",
            "\"\\u00e9 \\\"q\\\"\"",
            "\"é\"",
            "\"10\"",
            "\"\"",
            "\"2012-02-01T04:59:58Z\"",
            "\"a\\\\b\"",
        ];
        String::from_utf8_lossy(pick(rng, &texts)).into_owned()
    };
    let number =
        |rng: &mut Rng| String::from_utf8_lossy(pick(rng, &["1", "-5", "2.5", "0", "1000000"])).into_owned();
    let mut members = vec![format!("\"id\": {}", number(rng))];
    for key in ["text", "size", "when", "a.b", "n\\u006fne"] {
        if rng.bool() {
            let value = match rng.u8(..6) {
                0 | 1 => number(rng),
                2 => pick(rng, &["true", "null", "[]", "{\"k\": [1, \"x\"]}"])
                    .iter()
                    .map(|byte| *byte as char)
                    .collect(),
                _ => text(rng),
            };
            members.push(format!("\"{key}\": {value}"));
        }
    }
    if rng.bool() {
        members.push(format!(
            "\"user\": {{\"id\": {}, \"tags\": [{}, {}]}}",
            number(rng),
            number(rng),
            number(rng)
        ));
    }
    rng.shuffle(&mut members);
    let mut line = format!("{{{}}}", members.join(", ")).into_bytes();
    if rng.u8(..12) == 0 {
        line = pick(
            rng,
            &[
                "{",
                "[1, 2]",
                " ",
                "{\"id\": 1,}",
                "{\"id\": tru}",
                "{\"id\": 1} x",
            ],
        )
        .to_vec();
    }
    line
}

fn logfmt(rng: &mut Rng) -> Vec<u8> {
    let mut line = Vec::new();
    for _ in 0..rng.usize(..6) {
        line.extend_from_slice(pick(rng, &["id", "size", "text", "when", "flag", "b\u{e9}"]));
        match rng.u8(..8) {
            0 => {}
            1 => line.extend_from_slice(pick(
                rng,
                &[
                    "=\"a b\"",
                    "=\"q \\\"q\\\"\\n\"",
                    "=\"\"",
                    "=\"x\\\\y\"",
                    "=\"tab\\t\" ",
                    "=\"never closed",
                ],
            )),
            _ => {
                let value = value(rng);
                let plain = !value.iter().any(|byte| b" \"\t\r".contains(byte));
                line.push(b'=');
                line.extend_from_slice(if plain { value } else { b"v" });
            }
        }
        line.push(b' ');
    }
    line
}
