//! Adds up saved folds: threads load them side by side, each into a fold of its own, and these are merged.
//!
//! It does not know which of them fit together.

use super::error::RunError;
use crate::fold::{Fold, StartFold};
use crate::record::Notes;
use crate::saved::{Header, SavedError, SavedFold};
use crossbeam_channel::{Receiver, bounded};
use std::io::{self, BufRead};
use std::path::Path;
use std::thread;

/// What is added up.
pub(crate) struct SavedPart(SavedFold);

/// All parts together.
pub(crate) struct LoadedFold {
    pub(crate) fold: Box<dyn Fold>,
    pub(crate) notes: Notes,
}

impl SavedPart {
    /// Opens a saved fold.
    ///
    /// # Errors
    /// When it can't be read or is damaged.
    pub(crate) fn open(file: &Path, tmpdir: &Path) -> Result<Self, SavedError> {
        SavedFold::open(file, tmpdir).map(SavedPart)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.0.header
    }

    pub(crate) fn shown(&self) -> &str {
        self.0.shown()
    }

    fn add_to(self, loaded: &mut LoadedFold) -> io::Result<()> {
        loaded.add(&mut *self.0.body()?)
    }
}

impl LoadedFold {
    fn add(&mut self, body: &mut dyn BufRead) -> io::Result<()> {
        self.notes.merge(Notes::load(body)?);
        self.fold.load(body)
    }
}

/// Loads all parts, with so many threads.
///
/// # Errors
/// When one can't be read, or a fold can't spill.
pub(crate) fn load(
    parts: Vec<SavedPart>,
    start: &StartFold<'_>,
    threads: usize,
) -> Result<LoadedFold, RunError> {
    let threads = threads.clamp(1, parts.len().max(1));
    let (sender, queue) = bounded(parts.len());
    for part in parts {
        sender.send(part).expect("the queue has room for all");
    }
    drop(sender);
    let loaded: Vec<Result<LoadedFold, RunError>> = thread::scope(|scope| {
        let load = || scope.spawn(|| load_from(&queue, start));
        let threads: Vec<_> = (0..threads).map(|_| load()).collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|loaded| loaded.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut loaded = loaded.into_iter();
    let mut total = loaded.next().expect("one thread at least")?;
    for other in loaded {
        let mut other = other?;
        total.notes.merge(other.notes);
        total
            .fold
            .merge(&mut *other.fold)
            .map_err(RunError::about("the fold"))?;
    }
    Ok(total)
}

fn load_from(queue: &Receiver<SavedPart>, start: &StartFold<'_>) -> Result<LoadedFold, RunError> {
    let mut loaded = LoadedFold {
        fold: start(),
        notes: Notes::default(),
    };
    for part in queue {
        let shown = part.shown().to_owned();
        part.add_to(&mut loaded).map_err(RunError::about(shown))?;
    }
    Ok(loaded)
}
