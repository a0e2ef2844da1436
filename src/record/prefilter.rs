//! The search for necessary texts in whole blocks, before they are cut into lines.
//!
//! Its hits are only candidates: the line loop still tests each line.

use super::expression::{Needles, selectivity};
use super::field::FieldSource;
use super::format::Format;
use super::modifier::Modifier;
use super::plan::{OnBadLine, RecordPlan};
use aho_corasick::{AhoCorasick, packed};
use memchr::memmem::Finder;
use std::borrow::Cow;

/// The search for texts of which every line that passes the filters contains one.
#[derive(Debug, Clone)]
pub(super) enum Prefilter {
    /// One text.
    One(Box<Finder<'static>>),
    /// A few.
    Few(packed::Searcher),
    /// More than these.
    Many(AhoCorasick),
}

impl Prefilter {
    /// Builds the search for the most selective texts, if there are any.
    ///
    /// Lines without the texts are never parsed. When every bad line must be found, only the texts of
    /// `--grep` qualify.
    pub fn new(plan: &RecordPlan) -> Option<Prefilter> {
        match &needles(plan)?[..] {
            [text] => Some(Prefilter::One(Box::new(Finder::new(text).into_owned()))),
            texts => match packed::Searcher::new(texts) {
                Some(searcher) => Some(Prefilter::Few(searcher)),
                None => Some(Prefilter::Many(AhoCorasick::new(texts).ok()?)),
            },
        }
    }

    /// Returns where one of the texts stands first.
    #[inline]
    pub fn find(&self, lines: &[u8]) -> Option<usize> {
        match self {
            Prefilter::One(text) => text.find(lines),
            Prefilter::Few(texts) => texts.find(lines).map(|found| found.start()),
            Prefilter::Many(texts) => texts.find(lines).map(|found| found.start()),
        }
    }
}

/// How much of a job are candidates: when it is too much, looking for them costs more than it saves.
#[derive(Debug, Default)]
pub(super) struct HitRate {
    lines: u32,
    candidates: usize,
    others: usize,
}

impl HitRate {
    /// The number of candidates by which the rate is judged.
    const ENOUGH: u32 = 1000;

    /// Takes note of the bytes that were passed over before a candidate, and of its own.
    #[inline]
    pub fn add(&mut self, others: usize, candidate: usize) {
        self.lines = self.lines.saturating_add(1);
        self.candidates += candidate;
        self.others += others;
    }

    /// Returns true when more than a sixth of the job so far are candidates.
    #[inline]
    pub fn is_high(&self) -> bool {
        self.lines >= Self::ENOUGH && self.others / 5 < self.candidates
    }
}

/// Returns the most selective set of texts of which every passing line contains one.
fn needles(plan: &RecordPlan) -> Option<Needles<'_>> {
    // The directives of w3c must be seen.
    if matches!(plan.format, Format::W3c | Format::Auto) {
        return None;
    }
    let by_fields = plan.on_bad_line == OnBadLine::Skip || !plan.format.has_bad_lines();
    let in_line = |subject: usize| {
        let field = &plan.tested[subject];
        let is_in_line = !matches!(field.source, FieldSource::File | FieldSource::Line)
            && field.modifiers.iter().all(Modifier::keeps_bytes);
        is_in_line.then(|| match field.modifiers[..] {
            [] => plan.format.neighbours(&field.source),
            _ => (&b""[..], &b""[..]),
        })
    };
    // Of CSV, only the lines are searched in which values are written as they are.
    let is_verbatim = plan.format.is_verbatim() || matches!(plan.format, Format::Csv { .. });
    let filter = plan.filter.as_ref().filter(|_| by_fields);
    let mut of_filter = filter.and_then(|filter| filter.needles(&in_line));
    if let Some(texts) = of_filter.as_mut().filter(|_| !is_verbatim) {
        // Where a text is escaped, its line contains a backslash.
        texts.retain(|text| **text != *b"\\");
        texts.push(Cow::Borrowed(b"\\"));
    }
    let rank = |set: &Needles<'_>| selectivity(set.iter().filter(|text| ***text != *b"\\"));
    let greps = plan.texts.iter().filter(|text| text.wanted);
    let greps = greps.map(|text| vec![Cow::Borrowed(&text.text[..])]);
    // No line contains a newline.
    greps
        .chain(of_filter)
        .filter(|set| set.iter().all(|text| !text.is_empty() && !text.contains(&b'\n')))
        .max_by_key(rank)
}

#[cfg(test)]
mod tests {
    use super::super::field::Field;
    use super::super::format::CsvQuoting;
    use super::super::plan::Text;
    use super::*;

    fn chosen(
        format: Format,
        bad: OnBadLine,
        grep: Option<&str>,
        conditions: Option<&str>,
    ) -> Option<String> {
        let mut plan = RecordPlan::new(format);
        plan.on_bad_line = bad;
        plan.texts.extend(grep.map(|text| Text {
            text: text.as_bytes().to_vec(),
            wanted: true,
        }));
        plan.filter = conditions.map(|text| plan.expression(text).expect(text));
        plan.projection = vec![Field::whole()];
        needles(&plan).map(|set| {
            let texts = set.iter().map(|text| String::from_utf8_lossy(text));
            texts.collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn only_necessary_texts_are_chosen() {
        let (skip, fail) = (OnBadLine::Skip, OnBadLine::Fail);
        let csv = Format::Csv {
            delimiter: b',',
            quoting: CsvQuoting::Quotes,
            header: true,
        };
        let cases = [
            (
                Format::Ws,
                &skip,
                None,
                "7 == /robots.txt and 6 == GET",
                Some("/robots.txt"),
            ),
            (Format::Ws, &skip, None, "7:noquery[1:] == abc", Some("abc")),
            (Format::Ws, &skip, None, "9 == 404.0 or 9 == 500", Some("404 500")),
            (Format::Ws, &skip, None, "4 == 2012-01-01", None),
            (Format::Ws, &skip, None, "1:lower == abc", None),
            (Format::Ws, &skip, None, "@file == abc", None),
            (Format::Ws, &skip, None, "@file == abc and 1 == ab", Some("ab")),
            (Format::Ws, &skip, None, "1 == ''", None),
            (Format::Ws, &skip, Some("abc"), "1 == ab", Some("abc")),
            (Format::Ws, &skip, Some("abc"), "1 == abcd or 1 == x", Some("abc")),
            (Format::Json, &skip, None, "level == error", Some("error \\")),
            (Format::Json, &skip, None, "level in '\\',error", Some("error \\")),
            // Every bad line must be found.
            (Format::Json, &fail, None, "level == error", None),
            (Format::Json, &fail, Some("x"), "level == error", Some("x")),
            (Format::Clf, &skip, None, "path == /a", Some("/a")),
            (
                Format::Clf,
                &skip,
                None,
                "status == 404 or status in 500,'-'",
                Some("\" 404  \" 500  \" - "),
            ),
            (Format::Clf, &skip, None, "status[1:] == 04", Some("04")),
            (Format::Clf, &fail, None, "path == /a", None),
            (csv, &skip, Some("x"), "1 == abc", Some("abc")),
        ];
        for (format, bad, grep, filter, want) in cases {
            let name = format!("{} {bad:?} {grep:?} {filter}", format.name());
            let text = chosen(format, bad.clone(), grep, Some(filter));
            assert_eq!(text.as_deref(), want, "{name}");
        }
    }
}
