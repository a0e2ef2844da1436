//! Syslog: RFC 5424 with structured data, and the older form of RFC 3164, with or without a priority, whose time
//! may also be an ISO one, as rsyslog writes it.
//!
//! It does not know what the times mean. A parameter of structured data is a field `id.name`.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};
use crate::record::field::FieldSource;
use memchr::{memchr, memchr2, memchr3};

/// The names of the fields; the number of a field is its index here plus 1.
pub(in crate::record) const NAMES: [&str; 10] = [
    "time",
    "host",
    "program",
    "pid",
    "message",
    "priority",
    "facility",
    "severity",
    "msgid",
    "structured",
];

// Indexes in `NAMES`.
const TIME: usize = 0;
const HOST: usize = 1;
const PROGRAM: usize = 2;
const PID: usize = 3;
const MESSAGE: usize = 4;
const PRIORITY: usize = 5;
const FACILITY: usize = 6;
const SEVERITY: usize = 7;
const MSGID: usize = 8;
const STRUCTURED: usize = 9;

/// The start and the end of each field that the line has.
type Ranges = [Option<(usize, usize)>; NAMES.len()];

#[derive(Debug)]
pub(in crate::record) struct Syslog {
    sources: Vec<FieldSource>,
    decoded: Vec<u8>,
}

impl Syslog {
    pub fn new(sources: &[FieldSource]) -> Syslog {
        Syslog {
            sources: sources.to_vec(),
            decoded: Vec::new(),
        }
    }

    fn read(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        let mut found = Ranges::default();
        let (priority, at) = priority(line, &mut found)?;
        if priority.is_some() && line[at..].starts_with(b"1 ") {
            modern(line, at + 2, &mut found)?;
        } else {
            older(line, at, &mut found)?;
        }
        self.decoded.clear();
        for (span, source) in spans.iter_mut().zip(&self.sources) {
            let value = match source {
                FieldSource::Number(n) => match (n - 1, priority) {
                    (FACILITY, Some(priority)) => put_number(&mut self.decoded, priority / 8),
                    (SEVERITY, Some(priority)) => put_number(&mut self.decoded, priority % 8),
                    (field, _) => found
                        .get(field)
                        .copied()
                        .flatten()
                        .map(|(start, end)| FieldSpan::from_line(start, end)),
                },
                FieldSource::Name(name) => {
                    let data = found[STRUCTURED].map_or(&b""[..], |(start, end)| &line[start..end]);
                    parameter(data, name.as_bytes(), &mut self.decoded)
                }
                _ => None,
            };
            if let Some(value) = value {
                *span = value;
            }
        }
        Some(())
    }
}

fn put_number(decoded: &mut Vec<u8>, number: u32) -> Option<FieldSpan> {
    let start = decoded.len();
    decoded.extend_from_slice(number.to_string().as_bytes());
    Some(FieldSpan::from_decoded(start, decoded.len()))
}

/// Reads `<PRI>`, when the line begins with it, and returns it and the offset after it.
fn priority(line: &[u8], found: &mut Ranges) -> Option<(Option<u32>, usize)> {
    if line.first() != Some(&b'<') {
        return Some((None, 0));
    }
    let end = memchr(b'>', line).filter(|end| (2..=4).contains(end))?;
    let digits = line[1..end].iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    });
    found[PRIORITY] = Some((1, end));
    let priority = digits.filter(|priority| *priority <= 191)?;
    Some((Some(priority), end + 1))
}

/// Returns the offset of the blank that ends the word at `at`, or of the line's end.
fn word(line: &[u8], at: usize) -> usize {
    memchr(b' ', &line[at..]).map_or(line.len(), |length| at + length)
}

