//! The sorted runs of a table of groups that has outgrown memory, and its entries in the order of their keys.

use super::{FAN, GroupTable};
use crate::fold::Team;
use crate::fold::partition::Partition;
use crate::fold::sorted_entries::{SortedEntries, put_value};
use crate::fold::sorted_keys;
use crate::fold::sorted_run::{RunWriter, SortedRun};
use std::io;

impl GroupTable {
    /// Empties the tables, whose lists are empty, into a sorted run. Keys wait in the logs.
    pub(super) fn spill(&mut self) -> io::Result<()> {
        debug_assert!(!self.has_values());
        self.moves += 1;
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut value = Vec::new();
        for sorted in sorted_keys::by_key(&self.partitions) {
            let partition = &self.partitions[sorted.partition as usize];
            let tally = partition.table.tally(sorted.slot);
            value.clear();
            put_value(&partition.states, self.empty_row.len(), tally, &mut value);
            writer.entry((sorted.key(&self.partitions), &value))?;
        }
        self.runs.push(writer.finish(0)?);
        self.forget_tables();
        self.compact()
    }

    /// Merges runs of one level into one of the next, as long as any level has enough of them.
    pub(super) fn compact(&mut self) -> io::Result<()> {
        let mut level = 0;
        while self.runs.iter().any(|run| run.level >= level) {
            if self.runs.iter().filter(|run| run.level == level).count() >= FAN {
                let (full, others) = self.runs.drain(..).partition(|run| run.level == level);
                self.runs = others;
                self.runs.push(self.merge_runs(full, level + 1)?);
            }
            level += 1;
        }
        Ok(())
    }

    fn merge_runs(&self, runs: Vec<SortedRun>, level: u32) -> io::Result<SortedRun> {
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut sorted = SortedEntries::from_runs(&runs, &self.empty_row, &self.tmpdir)?;
        while let Some(entry) = sorted.next()? {
            writer.entry(entry)?;
        }
        writer.finish(level)
    }

    /// Returns whether no run has been written.
    pub fn is_in_memory(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns the partitions when they hold all keys and there are several of them.
    pub fn partitions(&mut self) -> io::Result<Option<&[Partition]>> {
        self.empty_logs()?;
        Ok((self.log > 0 && self.runs.is_empty()).then_some(&self.partitions))
    }

    /// Returns all entries by the bytes of their keys, each key once. Those in memory are sorted side by side.
    pub fn sorted(&mut self, team: &Team<'_>) -> io::Result<SortedEntries<'_>> {
        self.empty_logs()?;
        if self.runs.is_empty() {
            return Ok(SortedEntries::from_partitions(
                &self.partitions,
                &self.empty_row,
                team,
            ));
        }
        if self
            .partitions
            .iter()
            .any(|partition| !partition.table.is_empty())
        {
            self.spill()?;
        }
        SortedEntries::from_runs(&self.runs, &self.empty_row, &self.tmpdir)
    }
}
