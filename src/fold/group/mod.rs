//! The group fold: records with equal keys, once, counted or aggregated.
//!
//! It does not know where keys and states are kept, nor how rows are ordered and written.

mod key;
mod layout;
mod list_columns;
mod row_ranges;

use crate::fold::aggregate::Reading;
use crate::fold::dictionary::Dictionary;
use crate::fold::group_table::{GroupTable, has_none};
use crate::fold::plan::{GroupPlan, Shape};
use crate::fold::quantity::Quantity;
use crate::fold::result_rows::ResultRows;
use crate::fold::save_format::{broken, read_array, read_entry, write_end, write_entry};
use crate::fold::value_counts::{ValueCounts, load_pair, take_into, take_one_into};
use crate::fold::value_list::ValueEntry;
use crate::fold::{Fold, Team, alone};
use crate::memory::Budget;
use crate::record::{Alignment, Bits, Number, RecordSink, RowFormat};
use key::{encode, without_marks};
use layout::Layout;
use list_columns::ListColumns;
use row_ranges::RowRanges;
use std::any::Any;
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The first byte of every saved group.
const VERSION: u8 = 2;

/// The first byte of a saved group whose keys have marks.
const MARKED_VERSION: u8 = 3;

/// What a state takes of a record when it takes no value of it.
const ONE: Quantity = Quantity::Number(Number::Int(1));

/// Makes an empty fold of this plan, which takes memory from `budget`, and puts what no longer fits
/// in unlinked files in `tmpdir`.
pub fn start(plan: &GroupPlan, budget: &Budget, tmpdir: &Path) -> Box<dyn Fold> {
    Box::new(Group::new(plan, budget, tmpdir))
}

/// Records with equal keys, in memory as far as the budget allows, then in sorted runs.
struct Group {
    plan: GroupPlan,
    layout: Layout,
    groups: GroupTable,
    counted: Vec<ValueCounts>,
    /// Which values of the last call were no numbers though an aggregate needs one.
    misfits: Bits,
    key: Vec<u8>,
    quantities: Vec<Option<Quantity>>,
    budget: Budget,
    tmpdir: PathBuf,
}

impl Group {
    fn new(plan: &GroupPlan, budget: &Budget, tmpdir: &Path) -> Group {
        let (layout, counted) = Layout::from_plan(plan);
        let table = |empty_row| GroupTable::new(plan.seed, empty_row, budget, tmpdir);
        let counted = counted.into_iter().enumerate().map(|(list, columns)| {
            let dictionary = (!columns.numeric).then(|| Dictionary::new(plan.seed, budget));
            ValueCounts::new(columns, list, dictionary, table(Vec::new()))
        });
        Group {
            counted: counted.collect(),
            groups: table(layout.states.clone()),
            plan: plan.clone(),
            layout,
            misfits: Bits::new(),
            key: Vec::new(),
            quantities: Vec::new(),
            budget: budget.clone(),
            tmpdir: tmpdir.to_owned(),
        }
    }

    fn add_aggregated(&mut self, record: &[&[u8]]) -> io::Result<()> {
        let (keys, values) = record.split_at(self.plan.keys.len().min(record.len()));
        self.quantities.clear();
        self.misfits.clear();
        for (at, (value, reading)) in values.iter().zip(&self.layout.readings).enumerate() {
            let quantity = match reading {
                Reading::Bytes => None,
                Reading::Truth => (*value == b"1").then_some(ONE),
                Reading::Ordered | Reading::Number => Quantity::parse_any(value),
            };
            let is_misfit = match (reading, &quantity) {
                (Reading::Bytes | Reading::Truth, _) => false,
                (Reading::Number, Some(quantity)) => !quantity.is_number(),
                (_, quantity) => quantity.is_none(),
            };
            if is_misfit {
                self.misfits.insert(keys.len() + at);
            }
            self.quantities.push(quantity);
        }
        encode(&mut self.key, keys);
        let Group { groups, counted, .. } = self;
        if self.layout.states.is_empty() {
            return groups.count(&self.key, 1);
        }
        let place = groups.place_of(&self.key, &mut take_into(counted))?;
        for (state, input) in groups.row(place).iter_mut().zip(&self.layout.inputs) {
            match input {
                None => state.add(&ONE),
                Some(value) => {
                    if let Some(quantity) = &self.quantities[*value] {
                        state.add(quantity);
                    }
                }
            }
        }
        for at in 0..counted.len() {
            if let Some(value) = counted[at].listed(values, &self.quantities) {
                let (list, row, count) = (counted[at].list, place.row, 1);
                let entry = (place.partition, ValueEntry { row, value, count });
                if groups.push_value(list, entry, &mut take_into(counted))? {
                    continue;
                }
            }
            counted[at].add(&self.key, values, &self.quantities)?;
        }
        Ok(())
    }