/// Reads what follows the version of RFC 5424.
fn modern(line: &[u8], mut at: usize, found: &mut Ranges) -> Option<()> {
    for field in [TIME, HOST, PROGRAM, PID, MSGID] {
        let end = word(line, at);
        (at < end && end < line.len()).then_some(())?;
        found[field] = Some((at, end));
        at = end + 1;
    }
    let (start, end) = found[TIME]?;
    (line[start..end] == *b"-" || is_iso(&line[start..end])).then_some(())?;
    let end = end_of_structured(line, at)?;
    found[STRUCTURED] = Some((at, end));
    if end < line.len() {
        (line[end] == b' ').then_some(())?;
        // A message in UTF-8 may begin with a byte-order mark.
        let mark = line[end + 1..].starts_with(b"\xef\xbb\xbf");
        found[MESSAGE] = Some((end + 1 + if mark { 3 } else { 0 }, line.len()));
    }
    Some(())
}

/// Returns where the structured data that begin at `start` end: `-`, or elements in brackets.
fn end_of_structured(line: &[u8], start: usize) -> Option<usize> {
    if line.get(start) == Some(&b'-') {
        return Some(start + 1);
    }
    let mut at = start;
    loop {
        (line.get(at) == Some(&b'[')).then_some(())?;
        at = end_of_name(line, at + 1)?;
        while line.get(at) == Some(&b' ') {
            at = end_of_name(line, at + 1)?;
            line[at..].starts_with(b"=\"").then_some(())?;
            at = end_of_value(line, at + 2)?;
        }
        (line.get(at) == Some(&b']')).then_some(())?;
        at += 1;
        if line.get(at) != Some(&b'[') {
            return Some(at);
        }
    }
}

/// Returns where the name of an element or a parameter ends that begins at `start`.
fn end_of_name(line: &[u8], start: usize) -> Option<usize> {
    let name = line[start..].iter();
    let length = name
        .take_while(|byte| !matches!(byte, b' ' | b'=' | b']' | b'"'))
        .count();
    (length > 0).then_some(start + length)
}

