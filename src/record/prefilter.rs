//! The text that is looked for in whole blocks, before there are lines.

use super::condition::{Comparison, Test};
use super::field::Source;
use super::format::Format;
use super::modifier::Modifier;
use super::plan::{Bad, RecordPlan};

/// The longest text that a line must have to remain, if there is one.
///
/// Lines without it are not read, so where bad lines must all be found, only texts that are asked
/// for in so many words are looked for.
pub(super) fn prefilter(plan: &RecordPlan) -> Option<&[u8]> {
    // Where records are not lines, a text says nothing about where one begins.
    if matches!(plan.format, Format::Csv { .. }) {
        return None;
    }
    let by_fields = plan.format.is_verbatim() && (plan.bad == Bad::Skip || !plan.format.has_bad_lines());
    let texts = plan.texts.iter().filter(|t| t.wanted).map(|t| &t.text[..]);
    let equals = plan
        .conditions
        .iter()
        .filter(|_| by_fields)
        .filter_map(|condition| {
            let in_line = !matches!(condition.field.source, Source::File | Source::Line)
                && condition.field.modifiers.iter().all(Modifier::keeps_bytes);
            match &condition.test {
                Test::Compare(Comparison::Equal, literal) if in_line && literal.is_plain() => {
                    Some(&literal.text[..])
                }
                _ => None,
            }
        });
    // A text with a newline is in no line, and must not be found across two.
    texts
        .chain(equals)
        .filter(|text| !text.is_empty() && !text.contains(&b'\n'))
        .max_by_key(|text| text.len())
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Field, Text};
    use super::*;

    fn chosen(format: Format, bad: Bad, grep: Option<&str>, conditions: &[&str]) -> Option<String> {
        let mut plan = RecordPlan::new(format);
        plan.bad = bad;
        plan.texts.extend(grep.map(|text| Text {
            text: text.as_bytes().to_vec(),
            wanted: true,
        }));
        plan.conditions = conditions.iter().map(|c| Condition::parse(c).expect(c)).collect();
        plan.projection = vec![Field::whole()];
        prefilter(&plan).map(|text| String::from_utf8(text.to_vec()).expect("text"))
    }

    #[test]
    fn only_texts_that_a_line_must_have_are_chosen() {
        let ws = |conditions: &[&str]| chosen(Format::Ws, Bad::Skip, None, conditions);
        assert_eq!(
            ws(&["7 == /robots.txt", "6 == GET"]).as_deref(),
            Some("/robots.txt")
        );
        assert_eq!(ws(&["7:noquery[1:] == abc"]).as_deref(), Some("abc"));
        let not_chosen = [
            "9 == 404",
            "4 == 2012-01-01",
            "1:lower == abc",
            "@file == abc",
            "1 != abc",
            "1 == ",
        ];
        for condition in not_chosen {
            assert_eq!(ws(&[condition]), None, "{condition}");
        }
        assert_eq!(
            chosen(Format::Json, Bad::Skip, None, &["level == error"]),
            None,
            "it may be escaped"
        );
        assert_eq!(
            chosen(Format::Clf, Bad::Skip, None, &["path == /a"]).as_deref(),
            Some("/a")
        );
        assert_eq!(
            chosen(Format::Clf, Bad::Fail, None, &["path == /a"]),
            None,
            "bad lines are looked for"
        );
        assert_eq!(
            chosen(Format::Json, Bad::Fail, Some("x"), &[]).as_deref(),
            Some("x")
        );
        let csv = Format::Csv {
            delimiter: b',',
            header: true,
        };
        assert_eq!(chosen(csv, Bad::Skip, Some("x"), &[]), None);
    }
}
