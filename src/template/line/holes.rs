//! The replacement strings of GNU parallel: how they are spelled, and what they stand for.
//!
//! It does not know the values.

use super::{LinePiece, ValuePart, Which, plus};

/// The replacement strings of a command line. The ordinary ones may have other spellings.
#[derive(Debug, Clone)]
pub struct Holes {
    fixed: Vec<(Vec<u8>, LinePiece)>,
    names: Vec<Vec<u8>>,
    /// Whether `{}` is spelled in another way.
    is_respelled: bool,
    /// Whether the ones of `--plus` count.
    pub plus: bool,
    /// How many jobs there are, when that is known, and how many run at a time.
    pub total: Option<(usize, usize)>,
}

/// A replacement string that can be spelled in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// `{}`
    Value,
    /// `{.}`
    Stem,
    /// `{/}`
    Base,
    /// `{//}`
    Directory,
    /// `{/.}`
    BaseStem,
    /// `{#}`
    Job,
    /// `{%}`
    Slot,
}

/// The ordinary spellings.
const FIXED: [(&[u8], Hole); 7] = [
    (b"{}", Hole::Value),
    (b"{.}", Hole::Stem),
    (b"{/}", Hole::Base),
    (b"{//}", Hole::Directory),
    (b"{/.}", Hole::BaseStem),
    (b"{#}", Hole::Job),
    (b"{%}", Hole::Slot),
];

impl Hole {
    fn piece(self) -> LinePiece {
        let all = |part| LinePiece::Value(Which::All, part);
        match self {
            Hole::Value => all(ValuePart::Whole),
            Hole::Stem => all(ValuePart::Stem(1)),
            Hole::Base => all(ValuePart::Base),
            Hole::Directory => all(ValuePart::Directory),
            Hole::BaseStem => all(ValuePart::BaseStem(1)),
            Hole::Job => LinePiece::Job(1),
            Hole::Slot => LinePiece::Slot(1),
        }
    }
}

impl Default for Holes {
    fn default() -> Self {
        let fixed = FIXED.iter().map(|&(text, hole)| (text.to_vec(), hole.piece()));
        Holes {
            fixed: fixed.collect(),
            names: Vec::new(),
            is_respelled: false,
            plus: false,
            total: None,
        }
    }
}

impl Holes {
    /// Gives one of the replacement strings another spelling.
    pub fn respell(&mut self, hole: Hole, text: &[u8]) {
        self.is_respelled |= hole == Hole::Value && text != b"{}";
        let piece = hole.piece();
        if let Some(entry) = self.fixed.iter_mut().find(|entry| entry.1 == piece) {
            entry.0 = text.to_vec();
        }
    }

    /// Gives names to the values, in their order.
    pub fn name(&mut self, names: Vec<Vec<u8>>) {
        self.names = names;
    }

    /// Returns the names of the values.
    pub fn names(&self) -> &[Vec<u8>] {
        &self.names
    }

    /// Returns whether a text has a replacement string that tells how many jobs there are.
    pub fn needs_total(&self, text: &[u8]) -> bool {
        self.plus && plus::needs_total(text)
    }

    /// Returns the pieces of a text.
    pub(super) fn read(&self, mut text: &[u8]) -> Vec<LinePiece> {
        let (mut pieces, mut literal) = (Vec::new(), Vec::new());
        while let Some((&first, rest)) = text.split_first() {
            match self.hole(text) {
                Some((length, piece)) => {
                    if !literal.is_empty() {
                        pieces.push(LinePiece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(piece);
                    text = &text[length..];
                }
                None => {
                    literal.push(first);
                    text = rest;
                }
            }
        }
        if !literal.is_empty() {
            pieces.push(LinePiece::Literal(literal));
        }
        pieces
    }

    /// Returns the replacement string that `text` begins with, and its length.
    fn hole(&self, text: &[u8]) -> Option<(usize, LinePiece)> {
        let fixed = self.fixed.iter();
        let found = fixed.filter(|(spelled, _)| !spelled.is_empty() && text.starts_with(spelled));
        if let Some((spelled, piece)) = found.max_by_key(|(spelled, _)| spelled.len()) {
            return Some((spelled.len(), piece.clone()));
        }
        let inner = text.strip_prefix(b"{")?;
        let end = memchr::memchr(b'}', inner)?;
        let (inner, length) = (&inner[..end], end + 2);
        let of_job = || plus::job_piece(inner, self.total).filter(|_| self.plus);
        self.numbered(inner)
            .or_else(of_job)
            .or_else(|| self.named(inner))
            .or_else(|| plus::part(inner).filter(|_| self.plus).map(plus::of_all))
            .map(|piece| (length, piece))
    }

    /// Reads `2`, `-1.`, `3/.`: the value with this number.
    fn numbered(&self, inner: &[u8]) -> Option<LinePiece> {
        let (from_end, rest) = match inner.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, inner),
        };
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let number: usize = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        let index = number.checked_sub(1)?;
        // With another string for `{}`, what would be its numbered form is text.
        if digits == rest.len() && self.is_respelled {
            return None;
        }
        let which = match from_end {
            true => Which::FromEnd(index),
            false => Which::FromStart(index),
        };
        Some(LinePiece::Value(which, self.ending(&rest[digits..])?))
    }

    /// Reads `name`, `name.`, `name/`: the value of the column with this name.
    fn named(&self, inner: &[u8]) -> Option<LinePiece> {
        self.names.iter().enumerate().find_map(|(index, name)| {
            let part = self.ending(inner.strip_prefix(&name[..])?)?;
            Some(LinePiece::Value(Which::FromStart(index), part))
        })
    }

    /// Returns the part that stands after a number or a name.
    fn ending(&self, text: &[u8]) -> Option<ValuePart> {
        Some(match text {
            b"" => ValuePart::Whole,
            b"." => ValuePart::Stem(1),
            b"/" => ValuePart::Base,
            b"//" => ValuePart::Directory,
            b"/." => ValuePart::BaseStem(1),
            _ => plus::part(text).filter(|_| self.plus)?,
        })
    }
}
