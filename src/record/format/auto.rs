//! The format of a file, by its first lines.
//!
//! It does not know where the lines come from.

use super::{ALB, Clf, CsvQuoting, Format, Json, LineSplitter, LineVerdict, Logfmt, S3, Syslog, Tokens};
use memchr::memchr_iter;

/// The number of lines that are looked at.
const LINES: usize = 50;
/// The most bytes that are looked at.
const BYTES: usize = 64 << 10;

/// A format, with the test of the first lines of a file: none of them is blank.
type Candidate = (&'static str, fn(&[&[u8]]) -> bool, Format);

/// The formats that are tried, the most particular first.
static CANDIDATES: [Candidate; 9] = [
    ("w3c", has_directive, Format::W3c),
    ("json", |lines| most(lines, Json::new(&[])), Format::Json),
    ("clf", |lines| most(lines, Clf::new(&[])), Format::Clf),
    ("alb", |lines| most(lines, Tokens::new(&ALB, &[])), Format::Alb),
    ("s3", |lines| most(lines, Tokens::new(&S3, &[])), Format::S3),
    ("syslog", |lines| most(lines, Syslog::new(&[])), Format::Syslog),
    ("logfmt", is_logfmt, Format::Logfmt),
    (
        "tsv",
        |lines| is_table(lines, b'\t'),
        Format::Csv {
            delimiter: b'\t',
            quoting: CsvQuoting::Escapes,
            header: true,
        },
    ),
    (
        "csv",
        |lines| is_table(lines, b','),
        Format::Csv {
            delimiter: b',',
            quoting: CsvQuoting::Quotes,
            header: true,
        },
    ),
];

/// Returns true when `head`, the first bytes of a file, is enough to tell its format by.
pub(in crate::record) fn is_enough(head: &[u8]) -> bool {
    head.len() >= BYTES || end_of_lines(head).is_some()
}

/// Returns the offset after the last of the lines that are looked at.
fn end_of_lines(head: &[u8]) -> Option<usize> {
    memchr_iter(b'\n', head).nth(LINES - 1).map(|end| end + 1)
}

/// Returns the format that fits the first bytes of a file, and its name. A last line without its end is not looked
/// at, unless it is all that there is; nor is what came beyond that is enough, which depends on how the bytes come.
pub(in crate::record) fn recognize(head: &[u8]) -> Option<(&'static str, &'static Format)> {
    let head = &head[..head.len().min(BYTES)];
    let head = &head[..end_of_lines(head).unwrap_or(head.len())];
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let whole = head
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(head, |end| &head[..end]);
    let lines: Vec<_> = whole
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.trim_ascii().is_empty())
        .collect();
    let fits = |(_, test, _): &&Candidate| !lines.is_empty() && test(&lines);
    let (name, _, format) = CANDIDATES.iter().find(fits)?;
    Some((name, format))
}

/// Returns the names of the formats that are tried.
pub(in crate::record) fn candidates() -> impl Iterator<Item = &'static str> {
    CANDIDATES.iter().map(|(name, ..)| *name)
}

/// Returns true when a format reads four of five lines: a log may begin in the middle of a record.
fn most(lines: &[&[u8]], mut splitter: impl LineSplitter) -> bool {
    let read = |line: &&&[u8]| splitter.split(line, &mut []) == LineVerdict::Read;
    lines.iter().filter(read).count() * 5 >= lines.len() * 4
}

fn has_directive(lines: &[&[u8]]) -> bool {
    let starts = |line: &&[u8], text: &[u8]| {
        line.get(..text.len())
            .is_some_and(|t| t.eq_ignore_ascii_case(text))
    };
    lines[0].starts_with(b"#") && lines.iter().any(|line| starts(line, b"#Fields:"))
}

/// Returns true when most lines begin with `key=`, and have another such pair.
fn is_logfmt(lines: &[&[u8]]) -> bool {
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-@".contains(byte);
    let is_pair = |word: &[u8]| {
        let key = word.iter().take_while(|byte| is_key(byte)).count();
        key > 0 && word.get(key) == Some(&b'=')
    };
    let fits = |line: &&&[u8]| {
        let words: Vec<_> = line.split(|byte| *byte == b' ').collect();
        is_pair(words[0]) && words[1..].iter().any(|word| is_pair(word))
    };
    lines.iter().filter(fits).count() * 5 >= lines.len() * 4 && most(lines, Logfmt::new(&[]))
}

/// Returns true when there are several lines, all with the same number of cells, and a header.
fn is_table(lines: &[&[u8]], delimiter: u8) -> bool {
    let cells = |line: &[u8]| {
        let mut quoted = false;
        let ends = line.iter().filter(|byte| {
            quoted ^= **byte == b'"';
            **byte == delimiter && !quoted
        });
        1 + ends.count()
    };
    let columns = cells(lines[0]);
    let names: Vec<_> = lines[0].split(|byte| *byte == delimiter).collect();
    let is_name = |name: &&[u8]| name.iter().any(u8::is_ascii_alphabetic);
    columns > 1
        && lines.len() > 1
        && names.iter().all(is_name)
        && lines.iter().all(|line| cells(line) == columns)
}
