//! Blocks of bytes, which may end anywhere, cut into lines: all lines, or only the candidates of the
//! prefilter.

use super::joiner::Joiner;
use super::{LineLoop, without_return};
use crate::record::format::{FieldSpan, LineSplitter, LineVerdict, SpanBase};
use crate::record::prefilter::Prefilter;
use crate::record::record_sink::RecordSink;
use memchr::{memchr, memchr_iter, memrchr};
use std::io;
use std::mem;
use std::ops::ControlFlow;
use std::slice;

/// The number of single-field records that go to the sink at once.
const SINGLES: usize = 32;

impl LineLoop {
    /// Handles one block of bytes.
    pub fn block<S: LineSplitter>(
        &mut self,
        split: &mut S,
        bytes: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        if bytes.is_empty() && self.joiner.as_ref().is_some_and(Joiner::is_at_end) {
            let flow = self.end_record(split, sink)?;
            return Ok(self.end_on_break(flow));
        }
        let mut rest = bytes;
        if !self.carry.is_empty() {
            let Some(end) = memchr(b'\n', rest) else {
                self.carry.extend_from_slice(rest);
                return Ok(ControlFlow::Continue(()));
            };
            self.carry.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            let mut line = mem::take(&mut self.carry);
            // What is noted must not depend on where blocks end.
            let is_candidate = self
                .prefilter
                .as_ref()
                .is_none_or(|texts| texts.find(&line).is_some());
            let flow = if is_candidate {
                self.any_line(split, &line, sink)
            } else {
                self.count_line();
                Ok(ControlFlow::Continue(()))
            };
            line.clear();
            self.carry = line;
            if flow?.is_break() {
                return Ok(self.end_on_break(ControlFlow::Break(())));
            }
        }
        let whole = memrchr(b'\n', rest).map_or(0, |last| last + 1);
        let (lines, partial) = rest.split_at(whole);
        let flow = self.whole_lines(split, lines, sink)?;
        self.carry.extend_from_slice(partial);
        Ok(self.end_on_break(flow))
    }

    /// Handles lines with their newlines.
    pub fn whole_lines<S: LineSplitter>(
        &mut self,
        split: &mut S,
        lines: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        match self.prefilter.clone() {
            _ if self.joiner.is_some() => self.joined(split, lines, sink),
            Some(texts) => self.lines(split, lines, sink, Some(&texts)),
            None if self.all_lines && !S::CHECKS && sink.only_counts() => {
                match memchr_iter(b'\n', lines).count() {
                    0 => Ok(ControlFlow::Continue(())),
                    number => {
                        self.notes.line += number as u64;
                        sink.records(number as u64)
                    }
                }
            }
            None if self.single_field && !S::HAS_DIRECTIVES => self.single_fields(split, lines, sink),
            None => self.lines(split, lines, sink, None),
        }
    }

    /// Does what [`LineLoop::lines`] does, faster, when one field is selected and nothing else is asked.
    fn single_fields<S: LineSplitter>(
        &mut self,
        split: &mut S,
        mut lines: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let (mut found, mut n) = ([&b""[..]; SINGLES], 0);
        let (mut numbers, mut missing) = ([0; SINGLES], 0u64);
        while let Some(end) = memchr(b'\n', lines) {
            let whole = &lines[..end];
            let line = without_return(whole);
            lines = &lines[end + 1..];
            self.notes.line += 1;
            let mut span = FieldSpan::default();
            let verdict = split.split(line, slice::from_mut(&mut span));
            if S::CHECKS && !self.evidence.is_readable() {
                self.evidence.add(verdict, self.format, line);
            }
            let flow = match verdict {
                LineVerdict::Read if span.base != SpanBase::Decoded => {
                    found[n] = self.projection.columns[0].part_of(&line[span.start..span.end], span.base);
                    numbers[n] = self.notes.line;
                    missing |= u64::from(span.is_missing()) << n;
                    n += 1;
                    if n < SINGLES {
                        continue;
                    }
                    n = 0;
                    self.singles(&found, (&numbers, mem::take(&mut missing)), sink)?
                }
                // The decoded bytes live only until the next line is split.
                LineVerdict::Read => {
                    let before = self.singles(
                        &found[..mem::take(&mut n)],
                        (&numbers, mem::take(&mut missing)),
                        sink,
                    )?;
                    if before.is_break() {
                        return Ok(before);
                    }
                    let value =
                        self.projection.columns[0].part_of(&split.decoded()[span.start..span.end], span.base);
                    // It has bytes of its own, so that it is there also when it is empty.
                    self.singles(&[value], (&[self.notes.line], 0), sink)?
                }
                LineVerdict::Dropped => continue,
                LineVerdict::Bad => self.bad_line(whole),
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        self.singles(&found[..n], (&numbers, missing), sink)
    }

    /// Gives records of one field to the sink; `numbers` holds the numbers of their lines, and a bit of `missing`
    /// says that the line lacks the field.
    #[inline]
    fn singles(
        &mut self,
        records: &[&[u8]],
        (numbers, missing): (&[u64], u64),
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let flow = sink.singles(records)?;
        if let [Some(note)] = self.value_notes[..] {
            self.judged += records.len() as u64;
            let misfits = sink.misfits();
            let wrong = (0..records.len()).filter(|at| misfits.contains(*at));
            for at in wrong {
                if self.may_lack_fields && missing & (1 << at) != 0 || self.has_dashes && records[at] == b"-"
                {
                    self.notes.pardon(note);
                } else {
                    self.notes.add_at(note, numbers[at], records[at]);
                }
            }
        }
        Ok(flow)
    }

    /// Handles the lines in which one of `texts` is, or all lines.
    fn lines<S: LineSplitter>(
        &mut self,
        split: &mut S,
        mut lines: &[u8],
        sink: &mut dyn RecordSink,
        texts: Option<&Prefilter>,
    ) -> io::Result<ControlFlow<()>> {
        // Notes on fields count the records that were looked at: the search is kept, so that they do not depend on it.
        let counts_hits = texts.is_some() && self.field_notes.is_empty();
        while !lines.is_empty() {
            let hit = match texts {
                // Until one line is of the format, each may be the one.
                Some(texts) if self.evidence.is_readable() && !self.hit_rate.is_high() => texts.find(lines),
                _ => Some(0),
            };
            let Some(hit) = hit else { break };
            let start = memrchr(b'\n', &lines[..hit]).map_or(0, |before| before + 1);
            self.pass_over(&lines[..start]);
            let end = memchr(b'\n', &lines[hit..]).map_or(lines.len(), |after| hit + after);
            if counts_hits {
                self.hit_rate.add(start, end - start);
            }
            if self.line(split, &lines[start..end], sink)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            lines = lines.get(end + 1..).unwrap_or_default();
        }
        self.pass_over(lines);
        Ok(ControlFlow::Continue(()))
    }

    /// Counts lines that are no candidates, when a line after them may have to be named.
    #[inline]
    fn pass_over(&mut self, lines: &[u8]) {
        if !lines.is_empty() && (self.is_csv || !self.notes.is_empty()) {
            self.notes.line += memchr_iter(b'\n', lines).count() as u64;
        }
    }
}
