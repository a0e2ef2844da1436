//! Marks of files: by what a file is known again when its name is another, or when it has grown.
//!
//! A mark has checksums of the ends of what a job read. This file does not know where marks are stored, nor what a
//! fold is.

use super::fingerprint::Fingerprint;
use super::packed_part::PackedPart;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

/// How many bytes at each end are compared.
pub(super) const END: u64 = 64 << 10;

/// How many bytes before the old end of a file of the same name are compared.
const ENDING: u64 = 4 << 10;

/// A file that says less than this at its beginning may turn out to be no text when more is appended.
const LEAST: u64 = 512;

/// For so many seconds after a time without a year, it is still of the same year when the file has grown.
const SAME_YEAR: i64 = 363 * 86_400;

/// What is known of the file of a job that ended well.
#[derive(Debug)]
pub(crate) struct FileMark {
    pub device: i64,
    pub inode: i64,
    /// The file was read up to this byte.
    pub size: u64,
    pub ends: Ends,
    /// What it takes to read only what is appended.
    pub growth: Option<Growth>,
}

/// What it takes to read only what is appended to a file.
#[derive(Debug)]
pub(crate) struct Growth {
    /// Where reading goes on: a line begins there.
    pub resume: u64,
    /// True when what is appended must be a gzip member.
    pub packed: bool,
    /// How many lines come before.
    pub lines: u64,
    /// The first time without a year among them, in seconds since 1970.
    pub oldest: Option<i64>,
    /// What these lines added to the fold, when the job's part is of more.
    pub stem: Option<PackedPart>,
}

/// The checksums of the ends of a range of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub head: i64,
    pub tail: i64,
    pub ending: i64,
}

/// How much of what was read must be as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Its beginning and its last bytes: the file has the same name or is the same file.
    Usual,
    /// Its beginning, and as much at its end: only the bytes tell which file it is.
    Great,
}

impl FileMark {
    /// Marks an open file of which a job read `start..size`; `None` when there was nothing to read.
    ///
    /// # Errors
    /// When it can't be read, or has become shorter.
    pub fn new(file: &File, start: u64, size: u64) -> io::Result<Option<FileMark>> {
        let found = file.metadata()?;
        if !found.is_file() || start >= size {
            return Ok(None);
        }
        Ok(Some(FileMark {
            device: found.dev().cast_signed(),
            inode: found.ino().cast_signed(),
            size,
            ends: Ends::new(file, start, size)?,
            growth: None,
        }))
    }

    /// Takes note from where on the file can be read when it grows, if it can.
    pub fn grow_from(&mut self, growth: Growth, file: &File) -> io::Result<()> {
        let is_line_start = match (growth.packed, growth.resume) {
            (true, at) => at == self.size && !is_padded(file, at)?,
            (false, 0) => false,
            (false, at) => byte_before(file, at)? == b'\n',
        };
        if is_line_start && (growth.packed || self.size >= LEAST) {
            self.growth = Some(growth);
        }
        Ok(())
    }
}

impl Ends {
    /// Computes the ends of the range `start..end` of a file.
    fn new(file: &File, start: u64, end: u64) -> io::Result<Ends> {
        let length = end - start;
        let mut last = vec![0; length.min(END) as usize];
        file.read_exact_at(&mut last, end - length.min(END))?;
        let head = head_length(length);
        Ok(Ends {
            head: match length <= END {
                true => sum(&last[..head as usize]),
                false => checksum(file, start, head)?,
            },
            tail: sum(&last),
            ending: sum(&last[last.len().saturating_sub(ENDING as usize)..]),
        })
    }

    /// Returns whether the range `start..end` of a file has these ends.
    pub(super) fn are_of(&self, file: &File, (start, end): (u64, u64), care: Care) -> io::Result<bool> {
        let is_end = match care {
            Care::Usual => self.ending == checksum_before(file, start, end, ENDING)?,
            Care::Great => self.tail == checksum_before(file, start, end, END)?,
        };
        Ok(is_end && self.head == checksum(file, start, head_length(end - start))?)
    }
}

/// Returns whether times without a year mean the same in a file that was written last then.
pub(super) fn is_of_same_year(oldest: Option<i64>, now: Fingerprint) -> bool {
    match (oldest, now) {
        (None, _) => true,
        (Some(oldest), Fingerprint::File { mtime, .. }) => mtime / 1_000_000_000 < oldest + SAME_YEAR,
        (Some(_), _) => false,
    }
}

/// Returns the device and the inode of a file.
pub(super) fn identity(found: &Metadata) -> (i64, i64) {
    (found.dev().cast_signed(), found.ino().cast_signed())
}

/// Returns the checksums that a mark of the beginning of `start..size` may have as its head.
pub(super) fn possible_heads(file: &File, start: u64, size: u64) -> io::Result<Vec<i64>> {
    let mut bytes = vec![0; size.saturating_sub(start).min(END) as usize];
    file.read_exact_at(&mut bytes, start)?;
    let lengths = (0..=END.ilog2()).map(|power| 1 << power);
    let lengths = lengths.take_while(|length| *length <= bytes.len());
    Ok(lengths.map(|length| sum(&bytes[..length])).collect())
}

/// Returns whether a gzip member begins at this byte.
pub(super) fn begins_member(file: &File, at: u64) -> io::Result<bool> {
    let mut magic = [0; 3];
    file.read_exact_at(&mut magic, at)?;
    Ok(magic == [0x1f, 0x8b, 8])
}

/// How many bytes the checksum of a beginning is of: a power of two, so that few have to be tried.
fn head_length(size: u64) -> u64 {
    1 << size.clamp(1, END).ilog2()
}

fn checksum_before(file: &File, start: u64, end: u64, most: u64) -> io::Result<i64> {
    let length = (end - start).min(most);
    checksum(file, end - length, length)
}

fn checksum(file: &File, at: u64, length: u64) -> io::Result<i64> {
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, at)?;
    Ok(sum(&bytes))
}

fn sum(bytes: &[u8]) -> i64 {
    twox_hash::XxHash64::oneshot(bytes.len() as u64, bytes).cast_signed()
}

fn byte_before(file: &File, at: u64) -> io::Result<u8> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, at - 1)?;
    Ok(byte[0])
}

/// Returns whether a gzip file that ends at this byte seems to be filled up with zeros. The empty member at the end of
/// what bgzip writes has them, too.
fn is_padded(file: &File, end: u64) -> io::Result<bool> {
    const EMPTY: &[u8; 28] = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0";
    let mut last = [0; EMPTY.len()];
    if end < last.len() as u64 {
        return Ok(false);
    }
    file.read_exact_at(&mut last, end - EMPTY.len() as u64)?;
    Ok(last.ends_with(&[0; 8]) && last != *EMPTY)
}
