//! A command line of GNU parallel: one string for a shell, with holes that quoted values fill.
//!
//! It also tells the words that the shell would make of it, for a command that needs no shell. This file does not
//! know which replacement strings there are.

mod holes;
mod plus;
mod quote;
mod substitution;
mod value_part;

pub use holes::{Hole, Holes};
pub use quote::quote_value;
pub use value_part::ValuePart;

use crate::sys::arguments::Arguments;
use std::borrow::Cow;

/// A command line with holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The stretches, one after the other.
    pub(super) stretches: Vec<Stretch>,
    pub(super) quoting: LineQuoting,
    /// How often each value is quoted, where values are.
    pub(super) quotes: usize,
}

/// A stretch of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) pieces: Vec<LinePiece>,
    /// Whether it is there once for each value, with blanks between.
    pub(super) repeated: bool,
    /// Whether a word of the command ends behind it, whatever its text: with [`LineQuoting::Words`] only.
    pub(super) ends_word: bool,
}

/// A part of a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinePiece {
    Literal(Vec<u8>),
    Value(Which, ValuePart),
    /// The number of the job, with so many digits at least.
    Job(usize),
    /// The slot, likewise.
    Slot(usize),
    /// How many jobs there are.
    Total(usize),
}

/// Which of the values fill a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All, with blanks between.
    All,
    /// The one with this index; nothing when there are not so many.
    FromStart(usize),
    /// The same, counted from the last, which is 0.
    FromEnd(usize),
}

/// What is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineQuoting {
    /// Each value.
    Values,
    /// Each word of the command, its values included.
    Words,
    /// Nothing.
    Nothing,
}

/// What is repeated for each of several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The value.
    Value,
    /// The word that the value stands in.
    Word,
}

/// The job that a line is filled for.
#[derive(Debug, Clone, Copy)]
pub struct LineJob<'a> {
    /// The values.
    pub values: &'a [&'a [u8]],
    /// The number of the job, from 1.
    pub number: u64,
    /// The slot, from 1.
    pub slot: usize,
}

/// Takes a line piece by piece.
trait LineWriter {
    /// Takes text of the command line itself.
    fn literal(&mut self, text: &[u8]);
    /// Takes a value.
    fn value(&mut self, value: &[u8]);
    /// Takes the blank between two values.
    fn blank(&mut self);
    /// Ends a word of the command.
    fn end_word(&mut self);
}

impl Line {
    /// Reads the words of a command, or with [`LineQuoting::Nothing`] any text.
    pub fn new(words: &[&[u8]], holes: &Holes, quoting: LineQuoting, repeat: Repeat) -> Self {
        let stretches = match quoting {
            LineQuoting::Words => words
                .iter()
                .flat_map(|word| Stretch::word(holes, word, repeat))
                .collect(),
            _ => match repeat {
                Repeat::Value => vec![Stretch::plain(holes.read(&words.join(&b' ')))],
                Repeat::Word => Stretch::repeated(holes, &words.join(&b' ')),
            },
        };
        Line {
            stretches,
            quoting,
            quotes: 1,
        }
    }

    /// Has each value quoted so often, each time with the quotes that it has: for as many shells.
    pub fn quoted_times(self, quotes: usize) -> Self {
        Line { quotes, ..self }
    }

    /// Returns whether there is a hole.
    pub fn has_hole(&self) -> bool {
        let mut pieces = self.stretches.iter().flat_map(|stretch| &stretch.pieces);
        pieces.any(|piece| !matches!(piece, LinePiece::Literal(_)))
    }

    /// Adds all values as further words.
    pub fn append_values(&mut self, repeat: Repeat) {
        let value = LinePiece::Value(Which::All, ValuePart::Whole);
        if self.quoting != LineQuoting::Words {
            self.stretches
                .push(Stretch::plain(vec![LinePiece::Literal(b" ".to_vec())]));
        }
        self.stretches.push(Stretch {
            pieces: vec![value],
            repeated: repeat == Repeat::Word,
            ends_word: self.quoting == LineQuoting::Words,
        });
    }

