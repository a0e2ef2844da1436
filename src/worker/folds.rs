//! What a worker's jobs gave to its folds: at once when it stands, and for parts of split files when the file
//! turns out whole.
//!
//! It does not know what decides that.

use crate::fold::{Fold, StartFold};
use crate::job::{Failure, SplitOutcome, SplitPart};
use std::io;

/// The folds of one worker.
pub(crate) struct Folds {
    total: Box<dyn Fold>,
    /// For each file of which this worker has done parts and that is not decided: few, since jobs
    /// are started in order.
    undecided: Vec<(SplitOutcome, Box<dyn Fold>)>,
}

impl Folds {
    /// Starts with empty folds.
    pub(crate) fn new(start: &StartFold<'_>) -> Self {
        Folds {
            total: start(),
            undecided: Vec::new(),
        }
    }

    /// Moves what a job gave to what the others gave; `link` says that the job is about a part of a file.
    ///
    /// # Errors
    /// What the fold returned.
    pub(super) fn add(
        &mut self,
        link: Option<&SplitPart>,
        part: &mut dyn Fold,
        start: &StartFold<'_>,
    ) -> io::Result<()> {
        self.commit_decided()?;
        let Some(SplitPart { fate, .. }) = link else {
            return self.total.merge(part);
        };
        let at = self.undecided.iter().position(|(of, _)| of == fate);
        let at = at.unwrap_or_else(|| {
            self.undecided.push((fate.clone(), start()));
            self.undecided.len() - 1
        });
        self.undecided[at].1.merge(part)
    }

    /// Returns the fold of what counts whatever else happens.
    pub(super) fn total_mut(&mut self) -> &mut dyn Fold {
        &mut *self.total
    }

    /// Returns the fold of everything that counts, when all is decided.
    ///
    /// # Errors
    /// What the fold returned.
    pub(crate) fn total(mut self) -> io::Result<Box<dyn Fold>> {
        self.commit_decided()?;
        Ok(self.total)
    }

    /// Moves what files that turned out whole have given to the total, and forgets what the others gave.
    fn commit_decided(&mut self) -> io::Result<()> {
        let decided = self
            .undecided
            .extract_if(.., |(fate, _)| fate.is_whole().is_some());
        for (fate, mut fold) in decided {
            if fate.is_whole() == Some(true) {
                self.total.merge(&mut *fold)?;
            }
        }
        Ok(())
    }
}

/// Returns the failure of a fold, which could not spill.
pub(super) fn fold_failure(cause: io::Error) -> Failure {
    Failure::Own {
        what: "the fold".into(),
        cause,
    }
}
