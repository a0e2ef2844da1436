//! The fields of a record, as users name them.

use super::modifier::{MODIFIERS, Modifier};
use super::plan_error::RecordPlanError;
use super::suggest::{nearest, quoted};

/// A field of a record, with modifiers.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The text that was typed, without backquotes, which is also the name of the column.
    pub text: String,
    /// The origin of the value.
    pub source: FieldSource,
    /// The modifiers, in the order in which they are applied.
    pub modifiers: Vec<Modifier>,
    /// Why the field is refused, unless a format has a field that is named as all that was typed.
    pub(super) error: Option<RecordPlanError>,
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
    /// A field by its name. In JSON, dots may lead to values inside of values.
    Name(String),
    /// A field by its name, of which a part stood in backquotes: the keys of a path, each as it is.
    Path(Vec<String>),
    /// A column of a header: the first name, or else, without modifiers, the second.
    Column(String, String),
    /// The name of the input.
    File,
    /// The number of the line in its input, from 1.
    Line,
    /// All fields of the record, each with its name.
    All,
    /// Whether the expression with this index holds for the record.
    Holds(usize),
}

/// Returns the names of fields that a format has by name only.
pub(super) fn names(sources: &[FieldSource]) -> Vec<String> {
    let name = |source: &FieldSource| match source {
        FieldSource::Name(name) => name.clone(),
        _ => String::new(),
    };
    sources.iter().map(name).collect()
}

/// Returns a name without the backquotes in it.
pub(crate) fn without_backquotes(text: &str) -> String {
    text.replace('`', "")
}

impl Field {
    /// Returns the field that is the whole line.
    pub fn whole() -> Field {
        Field {
            text: "0".to_owned(),
            source: FieldSource::Whole,
            modifiers: Vec::new(),
            error: None,
        }
    }

    /// Returns all fields of a record.
    pub fn all() -> Field {
        Field::from_source("*", FieldSource::All)
    }

    /// Returns a field without modifiers, under this name.
    pub(crate) fn from_source(text: &str, source: FieldSource) -> Field {
        Field {
            text: text.to_owned(),
            source,
            modifiers: Vec::new(),
            error: None,
        }
    }

    /// Parses `SOURCE[:MODIFIER|[FROM:TO]]…`. What stands in backquotes is a name, or a key of a path.
    ///
    /// # Errors
    /// When the source or a modifier is malformed or unknown.
    pub fn parse(text: &str) -> Result<Field, RecordPlanError> {
        let in_field = |cause| RecordPlanError::new(format!("in field {}: {cause}", quoted(text)));
        if text.matches('`').count() % 2 == 1 {
            return Err(in_field(RecordPlanError::new("a backquote is not closed")));
        }
        let named = text.rfind('`').map_or(0, |last| last + 1);
        let mut field = Field {
            text: without_backquotes(text),
            source: FieldSource::Name(text.to_owned()),
            modifiers: Vec::new(),
            error: None,
        };
        match Modifier::split(&text[named..]) {
            Ok((rest, modifiers)) => {
                field.source = FieldSource::parse(&text[..named + rest.len()])?;
                field.modifiers = modifiers;
            }
            Err(cause) if named > 0 || is_slip(text) => return Err(in_field(cause)),
            Err(cause) => field.error = Some(in_field(cause)),
        }
        Ok(field)
    }
}

/// Returns true when a misspelt modifier is likelier than a column's name with a colon in it.
fn is_slip(text: &str) -> bool {
    let name = text.rsplit(':').next().unwrap_or_default();
    nearest(name, MODIFIERS.iter().map(|entry| entry.name)).is_some()
}

impl FieldSource {
    fn parse(text: &str) -> Result<FieldSource, RecordPlanError> {
        match text {
            "" | "``" => return Err(RecordPlanError::new("a field's name is empty")),
            "0" => return Ok(FieldSource::Whole),
            "@file" => return Ok(FieldSource::File),
            "@line" => return Ok(FieldSource::Line),
            _ if text.contains('`') => return path(text),
            _ => {}
        }
        let (digits, from_end) = match text.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        // Numbers have no leading zeros: a column may be named 03.
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number || (digits.starts_with('0') && digits != "0") {
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
                "field number {} is too large; a field of this name is typed `{text}`",
                quoted(text)
            ))),
        }
    }
}

/// Parses a path of keys joined by dots, some of which stand in backquotes.
fn path(text: &str) -> Result<FieldSource, RecordPlanError> {
    let malformed = || {
        RecordPlanError::new(format!(
            "{} is no path: keys are joined by dots, and backquotes stand around a whole key",
            quoted(text)
        ))
    };
    let (mut keys, mut rest) = (Vec::new(), text);
    loop {
        let (key, after) = match rest.strip_prefix('`') {
            Some(inside) => inside.split_once('`').ok_or_else(malformed)?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if key.contains('`') {
            return Err(malformed());
        }
        keys.push(key.to_owned());
        if after.is_empty() {
            return Ok(FieldSource::Path(keys));
        }
        rest = after.strip_prefix('.').ok_or_else(malformed)?;
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
            ("@timestamp", FieldSource::Name("@timestamp".into())),
            ("`@line`", FieldSource::Path(vec!["@line".into()])),
            ("03", FieldSource::Name("03".into())),
            ("`3`", FieldSource::Path(vec!["3".into()])),
            ("`a:b,c`", FieldSource::Path(vec!["a:b,c".into()])),
            (
                "a.`b.c`.d",
                FieldSource::Path(["a", "b.c", "d"].map(String::from).into()),
            ),
        ] {
            assert_eq!(Field::parse(text).expect(text).source, want);
        }
        for text in ["", "-0", "``", "`a", "`a`b", "a`b`", "99999999999999999999999"] {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn backquotes_keep_modifiers_apart_from_names() {
        let field = Field::parse("`cs(Host):day`:lower[1:]").expect("a field");
        assert_eq!(field.text, "cs(Host):day:lower[1:]");
        assert_eq!(field.source, FieldSource::Path(vec!["cs(Host):day".into()]));
        assert_eq!(field.modifiers.len(), 2);
        assert!(Field::parse("`a`:lwer").is_err());
        assert!(Field::parse("a:lwer").is_err());
        assert!(Field::parse("c:d").is_ok_and(|field| field.error.is_some()));
    }
}
