//! Fields between single delimiters, as in `cut` and `awk -F`: no quotes, and empty fields count.

use super::field_numbers::FieldNumbers;
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, TakePair};
use crate::record::field::FieldSource;
use crate::record::named_values::Kind;
use memchr::{memchr, memrchr};

#[derive(Debug)]
pub(in crate::record) struct DelimiterSplitter {
    delimiter: u8,
    wanted: FieldNumbers,
}

impl DelimiterSplitter {
    pub fn new(delimiter: u8, sources: &[FieldSource]) -> DelimiterSplitter {
        DelimiterSplitter {
            delimiter,
            wanted: FieldNumbers::new(sources),
        }
    }
}

impl LineSplitter for DelimiterSplitter {
    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        let (mut start, mut number) = (0, 1);
        for &(want, slot) in &self.wanted.from_start {
            while number < want {
                match memchr(self.delimiter, &line[start..]) {
                    Some(at) => start += at + 1,
                    None => return self.split_end(line, spans),
                }
                number += 1;
            }
            let end = memchr(self.delimiter, &line[start..]).map_or(line.len(), |at| start + at);
            spans[slot] = FieldSpan::from_line(start, end);
        }
        self.split_end(line, spans)
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        for (number, field) in (1..).zip(line.split(|&byte| byte == self.delimiter)) {
            take(format!("{number}").as_bytes(), Kind::Text, field);
        }
    }
}

impl DelimiterSplitter {
    #[inline]
    fn split_end(&self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        let (mut end, mut number) = (line.len(), 1);
        for &(want, slot) in &self.wanted.from_end {
            while number < want {
                match memrchr(self.delimiter, &line[..end]) {
                    Some(at) => end = at,
                    None => return LineVerdict::Read,
                }
                number += 1;
            }
            let start = memrchr(self.delimiter, &line[..end]).map_or(0, |at| at + 1);
            spans[slot] = FieldSpan::from_line(start, end);
        }
        LineVerdict::Read
    }
}
