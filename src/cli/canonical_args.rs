//! Options in one canonical order and spelling, by which a state tells whether two command lines are the same.

use crate::template::shell_quote;
use std::ffi::{OsStr, OsString};

/// What a command line means to a state: texts that must be equal, each with its name in messages.
pub(super) type CommandKey = Vec<(&'static str, Vec<u8>)>;

/// The options that were given, as they would be typed.
#[derive(Debug, Default)]
pub(super) struct CanonicalArgs {
    words: Vec<OsString>,
}

impl CanonicalArgs {
    /// Adds the option once for each value.
    pub(super) fn values<T: AsRef<OsStr>>(mut self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        for value in values {
            self.words.push(name.into());
            self.words.push(value.as_ref().to_owned());
        }
        self
    }

    /// Adds an option without a value, if it was given.
    pub(super) fn flag(mut self, name: &str, given: bool) -> Self {
        if given {
            self.words.push(name.into());
        }
        self
    }

    /// Returns the options as words.
    pub(super) fn into_words(self) -> Vec<OsString> {
        self.words
    }

    /// Returns the options quoted for a shell.
    pub(super) fn text(&self) -> Vec<u8> {
        shell_quote(&self.words)
    }
}
