//! Where the inputs of a run come from.

use super::arguments::ArgumentSources;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;

/// Where the inputs of a run come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inputs {
    /// Names, directories and patterns, as typed.
    Named(Vec<OsString>, WalkPlan),
    /// Lists of names.
    Listed(NameLists),
    /// A list of words, which become arguments and need not name files.
    Words(WordList),
    /// Values from several sources, which become arguments, and records of them jobs.
    Arguments(ArgumentSources),
    /// Standard input or files in blocks, which commands read.
    Blocks(BlockPlan),
    /// Words, which are jobs together.
    Values(Vec<Vec<OsString>>),
}

/// How standard input is cut into blocks of whole records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPlan {
    /// The files that are cut; when there is none, standard input is.
    pub files: Vec<OsString>,
    /// How many bytes a block has.
    pub size: usize,
    /// On which side of its size a block ends.
    pub cut: BlockCut,
    /// How many records a block has; `None`: as many as fit.
    pub records: Option<usize>,
    /// How many lines a record has, when lines are counted.
    pub record_lines: Option<usize>,
    /// What stands between records.
    pub separator: RecordSeparator,
    /// Whether that is removed.
    pub removes_separators: bool,
    /// The pattern of what the input begins with and each block gets.
    pub heading: Option<String>,
    /// How many jobs share all blocks; `None`: each block is a job.
    pub shared_by: Option<NonZeroUsize>,
}

/// On which side of its size a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockCut {
    /// With the last record that is within, unless a record has more.
    Before,
    /// With the first record that ends behind.
    Behind,
}

/// What stands between records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSeparator {
    /// What a record begins with.
    pub start: Vec<u8>,
    /// What a record ends with.
    pub end: Vec<u8>,
    /// Whether both are regular expressions.
    pub is_pattern: bool,
}

/// Lists of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameLists {
    /// The files that hold the names; when there is none, standard input holds them.
    pub files: Vec<OsString>,
    /// The byte that ends a name: a newline or NUL.
    pub terminator: u8,
    /// Patterns of names to leave out, as in [`WalkPlan::exclude`].
    pub exclude: Vec<OsString>,
    /// Whether the list may turn out to be data, which ends it: when its first names are none.
    pub may_be_data: bool,
}

/// Which files a directory or a pattern stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WalkPlan {
    /// Whether hidden files and directories are included.
    pub hidden: Hidden,
    /// Whether symbolic links to directories are followed.
    pub links: Links,
    /// Patterns of names to leave out, matched against the base name and against the whole path.
    pub exclude: Vec<OsString>,
    /// What the input `-` means.
    pub dash: Dash,
}

/// What names stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameUse {
    /// Files.
    #[default]
    Files,
    /// What a command prints for each; all are taken as they are.
    Opened,
}

/// Whether names that begin with a dot are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hidden {
    /// They are skipped.
    #[default]
    Skip,
    /// They are included.
    Take,
}

/// Whether symbolic links to directories are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// They are skipped.
    #[default]
    Skip,
    /// They are followed; a loop is reported.
    Follow,
}

/// What the input `-` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dash {
    /// A file of that name.
    #[default]
    Name,
    /// Standard input, as data.
    Stdin,
}

/// A share of the inputs: of N shards, each takes every N-th input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which share it is, from 1 to `count`; 0 is the same share as `count`.
    pub index: u64,
    /// How many shares there are, at least 1.
    pub count: u64,
}

impl Shard {
    /// Returns whether the input at this place, counted from 1, belongs to it.
    pub(crate) fn owns(self, place: u64) -> bool {
        self.of_place(place).index == self.first()
    }

    /// Returns the place of its first input.
    pub(crate) fn first(self) -> u64 {
        match self.index % self.count {
            0 => self.count,
            index => index,
        }
    }

    /// Returns the shard, of as many, to which the input at this place belongs.
    pub(crate) fn of_place(self, place: u64) -> Shard {
        let index = Shard { index: place, ..self }.first();
        Shard { index, ..self }
    }
}

/// What happens when there is no input at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// It is an error: exit 4.
    Refused,
    /// There is nothing to do: exit 0.
    Allowed,
    /// One job runs without inputs.
    OneJob,
}

/// A list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordList {
    /// The file that holds the list; `None` for standard input.
    pub file: Option<OsString>,
    /// What ends a word.
    pub syntax: WordSyntax,
    /// The longest word that is accepted, in bytes: as the first word, and as any other.
    pub longest: [usize; 2],
}

impl WordList {
    /// Returns the name of the list for messages.
    pub(crate) fn display_name(&self) -> String {
        let name = self.file.as_deref().unwrap_or(OsStr::new("standard input"));
        name.to_string_lossy().into_owned()
    }
}

/// What ends a word of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordSyntax {
    /// Unquoted blanks or newlines, as POSIX specifies it for xargs.
    Quoted {
        /// Whether blanks end a word.
        blanks: Blanks,
        /// The word that ends the list.
        end: Option<Vec<u8>>,
    },
    /// This byte and nothing else; words may be empty.
    Ended(u8),
}

/// What blanks mean in a list of quoted words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blanks {
    /// They end words, as newlines do.
    Separate,
    /// They belong to words, except at the beginning of a line.
    Belong,
}
