//! What was decided about records before any thread exists: plain data.

use super::render::header;
use super::suggest::unknown;
use super::{Condition, Entry, Field, FieldSource, Format};
use anyhow::Result;
use regex::bytes::Regex;
use std::path::PathBuf;

/// How bytes become records, which records remain, and what is emitted of each.
#[derive(Debug, Clone)]
pub struct RecordPlan {
    /// How a record is laid out in bytes.
    pub format: Format,
    /// Texts that must, or must not, be in the whole line.
    pub texts: Vec<Text>,
    /// Expressions that must match in the whole line.
    pub regexes: Vec<Regex>,
    /// Conditions on fields; all must hold.
    pub conditions: Vec<Condition>,
    /// What is emitted; empty for the whole line, untouched.
    pub projection: Vec<Field>,
    /// How rows are written when there is no fold.
    pub output: RowFormat,
    /// What is done about lines that the format can't read.
    pub bad: OnBadLine,
    /// How many rows are wanted at most, over all inputs in their order.
    pub first: Option<u64>,
}

/// A text that must, or must not, be in the whole line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The bytes that are looked for.
    pub text: Vec<u8>,
    /// True for `--grep`, false for `--not-grep`.
    pub wanted: bool,
}

/// What is done about lines that the format can't read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnBadLine {
    /// They are counted and left out.
    Skip,
    /// The first one fails its job.
    Fail,
    /// They are counted, left out, and kept in this file.
    Keep(PathBuf),
}

impl OnBadLine {
    /// Reads `skip`, `fail` or `file=F`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<OnBadLine> {
        match (text, text.strip_prefix("file=")) {
            ("skip", _) => Ok(OnBadLine::Skip),
            ("fail", _) => Ok(OnBadLine::Fail),
            (_, Some(file)) if !file.is_empty() => Ok(OnBadLine::Keep(file.into())),
            _ => Err(unknown("policy for bad lines", text, &["skip", "fail", "file=F"])),
        }
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowFormat {
    /// Values separated by tabs; tab, newline and backslash in a value are escaped.
    #[default]
    Tsv,
    /// RFC 4180, with a header line; lines end in a newline alone.
    Csv,
    /// An object a line; bytes that are not UTF-8 become U+FFFD.
    Json,
}

/// The known ways to write rows.
pub static ROW_FORMATS: &[(Entry, RowFormat)] = &[
    (
        Entry {
            name: "tsv",
            help: "values separated by tabs, with \\t, \\n and \\\\ escaped",
        },
        RowFormat::Tsv,
    ),
    (
        Entry {
            name: "csv",
            help: "RFC 4180, with a header line",
        },
        RowFormat::Csv,
    ),
    (
        Entry {
            name: "json",
            help: "an object a line",
        },
        RowFormat::Json,
    ),
];

impl RowFormat {
    /// The way of this name.
    ///
    /// # Errors
    /// An unknown name, with the known ones.
    pub fn parse(name: &str) -> Result<RowFormat> {
        let known: Vec<_> = ROW_FORMATS.iter().map(|(entry, _)| entry.name).collect();
        let found = ROW_FORMATS.iter().find(|(entry, _)| entry.name == name);
        found
            .map(|(_, output)| *output)
            .ok_or_else(|| unknown("output format", name, &known))
    }
}

impl RecordPlan {
    /// Whether all records remain.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.texts.is_empty() && self.regexes.is_empty() && self.conditions.is_empty()
    }

    /// Whether an input may be cut at line ends, each part a job of its own: not where a record
    /// may have more than one line, where the first is a header, or where lines are numbered.
    pub fn cuttable(&self) -> bool {
        let fields = self
            .conditions
            .iter()
            .map(|condition| &condition.field)
            .chain(&self.projection);
        !matches!(self.format, Format::Csv { .. })
            && self.bad != OnBadLine::Fail
            && fields.into_iter().all(|field| field.source != FieldSource::Line)
    }

    /// What stands before all rows, once, when there is no fold; empty when nothing does.
    pub fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        header(&mut out, self.output, &self.columns());
        out
    }

    /// The names of a row's columns.
    pub fn columns(&self) -> Vec<&str> {
        match &self.projection[..] {
            [] => vec!["line"],
            fields => fields.iter().map(|field| field.text.as_str()).collect(),
        }
    }

    /// Whole lines, all of them.
    pub fn new(format: Format) -> RecordPlan {
        RecordPlan {
            format,
            texts: Vec::new(),
            regexes: Vec::new(),
            conditions: Vec::new(),
            projection: Vec::new(),
            output: RowFormat::default(),
            bad: OnBadLine::Skip,
            first: None,
        }
    }
}
