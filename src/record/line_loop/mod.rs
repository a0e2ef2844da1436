//! Lines filtered, split and selected, without an allocation each.

mod blocks;

use super::RecordSink;
use super::condition::Test;
use super::format::{FieldSpan, LineSplitter, LineVerdict};
use super::plan::{OnBadLine, RecordPlan};
use super::prefilter::Prefilter;
use super::projection::{Derived, Operand, Projection, View};
use memchr::memchr_iter;
use memchr::memmem::Finder;
use regex::bytes::Regex;
use std::io::{self, Write};
use std::mem;
use std::ops::{ControlFlow, Range};

/// All that does not depend on the format.
#[derive(Debug)]
pub(super) struct LineLoop {
    /// A text that every line that can remain has; looked for in whole blocks.
    prefilter: Option<Prefilter>,
    texts: Vec<(Finder<'static>, bool)>,
    regexes: Vec<Regex>,
    tests: Vec<Test>,
    pick: Projection,
    spans: Vec<FieldSpan>,
    /// Whether all there is to do is to give one field of every line.
    lone: bool,
    /// Whether every line is a record, as it is.
    all: bool,
    derived: Derived,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    file: Vec<u8>,
    /// Whether lines are counted: their numbers are asked for, or may have to be named.
    counts: bool,
    line_number: u64,
    number: Vec<u8>,
    first: Option<u64>,
    given: u64,
    format: &'static str,
    on_bad: OnBadLine,
    /// How many lines could not be read, the lines themselves if they are kept, and why the job
    /// fails if it does.
    pub bad: u64,
    pub kept: Vec<u8>,
    pub failure: Option<String>,
    done: bool,
}

impl LineLoop {
    pub fn new(plan: &RecordPlan, pick: Projection) -> LineLoop {
        let counts = pick.counts_lines || (plan.bad == OnBadLine::Fail && plan.format.has_bad_lines());
        let prefilter = Prefilter::new(plan).filter(|_| !counts);
        // What the prefilter has found need not be looked for again.
        let texts = plan
            .texts
            .iter()
            .filter(|t| !(t.wanted && prefilter.as_ref().is_some_and(|p| p.is(&t.text))));
        LineLoop {
            texts: texts
                .map(|t| (Finder::new(&t.text).into_owned(), t.wanted))
                .collect(),
            prefilter,
            regexes: plan.regexes.clone(),
            tests: plan.conditions.iter().map(|c| c.test.clone()).collect(),
            spans: vec![FieldSpan::default(); pick.sources.len()],
            all: plan.is_unfiltered() && plan.projection.is_empty() && !counts && plan.first.is_none(),
            lone: pick.is_lone() && !counts && plan.is_unfiltered() && plan.first.is_none(),
            derived: Derived::default(),
            pick,
            carry: Vec::new(),
            file: Vec::new(),
            counts,
            line_number: 0,
            number: Vec::new(),
            first: plan.first,
            given: 0,
            format: plan.format.name(),
            on_bad: plan.bad.clone(),
            bad: 0,
            kept: Vec::new(),
            failure: None,
            done: false,
        }
    }

    pub fn begin(&mut self, name: &[u8]) {
        self.carry.clear();
        self.file.clear();
        self.file.extend_from_slice(name);
        self.line_number = 0;
        self.given = 0;
        self.bad = 0;
        self.kept.clear();
        self.failure = None;
        self.done = self.first == Some(0);
    }

    /// The name of the input.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    pub fn is_done(&self) -> bool {
        self.done
    }

    pub fn carries_nothing(&self) -> bool {
        self.carry.is_empty()
    }

    /// Keeps the beginning of a record.
    pub fn carry(&mut self, bytes: &[u8]) {
        self.carry.extend_from_slice(bytes);
    }

    /// Passes over a record that is a header; `bytes` are the last of it.
    pub fn skip(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        if self.counts {
            self.line_number += newlines(&self.carry) + newlines(bytes);
        }
        self.carry.clear();
        ControlFlow::Continue(())
    }

    /// Stops the job when a record breaks.
    pub fn after(&mut self, flow: ControlFlow<()>) -> ControlFlow<()> {
        if flow.is_break() {
            self.done = true;
            self.carry.clear();
        }
        flow
    }

    #[inline]
    fn line<S: LineSplitter>(
        &mut self,
        split: &mut S,
        line: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        if self.counts {
            self.count_line();
        }
        if !self.passes(line) {
            return Ok(ControlFlow::Continue(()));
        }
        if S::CHECKS || !self.spans.is_empty() {
            self.spans.fill(FieldSpan::default());
            match split.split(line, &mut self.spans) {
                LineVerdict::Read => {}
                LineVerdict::Dropped => return Ok(ControlFlow::Continue(())),
                LineVerdict::Bad => return Ok(self.bad_line(line)),
            }
        }
        self.give(line, split.decoded(), sink)
    }

