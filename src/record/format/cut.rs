//! Fields between single delimiters, as `cut` and `awk -F` have them: no quotes, empty fields stay.

use super::ws::Wanted;
use super::{Span, Split, Verdict};
use crate::record::field::Source;
use memchr::{memchr, memrchr};

#[derive(Debug)]
pub(in crate::record) struct Cut {
    delimiter: u8,
    wanted: Wanted,
}

impl Cut {
    pub fn new(delimiter: u8, sources: &[Source]) -> Cut {
        Cut {
            delimiter,
            wanted: Wanted::new(sources),
        }
    }
}

impl Split for Cut {
    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [Span]) -> Verdict {
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
            spans[slot] = Span::of_line(start, end);
        }
        self.split_end(line, spans)
    }
}

impl Cut {
    #[inline]
    fn split_end(&self, line: &[u8], spans: &mut [Span]) -> Verdict {
        let (mut end, mut number) = (line.len(), 1);
        for &(want, slot) in &self.wanted.from_end {
            while number < want {
                match memrchr(self.delimiter, &line[..end]) {
                    Some(at) => end = at,
                    None => return Verdict::Read,
                }
                number += 1;
            }
            let start = memrchr(self.delimiter, &line[..end]).map_or(0, |at| at + 1);
            spans[slot] = Span::of_line(start, end);
        }
        Verdict::Read
    }
}
