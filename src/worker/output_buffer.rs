//! Output of a job that has not been sent yet.
//!
//! It does not know when it will be sent, nor where it goes.

use crate::job::Trust;
use crate::sink::{Piece, Stream, Tagger};
use memchr::memrchr;

/// Output on its way.
pub(super) struct OutputBuffer {
    pub(super) stream: Stream,
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes are complete lines, if only such may be sent before the job's end.
    pub(super) complete: Option<usize>,
    pub(super) trust: Trust,
    pub(super) tagger: Option<Tagger>,
}

impl OutputBuffer {
    /// Adds bytes, tagged if they are to be.
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

    /// Tells whether bytes that are added would become all of the buffer, as they are.
    pub(super) fn is_fresh(&self) -> bool {
        self.bytes.is_empty() && self.tagger.is_none() && self.complete.is_none()
    }

    /// Returns how many bytes may be sent.
    pub(super) fn ready(&self) -> usize {
        self.complete.unwrap_or(self.bytes.len())
    }

    /// Removes what may be sent, without giving its memory back.
    pub(super) fn drop_ready(&mut self) {
        self.bytes.drain(..self.ready());
        self.complete = self.complete.map(|_| 0);
    }

    /// Takes what may be sent.
    pub(super) fn piece(&mut self) -> Piece {
        let held_back = self.bytes.split_off(self.ready());
        self.complete = self.complete.map(|_| 0);
        Piece {
            stream: self.stream,
            bytes: std::mem::replace(&mut self.bytes, held_back),
            trust: self.trust,
        }
    }

    /// Takes what there is up to the end of the last whole line.
    pub(super) fn whole_lines(&mut self) -> Option<Piece> {
        let end = memrchr(b'\n', &self.bytes)? + 1;
        let rest = self.bytes.split_off(end);
        let piece = self.piece();
        self.bytes = rest;
        Some(piece)
    }

    /// Removes an incomplete last line, if only complete lines count.
    pub(super) fn drop_incomplete(&mut self) {
        self.bytes.truncate(self.ready());
    }

    /// Ends the last line, if lines are tagged. All bytes may be sent from now on.
    pub(super) fn end(&mut self) {
        if let Some(tagger) = &mut self.tagger {
            tagger.end(&mut self.bytes);
        }
        self.complete = None;
    }

    /// Takes all that is left, after [`OutputBuffer::end`].
    pub(super) fn rest(mut self) -> Option<Piece> {
        self.end();
        (!self.bytes.is_empty()).then(|| self.piece())
    }
}
