//! What was decided about a fold before any thread exists: plain data.

use super::aggregate::Kind;
use crate::record::{RowFormat, Test};

/// Groups of records with equal keys, what is kept of each, and how the result is laid out.
///
/// A record of this fold has the key fields, then the values that aggregates are about.
#[derive(Debug, Clone)]
pub struct GroupPlan {
    /// The names of the key columns, which are the first fields of every record.
    pub keys: Vec<String>,
    /// Whether the key is the whole line, which is printed untouched.
    pub whole: bool,
    /// Which columns a row has.
    pub shape: Shape,
    /// What is kept of each group, for [`Shape::Aggregated`].
    pub aggregates: Vec<Aggregate>,
    /// What must hold of a row's columns, each by its place in [`GroupPlan::columns`].
    pub having: Vec<(usize, Test)>,
    /// In which order rows come.
    pub order: Order,
    /// How many rows are printed at most.
    pub top: Option<usize>,
    /// How rows are written.
    pub output: RowFormat,
    /// The seed of the hash: the same for all folds of a run, and unknown to who made the input.
    pub seed: u64,
}

/// One aggregate of a plan.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// As it was typed: the name of its column.
    pub name: String,
    /// How it is computed.
    pub kind: Kind,
    /// Which of the record's values it is about, counted from 0 after the keys.
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

/// In which order rows come; ties are broken by the bytes of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By the bytes of the key.
    Key,
    /// By a column, by its place in [`GroupPlan::columns`]: numbers first, as numbers, then other
    /// values by their bytes; a missing value is last.
    Column {
        /// The column.
        column: usize,
        /// Whether the largest comes first.
        descending: bool,
    },
}

impl GroupPlan {
    /// Each record once, or counted, over key columns of these names; none for the whole line.
    pub fn new(shape: Shape, keys: Vec<String>) -> GroupPlan {
        let whole = keys.is_empty() && shape != Shape::Aggregated;
        GroupPlan {
            keys: if whole { vec!["line".to_owned()] } else { keys },
            whole,
            shape,
            aggregates: Vec::new(),
            having: Vec::new(),
            order: match shape {
                Shape::Keys | Shape::Aggregated => Order::Key,
                Shape::Counted => Order::Column {
                    column: 0,
                    descending: true,
                },
            },
            top: None,
            output: RowFormat::default(),
            seed: random_seed(),
        }
    }

    /// The names of a row's columns, in their order.
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

/// A seed from the standard library's random state, which the system seeds.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0u8)
}
