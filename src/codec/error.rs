//! Why a file could not be decoded. It does not know which file it was.

use crate::job::Failure;
use crate::template::shell_escape;
use std::ffi::OsStr;
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
    /// The bytes are no lines of text.
    NoLog {
        /// What they are, with an article: `a tar archive`.
        what: &'static str,
        /// The command that prints what is in them; `{}` is the file's name.
        unpack: String,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Read(cause) => cause.fmt(f),
            DecodeError::Corrupt(what) => f.write_str(what),
            DecodeError::NoLog { what, .. } => write!(f, "is {what}"),
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
    /// Returns the failure of a job whose input of this name could not be decoded.
    pub(crate) fn into_failure(self, name: &OsStr) -> Failure {
        let what = match self {
            DecodeError::Read(cause) => {
                let name = name.to_owned();
                return Failure::Unreadable { name, cause };
            }
            DecodeError::Corrupt(what) => what,
            DecodeError::NoLog { what, unpack } => {
                let name = shell_escape([name]);
                let command = unpack.replace("{}", &String::from_utf8_lossy(&name));
                format!("is {what}, no log; unpack it: {command} | fanfold map - …")
            }
        };
        let name = name.to_owned();
        Failure::Corrupt { name, what }
    }

    pub(super) fn truncated(codec: &str, after: u64) -> Self {
        DecodeError::Corrupt(format!("truncated {codec} stream after {after} bytes"))
    }

    pub(super) fn corrupt(codec: &str, at: u64, what: impl fmt::Display) -> Self {
        DecodeError::Corrupt(format!("corrupt {codec} stream at byte {at}: {what}"))
    }
}
