//! The group fold: records with equal keys, once, counted or aggregated.

use crate::fold::Fold;
use crate::fold::aggregate::{COUNT, Kind, StateKind};
use crate::fold::group_table::{GroupTable, SortedEntries, count_of};
use crate::fold::key_order::{put_number, put_text};
use crate::fold::plan::{GroupPlan, Shape};
use crate::fold::result_rows::ResultRows;
use crate::fold::save_format::{SavedReader, broken, write_entry};
use crate::fold::sorted_run::{Entry, damaged};
use crate::fold::value_counts::{Tasks, ValueCounts};
use crate::memory::Budget;
use crate::record::{Number, cell_tsv};
use std::any::Any;
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What every saved group begins with.
const VERSION: u8 = 1;

/// What stands before each saved entry, and before the end.
const ENTRY: u8 = 1;
const END: u8 = 0;

/// How many keys are looked up in one go.
const HASHES: usize = 32;

/// Records with equal keys, in memory as far as the budget allows, then in sorted runs.
pub struct Group {
    plan: GroupPlan,
    layout: Layout,
    groups: GroupTable,
    pairs: Vec<ValueCounts>,
    /// How many values were no numbers though an aggregate asked for one.
    bad: u64,
    key: Vec<u8>,
    pair: Vec<u8>,
    numbers: Vec<Option<Number>>,
    budget: Budget,
    tmpdir: PathBuf,
}

/// Where the parts of an aggregated row come from.
#[derive(Debug, Default)]
struct Layout {
    /// The value that each state takes; none for all records.
    inputs: Vec<Option<usize>>,
    kinds: Vec<StateKind>,
    /// The state that each aggregate is; the others are computed from pairs.
    columns: Vec<Option<usize>>,
    /// The values that must be numbers.
    numeric: Vec<bool>,
}

impl Group {
    /// A fold that has taken nothing. It takes memory from `budget`, and puts what no longer
    /// fits in unlinked files in `tmpdir`.
    pub fn new(plan: &GroupPlan, budget: &Budget, tmpdir: &Path) -> Group {
        let mut layout = Layout::default();
        let mut pairs: Vec<ValueCounts> = Vec::new();
        for (column, aggregate) in plan.aggregates.iter().enumerate() {
            let numeric = aggregate.kind.needs_numbers();
            if let Some(value) = aggregate.value {
                layout.numeric.resize(layout.numeric.len().max(value + 1), false);
                layout.numeric[value] |= numeric;
            }
            let Kind::State(kind) = aggregate.kind else {
                layout.columns.push(None);
                let value = aggregate.value.expect("the command line gave it a field");
                let place = pairs
                    .iter()
                    .position(|p| p.value == value && p.numeric == numeric);
                let place = place.unwrap_or_else(|| {
                    pairs.push(ValueCounts::new(
                        value,
                        numeric,
                        GroupTable::new(plan.seed, Vec::new(), budget, tmpdir),
                    ));
                    pairs.len() - 1
                });
                let tasks: &mut Tasks = &mut pairs[place].tasks;
                match aggregate.kind {
                    Kind::Percentile(millionths) => {
                        tasks.percentiles.push((column, millionths, layout.kinds.len()));
                        layout.kinds.push(COUNT);
                        layout.inputs.push(Some(value));
                    }
                    _ => tasks.distinct.push(column),
                }
                continue;
            };
            layout.columns.push(Some(layout.kinds.len()));
            layout.kinds.push(kind);
            layout.inputs.push(aggregate.value);
        }
        Group {
            plan: plan.clone(),
            groups: GroupTable::new(plan.seed, layout.kinds.clone(), budget, tmpdir),
            layout,
            pairs,
            bad: 0,
            key: Vec::new(),
            pair: Vec::new(),
            numbers: Vec::new(),
            budget: budget.clone(),
            tmpdir: tmpdir.to_owned(),
        }
    }

