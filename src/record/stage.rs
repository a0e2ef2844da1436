//! Bytes into records: lines are found, filtered, split and selected, without an allocation each.

use super::Take;
use super::condition::{Comparison, Test};
use super::field::Source;
use super::format::{Cut, Format, Lines, Span, Split, Verdict, Ws};
use super::pick::{Pick, View};
use super::plan::RecordPlan;
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use regex::bytes::Regex;
use std::ffi::OsStr;
use std::io;
use std::mem;
use std::ops::ControlFlow;

/// The stage of one worker, reused from job to job.
#[derive(Debug)]
pub struct Stage {
    split: Splitter,
    core: Core,
}

#[derive(Debug)]
enum Splitter {
    Ws(Ws),
    Cut(Cut),
    Lines(Lines),
}

#[derive(Debug)]
struct Core {
    /// A text that every line that can remain has; looked for in whole blocks.
    prefilter: Option<Finder<'static>>,
    texts: Vec<(Finder<'static>, bool)>,
    regexes: Vec<Regex>,
    tests: Vec<Test>,
    pick: Pick,
    spans: Vec<Span>,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    file: Vec<u8>,
    line_number: u64,
    number: Vec<u8>,
    first: Option<u64>,
    given: u64,
    bad: u64,
    done: bool,
}

impl Stage {
    /// A stage for records of this plan.
    pub fn new(plan: &RecordPlan) -> Stage {
        let pick = Pick::new(plan);
        let split = match &plan.format {
            Format::Ws => Splitter::Ws(Ws::new(&pick.sources)),
            Format::Cut(delimiter) => Splitter::Cut(Cut::new(*delimiter, &pick.sources)),
            Format::Lines => Splitter::Lines(Lines),
        };
        let prefilter = prefilter(plan).filter(|_| !pick.counts_lines);
        let texts = plan
            .texts
            .iter()
            .map(|t| (Finder::new(&t.text).into_owned(), t.wanted));
        let core = Core {
            prefilter: prefilter.map(|text| Finder::new(text).into_owned()),
            texts: texts.collect(),
            regexes: plan.regexes.clone(),
            tests: plan.conditions.iter().map(|c| c.test.clone()).collect(),
            spans: vec![Span::default(); pick.sources.len()],
            pick,
            carry: Vec::new(),
            file: Vec::new(),
            line_number: 0,
            number: Vec::new(),
            first: plan.first,
            given: 0,
            bad: 0,
            done: false,
        };
        Stage { split, core }
    }

    /// Begins a job, or a try at one: forgets the one before. `name` is what `@file` gives.
    pub fn begin(&mut self, name: &OsStr) {
        let core = &mut self.core;
        core.carry.clear();
        core.file.clear();
        core.file.extend_from_slice(name.as_encoded_bytes());
        core.line_number = 0;
        core.given = 0;
        core.bad = 0;
        core.done = core.first == Some(0);
    }

    /// Takes the next bytes of the job, which may end anywhere, and gives the records that they
    /// complete to `take`. Breaks when no more are wanted.
    ///
    /// # Errors
    /// What `take` said.
    pub fn block(&mut self, bytes: &[u8], take: &mut dyn Take) -> io::Result<ControlFlow<()>> {
        let core = &mut self.core;
        match &mut self.split {
            Splitter::Ws(split) => core.block(split, bytes, take),
            Splitter::Cut(split) => core.block(split, bytes, take),
            Splitter::Lines(split) => core.block(split, bytes, take),
        }
    }

    /// The job has no more bytes: a last line without a newline is a line.
    ///
    /// # Errors
    /// What `take` said.
    pub fn end(&mut self, take: &mut dyn Take) -> io::Result<ControlFlow<()>> {
        if self.core.done {
            return Ok(ControlFlow::Break(()));
        }
        if self.core.carry.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        self.block(b"\n", take)
    }

    /// How many lines of this job the format could not read.
    pub fn bad_lines(&self) -> u64 {
        self.core.bad
    }

