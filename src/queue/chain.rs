//! The hash over the results that a leader has read, to hold against the server's own.

use super::answer::ResultEntry;
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;

/// The hash over results in their order. A server that forgot some of what a leader has read has another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResultChain(String);

impl ResultChain {
    /// Adds the next result.
    pub fn add(&mut self, entry: &ResultEntry) {
        let mut hash = Sha1::new();
        hash.update(&self.0);
        hash.update(format!("{} {} {}", entry.id, entry.worker, entry.number));
        self.0.clear();
        for byte in hash.finalize() {
            let _ = write!(self.0, "{byte:02x}");
        }
    }

    /// Returns it as [`RunCounts::chain`](super::RunCounts::chain) is written: 40 hexadecimal digits, or nothing before the first result.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
