//! What workers say that is no job's: lines and failures of what lives from job to job.

use super::Main;
use crate::job::Failure;
use crate::message;
use crate::plan::Tag;
use crate::sink::{Closed, Stream};

impl Main<'_> {
    /// Prints whole lines on standard error at once, where lines are tagged with the worker's slot.
    pub(super) fn lines(&mut self, slot: usize, lines: &[u8]) -> Result<(), Closed> {
        if self.gate.tag == Tag::Off {
            return self.sink.print(Stream::Err, lines);
        }
        let mut tagged = Vec::with_capacity(lines.len() + 16);
        for line in lines.split_inclusive(|&b| b == b'\n') {
            tagged.extend_from_slice(format!("{}\t", slot + 1).as_bytes());
            tagged.extend_from_slice(line);
        }
        self.sink.print(Stream::Err, &tagged)
    }

    /// Reports a failure that is no job's, and counts it as one more.
    pub(super) fn fault(&mut self, slot: usize, failure: &Failure) {
        self.tally.count(Some(failure));
        message::say(format_args!("worker {}: {failure}", slot + 1));
        self.halt_after(failure);
    }
}
