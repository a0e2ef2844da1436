//! The common and the combined log format of web servers.
//!
//! `host ident user [time] "request" status bytes "referer" "agent"`, the last two in combined logs only.
//! Quoted fields keep their escapes. A line is checked to its end whatever is selected, so that it is bad or
//! not for every question; what stands behind the agent is not looked at.
//!
//! A list of addresses (`a, b`) is one host. More words in front, such as the name of a virtual host or a user's
//! name with a blank, make a line bad, as nobody knows which of them is which: `--log-format` says it.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};
use super::near_byte::{find_either_near, find_near};
use crate::record::expression::Neighbours;
use crate::record::field::FieldSource;
use memchr::{memchr, memrchr};

/// The names of the fields; the number of a field is its index here plus 1.
pub(in crate::record) const NAMES: [&str; 12] = [
    "host", "ident", "user", "time", "request", "method", "path", "protocol", "status", "bytes", "referer",
    "agent",
];

// Indexes in `NAMES`.
const HOST: usize = 0;
const IDENT: usize = 1;
const USER: usize = 2;
const TIME: usize = 3;
const REQUEST: usize = 4;
const METHOD: usize = 5;
const PATH: usize = 6;
const PROTOCOL: usize = 7;
const STATUS: usize = 8;
const BYTES: usize = 9;
const REFERER: usize = 10;
const AGENT: usize = 11;

/// The length of a time in its usual form, `31/Jan/2012:23:59:58 -0500`.
const TIME_LENGTH: usize = 26;

/// The start and the end of each field; a missing one is empty.
type Ranges = [(usize, usize); NAMES.len()];

/// Returns what always stands before and after a field: much of a line is digits, but few are a status.
pub(super) fn neighbours(number: usize) -> Neighbours {
    match number.checked_sub(1) {
        Some(STATUS) => (b"\" ", b" "),
        _ => (b"", b""),
    }
}

#[derive(Debug)]
pub(in crate::record) struct Clf {
    /// The selected fields, each with its slot.
    wanted: Vec<(usize, usize)>,
    /// True when a part of the request is selected.
    splits_request: bool,
}

impl Clf {
    pub fn new(sources: &[FieldSource]) -> Clf {
        let field = |(slot, source): (usize, &FieldSource)| match source {
            FieldSource::Number(n) if *n <= NAMES.len() => Some((n - 1, slot)),
            _ => None,
        };
        let wanted: Vec<_> = sources.iter().enumerate().filter_map(field).collect();
        Clf {
            splits_request: wanted
                .iter()
                .any(|(field, _)| (METHOD..=PROTOCOL).contains(field)),
            wanted,
        }
    }

    #[inline]
    fn read(&self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        let mut found = Ranges::default();
        let at = owner(line, &mut found)?;
        let start = time(line, at, &mut found)?;
        let end = end_of_quoted(line, start)?;
        found[REQUEST] = (start, end);
        if self.splits_request {
            request(line, &mut found);
        }
        let at = status(line, end + 1, &mut found)?;
        let at = size(line, at, &mut found)?;
        rest(line, at, &mut found)?;
        for &(field, slot) in &self.wanted {
            let (start, end) = found[field];
            // Nothing ends at the beginning of a line but what was not found.
            if end > 0 {
                spans[slot] = FieldSpan::from_line(start, end);
            }
        }
        Some(())
    }
}

/// Finds host, ident and user, and returns the offset after the bracket that opens the time.
#[inline]
fn owner(line: &[u8], found: &mut Ranges) -> Option<usize> {
    let host = find_near(b' ', line)?;
    if !line[host..].starts_with(b" - - [") || host == 0 || line[host - 1] == b',' {
        return unusual_owner(line, found);
    }
    found[HOST] = (0, host);
    found[IDENT] = (host + 1, host + 2);
    found[USER] = (host + 3, host + 4);
    Some(host + 6)
}

/// Does as [`owner`] for a line with a list of hosts, an ident or a user.
fn unusual_owner(line: &[u8], found: &mut Ranges) -> Option<usize> {
    let word = |from: usize| memchr(b' ', &line[from..]).map(|length| from + length);
    let mut host = word(0).filter(|&end| end > 0)?;
    while line[host - 1] == b',' {
        host = word(host + 1)?;
    }
    let ident = word(host + 1)?;
    let user = word(ident + 1)?;
    found[HOST] = (0, host);
    found[IDENT] = (host + 1, ident);
    found[USER] = (ident + 1, user);
    line[user..].starts_with(b" [").then_some(user + 2)
}