    /// Gives a record that was found and read elsewhere; `bytes` are the last of it.
    pub fn read(
        &mut self,
        bytes: &[u8],
        decoded: &[u8],
        split: impl FnOnce(&mut [FieldSpan]),
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let mut carry = mem::take(&mut self.carry);
        let mut line = bytes;
        if !carry.is_empty() {
            carry.extend_from_slice(bytes);
            line = &carry;
        }
        let Range { start, end } = trimmed(line);
        if self.counts {
            // A record has the number of its first line.
            self.line_number += newlines(&line[..start]);
            self.count_line();
            self.line_number += newlines(&line[start..]);
            self.line_number -= 1;
        }
        let line = &line[start..end];
        let mut flow = Ok(ControlFlow::Continue(()));
        if self.passes(line) {
            split(&mut self.spans);
            flow = self.give(line, decoded, sink);
        }
        carry.clear();
        self.carry = carry;
        flow
    }

    /// The record in work, to which the end of the input came within quotes, is one that can't be read,
    /// whatever texts and regexes say of it: it may have swallowed any number of others.
    pub fn unclosed(&mut self) -> ControlFlow<()> {
        let carry = mem::take(&mut self.carry);
        let record = trimmed(&carry);
        if self.counts {
            self.line_number += newlines(&carry[..record.start]);
            self.count_line();
        }
        let flow = self.bad_line(&carry[record]);
        self.after(flow)
    }

    #[inline]
    fn passes(&self, line: &[u8]) -> bool {
        self.texts
            .iter()
            .all(|(text, wanted)| text.find(line).is_some() == *wanted)
            && self.regexes.iter().all(|regex| regex.is_match(line))
    }

    #[inline]
    fn give(
        &mut self,
        line: &[u8],
        decoded: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let (pick, derived) = (&self.pick, &mut self.derived);
        let view = View {
            line,
            decoded,
            spans: &self.spans,
            file: &self.file,
            number: &self.number,
        };
        if pick.derives() {
            derived.begin();
            derived.make(pick, pick.early(), view);
        }
        for (operand, test) in pick.conditions.iter().zip(&self.tests) {
            if !test.holds(operand.value(view, derived)) {
                return Ok(ControlFlow::Continue(()));
            }
        }
        if pick.derives() {
            derived.make(pick, pick.late(), view);
        }
        let flow = emit(&pick.projection, view, derived, sink)?;
        if let Some(first) = self.first {
            self.given += 1;
            if self.given >= first {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(flow)
    }

    fn count_line(&mut self) {
        self.line_number += 1;
        if self.pick.counts_lines {
            self.number.clear();
            write!(self.number, "{}", self.line_number).expect("writing to memory does not fail");
        }
    }

    #[cold]
    fn bad_line(&mut self, line: &[u8]) -> ControlFlow<()> {
        self.bad += 1;
        match self.on_bad {
            OnBadLine::Skip => ControlFlow::Continue(()),
            OnBadLine::Fail => {
                self.failure = Some(format!(
                    "line {} can't be read as {}",
                    self.line_number, self.format
                ));
                ControlFlow::Break(())
            }
            OnBadLine::Keep(_) => {
                self.kept.extend_from_slice(line);
                self.kept.push(b'\n');
                ControlFlow::Continue(())
            }
        }
    }
}

/// Where a record is: ends of lines, its own and those of empty lines before it, are no part of it.
fn trimmed(bytes: &[u8]) -> Range<usize> {
    let inside = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let start = bytes.iter().position(inside).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(inside).map_or(start, |last| last + 1);
    start..end
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// Gives the projection of a record, from the stack unless it is long.
#[inline]
fn emit(
    projection: &[Operand],
    view: View<'_>,
    derived: &Derived,
    sink: &mut dyn RecordSink,
) -> io::Result<ControlFlow<()>> {
    let value = |operand: &Operand| operand.value(view, derived);
    match projection {
        [] => sink.record(&[view.line]),
        [only] => sink.record(&[value(only)]),
        [a, b] => sink.record(&[value(a), value(b)]),
        operands if operands.len() <= 8 => {
            let mut fields = [&b""[..]; 8];
            for (field, operand) in fields.iter_mut().zip(operands) {
                *field = value(operand);
            }
            sink.record(&fields[..operands.len()])
        }
        operands => sink.record(&operands.iter().map(value).collect::<Vec<_>>()),
    }
}
