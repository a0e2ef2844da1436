//! The values that expressions test and that the projection selects from each record.
//!
//! It does not know how a format finds fields.

mod kinds;

use super::expression::{Moment, Value, Values};
use super::field::{Field, FieldSource};
use super::findings::Findings;
use super::format::{FieldSpan, SpanBase};
use super::modifier::{Modifier, Outcome};
use super::notes::NoteKind;
use super::plan::RecordPlan;
use super::time::{Precision, Time, TimePlan, TimeReader};
use jiff::civil::DateTime;
use std::time::SystemTime;

/// The place of one value in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A field that the format finds.
    Slot(usize),
    /// The whole line.
    Whole,
    /// The input's name.
    File,
    /// The line's number.
    Line,
    /// All fields.
    All,
    /// Whether an expression holds.
    Holds(usize),
}

/// One value of a record, with the modifiers that are applied to it.
#[derive(Debug)]
pub(super) struct Operand {
    place: Place,
    modifiers: Vec<Modifier>,
    /// True when the modifiers leave a part of the value, so that it is not copied.
    is_part: bool,
    /// What the modifiers made of the current record's value.
    modified: Vec<u8>,
    /// What became of the current record's value.
    made: Outcome,
    /// Reads the times of the modifiers.
    times: TimeReader,
    /// The value of which `modified` was made, when there is one modifier and it reads times: often the next record has
    /// the same.
    last: Vec<u8>,
    has_last: bool,
    /// True when a time in the value may go on in the fields after it.
    goes_on: bool,
}

/// One record, as far as it was parsed.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub line: &'a [u8],
    pub decoded: &'a [u8],
    pub spans: &'a [FieldSpan],
    pub file: &'a [u8],
    pub number: &'a [u8],
    /// For each expression, `1` when it holds, else `0`.
    pub holds: &'a [u8],
    /// All fields as pairs, when a column is all fields.
    pub all: &'a [u8],
}

/// The operands of a plan and the fields that the format must find for them.
#[derive(Debug, Default)]
pub(super) struct Projection {
    /// The fields that the format must find, each once.
    pub sources: Vec<FieldSource>,
    /// One operand per field that expressions test.
    pub tested: Vec<Operand>,
    /// One operand per selected field.
    pub columns: Vec<Operand>,
    /// The names of the selected fields.
    pub names: Vec<String>,
    /// The value by which the sink sorts records.
    pub sort: Option<Operand>,
    /// True when a column is all fields.
    pub takes_all: bool,
    /// True when an operand is the line's number.
    pub counts_lines: bool,
    /// What times leave open.
    times: TimePlan,
    /// True when the fields of a line are words, of which a time may take several.
    has_words: bool,
}

impl Projection {
    pub fn new(plan: &RecordPlan) -> Projection {
        let mut projection = Projection {
            times: plan.times.clone(),
            has_words: plan.format.has_words(),
            ..Projection::default()
        };
        for field in &plan.tested {
            let operand = projection.operand(field);
            projection.tested.push(operand);
        }
        for field in &plan.projection {
            let operand = projection.operand(field);
            projection.columns.push(operand);
            projection.names.push(field.text.clone());
            projection.takes_all |= field.source == FieldSource::All;
        }
        projection.sort = plan.sort.as_ref().map(|field| projection.operand(field));
        projection
    }

    fn operand(&mut self, field: &Field) -> Operand {
        let place = match &field.source {
            FieldSource::Whole => Place::Whole,
            FieldSource::File => Place::File,
            FieldSource::All => Place::All,
            FieldSource::Holds(at) => Place::Holds(*at),
            FieldSource::Line => {
                self.counts_lines = true;
                Place::Line
            }
            source => {
                let known = self.sources.iter().position(|s| s == source);
                Place::Slot(known.unwrap_or_else(|| {
                    self.sources.push(source.clone());
                    self.sources.len() - 1
                }))
            }
        };
        Operand {
            place,
            is_part: field.modifiers.iter().all(Modifier::keeps_bytes),
            modifiers: field.modifiers.clone(),
            modified: Vec::new(),
            made: Outcome::Text,
            times: TimeReader::new(&self.times),
            last: Vec::new(),
            has_last: false,
            goes_on: match place {
                Place::Slot(_) => self.has_words,
                Place::Whole => true,
                Place::File | Place::Line | Place::All | Place::Holds(_) => false,
            },
        }
    }

