//! The loop over lines of which several may be one record.

use super::joiner::{Join, Joiner};
use super::{LineLoop, without_return};
use crate::record::format::LineSplitter;
use crate::record::record_sink::RecordSink;
use memchr::memchr;
use std::io;
use std::ops::ControlFlow;

impl LineLoop {
    /// Handles a line: a record, or a part of one.
    #[inline]
    pub(super) fn any_line<S: LineSplitter>(
        &mut self,
        split: &mut S,
        line: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        match &mut self.joiner {
            None => self.line(split, line, sink),
            Some(joiner) => match joiner.judge(line, without_return(line)) {
                Join::Goes => Ok(ControlFlow::Continue(())),
                Join::Begins => {
                    let flow = self.end_record(split, sink)?;
                    if let Some(joiner) = &mut self.joiner {
                        joiner.start(line);
                    }
                    Ok(flow)
                }
                Join::Stray => {
                    self.count_line();
                    Ok(self.bad_line(without_return(line)))
                }
                Join::TooLong => {
                    self.failure = Some(joiner.too_long());
                    Ok(ControlFlow::Break(()))
                }
            },
        }
    }

    /// Handles whole lines.
    pub(super) fn joined<S: LineSplitter>(
        &mut self,
        split: &mut S,
        mut lines: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        while let Some(end) = memchr(b'\n', lines) {
            if self.any_line(split, &lines[..end], sink)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            lines = &lines[end + 1..];
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Handles the record whose last line has come, if there is one.
    pub(super) fn end_record<S: LineSplitter>(
        &mut self,
        split: &mut S,
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let Some((record, lines)) = self.joiner.as_mut().and_then(Joiner::take) else {
            return Ok(ControlFlow::Continue(()));
        };
        let flow = self.line(split, &record, sink);
        // The number of a record is that of its first line.
        self.notes.line += lines - 1;
        if let Some(joiner) = &mut self.joiner {
            joiner.reuse(record);
        }
        flow
    }

    /// Says that no more lines come. Returns true when a record may wait for its last line: the next block, which
    /// is empty, ends it.
    pub fn end_joined(&mut self) -> bool {
        self.joiner.as_mut().is_some_and(Joiner::end)
    }
}
