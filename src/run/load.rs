//! Adds up saved folds and those of states: threads load them side by side, each into a fold of its own, and these are merged.
//!
//! It does not know which of them fit together.

use super::error::RunError;
use super::stored;
use crate::fold::{Fold, StartFold};
use crate::record::Notes;
use crate::saved::{Header, SavedError, SavedFold};
use crate::state::{StateError, StoredFold};
use crossbeam_channel::{Receiver, bounded};
use std::io::{self, BufRead};
use std::path::Path;
use std::thread;

/// What is added up.
pub(crate) struct SavedPart {
    header: Header,
    from: PartSource,
}

enum PartSource {
    Saved(Box<SavedFold>),
    State(Box<StoredFold>),
}

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
        let fold = SavedFold::open(file, tmpdir)?;
        Ok(SavedPart {
            header: fold.header.clone(),
            from: PartSource::Saved(Box::new(fold)),
        })
    }

    /// Opens a state.
    ///
    /// # Errors
    /// When it is in use, can't be read or is damaged.
    pub(crate) fn open_state(file: &Path, tmpdir: &Path) -> Result<Self, StateError> {
        let fold = StoredFold::open(file, tmpdir)?;
        Ok(SavedPart {
            header: stored::header(&fold),
            from: PartSource::State(Box::new(fold)),
        })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn shown(&self) -> &str {
        match &self.from {
            PartSource::Saved(fold) => fold.shown(),
            PartSource::State(fold) => fold.shown(),
        }
    }

    pub(crate) fn is_state(&self) -> bool {
        self.state().is_some()
    }

    /// Says which jobs it has no answer of though they did not fail.
    pub(crate) fn unfinished(&self) -> Option<String> {
        stored::told(self.state()?)
    }

    /// Checks that no input is in two states.
    ///
    /// # Errors
    /// The first one that is.
    pub(crate) fn check_disjoint(parts: &[SavedPart]) -> Result<(), SavedError> {
        stored::check_disjoint(parts.iter().filter_map(SavedPart::state))
    }

    fn state(&self) -> Option<&StoredFold> {
        match &self.from {
            PartSource::Saved(_) => None,
            PartSource::State(fold) => Some(fold),
        }
    }

    fn add_to(self, loaded: &mut LoadedFold) -> Result<(), RunError> {
        let shown = self.shown().to_owned();
        match self.from {
            PartSource::Saved(fold) => {
                let body = fold.body();
                let added = body.and_then(|mut body| loaded.add(&mut *body));
                added.map_err(RunError::about(shown))
            }
            PartSource::State(fold) => fold.each_part(|part| {
                let body = part.unpack();
                let added = body.and_then(|mut body| loaded.add(&mut *body));
                added.map_err(RunError::about(shown.as_str()))
            }),
        }
    }
}

impl LoadedFold {
    pub(super) fn add(&mut self, body: &mut dyn BufRead) -> io::Result<()> {
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
        part.add_to(&mut loaded)?;
    }
    Ok(loaded)
}
