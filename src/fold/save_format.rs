//! The form of entries in saved folds and in sorted runs: one after another, each with its lengths
//! before it. It does not know what an entry means.

use std::io::{self, BufRead, Read, Write};

/// The byte before each entry, and the one behind the last.
const ENTRY: u8 = 1;
const END: u8 = 0;

/// A key with its value: an encoded count, or encoded states.
pub(super) type Entry<'a> = (&'a [u8], &'a [u8]);

/// Writes an entry as [`read_entry`] reads it.
pub(super) fn write_entry(out: &mut impl Write, (key, value): Entry<'_>) -> io::Result<()> {
    out.write_all(&[ENTRY])?;
    out.write_all(&(key.len() as u64).to_le_bytes())?;
    out.write_all(&(value.len() as u64).to_le_bytes())?;
    out.write_all(key)?;
    out.write_all(value)
}

/// Writes the end of a list of entries.
pub(super) fn write_end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[END])
}

/// Reads an entry; returns false at the end of the list.
pub(super) fn read_entry(
    input: &mut (impl BufRead + ?Sized),
    key: &mut Vec<u8>,
    value: &mut Vec<u8>,
) -> io::Result<bool> {
    if read_array(input)? != [ENTRY] {
        return Ok(false);
    }
    let lengths = [read_array(input)?, read_array(input)?].map(u64::from_le_bytes);
    for (bytes, length) in [key, value].into_iter().zip(lengths) {
        bytes.clear();
        // The vector grows as bytes come: a wrong length does not allocate that much memory.
        if Read::take(&mut *input, length).read_to_end(bytes)? as u64 != length {
            return Err(broken());
        }
    }
    Ok(true)
}

/// Reads so many bytes.
pub(super) fn read_array<const N: usize>(input: &mut (impl BufRead + ?Sized)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    match input.read_exact(&mut bytes) {
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Err(broken()),
        result => result.map(|()| bytes),
    }
}

/// The error for bytes that this version of this fold did not write.
pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a saved fold of this version")
}
