//! Where jobs come from: names on the command line, directories, patterns, lists.
//!
//! A source is an iterator: inputs (`NamedInputs`, `read_names`, `ListedWords`), cut into parts by
//! `Splitter` (under `--shard` only those of `Sharded`), put together by `Batcher`, numbered and ordered by `Scheduler`. It does not know
//! workers or maps, and of the files' contents it reads only what it needs to cut big ones.

mod arguments;
mod batch;
mod blocks;
mod braces;
mod error;
mod exclude;
mod glob;
mod list;
mod named;
mod schedule;
mod shard;
mod split;
mod walk;
mod xargs;

pub(crate) use arguments::{ArgumentJobs, column_pattern, read_all, take_names};
pub(crate) use batch::Batcher;
pub(crate) use blocks::BlockJobs;
#[cfg(feature = "queue")]
pub(crate) use braces::expand as expand_braces;
pub(crate) use error::{InputResult, JobResult, SourceError};
pub(crate) use exclude::Exclude;
pub(crate) use list::read_names;
pub use named::NoMatch;
pub(crate) use named::{NamedInputs, literal_names};
pub(crate) use schedule::Scheduler;
pub(crate) use shard::{Listing, Numbering, Sharded, SharedListing, deal};
pub(crate) use split::Splitter;
pub(crate) use xargs::words::ListedWords;
#[cfg(any(fuzzing, test))]
pub(crate) use xargs::words::WordReader;
