//! What several tables of groups have, moved into one of them: key by key, or partitions side by side.

use super::{CACHED, FREE, GroupTable, TakeValues};
use crate::fold::Team;
use crate::fold::partition::{PARTITIONS, RowPlace};
use crate::fold::value_list::ValueEntry;
use std::io;
use std::sync::{Mutex, PoisonError};

impl GroupTable {
    /// Moves everything from `other`, which has the same kinds and seed, into this table.
    pub fn merge(&mut self, other: &mut GroupTable, take: &mut TakeValues<'_>) -> io::Result<()> {
        if self.is_empty() {
            std::mem::swap(self, other);
            // What comes next is likely to be as much.
            if self.log > 0 {
                other.partition();
            }
            return Ok(());
        }
        // Keys that outgrew memory once do not go through it again one by one.
        if !self.runs.is_empty() && other.size() > FREE + (other.log * PARTITIONS) as u64 {
            other.take_values(take)?;
            other.spill()?;
        }
        self.runs.append(&mut other.runs);
        if other.log > 0 || self.log == 0 && self.size() + other.size() > CACHED {
            self.partition();
        }
        let moves = self.moves;
        let mut places: Vec<Vec<RowPlace>> = Vec::new();
        let width = other.empty_row.len();
        for partition in &other.partitions {
            let rows = partition.states.len().checked_div(width).unwrap_or(0);
            let mut of_partition = vec![RowPlace { partition: 0, row: 0 }; rows];
            for (hash, key, tally) in partition.table.iter() {
                if width == 0 {
                    self.count_now(hash, key, tally)?;
                    continue;
                }
                let place = self.place_hashed(hash, key, take)?;
                of_partition[tally as usize] = place;
                let theirs = &partition.states[tally as usize * width..][..width];
                for (state, theirs) in self.row(place).iter_mut().zip(theirs) {
                    state.merge(theirs);
                }
            }
            for (hash, key) in partition.log.iter() {
                self.count_now(hash, key, 1)?;
            }
            places.push(of_partition);
        }
        match self.moves == moves {
            true => self.merge_values(other, &places, take)?,
            false => other.take_values(take)?,
        }
        other.clear();
        self.compact()
    }

    /// Moves the numbers from the lists of `other`, whose rows have gone to these places of this table.
    fn merge_values(
        &mut self,
        other: &mut GroupTable,
        places: &[Vec<RowPlace>],
        take: &mut TakeValues<'_>,
    ) -> io::Result<()> {
        for (partition, places) in other.partitions.iter_mut().zip(places) {
            for index in 0..partition.lists.len() {
                for at in 0..partition.lists[index].len() {
                    let entry = partition.lists[index].entries()[at];
                    let place = places[entry.row as usize];
                    let moved = (
                        place.partition,
                        ValueEntry {
                            row: place.row,
                            ..entry
                        },
                    );
                    if !self.push_value(index, moved, take)? {
                        partition.lists[index].skip(at);
                        return other.take_values(take);
                    }
                }
                partition.lists[index].clear();
            }
        }
        Ok(())
    }

    /// Moves everything from the others into this table, partitions side by side as far as memory allows.
    pub fn merge_all(
        &mut self,
        mut others: Vec<&mut GroupTable>,
        team: &Team<'_>,
        take: &mut TakeValues<'_>,
    ) -> io::Result<()> {
        if self.log > 0 || others.iter().any(|other| other.log > 0) {
            self.partition();
            others.iter_mut().for_each(|other| _ = other.partition());
        }
        if !self.can_absorb(&others) {
            return others.into_iter().try_for_each(|other| self.merge(other, take));
        }
        let mut places: Vec<_> = self
            .partitions
            .drain(..)
            .map(|partition| vec![partition])
            .collect();
        for other in &mut others {
            for (place, partition) in places.iter_mut().zip(&mut other.partitions) {
                place.push(std::mem::take(partition));
            }
        }
        let places: Vec<_> = places.into_iter().map(Mutex::new).collect();
        let empty_row = &self.empty_row;
        team(PARTITIONS, &|place| {
            let mut place = places[place].lock().unwrap_or_else(PoisonError::into_inner);
            place.sort_by_key(|partition| partition.table.len());
            let mut largest = place.pop().unwrap_or_default();
            while let Some(other) = place.pop() {
                largest.absorb(other, empty_row);
            }
            place.push(largest);
        });
        let merged = places.into_iter();
        let merged =
            merged.filter_map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner).pop());
        self.partitions = merged.collect();
        others.iter_mut().for_each(|other| other.release());
        let missing = self.size().saturating_sub(self.reservation.bytes());
        // It is less than what the others gave back, but for what `can_absorb` has reserved.
        self.reservation.grow(missing);
        self.release();
        Ok(())
    }

    /// Returns whether all keys of the others may move into this table at once, and reserves what that takes: for a
    /// while, a partition and the one that it goes into have what both of them took.
    fn can_absorb(&mut self, others: &[&mut GroupTable]) -> bool {
        let whole = |table: &GroupTable| table.log > 0 && table.runs.is_empty();
        if !whole(self) || !others.iter().all(|other| whole(other)) {
            return false;
        }
        let size = |place: usize| {
            let others = others.iter().map(|other| other.partitions[place].size());
            self.partitions[place].size() + others.sum::<u64>()
        };
        let sizes = (0..PARTITIONS).map(size);
        let largest = sizes.clone().max().unwrap_or(0);
        largest < u64::from(u32::MAX) && self.reservation.grow(sizes.sum())
    }
}
