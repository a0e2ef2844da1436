//! The common and the combined log format of web servers.
//!
//! `host ident user [time] "request" status bytes "referer" "agent"`, the last two in combined
//! logs only. Quoted fields keep their escapes.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};
use crate::record::field::FieldSource;
use memchr::{memchr, memchr2, memrchr};

/// The names of the fields; the number of a field is its index here plus 1.
pub(in crate::record) const NAMES: [&str; 12] = [
    "host", "ident", "user", "time", "request", "method", "path", "protocol", "status", "bytes", "referer",
    "agent",
];

// Indexes in `NAMES` at which the syntax of a line changes.
const TIME: usize = 3;
const REQUEST: usize = 4;
const STATUS: usize = 8;
const REFERER: usize = 10;
const AGENT: usize = 11;

#[derive(Debug)]
pub(in crate::record) struct Clf {
    /// The slot of each selected field.
    slots: [Option<usize>; 12],
    /// The last selected field: nothing after it is parsed.
    last: usize,
}

impl Clf {
    pub fn new(sources: &[FieldSource]) -> Clf {
        let mut slots = [None; 12];
        let mut last = 0;
        for (slot, source) in sources.iter().enumerate() {
            if let FieldSource::Number(n @ 1..=12) = source {
                slots[n - 1] = Some(slot);
                last = last.max(n - 1);
            }
        }
        // When no field is selected, a line is checked up to its status.
        if sources.is_empty() {
            last = STATUS;
        }
        Clf { slots, last }
    }

    #[inline]
    fn put(&self, spans: &mut [FieldSpan], field: usize, start: usize, end: usize) {
        if let Some(slot) = self.slots[field] {
            spans[slot] = FieldSpan::from_line(start, end);
        }
    }

    fn read(&self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        let mut at = 0;
        for field in 0..TIME {
            let end = at + memchr(b' ', &line[at..])?;
            self.put(spans, field, at, end);
            if self.last == field {
                return Some(());
            }
            at = end + 1;
        }
        (line.get(at) == Some(&b'[')).then_some(())?;
        let end = at + memchr(b']', &line[at..])?;
        self.put(spans, TIME, at + 1, end);
        if self.last == TIME {
            return Some(());
        }
        let (start, end) = quoted(line, end + 1)?;
        self.request(line, spans, start, end);
        at = end + 1;
        for field in [STATUS, STATUS + 1] {
            if self.last < field {
                return Some(());
            }
            (line.get(at) == Some(&b' ')).then_some(())?;
            let end = memchr(b' ', &line[at + 1..]).map_or(line.len(), |length| at + 1 + length);
            self.put(spans, field, at + 1, end);
            at = end;
        }
        for field in [REFERER, AGENT] {
            // Lines of the common format end here.
            if self.last < field || at == line.len() {
                return Some(());
            }
            let (start, end) = quoted(line, at)?;
            self.put(spans, field, start, end);
            at = end + 1;
        }
        Some(())
    }

    /// Splits the request into method, path and protocol; these stay empty when the request has no space.
    fn request(&self, line: &[u8], spans: &mut [FieldSpan], start: usize, end: usize) {
        self.put(spans, REQUEST, start, end);
        let request = &line[start..end];
        let Some(first) = memchr(b' ', request) else {
            return;
        };
        // HTTP/0.9 requests have no protocol.
        let last = memrchr(b' ', request).filter(|&last| last > first);
        self.put(spans, REQUEST + 1, start, start + first);
        self.put(
            spans,
            REQUEST + 2,
            start + first + 1,
            start + last.unwrap_or(request.len()),
        );
        if let Some(last) = last {
            self.put(spans, REQUEST + 3, start + last + 1, end);
        }
    }
}

/// Returns the range inside ` "…"` at `at`; a backslash escapes the next byte.
#[inline]
fn quoted(line: &[u8], at: usize) -> Option<(usize, usize)> {
    line.get(at..)?.starts_with(b" \"").then_some(())?;
    let start = at + 2;
    let mut end = start;
    loop {
        end += memchr2(b'"', b'\\', line.get(end..)?)?;
        if line[end] == b'"' {
            return Some((start, end));
        }
        end += 2;
    }
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
