//! The words of each kind of note.

use super::{Entry, NoteKind, PartLines, Place, Tally};
use crate::message::display_name;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// The longest value that is shown, in bytes of its escaped form.
const SHOWN: usize = 40;

impl Entry {
    /// Returns the line without the program's name; `None` when nothing is to be said.
    pub(super) fn text(&self, lines: &PartLines) -> Option<String> {
        let Tally { wrong, of, .. } = self.tally;
        let field = display_name(OsStr::new(&*self.field));
        if self.kind == NoteKind::NoField {
            // One record that has it is enough.
            return (wrong > 0 && wrong == of)
                .then(|| format!("{field}: no record that was read has this field"));
        }
        if self.kind == NoteKind::SortedAsText && wrong == of {
            // All are ordered alike.
            return None;
        }
        let first = self.tally.first.as_ref().filter(|_| wrong > 0)?;
        let first = format!("(first: {})", first.text(lines));
        let are = if wrong == 1 { "is" } else { "are" };
        let what = self.tally.what(match self.kind {
            NoteKind::NoTime | NoteKind::ComparedTime => "no time",
            NoteKind::NoJson | NoteKind::ComparedJson => "no JSON",
            NoteKind::NotOrdered | NoteKind::SortedAsText => "neither number nor time",
            _ => "no number",
        });
        Some(match self.kind {
            NoteKind::BadLine => format!(
                "{wrong} of {of} {} could not be read as {field} {first}",
                noun(of, "line", "lines")
            ),
            NoteKind::NotCompressed if wrong == 1 => {
                format!("1 file is named as compressed and is plain: it was read as it is {first}")
            }
            NoteKind::NotCompressed => {
                format!(
                    "{wrong} files are named as compressed and are plain: they were read as they are {first}"
                )
            }
            NoteKind::ReadAs => format!(
                "{wrong} {} read as {field} {first}",
                if wrong == 1 { "file was" } else { "files were" }
            ),
            NoteKind::ComparedNumber | NoteKind::ComparedTime | NoteKind::ComparedJson => format!(
                "{field}: {wrong} of {of} compared {} {are} {what} {first}",
                noun(of, "value", "values")
            ),
            NoteKind::SortedAsText => format!(
                "{field}: {wrong} of {of} values sorted by {are} {what}, and stand after the others {first}"
            ),
            NoteKind::NotOrdered
            | NoteKind::NoNumber
            | NoteKind::NoJson
            | NoteKind::NoTime
            | NoteKind::NoField => format!(
                "{field}: {wrong} of {of} {} {are} {what} {first}",
                noun(of, "value", "values")
            ),
        })
    }
}

impl Entry {
    /// Says that no value is of the kind, with the first of them and the way out.
    pub(super) fn no_value(&self, first: &Place) -> String {
        let field = display_name(OsStr::new(&*self.field));
        let value = first.shown();
        match self.kind {
            NoteKind::NoTime | NoteKind::ComparedTime => {
                format!(
                    "no value of {field} is a time (first: '{value}'): --time-format says how such times are written"
                )
            }
            NoteKind::NoJson | NoteKind::ComparedJson => {
                format!("no value of {field} is JSON (first: '{value}')")
            }
            _ => format!("no value of {field} is a number with a unit (first: '{value}')"),
        }
    }
}

fn noun(number: u64, one: &'static str, several: &'static str) -> &'static str {
    if number == 1 { one } else { several }
}

impl Tally {
    /// Names what the values are instead of `wanted`: `'-' or no number`.
    fn what(&self, wanted: &str) -> String {
        match (self.dash, self.empty) {
            (false, false) => wanted.to_owned(),
            (true, false) => format!("'-' or {wanted}"),
            (false, true) => format!("empty or {wanted}"),
            (true, true) => format!("'-', empty or {wanted}"),
        }
    }
}

impl Place {
    /// Returns the value, shortened.
    fn shown(&self) -> String {
        let mut value = display_name(OsStr::from_bytes(&self.value)).into_owned();
        if value.len() > SHOWN {
            let end = (0..=SHOWN).rev().find(|&at| value.is_char_boundary(at));
            value.truncate(end.unwrap_or(0));
            value.push('…');
        }
        value
    }

    /// Returns the place and the value: `a.log:17 'x'`.
    fn text(&self, lines: &PartLines) -> String {
        let file = display_name(OsStr::from_bytes(&self.file));
        if self.line == 0 {
            return file.into_owned();
        }
        let value = self.shown();
        match self.line_in_file(lines) {
            Some(line) => format!("{file}:{line} '{value}'"),
            None => {
                let (line, part) = (self.line, self.part.unwrap_or(0));
                format!("{file}: line {line} of those that begin at byte {part} or after it, '{value}'")
            }
        }
    }
}
