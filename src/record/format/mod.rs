//! The formats of records, and which fields each has.
//!
//! This file does not know how a format splits a line; each format has a file of its own. Their table is in `choice`.

mod alb;
mod auto;
mod choice;
mod clf;
mod csv;
mod csv_lines;
mod delimiter;
mod extract;
mod field_numbers;
mod json;
mod json_after;
mod json_scanner;
mod line_splitter;
mod log_format;
mod logfmt;
mod meant_field;
mod near_byte;
mod s3;
mod syslog;
mod tokens;
mod w3c;
mod whole_line;
mod ws;

pub(super) use alb::ALB;
pub(super) use auto::{candidates, is_enough, recognize};
pub(crate) use choice::FORMATS;
pub use choice::FormatChoice;
pub(super) use clf::Clf;
pub(super) use csv::Csv;
pub use csv::CsvQuoting;
pub(super) use csv_lines::CsvLines;
pub(super) use delimiter::DelimiterSplitter;
pub(super) use extract::Extract;
pub(super) use json::Json;
pub(super) use json_after::JsonAfter;
pub(super) use line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase};
pub use log_format::LogFormat;
pub(super) use log_format::LogFormatSplitter;
pub(super) use logfmt::Logfmt;
pub(super) use s3::S3;
pub(super) use syslog::Syslog;
pub(super) use tokens::Tokens;
pub(super) use w3c::W3c;
pub(super) use whole_line::WholeLine;
pub(super) use ws::Ws;

use super::expression::{LoneQuote, Neighbours};
use super::field::{Field, FieldSource};
use super::pattern::Pattern;
use super::plan_error::RecordPlanError;
use super::suggest::quoted;
use meant_field::unknown_field;

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
    /// One JSON object per line, behind what the expression matches.
    JsonAfter(Pattern),
    /// Pairs `key=value`.
    Logfmt,
    /// Syslog, RFC 5424 or older.
    Syslog,
    /// The extended log format of the W3C.
    W3c,
    /// The access logs of AWS's application load balancers.
    Alb,
    /// The server access logs of AWS S3.
    S3,
    /// Fields are the variables of a log format of nginx or Apache.
    LogFormat(LogFormat),
    /// Fields are the groups of a regular expression.
    Extract(Pattern),
    /// The format that the first lines of each file show.
    Auto,
}

