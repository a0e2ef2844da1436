//! What the system is told of reads to come.

use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::num::NonZeroU64;

/// Has these bytes of the file read into memory, where the system can do that, without waiting for them.
pub(crate) fn will_read(file: &File, start: u64, bytes: u64) {
    // It is only advice.
    let _ = fadvise(file, start, NonZeroU64::new(bytes), Advice::WillNeed);
}
