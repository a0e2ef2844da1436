//! `fanfold list`: the names that options take, from the tables of codecs, functions, formats and folds.

use super::exit_code::ExitCause;
use super::plain_text::print;
use crate::codec::CODECS;
use crate::fold::AGGREGATES;
use crate::map::FUNCTIONS;
use crate::record::{FORMATS, MODIFIERS, ROW_FORMATS, TIME_FORMS};
use std::fmt::Write as _;

pub(super) fn main() -> anyhow::Result<ExitCause> {
    let codecs = CODECS.iter().map(|codec| (codec.name, codec.help));
    let functions = FUNCTIONS.iter().map(|function| (function.name, function.help));
    let text = section("codecs", codecs)
        + &section("functions", functions)
        + &section("input formats", FORMATS.iter().map(|e| (e.name, e.help)))
        + &section("modifiers", MODIFIERS.iter().map(|e| (e.name, e.help)))
        + &section("times", TIME_FORMS.iter().map(|e| (e.name, e.help)))
        + &section("aggregates", AGGREGATES.iter().map(|e| (e.name, e.help)))
        + &section("output formats", ROW_FORMATS.iter().map(|e| (e.name, e.help)));
    print(text.as_bytes())
}

fn section<'a>(title: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = format!("{title}:\n");
    for (name, help) in rows {
        let _ = writeln!(text, "  {name:12}{help}");
    }
    text
}
