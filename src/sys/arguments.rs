//! How long a command line may be.

use std::ffi::OsString;

/// What the arguments and the environment of a new process may take, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All of them together, with their NULs and the pointers to them.
    pub total: usize,
    /// One of them, with its NUL.
    pub longest: usize,
}

/// What every system gives.
const LEAST: usize = 128 << 10;
/// What Linux gives however large the stack may become: three quarters of its ordinary limit.
/// See `bprm_stack_limits` in fs/exec.c.
const MOST: usize = 6 << 20;

/// The limits of this system. Linux has one for a single argument too: 32 pages.
pub fn limits() -> Limits {
    // SAFETY: sysconf reads and returns numbers.
    let (total, page) = unsafe {
        (
            libc::sysconf(libc::_SC_ARG_MAX),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    let total = usize::try_from(total).unwrap_or(LEAST).min(MOST);
    let longest = if cfg!(target_os = "linux") {
        usize::try_from(page).map_or(LEAST, |page| 32 * page)
    } else {
        total
    };
    Limits { total, longest }
}

/// What these variables take as an environment.
pub fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> usize {
    let beside = "=\0".len() + size_of::<usize>();
    variables
        .map(|(name, value)| name.len() + value.len() + beside)
        .sum()
}
