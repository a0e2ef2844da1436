//! Reaps the orphans that the first process of a container adopts.
//!
//! Children that fanfold itself started are left to their workers. Starting, reaping and looking for orphans exclude
//! each other, so that no child is taken for an orphan. In any other process than number 1, all of this costs no more
//! than a look at a flag.

use super::proc::{Stat, processes};
use crate::sys::signals;
use rustix::process::{Pid, WaitOptions, getpid, waitpid};
use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often orphans are looked for. A dead one takes up nothing but its number.
const LOOK: Duration = Duration::from_millis(500);

static IS_FIRST: AtomicBool = AtomicBool::new(false);
/// The children that fanfold started.
static OWN: LazyLock<Mutex<HashSet<Pid>>> = LazyLock::new(Mutex::default);

/// Starts to reap orphans if this is process 1. Call it before the first child is started.
///
/// # Errors
/// When the thread can't be started.
pub(crate) fn start() -> io::Result<()> {
    if !getpid().is_init() || IS_FIRST.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    let look = || {
        signals::block_in_this_thread();
        loop {
            thread::sleep(LOOK);
            reap_orphans();
        }
    };
    thread::Builder::new().name("reaper".into()).spawn(look)?;
    Ok(())
}

/// Starts a child by `start` and remembers it as our own.
pub(super) fn start_own(start: impl FnOnce() -> io::Result<Pid>) -> io::Result<Pid> {
    if !IS_FIRST.load(Ordering::Relaxed) {
        return start();
    }
    let mut own = own();
    let started = start();
    own.extend(started.as_ref().ok());
    started
}

/// Reaps a child of our own by `reap` and forgets it: its number may be an orphan's after that.
pub(super) fn reap_own<T>(child: Pid, reap: impl FnOnce() -> T) -> T {
    if !IS_FIRST.load(Ordering::Relaxed) {
        return reap();
    }
    let mut own = own();
    let reaped = reap();
    own.remove(&child);
    reaped
}

fn own() -> MutexGuard<'static, HashSet<Pid>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reap_orphans() {
    let own = own();
    let parent = getpid().as_raw_nonzero().get();
    let dead = |pid: &i32| Stat::from_pid(*pid).is_some_and(|stat| stat.parent == parent && !stat.lives());
    for pid in processes().filter(dead).filter_map(Pid::from_raw) {
        if !own.contains(&pid) {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}
