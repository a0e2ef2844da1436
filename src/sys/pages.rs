//! How the kernel is asked to give memory.

use std::ffi::c_void;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The least that is worth asking for: a few huge pages.
const LEAST: usize = 4 << 20;
/// A huge page, where they are of the usual size.
const HUGE: usize = 2 << 20;
/// About what the small pages in place of a huge one take.
const SLOW: Duration = Duration::from_millis(1);

/// A large fresh buffer that is used from its beginning on.
#[derive(Debug, Default)]
pub struct Fresh {
    bytes: Vec<u8>,
    /// How much has its pages, or is left to get them when it is used.
    had: usize,
}

impl Fresh {
    /// Zeroes. They cost nothing until they are used.
    pub fn new(length: usize) -> Self {
        let mut bytes = vec![0; length];
        let had = if length < LEAST { length } else { 0 };
        if had == 0 {
            advise(&mut bytes, Kind::Huge);
        }
        Fresh { bytes, had }
    }

    /// Whether there is nothing of it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Its first bytes, as many as are about to be used.
    ///
    /// Huge pages cost a few faults and not one for every 4 KiB, and are found faster later on: 48 MB take 6 ms
    /// and not 22. But a virtual machine may have given its free memory back to its host, who takes 5 ms for each
    /// huge page then, 130 in all, and 30 in all for small ones. So the first that is slow is the last.
    pub fn first(&mut self, length: usize) -> &mut [u8] {
        while self.had < length {
            let start = Instant::now();
            *black_box(&mut self.bytes[self.had]) = 0;
            let address = self.bytes.as_ptr().addr();
            self.had = (address + self.had + 1).next_multiple_of(HUGE) - address;
            if start.elapsed() > SLOW {
                advise(&mut self.bytes, Kind::Small);
                self.had = self.bytes.len();
            }
        }
        &mut self.bytes[..length]
    }
}

enum Kind {
    Huge,
    Small,
}

/// Asks for such pages where there are none yet. Where they can't be had, nothing changes.
fn advise(buffer: &mut [u8], kind: Kind) {
    let page = rustix::param::page_size();
    let start = buffer.as_mut_ptr().addr().next_multiple_of(page) - buffer.as_mut_ptr().addr();
    let whole = (buffer.len() - start) / page * page;
    let inside = buffer[start..start + whole].as_mut_ptr().cast::<c_void>();
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::Advice;
        let advice = match kind {
            Kind::Huge => Advice::LinuxHugepage,
            Kind::Small => Advice::LinuxNoHugepage,
        };
        // SAFETY: whole pages inside a buffer that is ours alone; this advice changes no byte of them.
        let _ = unsafe { rustix::mm::madvise(inside, whole, advice) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (inside, kind);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_buffer_keeps_what_is_written_while_more_of_it_is_used() {
        for length in [1, LEAST - 1, LEAST, 5 * HUGE + 1] {
            let mut fresh = Fresh::new(length);
            let mut used = 0;
            for part in 1..=7 {
                let first = fresh.first(length * part / 7);
                assert!(first[used..].iter().all(|&byte| byte == 0));
                assert!(first[..used].iter().all(|&byte| byte == 1));
                first.fill(1);
                used = first.len();
            }
            assert_eq!(used, length);
        }
    }
}
