//! Records of CSV, which may span lines, and the quote that is never closed.
//!
//! It does not know where a record ends: the reader of the format finds that.

use super::{LineLoop, newlines};
use crate::message;
use crate::record::format::Csv;
use crate::record::named_values::put_pair;
use crate::record::plan::LONGEST_RECORD;
use crate::record::record_sink::RecordSink;
use std::ffi::OsStr;
use std::io;
use std::mem;
use std::ops::{ControlFlow, Range};
use std::os::unix::ffi::OsStrExt as _;

impl LineLoop {
    /// Handles a record that the CSV reader found and decoded; `bytes` are the last of it.
    pub fn read(
        &mut self,
        bytes: &[u8],
        csv: &Csv,
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let mut carry = mem::take(&mut self.carry);
        let mut line = bytes;
        if !carry.is_empty() {
            carry.extend_from_slice(bytes);
            line = &carry;
        }
        let Range { start, end } = trimmed(line);
        // The number of a record is that of its first line.
        self.notes.line += newlines(&line[..start]);
        self.count_line();
        let more = newlines(&line[start..]);
        let line = &line[start..end];
        let mut flow = Ok(ControlFlow::Continue(()));
        if self.passes(line) {
            csv.split(&mut self.spans);
            if self.keeps(line, csv.decoded()) {
                if self.projection.takes_all {
                    self.all.clear();
                    csv.pairs(&mut |name, kind, value| put_pair(&mut self.all, name, kind, value));
                }
                flow = self.give((line, line), csv.decoded(), sink);
            }
        }
        // Of a record that ends with \r, the newline comes with the next.
        self.notes.line = self.notes.line + more - 1;
        carry.clear();
        self.carry = carry;
        flow
    }

    /// Fails the job because the input ended within the quotes of the current record: it may have swallowed any
    /// number of other records. `quote` finds where in a record they open.
    pub fn reject_unclosed(&mut self, quote: impl FnOnce(&[u8]) -> usize) -> ControlFlow<()> {
        let carry = mem::take(&mut self.carry);
        let record = trimmed(&carry);
        let at = record.start + quote(&carry[record.start..]);
        let line = self.notes.line + newlines(&carry[..at]) + 1;
        let lines = match newlines(&carry[at..record.end]) {
            0 => "the rest of the last line".to_owned(),
            more => format!("all {} lines from there to the end", more + 1),
        };
        let file = message::display_name(OsStr::from_bytes(&self.file));
        self.damage = Some(format!(
            "the quote that opens at {file}:{line} is never closed, and takes {lines} (a quote inside a field is doubled)"
        ));
        self.end_on_break(ControlFlow::Break(()))
    }

    /// Keeps bytes of a record that goes on after them. Fails the job when the record is longer than is held: it would be the
    /// rest of the file most likely, after a stray quote. `quote` finds where in a record the quotes open that are not closed.
    pub fn carry_on(&mut self, bytes: &[u8], quote: impl FnOnce(&[u8]) -> usize) -> ControlFlow<()> {
        self.carry.extend_from_slice(bytes);
        if self.carry.len() <= self.longest_record {
            return ControlFlow::Continue(());
        }
        let carry = mem::take(&mut self.carry);
        let record = trimmed(&carry);
        let (file, size) = (
            message::display_name(OsStr::from_bytes(&self.file)),
            self.longest_record >> 20,
        );
        let more = match self.longest_record < LONGEST_RECORD {
            true => "; a higher --memory allows longer records",
            false => "",
        };
        let line = |at| self.notes.line + newlines(&carry[..at]) + 1;
        self.damage = Some(match newlines(&carry[record.start..]) {
            0 => format!("line {} is longer than {size} MiB", line(record.start)),
            _ => format!(
                "the quote that opens at {file}:{} is not closed within {size} MiB (a quote inside a field is doubled{more})",
                line(record.start + quote(&carry[record.start..]))
            ),
        });
        self.end_on_break(ControlFlow::Break(()))
    }
}

/// Returns the range of a record without its line end and without empty lines before it.
fn trimmed(bytes: &[u8]) -> Range<usize> {
    let inside = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let start = bytes.iter().position(inside).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(inside).map_or(start, |last| last + 1);
    start..end
}
