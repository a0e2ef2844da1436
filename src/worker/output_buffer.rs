//! Output of a job that has not been sent yet.
//!
//! It does not know when it will be, nor where it goes.

use crate::job::Trust;
use crate::sink::{Piece, Stream, Tagger};
use memchr::memrchr;

/// Output on its way.
pub(super) struct OutputBuffer {
    pub(super) stream: Stream,
    pub(super) bytes: Vec<u8>,
    /// How many of them are complete lines, where only such may be sent before the job's end.
    pub(super) complete: Option<usize>,
    pub(super) trust: Trust,
    pub(super) tagger: Option<Tagger>,
}

impl OutputBuffer {
    /// Adds bytes, tagged where they are to be.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let before = self.bytes.len();
        match &mut self.tagger {
            Some(tagger) => tagger.tag(bytes, &mut self.bytes),
            None => self.bytes.extend_from_slice(bytes),
        }
        if let Some(complete) = &mut self.complete
            && let Some(last) = memrchr(b'\n', &self.bytes[before..])
        {
            *complete = before + last + 1;
        }
    }

    /// Whether bytes would become all of it as they are.
    pub(super) fn is_fresh(&self) -> bool {
        self.bytes.is_empty() && self.tagger.is_none() && self.complete.is_none()
    }

    /// How many bytes may be sent.
    pub(super) fn ready(&self) -> usize {
        self.complete.unwrap_or(self.bytes.len())
    }

    /// What may be sent, taken out.
    pub(super) fn piece(&mut self) -> Piece {
        let held_back = self.bytes.split_off(self.ready());
        self.complete = self.complete.map(|_| 0);
        Piece {
            stream: self.stream,
            bytes: std::mem::replace(&mut self.bytes, held_back),
            trust: self.trust,
        }
    }

    /// What there is up to the end of the last whole line.
    pub(super) fn whole_lines(&mut self) -> Option<Piece> {
        let end = memrchr(b'\n', &self.bytes)? + 1;
        let rest = self.bytes.split_off(end);
        let piece = self.piece();
        self.bytes = rest;
        Some(piece)
    }

    /// All that is left, with its last line ended where lines are tagged.
    pub(super) fn rest(mut self) -> Option<Piece> {
        self.end();
        (!self.bytes.is_empty()).then(|| self.piece())
    }

    /// As [`OutputBuffer::rest`], as bytes.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        self.end();
        std::mem::take(&mut self.bytes)
    }

    fn end(&mut self) {
        if let Some(tagger) = &mut self.tagger {
            tagger.end(&mut self.bytes);
        }
        self.complete = None;
    }
}
