//! posix_spawn(3) and its two prepared arguments, with errors as results.
//!
//! It does not know which program is started, nor why.

use super::group::ProcessGroupOf;
use crate::sys::arguments::Arguments;
use crate::sys::signals;
use rustix::process::Pid;
use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::ptr;

/// Starts a child with these arguments and this environment.
///
/// # Errors
/// What the system said to the spawn or the exec; an argument with a NUL.
pub(super) fn posix_spawn<'a>(
    program: &CStr,
    args: &Arguments,
    environment: impl Iterator<Item = &'a CString>,
    actions: &FileActions,
    attributes: &Attributes,
) -> io::Result<Pid> {
    let argv = args.pointers()?;
    let environment = environment.map(|variable| variable.as_ptr().cast_mut());
    let envp: Vec<_> = environment.chain([ptr::null_mut()]).collect();
    let mut pid = 0;
    // SAFETY: argv and envp are null-terminated arrays of pointers to strings that the caller holds until this
    // returns; actions and attributes are initialised.
    check(unsafe {
        libc::posix_spawn(
            &mut pid,
            program.as_ptr(),
            &actions.0,
            &attributes.0,
            argv.as_ptr(),
            envp.as_ptr(),
        )
    })?;
    Ok(Pid::from_raw(pid).expect("a child's number is positive"))
}

/// What a child does with descriptors before its exec.
#[derive(Debug)]
pub(super) struct FileActions(libc::posix_spawn_file_actions_t);

// SAFETY: memory of its own, which no thread is bound to.
unsafe impl Send for FileActions {}

impl FileActions {
    /// Has the child take each first descriptor as its second; one that is taken as itself is inherited.
    ///
    /// # Errors
    /// When there is no memory, or a number can be no descriptor.
    pub(super) fn new(duplicates: &[(RawFd, RawFd)]) -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: init initialises what it is given.
        let mut actions = unsafe {
            check(libc::posix_spawn_file_actions_init(actions.as_mut_ptr()))?;
            FileActions(actions.assume_init())
        };
        for &(from, to) in duplicates {
            // SAFETY: the actions are initialised; a bad descriptor is an error of the call.
            check(unsafe { libc::posix_spawn_file_actions_adddup2(&mut actions.0, from, to) })?;
        }
        Ok(actions)
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: they are initialised, and destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

/// What else a child is given.
pub(super) struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// Gives the child a group, an empty signal mask, and the signals at their defaults, but for those that were
    /// ignored when we were started.
    ///
    /// # Errors
    /// When there is no memory.
    pub(super) fn new(group: ProcessGroupOf) -> io::Result<Self> {
        let mut flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        let group = match group {
            ProcessGroupOf::Itself => Some(0),
            ProcessGroupOf::Other(leader) => Some(leader.as_raw_nonzero().get()),
            ProcessGroupOf::Fanfold => None,
        };
        if group.is_some() {
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        let mut attributes = MaybeUninit::uninit();
        let mut none = MaybeUninit::uninit();
        // SAFETY: both are initialised by their first calls before they are read.
        unsafe {
            check(libc::posix_spawnattr_init(attributes.as_mut_ptr()))?;
            let mut attributes = Attributes(attributes.assume_init());
            let at = &mut attributes.0;
            check(libc::posix_spawnattr_setpgroup(at, group.unwrap_or(0)))?;
            libc::sigemptyset(none.as_mut_ptr());
            check(libc::posix_spawnattr_setsigmask(at, none.as_ptr()))?;
            check(libc::posix_spawnattr_setsigdefault(
                at,
                signals::default_in_children(),
            ))?;
            check(libc::posix_spawnattr_setflags(at, flags as _))?;
            Ok(attributes)
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: they are initialised, and destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

/// Makes a result of what the posix_spawn family returns: its errors are not in errno.
fn check(code: i32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}
