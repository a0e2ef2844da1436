//! Counts the cores that this process may use.

use std::num::NonZeroUsize;

/// Returns how many cores this process may use. It reads files: its cgroup may have a quota of fewer cores than the
/// process may run on.
pub(crate) fn cores() -> NonZeroUsize {
    NonZeroUsize::new(num_cpus::get()).unwrap_or(NonZeroUsize::MIN)
}
