//! How the kernel and the C library's allocator are asked for memory.

mod hugepages;
mod malloc;

pub(crate) use hugepages::huge_buffer;
pub(crate) use malloc::share_heap;
