//! Notes: what a run left out without an error, counted by kind and field, with the first place of each.
//!
//! Every try of a job has an accumulator of its own, in its stage, and it counts only when the try succeeds: it
//! travels with the job's report and, under a state, with the job's part of the fold. Each kind is one line at
//! the end of the run.
//!
//! To add a kind: a variant of [`NoteKind`], its words in `text.rs`, its byte in `saved.rs`. Whoever may find such
//! a value enters it once, when the stage is built, with [`Notes::enter`], and keeps the [`NoteId`]. Then
//! [`Notes::judge`] counts a value that was looked at, and [`Notes::add`] one that is left out, which is the only
//! call that may allocate, and does so once a job. The line loop keeps the number of the current line.
//!
//! This room does not know who prints the lines, nor how a job's lines are counted.

mod saved;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest value of a first place that is kept, in bytes.
const LONGEST: usize = 64;

/// What is wrong with a value, a line, a field or a file that is left out or taken otherwise than it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// A line that the format can't read. Its field is the format's name.
    BadLine,
    /// A field that no record has.
    NoField,
    /// A value that is no time, though it is read as one.
    NoTime,
    /// A value that is compared with a number and is none.
    ComparedNumber,
    /// A value that is compared with a time and is none.
    ComparedTime,
    /// A value that an aggregate takes as a number or a time and that is neither.
    NotOrdered,
    /// A value that an aggregate takes as a number and that is none.
    NoNumber,
    /// A value that is no JSON, though it is read as such.
    NoJson,
    /// A value that is compared by what is in its JSON, and is none.
    ComparedJson,
    /// A sort key that is text, among others that are numbers or times.
    SortedAsText,
    /// A file that is named as if it were compressed, and is plain. It has no field.
    NotCompressed,
    /// A file whose format was found by its first lines. Its field is the format's name.
    ReadAs,
}

/// The place of an entry in the accumulators of all stages of one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteId(usize);

/// Where something was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the job; `None` for a job of an earlier run, which comes after all others.
    seq: Option<u64>,
    /// The input's name.
    file: Vec<u8>,
    /// The number of the line among those of the job; 0 when it is about the file.
    line: u64,
    /// Where the job's part of the file begins, when that is not the file's beginning.
    part: Option<u64>,
    /// The beginning of the value.
    value: Vec<u8>,
}

/// How often something was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How many were left out.
    wrong: u64,
    /// How many were looked at.
    of: u64,
    /// Whether a `-` is among those left out.
    dash: bool,
    /// Whether an empty value is among those left out.
    empty: bool,
    first: Option<Box<Place>>,
}

/// An accumulator of notes.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    entries: Vec<Entry>,
    /// The number of the current line of the job, from 1.
    pub(super) line: u64,
    file: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: NoteKind,
    field: Arc<str>,
    tally: Tally,
}

impl Notes {
    /// Enters a kind of a field, once for all that use it.
    pub fn enter(&mut self, kind: NoteKind, field: &str) -> NoteId {
        let same = |entry: &Entry| entry.kind == kind && *entry.field == *field;
        NoteId(self.entries.iter().position(same).unwrap_or_else(|| {
            self.entries.push(Entry {
                kind,
                field: field.into(),
                tally: Tally::default(),
            });
            self.entries.len() - 1
        }))
    }

    /// Returns whether nothing was entered, so that nothing can be left out.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Starts a job whose input has this name.
    pub(super) fn begin(&mut self, file: &[u8]) {
        self.line = 0;
        self.file.clear();
        self.file.extend_from_slice(file);
        for entry in &mut self.entries {
            entry.tally = Tally::default();
        }
    }

    /// Counts a value that was looked at, whether or not it is left out.
    #[inline]
    pub fn judge(&mut self, id: NoteId) {
        self.judge_all(id, 1);
    }

    /// Counts values that were looked at.
    #[inline]
    pub fn judge_all(&mut self, id: NoteId, number: u64) {
        let tally = &mut self.entries[id.0].tally;
        tally.of = tally.of.wrapping_add(number);
    }

    /// Takes back that a value was looked at: it is absent, which is no reason for a note.
    pub(super) fn pardon(&mut self, id: NoteId) {
        // Values may be counted later than they are pardoned.
        let tally = &mut self.entries[id.0].tally;
        tally.of = tally.of.wrapping_sub(1);
    }

    /// Counts a value of the current line that is left out.
    #[cold]
    pub fn add(&mut self, id: NoteId, value: &[u8]) {
        self.add_at(id, self.line, value);
    }

    /// Counts a value of this line that is left out.
    #[cold]
    pub(super) fn add_at(&mut self, id: NoteId, line: u64, value: &[u8]) {
        let tally = &mut self.entries[id.0].tally;
        tally.wrong += 1;
        tally.dash |= value == b"-";
        tally.empty |= value.is_empty();
        if tally.first.is_none() {
            tally.first = Some(Box::new(Place {
                seq: None,
                file: self.file.clone(),
                line,
                part: None,
                value: value[..value.len().min(LONGEST)].to_vec(),
            }));
        }
    }

    /// Counts an input that is noteworthy as a whole, by its name.
    pub(crate) fn add_file(&mut self, kind: NoteKind, name: &[u8]) {
        self.add_file_of(kind, "", name);
    }

