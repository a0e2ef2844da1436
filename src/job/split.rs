//! What the parts of one compressed file have in common: all of them count, or none.
//!
//! It does not know what the jobs of the parts emitted, nor who holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The size of a range of a plain file that is split. With two workers on 1.9 GB of logs, 4 to 64 MiB take the same
/// time; smaller parts spread better over many workers, larger ones cost fewer events.
pub const RANGE: u64 = 16 << 20;

/// The place of a part among the parts of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitPart {
    /// The index of the part: `job number - index` is the number of the file's first job.
    pub index: u64,
    /// Whether it is the last part of the file.
    pub last: bool,
    /// What becomes of all parts.
    pub fate: SplitOutcome,
}

/// Whether a file that was cut is whole, which is unknown until its last part has ended.
#[derive(Debug, Clone, Default)]
pub struct SplitOutcome(Arc<AtomicU8>);

const WHOLE: u8 = 1;
const SPOILT: u8 = 2;

impl SplitOutcome {
    /// Decides it for everyone who asks.
    pub fn decide(&self, whole: bool) {
        self.0
            .store(if whole { WHOLE } else { SPOILT }, Ordering::Release);
    }

    /// Returns whether the file is whole, or `None` while that is unknown.
    pub fn is_whole(&self) -> Option<bool> {
        match self.0.load(Ordering::Acquire) {
            WHOLE => Some(true),
            SPOILT => Some(false),
            _ => None,
        }
    }
}

/// Equal are only those of the same file.
impl PartialEq for SplitOutcome {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SplitOutcome {}
