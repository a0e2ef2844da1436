//! The formats of records: their table, and which fields each has.
//!
//! This file does not know how a format splits a line; each format has a file of its own.

mod clf;
mod csv;
mod delimiter;
mod extract;
mod field_numbers;
mod json;
mod line_splitter;
mod logfmt;
mod whole_line;
mod ws;

pub(super) use clf::Clf;
pub(super) use csv::Csv;
pub use csv::CsvQuoting;
pub(super) use delimiter::DelimiterSplitter;
pub(super) use extract::Extract;
pub(super) use json::Json;
pub(super) use line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase};
pub(super) use logfmt::Logfmt;
pub(super) use whole_line::WholeLine;
pub(super) use ws::Ws;

use super::expression::LoneQuote;
use super::field::{Field, FieldSource};
use super::pattern::{Case, Pattern};
use super::plan_error::RecordPlanError;
use super::suggest::{quoted, unknown};

/// One row of the table of formats.
#[derive(Debug)]
pub(crate) struct FormatEntry {
    /// The name that users type.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// One line of help: the layout of a record.
    pub help: &'static str,
    /// Builds the format from the delimiter that was typed, if any, and whether there is a header.
    make: fn(Option<u8>, bool) -> Format,
    /// True when the format accepts a delimiter.
    delimited: bool,
}

/// The known formats.
pub(crate) static FORMATS: &[FormatEntry] = &[
    FormatEntry {
        name: "ws",
        aliases: &[],
        help: "fields are runs of non-blanks, as in awk; with -d C, what stands between single C's",
        make: |delimiter, _| delimiter.map_or(Format::Ws, Format::Delimited),
        delimited: true,
    },
    FormatEntry {
        name: "lines",
        aliases: &[],
        help: "the whole line is the only field",
        make: |_, _| Format::Lines,
        delimited: false,
    },
    FormatEntry {
        name: "clf",
        aliases: &["nginx", "apache", "common", "combined"],
        help: "logs of web servers, common or combined (also named nginx, apache, common, combined): host ident user time request method path protocol status bytes referer agent",
        make: |_, _| Format::Clf,
        delimited: false,
    },
    FormatEntry {
        name: "csv",
        aliases: &[],
        help: "RFC 4180, quotes and all; fields have the names of the first record, unless --no-header",
        make: |delimiter, header| Format::Csv {
            delimiter: delimiter.unwrap_or(b','),
            quoting: CsvQuoting::Quotes,
            header,
        },
        delimited: true,
    },
    FormatEntry {
        name: "tsv",
        aliases: &[],
        help: "values between tabs, without quotes; \\t, \\n and \\\\ are read back; a header as csv",
        make: |delimiter, header| Format::Csv {
            delimiter: delimiter.unwrap_or(b'\t'),
            quoting: CsvQuoting::Escapes,
            header,
        },
        delimited: true,
    },
    FormatEntry {
        name: "json",
        aliases: &[],
        help: "an object a line; fields are keys, or paths joined by dots: user.id, tags.0",
        make: |_, _| Format::Json,
        delimited: false,
    },
    FormatEntry {
        name: "logfmt",
        aliases: &[],
        help: "key=value key=\"a value\"",
        make: |_, _| Format::Logfmt,
        delimited: false,
    },
];

/// A format with its parameters.
#[derive(Debug, Clone)]
pub enum Format {
    /// Fields are runs of non-blanks.
    Ws,
    /// Fields stand between single delimiters.
    Delimited(u8),
    /// The line is the only field.
    Lines,
    /// The common or combined log format of web servers.
    Clf,
    /// RFC 4180, or values without quotes, with any delimiter.
    Csv {
        /// The byte between fields.
        delimiter: u8,
        /// How a value that holds one is written.
        quoting: CsvQuoting,
        /// True when the first record holds the names.
        header: bool,
    },
    /// One JSON object per line.
    Json,
    /// Pairs `key=value`.
    Logfmt,
    /// Fields are the groups of a regular expression.
    Extract(Pattern),
}

/// The options that choose a format.
#[derive(Debug, Clone, Default)]
pub struct FormatChoice<'a> {
    /// The name of the format.
    pub name: Option<&'a str>,
    /// The delimiter that was typed.
    pub delimiter: Option<&'a str>,
    /// True when the first record of csv or tsv is not a header.
    pub no_header: bool,
    /// A regular expression whose groups are the fields.
    pub extract: Option<&'a str>,
}

impl Format {
    /// Builds the format that the options choose.
    ///
    /// # Errors
    /// When the name is unknown, the regular expression is malformed, or the format does not accept an
    /// option.
    pub fn choose(choice: &FormatChoice<'_>) -> Result<Format, RecordPlanError> {
        let delimiter = choice.delimiter.map(delimiter).transpose()?;
        let known: Vec<_> = FORMATS.iter().map(|entry| entry.name).collect();
        let name = choice.name.unwrap_or("ws");
        let is_named = |entry: &&FormatEntry| entry.name == name || entry.aliases.contains(&name);
        let entry = FORMATS.iter().find(is_named);
        let entry = entry.ok_or_else(|| unknown("format", name, &known))?;
        let mut format = (entry.make)(delimiter, !choice.no_header);
        if delimiter.is_some() && !entry.delimited {
            return refuse(format!("format '{name}' takes no delimiter"));
        }
        if let Some(regex) = choice.extract {
            if choice.name.is_some() || delimiter.is_some() {
                return refuse("--extract is a format of its own: leave out --input-format and --delimiter");
            }
            let malformed = |cause| RecordPlanError::new(format!("in --extract: {cause}"));
            format = Format::Extract(Pattern::new(regex, Case::Sensitive).map_err(malformed)?);
        }
        if choice.no_header && !matches!(format, Format::Csv { .. }) {
            return refuse("--no-header applies to csv and tsv only");
        }
        Ok(format)
    }

