//! Sorted runs: entries that outgrew memory, in unlinked temporary files, and the merge of several
//! runs into one sorted sequence.
//!
//! A run is a list of entries by the bytes of their keys, compressed with LZ4, the fastest
//! decompressor that there is in safe Rust. It does not know what keys and values mean, nor what
//! becomes of equal keys.

use super::save_format::{Entry, read_entry, write_end, write_entry};
use crate::message;
use lz4_flex::frame::{BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;

/// Entries by the bytes of their keys, in a file without a name.
#[derive(Debug)]
pub(super) struct SortedRun {
    file: File,
    /// How many merges its entries went through.
    pub level: u32,
}

/// Writes a run.
pub(super) struct RunWriter<'a> {
    out: FrameEncoder<File>,
    tmpdir: &'a Path,
}

impl<'a> RunWriter<'a> {
    pub fn new(tmpdir: &'a Path) -> io::Result<RunWriter<'a>> {
        let file = tempfile::tempfile_in(tmpdir).map_err(|e| with_dir(tmpdir, e))?;
        // Blocks are small, since many runs are read at once when they are merged.
        let form = FrameInfo::new().block_size(BlockSize::Max64KB);
        let out = FrameEncoder::with_frame_info(form, file);
        Ok(RunWriter { out, tmpdir })
    }

    /// Writes the next entry; keys must come in order.
    pub fn entry(&mut self, entry: Entry<'_>) -> io::Result<()> {
        write_entry(&mut self.out, entry).map_err(|e| with_dir(self.tmpdir, e))
    }

    pub fn finish(mut self, level: u32) -> io::Result<SortedRun> {
        let end = write_end(&mut self.out).and_then(|()| Ok(self.out.finish()?));
        let file = end.map_err(|e| with_dir(self.tmpdir, e))?;
        Ok(SortedRun { file, level })
    }
}

/// Adds the name of the directory to an error of the system.
fn with_dir(tmpdir: &Path, error: io::Error) -> io::Error {
    let (dir, cause) = (message::display_name(tmpdir.as_os_str()), message::cause(&error));
    io::Error::new(error.kind(), format!("{dir}: temporary file: {cause}"))
}

/// A key, its value, and the index of their reader.
type Head = (Vec<u8>, Vec<u8>, usize);

/// A walk over the entries of several runs, by the bytes of their keys; equal keys come one after
/// another.
pub(super) struct RunMerge<'a> {
    readers: Vec<FrameDecoder<&'a File>>,
    /// The entry that each reader is at; the least is on top.
    heads: BinaryHeap<Reverse<Head>>,
    tmpdir: &'a Path,
}

impl<'a> RunMerge<'a> {
    pub fn new(runs: &'a [SortedRun], tmpdir: &'a Path) -> io::Result<RunMerge<'a>> {
        let mut merge = RunMerge {
            readers: Vec::new(),
            heads: BinaryHeap::new(),
            tmpdir,
        };
        for run in runs {
            (&run.file).rewind().map_err(|e| with_dir(tmpdir, e))?;
            let mut reader = FrameDecoder::new(&run.file);
            let (mut key, mut value) = (Vec::new(), Vec::new());
            let more = read_entry(&mut reader, &mut key, &mut value);
            if more.map_err(|e| with_dir(tmpdir, e))? {
                merge.heads.push(Reverse((key, value, merge.readers.len())));
            }
            merge.readers.push(reader);
        }
        Ok(merge)
    }

    /// Moves to the next entry.
    pub fn advance(&mut self) -> io::Result<()> {
        let Some(mut least) = self.heads.peek_mut() else {
            return Ok(());
        };
        let Reverse((key, value, reader)) = &mut *least;
        let more = read_entry(&mut self.readers[*reader], key, value);
        if !more.map_err(|e| with_dir(self.tmpdir, e))? {
            PeekMut::pop(least);
        }
        Ok(())
    }

    /// Returns the entry that the merge is at; none at the end.
    pub fn entry(&self) -> Option<Entry<'_>> {
        let Reverse((key, value, _)) = self.heads.peek()?;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
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
