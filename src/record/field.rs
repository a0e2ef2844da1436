//! The fields of a record, as users name them.

use super::modifier::Modifier;
use super::plan_error::RecordPlanError;
use super::suggest::{quoted, unknown};

/// A field of a record, with modifiers.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The text that was typed, which is also the name of the column.
    pub text: String,
    /// The origin of the value.
    pub source: FieldSource,
    /// The modifiers, in the order in which they are applied.
    pub modifiers: Vec<Modifier>,
}

/// The origin of a field's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldSource {
    /// The whole line, without its newline.
    Whole,
    /// A field by its number from the start, from 1.
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

/// Returns the names of fields that a format has by name only.
pub(super) fn names(sources: &[FieldSource]) -> Vec<String> {
    let name = |source: &FieldSource| match source {
        FieldSource::Name(name) => name.clone(),
        _ => String::new(),
    };
    sources.iter().map(name).collect()
}

impl Field {
    /// Returns the field that is the whole line.
    pub fn whole() -> Field {
        Field {
            text: "0".to_owned(),
            source: FieldSource::Whole,
            modifiers: Vec::new(),
        }
    }

    /// Parses `SOURCE[:MODIFIER|[FROM:TO]]…`.
    ///
    /// # Errors
    /// When the source or a modifier is malformed or unknown.
    pub fn parse(text: &str) -> Result<Field, RecordPlanError> {
        let in_field = |cause| RecordPlanError::new(format!("in field {}: {cause}", quoted(text)));
        let (source, modifiers) = Modifier::split(text).map_err(in_field)?;
        Ok(Field {
            text: text.to_owned(),
            source: FieldSource::parse(source)?,
            modifiers,
        })
    }
}

impl FieldSource {
    fn parse(text: &str) -> Result<FieldSource, RecordPlanError> {
        match text {
            "" => return Err(RecordPlanError::new("a field's name is empty")),
            "0" => return Ok(FieldSource::Whole),
            "@file" => return Ok(FieldSource::File),
            "@line" => return Ok(FieldSource::Line),
            _ => {}
        }
        if text.starts_with('@') {
            return Err(unknown("field", text, &["@file", "@line"]));
        }
        let (digits, from_end) = match text.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(FieldSource::Name(text.to_owned()));
        }
        match digits.parse() {
            Ok(0) => Err(RecordPlanError::new(format!(
                "field {} does not exist: fields count from 1, and from the end from -1",
                quoted(text)
            ))),
            Ok(n) if from_end => Ok(FieldSource::FromEnd(n)),
            Ok(n) => Ok(FieldSource::Number(n)),
            Err(_) => Err(RecordPlanError::new(format!(
                "field number {} is too large",
                quoted(text)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_distinguished() {
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
