//! What was decided about records before any thread exists: plain data.

use super::name::unknown;
use super::render::header;
use super::{Condition, Entry, Field, Format};
use anyhow::Result;
use regex::bytes::Regex;

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
    pub output: Output,
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

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// Values separated by tabs; tab, newline and backslash in a value are escaped.
    #[default]
    Tsv,
    /// RFC 4180, with a header line; lines end in a newline alone.
    Csv,
    /// An object a line; bytes that are not UTF-8 become U+FFFD.
    Json,
}

/// The known ways to write rows.
pub static OUTPUTS: &[(Entry, Output)] = &[
    (
        Entry {
            name: "tsv",
            help: "values separated by tabs, with \\t, \\n and \\\\ escaped",
        },
        Output::Tsv,
    ),
    (
        Entry {
            name: "csv",
            help: "RFC 4180, with a header line",
        },
        Output::Csv,
    ),
    (
        Entry {
            name: "json",
            help: "an object a line",
        },
        Output::Json,
    ),
];

impl Output {
    /// The way of this name.
    ///
    /// # Errors
    /// An unknown name, with the known ones.
    pub fn parse(name: &str) -> Result<Output> {
        let known: Vec<_> = OUTPUTS.iter().map(|(entry, _)| entry.name).collect();
        let found = OUTPUTS.iter().find(|(entry, _)| entry.name == name);
        found
            .map(|(_, output)| *output)
            .ok_or_else(|| unknown("output format", name, &known))
    }
}

impl RecordPlan {
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
            output: Output::default(),
            first: None,
        }
    }
}
