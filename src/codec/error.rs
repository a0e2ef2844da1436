//! Why a file could not be decoded. It does not know which file it was.

use std::fmt;
use std::io;

/// Why a stream could not be decoded.
#[derive(Debug)]
pub enum DecodeError {
    /// The source could not be read.
    Read(io::Error),
    /// The bytes are not what the format demands; says what is wrong and where:
    /// `truncated gzip stream after 81920 bytes`.
    Corrupt(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Read(cause) => cause.fmt(f),
            DecodeError::Corrupt(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DecodeError {}

impl From<io::Error> for DecodeError {
    fn from(cause: io::Error) -> Self {
        DecodeError::Read(cause)
    }
}

impl DecodeError {
    pub(super) fn truncated(codec: &str, after: u64) -> Self {
        DecodeError::Corrupt(format!("truncated {codec} stream after {after} bytes"))
    }

    pub(super) fn corrupt(codec: &str, at: u64, what: impl fmt::Display) -> Self {
        DecodeError::Corrupt(format!("corrupt {codec} stream at byte {at}: {what}"))
    }
}