    /// Translates a field into the form in which the format finds it.
    ///
    /// # Errors
    /// When the format has no such field.
    pub fn resolve(&self, mut field: Field) -> Result<Field, RecordPlanError> {
        let has_header = matches!(self, Format::Csv { header: true, .. });
        if let Some(error) = field.error.take_if(|_| !has_header) {
            return Err(error);
        }
        field.source = match field.source {
            // Before a header is read, 'time:hour' may be a column's whole name.
            FieldSource::Name(name) if has_header && !field.modifiers.is_empty() => {
                FieldSource::Column(name, field.text.clone())
            }
            source => self.resolve_source(&source)?,
        };
        Ok(field)
    }

    fn resolve_source(&self, source: &FieldSource) -> Result<FieldSource, RecordPlanError> {
        let ordinal = |names: &[&str], name: &str| match names.iter().position(|known| *known == name) {
            Some(place) if !name.is_empty() => Ok(FieldSource::Number(place + 1)),
            _ => {
                let known: Vec<_> = names.iter().copied().filter(|name| !name.is_empty()).collect();
                Err(unknown("field", name, &known))
            }
        };
        match (self, source) {
            (_, FieldSource::Whole | FieldSource::File | FieldSource::Line) => Ok(source.clone()),
            (Format::Json, FieldSource::Path(_)) => Ok(source.clone()),
            (_, FieldSource::Path(keys)) => match &keys[..] {
                [name] => self.resolve_source(&FieldSource::Name(name.clone())),
                _ => refuse(format!(
                    "format '{}' has no paths: a name with a dot stands in backquotes as a whole",
                    self.name()
                )),
            },
            (Format::Lines, FieldSource::Number(1) | FieldSource::FromEnd(1)) => Ok(FieldSource::Whole),
            (Format::Lines, _) => refuse("format 'lines' has one field: 0, the whole line"),
            (Format::Ws | Format::Delimited(_), FieldSource::Name(name)) => refuse(format!(
                "format 'ws' has no field {}: its fields are numbers (1, 2, … or -1, -2, …)",
                quoted(name)
            )),
            (Format::Ws | Format::Delimited(_), _) => Ok(source.clone()),
            (Format::Clf, FieldSource::Name(name)) => ordinal(&clf::NAMES, name),
            (Format::Clf, FieldSource::Number(1..=12)) => Ok(source.clone()),
            (Format::Clf, _) => refuse(format!(
                "format 'clf' has fields 1 to 12: {}",
                clf::NAMES.join(", ")
            )),
            (Format::Csv { header: false, .. }, FieldSource::Name(name)) => refuse(format!(
                "without a header, fields are numbers, and {} is not a number",
                quoted(name)
            )),
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
            (Format::Extract(regex), _) => refuse(format!(
                "the expression has only {} groups",
                regex.captures_len() - 1
            )),
        }
    }

    /// Returns the name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Format::Ws | Format::Delimited(_) => "ws",
            Format::Lines => "lines",
            Format::Clf => "clf",
            Format::Csv { .. } => "csv",
            Format::Json => "json",
            Format::Logfmt => "logfmt",
            Format::Extract(_) => "extract",
        }
    }

    /// Returns true when the bytes of a field always occur in its line unchanged.
    pub(super) fn is_verbatim(&self) -> bool {
        !matches!(self, Format::Csv { .. } | Format::Json | Format::Logfmt)
    }

    /// Returns what a quote is that begins a value in an expression and is not closed.
    pub(super) fn lone_quote(&self) -> LoneQuote {
        match self {
            Format::Ws | Format::Delimited(_) | Format::Lines | Format::Extract(_) => LoneQuote::Kept,
            _ => LoneQuote::Refused,
        }
    }

    /// Returns true when a `-` stands for a value that is missing.
    pub(super) fn has_dashes(&self) -> bool {
        matches!(self, Format::Clf)
    }

    /// Returns true when a record need not have all fields: one that it lacks is no reason for a note.
    pub(super) fn may_lack_fields(&self) -> bool {
        !matches!(
            self,
            Format::Ws | Format::Delimited(_) | Format::Lines | Format::Csv { .. }
        )
    }

    /// Returns true when each record brings its own names of fields.
    pub(super) fn has_names_by_record(&self) -> bool {
        matches!(self, Format::Json | Format::Logfmt)
    }

    /// Returns true when some lines or records can be bad.
    pub(super) fn has_bad_lines(&self) -> bool {
        matches!(
            self,
            Format::Clf | Format::Csv { .. } | Format::Json | Format::Logfmt
        )
    }
}

fn refuse<T>(text: impl Into<String>) -> Result<T, RecordPlanError> {
    Err(RecordPlanError::new(text))
}

fn delimiter(text: &str) -> Result<u8, RecordPlanError> {
    match text.as_bytes() {
        [byte] if *byte != b'\n' => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        b"\\0" => Ok(0),
        _ => refuse(format!(
            "delimiter {} is not one byte (\\t is a tab)",
            quoted(text)
        )),
    }
}

#[cfg(test)]
mod tests;
