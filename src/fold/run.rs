//! Sorted runs: what outgrew memory, in unlinked temporary files, and their merge.
//!
//! A run is a list of entries, by the bytes of their keys, compressed with LZ4: the fastest
//! decompressor there is in safe Rust, and keys that are sorted compress well even so.

use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// A key with what was kept of it.
pub(super) type Item<'a> = (&'a [u8], &'a [u8]);

/// Entries by the bytes of their keys, in a file that has no name.
#[derive(Debug)]
pub(super) struct Run {
    file: File,
    /// How often its entries were merged.
    pub level: u32,
}

/// Writes a run.
pub(super) struct RunWriter<'a> {
    out: FrameEncoder<BufWriter<File>>,
    tmpdir: &'a Path,
}

/// Adds the name of the directory to what the system said.
fn named(tmpdir: &Path, error: io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("{}: temporary file: {error}", tmpdir.display()),
    )
}

impl<'a> RunWriter<'a> {
    pub fn new(tmpdir: &'a Path) -> io::Result<RunWriter<'a>> {
        let file = tempfile::tempfile_in(tmpdir).map_err(|e| named(tmpdir, e))?;
        Ok(RunWriter {
            out: FrameEncoder::new(BufWriter::with_capacity(1 << 16, file)),
            tmpdir,
        })
    }

    /// Writes the next entry; keys come in order.
    pub fn entry(&mut self, (key, kept): Item<'_>) -> io::Result<()> {
        write_entry(&mut self.out, key, kept).map_err(|e| named(self.tmpdir, e))
    }

    pub fn finish(self, level: u32) -> io::Result<Run> {
        let inner = self.out.finish().map_err(|e| named(self.tmpdir, e.into()))?;
        let file = inner
            .into_inner()
            .map_err(|e| named(self.tmpdir, e.into_error()))?;
        Ok(Run { file, level })
    }
}

/// Writes an entry so that [`EntryReader`] reads it.
pub(super) fn write_entry(out: &mut impl Write, key: &[u8], kept: &[u8]) -> io::Result<()> {
    let mut head = [0; 16];
    head[..8].copy_from_slice(&(key.len() as u64).to_le_bytes());
    head[8..].copy_from_slice(&(kept.len() as u64).to_le_bytes());
    out.write_all(&head)?;
    out.write_all(key)?;
    out.write_all(kept)
}

/// Reads entries one after another into buffers that are kept.
struct EntryReader<'a> {
    input: BufReader<FrameDecoder<BufReader<&'a File>>>,
}

impl<'a> EntryReader<'a> {
    fn new(run: &'a Run) -> io::Result<EntryReader<'a>> {
        let mut file = &run.file;
        file.rewind()?;
        let input = FrameDecoder::new(BufReader::with_capacity(1 << 16, file));
        Ok(EntryReader {
            input: BufReader::new(input),
        })
    }

    /// The next entry into `head`; false at the end.
    fn next(&mut self, head: &mut Head) -> io::Result<bool> {
        use io::BufRead;
        if self.input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let mut lengths = [[0; 8]; 2];
        self.input.read_exact(&mut lengths[0])?;
        self.input.read_exact(&mut lengths[1])?;
        fill(&mut self.input, &mut head.key, lengths[0])?;
        fill(&mut self.input, &mut head.kept, lengths[1])?;
        Ok(true)
    }
}

fn fill(input: &mut impl Read, buffer: &mut Vec<u8>, length: [u8; 8]) -> io::Result<()> {
    let length = u64::from_le_bytes(length);
    buffer.clear();
    let got = input.take(length).read_to_end(buffer)?;
    if got as u64 == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads what [`write_entry`] and its surroundings wrote, out of any reader.
pub(super) struct SavedReader<'a> {
    input: BufReader<&'a mut dyn Read>,
    head: Head,
}

impl<'a> SavedReader<'a> {
    pub fn new(saved: &'a mut dyn Read) -> SavedReader<'a> {
        SavedReader {
            input: BufReader::with_capacity(1 << 16, saved),
            head: Head::default(),
        }
    }

    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(cut_short)?;
        Ok(bytes)
    }

    pub fn entry(&mut self) -> io::Result<Item<'_>> {
        let lengths: [[u8; 8]; 2] = [self.array()?, self.array()?];
        fill(&mut self.input, &mut self.head.key, lengths[0]).map_err(cut_short)?;
        fill(&mut self.input, &mut self.head.kept, lengths[1]).map_err(cut_short)?;
        Ok((&self.head.key, &self.head.kept))
    }

    /// Fails where anything follows.
    pub fn end(mut self) -> io::Result<()> {
        use io::BufRead;
        let rest = self.input.fill_buf()?;
        if rest.is_empty() { Ok(()) } else { Err(broken()) }
    }
}

/// What was to be loaded was not saved by this version of this fold.
pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a saved fold of this version")
}

fn cut_short(cause: io::Error) -> io::Error {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => broken(),
        _ => cause,
    }
}

/// The first entry of a run that was not yet taken.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    key: Vec<u8>,
    kept: Vec<u8>,
    reader: usize,
}

/// All entries of several runs, by the bytes of their keys; equal keys come one after another.
pub(super) struct Merge<'a> {
    readers: Vec<EntryReader<'a>>,
    heads: BinaryHeap<Reverse<Head>>,
    tmpdir: &'a Path,
}

impl<'a> Merge<'a> {
    pub fn new(runs: &'a [Run], tmpdir: &'a Path) -> io::Result<Merge<'a>> {
        let mut merge = Merge {
            readers: Vec::new(),
            heads: BinaryHeap::new(),
            tmpdir,
        };
        for (reader, run) in runs.iter().enumerate() {
            let mut entries = EntryReader::new(run).map_err(|e| named(tmpdir, e))?;
            let mut head = Head {
                reader,
                ..Head::default()
            };
            if entries.next(&mut head).map_err(|e| named(tmpdir, e))? {
                merge.heads.push(Reverse(head));
            }
            merge.readers.push(entries);
        }
        Ok(merge)
    }

    /// Moves to the next entry.
    pub fn advance(&mut self) -> io::Result<()> {
        if let Some(mut top) = self.heads.peek_mut() {
            let reader = top.0.reader;
            if !self.readers[reader]
                .next(&mut top.0)
                .map_err(|e| named(self.tmpdir, e))?
            {
                PeekMut::pop(top);
            }
        }
        Ok(())
    }

    /// The entry that the merge is at; none at the end.
    pub fn entry(&self) -> Option<Item<'_>> {
        self.heads
            .peek()
            .map(|Reverse(head)| (&head.key[..], &head.kept[..]))
    }
}
