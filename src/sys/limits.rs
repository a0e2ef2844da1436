//! The limits of this process: open files, processes and threads; and the retries when one is reached.
//!
//! It does not know what the files or processes are for.

use super::signals;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

/// The limit of open files before it was raised; None when it was not.
static BEFORE: RwLock<Option<Rlimit>> = RwLock::new(None);

/// Raises the soft limit of open files to the hard one, if that gives any room. Children still start with the old
/// limit, and cost more from then on, so call it only when a file could not be opened.
pub(crate) fn raise_file_limit() {
    // Whoever starts a child holds the lock, so no child starts with the higher limit.
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

/// Returns how many files may be open at once.
pub(crate) fn file_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Returns the limit of open files that children are to have, if it is not our own. Ours is not raised while the
/// answer is held.
pub(super) fn file_limit_before() -> RwLockReadGuard<'static, Option<Rlimit>> {
    BEFORE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether no descriptor was to be had (EMFILE, ENFILE), for which std has no kind.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Sleeps for a moment, in which others may close descriptors: the system has no call that says when.
pub(crate) fn pause_for_files() {
    thread::sleep(Duration::from_millis(10));
}

/// Opens a file by `open`, and tries again as long as there is no descriptor to be had, for at most five seconds: others
/// close theirs.
///
/// # Errors
/// That of the last try.
pub(crate) fn retry_open<T>(mut open: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const MOST: Duration = Duration::from_secs(5);
    let began = Instant::now();
    loop {
        match open() {
            Err(e) if is_out_of_files(&e) && began.elapsed() < MOST => {
                raise_file_limit();
                pause_for_files();
            }
            end => return end,
        }
    }
}

/// Calls `start`, which starts a process or a thread, and tries again as long as the system has none, or no memory
/// for it, for at most a minute or until a shutdown signal.
///
/// # Errors
/// That of the last try.
pub(crate) fn retry_start<T>(mut start: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const MOST: Duration = Duration::from_secs(60);
    let (began, mut delay) = (Instant::now(), Duration::from_millis(5));
    loop {
        match start() {
            Err(e)
                if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory)
                    && began.elapsed() < MOST
                    && signals::shutdown_signal().is_none() =>
            {
                thread::sleep(delay);
                delay = (delay * 2).min(Duration::from_millis(250));
            }
            end => return end,
        }
    }
}

/// Starts a thread that nobody joins, and tries again as [`retry_start`] does.
///
/// # Errors
/// That of the last try.
pub(crate) fn spawn_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // `spawn` drops the closure of a thread that could not be started.
    let work = Arc::new(Mutex::new(Some(work)));
    retry_start(|| {
        let work = Arc::clone(&work);
        let taken = move || work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = thread::Builder::new().name(name.into());
        thread.spawn(move || taken().map(|work| work())).map(drop)
    })
}
