//! Where a fold is saved instead of printed.

use std::ffi::OsString;
use std::path::PathBuf;

/// A saved fold, and what must be equal in all that are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavePlan {
    /// Where it goes.
    pub to: SaveTarget,
    /// What the command line means, by named parts, as in [`super::StatePlan::meaning`].
    pub meaning: Vec<(&'static str, Vec<u8>)>,
    /// The options about records and folds as typed, those about the rows too.
    pub words: Vec<OsString>,
}

/// Where a saved fold goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveTarget {
    /// To standard output.
    Stdout,
    /// To a file that appears whole or not at all.
    File(PathBuf),
}
