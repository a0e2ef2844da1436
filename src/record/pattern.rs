//! A regular expression over bytes: on text as Unicode has it, and on a line that is no UTF-8 byte by byte.
//!
//! A line with a byte that is no UTF-8 matches when the expression matches it with `(?-u)`: there `.` and negated
//! classes take any byte, and `\w`, `\d`, `\s` and `(?i)` are those of ASCII. An expression that can't be read so, as
//! with `\p{L}`, matches where the other bytes do. Case is ignored as ripgrep does: by Unicode's simple folding, so
//! that `é` is `É`, and `ß` is not `SS`.

use regex::bytes::{CaptureLocations, CaptureNames, Regex, RegexBuilder};

/// Whether letters of different case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// They are not.
    Sensitive,
    /// They are.
    Ignored,
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Regex,
    /// The same for bytes that are no text.
    bytes: Option<Regex>,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When it is malformed.
    pub(crate) fn new(expression: &str, case: Case) -> Result<Pattern, regex::Error> {
        let mut builder = RegexBuilder::new(expression);
        builder.case_insensitive(case == Case::Ignored);
        let text = builder.build()?;
        let bytes = builder.unicode(false).build().ok();
        Ok(Pattern { text, bytes })
    }

    /// Returns the expression as typed.
    pub(crate) fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Returns true when it matches somewhere.
    #[inline]
    pub(crate) fn is_match(&self, line: &[u8]) -> bool {
        self.text.is_match(line) || self.for_bytes(line).is_some_and(|regex| regex.is_match(line))
    }

    /// Returns true when each pattern matches, or does not, as it is wanted.
    #[inline]
    pub(crate) fn all_hold(patterns: &[(Pattern, bool)], line: &[u8]) -> bool {
        let mut patterns = patterns.iter();
        patterns.all(|(pattern, wanted)| pattern.is_match(line) == *wanted)
    }

    /// Finds the groups of the first match. Returns false when there is none.
    pub(crate) fn captures(&self, locations: &mut CaptureLocations, line: &[u8]) -> bool {
        self.text.captures_read(locations, line).is_some()
            || self
                .for_bytes(line)
                .is_some_and(|regex| regex.captures_read(locations, line).is_some())
    }

    /// Returns the expression for bytes, for a line that is no UTF-8.
    fn for_bytes(&self, line: &[u8]) -> Option<&Regex> {
        self.bytes.as_ref().filter(|_| std::str::from_utf8(line).is_err())
    }

    /// Returns the room for the places of groups.
    pub(crate) fn capture_locations(&self) -> CaptureLocations {
        self.text.capture_locations()
    }

    /// Returns the names of the groups, from group 0.
    pub(crate) fn capture_names(&self) -> CaptureNames<'_> {
        self.text.capture_names()
    }

    /// Returns the number of groups with group 0.
    pub(crate) fn captures_len(&self) -> usize {
        self.text.captures_len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_text_matches_byte_by_byte() {
        let matches = |expression: &str, case, line: &[u8]| {
            let pattern = Pattern::new(expression, case).expect(expression);
            pattern.is_match(line)
        };
        assert!(matches(r"^a.*\d$", Case::Sensitive, b"a\xe9 4"));
        assert!(matches(r#"^"[^"]*"$"#, Case::Sensitive, b"\"\xff\xfe\""));
        assert!(matches("é", Case::Sensitive, "é\u{1}".as_bytes()));
        assert!(!matches("^.$", Case::Sensitive, b"\xc3\xa9x"));
        assert!(matches("^.$", Case::Sensitive, b"\xc3\xa9"));
        assert!(matches("CAFÉ", Case::Ignored, "café".as_bytes()));
        assert!(!matches("strasse", Case::Ignored, "straße".as_bytes()));
        assert!(matches("x", Case::Ignored, b"\xff X"));
        assert!(matches(r"\p{L}x", Case::Sensitive, b"\xff ax"));
    }
}