    fn add_aggregated(&mut self, record: &[&[u8]], keys: usize) -> io::Result<()> {
        let (keys, values) = record.split_at(keys.min(record.len()));
        self.numbers.clear();
        for (value, numeric) in values.iter().zip(&self.layout.numeric) {
            let number = if *numeric { Number::parse(value) } else { None };
            self.bad += u64::from(*numeric && number.is_none());
            self.numbers.push(number);
        }
        let mut key = std::mem::take(&mut self.key);
        encode(&mut key, keys);
        let done = self.add_to(&key, values);
        self.key = key;
        done
    }

    fn add_to(&mut self, key: &[u8], values: &[&[u8]]) -> io::Result<()> {
        let hash = self.groups.table.hash(key);
        if self.layout.kinds.is_empty() {
            self.groups.count(hash, key, 1)?;
        } else {
            let row = self.groups.row(hash, key)?;
            for (state, input) in row.iter_mut().zip(&self.layout.inputs) {
                match input {
                    None => state.add(Number::Int(1)),
                    Some(value) => {
                        if let Some(number) = self.numbers[*value] {
                            state.add(number);
                        }
                    }
                }
            }
        }
        for pairs in &mut self.pairs {
            self.pair.clear();
            put_text(&mut self.pair, key);
            if pairs.numeric {
                let Some(number) = self.numbers[pairs.value] else {
                    continue;
                };
                put_number(&mut self.pair, number);
            } else {
                self.pair.extend_from_slice(values[pairs.value]);
            }
            let hash = pairs.store.table.hash(&self.pair);
            pairs.store.count(hash, &self.pair, 1)?;
        }
        Ok(())
    }

    fn stores(&mut self) -> impl Iterator<Item = &mut GroupTable> {
        [&mut self.groups]
            .into_iter()
            .chain(self.pairs.iter_mut().map(|pairs| &mut pairs.store))
    }

    /// The columns of the next group that are numbers.
    fn numbers(
        layout: &Layout,
        shape: Shape,
        mut kept: &[u8],
    ) -> io::Result<(Vec<Option<Number>>, Vec<u64>)> {
        if shape != Shape::Aggregated || layout.kinds.is_empty() {
            let count = count_of(kept).ok_or_else(damaged)?;
            return Ok(match shape {
                Shape::Counted => (vec![Some(Number::Int(i128::from(count)))], Vec::new()),
                Shape::Keys => (Vec::new(), Vec::new()),
                Shape::Aggregated => (vec![None; layout.columns.len()], Vec::new()),
            });
        }
        let mut results = Vec::new();
        for kind in &layout.kinds {
            let mut state = (kind.0)();
            state.load(&mut kept).ok_or_else(damaged)?;
            results.push(state.result());
        }
        let columns = layout
            .columns
            .iter()
            .map(|column| column.and_then(|state| results[state]));
        let counts = results.iter().map(|result| match result {
            Some(Number::Int(int)) => u64::try_from(*int).unwrap_or(0),
            _ => 0,
        });
        Ok((columns.collect(), counts.collect()))
    }

    fn write_rows(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.shape == Shape::Aggregated && self.plan.keys.is_empty() && self.groups.is_empty() {
            // The one row of no records.
            let hash = self.groups.table.hash(b"");
            if self.layout.kinds.is_empty() {
                self.groups.count(hash, b"", 0)?;
            } else {
                self.groups.row(hash, b"")?;
            }
        }
        let mut walks = Vec::new();
        for pairs in &mut self.pairs {
            walks.push(pairs.walk()?);
        }
        let mut rows = ResultRows::new(&self.plan, &self.budget, &self.tmpdir, out)?;
        let mut sorted = self.groups.sorted()?;
        while let Some((key, kept)) = sorted.next()? {
            let (mut numbers, counts) = Group::numbers(&self.layout, self.plan.shape, kept)?;
            for walk in &mut walks {
                walk.group(key, &counts, &mut numbers)?;
            }
            if !rows.group(key, &numbers)? {
                break;
            }
        }
        rows.end()
    }
}

