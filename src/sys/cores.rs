//! How many cores there are for this process.

use std::num::NonZeroUsize;

/// The cores that this process may use: fewer than it may run on where its cgroup has a quota, for which
/// files are read.
pub fn cores() -> NonZeroUsize {
    NonZeroUsize::new(num_cpus::get()).unwrap_or(NonZeroUsize::MIN)
}

/// A number that [`cores`] is not above, at the price of one system call.
pub fn cores_at_most() -> NonZeroUsize {
    #[cfg(target_os = "linux")]
    if let Ok(set) = rustix::thread::sched_getaffinity(None)
        && let Some(may_run_on) = NonZeroUsize::new(set.count() as usize)
    {
        return may_run_on;
    }
    cores()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_cores_are_used_than_may_be_run_on() {
        assert!(cores() <= cores_at_most());
    }
}
