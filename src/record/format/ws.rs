//! Fields that are runs of non-blanks, as awk has them: blanks are spaces and tabs.

use super::{Span, Split, Verdict};
use crate::record::field::Source;

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

impl Split for Ws {
    #[inline]
    fn split(&mut self, line: &[u8], spans: &mut [Span]) -> Verdict {
        let (mut at, mut number) = (0, 0);
        'fields: for &(want, slot) in &self.wanted.from_start {
            loop {
                while at < line.len() && blank(line[at]) {
                    at += 1;
                }
                if at == line.len() {
                    break 'fields;
                }
                let start = at;
                while at < line.len() && !blank(line[at]) {
                    at += 1;
                }
                number += 1;
                if number == want {
                    spans[slot] = Span::of_line(start, at);
                    break;
                }
            }
        }
        if !self.wanted.from_end.is_empty() {
            self.split_end(line, spans);
        }
        Verdict::Read
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
