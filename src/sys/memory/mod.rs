//! How much memory there is, and how the kernel and the C library's allocator are asked for it.

mod available;
mod hugepages;
mod malloc;

pub(crate) use available::available_memory;
pub(crate) use hugepages::huge_buffer;
pub(crate) use malloc::share_heap;
