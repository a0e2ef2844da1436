//! Lines joined to records: a record begins at a line that an expression matches, and goes on to the next such line.
//!
//! It does not know the format of a record.

use crate::record::pattern::Pattern;
use std::mem;

/// The record that is being joined.
#[derive(Debug)]
pub(super) struct Joiner {
    start: Pattern,
    bytes: Vec<u8>,
    /// The number of lines in it; 0 before the first record of an input.
    lines: u64,
    /// True when no more lines come.
    is_at_end: bool,
    /// The most bytes of a record.
    longest: usize,
}

/// What a line does to the record before it.
pub(super) enum Join {
    /// It belongs to that record.
    Goes,
    /// It begins another one.
    Begins,
    /// No record has begun yet.
    Stray,
    /// The record is longer than is held.
    TooLong,
}

impl Joiner {
    pub fn new(start: &Pattern, longest: usize) -> Joiner {
        Joiner {
            start: start.clone(),
            bytes: Vec::new(),
            lines: 0,
            is_at_end: false,
            longest,
        }
    }

    /// Starts another input.
    pub fn begin(&mut self) {
        self.bytes.clear();
        self.lines = 0;
        self.is_at_end = false;
    }

    /// Notes that no more lines come. Returns true when a record has begun.
    pub fn end(&mut self) -> bool {
        self.is_at_end = true;
        self.lines > 0
    }

    pub fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Returns the reason why a file fails in which a record does not end.
    pub fn too_long(&self) -> String {
        format!(
            "a record is longer than {} MiB: does '{}' of --record-start match where each begins?",
            self.longest >> 20,
            self.start.as_str()
        )
    }

    /// Says what `line` is by its text, which lacks a carriage return. One that goes on is taken.
    pub fn judge(&mut self, line: &[u8], text: &[u8]) -> Join {
        if self.start.is_match(text) {
            return Join::Begins;
        }
        if self.lines == 0 {
            return Join::Stray;
        }
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(line);
        self.lines += 1;
        match self.bytes.len() > self.longest {
            true => Join::TooLong,
            false => Join::Goes,
        }
    }

    /// Begins a record with `line`.
    pub fn start(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.lines = 1;
    }

    /// Takes the record that is complete, with the number of its lines, if there is one.
    pub fn take(&mut self) -> Option<(Vec<u8>, u64)> {
        let lines = mem::take(&mut self.lines);
        (lines > 0).then(|| (mem::take(&mut self.bytes), lines))
    }

    /// Gives a record's buffer back.
    pub fn reuse(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        self.bytes = bytes;
    }
}
