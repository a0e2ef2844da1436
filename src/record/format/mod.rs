//! How a record's bytes are laid out: the table of formats, and what each must do.

mod cut;
mod lines;
mod ws;

pub(super) use cut::Cut;
pub(super) use lines::Lines;
pub(super) use ws::Ws;

use super::Entry;
use super::field::Source;
use super::name::{quoted, unknown};
use anyhow::{Result, bail};

/// The known formats.
pub static FORMATS: &[Entry] = &[
    Entry {
        name: "ws",
        help: "fields are runs of non-blanks, as in awk; with -d C, what stands between single C's",
    },
    Entry {
        name: "lines",
        help: "the whole line is the only field",
    },
];

/// A format, and what it needs to know.
#[derive(Debug, Clone)]
pub enum Format {
    /// Runs of non-blanks.
    Ws,
    /// What stands between single delimiters.
    Cut(u8),
    /// One field: the line.
    Lines,
}

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
pub struct FormatChoice<'a> {
    /// The format's name.
    pub name: Option<&'a str>,
    /// The delimiter, as it was typed.
    pub delimiter: Option<&'a str>,
}

impl Format {
    /// The format that was asked for.
    ///
    /// # Errors
    /// An unknown name, or an option that the format does not take.
    pub fn choose(choice: &FormatChoice) -> Result<Format> {
        let name = choice.name.unwrap_or("ws");
        let delimiter = choice.delimiter.map(delimiter).transpose()?;
        Ok(match name {
            "ws" => delimiter.map_or(Format::Ws, Format::Cut),
            "lines" => {
                if delimiter.is_some() {
                    bail!("format 'lines' takes no delimiter");
                }
                Format::Lines
            }
            _ => {
                let known: Vec<_> = FORMATS.iter().map(|entry| entry.name).collect();
                return Err(unknown("format", name, &known));
            }
        })
    }

    /// What the format calls the field, or why it has no such field.
    ///
    /// # Errors
    /// A name in a format that has only numbers.
    pub fn resolve(&self, source: &Source) -> Result<Source> {
        match (self, source) {
            (_, Source::Whole | Source::File | Source::Line) => Ok(source.clone()),
            (Format::Lines, Source::Number(1) | Source::FromEnd(1)) => Ok(Source::Whole),
            (Format::Lines, _) => bail!("format 'lines' has one field: 0, the whole line"),
            (Format::Ws | Format::Cut(_), Source::Name(name)) => {
                bail!(
                    "format 'ws' has no field {}: its fields are numbers (1, 2, … or -1, -2, …)",
                    quoted(name)
                )
            }
            (Format::Ws | Format::Cut(_), _) => Ok(source.clone()),
        }
    }
}

fn delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] if *byte != b'\n' => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        b"\\0" => Ok(0),
        _ => bail!("delimiter {} is not one byte (\\t is a tab)", quoted(text)),
    }
}

/// Where a field stands: in the line, or in what the format decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte; a field that is missing is empty.
    pub end: usize,
    /// Whether it stands in [`Split::decoded`].
    pub decoded: bool,
}

impl Span {
    #[inline]
    pub fn of_line(start: usize, end: usize) -> Span {
        Span {
            start,
            end,
            decoded: false,
        }
    }
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was read.
    Read,
}

/// Splits lines into the fields that are asked for.
pub(super) trait Split {
    /// Finds the fields that were asked for when this was made; `spans` has one for each, empty.
    fn split(&mut self, line: &[u8], spans: &mut [Span]) -> Verdict;

    /// The bytes that decoded spans are about.
    fn decoded(&self) -> &[u8] {
        &[]
    }
}
