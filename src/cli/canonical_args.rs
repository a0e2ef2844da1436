//! The options of a command line in one canonical order: what makes two command lines the same to a state.

use crate::template::shell_quote;
use std::ffi::OsString;

/// The parts of a command line's meaning, each with what it is called in messages.
pub type CommandKey = Vec<(&'static str, Vec<u8>)>;

/// Options as they would be typed, those that were given: what they mean, in one order.
#[derive(Debug, Default)]
pub struct CanonicalArgs {
    words: Vec<OsString>,
}

impl CanonicalArgs {
    /// An option with its value, once for each.
    pub fn values<T: AsRef<std::ffi::OsStr>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        for value in values {
            self.words.push(name.into());
            self.words.push(value.as_ref().to_owned());
        }
        self
    }

    /// Words as they are.
    pub fn words(mut self, words: &[OsString]) -> Self {
        self.words.extend_from_slice(words);
        self
    }

    /// An option without a value.
    pub fn flag(mut self, name: &str, given: bool) -> Self {
        if given {
            self.words.push(name.into());
        }
        self
    }

    /// The text, quoted for a shell.
    pub fn text(&self) -> Vec<u8> {
        shell_quote(&self.words)
    }
}
