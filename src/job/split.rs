//! What parts of one compressed file have in common: they count together or not at all.
//!
//! It does not know what they gave, nor who holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The place of a part among the parts of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitPart {
    /// How many parts of the file come before it: its job's number less this is the first's.
    pub index: u64,
    /// Whether it is the file's last.
    pub last: bool,
    /// What becomes of them all.
    pub fate: SplitOutcome,
}

/// Whether a file that was cut turned out whole: not known until its last part has ended.
#[derive(Debug, Clone, Default)]
pub struct SplitOutcome(Arc<AtomicU8>);

const WHOLE: u8 = 1;
const SPOILT: u8 = 2;

impl SplitOutcome {
    /// Decides it, for everyone who asks.
    pub fn decide(&self, whole: bool) {
        self.0
            .store(if whole { WHOLE } else { SPOILT }, Ordering::Release);
    }

    /// Whether the file is whole, where that is known.
    pub fn is_whole(&self) -> Option<bool> {
        match self.0.load(Ordering::Acquire) {
            WHOLE => Some(true),
            SPOILT => Some(false),
            _ => None,
        }
    }
}

/// The same file's, not one that came to the same.
impl PartialEq for SplitOutcome {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SplitOutcome {}