/// Returns the offset after the quote that closes the value that begins at `start`.
fn end_of_value(line: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', line.get(at..)?)?;
        match line[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Finds the parameter `id.name` in structured data and decodes its value.
fn parameter(data: &[u8], wanted: &[u8], decoded: &mut Vec<u8>) -> Option<FieldSpan> {
    let mut at = 0;
    let mut id = &b""[..];
    while at < data.len() {
        match data[at] {
            b'[' => {
                let length = data[at..].iter().position(|byte| matches!(byte, b' ' | b']'))?;
                id = &data[at + 1..at + length];
                at += length;
            }
            b' ' | b']' => at += 1,
            _ => {
                let equals = at + memchr(b'=', &data[at..])?;
                let name = &data[at..equals];
                let start = decoded.len();
                at = unescape(data, equals + 2, decoded)?;
                let rest = wanted.strip_prefix(id).and_then(|rest| rest.strip_prefix(b"."));
                if rest == Some(name) {
                    return Some(FieldSpan::from_decoded(start, decoded.len()));
                }
                decoded.truncate(start);
            }
        }
    }
    None
}

/// Appends the value that begins at `at`, without its escapes, and returns the offset after its closing quote.
fn unescape(data: &[u8], mut at: usize, decoded: &mut Vec<u8>) -> Option<usize> {
    loop {
        match *data.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' if matches!(data.get(at + 1), Some(b'"' | b'\\' | b']')) => {
                decoded.push(data[at + 1]);
                at += 2;
            }
            byte => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
}

/// Reads a time, a host and a message, which a program and its number may begin.
fn older(line: &[u8], start: usize, found: &mut Ranges) -> Option<()> {
    let end = start + length_of_time(&line[start..])?;
    found[TIME] = Some((start, end));
    (line.get(end) == Some(&b' ')).then_some(())?;
    let mut at = end + 1;
    let host = word(line, at);
    (at < host).then_some(())?;
    // A line that a program wrote itself, through /dev/log, has no host.
    if line[host - 1] != b':' {
        found[HOST] = Some((at, host));
        at = (host + 1).min(line.len());
    }
    let rest = &line[at..];
    let mut message = at;
    if let Some(tag) = Tag::parse(rest) {
        found[PROGRAM] = Some((at, at + tag.program));
        found[PID] = tag.pid.map(|(start, end)| (at + start, at + end));
        message = at + tag.end;
    }
    found[MESSAGE] = Some((message, line.len()));
    Some(())
}

/// The program and its number in front of a message: `sshd[17]: `.
struct Tag {
    program: usize,
    pid: Option<(usize, usize)>,
    end: usize,
}

impl Tag {
    fn parse(text: &[u8]) -> Option<Tag> {
        let program = memchr3(b':', b'[', b' ', text).filter(|&end| end > 0)?;
        match text[program] {
            b':' => Tag::end(text, program, None),
            b'[' => Tag::with_pid(text, program),
            // A program's name may have a blank, when a number tells that it is one.
            _ => {
                let program = memchr3(b':', b'[', b'"', text).filter(|&end| end <= 48)?;
                let tag = (text[program] == b'[').then(|| Tag::with_pid(text, program))??;
                let (start, end) = tag.pid?;
                text[start..end].iter().all(u8::is_ascii_digit).then_some(tag)
            }
        }
    }

    fn with_pid(text: &[u8], program: usize) -> Option<Tag> {
        let close = program + memchr(b']', &text[program..])?;
        let is_pid = close > program + 1 && memchr(b' ', &text[program..close]).is_none();
        (is_pid && text.get(close + 1) == Some(&b':')).then_some(())?;
        Tag::end(text, close + 1, Some((program + 1, close))).map(|tag| Tag { program, ..tag })
    }

    /// Builds a tag that the colon at `colon` ends, and at most one blank.
    fn end(text: &[u8], colon: usize, pid: Option<(usize, usize)>) -> Option<Tag> {
        let end = match text.get(colon + 1) {
            None => colon + 1,
            Some(b' ') => colon + 2,
            Some(_) => return None,
        };
        Some(Tag {
            program: colon,
            pid,
            end,
        })
    }
}

/// Returns the length of the time that a line of the older form begins with: `Dec 10 06:55:46`, with a year
/// after the day or behind it, or an ISO time.
fn length_of_time(line: &[u8]) -> Option<usize> {
    let end = word(line, 0);
    if is_iso(&line[..end]) {
        return Some(end);
    }
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = line.get(..3)?;
    let is_month = MONTHS.chunks(3).any(|name| name == month) && line.get(3) == Some(&b' ');
    is_month.then_some(())?;
    let mut at = 4 + usize::from(line.get(4) == Some(&b' '));
    let digits = |at: usize| {
        line[at.min(line.len())..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let day = digits(at);
    at += day;
    ((1..=2).contains(&day) && line.get(at) == Some(&b' ')).then_some(())?;
    at += 1;
    if digits(at) == 4 && line.get(at + 4) == Some(&b' ') {
        at += 5;
    }
    let clock = line.get(at..at + 8)?;
    let is_clock = |(index, byte): (usize, &u8)| match index {
        2 | 5 => *byte == b':',
        _ => byte.is_ascii_digit(),
    };
    (line[at - 1] == b' ' && clock.iter().enumerate().all(is_clock)).then_some(())?;
    at += 8;
    if line.get(at) == Some(&b'.') {
        at += 1 + digits(at + 1);
    }
    Some(at)
}

/// Returns true when a word looks like `2024-01-02T03:04:05`, with what may follow of a time.
fn is_iso(word: &[u8]) -> bool {
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        shape => byte == shape,
    };
    let is_rest = |byte: &u8| byte.is_ascii_digit() || b".,:+-Z".contains(byte);
    word.len() >= 19 && word.iter().zip(b"0000-00-00T00:00:00").all(fits) && word[19..].iter().all(is_rest)
}

impl LineSplitter for Syslog {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.read(line, spans) {
            Some(()) => LineVerdict::Read,
            None => LineVerdict::Bad,
        }
    }

    fn decoded(&self) -> &[u8] {
        &self.decoded
    }
}
