//! The arguments of a command, and how long they may be.
//!
//! It does not know which command it is.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::ptr;

/// The arguments of a command, the first of which is its name. They lie in one block, as a command
/// line may hold a hundred thousand of them.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// Each with a NUL at its end.
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<usize>,
}

impl Arguments {
    /// Returns an empty list with room for so many arguments and for their bytes.
    pub(crate) fn with_capacity(arguments: usize, bytes: usize) -> Self {
        Arguments {
            bytes: Vec::with_capacity(arguments + bytes),
            starts: Vec::with_capacity(arguments),
        }
    }

    /// Adds the argument that `append` appends to these bytes.
    pub(crate) fn add(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        self.starts.push(self.bytes.len());
        append(&mut self.bytes);
        self.bytes.push(0);
    }

    /// Returns each argument.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &OsStr> {
        self.starts.iter().enumerate().map(|(at, &start)| {
            let next = self.starts.get(at + 1).copied().unwrap_or(self.bytes.len());
            OsStr::from_bytes(&self.bytes[start..next - 1])
        })
    }

    /// Returns pointers to the arguments, and a null.
    ///
    /// # Errors
    /// When one holds a NUL, which would end it.
    pub(crate) fn pointers(&self) -> io::Result<Vec<*mut libc::c_char>> {
        if memchr::memchr_iter(0, &self.bytes).count() != self.starts.len() {
            let what = "an argument holds a NUL";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let pointer = |&start: &usize| self.bytes[start..].as_ptr().cast_mut().cast();
        Ok(self.starts.iter().map(pointer).chain([ptr::null_mut()]).collect())
    }
}

impl<S: AsRef<OsStr>> FromIterator<S> for Arguments {
    fn from_iter<I: IntoIterator<Item = S>>(args: I) -> Self {
        let mut all = Arguments::default();
        for arg in args {
            all.add(|bytes| bytes.extend_from_slice(arg.as_ref().as_bytes()));
        }
        all
    }
}

/// How many bytes the arguments and the environment of a new process may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArgumentLimits {
    /// All of them, with their NULs and the pointers to them.
    pub total: usize,
    /// One of them, with its NUL.
    pub longest: usize,
}

/// What every system allows.
const LEAST: usize = 128 << 10;
/// What Linux allows however large the stack may become: three quarters of its ordinary limit.
/// See `bprm_stack_limits` in fs/exec.c.
const MOST: usize = 6 << 20;

/// Returns the limits of this system. The one for a single argument is 32 pages.
pub(crate) fn limits() -> ArgumentLimits {
    // SAFETY: sysconf reads and returns numbers.
    let (total, page) = unsafe {
        (
            libc::sysconf(libc::_SC_ARG_MAX),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    let total = usize::try_from(total).unwrap_or(LEAST).min(MOST);
    let longest = usize::try_from(page).map_or(LEAST, |page| 32 * page);
    ArgumentLimits { total, longest }
}

/// Returns how many bytes these variables take as an environment.
pub(crate) fn environment_size(variables: impl Iterator<Item = (OsString, OsString)>) -> usize {
    let beside = "=\0".len() + size_of::<usize>();
    variables
        .map(|(name, value)| name.len() + value.len() + beside)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn arguments_are_pointed_to_as_they_were_added() {
        let words: [&[u8]; 4] = [b"cmd", b"", b"\xff a\n", b"-"];
        let args: Arguments = words.iter().map(|word| OsStr::from_bytes(word)).collect();
        assert!(args.iter().eq(words.iter().map(|word| OsStr::from_bytes(word))));
        let pointers = args.pointers().expect("no NUL");
        let (end, pointers) = pointers.split_last().expect("one at least");
        assert!(end.is_null());
        // SAFETY: each points to bytes of `args` that a NUL ends.
        let read = pointers
            .iter()
            .map(|&word| unsafe { CStr::from_ptr(word) }.to_bytes());
        assert!(read.eq(words));
        let with_nul: Arguments = ["cmd", "a\0b"].into_iter().collect();
        assert!(with_nul.pointers().is_err());
    }
}
