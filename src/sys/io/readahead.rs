//! Tells the system of reads to come.

use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::num::NonZeroU64;

/// Has the system read these bytes of the file into memory, without waiting for them.
pub(crate) fn read_ahead(file: &File, start: u64, bytes: u64) {
    // It is only advice.
    let _ = fadvise(file, start, NonZeroU64::new(bytes), Advice::WillNeed);
}
