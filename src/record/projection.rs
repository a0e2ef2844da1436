//! The fields of one record that conditions and the projection are about.

use super::field::{Field, FieldSource};
use super::format::{FieldSpan, SpanBase};
use super::modifier::{Applied, Modifier};
use super::plan::RecordPlan;
use std::ops::Range;

/// Where each operand finds its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// A field that the format finds.
    Slot(usize),
    /// The whole line.
    Whole,
    /// The input's name.
    File,
    /// The line's number.
    Line,
    /// What modifiers make of another operand.
    Derived(usize),
}

/// One record, as far as it was read.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub line: &'a [u8],
    pub decoded: &'a [u8],
    pub spans: &'a [FieldSpan],
    pub file: &'a [u8],
    pub number: &'a [u8],
}

/// Values that modifiers made of one record.
#[derive(Debug, Default)]
pub(super) struct Derived {
    spans: Vec<FieldSpan>,
    made: Vec<u8>,
    spare: Vec<u8>,
}

/// The operands of a plan, and the fields that the format has to find for them.
#[derive(Debug)]
pub(super) struct Projection {
    /// What the format has to find, each once.
    pub sources: Vec<FieldSource>,
    /// One for each condition.
    pub conditions: Vec<Operand>,
    /// One for each field of the projection.
    pub projection: Vec<Operand>,
    /// What modifiers are applied to, those first that conditions ask for.
    derived: Vec<(Operand, Vec<Modifier>)>,
    early: usize,
    /// Whether anything asks for the line's number.
    pub counts_lines: bool,
}

impl Projection {
    pub fn new(plan: &RecordPlan) -> Projection {
        let mut pick = Projection {
            sources: Vec::new(),
            conditions: Vec::new(),
            projection: Vec::new(),
            derived: Vec::new(),
            early: 0,
            counts_lines: false,
        };
        pick.conditions = plan.conditions.iter().map(|c| pick.operand(&c.field)).collect();
        pick.early = pick.derived.len();
        pick.projection = plan.projection.iter().map(|field| pick.operand(field)).collect();
        pick
    }

    fn operand(&mut self, field: &Field) -> Operand {
        let operand = match &field.source {
            FieldSource::Whole => Operand::Whole,
            FieldSource::File => Operand::File,
            FieldSource::Line => {
                self.counts_lines = true;
                Operand::Line
            }
            source => {
                let known = self.sources.iter().position(|s| s == source);
                Operand::Slot(known.unwrap_or_else(|| {
                    self.sources.push(source.clone());
                    self.sources.len() - 1
                }))
            }
        };
        if field.modifiers.is_empty() {
            return operand;
        }
        let derived = (operand, field.modifiers.clone());
        let known = self.derived.iter().position(|d| *d == derived);
        Operand::Derived(known.unwrap_or_else(|| {
            self.derived.push(derived);
            self.derived.len() - 1
        }))
    }

    /// Whether all that is asked for is one field that the format finds.
    pub fn is_lone(&self) -> bool {
        self.projection == [Operand::Slot(0)] && self.sources.len() == 1
    }

    /// Whether anything asks for derived values.
    #[inline]
    pub fn derives(&self) -> bool {
        !self.derived.is_empty()
    }

    /// The derived values that conditions ask for.
    pub fn early(&self) -> Range<usize> {
        0..self.early
    }

    /// The derived values that only the projection asks for.
    pub fn late(&self) -> Range<usize> {
        self.early..self.derived.len()
    }
}

impl Derived {
    /// Forgets the values of the record before.
    #[inline]
    pub fn begin(&mut self) {
        self.spans.clear();
        self.made.clear();
    }

    /// Makes the next derived values; they are made in their order.
    pub fn make(&mut self, pick: &Projection, range: Range<usize>, view: View<'_>) {
        for (operand, modifiers) in &pick.derived[range] {
            let mut span = operand.span(view);
            for modifier in modifiers {
                let start = self.made.len();
                let applied = if span.base == SpanBase::Made {
                    // What was made can't grow while it is read.
                    self.spare.clear();
                    self.spare.extend_from_slice(&self.made[span.start..span.end]);
                    modifier.apply(&self.spare, &mut self.made)
                } else {
                    modifier.apply(bytes(span, view, &[]), &mut self.made)
                };
                span = match applied {
                    Applied::Part(part) => FieldSpan {
                        base: span.base,
                        start: span.start + part.start,
                        end: span.start + part.end,
                    },
                    Applied::Made => FieldSpan {
                        base: SpanBase::Made,
                        start,
                        end: self.made.len(),
                    },
                };
            }
            self.spans.push(span);
        }
    }
}

#[inline(always)]
fn bytes<'a>(span: FieldSpan, view: View<'a>, made: &'a [u8]) -> &'a [u8] {
    let base = match span.base {
        SpanBase::Line => view.line,
        SpanBase::Decoded => view.decoded,
        SpanBase::Made => made,
        SpanBase::File => view.file,
        SpanBase::Number => view.number,
    };
    &base[span.start..span.end]
}

impl Operand {
    fn span(self, view: View<'_>) -> FieldSpan {
        let of = |base, bytes: &[u8]| FieldSpan {
            base,
            start: 0,
            end: bytes.len(),
        };
        match self {
            Operand::Slot(slot) => view.spans[slot],
            Operand::Whole => of(SpanBase::Line, view.line),
            Operand::File => of(SpanBase::File, view.file),
            Operand::Line => of(SpanBase::Number, view.number),
            // Modifiers are applied to fields alone.
            Operand::Derived(_) => FieldSpan::default(),
        }
    }

    #[inline(always)]
    pub fn value<'a>(self, view: View<'a>, derived: &'a Derived) -> &'a [u8] {
        match self {
            Operand::Slot(slot) => bytes(view.spans[slot], view, &[]),
            Operand::Whole => view.line,
            Operand::File => view.file,
            Operand::Line => view.number,
            Operand::Derived(place) => bytes(derived.spans[place], view, &derived.made),
        }
    }
}
