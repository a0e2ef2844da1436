//! Options that are kept: in the files of `--profile`, in `config`, and in the variable `PARALLEL`.
//!
//! It does not know what they mean.

use crate::message;
use anyhow::{Result, anyhow};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// Returns the words that come before those of the command line: those of the profiles, or else of `config` where it
/// is; then those of the variable.
///
/// # Errors
/// When a profile can't be read.
pub(super) fn words(profiles: &[OsString]) -> Result<Vec<OsString>> {
    let mut words = Vec::new();
    for profile in profiles {
        let found = candidates(profile).into_iter().find_map(|file| read(&file));
        // One that is not there says nothing, as in GNU parallel.
        words.extend(split_lines(&found.transpose()?.unwrap_or_default()));
    }
    if profiles.is_empty() {
        let system = PathBuf::from("/etc/parallel/config");
        let all = [system].into_iter().chain(candidates(OsStr::new("config")));
        for file in all {
            words.extend(split_lines(&read(&file).transpose()?.unwrap_or_default()));
        }
    }
    let variable = std::env::var_os("PARALLEL").unwrap_or_default();
    words.extend(split(variable.as_bytes()));
    Ok(words)
}

/// Returns where a profile may be: where its name says, or in a directory of settings.
fn candidates(name: &OsStr) -> Vec<PathBuf> {
    if name.as_bytes().starts_with(b"/") || name.as_bytes().starts_with(b"./") {
        return vec![name.into()];
    }
    let under = |variable: &str, below: &str| {
        let dir = std::env::var_os(variable).filter(|dir| !dir.is_empty())?;
        Some(Path::new(&dir).join(below).join(name))
    };
    let dirs = [
        under("PARALLEL_HOME", ""),
        under("XDG_CONFIG_HOME", "parallel"),
        under("HOME", ".parallel"),
    ];
    let mut files: Vec<_> = dirs.into_iter().flatten().collect();
    files.dedup();
    files
}

/// Returns what a file holds, or none where there is no file.
fn read(file: &Path) -> Option<Result<Vec<u8>>> {
    match std::fs::read(file) {
        Err(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            None
        }
        read => Some(read.map_err(|cause| {
            let name = message::display_name(file.as_os_str());
            anyhow!("Error: {name}: {}.", message::system(&cause))
        })),
    }
}

/// Returns the words of lines; one that begins with `#` is a comment.
fn split_lines(text: &[u8]) -> impl Iterator<Item = OsString> {
    let lines = text.split(|&byte| byte == b'\n');
    lines
        .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
        .flat_map(split)
}

/// Splits a line as a shell does. One with an open quote has no words.
fn split(line: &[u8]) -> Vec<OsString> {
    let words = shlex::bytes::split(line).unwrap_or_default();
    words.into_iter().map(OsString::from_vec).collect()
}
