//! The loop over lines: each is filtered, split into fields and projected.
//!
//! It does not know how a format lays out fields, nor what the sink does with a record.

mod blocks;
mod checkpoint;
mod csv_records;
mod emission;
mod field_notes;
mod joined;
mod joiner;

use super::evidence::Evidence;
use super::expression::Expression;
use super::findings::Findings;
use super::format::{FieldSpan, Format, LineSplitter, LineVerdict};
use super::named_values::put_pair;
use super::notes::{NoteId, NoteKind, Notes};
use super::pattern::Pattern;
use super::plan::{OnBadLine, RecordPlan};
use super::prefilter::{HitRate, Prefilter};
use super::projection::{Operand, Projection, Tested, View};
use super::record_sink::RecordSink;
use super::time::TimeReader;
pub(crate) use checkpoint::Checkpoint;
use field_notes::FieldNotes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use joiner::Joiner;
use memchr::memchr_iter;
use memchr::memmem::Finder;
use std::io::{self, Write};
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

/// The part of the stage that does not depend on the format.
#[derive(Debug)]
pub(super) struct LineLoop {
    /// The search for texts of which every passing line contains one.
    prefilter: Option<Arc<Prefilter>>,
    /// How often it hits in the current job.
    hit_rate: HitRate,
    texts: Vec<(Finder<'static>, bool)>,
    regexes: Vec<(Pattern, bool)>,
    filter: Option<Expression>,
    /// Reads the times that the filter tests.
    times: TimeReader,
    /// True when a field's `-` stands for a value that is missing.
    has_dashes: bool,
    projection: Projection,
    /// True when a record goes on as its pairs of names and values.
    pairs: bool,
    /// Whether the mark of its kind stands behind each key, and then whether a key may be missing.
    marks: Option<bool>,
    expressions: Vec<Expression>,
    /// True when a record is looked at before it goes on.
    has_tests: bool,
    /// For each expression, `1` when it holds for the current record, else `0`.
    holds: Vec<u8>,
    /// All fields of the current record as pairs, when they are asked for.
    all: Vec<u8>,
    /// The current record as pairs.
    record: Vec<u8>,
    spans: Vec<FieldSpan>,
    /// True when each line gives one field and nothing is filtered or counted.
    single_field: bool,
    /// True when every line is a record, unchanged.
    all_lines: bool,
    /// The most bytes of a record that may have several lines.
    longest_record: usize,
    /// Joins lines, when a record may have several.
    joiner: Option<Joiner>,
    /// The beginning of a line whose end has not arrived yet.
    pub carry: Vec<u8>,
    file: Vec<u8>,
    /// What is left out; it holds the number of the current line.
    pub notes: Notes,
    /// For each key or selected column whose modifiers expect a kind of value: the note of those that are of another.
    key_notes: Vec<Option<NoteId>>,
    /// The note of each selected value that the sink takes as a number or a time; empty when it takes none.
    value_notes: Vec<Option<NoteId>>,
    /// The kind of those texts that a sort key is among numbers and times.
    sort_note: Option<NoteId>,
    field_notes: FieldNotes,
    /// What was found about the values of the current record.
    findings: Findings,
    bad_note: Option<NoteId>,
    is_csv: bool,
    /// Records given to the sink in this job, when it takes numbers.
    judged: u64,
    /// True when a field that a record lacks is left out without a note.
    may_lack_fields: bool,
    number: Vec<u8>,
    first: Option<u64>,
    /// Records given to the sink in this job.
    given: u64,
    format: &'static str,
    on_bad: OnBadLine,
    /// These lines, when the plan keeps them.
    pub bad_lines: Vec<u8>,
    /// Whether any line is of the format.
    pub evidence: Evidence,
    /// What is wrong with the input, found at its end.
    pub damage: Option<String>,
    /// The reason why the job fails, when it does.
    pub failure: Option<String>,
    /// True when the job needs no more bytes.
    pub done: bool,
}

impl LineLoop {
    pub fn new(plan: &RecordPlan, projection: Projection) -> LineLoop {
        let counts_lines =
            projection.counts_lines || (plan.on_bad_line == OnBadLine::Fail && plan.has_bad_lines());
        let texts = plan.texts.iter();
        let mut notes = Notes::default();
        let mut value_notes = Vec::new();
        let keys = projection.columns.len() - plan.aggregated;
        let key_notes = projection.columns[..keys].iter().zip(&plan.projection);
        let key_notes = key_notes
            .map(|(column, field)| Some(notes.enter(column.expected()?, &field.text)))
            .collect();
        let is_number = |text: &str| {
            let mut expected = plan.expected.iter();
            expected.any(|(other, kind)| *kind == NoteKind::NoNumber && plan.projection[*other].text == text)
        };
        for &(column, kind) in &plan.expected {
            let text = &plan.projection[column].text;
            // A value that is no number is told once, also when another aggregate takes times, too.
            if kind == NoteKind::NotOrdered && is_number(text) {
                continue;
            }
            value_notes.resize(value_notes.len().max(column + 1), None);
            value_notes[column] = Some(notes.enter(kind, text));
        }
        let sort_note = plan
            .sort
            .as_ref()
            .map(|sort| notes.enter(NoteKind::SortedAsText, &sort.text));
        let is_csv = matches!(plan.format, Format::Csv { .. });
        let field_notes = FieldNotes::new(plan, &projection, &mut notes);
        LineLoop {
            prefilter: Prefilter::new(plan)
                .filter(|_| !counts_lines && plan.record_start.is_none())
                .filter(|_| !is_csv || field_notes.is_empty())
                .map(Arc::new),
            hit_rate: HitRate::default(),
            joiner: plan
                .record_start
                .as_ref()
                .map(|start| Joiner::new(start, plan.longest_record)),
            longest_record: plan.longest_record,
            value_notes,
            key_notes,
            is_csv,
            bad_note: plan
                .has_bad_lines()
                .then(|| notes.enter(NoteKind::BadLine, plan.format.name())),
            notes,
            judged: 0,
            may_lack_fields: plan.format.may_lack_fields(),
            texts: texts
                .map(|t| (Finder::new(&t.text).into_owned(), t.wanted))
                .collect(),
            regexes: plan.regexes.clone(),
            filter: plan.filter.clone(),
            times: TimeReader::new(&plan.times),
            has_dashes: plan.format.has_dashes(),
            spans: vec![FieldSpan::default(); projection.sources.len()],
            all_lines: plan.is_unfiltered()
                && plan.record_start.is_none()
                && plan.projection.is_empty()
                && !counts_lines
                && plan.first.is_none(),
            single_field: projection.is_single_field(plan.expected.is_empty())
                && !plan.pairs
                && !plan.marks_kinds
                && !counts_lines
                && plan.record_start.is_none()
                && plan.is_unfiltered()
                && plan.first.is_none()
                && field_notes.is_empty(),
            has_tests: plan.filter.is_some() || !plan.expressions.is_empty() || !field_notes.is_empty(),
            field_notes,
            findings: Findings::default(),
            sort_note,
            projection,
            pairs: plan.pairs,
            marks: plan.marks_kinds.then(|| plan.format.has_json_kinds()),
            holds: Vec::new(),
            expressions: plan.expressions.clone(),
            all: Vec::new(),
            record: Vec::new(),
            carry: Vec::new(),
            file: Vec::new(),
            number: Vec::new(),
            first: plan.first,
            given: 0,
            format: plan.format.name(),
            on_bad: plan.on_bad_line.clone(),
            bad_lines: Vec::new(),
            evidence: Evidence::Readable,
            damage: None,
            failure: None,
            done: false,
        }
    }

