//! The values that conditions test and that the projection selects from each record.
//!
//! It does not know how a format finds fields.

use super::field::{Field, FieldSource};
use super::format::{FieldSpan, SpanBase};
use super::modifier::{Applied, Modifier};
use super::plan::RecordPlan;
use std::ops::Range;

/// The place of one value in a record.
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
    /// A value that modifiers derive from another operand.
    Derived(usize),
}

/// One record, as far as it was parsed.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub line: &'a [u8],
    pub decoded: &'a [u8],
    pub spans: &'a [FieldSpan],
    pub file: &'a [u8],
    pub number: &'a [u8],
}

/// The values that modifiers derived from one record.
#[derive(Debug, Default)]
pub(super) struct Derived {
    spans: Vec<FieldSpan>,
    made: Vec<u8>,
    spare: Vec<u8>,
}

/// The operands of a plan and the fields that the format must find for them.
#[derive(Debug)]
pub(super) struct Projection {
    /// The fields that the format must find, each once.
    pub sources: Vec<FieldSource>,
    /// One operand per condition.
    pub conditions: Vec<Operand>,
    /// One operand per selected field.
    pub columns: Vec<Operand>,
    /// Operands with the modifiers that are applied to them; those that conditions use come first.
    derived: Vec<(Operand, Vec<Modifier>)>,
    /// The number of derived values that conditions use.
    early: usize,
    /// True when an operand is the line's number.
    pub counts_lines: bool,
}

impl Projection {
    pub fn new(plan: &RecordPlan) -> Projection {
        let mut projection = Projection {
            sources: Vec::new(),
            conditions: Vec::new(),
            columns: Vec::new(),
            derived: Vec::new(),
            early: 0,
            counts_lines: false,
        };
        projection.conditions = plan
            .conditions
            .iter()
            .map(|c| projection.operand(&c.field))
            .collect();
        projection.early = projection.derived.len();
        projection.columns = plan
            .projection
            .iter()
            .map(|field| projection.operand(field))
            .collect();
        projection
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

    /// Returns true when the only value is one unmodified field.
    pub fn is_single_field(&self) -> bool {
        self.columns == [Operand::Slot(0)] && self.sources.len() == 1
    }

    /// Returns true when some value is derived.
    #[inline]
    pub fn derives(&self) -> bool {
        !self.derived.is_empty()
    }

    /// Returns the derived values that conditions use.
    pub fn early(&self) -> Range<usize> {
        0..self.early
    }

    /// Returns the derived values that only the projection uses.
    pub fn late(&self) -> Range<usize> {
        self.early..self.derived.len()
    }
}

impl Derived {
    /// Discards the values of the previous record.
    #[inline]
    pub fn begin(&mut self) {
        self.spans.clear();
        self.made.clear();
    }

    /// Computes the derived values of `range`. Ranges must follow each other in order.
    pub fn make(&mut self, projection: &Projection, range: Range<usize>, view: View<'_>) {
        for (operand, modifiers) in &projection.derived[range] {
            let mut span = operand.span(view);
            for modifier in modifiers {
                let start = self.made.len();
                let applied = if span.base == SpanBase::Made {
                    // The buffer cannot grow while a modifier reads from it.
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
        let all_of = |base, bytes: &[u8]| FieldSpan {
            base,
            start: 0,
            end: bytes.len(),
        };
        match self {
            Operand::Slot(slot) => view.spans[slot],
            Operand::Whole => all_of(SpanBase::Line, view.line),
            Operand::File => all_of(SpanBase::File, view.file),
            Operand::Line => all_of(SpanBase::Number, view.number),
            // Modifiers apply to fields only, never to derived values.
            Operand::Derived(_) => FieldSpan::default(),
        }
    }

    /// Returns the value of this operand.
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
