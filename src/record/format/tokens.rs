//! Lines of tokens between single blanks: bare, "quoted" or in brackets. The logs of AWS are such lines.
//!
//! It does not know what the tokens mean: the table of a format gives each a name and says what it looks like.

use super::clf::parts_of_request;
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};
use crate::record::field::FieldSource;
use memchr::{memchr, memchr2, memrchr};

/// A field of a format: its name, its token's index, and the part of the token that it is.
pub(super) type TokenField = (&'static str, usize, Part);

/// The index of a token, and what must hold of it.
pub(super) type TokenTest = (usize, fn(&[u8]) -> bool);

/// A part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::record) enum Part {
    Whole,
    /// What stands before the last colon.
    Address,
    /// What stands after the last colon.
    Port,
    Method,
    Path,
    Protocol,
}

/// How a line of a format is made.
#[derive(Debug)]
pub(in crate::record) struct TokenLayout {
    pub fields: &'static [TokenField],
    /// The number of tokens that the oldest version of the format has.
    pub least: usize,
    /// What tells a line of the format: indexes of tokens, and tests of them.
    pub tests: &'static [TokenTest],
}

impl TokenLayout {
    /// Returns the names of the fields.
    pub fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, ..)| *name).collect()
    }
}

/// Returns true for digits, or a dash.
pub(super) fn is_number(token: &[u8]) -> bool {
    token == b"-" || (!token.is_empty() && token.iter().all(u8::is_ascii_digit))
}

/// Finds the fields of a layout in lines of tokens.
#[derive(Debug)]
pub(in crate::record) struct Tokens {
    layout: &'static TokenLayout,
    /// The token and the part of each slot.
    wanted: Vec<Option<(usize, Part)>>,
    /// The ranges of the tokens of the current line.
    found: Vec<(usize, usize)>,
}

impl Tokens {
    pub fn new(layout: &'static TokenLayout, sources: &[FieldSource]) -> Tokens {
        let place = |source: &FieldSource| match source {
            FieldSource::Number(n) => layout.fields.get(n - 1).map(|(_, token, part)| (*token, *part)),
            _ => None,
        };
        Tokens {
            layout,
            wanted: sources.iter().map(place).collect(),
            found: Vec::new(),
        }
    }

    fn read(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        self.find(line)?;
        let token = |index: usize| self.found.get(index).map(|&(start, end)| &line[start..end]);
        let fits = |(index, test): &TokenTest| token(*index).is_some_and(test);
        if self.found.len() < self.layout.least || !self.layout.tests.iter().all(fits) {
            return None;
        }
        for (span, wanted) in spans.iter_mut().zip(&self.wanted) {
            if let Some((index, part)) = wanted
                && let Some(&(start, end)) = self.found.get(*index)
                && let Some((from, to)) = part.range(&line[start..end])
            {
                *span = FieldSpan::from_line(start + from, start + to);
            }
        }
        Some(())
    }

    /// Cuts a line into tokens.
    fn find(&mut self, line: &[u8]) -> Option<()> {
        self.found.clear();
        let line = line.trim_ascii_end();
        let mut at = 0;
        while at < line.len() {
            let (start, end, next) = match line[at] {
                b'"' => {
                    let end = at + 1 + closing_quote(&line[at + 1..])?;
                    (at + 1, end, end + 1)
                }
                b'[' => {
                    let end = at + memchr(b']', &line[at..])?;
                    (at + 1, end, end + 1)
                }
                _ => {
                    let end = memchr(b' ', &line[at..]).map_or(line.len(), |length| at + length);
                    // The quotes before were not closed where it seemed.
                    memchr(b'"', &line[at..end]).is_none().then_some(())?;
                    (at, end, end)
                }
            };
            self.found.push((start, end));
            if next < line.len() && line[next] != b' ' {
                return None;
            }
            at = next + 1;
        }
        Some(())
    }
}

/// Returns the offset of the quote that a blank or the line's end follows. S3 does not escape the quotes inside:
/// these must come in pairs.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let (mut at, mut is_inside) = (0, false);
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'\\' {
            at += 2;
            continue;
        }
        if !is_inside && matches!(text.get(at + 1), None | Some(b' ')) {
            return Some(at);
        }
        is_inside = !is_inside;
        at += 1;
    }
}

impl Part {
    fn range(self, token: &[u8]) -> Option<(usize, usize)> {
        let colon = || memrchr(b':', token);
        match self {
            Part::Whole => Some((0, token.len())),
            Part::Address => Some((0, colon().unwrap_or(token.len()))),
            Part::Port => colon().map(|at| (at + 1, token.len())),
            Part::Method | Part::Path | Part::Protocol => {
                let (method, path, protocol) = parts_of_request(token)?;
                match self {
                    Part::Method => Some((0, method)),
                    Part::Path => Some((method + 1, path)),
                    _ => Some((protocol, token.len())).filter(|(start, end)| start < end),
                }
            }
        }
    }
}

impl LineSplitter for Tokens {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.read(line, spans) {
            Some(()) => LineVerdict::Read,
            None => LineVerdict::Bad,
        }
    }
}
