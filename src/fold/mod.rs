//! Mergeable accumulators of records.
//!
//! A fold takes records and gives rows. It does not know files, threads, or where records came
//! from. Its result depends only on the records that were added, never on their order, on the
//! order of merges, or on how the records were spread over folds.
//!
//! # Cost
//!
//! A table of groups costs per record as long as the caches hold it: one hash, one look. When it has outgrown them, its
//! keys are distributed over partitions by the first bits of their hashes, and a record costs one append to the log of
//! its partition; a full log is emptied into a table that the cache holds for that time. A job has a fold of its own,
//! which counts only when the job succeeds: what its logs hold by then goes into the worker's tables at once.
//!
//! At the end, the workers' partitions are merged side by side, then sorted and rendered side by side (`Team`), as long
//! as `--memory` holds all of them at once. With k keys in each of w workers' folds, merging reads w k entries on w
//! threads, so another worker does not make it longer.
//!
//! A value for `pNN` or `distinct` is one append of 16 bytes to a list of its group's partition, after one look into a
//! dictionary when it is a text. A list of n values is scattered over its groups in n steps; then numbers are ranked by
//! selection and texts are counted by marks, in about n steps again, partitions side by side. Equal values of a group
//! become one when a list is long, so that a list takes memory for a few times the different ones. Another worker
//! brings a dictionary of its own, of which each text is looked up once more, on one thread.
//!
//! When memory has no room for lists, and where they are saved, values become pairs of key and value, each an entry of
//! a table that spills. Pairs are sorted side by side, then walked on one thread. So are groups that have spilled, and
//! rows ordered by an aggregate.
//!
//! Nothing of this is seen in an answer: it depends on keys and states alone, and equal ranks are ordered by bytes.

mod aggregate;
mod dictionary;
mod exact_sum;
mod group;
mod group_table;
mod key_order;
mod partition;
mod plan;
mod quantity;
mod ranked_rows;
mod record_fold;
mod result_rows;
mod rounding;
mod save_format;
mod sorted_entries;
mod sorted_keys;
mod sorted_run;
mod table;
mod top_n;
mod value_counts;
mod value_list;

pub(crate) use aggregate::{AGGREGATES, AggregateKind};
pub use group::start;
pub(crate) use plan::{Aggregate, RowOrder};
pub use plan::{GroupPlan, Shape};
pub use record_fold::{RecordFoldPlan, RowColumns, start_records};

use crate::record::RecordSink;
use std::any::Any;
use std::io::{self, BufRead, Write};
use std::sync::{Mutex, PoisonError};

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

    /// Moves everything from `others` into this one, as [`Fold::merge`] does with each of them, side by side when the
    /// fold can.
    ///
    /// # Errors
    /// Those of [`Fold::merge`].
    fn merge_all(&mut self, others: &mut [Box<dyn Fold>], team: &Team<'_>) -> io::Result<()> {
        let _ = team;
        others.iter_mut().try_for_each(|other| self.merge(&mut **other))
    }

    /// Forgets everything that was added.
    fn clear(&mut self);

    /// Writes the result, and leaves the fold as if new.
    ///
    /// # Errors
    /// When `out` fails, or a sorted run can't be read.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes the result as [`Fold::finish`] does, rows made side by side when the fold can.
    ///
    /// # Errors
    /// Those of [`Fold::finish`].
    fn finish_all(&mut self, out: &mut dyn Write, team: &Team<'_>) -> io::Result<()> {
        let _ = team;
        self.finish(out)
    }

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

/// Calls a function with each number below the first argument, on several threads, and returns when all calls have
/// returned.
pub type Team<'a> = dyn Fn(usize, &(dyn Fn(usize) + Sync)) + 'a;

/// Is a team of one.
fn alone(number: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..number).for_each(work);
}

/// Returns what `work` returns for each number below `number`.
fn side_by_side<T: Send>(team: &Team<'_>, number: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let results: Vec<_> = (0..number).map(|_| Mutex::new(None)).collect();
    team(number, &|at| {
        *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(work(at));
    });
    let results = results.into_iter();
    results
        .filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

/// Makes an empty fold.
pub type StartFold<'a> = dyn Fn() -> Box<dyn Fold> + Sync + 'a;
