//! What a field is called on the command line.

use super::modifier::Modifier;
use super::suggest::quoted;
use anyhow::{Context, Result, bail};

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As it was typed: the name of its column.
    pub text: String,
    /// Where its value comes from.
    pub source: FieldSource,
    /// What is done to the value, in this order.
    pub modifiers: Vec<Modifier>,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldSource {
    /// The whole line, without its newline.
    Whole,
    /// A field by its number, from 1.
    Number(usize),
    /// A field by its number from the end, from 1.
    FromEnd(usize),
    /// A field by its name.
    Name(String),
    /// The name of the input.
    File,
    /// The number of the line in its input, from 1.
    Line,
}

impl Field {
    /// The whole line.
    pub fn whole() -> Field {
        Field {
            text: "0".to_owned(),
            source: FieldSource::Whole,
            modifiers: Vec::new(),
        }
    }

    /// Reads `SOURCE[:MODIFIER|[FROM:TO]]…`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Field> {
        let (source, modifiers) =
            Modifier::split(text).with_context(|| format!("in field {}", quoted(text)))?;
        Ok(Field {
            text: text.to_owned(),
            source: FieldSource::parse(source)?,
            modifiers,
        })
    }
}

impl FieldSource {
    fn parse(text: &str) -> Result<FieldSource> {
        if text.is_empty() {
            bail!("a field's name is empty");
        }
        match text {
            "0" => return Ok(FieldSource::Whole),
            "@file" => return Ok(FieldSource::File),
            "@line" => return Ok(FieldSource::Line),
            _ => {}
        }
        if text.starts_with('@') {
            return Err(super::suggest::unknown("field", text, &["@file", "@line"]));
        }
        let (digits, from_end) = match text.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(FieldSource::Name(text.to_owned()));
        }
        match digits.parse() {
            Ok(0) => bail!(
                "field {} does not exist: fields count from 1, and from the end from -1",
                quoted(text)
            ),
            Ok(n) if from_end => Ok(FieldSource::FromEnd(n)),
            Ok(n) => Ok(FieldSource::Number(n)),
            Err(_) => bail!("field number {} is too large", quoted(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart() {
        for (text, want) in [
            ("0", FieldSource::Whole),
            ("3", FieldSource::Number(3)),
            ("-2", FieldSource::FromEnd(2)),
            ("host", FieldSource::Name("host".into())),
            ("@file", FieldSource::File),
            ("@line", FieldSource::Line),
        ] {
            assert_eq!(Field::parse(text).expect(text).source, want);
        }
        for text in ["", "-0", "@fiel", "99999999999999999999999"] {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }
}