    /// Returns how many bytes the line has without its values, and how often each value occurs in it.
    pub fn size(&self) -> (usize, usize) {
        let pieces = self.stretches.iter().flat_map(|stretch| &stretch.pieces);
        pieces.fold((0, 0), |(fixed, times), piece| match piece {
            LinePiece::Literal(text) => (fixed + text.len(), times),
            LinePiece::Value(Which::All, _) => (fixed, times + 1),
            _ => (fixed + 1, times),
        })
    }

    /// Returns the line of a job.
    pub fn fill(&self, job: &LineJob<'_>) -> Vec<u8> {
        if self.quoting == LineQuoting::Words {
            let mut line = Vec::new();
            for (at, word) in self.words(job).iter().enumerate() {
                if at > 0 {
                    line.push(b' ');
                }
                quote_value(std::os::unix::ffi::OsStrExt::as_bytes(word), &mut line);
            }
            return line;
        }
        let mut writer = Text {
            line: Vec::new(),
            quotes: match self.quoting {
                LineQuoting::Values => self.quotes,
                _ => 0,
            },
        };
        self.write(job, &mut writer);
        writer.line
    }

    /// Returns the words that a shell makes of the line of a job, when its own text has no character that means
    /// something to a shell beside blanks.
    pub fn words(&self, job: &LineJob<'_>) -> Arguments {
        let mut writer = Words {
            words: Arguments::default(),
            word: None,
            splits: self.quoting != LineQuoting::Words,
        };
        self.write(job, &mut writer);
        writer.end_word();
        writer.words
    }

    /// Returns the text of its first word, when that is no more than text, and each byte of the line's own text is
    /// `plain`, or words are quoted.
    pub fn plain_program(&self, plain: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
        if self.quoting == LineQuoting::Nothing {
            return None;
        }
        let literals = || {
            let pieces = self.stretches.iter().flat_map(|stretch| &stretch.pieces);
            pieces.filter_map(|piece| match piece {
                LinePiece::Literal(text) => Some(text),
                _ => None,
            })
        };
        if self.quoting == LineQuoting::Values && !literals().flatten().all(|&byte| plain(byte)) {
            return None;
        }
        let first = self.stretches.first()?;
        let (LinePiece::Literal(text), rest) = first.pieces.split_first()? else {
            return None;
        };
        if self.quoting == LineQuoting::Words {
            let is_program = rest.is_empty() && first.ends_word && !text.is_empty();
            return is_program.then(|| text.clone());
        }
        let text = text.trim_ascii_start();
        let end = text.iter().position(u8::is_ascii_whitespace);
        match end {
            Some(end) => Some(text[..end].to_vec()),
            None if rest.is_empty() && self.stretches.get(1).is_none_or(Stretch::begins_with_blank) => {
                Some(text.to_vec())
            }
            None => None,
        }
        .filter(|program| !program.is_empty())
    }

    fn write(&self, job: &LineJob<'_>, writer: &mut dyn LineWriter) {
        for stretch in &self.stretches {
            if stretch.repeated {
                for index in 0..job.values.len() {
                    if index > 0 {
                        writer.blank();
                    }
                    stretch.write(job, index..index + 1, writer);
                }
            } else {
                stretch.write(job, 0..job.values.len(), writer);
            }
            if stretch.ends_word {
                writer.end_word();
            }
        }
    }
}

impl Stretch {
    fn plain(pieces: Vec<LinePiece>) -> Self {
        Stretch {
            pieces,
            repeated: false,
            ends_word: false,
        }
    }

