//! Counted pairs of key and value: what `pNN` and `distinct` are computed from.
//!
//! A pair is a key of an ordinary table, so pairs spill and merge as groups do. In sorted order
//! the pairs of one group lie together, by value, and groups come in the order of their keys.
//!
//! It does not know what else a row has.

use super::Team;
use super::aggregate::nearest_rank;
use super::group_table::GroupTable;
use super::key_order::{put_quantity, put_text, read_quantity, read_text};
use super::quantity::Quantity;
use super::save_format::broken;
use super::sorted_entries::{SortedEntries, read_count};
use crate::record::Number;
use std::io;

/// Which columns are computed from one of the record's values.
#[derive(Debug)]
pub(super) struct ValueColumns {
    /// The index of the value.
    pub value: usize,
    /// Whether the value counts as a number, or as bytes.
    pub numeric: bool,
    pub percentiles: Vec<PercentileColumn>,
    /// Indices of columns.
    pub distinct: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct PercentileColumn {
    pub column: usize,
    pub millionths: u64,
    /// The index of the state that counts the numbers.
    pub count: usize,
}

/// The counted pairs of one value.
pub(super) struct ValueCounts {
    columns: ValueColumns,
    pub table: GroupTable,
    pair: Vec<u8>,
}

impl ValueCounts {
    pub fn new(columns: ValueColumns, table: GroupTable) -> ValueCounts {
        ValueCounts {
            columns,
            table,
            pair: Vec::new(),
        }
    }

    /// Counts a record's pair, unless its value should be a number and is none.
    pub fn add(&mut self, key: &[u8], values: &[&[u8]], quantities: &[Option<Quantity>]) -> io::Result<()> {
        self.pair.clear();
        put_text(&mut self.pair, key);
        if self.columns.numeric {
            match &quantities[self.columns.value] {
                Some(quantity) if quantity.is_number() => put_quantity(&mut self.pair, quantity),
                _ => return Ok(()),
            }
        } else {
            self.pair.extend_from_slice(values[self.columns.value]);
        }
        self.table.count(&self.pair, 1)
    }

    /// Does as [`GroupTable::load`] for the key that `change` makes of the pair's own.
    ///
    /// # Errors
    /// When the pair is broken, or a sorted run can't be written.
    pub fn load_changed(
        &mut self,
        pair: &[u8],
        value: &[u8],
        change: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> io::Result<()> {
        let (key, rest) = read_text(pair).ok_or_else(broken)?;
        self.pair.clear();
        put_text(&mut self.pair, &change(&key));
        self.pair.extend_from_slice(rest);
        self.table.load(&self.pair, value)
    }

    /// Begins a walk over all pairs, which are sorted side by side.
    pub fn walk(&mut self, team: &Team<'_>) -> io::Result<ValueWalk<'_>> {
        let mut walk = ValueWalk {
            columns: &self.columns,
            sorted: self.table.sorted(team)?,
            pair: Vec::new(),
            count: 0,
            ended: false,
            prefix: Vec::new(),
        };
        walk.advance()?;
        Ok(walk)
    }
}

/// A walk over all pairs, group by group.
pub(super) struct ValueWalk<'a> {
    columns: &'a ValueColumns,
    sorted: SortedEntries<'a>,
    pair: Vec<u8>,
    count: u64,
    ended: bool,
    prefix: Vec<u8>,
}

impl ValueWalk<'_> {
    fn advance(&mut self) -> io::Result<()> {
        match self.sorted.next()? {
            None => self.ended = true,
            Some((pair, count)) => {
                self.pair.clear();
                self.pair.extend_from_slice(pair);
                self.count = read_count(count)?;
            }
        }
        Ok(())
    }

    /// Computes the columns of the group with this key; keys must come in order. `counts` has the
    /// results of the group's states.
    pub fn fill_columns(
        &mut self,
        key: &[u8],
        counts: &[u64],
        columns: &mut [Option<Quantity>],
    ) -> io::Result<()> {
        self.prefix.clear();
        put_text(&mut self.prefix, key);
        let (mut distinct, mut seen) = (0, 0);
        while !self.ended && self.pair.starts_with(&self.prefix) {
            distinct += 1;
            let before = seen;
            seen += self.count;
            for percentile in &self.columns.percentiles {
                let rank = nearest_rank(percentile.millionths, counts[percentile.count]);
                if (before + 1..=seen).contains(&rank) {
                    columns[percentile.column] = read_quantity(&self.pair[self.prefix.len()..]);
                }
            }
            self.advance()?;
        }
        for &column in &self.columns.distinct {
            columns[column] = Some(Quantity::Number(Number::Int(distinct)));
        }
        Ok(())
    }
}
