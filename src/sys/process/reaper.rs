//! What falls to the first process of a container: reaping the orphans that it adopts.
//!
//! The children that we started ourselves are left to their workers: starting, reaping and looking for
//! orphans exclude each other, so that none is taken for an orphan. Where we are not process 1,
//! nothing of this costs more than a look at a flag.

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
/// The children that have a worker.
static OWN: LazyLock<Mutex<HashSet<Pid>>> = LazyLock::new(Mutex::default);

/// Begins to reap orphans if this is process 1. To be called before the first child is started.
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

/// Starts a child that has a worker.
pub(crate) fn starting(start: impl FnOnce() -> io::Result<Pid>) -> io::Result<Pid> {
    if !IS_FIRST.load(Ordering::Relaxed) {
        return start();
    }
    let mut own = own();
    let started = start();
    own.extend(started.as_ref().ok());
    started
}

/// Reaps a child that has a worker; after that its number may be an orphan's.
pub(crate) fn reaping<T>(child: Pid, reap: impl FnOnce() -> T) -> T {
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
    let dead = |pid: &i32| Stat::of(*pid).is_some_and(|stat| stat.parent == parent && !stat.lives());
    for pid in processes().filter(dead).filter_map(Pid::from_raw) {
        if !own.contains(&pid) {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}
