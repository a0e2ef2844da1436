//! Mergeable accumulators of records.
//!
//! A fold takes records and gives rows. It does not know files, threads, or where records came
//! from. What it gives depends only on the records that were added, never on their order, on the
//! order of merges, or on how the records were spread over folds.

mod aggregate;
mod exact_sum;
mod group;
mod group_table;
mod key_order;
mod merge_runs;
mod plan;
mod result_rows;
mod save_format;
mod sorted_run;
mod table;
mod top_n;
mod value_counts;

pub use aggregate::{AGGREGATES, AggregateEntry, Kind, StateKind};
pub use group::Group;
pub use plan::{Aggregate, GroupPlan, Order, Shape};

use crate::memory::Budget;
use crate::record::RecordSink;
use std::any::Any;
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// A mergeable accumulator. A fold that has taken nothing is the identity of `merge`, and
/// `merge` is associative and commutative.
pub trait Fold: Any + Send {
    /// Takes one record: the values of the fields that the fold asked for, in its order.
    /// Breaks when no further record can change the result.
    ///
    /// # Errors
    /// When a sorted run can't be written to the temporary directory.
    fn add(&mut self, record: &[&[u8]]) -> io::Result<ControlFlow<()>>;

    /// Whether nothing but the number of records matters.
    fn only_counts(&self) -> bool {
        false
    }

    /// Takes so many records at once, where nothing but their number matters.
    ///
    /// # Errors
    /// As for one.
    fn add_many(&mut self, number: u64) -> io::Result<ControlFlow<()>> {
        for _ in 0..number {
            if self.add(&[])?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes several records, each of one field.
    ///
    /// # Errors
    /// As [`Fold::add`].
    fn add_singles(&mut self, records: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        for record in records {
            if self.add(std::slice::from_ref(record))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Moves everything from `other`, a fold of the same type and plan, into this one; `other` is
    /// left as if new, and keeps its memory for reuse.
    ///
    /// # Errors
    /// When a sorted run can't be written to or read from the temporary directory.
    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()>;

    /// How many values were left out because they were no numbers, since it was last as if new.
    fn bad_values(&self) -> u64 {
        0
    }

    /// Forgets everything that was added.
    fn clear(&mut self);

    /// Writes the result, and leaves the fold as if new.
    ///
    /// # Errors
    /// What `out` or the reading of sorted runs said.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes what was added in a form that [`Fold::load`] reads, on any machine.
    ///
    /// # Errors
    /// What `out` said.
    fn save(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Adds what was saved, bit by bit as it is read.
    ///
    /// # Errors
    /// `InvalidData` when the bytes are not of this version of this fold; a part of them may then
    /// have been added. What `saved` said.
    fn load(&mut self, saved: &mut dyn BufRead) -> io::Result<()>;
}

/// Makes an empty fold.
pub type StartFold<'a> = dyn Fn() -> Box<dyn Fold> + Sync + 'a;

/// An empty fold of this plan, which takes memory from `budget` and spills to `tmpdir`.
pub fn start(plan: &GroupPlan, budget: &Budget, tmpdir: &Path) -> Box<dyn Fold> {
    Box::new(Group::new(plan, budget, tmpdir))
}

/// Takes the records of a stage into a fold.
pub struct IntoFold<'f>(pub &'f mut dyn Fold);

impl RecordSink for IntoFold<'_> {
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        self.0.add(fields)
    }

    fn only_counts(&self) -> bool {
        self.0.only_counts()
    }

    fn records(&mut self, number: u64) -> io::Result<ControlFlow<()>> {
        self.0.add_many(number)
    }

    fn singles(&mut self, records: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        self.0.add_singles(records)
    }
}
