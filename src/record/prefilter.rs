//! The search for one necessary text in whole blocks, before they are cut into lines.
//!
//! Its hits are only candidates: the line loop still tests each line.

use super::condition::{Comparison, Test};
use super::field::FieldSource;
use super::format::Format;
use super::modifier::Modifier;
use super::plan::{OnBadLine, RecordPlan};
use memchr::memchr;
use memchr::memmem::Finder;

/// A text without which no line passes the filters.
#[derive(Debug)]
pub(super) struct Prefilter {
    finder: Finder<'static>,
    /// True when a line may contain the text in escaped form; such a line contains a backslash.
    escapes: bool,
}

impl Prefilter {
    /// Builds a prefilter from the longest text that every passing line contains, if there is one.
    ///
    /// Lines without the text are never parsed. When every bad line must be found, only the texts of
    /// `--grep` qualify.
    pub fn new(plan: &RecordPlan) -> Option<Prefilter> {
        let (text, escapes) = longest(plan)?;
        Some(Prefilter {
            finder: Finder::new(text).into_owned(),
            escapes,
        })
    }

    /// Returns true when a line is a candidate.
    pub fn passes(&self, line: &[u8]) -> bool {
        self.finder.find(line).is_some() || (self.escapes && memchr(b'\\', line).is_some())
    }

    /// Returns the search for the text, when only lines that contain it are candidates.
    pub fn finder(&self) -> Option<&Finder<'static>> {
        Some(&self.finder).filter(|_| !self.escapes)
    }
}

/// Returns the longest text that every passing line contains, and whether it may be escaped there.
fn longest(plan: &RecordPlan) -> Option<(&[u8], bool)> {
    // CSV records may span lines, so a hit does not tell where a record begins.
    if matches!(plan.format, Format::Csv { .. }) {
        return None;
    }
    let by_fields = plan.on_bad_line == OnBadLine::Skip || !plan.format.has_bad_lines();
    let escapes = !plan.format.is_verbatim();
    let texts = plan.texts.iter().filter(|t| t.wanted);
    let equals = plan
        .conditions
        .iter()
        .filter(|_| by_fields)
        .filter_map(|condition| {
            let in_line = !matches!(condition.field.source, FieldSource::File | FieldSource::Line)
                && condition.field.modifiers.iter().all(Modifier::keeps_bytes);
            match &condition.test {
                Test::Compare(Comparison::Equal, literal) if in_line && literal.is_plain() => {
                    Some((&literal.text[..], escapes))
                }
                _ => None,
            }
        });
    // No line contains a newline, and a match across two lines would be wrong.
    texts
        .map(|t| (&t.text[..], false))
        .chain(equals)
        .filter(|(text, _)| !text.is_empty() && !text.contains(&b'\n'))
        .max_by_key(|(text, _)| text.len())
}

#[cfg(test)]
mod tests {
    use super::super::condition::Condition;
    use super::super::field::Field;
    use super::super::plan::Text;
    use super::*;

    fn chosen(format: Format, bad: OnBadLine, grep: Option<&str>, conditions: &[&str]) -> Option<String> {
        let mut plan = RecordPlan::new(format);
        plan.on_bad_line = bad;
        plan.texts.extend(grep.map(|text| Text {
            text: text.as_bytes().to_vec(),
            wanted: true,
        }));
        plan.conditions = conditions.iter().map(|c| Condition::parse(c).expect(c)).collect();
        plan.projection = vec![Field::whole()];
        longest(&plan).map(|(text, escapes)| {
            let text = String::from_utf8(text.to_vec()).expect("text");
            if escapes {
                format!("{text}, or a backslash")
            } else {
                text
            }
        })
    }

    #[test]
    fn only_necessary_texts_are_chosen() {
        let (skip, fail) = (OnBadLine::Skip, OnBadLine::Fail);
        let csv = Format::Csv {
            delimiter: b',',
            header: true,
        };
        let cases: [(_, _, _, &[&str], _); 14] = [
            (
                Format::Ws,
                &skip,
                None,
                &["7 == /robots.txt", "6 == GET"],
                Some("/robots.txt"),
            ),
            (Format::Ws, &skip, None, &["7:noquery[1:] == abc"], Some("abc")),
            (Format::Ws, &skip, None, &["9 == 404"], None),
            (Format::Ws, &skip, None, &["4 == 2012-01-01"], None),
            (Format::Ws, &skip, None, &["1:lower == abc"], None),
            (Format::Ws, &skip, None, &["@file == abc"], None),
            (Format::Ws, &skip, None, &["1 != abc"], None),
            (Format::Ws, &skip, None, &["1 == "], None),
            (
                Format::Json,
                &skip,
                None,
                &["level == error"],
                Some("error, or a backslash"),
            ),
            // Every bad line must be found.
            (Format::Json, &fail, None, &["level == error"], None),
            (Format::Json, &fail, Some("x"), &[], Some("x")),
            (Format::Clf, &skip, None, &["path == /a"], Some("/a")),
            (Format::Clf, &fail, None, &["path == /a"], None),
            (csv, &skip, Some("x"), &[], None),
        ];
        for (format, bad, grep, conditions, want) in cases {
            let name = format!("{} {bad:?} {grep:?} {conditions:?}", format.name());
            let text = chosen(format, bad.clone(), grep, conditions);
            assert_eq!(text.as_deref(), want, "{name}");
        }
    }

    #[test]
    fn a_line_passes_by_the_text_or_by_a_backslash() {
        let mut plan = RecordPlan::new(Format::Logfmt);
        plan.conditions = vec![Condition::parse("k == ab").expect("a condition")];
        let prefilter = Prefilter::new(&plan).expect("there is a text");
        assert!(
            [&b"ab"[..], b"x\\", b"ab\\"]
                .iter()
                .all(|line| prefilter.passes(line))
        );
        assert!(!prefilter.passes(b"a"));
    }
}
