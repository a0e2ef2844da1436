//! `--fn digest`: the SHA-256 of what each input decompresses to, in lines that `sha256sum -c` reads.

use super::read::read_all;
use super::{Emit, Map};
use crate::codec::Decoder;
use crate::job::{Failure, Job, Trust};
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// Emits the SHA-256 of each input.
pub(super) struct Digest {
    decoder: Decoder,
}

impl Digest {
    pub(super) fn new(decoder: Decoder) -> Self {
        Digest { decoder }
    }
}

impl Map for Digest {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        for input in &job.inputs {
            let mut hash = Sha256::new();
            read_all(&mut self.decoder, input, emit, &mut |block| hash.update(block))?;
            let line = line(&hash.finalize(), input.name());
            if emit.out(&line, Trust::Final).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Returns the line as `sha256sum` writes it: a name with a newline, a carriage return or a backslash is escaped,
/// and the line then begins with a backslash.
fn line(hash: &[u8], name: &OsStr) -> Vec<u8> {
    let name = name.as_bytes();
    let mut line = Vec::with_capacity(2 * hash.len() + name.len() + 4);
    if memchr::memchr3(b'\n', b'\r', b'\\', name).is_some() {
        line.push(b'\\');
    }
    for byte in hash {
        write!(line, "{byte:02x}").expect("writing to memory does not fail");
    }
    line.extend_from_slice(b"  ");
    for &byte in name {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\\' => line.extend_from_slice(b"\\\\"),
            other => line.push(other),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_sha256sum() {
        let empty = Sha256::digest(b"");
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = |name| String::from_utf8(line(&empty, OsStr::new(name))).expect("text");
        assert_eq!(text("a b.gz"), format!("{hex}  a b.gz\n"));
        assert_eq!(text("a\nb\\c\r"), format!("\\{hex}  a\\nb\\\\c\\r\n"));
    }
}
