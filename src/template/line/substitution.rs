//! A regular expression, and what stands in the place of what it matches.
//!
//! It does not know how it is spelled in a command line.

use regex::bytes::{Captures, Regex, RegexBuilder};

/// What stands in the place of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// This text.
    Text(Vec<u8>),
    /// What the first group matched.
    Group,
    /// The match in upper case.
    Upper,
    /// The match in lower case.
    Lower,
}

/// A regular expression and a replacement.
#[derive(Debug, Clone)]
pub struct Substitution {
    pattern: Regex,
    with: Replacement,
    /// Whether each match is replaced, or the first.
    each: bool,
}

impl PartialEq for Substitution {
    fn eq(&self, other: &Self) -> bool {
        self.pattern.as_str() == other.pattern.as_str() && self.with == other.with && self.each == other.each
    }
}

impl Eq for Substitution {}

impl Substitution {
    /// Returns a substitution, when the pattern is one.
    pub(super) fn new(pattern: &str, with: Replacement, each: bool) -> Option<Self> {
        let pattern = RegexBuilder::new(pattern).unicode(false).build().ok()?;
        Some(Substitution { pattern, with, each })
    }

    /// Returns what it makes of a value.
    pub(super) fn apply(&self, value: &[u8]) -> Vec<u8> {
        let replacement = |found: &Captures<'_>| match &self.with {
            Replacement::Text(text) => text.clone(),
            Replacement::Group => found
                .get(1)
                .map_or_else(Vec::new, |group| group.as_bytes().to_vec()),
            Replacement::Upper => found[0].to_ascii_uppercase(),
            Replacement::Lower => found[0].to_ascii_lowercase(),
        };
        let limit = usize::from(!self.each);
        self.pattern.replacen(value, limit, replacement).into_owned()
    }
}
