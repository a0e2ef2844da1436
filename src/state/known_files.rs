//! Which stored job a job is that no row has by its name, size and time: its file may have another name now, or may
//! have grown.
//!
//! This file does not know what is done with a job that is known.

use super::file_mark::{Care, begins_member, identity, is_of_same_year, possible_heads};
use super::fingerprint::Fingerprint;
use super::index::Index;
use super::job_end::StoredOutcome;
use super::stored_mark::{self, By, StoredMark};
use crate::job::Input;
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;

/// The search for the stored jobs of files.
#[derive(Debug, Default)]
pub(super) struct KnownFiles {
    /// The checksums of the beginnings of all marked files, once one was looked for.
    heads: Option<HashSet<i64>>,
}

/// What is asked about a job.
pub(super) struct Question<'q> {
    pub input: &'q Input,
    pub fingerprint: Fingerprint,
    /// The rows of jobs of this name, whatever became of their files.
    pub namesakes: Vec<i64>,
    /// Whether a file that has grown is of use.
    pub grows: bool,
    /// Whether a file of another name can be the same.
    pub renames: bool,
}

/// A stored job that a job was found to be.
pub(super) enum Known {
    /// Nothing of it changed but its name, or the part of the file that is not its own.
    Same(StoredMark),
    /// Its file has grown.
    Grown(StoredMark),
}

impl KnownFiles {
    /// Finds the stored job that no other job was found to be, and takes it out of the index.
    pub fn find(
        &mut self,
        db: &Connection,
        index: &mut Index,
        question: &Question<'_>,
    ) -> rusqlite::Result<Option<Known>> {
        let name = question.input.name();
        let (Fingerprint::File { size, .. }, Ok(found), Ok(file)) =
            (question.fingerprint, fs::metadata(name), File::open(name))
        else {
            return Ok(None);
        };
        let now = Candidate {
            question,
            file,
            size: size.cast_unsigned(),
            identity: identity(&found),
        };
        let by_inode = match question.renames {
            true => stored_mark::find(db, By::Inode(now.identity.1))?,
            false => Vec::new(),
        };
        let by_inode: Vec<_> = by_inode
            .into_iter()
            .filter(|mark| mark.is_of(now.identity))
            .collect();
        for mark in &by_inode {
            let is_same = mark.outcome == StoredOutcome::Done && mark.fingerprint == question.fingerprint;
            if is_same && now.is_same_job(mark) && take(index, mark) {
                return Ok(Some(Known::Same(mark.clone())));
            }
        }
        let mut by_name = Vec::new();
        for &row in &question.namesakes {
            by_name.extend(stored_mark::find(db, By::Job(row))?);
        }
        for mark in by_inode.into_iter().chain(by_name) {
            let care = match mark.is_of(now.identity) {
                true => Care::Usual,
                false => Care::Great,
            };
            if let Some(known) = now.known(&mark, care)
                && take(index, &mark)
            {
                return Ok(Some(known));
            }
        }
        if question.renames {
            return self.find_by_content(db, index, &now);
        }
        Ok(None)
    }

    fn find_by_content(
        &mut self,
        db: &Connection,
        index: &mut Index,
        now: &Candidate<'_>,
    ) -> rusqlite::Result<Option<Known>> {
        let heads = match &mut self.heads {
            Some(heads) => heads,
            none => none.insert(stored_mark::heads(db)?),
        };
        let Ok(possible) = possible_heads(&now.file, start(now.question.input), now.size) else {
            return Ok(None);
        };
        for head in possible.into_iter().rev().filter(|head| heads.contains(head)) {
            for mark in stored_mark::find(db, By::Head(head))? {
                if let Some(known) = now.known(&mark, Care::Great)
                    && take(index, &mark)
                {
                    return Ok(Some(known));
                }
            }
        }
        Ok(None)
    }
}

/// A file as it is now, which is no longer than its fingerprint tells.
struct Candidate<'q> {
    question: &'q Question<'q>,
    file: File,
    size: u64,
    identity: (i64, i64),
}

impl Candidate<'_> {
    /// Returns whether a mark is of a job about the same part of a file.
    fn is_same_job(&self, mark: &StoredMark) -> bool {
        let (stored, now) = (&mark.input, self.question.input);
        (start(stored), end(stored)) == (start(now), end(now)) && is_range(stored) == is_range(now)
    }

    /// Returns what the job is when its file has what the mark tells.
    fn known(&self, mark: &StoredMark, care: Care) -> Option<Known> {
        let (start, end) = (start(self.question.input), end(self.question.input));
        let is_alike = || mark.ends.are_of(&self.file, (start, mark.size), care).ok();
        let fits = is_range(&mark.input) == is_range(self.question.input)
            && self::start(&mark.input) == start
            && mark.size > start
            && mark.size <= self.size.min(end)
            // A file of the same size and another time was written anew.
            && (mark.file_size() < self.size || mark.fingerprint == self.question.fingerprint)
            && is_of_same_year(mark.oldest, self.question.fingerprint);
        if !fits {
            return None;
        }
        let is_done = mark.outcome == StoredOutcome::Done;
        // A range that does not reach to the end of the file, or the same file with the same time.
        let is_whole = self::end(&mark.input) == end && (end != u64::MAX && mark.size == end)
            || mark.fingerprint == self.question.fingerprint && self.is_same_job(mark);
        // What is read of a range is settled by its ends.
        if is_whole && (is_done || self.question.grows && end != u64::MAX) {
            return is_alike()?.then(|| Known::Same(mark.clone()));
        }
        let reaches_end = self::end(&mark.input) == u64::MAX;
        let grows =
            self.question.grows && reaches_end && mark.resume.is_some() && self.is_continued(mark).ok()?;
        (grows && is_alike()?).then(|| Known::Grown(mark.clone()))
    }

    /// Returns whether what follows the old end can be read by itself.
    fn is_continued(&self, mark: &StoredMark) -> io::Result<bool> {
        Ok(!mark.packed || mark.size == self.size || begins_member(&self.file, mark.size)?)
    }
}

/// Takes the job of a mark out of the index; returns false when it was taken before.
fn take(index: &mut Index, mark: &StoredMark) -> bool {
    index.take_row(mark.job.row, &mark.input, mark.fingerprint, mark.outcome)
}

fn is_range(input: &Input) -> bool {
    matches!(input, Input::Range { .. })
}

fn start(input: &Input) -> u64 {
    match input {
        Input::Range { start, .. } => *start,
        _ => 0,
    }
}

fn end(input: &Input) -> u64 {
    match input {
        Input::Range { end, .. } => *end,
        _ => u64::MAX,
    }
}
