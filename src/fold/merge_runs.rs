//! Merges sorted runs into one sorted sequence, by a tree of losers (Knuth, The Art of Computer
//! Programming 3, section 5.4.1): an entry costs as many comparisons as the tree is high. It does not
//! know what becomes of equal keys.

use super::sorted_run::{Entry, RunHead, RunReader, SortedRun, with_dir};
use std::io;
use std::path::Path;

/// A walk over the entries of several runs, by the bytes of their keys; equal keys come one after
/// another.
pub(super) struct RunMerge<'a> {
    readers: Vec<RunReader<'a>>,
    heads: Vec<RunHead>,
    /// The winner, which has the least entry, then at each node the loser of the match there. The
    /// readers are the leaves below.
    tree: Vec<usize>,
    tmpdir: &'a Path,
}

/// A node where no match was played yet.
const NOBODY: usize = usize::MAX;

impl<'a> RunMerge<'a> {
    pub fn new(runs: &'a [SortedRun], tmpdir: &'a Path) -> io::Result<RunMerge<'a>> {
        let mut merge = RunMerge {
            readers: Vec::new(),
            heads: Vec::new(),
            tree: vec![NOBODY; runs.len().max(1)],
            tmpdir,
        };
        for run in runs {
            let reader = RunReader::new(run).map_err(|e| with_dir(tmpdir, e))?;
            merge.readers.push(reader);
            merge.heads.push(RunHead::default());
        }
        for reader in 0..runs.len() {
            merge.read(reader)?;
        }
        for reader in 0..runs.len() {
            merge.play(reader);
        }
        Ok(merge)
    }

    fn read(&mut self, reader: usize) -> io::Result<()> {
        let next = self.readers[reader].next(&mut self.heads[reader]);
        next.map_err(|e| with_dir(self.tmpdir, e))
    }

    /// Plays a reader's matches from its leaf upwards: each loser stays at its node, the winner goes on.
    #[inline]
    fn play(&mut self, reader: usize) {
        let mut best = reader;
        let mut node = (reader + self.heads.len()) / 2;
        while node > 0 {
            let other = self.tree[node];
            if other == NOBODY {
                self.tree[node] = best;
                return;
            }
            if self.heads[other].cmp(&self.heads[best]).is_lt() {
                self.tree[node] = best;
                best = other;
            }
            node /= 2;
        }
        self.tree[0] = best;
    }

    /// Moves to the next entry.
    pub fn advance(&mut self) -> io::Result<()> {
        let reader = self.tree[0];
        self.read(reader)?;
        self.play(reader);
        Ok(())
    }

    /// Returns the entry that the merge is at; none at the end.
    #[inline]
    pub fn entry(&self) -> Option<Entry<'_>> {
        self.heads.get(self.tree[0])?.entry()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sorted_run::RunWriter;
    use super::*;
    use proptest::prelude::*;

    fn run(keys: &[Vec<u8>], dir: &Path) -> SortedRun {
        let mut writer = RunWriter::new(dir).expect("the temporary directory works");
        for key in keys {
            writer.entry((key, &[key.len() as u8])).expect("written");
        }
        writer.finish(0).expect("written")
    }

    fn merged(runs: &[SortedRun], dir: &Path) -> Vec<Vec<u8>> {
        let mut merge = RunMerge::new(runs, dir).expect("just written");
        let mut keys = Vec::new();
        while let Some((key, value)) = merge.entry() {
            assert_eq!(value, [key.len() as u8]);
            keys.push(key.to_vec());
            merge.advance().expect("just written");
        }
        keys
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_merge_is_what_sorting_gives(
            runs in prop::collection::vec(prop::collection::vec(prop::collection::vec(0u8..3, 0..24), 0..40), 0..20),
        ) {
            let dir = std::env::temp_dir();
            let mut all: Vec<_> = runs.iter().flatten().cloned().collect();
            all.sort_unstable();
            let runs: Vec<_> = runs
                .into_iter()
                .map(|mut keys| {
                    keys.sort_unstable();
                    run(&keys, &dir)
                })
                .collect();
            prop_assert_eq!(merged(&runs, &dir), all);
        }
    }

    #[test]
    fn keys_larger_than_a_block_and_runs_of_many_blocks_come_back() {
        let dir = std::env::temp_dir();
        let many: Vec<_> = (0..30_000u32).map(|i| i.to_be_bytes().to_vec()).collect();
        let large = vec![b"a".repeat(300_000), b"a".repeat(300_001), b"b".repeat(70_000)];
        let runs = [run(&many, &dir), run(&large, &dir), run(&[], &dir)];
        let mut all = [many, large].concat();
        all.sort_unstable();
        assert!(merged(&runs, &dir) == all);
    }
}
