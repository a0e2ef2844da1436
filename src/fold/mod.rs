//! Mergeable accumulators of records.
//!
//! A fold takes records and gives rows. It does not know files, threads, or where records came
//! from. Its result depends only on the records that were added, never on their order, on the
//! order of merges, or on how the records were spread over folds.

mod aggregate;
mod exact_sum;
mod group;
mod group_table;
mod key_order;
mod plan;
mod quantity;
mod ranked_rows;
mod record_fold;
mod result_rows;
mod rounding;
mod save_format;
mod sorted_entries;
mod sorted_run;
mod table;
mod top_n;
mod value_counts;

pub(crate) use aggregate::{AGGREGATES, AggregateKind};
pub use group::start;
pub(crate) use plan::{Aggregate, RowOrder};
pub use plan::{GroupPlan, Shape};
pub use record_fold::{RecordFoldPlan, RowColumns, start_records};

use crate::record::RecordSink;
use std::any::Any;
use std::io::{self, BufRead, Write};

/// A mergeable accumulator of records: values of the fields that the fold asked for, in its order.
/// A fold that has taken nothing is the identity of `merge`, and `merge` is associative and
/// commutative.
///
/// The methods by which it takes records fail when a sorted run can't be written to the temporary
/// directory.
pub trait Fold: RecordSink + Any + Send {
    /// Takes note that the next records are those of the job with this place in the input order. A fold whose result
    /// keeps that order needs it.
    fn begin_job(&mut self, _seq: u64) {}

    /// Moves everything from `other`, a fold of the same type and plan, into this one. Leaves
    /// `other` as if new, with its memory for reuse.
    ///
    /// # Errors
    /// When a sorted run can't be written to or read from the temporary directory.
    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()>;

    /// Forgets everything that was added.
    fn clear(&mut self);

    /// Writes the result, and leaves the fold as if new.
    ///
    /// # Errors
    /// When `out` fails, or a sorted run can't be read.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes what was added in a form that [`Fold::load`] reads, on any machine.
    ///
    /// # Errors
    /// When `out` fails, or a sorted run can't be read.
    fn save(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Adds what another fold saved, entry by entry as it is read.
    ///
    /// # Errors
    /// `InvalidData` when this version of this fold did not write the bytes; some of them may have
    /// been added then. Whatever `saved` fails with.
    fn load(&mut self, saved: &mut dyn BufRead) -> io::Result<()>;
}

/// Makes an empty fold.
pub type StartFold<'a> = dyn Fn() -> Box<dyn Fold> + Sync + 'a;
