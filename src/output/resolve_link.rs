//! Finds the file that is written under a name: the one that links lead to, whether or not it exists yet.
//!
//! It does not know what is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The most links that are followed; the system follows as many.
const MAX_LINKS: usize = 40;

/// Why a file of another kind is not replaced by a regular one.
pub(super) const SPECIAL: &str = "is a device, a pipe or a socket";

/// Returns the file that is meant: the name itself, unless that is a symbolic link.
///
/// # Errors
/// When links lead round in a circle.
pub(crate) fn resolve_link(name: &Path) -> io::Result<PathBuf> {
    let mut at = name.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&at) {
            Ok(to) => at = directory(&at).join(to),
            // The name is no link, or does not exist.
            Err(_) => return Ok(at),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// Returns the directory that a name is in.
pub(super) fn directory(name: &Path) -> &Path {
    match name.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