    /// Starts a job whose input has this name and was written last at `modified`.
    pub fn begin(&mut self, name: &[u8], modified: Option<SystemTime>) {
        self.times.begin(modified);
        let Projection {
            tested,
            columns,
            sort,
            ..
        } = &mut self.projection;
        let operands = tested.iter_mut().chain(columns).chain(sort);
        operands.for_each(|operand| operand.begin(modified));
        self.carry.clear();
        if let Some(joiner) = &mut self.joiner {
            joiner.begin();
        }
        self.file.clear();
        self.file.extend_from_slice(name);
        self.hit_rate = HitRate::default();
        self.notes.begin(name);
        self.field_notes.begin();
        self.judged = 0;
        self.given = 0;
        self.bad_lines.clear();
        self.evidence = Evidence::at_start(self.bad_note.is_some() && !self.is_csv);
        self.damage = None;
        self.failure = None;
        self.done = self.first == Some(0);
    }

    /// Skips a header record, of which `bytes` are the last.
    pub fn skip(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.notes.line += newlines(&self.carry) + newlines(bytes);
        self.carry.clear();
        ControlFlow::Continue(())
    }

    /// Ends the job when `flow` breaks, and passes it on.
    pub fn end_on_break(&mut self, flow: ControlFlow<()>) -> ControlFlow<()> {
        if flow.is_break() {
            self.done = true;
            self.carry.clear();
        }
        flow
    }

    /// Filters, splits and projects one line.
    #[inline]
    fn line<S: LineSplitter>(
        &mut self,
        split: &mut S,
        whole: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        self.count_line();
        let line = without_return(whole);
        if S::HAS_DIRECTIVES && split.directive(line) {
            return Ok(ControlFlow::Continue(()));
        }
        if S::CHECKS && !self.evidence.is_readable() {
            // Whether a file is of the format must not depend on the filters.
            self.spans.fill(FieldSpan::default());
            self.evidence
                .add(split.split(line, &mut self.spans), self.format, line);
        }
        if !self.passes(line) {
            return Ok(ControlFlow::Continue(()));
        }
        if S::CHECKS || !self.spans.is_empty() {
            self.spans.fill(FieldSpan::default());
            match split.split(line, &mut self.spans) {
                LineVerdict::Read => {}
                LineVerdict::Dropped => return Ok(ControlFlow::Continue(())),
                LineVerdict::Bad => return Ok(self.bad_line(whole)),
            }
        }
        if !self.keeps(line, split.decoded()) {
            return Ok(ControlFlow::Continue(()));
        }
        if self.projection.takes_all {
            self.all.clear();
            split.pairs(line, &mut |name, kind, value| {
                put_pair(&mut self.all, name, kind, value)
            });
        }
        self.give((line, whole), split.decoded(), sink)
    }

