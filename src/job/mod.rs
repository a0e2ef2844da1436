//! The unit of work and how it ended.
//!
//! A [`Job`] says which inputs it is about. It does not know how it is run, where its output goes, or which
//! other jobs there are.

mod block_queue;
mod failure;
mod outcome;
mod split;
mod trust;

pub use block_queue::{BlockQueue, NextBlock};
pub use failure::Failure;
pub(crate) use failure::SAVED_FOLD;
pub use outcome::ChildOutcome;
pub use split::{RANGE, SplitOutcome, SplitPart};
pub use trust::Trust;

use crate::message;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// A unit of work: one file, a part of one, or a batch of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The place in the input order, from 0, without gaps.
    pub seq: u64,
    /// The number that is shown, from 1: `seq + 1`, or under `--shard` one that no other shard has.
    pub number: u64,
    /// What it is about: at least one input, unless the run is a single job without inputs.
    pub inputs: Vec<Input>,
}

impl Job {
    /// Returns the name of the first input.
    pub fn name(&self) -> &OsStr {
        self.inputs.first().map_or(OsStr::new("-"), Input::name)
    }

    /// Returns the place among the parts of the file that was cut, if the job is about one.
    pub fn link(&self) -> Option<&SplitPart> {
        self.inputs.first().and_then(Input::link)
    }

    /// Returns where its part of a file begins, if it is about one.
    pub fn start(&self) -> Option<u64> {
        match self.inputs.first() {
            Some(Input::Range { start, .. } | Input::Part { start, .. }) => Some(*start),
            Some(Input::Tail { start, .. }) => *start,
            _ => None,
        }
    }

    /// Returns the place among the ranges of a plain file, from 0, if it is about one.
    pub fn range(&self) -> Option<u64> {
        match self.inputs.first() {
            Some(Input::Range { start, .. }) => Some(start / RANGE),
            Some(Input::Tail { start, .. }) => start.map(|start| start / RANGE),
            _ => None,
        }
    }

    /// Returns whether it is about what was appended to a file only.
    pub fn is_tail(&self) -> bool {
        matches!(self.inputs.first(), Some(Input::Tail { .. }))
    }

    /// Returns whether a later job has the end of the file.
    pub fn is_continued(&self) -> bool {
        self.inputs.first().is_some_and(Input::is_continued)
    }
}

/// One thing that a job reads or names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A whole file by its name, which is bytes.
    File(OsString),
    /// The lines of a plain file that begin in `start..end`.
    Range {
        /// The file's name.
        name: OsString,
        /// The first byte at which a line may begin.
        start: u64,
        /// One past the last; `u64::MAX` for the end of the file.
        end: u64,
    },
    /// A part of a compressed file. It has the lines that begin in the members or frames of `start..end` or at
    /// the first byte after them, but no line that begins at its own first byte, unless that is the file's.
    Part {
        /// The file's name.
        name: OsString,
        /// Where a member or frame begins.
        start: u64,
        /// Where a later one begins; `u64::MAX` for the end of the file.
        end: u64,
        /// The place among the other parts.
        link: SplitPart,
    },
    /// The lines of a file that begin in `from..end`, where one begins at `from`: what was appended to a file, or to the
    /// last range of one, since an earlier run.
    Tail {
        /// The file's name.
        name: OsString,
        /// Where the range begins of which this is the end; `None` for a whole file.
        start: Option<u64>,
        /// Where the lines begin; where a member begins, when they are compressed.
        from: u64,
        /// One past the last byte at which a line may begin; `u64::MAX` for the end of the file.
        end: u64,
        /// Whether they are compressed.
        packed: bool,
    },
    /// What a command prints for this name.
    Opened(OsString),
    /// Standard input, as data.
    Stdin,
    /// Bytes that a command reads.
    Block(Arc<Vec<u8>>),
    /// More such bytes, as many as are left for it.
    Queue(BlockQueue),
    /// A word of a list, which may be no file at all.
    Word {
        /// Its bytes.
        word: OsString,
        /// Whether a line of the list ends with it.
        ends_line: bool,
    },
}

impl Input {
    /// Returns how many bytes it has of a block that a command reads; 0 when it is none.
    pub(crate) fn block_length(&self) -> usize {
        match self {
            Input::Block(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// Returns the name to show and to substitute: the path as it was given, `-` for standard input.
    pub fn name(&self) -> &OsStr {
        match self {
            Input::File(name)
            | Input::Range { name, .. }
            | Input::Part { name, .. }
            | Input::Tail { name, .. }
            | Input::Opened(name) => name,
            Input::Word { word, .. } => word,
            Input::Stdin => OsStr::new("-"),
            Input::Block(_) | Input::Queue(_) => OsStr::new(""),
        }
    }

    /// Returns the place among the parts of the file, if it is one.
    pub fn link(&self) -> Option<&SplitPart> {
        match self {
            Input::Part { link, .. } => Some(link),
            _ => None,
        }
    }

    /// Returns whether a later job has the end of the file.
    pub fn is_continued(&self) -> bool {
        match self {
            Input::Range { end, .. } | Input::Tail { end, .. } => *end != u64::MAX,
            Input::Part { link, .. } => !link.last,
            _ => false,
        }
    }

    /// Returns whether a line of the list ends with it.
    pub fn ends_line(&self) -> bool {
        matches!(self, Input::Word { ends_line: true, .. })
    }
}

/// Returns how a message names a job: by the first of its inputs, and how many more there are.
pub fn display_names<'a>(mut names: impl ExactSizeIterator<Item = &'a OsStr>) -> String {
    let first = names.next().map_or("-".into(), message::display_name);
    match names.len() {
        0 => first.into_owned(),
        more => format!("{first} and {more} more"),
    }
}