    /// Returns true when the only value is one field, or a part of it.
    /// A value that may be noted is not cut, as its `-` would not be known.
    pub fn is_single_field(&self, may_cut: bool) -> bool {
        let single = |operand: &Operand| {
            operand.place == Place::Slot(0) && (operand.modifiers.is_empty() || may_cut && operand.is_part)
        };
        self.columns.len() == 1 && self.columns.iter().all(single) && self.sources.len() == 1
    }
}

impl Operand {
    /// Applies the modifiers to the value in this record.
    #[inline]
    pub fn modify(&mut self, view: View<'_>) {
        if self.is_part {
            return;
        }
        let Some((first, others)) = self.modifiers.split_first() else {
            return;
        };
        let value = self.place.value(view);
        if let Place::Slot(slot) = self.place
            && view.spans[slot].base == SpanBase::Unmodified
        {
            self.modified.clear();
            self.modified.extend_from_slice(value);
            self.made = Outcome::Text;
            self.has_last = false;
            return;
        }
        match first.cut() {
            Some(cut) => {
                if self.has_last && self.last == value {
                    return;
                }
                if self.has_last
                    && self.fits()
                    && let Some(alike) = cut.digits_of_clf()
                    && self.times.is_alike(&self.last, value, alike)
                {
                    return;
                }
                self.has_last = others.is_empty() && !self.goes_on;
                self.last.clear();
                self.last.extend_from_slice(value);
                let time = match self.goes_on {
                    true => self.place.time(view, &mut self.times),
                    false => self.times.read_loosely(value),
                };
                self.modified.clear();
                let put = time.and_then(|time| cut.put(&time, self.times.zone(), &mut self.modified));
                self.made = match put {
                    Some(_) => Outcome::Text,
                    None => Outcome::Misfit,
                };
            }
            None => {
                self.modified.clear();
                self.modified.extend_from_slice(value);
                self.made = first.apply(&mut self.modified, &mut self.times);
            }
        }
        for modifier in others {
            self.made = modifier.apply_after(self.made, &mut self.modified, &mut self.times);
        }
        if !self.fits() {
            self.modified.clear();
        }
    }

    /// Returns false when the value is of another kind than a modifier reads.
    #[inline]
    pub fn fits(&self) -> bool {
        self.made != Outcome::Misfit
    }

    /// Starts a job whose input was written last at `modified`.
    pub fn begin(&mut self, modified: Option<SystemTime>) {
        self.times.begin(modified);
        // What was made of it may depend on the file.
        self.has_last = false;
        self.made = match self.is_part {
            true => Outcome::Text,
            false => Outcome::Misfit,
        };
    }

    /// Returns the first time without a year that was read.
    pub fn oldest(&self) -> Option<DateTime> {
        self.times.oldest()
    }

    /// Returns the note on values that modifiers can't read, if there are such.
    pub fn expected(&self) -> Option<NoteKind> {
        self.modifiers.iter().rev().find_map(Modifier::expected)
    }

    /// Returns the slot of the field that the format finds, when it is one.
    pub fn slot(&self) -> Option<usize> {
        match self.place {
            Place::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    /// Returns the value in this record, before the modifiers.
    pub fn original<'a>(&self, view: View<'a>) -> &'a [u8] {
        self.place.value(view)
    }

    /// Returns true when the record has no value there: it lacks the field, has JSON's null, or a `-` that stands
    /// for none.
    pub fn is_missing(&self, view: View<'_>, has_dashes: bool) -> bool {
        if matches!(self.made, Outcome::Null | Outcome::Missing) {
            return true;
        }
        match self.place {
            Place::Slot(slot) => {
                view.spans[slot].is_missing() || has_dashes && self.place.value(view) == b"-"
            }
            Place::Whole | Place::File | Place::Line | Place::All | Place::Holds(_) => false,
        }
    }

    /// Returns the value in this record, to which [`Operand::modify`] was applied.
    #[inline(always)]
    pub fn value<'a>(&'a self, view: View<'a>) -> &'a [u8] {
        if self.modifiers.is_empty() {
            self.place.value(view)
        } else if self.is_part {
            self.part(view)
        } else {
            &self.modified
        }
    }

