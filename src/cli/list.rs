//! `fanfold list`: the names that options take, from the tables of codecs, functions, formats and folds; and the same
//! tables for the pages of `fanfold help`.

use super::exit_code::{EXIT_CODES, ExitCause};
use super::plain_text::print;
use crate::codec::CODECS;
use crate::fold::AGGREGATES;
use crate::map::FUNCTIONS;
use crate::record::{FORMATS, MODIFIERS, ROW_FORMATS, TIME_FORMS};
use std::fmt::Write as _;

/// A table: its title, and what each name means.
type Section = (&'static str, Vec<(&'static str, &'static str)>);

fn sections() -> [Section; 7] {
    let codecs = CODECS.iter().map(|codec| (codec.name, codec.help));
    let functions = FUNCTIONS.iter().map(|function| (function.name, function.help));
    [
        ("codecs", codecs.collect()),
        ("functions", functions.collect()),
        (
            "input formats",
            FORMATS.iter().map(|e| (e.name, e.help)).collect(),
        ),
        ("modifiers", MODIFIERS.iter().map(|e| (e.name, e.help)).collect()),
        ("times", TIME_FORMS.iter().map(|e| (e.name, e.help)).collect()),
        (
            "aggregates",
            AGGREGATES.iter().map(|e| (e.name, e.help)).collect(),
        ),
        (
            "output formats",
            ROW_FORMATS.iter().map(|e| (e.name, e.help)).collect(),
        ),
    ]
}

pub(super) fn main() -> anyhow::Result<ExitCause> {
    let mut text = String::new();
    for (title, rows) in sections() {
        let _ = writeln!(text, "{title}:");
        for (name, help) in rows {
            let _ = writeln!(text, "  {name:12}{help}");
        }
    }
    print(text.as_bytes())
}

/// Returns a table in Markdown, by its title.
pub(super) fn table(title: &str) -> Option<String> {
    let (head, rows) = match title {
        "exit codes" => {
            let rows = EXIT_CODES.iter().map(|row| (row.code, row.meaning));
            ("| Code | Meaning |", rows.collect())
        }
        title => {
            let mut sections = sections().into_iter();
            (
                "| Name | Meaning |",
                sections.find(|(known, _)| *known == title)?.1,
            )
        }
    };
    let mut text = format!("{head}\n|---|---|\n");
    for (name, help) in rows {
        let name = match title {
            "exit codes" => name.to_owned(),
            _ => format!("`{}`", name.replace('|', "\\|")),
        };
        let _ = writeln!(text, "| {name} | {} |", help.replace('|', "\\|"));
    }
    Some(text)
}