    /// Why the job fails though its bytes could be read, as far as is known.
    pub fn failure(&self) -> Option<String> {
        None
    }
}

/// The longest text that a line must have to remain.
fn prefilter(plan: &RecordPlan) -> Option<&[u8]> {
    let texts = plan.texts.iter().filter(|t| t.wanted).map(|t| &t.text[..]);
    let equals = plan
        .conditions
        .iter()
        .filter_map(|condition| match &condition.test {
            Test::Compare(Comparison::Equal, literal)
                if literal.is_plain() && !matches!(condition.field.source, Source::File | Source::Line) =>
            {
                Some(&literal.text[..])
            }
            _ => None,
        });
    // A text with a newline is in no line, and must not be found across two.
    texts
        .chain(equals)
        .filter(|text| !text.is_empty() && !text.contains(&b'\n'))
        .max_by_key(|text| text.len())
}

impl Core {
    fn block<S: Split>(
        &mut self,
        split: &mut S,
        bytes: &[u8],
        take: &mut dyn Take,
    ) -> io::Result<ControlFlow<()>> {
        if self.done {
            return Ok(ControlFlow::Break(()));
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
            let flow = self.carried(split, &line, take);
            line.clear();
            self.carry = line;
            if flow?.is_break() {
                return Ok(self.stop());
            }
        }
        let whole = memrchr(b'\n', rest).map_or(0, |last| last + 1);
        let (lines, partial) = rest.split_at(whole);
        let flow = match self.prefilter.take() {
            Some(finder) => {
                let flow = self.hits(split, &finder, lines, take);
                self.prefilter = Some(finder);
                flow?
            }
            None => self.lines(split, lines, take)?,
        };
        if flow.is_break() {
            return Ok(self.stop());
        }
        self.carry.extend_from_slice(partial);
        Ok(ControlFlow::Continue(()))
    }

    fn stop(&mut self) -> ControlFlow<()> {
        self.done = true;
        self.carry.clear();
        ControlFlow::Break(())
    }

    /// The line that blocks cut: the same as if they had not.
    fn carried<S: Split>(
        &mut self,
        split: &mut S,
        line: &[u8],
        take: &mut dyn Take,
    ) -> io::Result<ControlFlow<()>> {
        match &self.prefilter {
            Some(finder) if finder.find(line).is_none() => Ok(ControlFlow::Continue(())),
            _ => self.line(split, line, take),
        }
    }

    fn lines<S: Split>(
        &mut self,
        split: &mut S,
        mut lines: &[u8],
        take: &mut dyn Take,
    ) -> io::Result<ControlFlow<()>> {
        while let Some(end) = memchr(b'\n', lines) {
            if self.line(split, &lines[..end], take)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            lines = &lines[end + 1..];
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Only the lines that have the prefilter's text.
    fn hits<S: Split>(
        &mut self,
        split: &mut S,
        finder: &Finder<'_>,
        mut lines: &[u8],
        take: &mut dyn Take,
    ) -> io::Result<ControlFlow<()>> {
        while let Some(hit) = finder.find(lines) {
            let start = memrchr(b'\n', &lines[..hit]).map_or(0, |before| before + 1);
            let end = memchr(b'\n', &lines[hit..]).map_or(lines.len(), |after| hit + after);
            if self.line(split, &lines[start..end], take)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            lines = lines.get(end + 1..).unwrap_or_default();
        }
        Ok(ControlFlow::Continue(()))
    }

    #[inline]
    fn line<S: Split>(
        &mut self,
        split: &mut S,
        line: &[u8],
        take: &mut dyn Take,
    ) -> io::Result<ControlFlow<()>> {
        if self.pick.counts_lines {
            self.count_line();
        }
        if self
            .texts
            .iter()
            .any(|(text, wanted)| text.find(line).is_some() != *wanted)
            || self.regexes.iter().any(|regex| !regex.is_match(line))
        {
            return Ok(ControlFlow::Continue(()));
        }
        if !self.spans.is_empty() {
            self.spans.fill(Span::default());
            match split.split(line, &mut self.spans) {
                Verdict::Read => {}
            }
        }
        let view = View {
            line,
            decoded: split.decoded(),
            spans: &self.spans,
            file: &self.file,
            number: &self.number,
        };
        for (operand, test) in self.pick.conditions.iter().zip(&self.tests) {
            if !test.holds(operand.value(&view)) {
                return Ok(ControlFlow::Continue(()));
            }
        }
        let flow = emit(&self.pick, &view, take)?;
        if let Some(first) = self.first {
            self.given += 1;
            if self.given >= first {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(flow)
    }

    fn count_line(&mut self) {
        use io::Write;
        self.line_number += 1;
        self.number.clear();
        write!(self.number, "{}", self.line_number).expect("writing to memory does not fail");
    }
}

/// Gives the projection of a record, from the stack unless it is long.
#[inline]
fn emit(pick: &Pick, view: &View<'_>, take: &mut dyn Take) -> io::Result<ControlFlow<()>> {
    match &pick.projection[..] {
        [] => take.record(&[view.line]),
        [only] => take.record(&[only.value(view)]),
        [a, b] => take.record(&[a.value(view), b.value(view)]),
        operands if operands.len() <= 8 => {
            let mut fields = [&b""[..]; 8];
            for (field, operand) in fields.iter_mut().zip(operands) {
                *field = operand.value(view);
            }
            take.record(&fields[..operands.len()])
        }
        operands => take.record(&operands.iter().map(|o| o.value(view)).collect::<Vec<_>>()),
    }
}
