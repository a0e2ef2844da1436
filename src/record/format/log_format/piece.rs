//! A log format in pieces: what stands between variables, and the variables.
//!
//! It does not know the dialect that the string was written in.

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Some blank-separated words, usually one; a comma before a blank does not end it.
    Words(usize),
    /// Words that are an address, perhaps with colons, so that a port begins at the last one.
    Address,
    /// Anything, up to the text that follows.
    Any,
    /// Servers that were asked in turn: ` : ` does not end it.
    Upstream,
    /// Digits, or `-`.
    Integer,
    /// Digits with a point, or `-`.
    Decimal,
}

/// What the two dialects make of a string.
#[derive(Debug)]
pub(super) enum Piece {
    Text(Vec<u8>),
    /// The name of the field, the name that was typed, and the shape.
    Variable(String, String, Shape),
}
