//! The table of formats in which rows are printed.

use super::plan_error::RecordPlanError;
use super::suggest::unknown_or;

/// The format of printed rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowFormat {
    /// Values separated by tabs; tabs, newlines and backslashes in values are escaped.
    #[default]
    Tsv,
    /// RFC 4180 with a header line, except that lines end in `\n` alone.
    Csv,
    /// One JSON object per line; bytes that are not UTF-8 become U+FFFD.
    Json,
    /// Columns as wide as their values, for people; escaped as [`RowFormat::Tsv`].
    Table,
    /// A table in Markdown.
    Markdown,
}

/// One row of the table of row formats.
#[derive(Debug)]
pub(crate) struct RowFormatEntry {
    /// The name that users type.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    format: RowFormat,
}

/// The known row formats.
pub(crate) static ROW_FORMATS: &[RowFormatEntry] = &[
    RowFormatEntry {
        name: "tsv",
        help: "values separated by tabs, with \\t, \\n and \\\\ escaped",
        format: RowFormat::Tsv,
    },
    RowFormatEntry {
        name: "csv",
        help: "RFC 4180, with a header line unless --header no",
        format: RowFormat::Csv,
    },
    RowFormatEntry {
        name: "json",
        help: "an object a line; bytes that are no UTF-8 become U+FFFD",
        format: RowFormat::Json,
    },
    RowFormatEntry {
        name: "table",
        help: "columns aligned for people, with a header line unless --header no",
        format: RowFormat::Table,
    },
    RowFormatEntry {
        name: "md",
        help: "a table in Markdown, with a header line unless --header no",
        format: RowFormat::Markdown,
    },
];

impl RowFormat {
    /// Returns whether a header precedes the rows unless the user says otherwise.
    pub fn has_header(self) -> bool {
        matches!(self, RowFormat::Csv | RowFormat::Table | RowFormat::Markdown)
    }

    /// Returns the format of this name.
    ///
    /// # Errors
    /// When the name is unknown; the error lists the known names.
    pub fn parse(name: &str) -> Result<RowFormat, RecordPlanError> {
        let known: Vec<_> = ROW_FORMATS.iter().map(|entry| entry.name).collect();
        let entry = ROW_FORMATS.iter().find(|entry| entry.name == name);
        entry.map(|entry| entry.format).ok_or_else(|| {
            unknown_or(
                "output format",
                name,
                &known,
                "a file is --out TEMPLATE, or > FILE",
            )
        })
    }
}
