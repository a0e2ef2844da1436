//! The fields of one record that conditions and the projection are about.

use super::field::{Field, Source};
use super::format::Span;
use super::plan::RecordPlan;
use std::ops::Range;

/// Where each operand finds its value.
#[derive(Debug)]
pub(super) struct Operand {
    origin: Origin,
    slice: Option<Range<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Slot(usize),
    Whole,
    File,
    Line,
}

/// One record, as far as it was read.
pub(super) struct View<'a> {
    pub line: &'a [u8],
    pub decoded: &'a [u8],
    pub spans: &'a [Span],
    pub file: &'a [u8],
    pub number: &'a [u8],
}

/// The operands of a plan, and the fields that the format has to find for them.
#[derive(Debug)]
pub(super) struct Pick {
    /// What the format has to find, each once.
    pub sources: Vec<Source>,
    /// One for each condition.
    pub conditions: Vec<Operand>,
    /// One for each field of the projection.
    pub projection: Vec<Operand>,
    /// Whether anything asks for the line's number.
    pub counts_lines: bool,
}

impl Pick {
    pub fn new(plan: &RecordPlan) -> Pick {
        let mut pick = Pick {
            sources: Vec::new(),
            conditions: Vec::new(),
            projection: Vec::new(),
            counts_lines: false,
        };
        pick.conditions = plan.conditions.iter().map(|c| pick.operand(&c.field)).collect();
        pick.projection = plan.projection.iter().map(|field| pick.operand(field)).collect();
        let all = pick.conditions.iter().chain(&pick.projection);
        pick.counts_lines = all.into_iter().any(|operand| operand.origin == Origin::Line);
        pick
    }

    fn operand(&mut self, field: &Field) -> Operand {
        let origin = match &field.source {
            Source::Whole => Origin::Whole,
            Source::File => Origin::File,
            Source::Line => Origin::Line,
            source => {
                let known = self.sources.iter().position(|s| s == source);
                Origin::Slot(known.unwrap_or_else(|| {
                    self.sources.push(source.clone());
                    self.sources.len() - 1
                }))
            }
        };
        Operand {
            origin,
            slice: field.slice.clone(),
        }
    }
}

impl Operand {
    #[inline]
    pub fn value<'a>(&self, view: &View<'a>) -> &'a [u8] {
        let value = match self.origin {
            Origin::Slot(slot) => {
                let span = view.spans[slot];
                let base = if span.decoded { view.decoded } else { view.line };
                &base[span.start..span.end]
            }
            Origin::Whole => view.line,
            Origin::File => view.file,
            Origin::Line => view.number,
        };
        match &self.slice {
            None => value,
            Some(slice) => &value[slice.start.min(value.len())..slice.end.min(value.len())],
        }
    }
}