impl Fold for Group {
    #[inline]
    fn add(&mut self, record: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if self.plan.shape == Shape::Aggregated {
            self.add_aggregated(record, self.plan.keys.len())?;
        } else if let [key] = record {
            let hash = self.groups.table.hash(key);
            self.groups.count(hash, key, 1)?;
        } else {
            encode(&mut self.key, record);
            let hash = self.groups.table.hash(&self.key);
            self.groups.count(hash, &self.key, 1)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn only_counts(&self) -> bool {
        self.plan.shape == Shape::Aggregated
            && self.plan.keys.is_empty()
            && self.pairs.is_empty()
            && !self.layout.kinds.is_empty()
            && self.layout.inputs.iter().all(Option::is_none)
    }

    fn add_many(&mut self, number: u64) -> io::Result<ControlFlow<()>> {
        encode(&mut self.key, &[]);
        let hash = self.groups.table.hash(&self.key);
        let row = self.groups.row(hash, &self.key)?;
        row.iter_mut().for_each(|state| state.add_many(number));
        Ok(ControlFlow::Continue(()))
    }

    fn add_singles(&mut self, records: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if self.plan.shape == Shape::Aggregated {
            for record in records {
                self.add_aggregated(std::slice::from_ref(record), self.plan.keys.len())?;
            }
            return Ok(ControlFlow::Continue(()));
        }
        // One short loop looks the keys up, so that the processor waits for several of them at once.
        let mut hashes = [0; HASHES];
        for keys in records.chunks(HASHES) {
            for (hash, key) in hashes.iter_mut().zip(keys) {
                *hash = self.groups.table.hash(key);
            }
            for (hash, key) in hashes.iter().zip(keys) {
                self.groups.count(*hash, key, 1)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()> {
        let other = (other as &mut dyn Any).downcast_mut::<Group>();
        let other = other.expect("the contract of merge: a fold of the same type");
        self.bad += other.bad;
        for (mine, theirs) in self.stores().zip(other.stores()) {
            mine.merge(theirs)?;
        }
        other.clear();
        Ok(())
    }

    fn bad_values(&self) -> u64 {
        self.bad
    }

    fn clear(&mut self) {
        self.bad = 0;
        self.stores().for_each(GroupTable::clear);
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.write_rows(out)?;
        self.clear();
        Ok(())
    }

    fn save(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        out.write_all(&[VERSION])?;
        out.write_all(&self.bad.to_le_bytes())?;
        for store in self.stores() {
            let mut sorted: SortedEntries<'_> = store.sorted()?;
            while let Some((key, kept)) = sorted.next()? {
                out.write_all(&[ENTRY])?;
                write_entry(&mut out, key, kept)?;
            }
            out.write_all(&[END])?;
        }
        out.flush()
    }

    fn load(&mut self, saved: &mut dyn BufRead) -> io::Result<()> {
        let mut saved = SavedReader::new(saved);
        if saved.array()? != [VERSION] {
            return Err(broken());
        }
        self.bad = self.bad.saturating_add(u64::from_le_bytes(saved.array()?));
        for store in self.stores() {
            let mut load = |items: &[Entry<'_>]| store.load(items)?.ok_or_else(broken);
            loop {
                saved.batches(ENTRY, &mut load)?;
                // One that the buffer cuts, or the end.
                if saved.array()? != [ENTRY] {
                    break;
                }
                load(&[saved.entry()?])?;
            }
        }
        saved.end()
    }
}

/// One value as it is; several as the row that they are printed as, which escaping keeps
/// unambiguous.
#[inline]
fn encode(key: &mut Vec<u8>, values: &[&[u8]]) {
    key.clear();
    if let [only] = values {
        key.extend_from_slice(only);
        return;
    }
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            key.push(b'\t');
        }
        cell_tsv(key, value);
    }
}

#[cfg(test)]
mod tests;
