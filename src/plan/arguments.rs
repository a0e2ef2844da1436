//! Values from several sources, combined into the arguments of commands.

use std::ffi::OsString;
use std::num::NonZeroUsize;

/// Sources of values, and how values are combined into records. A record has a value of each source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentSources {
    /// The sources, one at least.
    pub sources: Vec<ArgumentSource>,
    /// What ends a value.
    pub terminator: Vec<u8>,
    /// A regular expression that separates the columns of a value, each of which is a value then.
    pub columns: Option<String>,
    /// The value that ends a source.
    pub end: Option<Vec<u8>>,
    /// What happens to values of blanks alone.
    pub blank: BlankValue,
    /// Where blanks around a value are removed.
    pub trim: Trim,
    /// Whether a value that ends with a blank goes on with the next.
    pub continued: bool,
    /// How much is read before the first job.
    pub ahead: ReadAhead,
    /// Which records are together in a job.
    pub group: RecordGroup,
}

/// One source of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentSource {
    /// Where its values come from.
    pub from: ArgumentOrigin,
    /// How its values meet those of the sources before it.
    pub link: Link,
    /// Whether its first value is the name of its column, and none of its values.
    pub has_name: bool,
}

/// Where values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgumentOrigin {
    /// The command line.
    Words(Vec<OsString>),
    /// A file.
    File(OsString),
    /// Standard input.
    Stdin,
}

/// How the values of a source meet those of the sources before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Each meets each.
    Product,
    /// The first meets the first of the source before, and so on, until one of the two ends.
    Pairs,
    /// The same, but the shorter begins anew until the longest of all ends.
    Wrap,
}

/// What happens to values of blanks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlankValue {
    /// They are values.
    Keep,
    /// They are left out.
    Skip,
}

/// Where blanks around a value are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trim {
    /// At its beginning.
    pub left: bool,
    /// At its end.
    pub right: bool,
}

/// How much is read before the first job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAhead {
    /// No more than the first jobs need.
    Some,
    /// Everything, so that the number of jobs is known.
    All,
    /// The same, and jobs come in random order.
    Shuffled,
}

/// Which records are together in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordGroup {
    /// So many; the last job has what is left.
    Count(NonZeroUsize),
    /// One, in whose place the command gets an empty value.
    Unseen,
    /// As many as fit a command line, but no more than `most`.
    Fill {
        /// The most records.
        most: usize,
        /// The bytes that all their values share.
        room: usize,
        /// How often each value occurs.
        times: usize,
        /// The number of jobs that what is left at the end is spread over.
        spread: NonZeroUsize,
    },
}
