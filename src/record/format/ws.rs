//! Fields that are runs of non-blanks, as awk has them: blanks are spaces and tabs.

use super::{Span, Split, Verdict};
use crate::record::field::Source;
use wide::u8x16;

/// The numbers of the fields that are asked for, each with its slot, in the order of a scan.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub from_start: Vec<(usize, usize)>,
    pub from_end: Vec<(usize, usize)>,
}

impl Wanted {
    pub fn new(sources: &[Source]) -> Wanted {
        let mut wanted = Wanted::default();
        for (slot, source) in sources.iter().enumerate() {
            match source {
                Source::Number(n) => wanted.from_start.push((*n, slot)),
                Source::FromEnd(n) => wanted.from_end.push((*n, slot)),
                _ => {}
            }
        }
        wanted.from_start.sort_unstable();
        wanted.from_end.sort_unstable();
        wanted
    }
}

#[derive(Debug)]
pub(in crate::record) struct Ws {
    wanted: Wanted,
}

impl Ws {
    pub fn new(sources: &[Source]) -> Ws {
        Ws {
            wanted: Wanted::new(sources),
        }
    }
}

#[inline(always)]
fn blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The blanks of 64 bytes as bits, the first byte's lowest.
#[inline(always)]
fn blanks(block: &[u8; 64]) -> u64 {
    let (space, tab) = (u8x16::splat(b' '), u8x16::splat(b'\t'));
    let (parts, _) = block.as_chunks::<16>();
    parts.iter().rev().fold(0, |mask, part| {
        let part = u8x16::new(*part);
        let blank = part.cmp_eq(space) | part.cmp_eq(tab);
        mask << 16 | u64::from(blank.move_mask() as u16)
    })
}

impl Split for Ws {
    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [Span]) -> Verdict {
        if !self.wanted.from_start.is_empty() {
            self.split_start(line, spans);
        }
        if !self.wanted.from_end.is_empty() {
            self.split_end(line, spans);
        }
        Verdict::Read
    }
}

impl Ws {
    /// Goes through the line by 64 bytes.
    #[inline]
    fn split_start(&self, line: &[u8], spans: &mut [Span]) {
        let mut scan = Scan {
            wanted: &self.wanted.from_start,
            number: 0,
            after_blank: 1,
            open: None,
        };
        let (blocks, tail) = line.as_chunks::<64>();
        for (i, block) in blocks.iter().enumerate() {
            if scan.block(blanks(block), i * 64, spans) {
                return;
            }
        }
        let mut padded = [b' '; 64];
        padded[..tail.len()].copy_from_slice(tail);
        scan.block(blanks(&padded), line.len() - tail.len(), spans);
    }
}

/// Where a scan over a line's blanks is.
struct Scan<'a> {
    /// The fields that were not found yet; never none.
    wanted: &'a [(usize, usize)],
    /// How many fields have begun and are behind.
    number: usize,
    /// 1 when the last byte was a blank.
    after_blank: u64,
    /// Where the first of the wanted fields began, if its end is still to come.
    open: Option<usize>,
}

impl Scan<'_> {
    /// Goes on by 64 bytes from `base` on; true when all fields are found.
    #[inline(always)]
    fn block(&mut self, blank: u64, base: usize, spans: &mut [Span]) -> bool {
        let mut starts = !blank & (blank << 1 | self.after_blank);
        self.after_blank = blank >> 63;
        if let Some(start) = self.open {
            if blank == 0 {
                return false;
            }
            if self.found(start, base + blank.trailing_zeros() as usize, spans) {
                return true;
            }
        }
        loop {
            let want = self.wanted[0].0;
            let here = starts.count_ones() as usize;
            if self.number + here < want {
                self.number += here;
                return false;
            }
            while self.number + 1 < want {
                starts &= starts - 1;
                self.number += 1;
            }
            let start = starts.trailing_zeros();
            starts &= starts - 1;
            self.number += 1;
            let length = (blank >> start).trailing_zeros() as usize;
            let start = base + start as usize;
            if length == 64 {
                self.open = Some(start);
                return false;
            }
            if self.found(start, start + length, spans) {
                return true;
            }
        }
    }

    /// The first of the wanted fields is found; true when it was the last.
    #[inline(always)]
    fn found(&mut self, start: usize, end: usize, spans: &mut [Span]) -> bool {
        spans[self.wanted[0].1] = Span::of_line(start, end);
        self.open = None;
        self.wanted = &self.wanted[1..];
        self.wanted.is_empty()
    }
}

impl Ws {
    fn split_end(&self, line: &[u8], spans: &mut [Span]) {
        let (mut at, mut number) = (line.len(), 0);
        for &(want, slot) in &self.wanted.from_end {
            while number < want {
                let Some(last) = line[..at].iter().rposition(|&b| !blank(b)) else {
                    return;
                };
                let start = line[..last].iter().rposition(|&b| blank(b)).map_or(0, |i| i + 1);
                number += 1;
                at = start;
                if number == want {
                    spans[slot] = Span::of_line(start, last + 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cut;
    use super::*;

    fn fields(split: &mut impl Split, line: &str, n: usize) -> Vec<String> {
        let mut spans = vec![Span::default(); n];
        split.split(line.as_bytes(), &mut spans);
        spans.iter().map(|s| line[s.start..s.end].to_owned()).collect()
    }

    #[test]
    fn blanks_separate_and_do_not_count() {
        let sources = [
            Source::Number(3),
            Source::Number(1),
            Source::FromEnd(1),
            Source::FromEnd(2),
        ];
        let mut ws = Ws::new(&sources);
        assert_eq!(fields(&mut ws, "  a\t bb  ccc dd ", 4), ["ccc", "a", "dd", "ccc"]);
        assert_eq!(fields(&mut ws, "a", 4), ["", "a", "a", ""]);
        assert_eq!(fields(&mut ws, " \t ", 4), ["", "", "", ""]);
        for length in 0..200 {
            let line = format!("{}b{} c\td", " ".repeat(length % 7), "x".repeat(length));
            let want: Vec<_> = line
                .split([' ', '\t'])
                .filter(|field| !field.is_empty())
                .collect();
            assert_eq!(
                fields(&mut ws, &line, 4),
                [want[2], want[0], want[2], want[1]],
                "{line}"
            );
        }
        let long = "x".repeat(200);
        assert_eq!(
            fields(&mut ws, &format!("{long} b {long}\t"), 4),
            [&*long, &long, &long, "b"]
        );
    }

    #[test]
    fn single_delimiters_keep_empty_fields() {
        let sources = [Source::Number(2), Source::Number(4), Source::FromEnd(1)];
        let mut cut = Cut::new(b',', &sources);
        assert_eq!(fields(&mut cut, "a,,c,d,", 3), ["", "d", ""]);
        assert_eq!(fields(&mut cut, "a", 3), ["", "", "a"]);
    }
}
