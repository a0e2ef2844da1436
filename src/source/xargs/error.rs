//! Why the rest of a list of words can't be had. The words are those of GNU xargs, which people
//! and scripts know.

use crate::message;
use std::fmt;
use std::io;

/// Why the rest of a list of words can't be had.
#[derive(Debug)]
pub enum Malformed {
    /// A quote without another like it on its line.
    Unmatched(u8),
    /// A word that no command line could hold.
    Word,
    /// A word that has no room even alone.
    Alone,
    /// Words that are wanted at once and have no room together.
    Together,
    /// A word that makes an argument too long.
    Argument,
    /// It can't be read.
    Unreadable(io::Error),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Malformed::Unmatched(quote) => {
                let quote = if *quote == b'"' { "double" } else { "single" };
                return write!(
                    f,
                    "unmatched {quote} quote; by default quotes are special to xargs unless you \
                     use the -0 option"
                );
            }
            Malformed::Word => "argument line too long",
            Malformed::Alone => "cannot fit single argument within argument list size limit",
            Malformed::Together => "argument list too long",
            Malformed::Argument => "command too long",
            Malformed::Unreadable(cause) => {
                return write!(f, "can't read the arguments: {}", message::cause(cause));
            }
        })
    }
}
