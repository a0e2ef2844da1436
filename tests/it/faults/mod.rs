//! What the system refuses: calls that fail, and resources that run out.

mod descriptors;
mod process_limit;
mod syscalls;
