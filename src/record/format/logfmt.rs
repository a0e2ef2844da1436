//! `key=value key="a value" flag`; when a key occurs twice, the first occurrence counts.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase, TakePair};
use crate::record::field::{FieldSource, names};
use crate::record::named_values::Kind;
use memchr::memchr2;

#[derive(Debug)]
pub(in crate::record) struct Logfmt {
    names: Vec<String>,
    found: Vec<bool>,
    decoded: Vec<u8>,
}

impl Logfmt {
    pub fn new(sources: &[FieldSource]) -> Logfmt {
        Logfmt {
            names: names(sources),
            found: Vec::new(),
            decoded: Vec::new(),
        }
    }

    fn read(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        self.decoded.clear();
        self.found.clear();
        self.found.resize(spans.len(), false);
        let mut at = 0;
        while let Some((key, span, end)) = self.pair(line, at)? {
            at = end;
            let slot = self.names.iter().position(|name| name.as_bytes() == key);
            if let Some(slot) = slot.filter(|&slot| !self.found[slot]) {
                self.found[slot] = true;
                spans[slot] = span;
            }
        }
        Some(())
    }

    /// Returns the first key that begins at `start` or behind it, its value, and the offset after it; `Some(None)` at
    /// the end of the line.
    #[allow(
        clippy::option_option,
        reason = "a malformed line is another thing than its end"
    )]
    fn pair<'l>(&mut self, line: &'l [u8], start: usize) -> Option<Option<(&'l [u8], FieldSpan, usize)>> {
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r');
        let Some(skipped) = line[start..].iter().position(|b| !blank(b)) else {
            return Some(None);
        };
        let rest = &line[start + skipped..];
        let length = rest
            .iter()
            .position(|b| matches!(b, b'=' | b' ' | b'\t'))
            .unwrap_or(rest.len());
        let at = start + skipped + length;
        let (span, end) = match line.get(at) {
            Some(b'=') => self.value(line, at + 1)?,
            _ => (FieldSpan::from_line(at, at), at),
        };
        Some(Some((&rest[..length], span, end)))
    }

    /// Returns the value at `start` and the offset after it.
    fn value(&mut self, line: &[u8], start: usize) -> Option<(FieldSpan, usize)> {
        if line.get(start) != Some(&b'"') {
            let rest = &line[start..];
            let end = start + memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
            return Some((FieldSpan::from_line(start, end), end));
        }
        let first = start + 1;
        let mut at = first + memchr2(b'"', b'\\', &line[first..])?;
        if line[at] == b'"' {
            return Some((FieldSpan::from_line(first, at), at + 1));
        }
        let begin = self.decoded.len();
        self.decoded.extend_from_slice(&line[first..at]);
        loop {
            match *line.get(at)? {
                b'"' => return Some((FieldSpan::from_decoded(begin, self.decoded.len()), at + 1)),
                b'\\' => {
                    self.decoded.push(match *line.get(at + 1)? {
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'r' => b'\r',
                        other => other,
                    });
                    at += 2;
                }
                byte => {
                    self.decoded.push(byte);
                    at += 1;
                }
            }
        }
    }
}

impl LineSplitter for Logfmt {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.read(line, spans) {
            Some(()) => LineVerdict::Read,
            None => LineVerdict::Bad,
        }
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        let (mut at, mut known) = (0, Vec::new());
        while let Some(Some((key, span, end))) = self.pair(line, at) {
            at = end;
            if known.contains(&key) {
                continue;
            }
            known.push(key);
            let base = if span.base == SpanBase::Decoded {
                &self.decoded
            } else {
                line
            };
            take(key, Kind::Text, &base[span.start..span.end]);
        }
    }

    fn decoded(&self) -> &[u8] {
        &self.decoded
    }
}
