//! The lists of numbers that the rows of a table of groups have, in memory as far as the share allows.
//!
//! It does not know what the numbers mean.

use super::{GroupTable, TakeValues};
use crate::fold::partition::Partition;
use crate::fold::value_list::{ValueEntry, ValueList};
use std::io;

impl GroupTable {
    /// Appends a number of a row to a list, which is emptied by `take` when the share has no room for it. Returns
    /// false when there is no room even then.
    #[inline]
    pub fn push_value(
        &mut self,
        list: usize,
        (partition, entry): (u32, ValueEntry),
        take: &mut TakeValues<'_>,
    ) -> io::Result<bool> {
        let of_row = self.partitions[partition as usize].list(list);
        if of_row.push(entry) {
            return Ok(true);
        }
        let has_room = self.grow_list(partition, list, take)?;
        Ok(has_room && self.partitions[partition as usize].list(list).push(entry))
    }

    /// Makes room in a list, in which equal entries become one first.
    #[cold]
    fn grow_list(&mut self, partition: u32, list: usize, take: &mut TakeValues<'_>) -> io::Result<bool> {
        let of_row = self.partitions[partition as usize].list(list);
        let before = of_row.len();
        if of_row.is_long() {
            of_row.settle();
        }
        if of_row.len() > before / 2 || before == 0 {
            let growth = of_row.growth();
            if !self.reserve(growth) {
                self.partitions[partition as usize].list(list).settle();
                if self.partitions[partition as usize].list(list).len() <= before / 2 {
                    return Ok(true);
                }
                self.take_values(take)?;
                let growth = self.partitions[partition as usize].list(list).growth();
                if !self.reserve(growth) {
                    return Ok(false);
                }
            }
            self.partitions[partition as usize].list(list).grow();
        }
        Ok(true)
    }

    /// Returns whether a list has entries.
    pub fn has_values(&self) -> bool {
        self.partitions.iter().any(Partition::has_values)
    }

    /// Has `take` take the numbers out of the lists, and gives their memory back.
    pub fn take_values(&mut self, take: &mut TakeValues<'_>) -> io::Result<()> {
        if self.has_values() {
            take(&mut self.partitions)?;
            self.release();
        }
        Ok(())
    }

    /// Replaces each value of a list by what `change` returns for it.
    pub fn change_values(&mut self, list: usize, change: impl Fn(u64) -> u64) {
        for partition in &mut self.partitions {
            partition.list(list).change_values(&change);
        }
    }

    /// Returns the entries of a list, and how many rows there are, for each partition. The table keeps none of them.
    pub fn take_lists(&mut self, list: usize) -> Vec<(ValueList, usize)> {
        let width = self.empty_row.len();
        let partitions = self.partitions.iter_mut();
        partitions
            .map(|partition| {
                let rows = partition.states.len().checked_div(width).unwrap_or(0);
                (std::mem::take(partition.list(list)), rows)
            })
            .collect()
    }
}
