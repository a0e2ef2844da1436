//! Where the inputs of a run come from, as it was decided.

use super::WordList;
use std::ffi::OsString;

/// Where the inputs of a run come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inputs {
    /// Names, directories and patterns, as typed.
    Named(Vec<OsString>, WalkPlan),
    /// Lists of names: from these files, or from standard input when there is none.
    Listed(Lists),
    /// A list of words, which are arguments and may be no files at all.
    Words(WordList),
}

/// Lists of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// The files that hold names; none: standard input does.
    pub files: Vec<OsString>,
    /// The byte that ends a name: a newline or NUL.
    pub terminator: u8,
    /// Names that are left out, as [`WalkPlan::exclude`].
    pub exclude: Vec<OsString>,
}

/// What a directory or a pattern gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WalkPlan {
    /// Whether hidden files and directories are taken.
    pub hidden: Hidden,
    /// Whether symbolic links to directories are followed.
    pub links: Links,
    /// Names that are left out: patterns, matched with the base name and with the whole path.
    pub exclude: Vec<OsString>,
    /// Whether `-` means standard input as data.
    pub dash: Dash,
}

/// Whether names that begin with a dot are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hidden {
    /// They are left out.
    #[default]
    Skip,
    /// They are taken.
    Take,
}

/// Whether symbolic links to directories are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// They are left out.
    #[default]
    Skip,
    /// They are followed; a loop is reported.
    Follow,
}

/// What the INPUT `-` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dash {
    /// A file of that name.
    #[default]
    Name,
    /// Standard input, as data.
    Stdin,
}

/// What having no input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// A mistake: exit 4.
    Refused,
    /// Nothing to do: exit 0.
    Allowed,
    /// One job without inputs.
    OneJob,
}
