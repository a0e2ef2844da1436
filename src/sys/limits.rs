//! The process's own limits.

use super::signals;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

/// The limit of open files as it was before it was raised.
static BEFORE: RwLock<Option<Rlimit>> = RwLock::new(None);

/// Raises the soft limit of open files to the hard one, if that gives any room. Children are started
/// with the one before; they cost more from then on, so it is for when a file could not be opened.
pub(crate) fn raise_file_limit() {
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
pub(crate) fn file_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// The limit of open files that children are to have, where it is not our own. It is not changed
/// while the answer is held.
pub(crate) fn file_limit_before() -> RwLockReadGuard<'static, Option<Rlimit>> {
    BEFORE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a descriptor could not be had (EMFILE, ENFILE), for which std has no kind.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Waits for a moment, in which others may give descriptors back: the system has no call that says when.
pub(crate) fn await_files() {
    thread::sleep(Duration::from_millis(10));
}

/// Opens a file, and again while descriptors are scarce, for at most five seconds: others give theirs back.
///
/// # Errors
/// What was said last.
pub(crate) fn await_file<T>(mut open: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const MOST: Duration = Duration::from_secs(5);
    let began = Instant::now();
    loop {
        match open() {
            Err(e) if is_out_of_files(&e) && began.elapsed() < MOST => {
                raise_file_limit();
                await_files();
            }
            end => return end,
        }
    }
}

/// The memory that this process may use, in bytes: the machine's, or less where its cgroup says so. It is
/// looked up once.
pub(crate) fn available_memory() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(find_memory)
}

fn find_memory() -> u64 {
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

/// Does what takes a process or a thread, and again while the system has none, for at most a minute or until
/// a signal ends the run.
///
/// # Errors
/// What was said last.
pub(crate) fn await_process<T>(mut start: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const MOST: Duration = Duration::from_secs(60);
    let (began, mut delay) = (Instant::now(), Duration::from_millis(5));
    loop {
        match start() {
            Err(e)
                if e.kind() == io::ErrorKind::WouldBlock
                    && began.elapsed() < MOST
                    && signals::ending().is_none() =>
            {
                thread::sleep(delay);
                delay = (delay * 2).min(Duration::from_millis(250));
            }
            end => return end,
        }
    }
}

/// Starts a thread that nobody waits for, and again as [`await_process`] does.
///
/// # Errors
/// What was said last.
pub(crate) fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // A thread that could not be started drops what it was given.
    let work = Arc::new(Mutex::new(Some(work)));
    await_process(|| {
        let work = Arc::clone(&work);
        let taken = move || work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = thread::Builder::new().name(name.into());
        thread.spawn(move || taken().map(|work| work())).map(drop)
    })
}
