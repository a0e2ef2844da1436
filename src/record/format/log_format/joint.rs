//! Variables that stand side by side without a text between, and whose values show where one ends: `%U%q`,
//! `$host$request_uri`, `$uri$is_args$args`.
//!
//! It does not know where both together end.

use memchr::memchr;

/// How the second of two variables begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// With the first slash.
    Slash,
    /// With the first question mark; without one it is empty.
    Question,
    /// Behind the question mark that the first one is; without one both are empty.
    Behind,
}

impl Joint {
    /// Returns what tells where one of these variables, as they were typed, ends and the other begins.
    pub fn between(before: &str, after: &str) -> Option<Joint> {
        match (before, after) {
            ("is_args", "args" | "query_string") => Some(Joint::Behind),
            (_, "is_args" | "%q") => Some(Joint::Question),
            (_, "request_uri" | "uri" | "document_uri" | "%U") => Some(Joint::Slash),
            _ => None,
        }
    }

    /// Returns the length of the first value in the text of both.
    pub fn find(self, both: &[u8]) -> Option<usize> {
        match self {
            Joint::Slash => memchr(b'/', both),
            Joint::Question => Some(memchr(b'?', both).unwrap_or(both.len())),
            Joint::Behind => Some(usize::from(both.first() == Some(&b'?'))),
        }
    }
}
