//! Patterns of names that the user left out, whatever source they come from.

use super::braces::expand;
use super::error::InputResult;
use super::glob::Glob;
use crate::job::Input;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Patterns of names to leave out.
#[derive(Debug, Clone, Default)]
pub struct Exclude(Vec<Glob>);

impl Exclude {
    /// Compiles the patterns, with the alternatives in their braces.
    pub fn new(patterns: &[OsString]) -> Self {
        let patterns = patterns.iter().flat_map(|pattern| expand(pattern));
        Exclude(patterns.map(|pattern| Glob::new(&pattern)).collect())
    }

    /// Returns the first pattern that is malformed.
    pub fn malformed(patterns: &[OsString]) -> Option<&OsString> {
        let is_valid = |pattern: &OsString| Glob::new(pattern).is_valid();
        patterns
            .iter()
            .find(|pattern| !expand(pattern).iter().all(is_valid))
    }

    /// Returns whether a pattern matches the base name or all of `name`.
    pub fn matches(&self, name: &OsStr) -> bool {
        let base = || Path::new(name).file_name().unwrap_or_default();
        !self.0.is_empty() && self.matches_either(base(), name)
    }

    /// As [`Exclude::matches`], when the base name is known.
    pub fn matches_either(&self, base: &OsStr, name: &OsStr) -> bool {
        self.0.iter().any(|glob| glob.matches(base) || glob.matches(name))
    }

    /// Removes the files that match from `found`.
    pub fn filter<'a>(
        self,
        found: impl Iterator<Item = InputResult> + Send + 'a,
    ) -> Box<dyn Iterator<Item = InputResult> + Send + 'a> {
        if self.0.is_empty() {
            return Box::new(found);
        }
        Box::new(found.filter(move |found| !matches!(found, Ok(Input::File(name)) if self.matches(name))))
    }
}
