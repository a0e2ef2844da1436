//! The form of notes in the stored parts of a fold: before the fold's own bytes.
//!
//! It does not know what follows.

use super::{Entry, NoteKind, Notes, Place, Tally};
use std::io::{self, BufRead, Read, Write};

/// The byte before saved notes. No saved group begins with it: parts that an older fanfold stored have no notes.
const NOTES: u8 = b'N';
/// The version of the form.
const VERSION: u8 = 1;
/// A part that begins at the file's beginning.
const WHOLE: u64 = u64::MAX;

/// The kinds, each with the byte that stands for it.
const KINDS: [(u8, NoteKind); 12] = [
    (1, NoteKind::BadLine),
    (2, NoteKind::NoField),
    (3, NoteKind::NoTime),
    (4, NoteKind::ComparedNumber),
    (5, NoteKind::ComparedTime),
    (6, NoteKind::NoNumber),
    (7, NoteKind::NotCompressed),
    (8, NoteKind::NotOrdered),
    (9, NoteKind::ReadAs),
    (10, NoteKind::NoJson),
    (11, NoteKind::ComparedJson),
    (12, NoteKind::SortedAsText),
];

impl Notes {
    /// Writes the notes as [`Notes::load`] reads them.
    ///
    /// # Errors
    /// When `out` fails.
    pub(crate) fn save(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&[NOTES, VERSION])?;
        write_number(out, self.entries.len() as u64)?;
        for Entry { kind, field, tally } in &self.entries {
            let byte = KINDS.iter().find(|(_, known)| known == kind);
            let byte = byte.expect("every kind has a byte").0;
            out.write_all(&[
                byte,
                u8::from(tally.dash),
                u8::from(tally.empty),
                u8::from(tally.first.is_some()),
            ])?;
            write_number(out, tally.wrong)?;
            write_number(out, tally.of)?;
            write_bytes(out, field.as_bytes())?;
            if let Some(first) = &tally.first {
                write_number(out, first.line)?;
                write_number(out, first.part.unwrap_or(WHOLE))?;
                write_bytes(out, &first.file)?;
                write_bytes(out, &first.value)?;
            }
        }
        Ok(())
    }

    /// Reads saved notes; there are none in a part that an older fanfold stored.
    ///
    /// # Errors
    /// `InvalidData` when this version did not write the bytes; whatever `saved` fails with.
    pub(crate) fn load(saved: &mut (impl BufRead + ?Sized)) -> io::Result<Notes> {
        let mut notes = Notes::default();
        if saved.fill_buf()?.first() != Some(&NOTES) {
            return Ok(notes);
        }
        if read_array(saved)? != [NOTES, VERSION] {
            return Err(io::ErrorKind::InvalidData.into());
        }
        for _ in 0..read_number(saved)? {
            let [byte, dash, empty, has_first] = read_array(saved)?;
            let kind = KINDS.iter().find(|(known, _)| *known == byte);
            let kind = kind.ok_or(io::ErrorKind::InvalidData)?.1;
            let (wrong, of) = (read_number(saved)?, read_number(saved)?);
            let field = String::from_utf8(read_bytes(saved)?).map_err(|_| io::ErrorKind::InvalidData)?;
            let first = match has_first {
                0 => None,
                _ => Some(Box::new(Place {
                    seq: None,
                    line: read_number(saved)?,
                    part: Some(read_number(saved)?).filter(|part| *part != WHOLE),
                    file: read_bytes(saved)?,
                    value: read_bytes(saved)?,
                })),
            };
            notes.entries.push(Entry {
                kind,
                field: field.into(),
                tally: Tally {
                    wrong,
                    of,
                    dash: dash != 0,
                    empty: empty != 0,
                    first,
                },
            });
        }
        Ok(notes)
    }
}

fn write_number(out: &mut impl Write, number: u64) -> io::Result<()> {
    out.write_all(&number.to_le_bytes())
}

fn write_bytes(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    write_number(out, bytes.len() as u64)?;
    out.write_all(bytes)
}

fn read_array<const N: usize>(saved: &mut (impl BufRead + ?Sized)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    saved.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_number(saved: &mut (impl BufRead + ?Sized)) -> io::Result<u64> {
    read_array(saved).map(u64::from_le_bytes)
}

fn read_bytes(saved: &mut (impl BufRead + ?Sized)) -> io::Result<Vec<u8>> {
    let (length, mut bytes) = (read_number(saved)?, Vec::new());
    // The vector grows as bytes come: a wrong length does not allocate that much memory.
    let read = Read::take(&mut *saved, length).read_to_end(&mut bytes)?;
    match read as u64 == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}
