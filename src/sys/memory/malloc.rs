//! How the C library's allocator serves threads.

/// Has all threads that start from now on allocate from one heap. By default the C library gives each a heap of its
/// own, and making one costs more than a thread that allocates little ever waits for the others.
pub(crate) fn share_heap() {
    // SAFETY: it sets a number, which is read when a thread allocates for the first time.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
