//! The tree of an expression: what holds of the values of a record, and which texts must stand in them.

use super::bound::Bound;
use super::equality::Equality;
use super::moment::Moment;
use crate::record::notes::NoteKind;
use crate::record::pattern::Pattern;
use crate::record::time::TimeReader;
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

/// A node of the tree.
#[derive(Debug, Clone)]
pub(super) enum Node {
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
pub(super) enum Test {
    /// True when the value equals one of these.
    In(Vec<Equality>),
    /// True when the value stands in this relation to a bound.
    Order(Relation, Bound),
    /// True when the regular expression matches somewhere in the value.
    Match(Pattern),
    /// True when there is a value.
    Exists,
}

/// An ordering relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
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

    /// Returns the time that begins in the value of this subject, when values are words of which a time may take
    /// several.
    fn moment(&mut self, _subject: usize) -> Option<Moment> {
        None
    }

    /// Takes note that the value of this subject has another kind than its test asks for.
    fn other_kind(&mut self, _subject: usize) {}
}

/// A set of texts of which at least one stands in every record for which an expression holds.
pub(in crate::record) type Needles<'a> = Vec<Cow<'a, [u8]>>;

/// What always stands before and after a value in its record.
pub(in crate::record) type Neighbours = (&'static [u8], &'static [u8]);

impl Node {
    /// Returns true when the tree holds for these values.
    #[inline]
    pub fn holds(&self, values: &mut impl Values, times: &mut TimeReader) -> bool {
        match self {
            Node::Test(subject, test) => test.holds(*subject, values, times),
            Node::All(nodes) => nodes.iter().all(|node| node.holds(values, times)),
            Node::Any(nodes) => nodes.iter().any(|node| node.holds(values, times)),
            Node::Not(node) => !node.holds(values, times),
        }
    }

    /// Returns whether a test depends on when the program was started.
    pub fn is_relative(&self) -> bool {
        match self {
            Node::Test(_, Test::Order(_, bound)) => bound.is_relative(),
            Node::Test(_, Test::In(literals)) => literals.iter().any(Equality::is_relative),
            Node::Test(..) => false,
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::is_relative),
            Node::Not(node) => node.is_relative(),
        }
    }

    /// Adds to `found` the subjects that are ordered by a number or a time.
    pub fn ordered(&self, found: &mut Vec<(usize, NoteKind)>) {
        match self {
            Node::Test(subject, Test::Order(_, bound)) => {
                let kind = bound.kind().filter(|kind| !found.contains(&(*subject, *kind)));
                found.extend(kind.map(|kind| (*subject, kind)));
            }
            Node::Test(..) => {}
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| node.ordered(found)),
            Node::Not(node) => node.ordered(found),
        }
    }

    /// Does as [`super::Expression::needles`].
    pub fn needles(&self, verbatim: &dyn Fn(usize) -> Option<Neighbours>) -> Option<Needles<'_>> {
        match self {
            Node::Test(subject, Test::In(literals)) => {
                let neighbours = verbatim(*subject)?;
                let needle = |literal| Equality::needle(literal).map(|text| beside(text, neighbours));
                literals.iter().map(needle).collect()
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

/// Returns a text with its neighbours.
fn beside<'a>(text: &'a [u8], neighbours: Neighbours) -> Cow<'a, [u8]> {
    match neighbours {
        (b"", b"") => Cow::Borrowed(text),
        (before, after) => Cow::Owned([before, text, after].concat()),
    }
}

/// Ranks sets of needles: the length of the shortest text decides, then the number of texts.
pub(in crate::record) fn selectivity<'a>(
    set: impl IntoIterator<Item = &'a Cow<'a, [u8]>>,
) -> (usize, Reverse<usize>) {
    let (mut shortest, mut number) = (usize::MAX, 0);
    for text in set {
        shortest = shortest.min(text.len());
        number += 1;
    }
    (if number == 0 { 0 } else { shortest }, Reverse(number))
}

impl Test {
    /// Returns true when the test compares with a time.
    #[inline]
    fn is_of_time(&self) -> bool {
        match self {
            Test::In(literals) => literals.iter().any(Equality::is_time),
            Test::Order(_, bound) => bound.is_time(),
            Test::Match(_) | Test::Exists => false,
        }
    }

    #[inline]
    fn holds(&self, subject: usize, values: &mut impl Values, times: &mut TimeReader) -> bool {
        let moment = match self.is_of_time() {
            true => values.moment(subject),
            false => None,
        };
        let value = values.value(subject);
        match (self, value) {
            (Test::Exists, value) => !matches!(value, Value::Missing | Value::Dash),
            (_, Value::Missing) => false,
            (Test::In(literals), Value::Text(value)) => {
                let holds = |literal: &Equality| match moment.filter(|moment| literal.takes(*moment)) {
                    Some(moment) => literal.is_at(moment.timestamp),
                    None => literal.holds(value, times),
                };
                literals.iter().any(holds)
            }
            (Test::In(literals), Value::Dash) => literals.iter().any(|literal| literal.is_text(b"-")),
            (Test::In(literals), Value::Null) => literals.iter().any(|literal| literal.is_text(b"null")),
            (_, Value::Dash) => false,
            (Test::Match(regex), Value::Text(value)) => regex.is_match(value),
            (Test::Match(_), Value::Null) => false,
            (Test::Order(relation, bound), Value::Text(value)) => {
                let order = match moment.filter(|moment| bound.takes(*moment)) {
                    Some(moment) => bound.order_time(moment.timestamp),
                    None => bound.order(value, times),
                };
                if order.is_none() {
                    values.other_kind(subject);
                }
                order.is_some_and(|order| relation.holds(order))
            }
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
