//! Glob patterns over names that are bytes.
//!
//! Matching is the glob crate's, which takes text: names and patterns that are not both UTF-8 are
//! given to it with each byte as one character, which is how the C locale's shell sees them.

use ::glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A pattern, in the two forms that names may need.
#[derive(Debug, Clone)]
pub struct Glob {
    text: Option<Pattern>,
    bytes: Option<Pattern>,
}

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    // Whether hidden names are taken is the walk's to say.
    require_literal_leading_dot: false,
};

/// Whether the name holds a character that is special in patterns.
pub fn is_pattern(name: &OsStr) -> bool {
    name.as_bytes().iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

impl Glob {
    /// The pattern; one that is malformed (`[a`) matches nothing.
    pub fn new(pattern: &OsStr) -> Self {
        Glob {
            text: pattern.to_str().and_then(|text| Pattern::new(text).ok()),
            bytes: Pattern::new(&latin1(pattern)).ok(),
        }
    }

    /// Whether it is well-formed.
    pub fn is_whole(&self) -> bool {
        self.bytes.is_some()
    }

    /// Whether the whole of `name` matches; `*` and `?` do not match a slash.
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