    /// Returns the part of the value that the modifiers leave.
    #[inline]
    fn part<'a>(&self, view: View<'a>) -> &'a [u8] {
        let base = match self.place {
            Place::Slot(slot) => view.spans[slot].base,
            _ => SpanBase::Line,
        };
        self.part_of(self.place.value(view), base)
    }

    /// Returns what the modifiers, which leave a part of a value, make of `value`.
    #[inline]
    pub fn part_of<'a>(&self, value: &'a [u8], base: SpanBase) -> &'a [u8] {
        match base {
            SpanBase::Unmodified => value,
            _ => self
                .modifiers
                .iter()
                .fold(value, |value, modifier| modifier.part(value)),
        }
    }
}

impl Operand {
    /// Returns the time that begins in the value and may go on in the line after it.
    fn moment(&mut self, view: View<'_>) -> Option<Moment> {
        let time = self
            .place
            .time(view, &mut self.times)
            .filter(|time| !time.is_epoch)?;
        let alone = self.times.read(self.place.value(view));
        Some(Moment {
            timestamp: time.timestamp(self.times.zone())?,
            is_of_date: alone.is_some_and(|alone| alone.precision < Precision::Clock),
        })
    }
}

/// The values that expressions test in one record.
pub(super) struct Tested<'a> {
    pub operands: &'a mut [Operand],
    pub view: View<'a>,
    /// True when a field's `-` stands for a value that is missing.
    pub has_dashes: bool,
    pub findings: &'a mut Findings,
}

impl Values for Tested<'_> {
    #[inline]
    fn value(&mut self, subject: usize) -> Value<'_> {
        let operand = &mut self.operands[subject];
        self.findings.asked.insert(subject);
        if let Place::Slot(slot) = operand.place {
            match self.view.spans[slot].base {
                SpanBase::Missing => return Value::Missing,
                SpanBase::Null => return Value::Null,
                SpanBase::Line | SpanBase::Decoded | SpanBase::Unmodified | SpanBase::Json => {}
            }
            if self.has_dashes && operand.place.value(self.view) == b"-" {
                return Value::Dash;
            }
        }
        operand.modify(self.view);
        self.findings.looked_at.insert(subject);
        match operand.made {
            Outcome::Text | Outcome::Json => Value::Text(operand.value(self.view)),
            Outcome::Null => Value::Null,
            Outcome::Missing => Value::Missing,
            Outcome::Misfit => {
                self.findings.unread.insert(subject);
                Value::Missing
            }
        }
    }

    #[inline]
    fn moment(&mut self, subject: usize) -> Option<Moment> {
        let operand = &mut self.operands[subject];
        match operand.goes_on && operand.modifiers.is_empty() {
            true => operand.moment(self.view),
            false => None,
        }
    }

    #[inline]
    fn other_kind(&mut self, subject: usize) {
        self.findings.misfits.insert(subject);
    }
}

impl View<'_> {
    /// Returns true when the record has the field of this slot.
    #[inline]
    pub fn has(self, slot: usize) -> bool {
        self.spans[slot].base != SpanBase::Missing
    }
}

impl Place {
    #[inline(always)]
    fn value<'a>(self, view: View<'a>) -> &'a [u8] {
        match self {
            Place::Slot(slot) => {
                let span = view.spans[slot];
                let base = match span.base {
                    SpanBase::Decoded | SpanBase::Unmodified => view.decoded,
                    _ => view.line,
                };
                &base[span.start..span.end]
            }
            Place::Whole => view.line,
            Place::File => view.file,
            Place::Line => view.number,
            Place::All => view.all,
            Place::Holds(at) => &view.holds[at..=at],
        }
    }

    /// Reads the time that begins in the value and may go on in the line after it. A number is a time only when it is
    /// all of the value.
    fn time(self, view: View<'_>, times: &mut TimeReader) -> Option<Time> {
        let value = self.value(view);
        let rest = match self {
            Place::Slot(slot) if !value.is_empty() => &view.line[view.spans[slot].start..],
            _ => value,
        };
        let time = times.read_start(rest)?;
        if time.is_epoch {
            times.read(value)
        } else {
            Some(time)
        }
    }
}
