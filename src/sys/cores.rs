//! How many cores there are for this process.

use std::num::NonZeroUsize;

/// The cores that this process may use: fewer than it may run on where its cgroup has a quota, for which
/// files are read.
pub(crate) fn cores() -> NonZeroUsize {
    NonZeroUsize::new(num_cpus::get()).unwrap_or(NonZeroUsize::MIN)
}
