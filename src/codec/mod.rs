//! What a file is, by its first bytes and never by its name, and how to read it.
//!
//! A codec turns a stream of compressed bytes into blocks of plain ones. It does not know records,
//! jobs or threads.

use crate::job::Trust;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// Why a stream could not be decoded.
#[derive(Debug)]
pub enum DecodeError {
    /// The source could not be read.
    Read(io::Error),
    /// The bytes are not what they should be; what and where: `truncated gzip stream after 81920 bytes`.
    Corrupt(String),
}

/// Reads files of any known codec, one after another, with buffers that are kept.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Decodes `source` to its end, giving plain bytes to `out` as they come and warnings
    /// (`trailing garbage ignored`) to `warn`. Stops early, with `Ok`, when `out` breaks.
    ///
    /// # Errors
    /// [`DecodeError`]; what `out` was given as [`Trust::Provisional`] is then not to be trusted.
    pub fn decode(
        &mut self,
        source: &mut dyn Read,
        _warn: &mut dyn FnMut(&str),
        out: &mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    ) -> Result<(), DecodeError> {
        self.buffer.resize(64 * 1024, 0);
        loop {
            match source.read(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => {
                    if out(&self.buffer[..n], Trust::Final).is_break() {
                        return Ok(());
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(DecodeError::Read(e)),
            }
        }
    }
}
