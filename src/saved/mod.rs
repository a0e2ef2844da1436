//! Saved folds: the answer of a share of the inputs as a file, which `fanfold merge` adds up.
//!
//! A file has a header in JSON, a body in compressed chunks, and a checksum at its end. This room knows which files can be
//! added up. It does not know what is in a body.
//!
//! ```text
//! "ffsave\0\1"  u32 length, header  { u32 length, zstd frame of at most 1 MiB }...  u32 0  u64 xxh64 of all before  "ffend\0\0\1"
//! ```
//! All numbers are little-endian.

mod check;
mod error;
mod header;
mod reader;
mod writer;

pub(crate) use check::{Missing, check};
pub(crate) use error::SavedError;
pub(crate) use header::{Header, InputList, SavedCounts, Shares};
pub(crate) use reader::SavedFold;
pub(crate) use writer::{SavedTarget, SavedWriter};

/// What a file begins with, and what it ends with.
const MAGIC: &[u8; 8] = b"ffsave\0\x01";
const END: &[u8; 8] = b"ffend\0\0\x01";

/// Returns true when a file that begins with these bytes is a saved fold, of this version or another.
pub(crate) fn is_saved_fold(head: &[u8]) -> bool {
    head.starts_with(&MAGIC[..6])
}

/// How many bytes are compressed together.
const CHUNK: usize = 1 << 20;

/// The most bytes of a compressed chunk, and of a header. Longer ones are damage.
const LONGEST_CHUNK: u32 = 2 << 20;
const LONGEST_HEADER: u32 = 256 << 20;
