//! How a record's bytes are laid out: the table of formats, and what each must do.

mod clf;
mod csv;
mod cut;
mod extract;
mod json;
mod lines;
mod logfmt;
mod ws;

pub(super) use clf::Clf;
pub(super) use csv::{Csv, Fed, Last};
pub(super) use cut::Cut;
pub(super) use extract::Extract;
pub(super) use json::Json;
pub(super) use lines::Lines;
pub(super) use logfmt::Logfmt;
pub(super) use ws::Ws;

use super::field::FieldSource;
use super::suggest::{quoted, unknown};
use anyhow::{Context, Result, bail};
use regex::bytes::Regex;

/// One row of the table of formats.
#[derive(Debug)]
pub struct FormatEntry {
    /// What is typed.
    pub name: &'static str,
    /// How a record is laid out, in one line.
    pub help: &'static str,
    /// The format, with the delimiter if one was typed, and with a header unless there is none.
    make: fn(Option<u8>, bool) -> Format,
    delimited: bool,
}

/// The known formats.
pub static FORMATS: &[FormatEntry] = &[
    FormatEntry {
        name: "ws",
        help: "fields are runs of non-blanks, as in awk; with -d C, what stands between single C's",
        make: |delimiter, _| delimiter.map_or(Format::Ws, Format::Cut),
        delimited: true,
    },
    FormatEntry {
        name: "lines",
        help: "the whole line is the only field",
        make: |_, _| Format::Lines,
        delimited: false,
    },
    FormatEntry {
        name: "clf",
        help: "logs of web servers, common or combined: host ident user time request method path protocol status bytes referer agent",
        make: |_, _| Format::Clf,
        delimited: false,
    },
    FormatEntry {
        name: "csv",
        help: "RFC 4180, quotes and all; fields have the names of the first record, unless --no-header",
        make: |delimiter, header| Format::Csv {
            delimiter: delimiter.unwrap_or(b','),
            header,
        },
        delimited: true,
    },
    FormatEntry {
        name: "tsv",
        help: "as csv, between tabs",
        make: |delimiter, header| Format::Csv {
            delimiter: delimiter.unwrap_or(b'\t'),
            header,
        },
        delimited: true,
    },
    FormatEntry {
        name: "json",
        help: "an object a line; fields are keys, or paths joined by dots: user.id, tags.0",
        make: |_, _| Format::Json,
        delimited: false,
    },
    FormatEntry {
        name: "logfmt",
        help: "key=value key=\"a value\"",
        make: |_, _| Format::Logfmt,
        delimited: false,
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
    /// The common or combined log format.
    Clf,
    /// RFC 4180, with any delimiter.
    Csv {
        /// What stands between fields.
        delimiter: u8,
        /// Whether the first record has the names.
        header: bool,
    },
    /// An object a line.
    Json,
    /// Keys and values.
    Logfmt,
    /// The groups of an expression.
    Extract(Regex),
}

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
pub struct FormatChoice<'a> {
    /// The format's name.
    pub name: Option<&'a str>,
    /// The delimiter, as it was typed.
    pub delimiter: Option<&'a str>,
    /// That the first record of csv or tsv is no header.
    pub no_header: bool,
    /// An expression whose groups are the fields.
    pub extract: Option<&'a str>,
}

