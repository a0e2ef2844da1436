//! What was decided about a fold before any thread exists: plain data.

use crate::record::Output;

/// Groups of records with equal keys, what is kept of each, and how the result is laid out.
#[derive(Debug, Clone)]
pub struct GroupPlan {
    /// The names of the key columns, which are the first fields of every record.
    pub keys: Vec<String>,
    /// Whether the key is the whole line, which is printed untouched.
    pub whole: bool,
    /// Which columns a row has.
    pub shape: Shape,
    /// In which order rows come.
    pub order: Order,
    /// How many rows are printed at most.
    pub top: Option<usize>,
    /// How rows are written.
    pub output: Output,
    /// The seed of the hash: the same for all folds of a run, and unknown to who made the input.
    pub seed: u64,
}

/// Which columns a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The keys: each record once.
    Keys,
    /// How many records there were, then the keys.
    Counted,
}

/// In which order rows come; ties are broken by the bytes of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By the bytes of the key.
    Key,
    /// By how many records there were, most first.
    MostFirst,
}

impl GroupPlan {
    /// Each record once, or counted, over key columns of these names; none for the whole line.
    pub fn new(shape: Shape, keys: Vec<String>) -> GroupPlan {
        let whole = keys.is_empty();
        GroupPlan {
            keys: if whole { vec!["line".to_owned()] } else { keys },
            whole,
            shape,
            order: match shape {
                Shape::Keys => Order::Key,
                Shape::Counted => Order::MostFirst,
            },
            top: None,
            output: Output::default(),
            seed: random_seed(),
        }
    }
}

/// A seed from the standard library's random state, which the system seeds.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0u8)
}
