//! Names that are left out, however they were found.

use super::error::InputResult;
use super::glob::Glob;
use crate::job::Input;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Patterns of names that are left out.
#[derive(Debug, Clone, Default)]
pub struct Exclude(Vec<Glob>);

impl Exclude {
    /// What matches any of these.
    pub fn new(patterns: &[OsString]) -> Self {
        Exclude(patterns.iter().map(|pattern| Glob::new(pattern)).collect())
    }

    /// The first of these that is no pattern.
    pub fn malformed(patterns: &[OsString]) -> Option<&OsString> {
        patterns.iter().find(|pattern| !Glob::new(pattern).is_whole())
    }

    /// Whether the name is left out: its base name or all of it matches.
    pub fn has(&self, name: &OsStr) -> bool {
        let base = || Path::new(name).file_name().unwrap_or_default();
        !self.0.is_empty() && self.has_either(base(), name)
    }

    /// As [`Exclude::has`], where the base name is known.
    pub(super) fn has_either(&self, base: &OsStr, name: &OsStr) -> bool {
        self.0.iter().any(|glob| glob.matches(base) || glob.matches(name))
    }

    /// Leaves them out of a list.
    pub fn of<'a>(
        self,
        found: impl Iterator<Item = InputResult> + Send + 'a,
    ) -> Box<dyn Iterator<Item = InputResult> + Send + 'a> {
        if self.0.is_empty() {
            return Box::new(found);
        }
        Box::new(found.filter(move |found| !matches!(found, Ok(Input::File(name)) if self.has(name))))
    }
}