    /// Returns the stretches of a word that is quoted. Blanks in it are its own, but what stands between them is
    /// repeated as it is elsewhere.
    fn word(holes: &Holes, text: &[u8], repeat: Repeat) -> Vec<Self> {
        let mut stretches = match repeat {
            // An empty word is a word too.
            _ if text.is_empty() => vec![Stretch::plain(vec![LinePiece::Literal(Vec::new())])],
            Repeat::Word => Stretch::repeated(holes, text),
            Repeat::Value => vec![Stretch::plain(holes.read(text))],
        };
        if let Some(last) = stretches.last_mut() {
            last.ends_word = true;
        }
        stretches
    }

    fn begins_with_blank(&self) -> bool {
        let first = self.pieces.first();
        matches!(first, Some(LinePiece::Literal(text)) if text.first().is_some_and(u8::is_ascii_whitespace))
    }

    /// Returns the stretches of a text: what stands between blanks is repeated when it has a hole for all values.
    fn repeated(holes: &Holes, text: &[u8]) -> Vec<Self> {
        let is_blank = |&byte: &u8| byte.is_ascii_whitespace();
        let stretches = text.chunk_by(|a, b| is_blank(a) == is_blank(b));
        let stretches = stretches.map(|stretch| {
            let pieces = holes.read(stretch);
            let is_all = |piece: &LinePiece| matches!(piece, LinePiece::Value(Which::All, _));
            Stretch {
                repeated: pieces.iter().any(is_all),
                pieces,
                ends_word: false,
            }
        });
        stretches.collect()
    }

    fn write(&self, job: &LineJob<'_>, all: std::ops::Range<usize>, writer: &mut dyn LineWriter) {
        for piece in &self.pieces {
            match piece {
                LinePiece::Literal(text) => writer.literal(text),
                LinePiece::Job(width) => writer.literal(format!("{:0width$}", job.number).as_bytes()),
                LinePiece::Slot(width) => writer.literal(format!("{:0width$}", job.slot).as_bytes()),
                LinePiece::Total(jobs) => writer.literal(jobs.to_string().as_bytes()),
                LinePiece::Value(which, part) => {
                    let count = job.values.len();
                    let range = match *which {
                        Which::All => all.clone(),
                        Which::FromStart(at) if at < count => at..at + 1,
                        Which::FromEnd(at) if at < count => count - at - 1..count - at,
                        _ => 0..0,
                    };
                    for (at, value) in job.values[range].iter().enumerate() {
                        if at > 0 {
                            writer.blank();
                        }
                        writer.value(&part.select(value));
                    }
                }
            }
        }
    }
}

/// Writes a line as text.
struct Text {
    line: Vec<u8>,
    quotes: usize,
}

impl LineWriter for Text {
    fn literal(&mut self, text: &[u8]) {
        self.line.extend_from_slice(text);
    }

    fn value(&mut self, value: &[u8]) {
        let mut value = Cow::Borrowed(value);
        for _ in 1..self.quotes {
            let mut quoted = Vec::new();
            quote_value(&value, &mut quoted);
            value = Cow::Owned(quoted);
        }
        match self.quotes {
            0 => self.line.extend_from_slice(&value),
            _ => quote_value(&value, &mut self.line),
        }
    }

    fn blank(&mut self) {
        self.line.push(b' ');
    }

    fn end_word(&mut self) {}
}

/// Writes a line as the words that a shell makes of it.
struct Words {
    words: Arguments,
    word: Option<Vec<u8>>,
    /// Whether blanks in the command's own text end words.
    splits: bool,
}

impl LineWriter for Words {
    fn literal(&mut self, text: &[u8]) {
        if !self.splits {
            self.word.get_or_insert_default();
        }
        for &byte in text {
            match byte {
                b' ' | b'\t' | b'\n' if self.splits => self.end_word(),
                _ => self.word.get_or_insert_default().push(byte),
            }
        }
    }

    fn value(&mut self, value: &[u8]) {
        self.word.get_or_insert_default().extend_from_slice(value);
    }

    fn blank(&mut self) {
        self.end_word();
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            self.words.add(|bytes| bytes.extend_from_slice(&word));
        }
    }
}

#[cfg(test)]
mod tests;