    /// Computes the columns of values in lists, when all values are there; else makes them pairs.
    fn list_columns(&mut self, team: &Team<'_>) -> io::Result<Vec<ListColumns>> {
        let Group { groups, counted, .. } = self;
        let mut columns = Vec::new();
        for counts in counted {
            if groups.is_in_memory() && counts.table.is_empty() {
                let lists = groups.take_lists(counts.list);
                let of_value = ListColumns::from_lists(lists, &counts.columns, counts.texts(), team);
                columns.push(of_value);
            } else {
                groups.take_values(&mut take_one_into(counts))?;
            }
        }
        Ok(columns)
    }

    /// Gives all texts of the other's dictionaries the numbers that they have here; makes its values in lists pairs
    /// when there is no room for that.
    fn adopt_texts(&mut self, other: &mut Group) -> io::Result<()> {
        if !other.groups.has_values() {
            return Ok(());
        }
        for (mine, theirs) in self.counted.iter_mut().zip(&mut other.counted) {
            mine.learn_from(theirs);
            let is_rare = mine.has_rare_texts();
            match if is_rare { None } else { mine.numbers_of(theirs) } {
                Some(numbers) if numbers.is_empty() => {}
                Some(numbers) => {
                    let number = |value| u64::from(numbers[value as usize]);
                    other.groups.change_values(theirs.list, number);
                }
                None => other.groups.take_values(&mut take_one_into(theirs))?,
            }
            theirs.learn_from(mine);
        }
        Ok(())
    }

    /// Returns true when a record of one field is a key that is counted.
    fn counts_keys(&self) -> bool {
        self.plan.keys.len() == 1
            && self.layout.states.is_empty()
            && self.layout.readings.is_empty()
            && self.counted.is_empty()
    }

    fn tables(&mut self) -> impl Iterator<Item = &mut GroupTable> {
        [&mut self.groups]
            .into_iter()
            .chain(self.counted.iter_mut().map(|counts| &mut counts.table))
    }

    /// Returns the first byte of the saved group.
    fn version(&self) -> u8 {
        match self.plan.marked {
            true => MARKED_VERSION,
            false => VERSION,
        }
    }

    /// Returns the fold that the same records give when keys have no marks; none when its rows are these.
    fn plain(&mut self, team: &Team<'_>) -> io::Result<Option<Group>> {
        if !self.plan.marked || self.plan.output == RowFormat::Json {
            return Ok(None);
        }
        let several = self.plan.keys.len() > 1;
        let plan = GroupPlan {
            marked: false,
            ..self.plan.clone()
        };
        let mut plain = Group::new(&plan, &self.budget, &self.tmpdir);
        self.groups.take_values(&mut take_into(&mut self.counted))?;
        let mut sorted = self.groups.sorted(team)?;
        while let Some((key, value)) = sorted.next()? {
            let key = without_marks(key, several);
            plain
                .groups
                .load(&key, value, &mut take_into(&mut plain.counted))?;
        }
        drop(sorted);
        self.groups.clear();
        for (marked, counts) in self.counted.iter_mut().zip(&mut plain.counted) {
            let mut sorted = marked.table.sorted(team)?;
            while let Some((pair, value)) = sorted.next()? {
                counts.load_changed(pair, value, |key| without_marks(key, several))?;
            }
            drop(sorted);
            marked.table.clear();
        }
        Ok(Some(plain))
    }

    /// Writes the result, and leaves the fold as if new.
    fn write(&mut self, out: &mut dyn Write, team: &Team<'_>) -> io::Result<()> {
        if self.plan.output == RowFormat::Table {
            let mut table = Alignment::new(out, self.plan.header);
            self.write_rows(&mut table, team)?;
            table.finish()?;
        } else {
            self.write_rows(out, team)?;
        }
        self.clear();
        Ok(())
    }

    fn write_rows(&mut self, out: &mut dyn Write, team: &Team<'_>) -> io::Result<()> {
        if self.plan.shape == Shape::Aggregated && self.plan.keys.is_empty() && self.groups.is_empty() {
            // Without keys there is one row even when there are no records.
            if self.layout.states.is_empty() {
                self.groups.count(b"", 0)?;
            } else {
                self.groups.place_of(b"", &mut has_none)?;
            }
        }
        let is_in_memory = self.groups.is_in_memory();
        let paired: Vec<_> = self
            .counted
            .iter()
            .map(|counts| !is_in_memory || !counts.table.is_empty())
            .collect();
        let listed = self.list_columns(team)?;
        let mut walks = Vec::new();
        for (counts, _) in self.counted.iter_mut().zip(paired).filter(|(_, paired)| *paired) {
            walks.push(counts.walk(team)?);
        }
        let mut rows = ResultRows::new(&self.plan, &self.budget, &self.tmpdir, out)?;
        let mut sorted = self.groups.sorted(team)?;
        while let Some((place, (key, value))) = sorted.next_placed()? {
            let (mut columns, counts) = self.layout.read_columns(self.plan.shape, value)?;
            for walk in &mut walks {
                walk.fill_columns(key, &counts, &mut columns)?;
            }
            if let Some(place) = place {
                listed
                    .iter()
                    .for_each(|listed| listed.fill_columns(place, &mut columns));
            }
            if !rows.group(key, &columns)? {
                break;
            }
        }
        rows.end()
    }
}

