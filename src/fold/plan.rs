//! What was decided about a fold before any thread exists: plain data.

use super::aggregate::AggregateKind;
use crate::record::{Expression, RowFormat, TimePlan};

/// A fold that groups records with equal keys: what it keeps of each group, and how it lays the
/// result out.
///
/// A record of this fold has the key fields first, then the values for the aggregates.
#[derive(Debug, Clone)]
pub struct GroupPlan {
    /// The names of the key columns.
    pub keys: Vec<String>,
    /// Whether the key is the whole line, which is printed unchanged.
    pub whole: bool,
    /// Whether the mark of its kind stands behind each value of a key, as a plan of records has it with `marks_kinds`.
    pub marked: bool,
    /// Which columns a row has.
    pub shape: Shape,
    /// What is kept of each group, for [`Shape::Aggregated`].
    pub(crate) aggregates: Vec<Aggregate>,
    /// What times in rows leave open.
    pub times: TimePlan,
    /// What must hold of a row. Its subjects are indexes in [`GroupPlan::columns`].
    pub(crate) having: Option<Expression>,
    /// The order of rows.
    pub order: RowOrder,
    /// How many rows are printed at most.
    pub top: Option<usize>,
    /// How rows are written.
    pub output: RowFormat,
    /// True when the names of the columns precede the rows.
    pub header: bool,
    /// The seed of the hash: the same for all folds of a run, and unknown to whoever made the input.
    pub(crate) seed: u64,
}

/// One aggregate of a plan.
#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    /// The name of its column: the aggregate as it was typed.
    pub name: String,
    /// How it is computed.
    pub kind: AggregateKind,
    /// The index, counted from 0 after the keys, of the record's value that it takes.
    pub value: Option<usize>,
}

/// Which columns a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The keys: each record once.
    Keys,
    /// How many records there were, then the keys.
    Counted,
    /// The keys, then the aggregates; without keys there is always one row.
    Aggregated,
}

/// The order of rows; the bytes of the key break ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// By the bytes of the key.
    Key,
    /// By a column: numbers first, by value, then other texts, by their bytes; a missing value is
    /// last.
    Column {
        /// The index of the column in [`GroupPlan::columns`].
        column: usize,
        /// Whether the largest comes first.
        descending: bool,
    },
}

impl GroupPlan {
    /// Makes a plan for key columns of these names; without names, the key of
    /// [`Shape::Keys`] and [`Shape::Counted`] is the whole line.
    pub fn new(shape: Shape, keys: Vec<String>) -> GroupPlan {
        let whole = keys.is_empty() && shape != Shape::Aggregated;
        GroupPlan {
            keys: if whole { vec!["line".to_owned()] } else { keys },
            whole,
            marked: false,
            shape,
            aggregates: Vec::new(),
            times: TimePlan::default(),
            having: None,
            order: match shape {
                Shape::Keys | Shape::Aggregated => RowOrder::Key,
                Shape::Counted => RowOrder::Column {
                    column: 0,
                    descending: true,
                },
            },
            top: None,
            output: RowFormat::default(),
            header: false,
            seed: random_seed(),
        }
    }

    /// Returns the names of a row's columns, in their order.
    pub fn columns(&self) -> Vec<&str> {
        let keys = self.keys.iter().map(String::as_str);
        match self.shape {
            Shape::Keys => keys.collect(),
            Shape::Counted => ["count"].into_iter().chain(keys).collect(),
            Shape::Aggregated => keys
                .chain(self.aggregates.iter().map(|a| a.name.as_str()))
                .collect(),
        }
    }
}

/// Returns a seed from the standard library's random state, which the system seeds.
pub(super) fn random_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0u8)
}
