//! The extended log format of the W3C, as IIS and CloudFront write it: `#Fields:` names what follows, and may
//! come again in the middle of a file with other names.
//!
//! Lines are cut at tabs where they have one, and else at blanks. Field `time` is the date and the time.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase, TakePair};
use crate::record::field::FieldSource;
use crate::record::named_values::Kind;
use crate::record::suggest::unknown;
use memchr::memchr;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(in crate::record) struct W3c {
    sources: Vec<FieldSource>,
    /// The names of the fields of the next lines.
    names: Vec<Vec<u8>>,
    /// The date of the directive `#Date:`, for lines that have none.
    date: Vec<u8>,
    /// All names that the input had.
    seen: BTreeSet<String>,
    /// The ranges of the fields of the current line.
    found: Vec<(usize, usize)>,
    decoded: Vec<u8>,
}

impl W3c {
    pub fn new(sources: &[FieldSource]) -> W3c {
        W3c {
            sources: sources.to_vec(),
            names: Vec::new(),
            date: Vec::new(),
            seen: BTreeSet::new(),
            found: Vec::new(),
            decoded: Vec::new(),
        }
    }

    /// Starts another input.
    pub fn begin(&mut self) {
        self.names.clear();
        self.date.clear();
        self.seen.clear();
    }

    /// Returns the reason why a whole input fails: a name that none of its `#Fields:` has.
    pub fn failure(&self) -> Option<String> {
        let known: Vec<_> = self.seen.iter().map(String::as_str).collect();
        let name = self.sources.iter().find_map(|source| match source {
            FieldSource::Name(name) if !known.is_empty() && !self.seen.contains(name) => Some(name),
            _ => None,
        })?;
        Some(unknown("field", name, &known).to_string())
    }

    /// Cuts a line into as many fields as there are names.
    fn find(&mut self, line: &[u8]) -> Option<()> {
        if self.names.is_empty() {
            return None;
        }
        let separator = memchr(b'\t', line).map_or(b' ', |_| b'\t');
        let line = if separator == b' ' {
            line.trim_ascii_end()
        } else {
            line
        };
        for quotes in [false, true] {
            self.found.clear();
            let mut start = 0;
            while start <= line.len() {
                let (from, to) = field(line, start, separator, quotes)?;
                self.found.push((from, to));
                start = to + 1 + usize::from(from > start);
            }
            if self.found.len() == self.names.len() {
                return Some(());
            }
        }
        None
    }

    /// Returns the range of the field of this name.
    fn named(&self, name: &[u8]) -> Option<(usize, usize)> {
        let place = self.names.iter().position(|known| known == name)?;
        self.found.get(place).copied()
    }

    fn time(&mut self, line: &[u8]) -> Option<FieldSpan> {
        let time = self.named(b"time");
        let date = self.named(b"date");
        match (date, time) {
            (Some(date), Some(time)) if date.1 + 1 == time.0 && line[date.1] == b' ' => {
                Some(FieldSpan::from_line(date.0, time.1))
            }
            (None, Some(time)) if self.date.is_empty() => Some(FieldSpan::from_line(time.0, time.1)),
            (_, Some(time)) => {
                let start = self.decoded.len();
                match date {
                    Some(date) => self.decoded.extend_from_slice(&line[date.0..date.1]),
                    None => self.decoded.extend_from_slice(&self.date),
                }
                self.decoded.push(b' ');
                self.decoded.extend_from_slice(&line[time.0..time.1]);
                Some(FieldSpan::from_decoded(start, self.decoded.len()))
            }
            (_, None) => None,
        }
    }

    fn read(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        self.decoded.clear();
        self.find(line)?;
        for (slot, span) in spans.iter_mut().enumerate() {
            let range = match &self.sources[slot] {
                FieldSource::Name(name) if name == "time" => {
                    if let Some(time) = self.time(line) {
                        *span = time;
                    }
                    continue;
                }
                FieldSource::Name(name) => self.named(name.as_bytes()),
                FieldSource::Number(n) => self.found.get(n - 1).copied(),
                FieldSource::FromEnd(n) => {
                    let place = self.found.len().checked_sub(*n);
                    place.map(|place| self.found[place])
                }
                _ => None,
            };
            if let Some((start, end)) = range {
                *span = FieldSpan::from_line(start, end);
            }
        }
        Some(())
    }
}

/// Returns the range of the field that begins at `start`, without its quotes when these count.
fn field(line: &[u8], start: usize, separator: u8, quotes: bool) -> Option<(usize, usize)> {
    if quotes && line.get(start) == Some(&b'"') {
        let mut end = start + 1;
        loop {
            end += memchr(b'"', line.get(end..)?)?;
            match line.get(end + 1) {
                Some(b'"') => end += 2,
                after => {
                    return after
                        .is_none_or(|byte| *byte == separator)
                        .then_some((start + 1, end));
                }
            }
        }
    }
    let end = memchr(separator, &line[start..]).map_or(line.len(), |length| start + length);
    Some((start, end))
}

impl LineSplitter for W3c {
    const CHECKS: bool = true;
    const HAS_DIRECTIVES: bool = true;

    /// Takes `#Fields:` and `#Date:`; other lines that begin with `#` are dropped, too.
    fn directive(&mut self, line: &[u8]) -> bool {
        let Some(directive) = line.strip_prefix(b"#") else {
            return false;
        };
        let after = |name: &[u8]| {
            let (head, rest) = directive.split_at_checked(name.len())?;
            head.eq_ignore_ascii_case(name).then_some(rest)
        };
        if let Some(fields) = after(b"Fields:") {
            let names = fields
                .split(u8::is_ascii_whitespace)
                .filter(|name| !name.is_empty());
            self.names = names.map(<[u8]>::to_vec).collect();
            let names = self.names.iter();
            self.seen
                .extend(names.map(|name| String::from_utf8_lossy(name).into_owned()));
        } else if let Some(date) = after(b"Date:") {
            let date = date.trim_ascii();
            self.date = date[..word_length(date)].to_vec();
        }
        true
    }

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.read(line, spans) {
            Some(()) => LineVerdict::Read,
            None => LineVerdict::Bad,
        }
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        // The line was split last, so that its fields are known.
        let time = self.time(line);
        for (name, &(start, end)) in self.names.iter().zip(&self.found) {
            let value = match time {
                Some(span) if name == b"time" && span.base == SpanBase::Decoded => {
                    &self.decoded[span.start..span.end]
                }
                Some(span) if name == b"time" => &line[span.start..span.end],
                _ => &line[start..end],
            };
            take(name, Kind::Text, value);
        }
    }

    fn decoded(&self) -> &[u8] {
        &self.decoded
    }
}

fn word_length(text: &[u8]) -> usize {
    memchr(b' ', text).unwrap_or(text.len())
}
