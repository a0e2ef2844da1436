//! The rows of groups in memory, made side by side: the keys of each partition are sorted, cut at keys that
//! divide all of them evenly, and each range of rows is merged and rendered on its own.
//!
//! It does not know threads, nor groups that have spilled or have counted pairs.

use super::layout::{ColumnSource, Layout};
use super::list_columns::ListColumns;
use crate::fold::aggregate::AggregateState;
use crate::fold::partition::{Partition, RowPlace};
use crate::fold::plan::{GroupPlan, RowOrder, Shape};
use crate::fold::quantity::Quantity;
use crate::fold::result_rows::{ResultRows, write_header};
use crate::fold::sorted_keys::SortedKey;
use crate::fold::{Team, side_by_side};
use crate::record::RowFormat;
use std::cmp::Ordering;
use std::io::{self, Write};

/// About how many rows a range has.
const RANGE: usize = 8192;

/// How many ranges are rendered before they are written.
const WAVE: usize = 32;

/// The rows of a plan whose order is that of keys or of counts.
pub(super) struct RowRanges<'a> {
    plan: &'a GroupPlan,
    layout: &'a Layout,
    /// The plan of a range's rows, which come in their order.
    range: GroupPlan,
}

/// The sorted keys of each partition.
type Sorted = [Vec<SortedKey>];

impl<'a> RowRanges<'a> {
    /// Returns none when the plan's rows can't be made so.
    pub fn new(plan: &'a GroupPlan, layout: &'a Layout) -> Option<RowRanges<'a>> {
        let is_ranked_by_count = |column: usize| match plan.shape {
            Shape::Counted => column == 0,
            Shape::Aggregated => {
                let aggregate = column.checked_sub(plan.keys.len());
                aggregate.is_some_and(|at| layout.columns.get(at) == Some(&ColumnSource::Count))
            }
            Shape::Keys => false,
        };
        let is_ordered = match plan.order {
            RowOrder::Key => true,
            RowOrder::Column { column, .. } => is_ranked_by_count(column),
        };
        // Which rows are the first is known only when all have been tested; a table's widths likewise.
        let is_local = plan.having.is_none() || plan.top.is_none();
        (is_ordered && is_local && plan.output != RowFormat::Table).then(|| RowRanges {
            plan,
            layout,
            range: GroupPlan {
                order: RowOrder::Key,
                top: None,
                header: false,
                ..plan.clone()
            },
        })
    }

    /// Writes all rows.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn write(
        &self,
        partitions: &[Partition],
        listed: &[ListColumns],
        out: &mut dyn Write,
        team: &Team<'_>,
    ) -> io::Result<()> {
        write_header(self.plan, out)?;
        let mut sorted = side_by_side(team, partitions.len(), |index| self.sort(partitions, index));
        if let Some(top) = self.plan.top {
            let mut first = sorted.concat();
            first.sort_by(|a, b| a.order(b, partitions));
            first.truncate(top);
            sorted = vec![first];
        }
        let cuts = cuts(&sorted, partitions);
        for wave in (0..=cuts.len()).step_by(WAVE) {
            let ranges = WAVE.min(cuts.len() + 1 - wave);
            let texts = side_by_side(team, ranges, |range| {
                let at = wave + range;
                let from = at.checked_sub(1).map(|before| &cuts[before]);
                let keys = self.range(partitions, &sorted, from, cuts.get(at));
                self.render(partitions, listed, &keys)
            });
            for text in texts {
                out.write_all(&text?)?;
            }
        }
        Ok(())
    }

    /// Returns the keys of a partition in the order of their rows; no more than are wanted.
    fn sort(&self, partitions: &[Partition], index: usize) -> Vec<SortedKey> {
        let table = &partitions[index].table;
        let rank = |count: u64| match self.plan.order {
            RowOrder::Key => None,
            RowOrder::Column { descending: true, .. } => Some(!count),
            RowOrder::Column { .. } => Some(count),
        };
        let keys = table.slots();
        let keys = keys.map(|slot| SortedKey::new(partitions, index, slot, rank(table.tally(slot))));
        let mut keys: Vec<_> = keys.collect();
        if let Some(top) = self.plan.top.filter(|&top| top < keys.len()) {
            keys.select_nth_unstable_by(top, |a, b| a.order(b, partitions));
            keys.truncate(top);
            keys.shrink_to_fit();
        }
        keys.sort_unstable_by(|a, b| a.order(b, partitions));
        keys
    }

    /// Returns the keys from one cut up to another.
    fn range(
        &self,
        partitions: &[Partition],
        sorted: &Sorted,
        from: Option<&SortedKey>,
        to: Option<&SortedKey>,
    ) -> Vec<SortedKey> {
        let mut keys = Vec::new();
        for keys_of_one in sorted {
            let place = |cut: &SortedKey| {
                keys_of_one.partition_point(|key| key.order(cut, partitions) == Ordering::Less)
            };
            let (from, to) = (from.map_or(0, place), to.map_or(keys_of_one.len(), place));
            keys.extend_from_slice(&keys_of_one[from..to]);
        }
        // A stable sort merges the sorted stretches that it finds.
        keys.sort_by(|a, b| a.order(b, partitions));
        keys
    }

    /// Returns the rows of keys.
    fn render(
        &self,
        partitions: &[Partition],
        listed: &[ListColumns],
        keys: &[SortedKey],
    ) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut rows = ResultRows::in_order(&self.range, &mut text);
        for key in keys {
            let columns = self.columns(&partitions[key.partition as usize], listed, key);
            rows.group(key.key(partitions), &columns)?;
        }
        rows.end()?;
        Ok(text)
    }

    fn columns(
        &self,
        partition: &Partition,
        listed: &[ListColumns],
        key: &SortedKey,
    ) -> Vec<Option<Quantity>> {
        let tally = partition.table.tally(key.slot);
        let width = self.layout.states.len();
        if self.plan.shape != Shape::Aggregated || width == 0 {
            return self.layout.columns_of_count(self.plan.shape, tally);
        }
        let row = &partition.states[tally as usize * width..][..width];
        let results: Vec<_> = row.iter().map(AggregateState::result).collect();
        let mut columns = self.layout.columns_of_results(&results);
        let place = RowPlace {
            partition: key.partition,
            row: tally as u32,
        };
        listed
            .iter()
            .for_each(|listed| listed.fill_columns(place, &mut columns));
        columns
    }
}

/// Returns keys between which there are about as many rows each.
fn cuts(sorted: &Sorted, partitions: &[Partition]) -> Vec<SortedKey> {
    let rows = sorted.iter().map(Vec::len).sum::<usize>();
    let ranges = rows.div_ceil(RANGE).max(1);
    // Of each range, 16 keys are looked at.
    let step = (RANGE / 16).min(rows / ranges / 16).max(1);
    let mut sample: Vec<_> = Vec::new();
    let mut passed = 0;
    for key in sorted.iter().flatten() {
        passed += 1;
        if passed % step == 0 {
            sample.push(*key);
        }
    }
    sample.sort_unstable_by(|a, b| a.order(b, partitions));
    (1..ranges)
        .map(|range| sample[range * sample.len() / ranges])
        .collect()
}
