//! `--cat` and `--fifo`: the script of a command that reads its block from a file with a name.
//!
//! It does not know what the command is.

use super::options::PipeFile;
use crate::template::quote_value;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Returns the script: `{}` in the command is the file, which is in this directory while the command runs.
pub(super) fn script(file: PipeFile, command: &[u8], directory: &Path) -> Vec<u8> {
    let mut name = Vec::new();
    quote_value(directory.join("parXXXXXX").as_os_str().as_bytes(), &mut name);
    let mut inner = Vec::new();
    let mut rest = command;
    while let Some(at) = memchr::memmem::find(rest, b"{}") {
        inner.extend_from_slice(&rest[..at]);
        inner.extend_from_slice(b"\"$PARALLEL_TMP\"");
        rest = &rest[at + 2..];
    }
    inner.extend_from_slice(rest);
    let make = b"PARALLEL_TMP=$(mktemp ";
    let (made, run): (&[u8], [&[u8]; 2]) = match file {
        PipeFile::Regular => (
            b") || exit; trap 'rm -f \"$PARALLEL_TMP\"' EXIT; cat >\"$PARALLEL_TMP\" || exit; (",
            [&inner, b"\n) </dev/null"],
        ),
        PipeFile::Fifo => (
            b") && rm \"$PARALLEL_TMP\" && mkfifo \"$PARALLEL_TMP\" || exit; trap 'rm -f \"$PARALLEL_TMP\"' EXIT; (",
            [&inner, b"\n) & cat >\"$PARALLEL_TMP\"; wait $!"],
        ),
    };
    [&make[..], &name, made, run[0], run[1]].concat()
}