impl Format {
    /// Translates a field into the form in which the format finds it.
    ///
    /// # Errors
    /// When the format has no such field.
    pub fn resolve(&self, mut field: Field) -> Result<Field, RecordPlanError> {
        if matches!(self, Format::Auto) {
            return Ok(field);
        }
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
                Err(unknown_field(name, &known))
            }
        };
        match (self, source) {
            (
                _,
                FieldSource::Whole
                | FieldSource::File
                | FieldSource::Line
                | FieldSource::All
                | FieldSource::Holds(_),
            ) => Ok(source.clone()),
            (Format::Json | Format::JsonAfter(_), FieldSource::Path(_)) => Ok(source.clone()),
            // As jq has it.
            (Format::Json | Format::JsonAfter(_), FieldSource::Name(name)) if name.starts_with('.') => {
                refuse(match name.trim_start_matches('.') {
                    "" => "a path does not begin with a '.'; 0 is the whole line".to_owned(),
                    path => format!(
                        "{} begins with a '.', as a path does not; did you mean {}?",
                        quoted(name),
                        quoted(path)
                    ),
                })
            }
            (Format::Syslog, FieldSource::Path(keys)) if keys.len() > 1 => {
                Ok(FieldSource::Name(keys.join(".")))
            }
            (_, FieldSource::Path(keys)) => match &keys[..] {
                [name] => self.resolve_source(&FieldSource::Name(name.clone())),
                _ => refuse(format!(
                    "format '{}' has no paths: a name with a dot stands in backquotes as a whole",
                    self.name()
                )),
            },
            (Format::Lines, FieldSource::Number(1) | FieldSource::FromEnd(1)) => Ok(FieldSource::Whole),
            (Format::Lines, _) => refuse("format 'lines' has one field: 0, the whole line"),
            (Format::Ws | Format::Delimited(_), FieldSource::Name(name)) => {
                let number = name.strip_prefix('$').filter(|rest| rest.parse::<u32>().is_ok());
                let hint = match number {
                    Some(number) => format!("; did you mean '{number}'?"),
                    None => "; names come with another format: -i clf, csv, json, …".to_owned(),
                };
                refuse(format!(
                    "format 'ws' has no field {}: its fields are numbers (1, 2, … or -1, -2, …){hint}",
                    quoted(name)
                ))
            }
            (Format::Ws | Format::Delimited(_), _) => Ok(source.clone()),
            (Format::Syslog, FieldSource::Name(name)) if name.contains('.') => Ok(source.clone()),
            (Format::LogFormat(format), FieldSource::FromEnd(n)) if *n <= format.variables() => {
                Ok(FieldSource::Number(format.variables() + 1 - n))
            }
            (Format::LogFormat(format), FieldSource::Name(name)) => match format.number_as_typed(name) {
                Some(number) if !format.names().contains(&name.as_str()) => Ok(FieldSource::Number(number)),
                _ => ordinal(&format.names(), name),
            },
            (Format::Clf | Format::Syslog | Format::Alb | Format::S3, FieldSource::Name(name)) => {
                ordinal(&self.names(), name)
            }
            (Format::Clf | Format::Syslog | Format::Alb | Format::S3 | Format::LogFormat(_), _) => {
                let names = self.names();
                match source {
                    FieldSource::Number(n) if *n <= names.len() => Ok(source.clone()),
                    _ => refuse(format!(
                        "format '{}' has fields 1 to {}: {}",
                        self.name(),
                        names.len(),
                        names.join(", ")
                    )),
                }
            }
            (Format::W3c | Format::Auto, _) => Ok(source.clone()),
            (Format::Csv { header: false, .. }, FieldSource::Name(name)) => refuse(format!(
                "without a header, fields are numbers, and {} is not a number",
                quoted(name)
            )),
            (Format::Csv { .. }, _) => Ok(source.clone()),
            (Format::Json | Format::JsonAfter(_) | Format::Logfmt, FieldSource::Number(n)) => {
                Ok(FieldSource::Name(n.to_string()))
            }
            (Format::Json | Format::JsonAfter(_) | Format::Logfmt, FieldSource::FromEnd(n)) => {
                Ok(FieldSource::Name(format!("-{n}")))
            }
            (Format::Json | Format::JsonAfter(_) | Format::Logfmt, _) => Ok(source.clone()),
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

    /// Returns the names of the fields of a format in which every record has the same.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Format::Clf => clf::NAMES.to_vec(),
            Format::Syslog => syslog::NAMES.to_vec(),
            Format::Alb => ALB.names(),
            Format::S3 => S3.names(),
            Format::LogFormat(format) => format.names(),
            _ => Vec::new(),
        }
    }

    /// Returns all fields of a record: one field that stands for all when records may have different ones.
    pub fn all_fields(&self) -> Vec<Field> {
        let field = |(number, name): (usize, Option<&str>)| {
            let text = name.map_or_else(|| number.to_string(), str::to_owned);
            Field::from_source(&text, FieldSource::Number(number))
        };
        match self {
            Format::Lines => vec![Field {
                text: "line".to_owned(),
                ..Field::whole()
            }],
            Format::Clf | Format::Syslog | Format::Alb | Format::S3 | Format::LogFormat(_) => {
                (1..).zip(self.names().into_iter().map(Some)).map(field).collect()
            }
            Format::Extract(regex) => (1..).zip(regex.capture_names().skip(1)).map(field).collect(),
            _ => vec![Field::all()],
        }
    }

    /// Returns the name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Format::Ws | Format::Delimited(_) => "ws",
            Format::Lines => "lines",
            Format::Clf => "clf",
            Format::Csv { .. } => "csv",
            Format::Json | Format::JsonAfter(_) => "json",
            Format::Logfmt => "logfmt",
            Format::Syslog => "syslog",
            Format::W3c => "w3c",
            Format::Alb => "alb",
            Format::S3 => "s3",
            Format::LogFormat(_) => "log-format",
            Format::Extract(_) => "extract",
            Format::Auto => "auto",
        }
    }

    /// Returns true when the bytes of a field always occur in its line unchanged.
    pub(super) fn is_verbatim(&self) -> bool {
        !matches!(
            self,
            Format::Csv { .. }
                | Format::Json
                | Format::JsonAfter(_)
                | Format::Logfmt
                | Format::Syslog
                | Format::W3c
        )
    }

    /// Returns what always stands before and after the value of a field in a line that can be read.
    pub(super) fn neighbours(&self, field: &FieldSource) -> Neighbours {
        match (self, field) {
            (Format::Clf, FieldSource::Number(number)) => clf::neighbours(*number),
            _ => (b"", b""),
        }
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
        matches!(
            self,
            Format::Clf | Format::Syslog | Format::W3c | Format::Alb | Format::S3 | Format::LogFormat(_)
        )
    }

    /// Returns true when a record need not have all fields: one that it lacks is no reason for a note.
    pub(super) fn may_lack_fields(&self) -> bool {
        !matches!(
            self,
            Format::Ws | Format::Delimited(_) | Format::Lines | Format::Csv { .. }
        )
    }

    /// Returns true when fields are words, so that a time may take several of them.
    pub(super) fn has_words(&self) -> bool {
        matches!(self, Format::Ws | Format::Delimited(b' '))
    }

    /// Returns true when values are of JSON's kinds.
    pub(super) fn has_json_kinds(&self) -> bool {
        matches!(self, Format::Json | Format::JsonAfter(_))
    }

    /// Returns true when each record brings its own names of fields.
    pub(super) fn has_names_by_record(&self) -> bool {
        matches!(self, Format::Json | Format::JsonAfter(_) | Format::Logfmt)
    }

    /// Returns true when some lines or records can be bad.
    pub(super) fn has_bad_lines(&self) -> bool {
        !matches!(
            self,
            Format::Ws | Format::Delimited(_) | Format::Lines | Format::Extract(_)
        )
    }
}

fn refuse<T>(text: impl Into<String>) -> Result<T, RecordPlanError> {
    Err(RecordPlanError::new(text))
}

#[cfg(test)]
mod tests;
