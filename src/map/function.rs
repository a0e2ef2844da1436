//! The table of built-in maps: `--fn` and `fanfold list` read it.
//!
//! It does not know what the maps do.

use super::Map;
use super::cat::Cat;
use super::check::Check;
use super::digest::Digest;
use super::wc::Wc;
use crate::codec::Decoder;
use crate::plan::Unit;

/// Every built-in map, the default first.
pub(crate) static FUNCTIONS: &[Function] = &[
    Function {
        name: "cat",
        help: "the decompressed lines (the default)",
        unit: Unit::Lines,
        start: |decoder| Box::new(Cat::new(decoder)),
    },
    Function {
        name: "wc",
        help: "lines, words and bytes of the decompressed file, and its name, separated by tabs",
        unit: Unit::File,
        start: |decoder| Box::new(Wc::new(decoder)),
    },
    Function {
        name: "digest",
        help: "sha256 of the decompressed file, two spaces, and its name: as sha256sum writes them",
        unit: Unit::File,
        start: |decoder| Box::new(Digest::new(decoder)),
    },
    Function {
        name: "check",
        help: "whether the file is whole, as gzip -t: no output; a corrupt file is named, and exit 3",
        unit: Unit::File,
        start: |decoder| Box::new(Check::new(decoder)),
    },
];

/// A map that reads its inputs in this process.
#[derive(Debug)]
pub(crate) struct Function {
    /// What `--fn` and `fanfold list` call it.
    pub(crate) name: &'static str,
    /// One line for `fanfold list`.
    pub(crate) help: &'static str,
    /// What it needs at once: only `cat` can do a part of a file by itself.
    pub(crate) unit: Unit,
    start: fn(Decoder) -> Box<dyn Map>,
}

impl Function {
    /// Makes the map of a worker, which reads its inputs by `decoder`.
    pub(crate) fn start(&self, decoder: Decoder) -> Box<dyn Map> {
        (self.start)(decoder)
    }
}

/// Returns the function with this name.
pub(crate) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
