//! The notes of all jobs that count, and how many lines the parts of split files had.
//!
//! It does not know the kinds of notes, nor who prints them.

use crate::record::{Notes, PartLines};
use crate::worker::Report;

/// What the jobs of a run left out without an error.
#[derive(Debug, Default)]
pub struct RunNotes {
    notes: Notes,
    /// Those of jobs of earlier runs.
    earlier: Notes,
    lines: PartLines,
    /// Whether the run ended before all that counts was read.
    dropped: bool,
}

impl RunNotes {
    /// Adds the notes of a job that has ended.
    pub(crate) fn add(&mut self, report: &mut Report) {
        let whole = report.continued && report.failure.is_none();
        if let Some(start) = report.start.filter(|_| whole) {
            self.lines.add(report.seq, start == 0, report.lines);
        }
        let mut notes = std::mem::take(&mut report.notes);
        notes.place(report.seq, report.start.filter(|start| *start > 0));
        self.notes.merge(notes);
    }

    /// Adds the notes of jobs of an earlier run.
    pub(crate) fn restore(&mut self, notes: Notes) {
        self.earlier.merge(notes);
    }

    /// Drops the notes of all jobs: how many of them there were depends on chance.
    pub(crate) fn drop_all(&mut self) {
        self.dropped = true;
    }

    /// Returns the notes of all jobs.
    pub(crate) fn of_all(&self) -> Notes {
        let mut all = self.notes.clone();
        all.merge_earlier(self.earlier.clone());
        all
    }

    /// Returns the lines to print, without the program's name.
    pub fn lines(&self) -> Vec<String> {
        match self.dropped {
            true => Vec::new(),
            false => self.of_all().lines(&self.lines),
        }
    }
}
