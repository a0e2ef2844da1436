//! How the kernel is asked to give memory.

use std::ffi::c_void;

/// The least that is worth asking for: a few huge pages.
const LEAST: usize = 4 << 20;

/// Asks for huge pages behind a large fresh buffer: where they can be had, its first use costs a few
/// faults and not one for every 4 KiB. Where they can't, nothing changes.
pub fn prefer_huge_pages(buffer: &mut [u8]) {
    let page = rustix::param::page_size();
    let start = buffer.as_mut_ptr().addr().next_multiple_of(page) - buffer.as_mut_ptr().addr();
    if buffer.len() < LEAST {
        return;
    }
    let whole = (buffer.len() - start) / page * page;
    let inside = buffer[start..start + whole].as_mut_ptr().cast::<c_void>();
    #[cfg(target_os = "linux")]
    // SAFETY: whole pages inside a buffer that is ours alone; this advice changes no byte of them.
    let _ = unsafe { rustix::mm::madvise(inside, whole, rustix::mm::Advice::LinuxHugepage) };
    #[cfg(not(target_os = "linux"))]
    let _ = inside;
}
