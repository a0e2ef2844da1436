//! Glob patterns over names that are bytes.
//!
//! The glob crate does the matching, and it takes text. When the name and the pattern are not both UTF-8,
//! each of their bytes is passed to it as one character, as a shell in the C locale would see them.

use ::glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A pattern, in the two forms that names may need: as text, and with each byte as one character.
#[derive(Debug, Clone)]
pub struct Glob {
    text: Option<Pattern>,
    bytes: Option<Pattern>,
}

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    // The walk decides whether hidden names are included.
    require_literal_leading_dot: false,
};

/// Returns whether the name holds a character that is special in patterns.
pub fn is_pattern(name: &OsStr) -> bool {
    name.as_bytes().iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

impl Glob {
    /// Compiles the pattern; a malformed one (`[a`) matches nothing.
    pub fn new(pattern: &OsStr) -> Self {
        Glob {
            text: pattern.to_str().and_then(|text| Pattern::new(text).ok()),
            bytes: Pattern::new(&latin1(pattern)).ok(),
        }
    }

    /// Returns whether the pattern is well-formed.
    pub fn is_valid(&self) -> bool {
        self.bytes.is_some()
    }

    /// Returns whether all of `name` matches; `*` and `?` do not match a slash.
    pub fn matches(&self, name: &OsStr) -> bool {
        match (&self.text, name.to_str()) {
            (Some(pattern), Some(name)) => pattern.matches_with(name, OPTIONS),
            _ => self
                .bytes
                .as_ref()
                .is_some_and(|pattern| pattern.matches_with(&latin1(name), OPTIONS)),
        }
    }
}

fn latin1(name: &OsStr) -> String {
    name.as_bytes().iter().map(|&b| char::from(b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_names_that_are_not_utf8() {
        let glob = Glob::new(OsStr::new("*.gz"));
        assert!(glob.matches(OsStr::from_bytes(b"\xff\xfe.gz")));
        assert!(!glob.matches(OsStr::from_bytes(b"\xff\xfe.log")));
        assert!(!glob.matches(OsStr::new("dir/a.gz")));
    }

    #[test]
    fn question_mark_matches_one_character() {
        assert!(Glob::new(OsStr::new("?.gz")).matches(OsStr::new("\u{e9}.gz")));
        assert!(Glob::new(OsStr::new("?.gz")).matches(OsStr::from_bytes(b"\xff.gz")));
    }
}
