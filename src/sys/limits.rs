//! The process's own limits.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// The limit of open files as it was before it was raised.
static BEFORE: RwLock<Option<Rlimit>> = RwLock::new(None);

/// Raises the soft limit of open files to the hard one, if that gives any room. Children are started
/// with the one before; they cost more from then on, so it is for when a file could not be opened.
pub fn raise_file_limit() {
    // Whoever starts a child meanwhile holds the lock, so none is started with the higher limit.
    let mut before = BEFORE.write().unwrap_or_else(PoisonError::into_inner);
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if limit.current != limit.maximum && setrlimit(Resource::Nofile, raised).is_ok() {
        *before = Some(limit);
    }
}

/// How many files may be open at once.
pub fn file_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// The limit of open files that children are to have, where it is not our own. It is not changed
/// while the answer is held.
pub(super) fn file_limit_before() -> RwLockReadGuard<'static, Option<Rlimit>> {
    BEFORE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a descriptor could not be had (EMFILE, ENFILE), for which std has no kind.
pub fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Waits for a moment, in which others may give descriptors back: the system has no call that says when.
pub fn await_files() {
    std::thread::sleep(Duration::from_millis(10));
}

/// The memory that this process may use, in bytes: the machine's, or less where its cgroup says so.
pub fn available_memory() -> u64 {
    let info = rustix::system::sysinfo();
    let machine = info.totalram * u64::from(info.mem_unit.max(1));
    let limits = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let cgroup = limits
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok())
        .min();
    cgroup.map_or(machine, |limit: u64| limit.min(machine))
}