    /// Does as [`Notes::add_file`] for a kind with a field.
    pub(super) fn add_file_of(&mut self, kind: NoteKind, field: &str, name: &[u8]) {
        let id = self.enter(kind, field);
        name.clone_into(&mut self.file);
        self.add_at(id, 0, b"");
    }

    /// Returns `Some` when no value was found that stays: with what is to be said, if some were looked at.
    pub(super) fn lacking(&self, id: NoteId) -> Option<Option<String>> {
        let entry = &self.entries[id.0];
        let first = entry.tally.first.as_ref();
        (entry.tally.wrong == entry.tally.of).then(|| first.map(|first| entry.no_value(first)))
    }

    /// Returns how many are left out of this kind.
    pub(crate) fn count(&self, kind: NoteKind) -> u64 {
        let entries = self.entries.iter().filter(|entry| entry.kind == kind);
        entries.map(|entry| entry.tally.wrong).sum()
    }

    /// Returns what the job gave, if it looked at anything.
    pub(super) fn of_job(&self) -> Notes {
        let told = |entry: &&Entry| entry.tally.of + entry.tally.wrong > 0;
        Notes {
            entries: self.entries.iter().filter(told).cloned().collect(),
            ..Notes::default()
        }
    }

    /// Takes these notes as those of what follows so many lines of the same file.
    pub(crate) fn continue_after(&mut self, lines: u64) {
        for place in self.first_places() {
            place.line += if place.line > 0 { lines } else { 0 };
        }
    }

    /// Takes these notes as those of a file with this name, which had another.
    pub(crate) fn rename(&mut self, file: &[u8]) {
        for place in self.first_places() {
            file.clone_into(&mut place.file);
        }
    }

    fn first_places(&mut self) -> impl Iterator<Item = &mut Place> {
        self.entries
            .iter_mut()
            .filter_map(|entry| entry.tally.first.as_deref_mut())
    }

    /// Says which job gave these notes, and where its part of the file begins.
    pub(crate) fn place(&mut self, seq: u64, part: Option<u64>) {
        for place in self.first_places() {
            place.seq = Some(seq);
            place.part = part;
        }
    }

    /// Adds the notes of another accumulator. Of two first places, the one that comes first in the order of the
    /// inputs stays.
    pub(crate) fn merge(&mut self, other: Notes) {
        for entry in other.entries {
            let id = self.enter(entry.kind, &entry.field);
            self.entries[id.0].tally.merge(entry.tally);
        }
    }

    /// Adds the notes of jobs of earlier runs, whose places among the inputs are not known: of two first places, the one
    /// stays whose file's name comes first, as a walk gives them.
    pub(crate) fn merge_earlier(&mut self, earlier: Notes) {
        for entry in earlier.entries {
            let id = self.enter(entry.kind, &entry.field);
            let tally = &mut self.entries[id.0].tally;
            let first = tally.first.take();
            tally.merge(entry.tally);
            tally.first = match (first, tally.first.take()) {
                (Some(mine), Some(other)) if mine.order_by_name() <= other.order_by_name() => Some(mine),
                (mine, other) => other.or(mine),
            };
        }
    }

    /// Returns the lines to print, in the order of the kinds and of the fields. `lines` holds how many lines each
    /// job that begins or continues a split file had.
    pub(crate) fn lines(&self, lines: &PartLines) -> Vec<String> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| (entry.kind, &entry.field));
        entries.iter().filter_map(|entry| entry.text(lines)).collect()
    }
}

impl Tally {
    fn merge(&mut self, other: Tally) {
        self.wrong = self.wrong.saturating_add(other.wrong);
        self.of = self.of.saturating_add(other.of);
        self.dash |= other.dash;
        self.empty |= other.empty;
        self.first = match (self.first.take(), other.first) {
            (Some(mine), Some(other)) if mine.order() <= other.order() => Some(mine),
            (mine, other) => other.or(mine),
        };
    }
}

impl Place {
    fn order(&self) -> impl Ord + '_ {
        (self.seq.is_none(), self.seq, &self.file, self.part, self.line)
    }

    fn order_by_name(&self) -> impl Ord + '_ {
        (&self.file, self.part, self.line)
    }

    /// Returns the number of the line in its file, if that is known.
    fn line_in_file(&self, lines: &PartLines) -> Option<u64> {
        match (self.part, self.seq) {
            (None, _) => Some(self.line),
            (Some(_), Some(seq)) => Some(lines.before(seq)? + self.line),
            (Some(_), None) => None,
        }
    }
}

/// How many lines the parts of split files had, by their jobs' numbers.
#[derive(Debug, Default)]
pub struct PartLines(BTreeMap<u64, PartLineCount>);

#[derive(Debug)]
struct PartLineCount {
    begins_file: bool,
    lines: u64,
}

impl PartLines {
    /// Adds a part of a file that a later part continues.
    pub(crate) fn add(&mut self, seq: u64, begins_file: bool, lines: u64) {
        self.0.insert(seq, PartLineCount { begins_file, lines });
    }

    /// Returns how many lines the parts before this one have. `None` when some of them did not run.
    fn before(&self, seq: u64) -> Option<u64> {
        let mut sum = 0;
        for before in (0..seq).rev() {
            let part = self.0.get(&before)?;
            sum += part.lines;
            if part.begins_file {
                return Some(sum);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
