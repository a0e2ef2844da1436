//! Which file is written under a name: the one that links lead to, whether or not it is there yet.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// More links than that lead nowhere, as the system has it.
const MOST: usize = 40;

/// The file that is meant: the name itself, unless that is a symbolic link.
///
/// # Errors
/// When links lead round in a circle.
pub fn resolve_link(name: &Path) -> io::Result<PathBuf> {
    let mut at = name.to_owned();
    for _ in 0..MOST {
        match fs::read_link(&at) {
            Ok(to) => at = directory(&at).join(to),
            // It is no link, or not there.
            Err(_) => return Ok(at),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

/// The directory that a name is in.
pub(super) fn directory(name: &Path) -> &Path {
    match name.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
