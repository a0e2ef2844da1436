//! Counted pairs of key and value: what `pNN` and `distinct` are computed from.
//!
//! A pair is a key of an ordinary store, so pairs spill and merge as groups do. In sorted order
//! the pairs of one group stand together, by value, in the order of the groups.

use super::aggregate::rank;
use super::group_table::{GroupTable, SortedEntries, count_of};
use super::key_order::{put_text, read_number};
use super::sorted_run::damaged;
use crate::record::Number;
use std::io;

/// The pairs of one value field.
pub(super) struct ValueCounts {
    /// Which of the record's values.
    pub value: usize,
    /// Whether it is kept as a number, or as bytes.
    pub numeric: bool,
    pub store: GroupTable,
    pub tasks: Tasks,
}

/// What is computed from the pairs of a group.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// Column, millionths of a percent, and the state that counts the numbers.
    pub percentiles: Vec<(usize, u64, usize)>,
    /// Columns.
    pub distinct: Vec<usize>,
}

/// A walk over all pairs, group by group.
pub(super) struct Walk<'a> {
    tasks: &'a Tasks,
    sorted: SortedEntries<'a>,
    pair: Vec<u8>,
    count: u64,
    ended: bool,
    prefix: Vec<u8>,
}

impl ValueCounts {
    pub fn new(value: usize, numeric: bool, store: GroupTable) -> ValueCounts {
        ValueCounts {
            value,
            numeric,
            store,
            tasks: Tasks::default(),
        }
    }

    pub fn walk(&mut self) -> io::Result<Walk<'_>> {
        let mut walk = Walk {
            tasks: &self.tasks,
            sorted: self.store.sorted()?,
            pair: Vec::new(),
            count: 0,
            ended: false,
            prefix: Vec::new(),
        };
        walk.advance()?;
        Ok(walk)
    }
}

impl Walk<'_> {
    fn advance(&mut self) -> io::Result<()> {
        match self.sorted.next()? {
            None => self.ended = true,
            Some((pair, count)) => {
                self.pair.clear();
                self.pair.extend_from_slice(pair);
                self.count = count_of(count).ok_or_else(damaged)?;
            }
        }
        Ok(())
    }

    /// Computes the columns of the group with this key, which must come in order. `counts` has
    /// the results of its states.
    pub fn group(&mut self, key: &[u8], counts: &[u64], columns: &mut [Option<Number>]) -> io::Result<()> {
        self.prefix.clear();
        put_text(&mut self.prefix, key);
        let (mut distinct, mut seen) = (0, 0);
        while !self.ended && self.pair.starts_with(&self.prefix) {
            distinct += 1;
            let before = seen;
            seen += self.count;
            for &(column, millionths, state) in &self.tasks.percentiles {
                let rank = rank(millionths, counts[state]);
                if (before + 1..=seen).contains(&rank) {
                    columns[column] = read_number(&self.pair[self.prefix.len()..]);
                }
            }
            self.advance()?;
        }
        for &column in &self.tasks.distinct {
            columns[column] = Some(Number::Int(distinct));
        }
        Ok(())
    }
}
