//! Everything that was decided before any thread exists: plain data.
//!
//! A plan does not know how it was typed. Nothing in it means "default": that was decided.

use crate::source::Inputs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What a run is to do, beside the map and the fold themselves.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the jobs come from.
    pub inputs: Inputs,
    /// The least that a job may be about.
    pub unit: Unit,
    /// Which job starts first.
    pub schedule: Schedule,
    /// How many worker threads.
    pub workers: NonZeroUsize,
    /// In which order results are printed.
    pub order: Order,
    /// Whether printed lines carry their input's name.
    pub tag: Tag,
    /// What becomes of what a file gave before it turned out corrupt.
    pub partial: Partial,
    /// How many rows are wanted, where no fold decides that.
    pub first: Option<u64>,
    /// The budget of memory for the whole run, in bytes.
    pub memory: u64,
    /// Where temporary files are made (and at once unlinked).
    pub tmpdir: PathBuf,
    /// Whether having no input at all is fine.
    pub empty: Empty,
}

/// In which order the jobs' results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As the serial loop would print them.
    Input,
    /// Each whole, as jobs finish.
    Finish,
}

/// Whether printed lines carry their input's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// They don't.
    Off,
    /// Each line is prefixed by its input and a tab.
    Input,
}

/// What having no input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// A mistake: exit 4.
    Refused,
    /// Nothing to do: exit 0.
    Allowed,
}

/// Which job starts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// The first of the input order.
    Order,
    /// The largest, if there are fewer inputs than this; the first, otherwise.
    Largest {
        /// The inputs that are looked at before the first starts.
        most: usize,
    },
}

/// The least that a map can be given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole files.
    File,
    /// Lines: what it gives for a file is what it gives for parts of it that begin and end with
    /// lines, one after another.
    Lines,
}

/// What becomes of what a file gave before it turned out corrupt. It is an error either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// It does not count, as far as it could still have been wrong.
    Discard,
    /// Its complete lines count.
    Keep,
}
