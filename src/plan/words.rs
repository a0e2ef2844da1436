//! How a list is read whose words are arguments, as it was decided.

use std::ffi::{OsStr, OsString};

/// A list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordList {
    /// The file that holds it; none: standard input.
    pub file: Option<OsString>,
    /// What ends a word.
    pub syntax: Syntax,
    /// The longest word that is taken, in bytes: the longest first one, and the longest other.
    pub longest: [usize; 2],
}

impl WordList {
    /// The list's name, for messages.
    pub fn shown(&self) -> String {
        let name = self.file.as_deref().unwrap_or(OsStr::new("standard input"));
        name.to_string_lossy().into_owned()
    }
}

/// What ends a word of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// What POSIX says of xargs: blanks or newlines, where they are not quoted.
    Quoted {
        /// Whether blanks end a word.
        blanks: Blanks,
        /// The word that ends the list.
        end: Option<Vec<u8>>,
    },
    /// This byte and nothing else; there may be words without a byte.
    Ended(u8),
}

/// What blanks are in a list of quoted words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blanks {
    /// They end words as newlines do.
    Separate,
    /// They are parts of words, but for those that a line begins with.
    Belong,
}
