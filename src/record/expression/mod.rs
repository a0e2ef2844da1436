//! Expressions over the fields of a record, or over the columns of a row: tests joined by `and`, `or`, `not`.
//!
//! Logic has two values: a test on a missing value, or on one of another kind, does not hold. This module does
//! not know what a field is: a test names its subject by an index, which whoever parses gives out.

mod bound;
mod equality;
mod instant;
mod parser;
mod value_text;

use super::plan_error::RecordPlanError;
use bound::Bound;
use equality::Equality;
use parser::Parser;
use regex::bytes::Regex;
use std::cmp::Ordering;

/// An expression, parsed and ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
}

/// A node of the tree.
#[derive(Debug, Clone)]
enum Node {
    /// Holds when all of these do.
    All(Vec<Node>),
    /// Holds when one of these does.
    Any(Vec<Node>),
    /// Holds when this does not.
    Not(Box<Node>),
    /// Holds when the value of the subject with this index passes the test.
    Test(usize, Test),
}

/// A test of one value.
#[derive(Debug, Clone)]
enum Test {
    /// True when the value equals one of these.
    In(Vec<Equality>),
    /// True when the value stands in this relation to a bound.
    Order(Relation, Bound),
    /// True when the regular expression matches somewhere in the value.
    Match(Regex),
    /// True when there is a value.
    Exists,
}

/// An ordering relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The value of a subject in one record or row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// The record has no such field.
    Missing,
    /// The format's mark of a missing value, the `-` of clf: equal to `-`, and otherwise missing.
    Dash,
    /// JSON's null: there, equal to `null`, and of no other kind.
    Null,
    /// Any bytes, which may be none.
    Text(&'a [u8]),
}

/// Finds the values of the subjects in one record or row.
pub(crate) trait Values {
    /// Returns the value of the subject with this index.
    fn value(&mut self, subject: usize) -> Value<'_>;

    /// Takes note that the value of this subject has another kind than its test asks for.
    fn other_kind(&mut self, _subject: usize) {}
}

/// What a quote is that begins a value and is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoneQuote {
    /// A slip.
    Refused,
    /// Text: fields of the format keep their quotes, as in `"GET`.
    Kept,
}

/// A set of texts of which at least one stands in every value for which an expression holds.
pub(super) type Needles<'a> = Vec<&'a [u8]>;

impl Expression {
    /// Parses an expression. `subject` returns the index of what stands before an operator.
    ///
    /// # Errors
    /// When the text is no expression, a value can't mean what its operator asks for, or `subject` fails. The
    /// message says where.
    pub(crate) fn parse(
        text: &str,
        lone_quote: LoneQuote,
        subject: &mut dyn FnMut(&str) -> Result<usize, RecordPlanError>,
    ) -> Result<Expression, RecordPlanError> {
        let root = Parser::new(text, lone_quote, subject).parse()?;
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
    pub(crate) fn holds(&self, values: &mut impl Values) -> bool {
        self.root.holds(values)
    }

    /// Returns the best set of texts of which one stands in the values of every record that passes, if there
    /// is one. `verbatim` says whether a subject's value stands unchanged in its record.
    pub(super) fn needles(&self, verbatim: &dyn Fn(usize) -> bool) -> Option<Needles<'_>> {
        self.root.needles(verbatim)
    }
}

impl Node {
    #[inline]
    fn holds(&self, values: &mut impl Values) -> bool {
        match self {
            Node::Test(subject, test) => test.holds(*subject, values),
            Node::All(nodes) => nodes.iter().all(|node| node.holds(values)),
            Node::Any(nodes) => nodes.iter().any(|node| node.holds(values)),
            Node::Not(node) => !node.holds(values),
        }
    }

    fn needles(&self, verbatim: &dyn Fn(usize) -> bool) -> Option<Needles<'_>> {
        match self {
            Node::Test(subject, Test::In(literals)) if verbatim(*subject) => {
                literals.iter().map(Equality::needle).collect()
            }
            Node::All(nodes) => {
                let sets = nodes.iter().filter_map(|node| node.needles(verbatim));
                sets.max_by_key(|set| selectivity(set))
            }
            Node::Any(nodes) => {
                let sets: Option<Vec<_>> = nodes.iter().map(|node| node.needles(verbatim)).collect();
                Some(sets?.concat())
            }
            Node::Test(..) | Node::Not(_) => None,
        }
    }
}

/// Ranks sets of needles: the length of the shortest text decides, then the number of texts.
pub(super) fn selectivity(set: &[&[u8]]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = set.iter().map(|text| text.len()).min().unwrap_or(0);
    (shortest, std::cmp::Reverse(set.len()))
}

impl Test {
    #[inline]
    fn holds(&self, subject: usize, values: &mut impl Values) -> bool {
        let value = values.value(subject);
        match (self, value) {
            (Test::Exists, value) => !matches!(value, Value::Missing | Value::Dash),
            (_, Value::Missing) => false,
            (Test::In(literals), Value::Text(value)) => literals.iter().any(|literal| literal.holds(value)),
            (Test::In(literals), Value::Dash) => literals.iter().any(|literal| literal.is_text(b"-")),
            (Test::In(literals), Value::Null) => literals.iter().any(|literal| literal.is_text(b"null")),
            (_, Value::Dash) => false,
            (Test::Match(regex), Value::Text(value)) => regex.is_match(value),
            (Test::Match(_), Value::Null) => false,
            (Test::Order(relation, bound), Value::Text(value)) => match bound.order(value) {
                Some(order) => relation.holds(order),
                None => {
                    values.other_kind(subject);
                    false
                }
            },
            (Test::Order(..), Value::Null) => {
                values.other_kind(subject);
                false
            }
        }
    }
}

impl Relation {
    #[inline]
    fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Less => order.is_lt(),
            Relation::AtMost => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::AtLeast => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests;