impl RecordSink for Group {
    #[inline]
    fn record(&mut self, record: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if self.plan.shape == Shape::Aggregated {
            self.add_aggregated(record)?;
        } else if let [key] = record {
            self.groups.count(key, 1)?;
        } else {
            encode(&mut self.key, record);
            self.groups.count(&self.key, 1)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn misfits(&self) -> &Bits {
        &self.misfits
    }

    fn only_counts(&self) -> bool {
        self.plan.shape == Shape::Aggregated
            && self.plan.keys.is_empty()
            && self.counted.is_empty()
            && self.layout.states.is_empty()
    }

    fn records(&mut self, number: u64) -> io::Result<ControlFlow<()>> {
        self.groups.count(b"", number)?;
        Ok(ControlFlow::Continue(()))
    }

    fn singles(&mut self, records: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if self.plan.shape == Shape::Aggregated && !self.counts_keys() {
            let mut misfits = Bits::new();
            for (at, record) in records.iter().enumerate() {
                self.add_aggregated(std::slice::from_ref(record))?;
                if !self.misfits.is_empty() {
                    misfits.insert(at);
                }
            }
            self.misfits = misfits;
            return Ok(ControlFlow::Continue(()));
        }
        self.groups.count_each(records)?;
        Ok(ControlFlow::Continue(()))
    }
}

impl Fold for Group {
    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()> {
        let other = of_this_type(other);
        self.adopt_texts(other)?;
        self.groups
            .merge(&mut other.groups, &mut take_into(&mut self.counted))?;
        for (mine, theirs) in self.counted.iter_mut().zip(&mut other.counted) {
            mine.table.merge(&mut theirs.table, &mut has_none)?;
        }
        other.clear();
        Ok(())
    }

    fn merge_all(&mut self, others: &mut [Box<dyn Fold>], team: &Team<'_>) -> io::Result<()> {
        let mut others: Vec<_> = others
            .iter_mut()
            .map(|other| of_this_type(&mut **other))
            .collect();
        others.iter_mut().try_for_each(|other| self.adopt_texts(other))?;
        let groups = others.iter_mut().map(|other| &mut other.groups);
        self.groups
            .merge_all(groups.collect(), team, &mut take_into(&mut self.counted))?;
        for (at, counts) in self.counted.iter_mut().enumerate() {
            let tables = others.iter_mut().map(|other| &mut other.counted[at].table);
            counts.table.merge_all(tables.collect(), team, &mut has_none)?;
        }
        others.iter_mut().for_each(|other| other.clear());
        Ok(())
    }

    fn clear(&mut self) {
        self.groups.clear();
        self.counted.iter_mut().for_each(ValueCounts::clear);
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.plain(&alone)? {
            Some(mut plain) => plain.write(out, &alone),
            None => self.write(out, &alone),
        }
    }

    fn finish_all(&mut self, out: &mut dyn Write, team: &Team<'_>) -> io::Result<()> {
        if let Some(mut plain) = self.plain(team)? {
            return plain.finish_all(out, team);
        }
        let mut counted = self.counted.iter();
        if counted.all(|counts| counts.table.is_empty())
            && RowRanges::new(&self.plan, &self.layout).is_some()
            && self.groups.partitions()?.is_some()
        {
            let listed = self.list_columns(team)?;
            if let Some(ranges) = RowRanges::new(&self.plan, &self.layout)
                && let Some(partitions) = self.groups.partitions()?
            {
                ranges.write(partitions, &listed, out, team)?;
            }
            self.clear();
            return Ok(());
        }
        self.write(out, team)
    }

    fn save(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        out.write_all(&[self.version()])?;
        // Older fanfolds counted here the values that are no numbers.
        out.write_all(&0u64.to_le_bytes())?;
        self.groups.take_values(&mut take_into(&mut self.counted))?;
        for table in self.tables() {
            let mut sorted = table.sorted(&alone)?;
            while let Some(entry) = sorted.next()? {
                write_entry(&mut out, entry)?;
            }
            write_end(&mut out)?;
        }
        out.flush()
    }

    fn load(&mut self, saved: &mut dyn BufRead) -> io::Result<()> {
        if read_array(saved)? != [self.version()] {
            return Err(broken());
        }
        let _: [u8; 8] = read_array(saved)?;
        let (mut key, mut value) = (Vec::new(), Vec::new());
        let Group { groups, counted, .. } = self;
        while read_entry(saved, &mut key, &mut value)? {
            groups.load(&key, &value, &mut take_into(counted))?;
        }
        for at in 0..counted.len() {
            while read_entry(saved, &mut key, &mut value)? {
                load_pair(counted, at, groups, (&key, &value))?;
            }
        }
        match saved.fill_buf()? {
            [] => Ok(()),
            _ => Err(broken()),
        }
    }
}

fn of_this_type(fold: &mut dyn Fold) -> &mut Group {
    let fold = (fold as &mut dyn Any).downcast_mut();
    fold.expect("the contract of merge: a fold of the same type")
}

#[cfg(test)]
mod partitioned_tests;
#[cfg(test)]
mod tests;