/// Finds the time that begins at `start`, and returns the offset after the quote that opens the request.
#[inline]
fn time(line: &[u8], start: usize, found: &mut Ranges) -> Option<usize> {
    let usual = |text: &[u8]| {
        [text[2], text[6], text[11], text[14], text[17], text[20]] == *b"//::: "
            && text[TIME_LENGTH..] == *b"] \""
            && !text[..TIME_LENGTH]
                .iter()
                .fold(false, |has, byte| has | (*byte == b']'))
    };
    let end = match line.get(start..start + TIME_LENGTH + 3) {
        Some(text) if usual(text) => start + TIME_LENGTH,
        _ => start + memchr(b']', &line[start..])?,
    };
    found[TIME] = (start, end);
    line[end..].starts_with(b"] \"").then_some(end + 3)
}

/// Returns the offset of the quote that closes what begins at `start`; a backslash escapes the next byte.
#[inline]
fn end_of_quoted(line: &[u8], start: usize) -> Option<usize> {
    let mut end = start;
    loop {
        end += find_either_near([b'"', b'\\'], line.get(end..)?)?;
        if line[end] == b'"' {
            return Some(end);
        }
        end += 2;
    }
}

/// Splits the request into method, path and protocol; these stay empty when the request has no space.
#[inline]
fn request(line: &[u8], found: &mut Ranges) {
    let (start, end) = found[REQUEST];
    let request = &line[start..end];
    let Some((method, path, protocol)) = parts_of_request(request) else {
        return;
    };
    found[METHOD] = (start, start + method);
    found[PATH] = (start + method + 1, start + path);
    if start + protocol < end {
        found[PROTOCOL] = (start + protocol, end);
    }
}

/// Returns where the method and the path of a request end, and where the protocol begins. A path may have
/// blanks, and requests of HTTP/0.9 have no protocol.
#[inline]
pub(super) fn parts_of_request(request: &[u8]) -> Option<(usize, usize, usize)> {
    const USUAL: usize = " HTTP/1.1".len();
    let method = find_near(b' ', request)?;
    let end = request.len();
    if let Some(at) = end.checked_sub(USUAL)
        && at > method
        && request[at..].starts_with(b" HTTP/")
        && request[at + 6].is_ascii_digit()
    {
        return Some((method, at, at + 1));
    }
    let last = memrchr(b' ', request).filter(|&at| at > method && is_protocol(&request[at + 1..]));
    Some(last.map_or((method, end, end), |at| (method, at, at + 1)))
}

/// Returns true for a name in capitals, a slash and a number: `HTTP/2.0`.
fn is_protocol(text: &[u8]) -> bool {
    let Some(slash) = memchr(b'/', text) else {
        return false;
    };
    slash > 0
        && text[..slash].iter().all(u8::is_ascii_uppercase)
        && text.get(slash + 1).is_some_and(u8::is_ascii_digit)
}

/// Finds the status in what follows the request, and returns the offset of the bytes.
#[inline]
fn status(line: &[u8], at: usize, found: &mut Ranges) -> Option<usize> {
    let length = match line.get(at..)? {
        [b' ', b'-', b' ', ..] => 1,
        [b' ', a, b, c, b' ', ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => 3,
        _ => return None,
    };
    found[STATUS] = (at + 1, at + 1 + length);
    Some(at + length + 2)
}

/// Finds the number of bytes at `start`, and returns the offset after it.
#[inline]
fn size(line: &[u8], start: usize, found: &mut Ranges) -> Option<usize> {
    let text = &line[start..];
    let digits = text.iter().position(|byte| !byte.is_ascii_digit());
    let length = match digits.unwrap_or(text.len()) {
        0 => usize::from(text.first() == Some(&b'-')),
        digits => digits,
    };
    found[BYTES] = (start, start + length);
    (length > 0).then_some(start + length)
}

/// Finds what a combined log has after the bytes, and checks that the line ends, or a blank follows.
#[inline]
fn rest(line: &[u8], mut at: usize, found: &mut Ranges) -> Option<()> {
    for field in [REFERER, AGENT] {
        if !line[at..].starts_with(b" \"") {
            break;
        }
        let end = end_of_quoted(line, at + 2)?;
        found[field] = (at + 2, end);
        at = end + 1;
        if field == AGENT && line.get(at) == Some(&b' ') {
            return Some(());
        }
    }
    line[at..].iter().all(|byte| *byte == b' ').then_some(())
}

impl LineSplitter for Clf {
    const CHECKS: bool = true;

    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.read(line, spans) {
            Some(()) => LineVerdict::Read,
            None => LineVerdict::Bad,
        }
    }
}
