//! Fields that are runs of non-blanks, as in awk; blanks are spaces and tabs.

use super::field_numbers::FieldNumbers;
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, TakePair};
use crate::record::field::FieldSource;
use crate::record::named_values::Kind;

#[derive(Debug)]
pub(in crate::record) struct Ws {
    wanted: FieldNumbers,
    /// A record with blanks for its newlines, when records may have several lines.
    flat: Option<Vec<u8>>,
}

impl Ws {
    /// Builds a splitter of lines, or of records of several, whose newlines are blanks.
    pub fn new(sources: &[FieldSource], has_newlines: bool) -> Ws {
        Ws {
            wanted: FieldNumbers::new(sources),
            flat: has_newlines.then(Vec::new),
        }
    }
}

fn blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Returns a bit for each of 64 bytes, the first byte lowest, that is set when the byte is a blank. It
/// tests eight bytes at a time by the exact zero-byte test of Warren, Hacker's Delight (2nd ed., 6-1).
#[inline(always)]
fn blanks(block: &[u8; 64]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let (words, _) = block.as_chunks::<8>();
    let mut bits = 0;
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ 0x2020_2020_2020_2020) | zeros(word ^ 0x0909_0909_0909_0909);
        // Gathers the top bit of each byte into the top byte.
        bits |= ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}

/// A scan of one line for the selected fields, block by block.
struct Scan<'a> {
    wanted: std::slice::Iter<'a, (usize, usize)>,
    next: Option<(usize, usize)>,
    /// The number of fields that have begun.
    number: usize,
    /// 1 when the byte before the block is a blank or the block begins the line, otherwise 0.
    before: u64,
    /// The slot and the start of a field whose end has not been found yet.
    open: Option<(usize, usize)>,
}

impl Scan<'_> {
    /// Scans the 64 bytes at `base`; returns true when all selected fields are found.
    #[inline(always)]
    fn block(&mut self, base: usize, block: &[u8; 64], spans: &mut [FieldSpan]) -> bool {
        let blanks = blanks(block);
        let mut starts = !blanks & (blanks << 1 | self.before);
        self.before = blanks >> 63;
        if let Some((slot, start)) = self.open {
            if blanks == 0 {
                return false;
            }
            spans[slot] = FieldSpan::from_line(start, base + blanks.trailing_zeros() as usize);
            self.open = None;
        }
        while let Some((want, slot)) = self.next {
            let begun = starts.count_ones() as usize;
            if self.number + begun < want {
                self.number += begun;
                return false;
            }
            for _ in self.number + 1..want {
                starts &= starts - 1;
            }
            let at = starts.trailing_zeros() as usize;
            starts &= starts - 1;
            self.number = want;
            self.next = self.wanted.next().copied();
            let rest = blanks >> at;
            if rest == 0 {
                self.open = Some((slot, base + at));
                return false;
            }
            spans[slot] = FieldSpan::from_line(base + at, base + at + rest.trailing_zeros() as usize);
        }
        true
    }
}

impl LineSplitter for Ws {
    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.flat.is_some() {
            true => self.find_in_lines(line, spans),
            false => self.find(line, spans),
        }
        LineVerdict::Read
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        let has_newlines = self.flat.is_some();
        let fields = line.split(|&byte| blank(byte) || has_newlines && byte == b'\n');
        for (number, field) in (1..).zip(fields.filter(|field| !field.is_empty())) {
            take(format!("{number}").as_bytes(), Kind::Text, field);
        }
    }
}

impl Ws {
    /// Finds the fields of a record of several lines.
    #[cold]
    fn find_in_lines(&mut self, lines: &[u8], spans: &mut [FieldSpan]) {
        let mut flat = self.flat.take().unwrap_or_default();
        flat.clear();
        flat.extend(lines.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
        self.find(&flat, spans);
        self.flat = Some(flat);
    }

    #[inline(always)]
    fn find(&self, line: &[u8], spans: &mut [FieldSpan]) {
        let mut wanted = self.wanted.from_start.iter();
        let next = wanted.next().copied();
        let mut scan = Scan {
            wanted,
            next,
            number: 0,
            before: 1,
            open: None,
        };
        let (blocks, rest) = line.as_chunks::<64>();
        let mut done = next.is_none();
        for (i, block) in blocks.iter().enumerate() {
            if done {
                break;
            }
            done = scan.block(64 * i, block, spans);
        }
        if !done {
            let mut last = [b' '; 64];
            last[..rest.len()].copy_from_slice(rest);
            scan.block(64 * blocks.len(), &last, spans);
        }
        if !self.wanted.from_end.is_empty() {
            self.split_end(line, spans);
        }
    }

    fn split_end(&self, line: &[u8], spans: &mut [FieldSpan]) {
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
                    spans[slot] = FieldSpan::from_line(start, last + 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(split: &mut impl LineSplitter, line: &str, n: usize) -> Vec<String> {
        let mut spans = vec![FieldSpan::default(); n];
        split.split(line.as_bytes(), &mut spans);
        spans.iter().map(|s| line[s.start..s.end].to_owned()).collect()
    }

    #[test]
    fn blanks_separate_and_do_not_count() {
        let sources = [
            FieldSource::Number(3),
            FieldSource::Number(1),
            FieldSource::FromEnd(1),
            FieldSource::FromEnd(2),
        ];
        let mut ws = Ws::new(&sources, false);
        assert_eq!(fields(&mut ws, "  a\t bb  ccc dd ", 4), ["ccc", "a", "dd", "ccc"]);
        assert_eq!(fields(&mut ws, "a", 4), ["", "a", "a", ""]);
        assert_eq!(fields(&mut ws, " \t ", 4), ["", "", "", ""]);
        let long = "x".repeat(200);
        assert_eq!(
            fields(&mut ws, &format!("{long} b {long}\t"), 4),
            [&*long, &long, &long, "b"]
        );
    }

    #[test]
    fn fields_are_those_of_a_byte_by_byte_scan() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let some =
                |rng: &mut fastrand::Rng| *rng.choice(b" \t!a\x1f\x08\n\xa0\x89\x00").expect("not empty");
            let line: Vec<u8> = (0..rng.usize(..200)).map(|_| some(&mut rng)).collect();
            let expected: Vec<&[u8]> = line
                .split(|&b| blank(b))
                .filter(|field| !field.is_empty())
                .collect();
            let wants = [1, 6, 11, 30].map(|want| want + rng.usize(..5));
            let mut ws = Ws::new(&wants.map(FieldSource::Number), false);
            let mut spans = vec![FieldSpan::default(); 4];
            ws.split(&line, &mut spans);
            for (want, span) in wants.iter().zip(&spans) {
                let field = expected.get(want - 1).copied().unwrap_or_default();
                assert_eq!(&line[span.start..span.end], field, "field {want} of {line:?}");
            }
        }
    }
}
