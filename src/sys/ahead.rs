//! What the system is told of reads to come.

use std::fs::File;

/// Has these bytes of the file read into memory, where the system can do that, without waiting for them.
#[cfg(target_os = "linux")]
pub fn will_read(file: &File, start: u64, bytes: u64) {
    use rustix::fs::{Advice, fadvise};
    // It is only advice.
    let _ = fadvise(file, start, std::num::NonZeroU64::new(bytes), Advice::WillNeed);
}

/// Has these bytes of the file read into memory, where the system can do that, without waiting for them.
#[cfg(not(target_os = "linux"))]
pub fn will_read(_file: &File, _start: u64, _bytes: u64) {}
