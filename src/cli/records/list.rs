//! Splits lists of fields and aggregates at their commas. It does not know what an item means.

use crate::record::{Field, FieldSource, Format, RecordPlan};
use anyhow::{Context as _, Result, bail};

/// What opens a part of an item that a comma does not end.
const EXPRESSION: &str = "count:(";

/// Splits a list at the commas that are not in backquotes, nor in the brackets of `count:(…)`, in which quotes count
/// too.
///
/// # Errors
/// When a backquote, a quote or a bracket is not closed.
pub(super) fn split(text: &str) -> Result<Vec<&str>> {
    let (mut items, mut start) = (Vec::new(), 0);
    // What must come next to close what is open, the innermost last.
    let mut open: Vec<char> = Vec::new();
    for (at, c) in text.char_indices() {
        match open.last() {
            Some(&close) if c == close => {
                open.pop();
            }
            Some('`' | '"' | '\'') => {}
            inside => match c {
                '`' => open.push('`'),
                '"' | '\'' if inside.is_some() && !follows_word(&text[..at]) => open.push(c),
                '(' if inside.is_some() || text[start..=at].trim_start() == EXPRESSION => open.push(')'),
                ',' if inside.is_none() => {
                    items.push(text[start..at].trim());
                    start = at + 1;
                }
                _ => {}
            },
        }
    }
    if let Some(close) = open.last() {
        bail!("in '{text}': a {} is missing", name(*close));
    }
    items.push(text[start..].trim());
    Ok(items)
}

/// Tells whether what comes next would continue a word: a quote there is an apostrophe.
fn follows_word(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn name(close: char) -> &'static str {
    match close {
        '`' => "closing backquote",
        ')' => "closing bracket",
        _ => "closing quote",
    }
}

/// Returns the field that says whether an expression holds for a record.
pub(super) fn holds(records: &mut RecordPlan, text: &str, expression: &str) -> Result<Field> {
    let expression = records
        .expression(expression)
        .with_context(|| format!("in '{text}'"))?;
    records.is_relative |= expression.is_relative();
    records.expressions.push(expression);
    let source = FieldSource::Holds(records.expressions.len() - 1);
    Ok(Field::from_source(text, source))
}

/// Returns the fields of a list; `*` is all that the format has.
pub(super) fn fields(text: Option<&str>, format: &Format) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    for item in text.map(split).transpose()?.unwrap_or_default() {
        match item {
            "*" => fields.extend(format.all_fields()),
            item => fields.push(Field::parse(item)?),
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_split_unless_they_are_quoted() {
        for (text, items) in [
            ("a, b,c", &["a", "b", "c"][..]),
            ("", &[""]),
            ("a,", &["a", ""]),
            ("`a,b`,c", &["`a,b`", "c"]),
            ("sum:`x,(`,d", &["sum:`x,(`", "d"]),
            ("count:(a in 1,2),n", &["count:(a in 1,2)", "n"]),
            (
                "n, count:((a == ',)' or `b)` in (1,2))),m",
                &["n", "count:((a == ',)' or `b)` in (1,2)))", "m"],
            ),
            ("count:(a == \"'(\"),'b", &["count:(a == \"'(\")", "'b"]),
            ("count:(a ~ O'Brien),b", &["count:(a ~ O'Brien)", "b"]),
            ("a(b,c)", &["a(b", "c)"]),
        ] {
            assert_eq!(split(text).expect(text), items, "{text}");
        }
        for text in ["`a", "count:(a", "count:(a == ')", "count:(a == '`)"] {
            assert!(
                split(text).expect_err(text).to_string().contains("closing"),
                "{text}"
            );
        }
    }
}