impl Format {
    /// The format that was asked for.
    ///
    /// # Errors
    /// An unknown name, a wrong expression, or an option that the format does not take.
    pub fn choose(choice: &FormatChoice<'_>) -> Result<Format> {
        let delimiter = choice.delimiter.map(delimiter).transpose()?;
        let known: Vec<_> = FORMATS.iter().map(|entry| entry.name).collect();
        let name = choice.name.unwrap_or("ws");
        let entry = FORMATS.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| unknown("format", name, &known))?;
        let mut format = (entry.make)(delimiter, !choice.no_header);
        if delimiter.is_some() && !entry.delimited {
            bail!("format '{name}' takes no delimiter");
        }
        if let Some(regex) = choice.extract {
            if choice.name.is_some() || delimiter.is_some() {
                bail!("--extract is a format of its own: leave --input-format and --delimiter out");
            }
            format = Format::Extract(Regex::new(regex).context("in --extract")?);
        }
        if choice.no_header && !matches!(format, Format::Csv { .. }) {
            bail!("--no-header is about csv and tsv");
        }
        Ok(format)
    }

    /// What the format calls the field, or why it has no such field.
    ///
    /// # Errors
    /// A name that the format does not have, with those that it has.
    pub fn resolve(&self, source: &FieldSource) -> Result<FieldSource> {
        let ordinal = |names: &[&str], name: &str| match names.iter().position(|known| *known == name) {
            Some(place) if !name.is_empty() => Ok(FieldSource::Number(place + 1)),
            _ => {
                let known: Vec<_> = names.iter().copied().filter(|name| !name.is_empty()).collect();
                Err(unknown("field", name, &known))
            }
        };
        match (self, source) {
            (_, FieldSource::Whole | FieldSource::File | FieldSource::Line) => Ok(source.clone()),
            (Format::Lines, FieldSource::Number(1) | FieldSource::FromEnd(1)) => Ok(FieldSource::Whole),
            (Format::Lines, _) => bail!("format 'lines' has one field: 0, the whole line"),
            (Format::Ws | Format::Cut(_), FieldSource::Name(name)) => bail!(
                "format 'ws' has no field {}: its fields are numbers (1, 2, … or -1, -2, …)",
                quoted(name)
            ),
            (Format::Ws | Format::Cut(_), _) => Ok(source.clone()),
            (Format::Clf, FieldSource::Name(name)) => ordinal(&clf::NAMES, name),
            (Format::Clf, FieldSource::Number(1..=12)) => Ok(source.clone()),
            (Format::Clf, _) => bail!("format 'clf' has fields 1 to 12: {}", clf::NAMES.join(", ")),
            (Format::Csv { header: false, .. }, FieldSource::Name(name)) => {
                bail!(
                    "without a header, fields are numbers, and {} is none",
                    quoted(name)
                )
            }
            (Format::Csv { .. }, _) => Ok(source.clone()),
            (Format::Json | Format::Logfmt, FieldSource::Number(n)) => Ok(FieldSource::Name(n.to_string())),
            (Format::Json | Format::Logfmt, FieldSource::FromEnd(n)) => {
                Ok(FieldSource::Name(format!("-{n}")))
            }
            (Format::Json | Format::Logfmt, _) => Ok(source.clone()),
            (Format::Extract(regex), FieldSource::Name(name)) => {
                // Group 0 is the whole match.
                let names: Vec<_> = regex
                    .capture_names()
                    .skip(1)
                    .map(Option::unwrap_or_default)
                    .collect();
                ordinal(&names, name)
            }
            (Format::Extract(regex), FieldSource::Number(n)) if *n < regex.captures_len() => {
                Ok(source.clone())
            }
            (Format::Extract(regex), FieldSource::FromEnd(n)) if *n < regex.captures_len() => {
                Ok(FieldSource::Number(regex.captures_len() - n))
            }
            (Format::Extract(regex), _) => {
                bail!("the expression has only {} groups", regex.captures_len() - 1)
            }
        }
    }

    /// What messages call it.
    pub fn name(&self) -> &'static str {
        match self {
            Format::Ws | Format::Cut(_) => "ws",
            Format::Lines => "lines",
            Format::Clf => "clf",
            Format::Csv { .. } => "csv",
            Format::Json => "json",
            Format::Logfmt => "logfmt",
            Format::Extract(_) => "extract",
        }
    }

    /// Whether the bytes of a field are always found in its line as they are.
    pub(super) fn is_verbatim(&self) -> bool {
        !matches!(self, Format::Csv { .. } | Format::Json | Format::Logfmt)
    }

    /// Whether there are lines, or records, that it can't read.
    pub(super) fn has_bad_lines(&self) -> bool {
        matches!(
            self,
            Format::Clf | Format::Csv { .. } | Format::Json | Format::Logfmt
        )
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

/// Where a value stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FieldSpan {
    pub base: SpanBase,
    /// Its first byte.
    pub start: usize,
    /// One past its last byte; a field that is missing is empty.
    pub end: usize,
}

/// What a span is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SpanBase {
    /// The line.
    #[default]
    Line,
    /// What the format decoded.
    Decoded,
    /// What a modifier made.
    Made,
    /// The input's name.
    File,
    /// The line's number.
    Number,
}

impl FieldSpan {
    #[inline]
    pub fn of_line(start: usize, end: usize) -> FieldSpan {
        FieldSpan {
            base: SpanBase::Line,
            start,
            end,
        }
    }

    #[inline]
    pub fn of_decoded(start: usize, end: usize) -> FieldSpan {
        FieldSpan {
            base: SpanBase::Decoded,
            start,
            end,
        }
    }
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineVerdict {
    /// It was read, as far as it was asked for.
    Read,
    /// It is not a record.
    Dropped,
    /// It can't be read.
    Bad,
}

/// Splits lines into the fields that are asked for.
pub(super) trait LineSplitter {
    /// Whether a line is looked at even when no field is asked for.
    const CHECKS: bool = false;

    /// Finds the fields that were asked for when this was made; `spans` has one for each, empty.
    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict;

    /// The bytes that decoded spans are about.
    fn decoded(&self) -> &[u8] {
        &[]
    }
}

#[cfg(test)]
mod tests;
