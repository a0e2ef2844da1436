//! The records of CSV that are a line each, with no value in it that is written in another way than it is meant.
//!
//! It does not know other records, which the reader of `csv` takes byte by byte.

use super::csv::{Csv, CsvQuoting};
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, TakePair};
use memchr::{memchr, memchr_iter, memchr2, memrchr};
use std::ops::Range;

/// Splits such lines, after the header.
#[derive(Debug)]
pub(in crate::record) struct CsvLines<'a> {
    csv: &'a Csv,
    /// The ranges of the current line's values.
    values: Vec<Range<usize>>,
}

impl Csv {
    /// Returns how many of these bytes, which begin a record, are such lines.
    pub fn plain_lines(&self, bytes: &[u8]) -> usize {
        if !self.has_read_a_record() || self.has_whole_names() {
            return 0;
        }
        let special = match self.quoting() {
            CsvQuoting::Quotes => b'"',
            CsvQuoting::Escapes => b'\\',
        };
        let whole = |end: usize| memrchr(b'\n', &bytes[..end]).map_or(0, |last| last + 1);
        let mut at = 0;
        // A carriage return may end a record.
        while let Some(found) = memchr2(b'\r', special, &bytes[at..]) {
            let found = at + found;
            match bytes[found] {
                b'"' => match self.plain_quotes(bytes, found) {
                    Some(after) => at = after,
                    None => return whole(found),
                },
                _ => return whole(found),
            }
        }
        whole(bytes.len())
    }

    /// Returns where a value ends whose quote opens here, when it holds neither a quote nor a newline.
    fn plain_quotes(&self, bytes: &[u8], quote: usize) -> Option<usize> {
        let begins = quote == 0 || bytes[quote - 1] == b'\n' || bytes[quote - 1] == self.delimiter();
        let closing = memchr2(b'"', b'\n', bytes.get(quote + 1..)?)? + quote + 1;
        let after = *bytes.get(closing + 1)?;
        let ends = bytes[closing] == b'"' && (after == b'\n' || after == self.delimiter());
        (begins && ends).then_some(closing + 1)
    }
}

impl CsvLines<'_> {
    /// Builds a splitter for the columns that a header, if there is one, has resolved.
    pub fn new(csv: &Csv) -> CsvLines<'_> {
        CsvLines {
            csv,
            values: Vec::new(),
        }
    }

    /// Finds the first values of a line, at most this many.
    #[inline]
    fn find_values(&mut self, line: &[u8], most: usize) {
        self.values.clear();
        let delimiter = self.csv.delimiter();
        let has_quotes = self.csv.quoting() == CsvQuoting::Quotes && memchr(b'"', line).is_some();
        let mut start = 0;
        if !has_quotes {
            for end in memchr_iter(delimiter, line) {
                if self.values.len() == most {
                    return;
                }
                self.values.push(start..end);
                start = end + 1;
            }
            self.values.push(start..line.len());
            return;
        }
        while self.values.len() < most {
            let quoted = usize::from(line.get(start) == Some(&b'"'));
            let closing = if quoted == 1 { b'"' } else { delimiter };
            let rest = &line[start + quoted..];
            let end = start + quoted + memchr(closing, rest).unwrap_or(rest.len());
            self.values.push(start + quoted..end);
            start = end + quoted + 1;
            if start > line.len() {
                return;
            }
        }
    }
}

impl LineSplitter for CsvLines<'_> {
    // An empty line is no record.
    const CHECKS: bool = true;

    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        if line.is_empty() {
            return LineVerdict::Dropped;
        }
        if !spans.is_empty() {
            self.find_values(line, self.csv.columns_in_question());
            for (slot, span) in spans.iter_mut().enumerate() {
                let column = self.csv.column(slot, self.values.len());
                *span = match column.and_then(|column| self.values.get(column)) {
                    Some(value) => FieldSpan::from_line(value.start, value.end),
                    None => FieldSpan::default(),
                };
            }
        }
        LineVerdict::Read
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        self.find_values(line, usize::MAX);
        for (column, value) in self.values.iter().enumerate() {
            self.csv.pair(column, &line[value.clone()], take);
        }
    }
}
