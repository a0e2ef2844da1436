//! Why the rest of a list of words is not available, in the wording of GNU xargs, which people and scripts
//! know.

use crate::message;
use std::fmt;
use std::io;

/// Why the rest of a list of words is not available.
#[derive(Debug)]
pub enum XargsError {
    /// A quote is not closed on its line.
    UnmatchedQuote(u8),
    /// A word is longer than any command line.
    WordTooLong,
    /// A word does not fit even alone.
    NoSpaceAlone,
    /// Words that belong together do not fit together.
    NoSpaceTogether,
    /// A word makes an argument too long.
    ArgumentTooLong,
    /// The list can't be read.
    Unreadable(io::Error),
}

impl fmt::Display for XargsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            XargsError::UnmatchedQuote(quote) => {
                let quote = if *quote == b'"' { "double" } else { "single" };
                return write!(
                    f,
                    "unmatched {quote} quote; by default quotes are special to xargs unless you \
                     use the -0 option"
                );
            }
            XargsError::WordTooLong => "argument line too long",
            XargsError::NoSpaceAlone => "cannot fit single argument within argument list size limit",
            XargsError::NoSpaceTogether => "argument list too long",
            XargsError::ArgumentTooLong => "command too long",
            XargsError::Unreadable(cause) => {
                return write!(f, "can't read the arguments: {}", message::cause(cause));
            }
        })
    }
}
