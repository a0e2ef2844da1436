//! The files that the rules are about, as text: paths, lines of code, modules.

use crate::support::repository;
use std::path::{Path, PathBuf};

/// A source file.
pub struct Source {
    /// From the repository, `src/map/cat.rs`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// Returns the room that it belongs to: `map` for `src/map/cat.rs` and `src/map.rs`.
    pub fn room(&self) -> &str {
        self.modules().next().unwrap_or_default()
    }

    /// Returns its modules from the root of the crate: `map`, `cat` for `src/map/cat.rs`; `map` for
    /// `src/map/mod.rs`.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        path.strip_suffix("/mod").unwrap_or(path).split('/')
    }

    /// Returns the lines that are not comments, with their numbers.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(at, line)| (at + 1, line))
    }

    pub fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    /// Returns the code before the unit tests.
    pub fn code_without_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let skip = self.is_test();
        self.code()
            .take_while(move |(_, line)| !skip && !line.starts_with("mod tests {"))
    }
}

/// Returns the Rust files of a folder of the repository, in the order of their paths.
pub fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&repository().join(folder), &mut found);
    found.sort();
    let source = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path).expect("a source file is text"),
        path: path
            .strip_prefix(repository())
            .expect("it is below")
            .display()
            .to_string(),
    };
    found.into_iter().map(source).collect()
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Fails when something is wrong, with the rule and each place.
#[track_caller]
pub fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}
