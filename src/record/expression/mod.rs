//! Expressions over the fields of a record, or over the columns of a row: tests joined by `and`, `or`, `not`.
//!
//! Logic has two values: a test on a missing value, or on one of another kind, does not hold. This module does
//! not know what a field is: a test names its subject by an index, which whoever parses gives out.

mod bound;
mod equality;
mod instant;
mod moment;
mod parser;
#[cfg(any(fuzzing, test))]
mod printer;
mod tree;
mod value_text;

pub(crate) use moment::Moment;
pub(crate) use parser::LoneQuote;
pub(super) use tree::{Needles, Neighbours, selectivity};
pub(crate) use tree::{Value, Values};

use super::notes::NoteKind;
use super::pattern::Case;
use super::plan_error::RecordPlanError;
use super::time::{TimePlan, TimeReader};
use parser::Parser;
use tree::Node;

/// An expression, parsed and ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Parses an expression, in which times are typed as `times` has it, and whose `~` and `!~` treat case so.
    /// `subject` returns the index of what stands before an operator.
    ///
    /// # Errors
    /// When the text is no expression, a value can't mean what its operator asks for, or `subject` fails. The
    /// message says where.
    pub(crate) fn parse(
        text: &str,
        lone_quote: LoneQuote,
        times: &TimePlan,
        case: Case,
        subject: &mut dyn FnMut(&str) -> Result<usize, RecordPlanError>,
    ) -> Result<Expression, RecordPlanError> {
        let mut parser = Parser::new(text, lone_quote, times, subject);
        parser.case = case;
        let root = parser.parse()?;
        Ok(Expression { root })
    }

    /// Joins expressions by `and`; `None` when there are none.
    pub(crate) fn all(expressions: Vec<Expression>) -> Option<Expression> {
        let mut nodes: Vec<_> = expressions
            .into_iter()
            .map(|expression| expression.root)
            .collect();
        let root = match nodes.len() {
            0 => return None,
            1 => nodes.remove(0),
            _ => Node::All(nodes),
        };
        Some(Expression { root })
    }

    /// Returns true when the expression holds for these values.
    #[inline]
    pub(crate) fn holds(&self, values: &mut impl Values, times: &mut TimeReader) -> bool {
        self.root.holds(values, times)
    }

    /// Returns whether it depends on when the program was started: `now`, `-2h`, a time without a year.
    pub(crate) fn is_relative(&self) -> bool {
        self.root.is_relative()
    }

    /// Returns the subjects that are ordered by a number or a time, each with the note on a value of another kind.
    pub(super) fn ordered(&self) -> Vec<(usize, NoteKind)> {
        let mut found = Vec::new();
        self.root.ordered(&mut found);
        found
    }

    /// Returns the best set of texts of which one stands in every record that passes, if there
    /// is one. `verbatim` returns what is beside a subject's value, when that stands unchanged in its record.
    pub(super) fn needles(&self, verbatim: &dyn Fn(usize) -> Option<Neighbours>) -> Option<Needles<'_>> {
        self.root.needles(verbatim)
    }
}

#[cfg(test)]
mod tests;