    /// Returns true when the line passes the filters on whole lines.
    #[inline]
    fn passes(&self, line: &[u8]) -> bool {
        self.texts
            .iter()
            .all(|(text, wanted)| text.find(line).is_some() == *wanted)
            && Pattern::all_hold(&self.regexes, line)
    }

    /// Evaluates the filter for a record, and the other expressions if it holds.
    #[inline]
    fn keeps(&mut self, line: &[u8], decoded: &[u8]) -> bool {
        if !self.has_tests {
            return true;
        }
        let view = View {
            line,
            decoded,
            spans: &self.spans,
            file: &self.file,
            number: &self.number,
            holds: &[],
            all: &[],
        };
        self.field_notes.record(view);
        self.findings.clear();
        let mut tested = Tested {
            operands: &mut self.projection.tested,
            view,
            has_dashes: self.has_dashes,
            findings: &mut self.findings,
        };
        let mut keeps = true;
        if let Some(filter) = &self.filter {
            keeps = filter.holds(&mut tested, &mut self.times);
        }
        if keeps && !self.expressions.is_empty() {
            self.holds.clear();
            for expression in &self.expressions {
                let holds = expression.holds(&mut tested, &mut self.times);
                self.holds.push(b'0' + u8::from(holds));
            }
        }
        let Tested {
            operands, findings, ..
        } = tested;
        self.field_notes.tested(&mut self.notes, findings, operands, view);
        keeps
    }

    /// Returns whether a line of the job is of the format, and a value of each key and selected column is of the kind
    /// that its modifiers read.
    pub fn evidence(&self) -> Evidence {
        let columns = self.key_notes.iter().flatten();
        let mut values = columns.chain(self.field_notes.modified());
        let lacking = values.find_map(|note| self.notes.lacking(*note));
        match lacking.or_else(|| self.field_notes.untimed()) {
            Some(first) if self.evidence.is_readable() => Evidence::Lacking(first),
            _ => self.evidence.clone(),
        }
    }

    /// Returns what was found in the complete lines so far; more may come.
    pub fn checkpoint(&mut self) -> Checkpoint {
        let (notes, judged, fields) = (self.notes.clone(), self.judged, self.field_notes.clone());
        let checkpoint = Checkpoint {
            notes: self.notes_of_job(),
            lines: self.notes.line,
            is_readable: self.evidence().is_readable(),
            carried: self.carry.len() as u64,
            oldest: self.oldest(),
        };
        (self.notes, self.judged, self.field_notes) = (notes, judged, fields);
        checkpoint
    }

    /// Returns the first time without a year that was read in the file.
    fn oldest(&self) -> Option<Timestamp> {
        let Projection {
            tested,
            columns,
            sort,
            ..
        } = &self.projection;
        let operands = tested.iter().chain(columns).chain(sort);
        let times = operands.map(Operand::oldest).chain([self.times.oldest()]);
        let oldest = times.flatten().min()?;
        TimeZone::UTC.to_timestamp(oldest).ok()
    }

    /// Returns what this job left out.
    pub fn notes_of_job(&mut self) -> Notes {
        let judged = mem::take(&mut self.judged);
        for note in self.value_notes.iter().flatten() {
            self.notes.judge_all(*note, judged);
        }
        self.field_notes.end(&mut self.notes);
        let lines = self.notes.line;
        if let Some(note) = self.bad_note {
            self.notes.judge_all(note, lines);
        }
        self.notes.of_job()
    }

    #[inline]
    fn count_line(&mut self) {
        self.notes.line += 1;
        if self.projection.counts_lines {
            self.number.clear();
            write!(self.number, "{}", self.notes.line).expect("writing to memory does not fail");
        }
    }

    #[cold]
    fn bad_line(&mut self, line: &[u8]) -> ControlFlow<()> {
        // What is told must not depend on how the file was cut, nor on whether the search for candidates was given up.
        let is_candidate = |texts: &Arc<Prefilter>| texts.find(line).is_some();
        if let Some(note) = self.bad_note
            && self.prefilter.as_ref().is_none_or(is_candidate)
        {
            self.notes.add(note, without_return(line));
        }
        match self.on_bad {
            OnBadLine::Skip => ControlFlow::Continue(()),
            OnBadLine::Fail => {
                self.failure = Some(format!(
                    "line {} can't be read as {}",
                    self.notes.line, self.format
                ));
                ControlFlow::Break(())
            }
            OnBadLine::Keep(_) => {
                self.bad_lines.extend_from_slice(line);
                self.bad_lines.push(b'\n');
                ControlFlow::Continue(())
            }
        }
    }
}

/// Returns a line without the carriage return that belongs to its end.
#[inline]
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
